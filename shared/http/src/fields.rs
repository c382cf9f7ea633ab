//! Reads fields one by one, so that every error names its parameter.
//!
//! JSON bodies, form bodies and query strings are all read through [`Fields`]; in forms and queries, numbers and
//! booleans are read from their text.

use serde_json::{Map, Value};
use tollgate_apis::{FieldError, Issue, Problem};
use tollgate_domain::{
    Currency, Metadata,
    metadata::BadMetadata,
    text::{has_control_characters, is_email, is_web_url},
};

/// Longest id in a body or a query, in characters. A longer one is refused before it is parsed.
pub const ID_CHARS_MAX: usize = 64;

/// A set of named values: a body, an object within it, or a query.
#[derive(Debug)]
pub struct Fields {
    path: Vec<String>,
    values: Map<String, Value>,
    /// Whether numbers and booleans come as text.
    textual: bool,
}

impl Fields {
    /// The fields of a JSON object.
    pub fn from_json(values: Map<String, Value>) -> Self {
        Self { path: Vec::new(), values, textual: false }
    }

    /// The fields of a JSON object; none for any other value.
    pub fn of(body: &Value) -> Self {
        Self::from_json(body.as_object().cloned().unwrap_or_default())
    }

    /// The fields of a form, whose values are all text.
    pub fn from_form(values: Map<String, Value>) -> Self {
        Self { path: Vec::new(), values, textual: true }
    }

    /// The parameters of a query. The last one counts if a parameter is repeated.
    pub fn from_query(pairs: &[(String, String)]) -> Self {
        Self::from_form(
            pairs.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect(),
        )
    }

    /// An error at a field of this object.
    pub fn error(&self, name: &str, issue: Issue) -> FieldError {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        FieldError { path, issue }
    }

