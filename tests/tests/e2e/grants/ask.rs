//! A request to one function, which can be sent to the same data again after the local cloud was started anew.

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{ContractLimit, FrontDoor, KeyKind, Mode, Permission, Tier};
use tollgate_tests::{Answer, Client, Cloud, dynamodb};

use crate::challenge::browser;

/// The callers of the requests.
pub(super) struct Callers {
    /// A key of the demo merchant whose rate windows are used up.
    over: String,
    /// An endpoint for all requests that leave it as it is: a merchant may have few.
    pub(super) endpoint: String,
}

impl Callers {
    /// Lets the demo merchant ask as often as it takes.
    pub(super) async fn of(cloud: &Cloud) -> Self {
        let (tenant, admin) = (cloud.demo_scope(), cloud.admin());
        admin.set_tier(tenant.merchant, Tier::Enterprise).await.unwrap();
        for front_door in FrontDoor::ALL {
            let limit = ContractLimit { requests_per_minute: 50_000, burst: None };
            admin.set_limit(tenant.merchant, *front_door, Some(limit)).await.unwrap();
        }
        let over = cloud.demo_key(Mode::Test, KeyKind::Secret, Permission::ALL).await;
        cloud.use_up_key(&over).await;
        // Nothing listens there.
        let hooks = json!({"url": "http://127.0.0.1:9/", "enabled_events": ["payment_intent.succeeded"]});
        let endpoint = cloud.intents().post("/webhook_endpoints", &hooks).await.expect(201);
        Self { over, endpoint: endpoint["id"].as_str().unwrap().to_owned() }
    }
}

/// What is done right before a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// Nothing.
    Nothing,
    /// The caller uses up its rate limit.
    UseUpLimit,
    /// The item with the tenant's live keys is gone, as an earlier release had none.
    ForgetLiveKeys,
}

/// A request to one function.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) function: &'static str,
    /// Which of the function's ways it goes.
    pub(super) way: &'static str,
    /// The status of its answer when nothing is wrong.
    pub(super) status: u16,
    /// The front door; none for a whole path.
    api: Option<&'static str>,
    method: Method,
    path: String,
    body: String,
    idempotency_key: String,
    /// Another header that proves who asks.
    proof: Option<(&'static str, &'static str)>,
    before: Before,
}

impl Ask {
    /// A request to a path of the function's front door.
    pub(super) fn new(function: &'static str, method: Method, path: impl Into<String>) -> Self {
        Self {
            function,
            way: "",
            status: 200,
            api: function.split('-').next(),
            method,
            path: path.into(),
            body: String::new(),
            idempotency_key: format!("grants-{}", unique()),
            proof: None,
            before: Before::Nothing,
        }
    }

    pub(super) fn get(function: &'static str, path: impl Into<String>) -> Self {
        Self::new(function, Method::GET, path)
    }

    pub(super) fn post(function: &'static str, path: impl Into<String>, body: &Value) -> Self {
        Self::new(function, Method::POST, path).body(body.to_string())
    }

    /// A request to a whole path without a key: a page or an open route.
    pub(super) fn open(function: &'static str, method: Method, path: impl Into<String>) -> Self {
        Self { api: None, ..Self::new(function, method, path) }
    }

    pub(super) fn way(self, way: &'static str) -> Self {
        Self { way, ..self }
    }

    pub(super) fn expecting(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn body(self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(super) fn proven(self, name: &'static str, value: &'static str) -> Self {
        Self { proof: Some((name, value)), ..self }
    }

    /// The same request by a caller that is over its rate limit.
    pub(super) fn over(&self, status: u16) -> Self {
        Self { before: Before::UseUpLimit, way: "over the limit", status, ..self.clone() }
    }

    /// The same request of a tenant whose live keys are not kept.
    pub(super) fn without_live_keys(self) -> Self {
        Self { before: Before::ForgetLiveKeys, ..self }
    }

    /// Whether it would disturb requests at the same time.
    pub(super) fn is_alone(&self) -> bool {
        self.before != Before::Nothing
    }

    /// Whether the same was asked before, so that it makes nothing.
    pub(super) fn is_replay(&self) -> bool {
        self.before == Before::UseUpLimit
    }

    /// Sends it.
    pub(super) async fn send(&self, cloud: &Cloud, callers: &Callers) -> Answer {
        let shares = matches!(self.api, Some("direct" | "checkout"));
        let is_over = self.before == Before::UseUpLimit;
        let tenant = cloud.demo_scope();
        if self.before == Before::ForgetLiveKeys {
            let key = json!({"pk": dynamodb::s(&format!("{tenant}KEYS")), "sk": dynamodb::s("#")});
            let delete = json!({"TableName": "tollgate-keys", "Key": key});
            dynamodb::ask(cloud.ready["dynamodb"].as_str().unwrap(), "DeleteItem", &delete).await;
        }
        if is_over && shares {
            cloud.use_up_tenant(tenant).await;
        }
        let mut request = match self.api {
            None => browser().request(self.method.clone(), cloud.local(&self.path)),
            Some(api) => {
                let key = if is_over && !shares { callers.over.clone() } else { cloud.key() };
                let client = Client::new(cloud.api(api), &key);
                let merchant = tenant.merchant.to_string();
                let client = if api == "checkout" { client.with_account(&merchant) } else { client };
                client.request(self.method.clone(), &self.path)
            }
        };
        request = request.header("idempotency-key", &self.idempotency_key);
        if let Some((name, value)) = self.proof {
            request = request.header(name, value);
        }
        if !self.body.is_empty() {
            let kind = if self.body.starts_with('{') { "json" } else { "x-www-form-urlencoded" };
            request = request.header("content-type", format!("application/{kind}")).body(self.body.clone());
        }
        let answer = Client::send(request).await;
        if is_over && shares {
            cloud.rest_tenant(tenant).await;
        }
        answer
    }

    /// Sends it and expects its answer.
    pub(super) async fn succeed(&self, cloud: &Cloud, callers: &Callers) -> Answer {
        let answer = self.send(cloud, callers).await;
        assert_eq!(answer.status.as_u16(), self.status, "{self:?}: {}", answer.text);
        answer
    }

    /// Whether an answer is a failure in the shape of the function's front door.
    pub(super) fn is_failure(&self, answer: &Answer) -> bool {
        let json: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let has_shape = match self.function.split('-').next().unwrap() {
            "simple" => json["error"].is_string(),
            "checkout" => json["success"] == false && json["message"].is_string(),
            "pages" => answer.header("content-type").starts_with("text/"),
            _ => json["error"]["type"].is_string() && json["error"]["message"].is_string(),
        };
        answer.status.is_server_error() && has_shape
    }
}

/// A number like no other.
pub(super) fn unique_number() -> u128 {
    u128::from_str_radix(&unique(), 16).unwrap()
}

/// A text like no other.
pub(super) fn unique() -> String {
    use tollgate_gateway::{Entropy, OsEntropy};
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes);
    hex::encode(bytes)
}
