//! The text that the terminal shows once everything runs.

use std::path::Path;

use serde_json::Value;
use tollgate_local::{Ready, logs::Palette};

/// URLs, the demo keys, and how to stop.
pub(super) fn greeting(ready: &Ready, data: &Path, temporary: bool, palette: Palette) -> String {
    let row = |name: &str, value: &str| format!("  {} {value}", palette.faint(&format!("{name:<16}")));
    let mut lines = vec![format!(
        "\n{} Keys, test cards and a first payment: {}\n",
        palette.bold("Tollgate is running."),
        palette.bold(&ready.page)
    )];
    for (name, url) in ready.apis.iter().filter(|(name, _)| ready.served.contains(name)) {
        lines.push(row(name, Value::as_str(url).unwrap_or_default()));
    }
    if let Some(keys) = &ready.credentials {
        lines.push(row("secret key", &keys.secret_key));
        lines.push(row("publishable key", &keys.publishable_key));
        lines.push(row("merchant id", &keys.api_key));
    }
    let emulated = [&ready.dynamodb, &ready.sqs, &ready.secretsmanager].map(String::as_str);
    let [dynamodb, sqs, secrets] = emulated;
    lines.push(row("cargo admin", &format!("--dynamodb {dynamodb} --sqs {sqs} --secretsmanager {secrets}")));
    let lasts = if temporary { " (deleted at the end; --data keeps it)" } else { "" };
    lines.push(row("data", &format!("{}{lasts}", data.display())));
    lines.push(format!(
        "\n{} stops everything. In another terminal: {}, {}\n",
        palette.bold("Ctrl-C"),
        "cargo local listen --forward-to URL",
        "cargo local trigger EVENT"
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tollgate_local::demo::Credentials;

    use super::*;

    fn ready() -> Ready {
        let apis = ["intents", "charges", "direct", "simple", "checkout", "absent"];
        let url = |name: &str| json!(format!("http://localhost:9000/{name}/v1"));
        Ready {
            apis: apis.iter().map(|name| ((*name).to_owned(), url(name))).collect(),
            served: apis[..5].iter().map(|name| (*name).to_owned()).collect(),
            page: "http://localhost:9000/".to_owned(),
            dashboard: "http://localhost:9000/_inbox".to_owned(),
            dynamodb: "http://127.0.0.1:1".to_owned(),
            sqs: "http://127.0.0.1:2".to_owned(),
            secretsmanager: "http://127.0.0.1:3".to_owned(),
            credentials: Some(Credentials {
                secret_key: "sk_test_1".to_owned(),
                publishable_key: "pk_test_1".to_owned(),
                client_id: "ACC".to_owned(),
                client_secret: "sk_test_1".to_owned(),
                api_key: "ACC".to_owned(),
                api_secret: "sk_test_1".to_owned(),
                partner_secret_key: String::new(),
            }),
        }
    }

    #[test]
    fn the_terminal_says_in_a_few_lines_what_a_newcomer_needs() {
        let text = greeting(&ready(), Path::new("/tmp/d"), true, Palette::new(false));
        for expected in [
            "http://localhost:9000/\n",
            "intents          http://localhost:9000/intents/v1",
            "checkout         http://localhost:9000/checkout/v1",
            "secret key       sk_test_1",
            "publishable key  pk_test_1",
            "merchant id      ACC",
            "/tmp/d (deleted at the end",
            "Ctrl-C stops everything",
            "cargo local listen",
            "cargo local trigger",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains('\x1b') && !text.contains("absent"), "{text}");
        assert!(text.lines().filter(|line| !line.is_empty()).count() <= 12, "{text}");
    }

    #[test]
    fn colours_change_nothing_but_the_looks() {
        let plain = greeting(&ready(), Path::new("/tmp/d"), false, Palette::new(false));
        let mut coloured = greeting(&ready(), Path::new("/tmp/d"), false, Palette::new(true));
        assert!(coloured.contains("\x1b[1mTollgate is running.\x1b[0m"), "{coloured}");
        for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m"] {
            coloured = coloured.replace(code, "");
        }
        assert_eq!(coloured, plain);
        assert!(!plain.contains("deleted at the end"));
    }
}