    /// Takes a value, `None` when it is absent; `null` is a value.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.values.shift_remove(name)
    }

    fn take_present(&mut self, name: &str) -> Option<Value> {
        self.take(name).filter(|value| !value.is_null())
    }

    /// Takes a field that an update unsets: `null`, or an empty text in a form. Says whether it was there.
    pub fn take_unset(&mut self, name: &str) -> bool {
        let unset = match self.values.get(name) {
            Some(Value::Null) => true,
            Some(Value::String(text)) => self.textual && text.is_empty(),
            _ => false,
        };
        if unset {
            self.values.shift_remove(name);
        }
        unset
    }

    /// The change of a field in an update: `None` if it was not sent, `Some(None)` to unset it, else the value that `read` gives.
    pub fn change<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<Option<T>, FieldError>,
    ) -> Result<Option<Option<T>>, FieldError> {
        if self.take_unset(name) {
            return Ok(Some(None));
        }
        Ok(read(self)?.map(Some))
    }

    /// The names of the fields that were not taken yet.
    pub fn names(&self) -> Vec<String> {
        self.values.keys().cloned().collect()
    }

    /// Whether the field was sent.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Whether a field is an object.
    pub fn is_object(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(Value::is_object)
    }

    /// Whether a field is a text that begins like this.
    pub fn begins(&self, name: &str, with: &str) -> bool {
        let text = self.values.get(name).and_then(Value::as_str);
        text.is_some_and(|text| text.starts_with(with))
    }

    /// A text of at most `max_chars` characters without control characters.
    pub fn string(&mut self, name: &str, max_chars: usize) -> Result<Option<String>, FieldError> {
        let Some(value) = self.take_present(name) else {
            return Ok(None);
        };
        let Value::String(text) = value else {
            return Err(self.error(name, Issue::NotA("a string")));
        };
        if has_control_characters(&text) {
            return Err(self.error(name, Issue::ControlCharacters));
        }
        if text.chars().count() > max_chars {
            return Err(self.error(name, Issue::TooLong(max_chars)));
        }
        Ok(Some(text))
    }

    /// A required text that is not empty.
    pub fn required_string(&mut self, name: &str, max_chars: usize) -> Result<String, FieldError> {
        match self.string(name, max_chars)? {
            None => Err(self.error(name, Issue::Missing)),
            Some(text) if text.is_empty() => Err(self.error(name, Issue::Empty)),
            Some(text) => Ok(text),
        }
    }

    /// An integer.
    pub fn integer(&mut self, name: &str) -> Result<Option<i64>, FieldError> {
        let Some(value) = self.take_present(name) else {
            return Ok(None);
        };
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            // `+5`, ` 5` and `5.0` are refused.
            Value::String(text) if self.textual => {
                text.parse().ok().filter(|number: &i64| number.to_string() == *text)
            }
            _ => None,
        };
        number.map(Some).ok_or_else(|| self.error(name, Issue::NotInteger))
    }

    /// A required integer.
    pub fn required_integer(&mut self, name: &str) -> Result<i64, FieldError> {
        self.integer(name)?.ok_or_else(|| self.error(name, Issue::Missing))
    }

    /// An integer from `min` to `max`.
    pub fn integer_in(&mut self, name: &str, min: i64, max: i64) -> Result<Option<i64>, FieldError> {
        match self.integer(name)? {
            Some(number) if !(min..=max).contains(&number) => {
                Err(self.error(name, Issue::OutOfRange(min, max)))
            }
            number => Ok(number),
        }
    }

    /// A boolean.
    pub fn boolean(&mut self, name: &str) -> Result<Option<bool>, FieldError> {
        match self.take_present(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(Value::String(text)) if self.textual && text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if self.textual && text == "false" => Ok(Some(false)),
            Some(_) => Err(self.error(name, Issue::NotA("a boolean"))),
        }
    }

    /// A time in Unix seconds, up to the year 9999.
    pub fn unix_time(&mut self, name: &str) -> Result<Option<tollgate_domain::Timestamp>, FieldError> {
        Ok(self.integer_in(name, 0, 253_402_300_799)?.map(tollgate_domain::Timestamp::from_s))
    }

    /// Changes to metadata, as [`Metadata::merged`] takes them: an empty text unsets a key, and an empty text in place of the
    /// object unsets all of them. `None` when there are none.
    pub fn metadata_changes(&mut self, name: &str) -> Result<Option<Value>, FieldError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(Value::Null)),
            Some(Value::String(text)) if text.is_empty() => Ok(Some(Value::Null)),
            Some(Value::Object(mut map)) => {
                for value in map.values_mut() {
                    if value.as_str() == Some("") {
                        *value = Value::Null;
                    }
                }
                Ok(Some(Value::Object(map)))
            }
            Some(_) => Err(self.error(name, Issue::NotA("an object"))),
        }
    }

    /// One of the given words.
    pub fn one_of(
        &mut self,
        name: &str,
        options: &'static [&'static str],
    ) -> Result<Option<&'static str>, FieldError> {
        let Some(value) = self.take_present(name) else {
            return Ok(None);
        };
        let Value::String(text) = value else {
            return Err(self.error(name, Issue::NotA("a string")));
        };
        let found = options.iter().find(|option| **option == text);
        found.copied().map(Some).ok_or_else(|| self.error(name, Issue::NotOneOf(options)))
    }

    /// A list of texts, at most `max_entries` of at most `max_chars` characters.
    pub fn strings(
        &mut self,
        name: &str,
        max_entries: usize,
        max_chars: usize,
    ) -> Result<Option<Vec<String>>, FieldError> {
        let Some(value) = self.take_present(name) else {
            return Ok(None);
        };
        let list = match value {
            Value::Array(list) => list,
            // A form's `a[0]=x` is parsed as an object with positions as keys.
            Value::Object(map) if self.textual => map.into_values().collect(),
            _ => return Err(self.error(name, Issue::NotA("a list of strings"))),
        };
        if list.len() > max_entries {
            return Err(self.error(name, Issue::TooMany(max_entries)));
        }
        list.into_iter()
            .map(|entry| match entry {
                Value::String(text) if has_control_characters(&text) => {
                    Err(self.error(name, Issue::ControlCharacters))
                }
                Value::String(text) if text.chars().count() > max_chars => {
                    Err(self.error(name, Issue::TooLong(max_chars)))
                }
                Value::String(text) => Ok(text),
                _ => Err(self.error(name, Issue::NotA("a list of strings"))),
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// An object within this one.
    pub fn object(&mut self, name: &str) -> Result<Option<Self>, FieldError> {
        let Some(value) = self.take_present(name) else {
            return Ok(None);
        };
        let Value::Object(values) = value else {
            return Err(self.error(name, Issue::NotA("an object")));
        };
        let mut path = self.path.clone();
        path.push(name.to_owned());
        Ok(Some(Self { path, values, textual: self.textual }))
    }

    /// A list of objects, at most `max_entries`. A form's entries are in the order of their positions.
    pub fn objects(&mut self, name: &str, max_entries: usize) -> Result<Option<Vec<Self>>, FieldError> {
        let Some(value) = self.take_present(name) else {
            return Ok(None);
        };
        let entries: Vec<(String, Value)> = match value {
            Value::Array(list) => {
                list.into_iter().enumerate().map(|(at, entry)| (at.to_string(), entry)).collect()
            }
            Value::Object(map) if self.textual => {
                let mut entries: Vec<(String, Value)> = map.into_iter().collect();
                entries.sort_by_key(|(position, _)| position.parse::<usize>().unwrap_or(usize::MAX));
                entries
            }
            _ => return Err(self.error(name, Issue::NotA("a list of objects"))),
        };
        if entries.len() > max_entries {
            return Err(self.error(name, Issue::TooMany(max_entries)));
        }
        let objects = entries.into_iter().map(|(position, entry)| {
            let Value::Object(values) = entry else {
                return Err(self.error(name, Issue::NotA("a list of objects")));
            };
            let mut path = self.path.clone();
            path.extend([name.to_owned(), position]);
            Ok(Self { path, values, textual: self.textual })
        });
        objects.collect::<Result<_, _>>().map(Some)
    }

    /// A required object.
    pub fn required_object(&mut self, name: &str) -> Result<Self, FieldError> {
        self.object(name)?.ok_or_else(|| self.error(name, Issue::Missing))
    }

    /// A required ISO 4217 currency code, in upper or lower case.
    pub fn required_currency(&mut self, name: &str) -> Result<Currency, FieldError> {
        let code = self.required_string(name, 16)?;
        Currency::from_code(&code)
            .ok_or_else(|| self.error(name, Issue::NotValid("a three-letter ISO 4217 currency code")))
    }

    /// An e-mail address.
    pub fn email(&mut self, name: &str) -> Result<Option<String>, FieldError> {
        let text = self.string(name, tollgate_domain::text::EMAIL_BYTES_MAX)?;
        match text {
            Some(text) if !is_email(&text) => Err(self.error(name, Issue::NotValid("a valid email address"))),
            text => Ok(text),
        }
    }

    /// An absolute http or https URL.
    pub fn url(&mut self, name: &str) -> Result<Option<String>, FieldError> {
        match self.string(name, tollgate_domain::text::URL_BYTES_MAX)? {
            Some(text) if !is_web_url(&text) => Err(self.error(name, Issue::NotUrl)),
            url => Ok(url),
        }
    }

    /// A required http or https URL.
    pub fn required_url(&mut self, name: &str) -> Result<String, FieldError> {
        self.url(name)?.ok_or_else(|| self.error(name, Issue::Missing))
    }

    /// The metadata of a create; empty when absent.
    pub fn metadata(&mut self, name: &str) -> Result<Metadata, FieldError> {
        match self.take_present(name) {
            None => Ok(Metadata::default()),
            Some(value) => Metadata::from_json(&value).map_err(|bad| self.bad_metadata(name, bad)),
        }
    }

    fn bad_metadata(&self, name: &str, bad: BadMetadata) -> FieldError {
        let FieldError { path, issue } = FieldError::of_metadata(bad);
        let mut error = self.error(name, issue);
        error.path.extend(path.into_iter().skip(1));
        error
    }

    /// Refuses fields that were not taken: they are unknown.
    pub fn finish(self) -> Result<(), FieldError> {
        self.finish_without(&[])
    }

    /// Refuses fields that were not taken: the named ones cannot be honoured, and others are unknown.
    pub fn finish_without(self, unsupported: &[&str]) -> Result<(), FieldError> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(name) if unsupported.contains(&name.as_str()) => Err(self.error(name, Issue::Unsupported)),
            Some(name) => {
                let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
                Err(self.error(&shown, Issue::Unknown))
            }
        }
    }
}

