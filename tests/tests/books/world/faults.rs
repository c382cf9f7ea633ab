//! What goes wrong at the processors, and what a reviewer decides.

use serde_json::{Value, json};

use super::{HOUR, SECOND, World};

/// How far look-ups lag at most; what is carried out late is so within four timeouts.
pub(super) const LAG_MS_MAX: i64 = 120 * SECOND;
const LATE_MS_MAX: i64 = 30 * SECOND;

impl World {
    /// The next request of some kind fails in some way.
    pub(super) async fn spoil(&mut self) {
        let processor = *self.chance.pick(&["cybersource", "mpgs"]);
        let operation =
            *self.chance.pick(&["authorize", "capture", "capture", "refund", "refund", "void", "look_up"]);
        let common = ["error", "error", "garbage", "late", "repeat", "busy"];
        let what = match operation {
            "look_up" => *self.chance.pick(&["error", "garbage"]),
            "authorize" => *self.chance.pick(&[
                "error",
                "garbage",
                "late",
                "repeat",
                "busy",
                "decline",
                "review",
                "refuse",
                "unknown_done",
                "unknown_not_done",
            ]),
            "void" => *self.chance.pick(&common),
            _ if self.chance.percent(60) => *self.chance.pick(&common),
            _ => *self.chance.pick(&["decline", "unknown_done", "unknown_not_done"]),
        };
        let delay_ms = if what == "late" {
            self.chance.in_range(1, LATE_MS_MAX)
        } else {
            self.chance.in_range(1, 2 * HOUR)
        };
        let fault = json!({
            "provider": processor,
            "operation": operation,
            "when": if self.chance.percent(50) { "before" } else { "after" },
            "what": what,
            "delay_ms": delay_ms,
            "times": self.chance.in_range(1, 2),
        });
        self.http
            .post(format!("{}/_networks/faults", self.control))
            .json(&fault)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
        self.count(format!("fault {what}"));
    }

    pub(super) async fn set_lag(&self, ms: i64) {
        self.http
            .put(format!("{}/_networks/lag", self.control))
            .json(&json!({"ms": ms}))
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
    }

    pub(super) async fn lag(&mut self) {
        let ms = self.chance.in_range(0, LAG_MS_MAX);
        self.set_lag(ms).await;
        self.count("lag");
    }

    pub(super) async fn books(&self) -> Vec<Value> {
        let url = format!("{}/_networks/orders", self.control);
        let all: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        all["data"].as_array().unwrap().clone()
    }

    /// A reviewer decides about what is held, as told or by chance.
    pub(super) async fn review(&mut self, accept: Option<bool>) {
        for book in self.books().await {
            let Some(name) = book["in_review"].as_str() else {
                continue;
            };
            let accept = accept.unwrap_or_else(|| self.chance.percent(50));
            let decision = json!({"provider": book["provider"], "network_id": name, "accept": accept});
            self.http
                .post(format!("{}/_networks/reviews", self.control))
                .json(&decision)
                .send()
                .await
                .unwrap();
            self.count("reviewed");
        }
    }
}
