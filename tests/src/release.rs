//! Everything that a release writes, written once: a program that drives every API of a local cloud until each kind of
//! item is in its tables, and the tables' content as one JSON document.
//!
//! It speaks to the outside of the local cloud alone (APIs, pages, DynamoDB, SQS, the operator's tool), so it drives every
//! release there was. `cargo run -p tollgate-tests --example record-release` keeps what one wrote in `tests/data/releases`.

mod drive;
mod recording;
mod tables;

pub use crate::built_release::Release;
pub use drive::{press, queues, sqs};
pub use recording::{Read, Recording, Retry};
pub use tables::{Shift, load, scan};

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Client, Cloud, Receiver};

impl Retry {
    /// Makes the request again; whether it is answered as it was.
    pub async fn is_answered_again(&self, client: &Client) -> bool {
        let answer = if self.api == "checkout" {
            client.post(&self.path, &self.body).await
        } else {
            client.post_once(&self.path, &self.key, &self.body).await
        };
        let Ok(now) = serde_json::from_str::<Value>(&answer.text) else {
            return false;
        };
        let names =
            ["id", "amount", "status", "name", "email", "metadata", "transaction_reference", "recovered"];
        let alike = names.iter().all(|name| self.answer[name] == now[name]);
        // A key's text is kept nowhere and made anew.
        answer.status.is_success()
            && alike
            && (self.path != "/api_keys" || self.answer["secret"] == now["secret"])
    }
}

impl Recording {
    /// The recording of this file.
    pub fn of(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    }

    /// Every recording, the oldest release first.
    pub fn all() -> Vec<Self> {
        let folder = folder();
        let mut all: Vec<Self> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .map(|path| Self::of(&path))
            .collect();
        all.sort_by_key(|recording| recording.recorded_ms);
        all
    }

    /// Its text: a line for each item, so that two recordings can be compared.
    pub fn to_text(&self) -> String {
        let mut whole = serde_json::to_value(self).unwrap();
        let tables = whole["tables"].take();
        whole.as_object_mut().unwrap().remove("tables");
        let reads = whole.as_object_mut().unwrap().remove("reads").unwrap();
        let retries = whole.as_object_mut().unwrap().remove("retries").unwrap();
        let lines = |list: &Value| {
            let lines: Vec<String> = list.as_array().unwrap().iter().map(Value::to_string).collect();
            format!("[\n{}\n]", lines.join(",\n"))
        };
        let tables = tables.as_object().unwrap().iter();
        let tables: Vec<String> =
            tables.map(|(name, items)| format!("\"{name}\": {}", lines(items))).collect();
        let head = serde_json::to_string_pretty(&whole).unwrap();
        format!(
            "{},\n\"reads\": {},\n\"retries\": {},\n\"tables\": {{\n{}\n}}\n}}\n",
            head.trim_end().trim_end_matches('}').trim_end(),
            lines(&reads),
            lines(&retries),
            tables.join(",\n")
        )
    }
}

/// Where recordings are kept.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/releases")
}

/// Drives a release through everything that it can do and records its tables. The local cloud still runs, without due work
/// and deliveries.
///
/// First with everything running. Then once more without those two, so that what is in flight stays so.
pub async fn record(name: &str, commit: &str, release: Option<&Release>) -> (Cloud, Recording) {
    let data = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let receiver = Receiver::start(&[500, 500]);
    let root = release.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), |of| of.root.clone());
    let template = std::fs::read_to_string(root.join("template.yaml")).unwrap();
    // Releases until November 2026 call two of them by other names.
    let mut parameters = vec![
        ("WebhookRetrySeconds", "1,1"),
        ("ProcessorTimeoutMs", "300"),
        ("ProcessorLookUpLagMs", "0"),
        ("NetworkTimeoutMs", "300"),
        ("NetworkLookUpLagMs", "0"),
    ];
    parameters.retain(|(name, _)| template.contains(name));
    let mut drive = drive::Drive::new(&receiver, template);
    let cloud = Cloud::start_of(release, data.clone(), &parameters, &[]).await;
    drive.do_everything(&cloud, release).await;
    assert!(cloud.terminate(crate::DEADLINE).await.success());
    let cloud =
        Cloud::start_of(release, data.clone(), &parameters, &["run-due-work", "deliver-webhook"]).await;
    drive.leave_half_way(&cloud).await;
    let secrets = std::fs::read(data.path().join("secrets.json")).unwrap();
    let reads = drive.read_everything(&cloud).await;
    drive.keep_what_is_answered_again(&cloud).await;
    let mut tables = scan(&cloud).await;
    let retries = drive.retries.lock().unwrap().clone();
    let mut named: Vec<String> = reads.iter().map(|read| read.path.clone()).collect();
    for retry in &retries {
        named.push(format!("{} {}", retry.path, retry.answer["id"]));
    }
    named.extend(drive.messages.iter().cloned());
    tables::thin(&mut tables, &named.join(" "));
    let recording = Recording {
        release: name.to_owned(),
        commit: commit.to_owned(),
        recorded_ms: tollgate_gateway::Clock::now(&tollgate_gateway::SystemClock).ms(),
        origin: cloud.local(""),
        receiver: receiver.url.clone(),
        merchant: cloud.ready["credentials"]["client_id"].as_str().unwrap().to_owned(),
        secrets: serde_json::from_slice(&secrets).unwrap(),
        keys: drive.keys.clone(),
        open: drive.open.clone(),
        reads,
        retries,
        messages: drive.messages.clone(),
        tables,
    };
    (cloud, recording)
}
