//! Clients of a local cloud's front doors with the demo merchant's credentials.

use serde_json::Value;

use crate::{Client, Cloud};

impl Cloud {
    /// Where a front door is, with its version's prefix.
    pub fn api(&self, name: &str) -> String {
        self.ready["apis"][name].as_str().unwrap().to_owned()
    }

    /// Where something of the local cloud itself is.
    pub fn local(&self, path: &str) -> String {
        let dashboard = self.ready["dashboard"].as_str().unwrap();
        format!("{}{path}", dashboard.trim_end_matches("/_inbox"))
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.local("").rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// The demo merchant's secret key.
    pub fn key(&self) -> String {
        self.ready["credentials"]["secret_key"].as_str().unwrap().to_owned()
    }

    /// A client of any front door with a key of the demo merchant.
    pub fn client_of(&self, front_door: &str, key: &str) -> Client {
        let client = Client::new(self.api(front_door), key);
        let merchant = self.ready["credentials"]["client_id"].as_str().unwrap();
        match front_door {
            "checkout" => client.with_account(merchant),
            _ => client,
        }
    }

    /// A client of any front door whose key is a bearer token.
    pub fn client(&self, front_door: &str) -> Client {
        Client::new(self.api(front_door), &self.key())
    }

    /// A client of `checkout` with the demo merchant's two credentials.
    pub fn checkout(&self) -> Client {
        let credential = |name: &str| self.ready["credentials"][name].as_str().unwrap().to_owned();
        Client::new(self.api("checkout"), &credential("api_secret")).with_account(&credential("api_key"))
    }

    /// A client of `charges` with the demo merchant's key.
    pub fn charges(&self) -> Client {
        Client::new(self.api("charges"), &self.key())
    }

    /// A client of `intents` with the demo merchant's key.
    pub fn intents(&self) -> Client {
        Client::new(self.api("intents"), &self.key())
    }

    /// A client of `intents` with the second merchant's key.
    pub fn partner(&self) -> Client {
        Client::new(self.api("intents"), self.ready["credentials"]["partner_secret_key"].as_str().unwrap())
    }

    /// Registers an endpoint for the demo merchant's `charges` events; gives the answer, secret included.
    pub async fn charges_endpoint(&self, url: &str) -> Value {
        let body = serde_json::json!({"url": url, "api": "charges"});
        self.intents().post("/webhook_endpoints", &body).await.expect(201)
    }
}
