//! Versions of `intents`, and the rate-limit headers of every answer to a known key.

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{KeyKind, Mode, Permission};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_tests::{Answer, Client, Cloud};

use crate::challenge::browser;

/// `intents`, version 1.
fn version_1(cloud: &Cloud) -> Client {
    Client::new(cloud.api("intents").replace("/v2", "/v1"), &cloud.key())
}

/// What every answer of version 1 says: that it is deprecated, when it ends, and where the same is in version 2.
#[track_caller]
fn says_that_it_ends(cloud: &Cloud, answer: &Answer, path: &str) {
    assert_eq!(answer.header("sunset"), "Thu, 31 Dec 2026 23:59:59 GMT", "{path}");
    assert_eq!(answer.header("deprecation"), "@1735689600", "{path}");
    let link = answer.header("link").to_owned();
    let link = link.strip_prefix('<').expect("a link");
    let (successor, relation) = link.split_once('>').expect("a link");
    assert_eq!(relation, "; rel=\"successor-version\"", "{path}");
    let base = cloud.api("intents").replace("/v2", "/v1");
    let base = reqwest::Url::parse(&format!("{base}{path}")).unwrap();
    assert_eq!(base.join(successor).unwrap().as_str(), format!("{}{path}", cloud.api("intents")));
}

#[tokio::test]
async fn version_1_is_served_by_the_same_functions_and_says_when_it_ends() {
    let cloud = Cloud::start().await;
    let (old, new) = (version_1(&cloud), cloud.intents());
    let body = json!({"amount": 1000, "currency": "eur"});
    let made = old.post_once("/payment_intents", "old", &body).await;
    says_that_it_ends(&cloud, &made, "/payment_intents");
    let made = made.expect(201);
    let path = format!("/payment_intents/{}", made["id"].as_str().unwrap());
    for path in [
        path.as_str(),
        "/payment_intents?limit=2&created%5Bgte%5D=5",
        "/customers/cus_none",
        "/none",
        "",
        "/",
    ] {
        let answer = old.get(path).await;
        says_that_it_ends(&cloud, &answer, path);
        let today = new.get(path).await;
        assert_eq!(answer.status, today.status, "{path}");
        assert_eq!(answer.text.replace("\"/v1/", "\"/v2/"), today.text, "{path}");
        for name in ["deprecation", "sunset", "link"] {
            assert_eq!(today.header(name), "", "{path}");
        }
    }
    let confirm = format!("{path}/confirm");
    let confirmed = old.post(&confirm, &json!({"payment_method": "pm_card_visa"})).await;
    assert_eq!(confirmed.expect(200)["status"], "succeeded");
    assert_eq!(new.get(&path).await.expect(200)["status"], "succeeded");
    // A key that is not there, or may not, is refused as ever.
    let refused = old.with_key("sk_test_none").get(&path).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    says_that_it_ends(&cloud, &refused, &path);
    for path in ["/v3/payment_intents", "/v1x/payment_intents", "/payment_intents"] {
        let url = cloud.api("intents").replace("/v2", path);
        let answer = Client::send(browser().get(url).bearer_auth(cloud.key())).await;
        assert_eq!(answer.expect(404)["error"]["code"], "route_not_found", "{path}");
    }
    // Clients that know a host and no path find it at the root of the port.
    let url = cloud.local(&format!("/v1{path}"));
    let at_root = Client::send(browser().get(url).bearer_auth(cloud.key())).await;
    assert_eq!(at_root.expect(200)["id"], made["id"]);
}

#[tokio::test]
async fn lists_of_version_1_take_an_offset() {
    let cloud = Cloud::start().await;
    let (old, new) = (version_1(&cloud), cloud.intents());
    for n in 0..4 {
        let body = json!({"amount": 1000 + n, "currency": "eur"});
        new.post("/payment_intents", &body).await.expect(201);
        let customer = new.post("/customers", &json!({"name": n.to_string()})).await;
        let _: Value = customer.expect(201);
    }
    for path in ["/payment_intents", "/customers", "/api_keys"] {
        let all = old.get(&format!("{path}?limit=100")).await.expect(200);
        let all = all["data"].as_array().unwrap().clone();
        let mut met = Vec::new();
        for offset in 0..all.len() {
            let page = old.get(&format!("{path}?limit=1&offset={offset}")).await.expect(200);
            assert_eq!(page["has_more"], json!(offset + 1 < all.len()), "{path} {offset}");
            met.extend(page["data"].as_array().unwrap().clone());
        }
        assert_eq!(met, all, "{path}");
        let beyond = old.get(&format!("{path}?offset=5000")).await.expect(200);
        assert_eq!((&beyond["data"], &beyond["has_more"]), (&json!([]), &json!(false)));
        for offset in ["-1", "10001", "x"] {
            let refused = old.get(&format!("{path}?offset={offset}")).await.expect(400);
            assert_eq!(refused["error"]["param"], "offset", "{path} {offset}");
        }
        // Version 2 has cursors alone.
        let refused = new.get(&format!("{path}?offset=1")).await.expect(400);
        assert_eq!(
            (&refused["error"]["code"], &refused["error"]["param"]),
            (&json!("parameter_unknown"), &json!("offset"))
        );
    }
}