/// Collects errors of several parameters, for APIs that report all of them at once.
#[derive(Debug, Default)]
pub struct Wrong(Vec<FieldError>);

impl Wrong {
    /// The value, or `None` after the error was added.
    pub fn take<T>(&mut self, read: Result<T, FieldError>) -> Option<T> {
        read.map_err(|error| self.0.push(error)).ok()
    }

    /// Adds an error.
    pub fn add(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// The problem with all errors, if there are any.
    pub fn into_problem(self) -> Option<Problem> {
        (!self.0.is_empty()).then_some(Problem::Fields(self.0))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn json_fields(value: Value) -> Fields {
        let Value::Object(map) = value else { unreachable!("tests pass objects") };
        Fields::from_json(map)
    }

    #[test]
    fn json_numbers_are_numbers_and_form_numbers_are_text() {
        assert_eq!(json_fields(json!({"a": 5})).integer("a"), Ok(Some(5)));
        for bad in [json!("5"), json!(5.5), json!(5.0), json!(true), json!([]), json!(u64::MAX)] {
            let error = json_fields(json!({"a": bad})).integer("a").unwrap_err();
            assert_eq!((error.dotted().as_str(), &error.issue), ("a", &Issue::NotInteger));
        }
        let form = |text: &str| Fields::from_query(&[("a".into(), text.into())]).integer("a");
        assert_eq!(form("-5"), Ok(Some(-5)));
        for bad in ["", "+5", "5.0", " 5", "05", "1e3", "99999999999999999999"] {
            assert!(form(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_error_inside_an_object_names_the_way_there() {
        let mut body = json_fields(json!({"source": {"token": 1}}));
        let error = body.required_object("source").unwrap().required_string("token", 10).unwrap_err();
        assert_eq!((error.dotted().as_str(), error.bracketed().as_str()), ("source.token", "source[token]"));
    }

    #[test]
    fn what_is_left_is_unknown() {
        let mut body = json_fields(json!({"a": "x", "b": 1}));
        body.string("a", 10).unwrap();
        assert_eq!(body.finish().unwrap_err(), FieldError::new("b", Issue::Unknown));
    }

    #[test]
    fn what_cannot_be_honoured_is_told_apart_from_what_is_unknown() {
        let left = |name: &str| {
            let body = Fields::from_query(&[(name.into(), "1".into())]);
            body.finish_without(&["on_behalf_of"]).unwrap_err().issue
        };
        assert_eq!((left("on_behalf_of"), left("on_behalf")), (Issue::Unsupported, Issue::Unknown));
    }

    #[test]
    fn null_is_absent_on_a_create_and_unsets_on_an_update() {
        let mut body = json_fields(json!({"name": null}));
        assert!(body.take_unset("name"));
        assert!(!body.has("name"));
        assert_eq!(json_fields(json!({"name": null})).string("name", 5), Ok(None));
    }

    #[test]
    fn metadata_errors_name_the_key() {
        let error = json_fields(json!({"metadata": {"plan": []}})).metadata("metadata").unwrap_err();
        assert_eq!(error.bracketed(), "metadata[plan]");
    }
}
