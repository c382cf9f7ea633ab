//! What the SAM templates say, and nothing else: `template.yaml` and the stacks nested in it are read into a [`Cloud`],
//! the one description that the rest of the local cloud runs.
//!
//! Only what is run is read, and the functions' policies. An alarm or a log group is for the real cloud, and an intrinsic in
//! one is never evaluated here.

mod apis;
mod cloud;
mod intrinsics;
mod yaml;

use std::path::PathBuf;

pub use cloud::{
    Api, Cloud, Function, Queue, QueueSource, Route, ScheduleSource, Secret, Source, StreamSource, Table,
    load,
};

/// What the templates can't know: where this local cloud listens, and what the caller sets.
pub struct Setting<'a> {
    /// Base URL of the HTTP front, without a slash at the end.
    pub front_url: String,
    /// Base URL of the SQS endpoint, without a slash at the end.
    pub sqs_url: String,
    /// Values that replace the root template's defaults, by parameter name.
    pub parameters: Vec<(String, String)>,
    /// Gives the value of the secret with this name, made once with this many characters.
    pub secret: &'a dyn Fn(&str, usize) -> Result<String, TemplateError>,
}

/// Why the templates can't be run.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A file can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not YAML.
    #[error("{}: {reason}", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        reason: String,
    },
    /// The template says something that can't be evaluated or run.
    #[error("{at}: {reason}")]
    Meaning {
        /// The stack and the resource or property.
        at: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl TemplateError {
    /// An error about what a template says at a place.
    pub fn meaning(at: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Meaning { at: at.into(), reason: reason.into() }
    }
}

/// Reads `Key=Value Key2="a value"` as `sam deploy --parameter-overrides` does; a quoted value may hold spaces and commas.
pub fn parse_overrides(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.chars().chain(std::iter::once(' ')).peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), '\\') => word.extend(characters.next()),
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_whitespace() => {
                if let Some((key, value)) = word.split_once('=') {
                    pairs.push((key.to_owned(), value.to_owned()));
                }
                word.clear();
            }
            (_, c) => word.push(c),
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn setting(parameters: &[(&str, &str)]) -> Setting<'static> {
        Setting {
            front_url: "http://localhost:1".to_owned(),
            sqs_url: "http://127.0.0.1:2".to_owned(),
            parameters: parameters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            secret: &|name, length| Ok(format!("{name}:{length}")),
        }
    }

    /// Loads a template with one function whose variable `V` is this.
    fn variable(value: &str, parameters: &[(&str, &str)]) -> Result<String, TemplateError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("template.yaml");
        let text = format!(
            "Parameters: {{P: {{Type: String, Default: p}}, None: {{Type: String}}}}\n\
             Mappings: {{M: {{a: {{b: mapped}}}}}}\n\
             Conditions: {{IsP: !Equals [!Ref P, p], Other: !And [!Not [!Condition IsP], !Equals [a, a]]}}\n\
             Resources:\n  Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q}}}}\n  \
             Secret: {{Type: AWS::SecretsManager::Secret}}\n  \
             F:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: .\n      \
             Environment: {{Variables: {{V: {value}}}}}\n"
        );
        std::fs::write(&path, text).expect("written");
        let cloud = load(&path, &setting(parameters))?;
        Ok(cloud.functions[0].environment["V"].clone())
    }

    #[test]
    fn intrinsics_are_evaluated() {
        for (value, expected) in [
            ("!Ref P", "p"),
            ("!Ref AWS::StackName", "tollgate"),
            ("!Ref Queue", "http://127.0.0.1:2/000000000000/q"),
            ("!GetAtt Queue.Arn", "arn:aws:sqs:us-east-1:000000000000:q"),
            ("!Sub '${P}-${Queue.QueueName}-${!P}'", "p-q-${P}"),
            ("!Sub ['${X}${P}', {X: !Ref P}]", "pp"),
            ("!Join ['/', [a, !Ref P]]", "a/p"),
            ("!Select [1, !Split ['-', 'a-b']]", "b"),
            ("!If [IsP, yes-it-is, no-it-is-not]", "yes-it-is"),
            ("!If [Other, 1, 2]", "2"),
            ("!FindInMap [M, a, b]", "mapped"),
            ("!Sub '{{resolve:secretsmanager:${Secret}:SecretString}}'", "Secret:32"),
        ] {
            assert_eq!(variable(value, &[]).expect(value), expected, "{value}");
        }
        assert_eq!(variable("!If [IsP, 1, 2]", &[("P", "other")]).expect("a value"), "2");
    }

    #[test]
    fn what_can_not_be_evaluated_is_a_clear_error() {
        for (value, reason) in [
            ("!ImportValue x", "does not know the intrinsic `Fn::ImportValue`"),
            ("!Ref Nobody", "there is no parameter or resource `Nobody`"),
            ("!Ref None", "has no value and no default"),
            ("!GetAtt Queue.Colour", "does not know the attribute `Colour`"),
            ("'{{resolve:ssm:x}}'", "does not know `{{resolve:ssm:x}}`"),
        ] {
            let error = variable(value, &[]).expect_err(value).to_string();
            assert!(error.contains(reason), "{value}: {error}");
        }
        let error = variable("x", &[("Typo", "1")]).expect_err("no such parameter");
        assert!(error.to_string().contains("`Typo`"));
    }

    #[test]
    fn the_gateways_own_templates_load() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
        let cloud = load(&root, &setting(&[("AllowLoopbackWebhooks", "true")])).expect("they load");
        let charges = cloud.apis.iter().find(|api| api.name == "charges").expect("an API");
        assert_eq!(charges.base_url.as_deref(), Some("http://localhost:1/charges/v1"));
        assert!(charges.routes.iter().any(|route| route.path == "$default"));
        let intents = cloud.apis.iter().find(|api| api.name == "intents").expect("an API");
        assert_eq!(intents.base_url.as_deref(), Some("http://localhost:1/intents/v2"));
        assert!(intents.routes.iter().any(|route| route.path == "$default"));
        let create = cloud.functions.iter().find(|f| f.name == "charges-create-payment").expect("a function");
        assert_eq!(create.environment["TOLLGATE_TABLE"], "tollgate");
        assert_eq!(create.environment["TOLLGATE_KEYS_TABLE"], "tollgate-keys");
        assert_eq!(create.environment["TOLLGATE_PAGES_URL"], "http://localhost:1/pages");
        let kinds = |wanted: fn(&Source) -> bool| cloud.sources.iter().filter(|s| wanted(s)).count();
        assert_eq!(kinds(|s| matches!(s, Source::Stream(_))), 1);
        assert_eq!(kinds(|s| matches!(s, Source::Queue(_))), 1);
        assert_eq!(kinds(|s| matches!(s, Source::Schedule(_))), 1);
        let expiring: Vec<_> = cloud.tables.iter().filter(|t| t.ttl_attribute.is_some()).collect();
        assert_eq!(expiring.len(), 1);
        assert_eq!(expiring[0].name, "tollgate-events");
    }

    #[test]
    fn overrides_are_read_as_samconfig_writes_them() {
        let pairs = parse_overrides(r#"A=1  B="1,2, 3" C='x "y"' D=a=b"#);
        let expected = [("A", "1"), ("B", "1,2, 3"), ("C", "x \"y\""), ("D", "a=b")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
}
