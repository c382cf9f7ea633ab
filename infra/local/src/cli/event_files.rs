//! Event files: events of functions, with placeholders for credentials and for what has to exist.
//!
//! A file is named after its function: `charges-create-payment.json`, or `charges-create-payment.challenged.json` for a
//! variant that other files need. What a file's placeholders name is made by invoking the files that make it.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    pin::Pin,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tollgate_domain::{MerchantId, Mode, PaymentId, Tenant};
use tollgate_gateway::{AwsEnvironment, Links, Purpose, Secrets};
use tollgate_local::state;

use super::{
    failure::Failure,
    local::Local,
    placeholder::{self, Filter, Placeholder},
};

/// Words that stand for the demo merchant's credentials.
const CREDENTIALS: [(&str, &str); 4] = [
    ("sk_test_REPLACE_ME", "secret_key"),
    ("sk_test_PARTNER_REPLACE_ME", "partner_secret_key"),
    ("pk_test_REPLACE_ME", "publishable_key"),
    ("MERCHANT_REPLACE_ME", "client_id"),
];
/// The member of an event that names the files to be invoked before it. It is not sent.
const AFTER: &str = "$after";
/// Characters of a unique text.
const UNIQUE_CHARS: usize = 12;
/// How long a list that is empty is asked for again: what the stream makes of a request is there a moment later.
const LISTED_WITHIN: Duration = Duration::from_secs(5);
/// The wait between two requests for a list.
const LISTED_WAIT: Duration = Duration::from_millis(100);
/// Files that need one another, at most.
const DEPTH_MAX: usize = 8;

/// The event files, with the answers to those that were invoked.
pub(super) struct EventFiles<'a> {
    folder: PathBuf,
    local: &'a Local,
    answers: BTreeMap<String, Value>,
    under_way: Vec<String>,
}

impl<'a> EventFiles<'a> {
    pub(super) fn new(folder: PathBuf, local: &'a Local) -> Self {
        Self { folder, local, answers: BTreeMap::new(), under_way: Vec::new() }
    }

    /// The event of a function's own file, with everything put in.
    ///
    /// # Errors
    ///
    /// The file can't be read, or what it needs can't be made.
    pub(super) async fn event_of(&mut self, file: &str) -> Result<String, Failure> {
        let path = self.folder.join(format!("{file}.json"));
        let text = std::fs::read_to_string(&path)
            .map_err(|e| Failure::Usage(format!("{}: {e}. Name another with --event.", path.display())))?;
        self.fill(&text).await.map_err(|failure| match failure {
            Failure::Usage(reason) => Failure::Usage(format!("{file}.json: {reason}")),
            other => other,
        })
    }

    /// An event with everything put in.
    ///
    /// # Errors
    ///
    /// It is not JSON, or what it needs can't be made.
    pub(super) async fn fill(&mut self, text: &str) -> Result<String, Failure> {
        let mut event: Value =
            serde_json::from_str(text).map_err(|e| Failure::Usage(format!("the event is not JSON: {e}")))?;
        let before = event.as_object_mut().and_then(|event| event.shift_remove(AFTER));
        for file in before.iter().flat_map(|files| files.as_array().into_iter().flatten()) {
            self.answer(file.as_str().unwrap_or_default()).await?;
        }
        let mut filled = event.to_string();
        for (word, name) in CREDENTIALS {
            if filled.contains(word) {
                filled = filled.replace(word, self.local.credential(name)?);
            }
        }
        for (words, placeholder) in placeholder::find(&filled)? {
            let value = match placeholder {
                Placeholder::Unique => state::random_text(UNIQUE_CHARS)?,
                Placeholder::Answer { file, pointer, filter } => self.value(&file, &pointer, filter).await?,
            };
            filled = filled.replace(&words, &value);
        }
        Ok(filled)
    }