#[tokio::test]
async fn version_1_ends_when_the_stack_says_so() {
    let cloud = Cloud::start_with(&[("ServeVersion1", "until-its-end")]).await;
    let ended = SystemClock.now().s() > 1_798_761_599;
    for (path, served) in [("/payment_intents?limit=1", 200), ("", 404), ("/none", 404)] {
        let answer = version_1(&cloud).get(path).await;
        says_that_it_ends(&cloud, &answer, path);
        let status = if ended { 410 } else { served };
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
    }
    cloud.intents().get("/payment_intents").await.expect(200);
}

/// Limit, what remains of it, and when the window ends.
#[track_caller]
fn rate_limit(answer: &Answer, what: &str) -> (i64, i64, i64) {
    let number = |name: &str| {
        let text = answer.header(name);
        text.parse().unwrap_or_else(|_| panic!("{what}: {name} is {text:?}, {}", answer.text))
    };
    (number("x-ratelimit-limit"), number("x-ratelimit-remaining"), number("x-ratelimit-reset"))
}

#[tokio::test]
async fn every_answer_to_a_known_key_says_where_it_stands() {
    let cloud = Cloud::start().await;
    let scopes = [Permission::PaymentsRead, Permission::PaymentsWrite];
    let key = cloud.demo_key(Mode::Test, KeyKind::Secret, &scopes).await;
    let new = cloud.intents().with_key(&key);
    let old = version_1(&cloud).with_key(&key);
    let intent = json!({"amount": 1000, "currency": "eur"});
    let declined = json!({"amount": 1000, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": true});
    let answers = [
        (201, new.post_once("/payment_intents", "known", &intent).await),
        (200, new.get("/payment_intents").await),
        (400, new.get("/payment_intents?limit=0").await),
        (402, new.post("/payment_intents", &declined).await),
        (403, new.get("/customers").await),
        (404, new.get("/payment_intents/pi_none").await),
        (404, new.get("/none").await),
        (404, Client::send(new.request(Method::PUT, "/payment_intents")).await),
        (200, old.get("/payment_intents").await),
        (404, old.get("/none").await),
    ];
    let now_s = SystemClock.now().s();
    for (at, (status, answer)) in answers.iter().enumerate() {
        let what = format!("answer {at}");
        assert_eq!(answer.status.as_u16(), *status, "{what}: {}", answer.text);
        let (limit, remaining, reset) = rate_limit(answer, &what);
        assert_eq!(limit, 1000, "{what}");
        // Each costs one.
        assert_eq!(remaining, 999 - i64::try_from(at).unwrap(), "{what}");
        assert!((now_s - 10..=now_s + 70).contains(&reset), "{what}: {reset}, now {now_s}");
    }
    // A replay costs nothing.
    let again = new.post_once("/payment_intents", "known", &intent).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(rate_limit(&again, "replay").1, 990);
    cloud.use_up_key(&key).await;
    for path in ["/payment_intents", "/none"] {
        let refused = new.get(path).await;
        assert_eq!(refused.status, 429, "{path}: {}", refused.text);
        assert_eq!(rate_limit(&refused, path).1, 0, "{path}");
        assert!(refused.header("retry-after").parse::<i64>().unwrap() > 0);
    }
    // A key that has ended is still known; one that never was is not.
    cloud.admin().revoke_key_text(&key).await.unwrap();
    let refused = new.get("/payment_intents").await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    assert_eq!(rate_limit(&refused, "revoked").0, 1000);
    let refused = new.with_key("sk_test_none").get("/payment_intents").await;
    assert_eq!((refused.status.as_u16(), refused.header("x-ratelimit-limit")), (401, ""));
    let nobody = Client::send(browser().get(format!("{}/none", cloud.api("intents")))).await;
    assert_eq!((nobody.status.as_u16(), nobody.header("x-ratelimit-limit")), (404, ""));
}
