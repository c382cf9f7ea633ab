//! What a local cloud shows of itself: its functions' log lines and processes, and the inbox.

use serde_json::Value;

use crate::Cloud;

impl Cloud {
    /// The log lines of requests that a function handled, the oldest first.
    pub fn request_log(&self, function: &str) -> Vec<Value> {
        self.log_of(function, "request")
    }

    /// The log lines of a function with this message, the oldest first.
    pub fn log_of(&self, function: &str, message: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        log.iter()
            .filter_map(|line| line.strip_prefix(&format!("[{function}] ")))
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["message"] == message)
            .collect()
    }

    /// The process ids of a function.
    pub async fn pids(&self, function: &str) -> Vec<u32> {
        let all: Value = reqwest::get(self.local("/_local/functions")).await.unwrap().json().await.unwrap();
        let all = all.as_array().unwrap().iter();
        all.filter(|f| f["name"] == function)
            .map(|f| u32::try_from(f["pid"].as_u64().unwrap()).unwrap())
            .collect()
    }

    /// What the inbox of the demo merchant's built-in endpoint holds, the newest first.
    pub async fn inbox(&self) -> Vec<Value> {
        let url = self.local("/_inbox?format=json");
        let all: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let webhook = |w: &Value| {
            let body: Value = serde_json::from_str(w["body"].as_str().unwrap()).unwrap();
            serde_json::json!({"type": w["event_type"], "signature": w["signature"], "body": body})
        };
        all["data"].as_array().unwrap().iter().map(webhook).collect()
    }
}