    /// A value in the answer to a file.
    async fn value(&mut self, file: &str, pointer: &str, filter: Filter) -> Result<String, Failure> {
        let answer = self.answer(file).await?;
        let value = match answer.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => {
                return Err(Failure::Usage(format!(
                    "the answer to {file}.json has no text at {pointer}: {answer}"
                )));
            }
        };
        let text = match placeholder::filtered(&value, filter) {
            Some(text) => text,
            None => self.result_token(&value).await?,
        };
        // It is put into JSON, perhaps into JSON within a text of JSON.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.~:/?=&".contains(c);
        if text.is_empty() || !text.chars().all(is_plain) {
            return Err(Failure::Usage(format!(
                "the answer to {file}.json has at {pointer} no id: `{text}`"
            )));
        }
        Ok(text)
    }

    /// The answer to a file, which is invoked once.
    fn answer<'s>(&'s mut self, file: &'s str) -> Pin<Box<dyn Future<Output = Result<Value, Failure>> + 's>> {
        Box::pin(async move {
            if let Some(answer) = self.answers.get(file) {
                return Ok(answer.clone());
            }
            if self.under_way.len() >= DEPTH_MAX || self.under_way.iter().any(|known| known == file) {
                return Err(Failure::Usage(format!("{} need each other", self.under_way.join(", "))));
            }
            self.under_way.push(file.to_owned());
            let event = self.event_of(file).await?;
            self.under_way.pop();
            let began = Instant::now();
            let (invoked, answer) = loop {
                let invoked = self.local.invoke(function_of(file), event.clone()).await?;
                let answer = read_answer(&invoked.payload);
                if answer["body"]["data"] != json!([]) || began.elapsed() > LISTED_WITHIN {
                    break (invoked, answer);
                }
                tokio::time::sleep(LISTED_WAIT).await;
            };
            let refused = answer["statusCode"].as_u64().is_some_and(|status| status >= 400);
            if invoked.failed || refused {
                let reason =
                    format!("{file}.json makes what this event needs, and is answered {}", invoked.payload);
                return Err(Failure::System(reason));
            }
            self.answers.insert(file.to_owned(), answer.clone());
            Ok(answer)
        })
    }

    /// The token of a link to the page of a payment's result. No answer has one until a processor is slow.
    async fn result_token(&self, payment: &str) -> Result<String, Failure> {
        let fail = |reason: String| Failure::System(format!("no link to a payment's result: {reason}"));
        let local = self.local;
        let environment = AwsEnvironment::emulated(local.url("/dynamodb")?, local.url("/sqs")?)
            .with_secrets_endpoint(Some(local.url("/secretsmanager")?.to_owned()));
        let secret = Secrets::open(&environment).get("LinkSecret").await.map_err(|e| fail(e.to_string()))?;
        let merchant: MerchantId = local
            .credential("client_id")?
            .parse()
            .map_err(|_| fail("the demo merchant has no merchant's id".to_owned()))?;
        let id =
            PaymentId::parse("pay_", payment).map_err(|_| fail(format!("`{payment}` is no payment's id")))?;
        let links = Links::new(&format!("{}/pages", local.origin), secret.as_bytes());
        let url = links.url(Purpose::Result, Tenant { merchant, mode: Mode::Test }, id, 1);
        placeholder::filtered(&url, Filter::Segment).ok_or_else(|| fail("it has no token".to_owned()))
    }
}

/// The function that a file is for.
fn function_of(file: &str) -> &str {
    file.split('.').next().unwrap_or(file)
}

/// An answer with its body read, if that is JSON.
fn read_answer(payload: &str) -> Value {
    let mut answer: Value = serde_json::from_str(payload).unwrap_or_default();
    if let Some(body) = answer["body"].as_str().and_then(|body| serde_json::from_str(body).ok()) {
        answer["body"] = body;
    }
    json!({"statusCode": answer["statusCode"], "headers": answer["headers"], "body": answer["body"]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_a_file_of_its_function() {
        assert_eq!(function_of("charges-create-payment.challenged"), "charges-create-payment");
        assert_eq!(function_of("charges-health"), "charges-health");
    }

    #[test]
    fn an_answers_body_is_read() {
        let answer = read_answer(r#"{"statusCode":201,"headers":{"a":"b"},"body":"{\"id\":\"x\"}"}"#);
        assert_eq!(answer.pointer("/body/id"), Some(&json!("x")));
        let page = read_answer(r#"{"statusCode":303,"headers":{"location":"/a"},"body":"<p>"}"#);
        assert_eq!(page, json!({"statusCode": 303, "headers": {"location": "/a"}, "body": "<p>"}));
        assert_eq!(read_answer("null")["statusCode"], Value::Null);
    }
}
