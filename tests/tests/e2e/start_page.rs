//! The start page of `cargo local`: what it shows, its button, and who may use it.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tollgate_domain::FrontDoor;
use tollgate_tests::{Cloud, run_sample};

fn get(cloud: &Cloud, path: &str) -> RequestBuilder {
    reqwest::Client::new().get(cloud.local(path))
}

fn press(cloud: &Cloud, token: &str) -> RequestBuilder {
    reqwest::Client::new()
        .post(cloud.local("/_local/payments"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("token={token}"))
}

async fn text(answer: Response) -> (u16, String) {
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// How many payments there are.
async fn payments(cloud: &Cloud) -> usize {
    let page = cloud.charges().get("/payments?limit=100").await.expect(200);
    page["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_page_says_what_runs_and_loads_nothing() {
    let cloud = Cloud::start().await;
    let answer = get(&cloud, "/").send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    for rule in ["form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    let (status, html) = text(answer).await;
    assert_eq!(status, 200);
    for api in FrontDoor::ALL {
        assert!(html.contains(&cloud.api(api.as_str())), "{api:?}");
        assert!(html.contains(tollgate_apis::published(*api).purpose()), "{api:?}");
    }
    for key in ["secret_key", "publishable_key", "api_key"] {
        assert!(html.contains(cloud.ready["credentials"][key].as_str().unwrap()), "{key}");
    }
    assert!(html.contains("4242424242424242") && html.contains("tok_visa_9995"));
    let here = cloud.local("");
    for (at, _) in html.match_indices("://") {
        let begin = at - html[..at].bytes().rev().take_while(u8::is_ascii_alphabetic).count();
        assert!(html[begin..].starts_with(&here), "{}", &html[begin..at + 30]);
    }
    assert!(!html.contains("src="), "nothing is loaded");
}

#[tokio::test]
async fn everything_else_at_the_root_is_as_it_was() {
    let cloud = Cloud::start().await;
    let not_found = (404, "{\"message\":\"Not Found\"}".to_owned());
    for path in ["/nonsense", "/index.html", "/_local/nonsense"] {
        assert_eq!(text(get(&cloud, path).send().await.unwrap()).await, not_found, "{path}");
    }
    let post = reqwest::Client::new().post(cloud.local("/")).send().await.unwrap();
    assert_eq!(text(post).await, not_found);
    let version_1 = get(&cloud, "/v1/account").bearer_auth(cloud.key());
    assert_eq!(version_1.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_button_takes_a_payment_and_its_webhook_is_shown() {
    let cloud = Cloud::start().await;
    let here = cloud.local("");
    for proof in [("origin", here.as_str()), ("sec-fetch-site", "same-origin")] {
        let pressed = press(&cloud, "tok_visa_4242").header(proof.0, proof.1);
        let (status, html) = text(pressed.send().await.unwrap()).await;
        assert_eq!(status, 200, "{html}");
        for expected in [
            "The payment is <strong>succeeded</strong>",
            "<h2>payment.succeeded</h2>",
            "<strong class=\"valid\">valid</strong>",
        ] {
            assert!(html.contains(expected), "{expected}: {html}");
        }
    }
    assert_eq!(payments(&cloud).await, 2);
    let declined = press(&cloud, "tok_visa_9995").header("origin", &here);
    let (_, html) = text(declined.send().await.unwrap()).await;
    assert!(
        html.contains("<strong>insufficient_funds</strong>") && html.contains("<h2>payment.failed</h2>"),
        "{html}"
    );
    let unknown = press(&cloud, "sk_test_1").header("origin", &here);
    assert_eq!(unknown.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn another_site_can_neither_press_the_button_nor_read_the_keys() {
    let cloud = Cloud::start().await;
    let here = cloud.local("");
    let pressed = || press(&cloud, "tok_visa_4242");
    for (what, request) in [
        ("nothing says where it comes from", pressed()),
        ("another origin", pressed().header("origin", "http://evil.example")),
        ("no origin of its own", pressed().header("origin", "null")),
        ("another site", pressed().header("origin", &here).header("sec-fetch-site", "cross-site")),
        (
            "another name of this machine",
            pressed().header("host", "evil.example:9000").header("origin", "http://evil.example:9000"),
        ),
        ("the page by another name", get(&cloud, "/").header("host", "evil.example")),
        ("the keys by another name", get(&cloud, "/_local/ready").header("host", "evil.example:9000")),
        ("the keys for another site", get(&cloud, "/_local/ready").header("origin", "http://evil.example")),
        (
            "the keys for another site's script",
            get(&cloud, "/_local/ready").header("sec-fetch-site", "cross-site"),
        ),
    ] {
        let (status, body) = text(request.send().await.unwrap()).await;
        assert_eq!(status, 403, "{what}");
        assert!(!body.contains("sk_test_"), "{what}");
    }
    assert_eq!(payments(&cloud).await, 0);
    let ready: Value = get(&cloud, "/_local/ready").send().await.unwrap().json().await.unwrap();
    assert_eq!(ready, cloud.ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_works_in_a_real_browser_with_scripts_and_without() {
    let needs = [
        "node",
        "-e",
        "require('playwright-core'); require('fs').accessSync(process.env.TOLLGATE_CHROMIUM || '/usr/bin/chromium')",
    ];
    let cloud = Cloud::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("start.cjs");
    std::fs::write(&path, include_str!("../../browser/start.cjs")).unwrap();
    let page = cloud.local("/");
    let Some(printed) = run_sample(&["node", path.to_str().unwrap()], &needs, &page).await else {
        return;
    };
    let seen: Value = serde_json::from_str(&printed).unwrap();
    for scripts in ["with_scripts", "without_scripts", "keyboard"] {
        let seen = &seen[scripts];
        let said = seen["said"].as_str().unwrap();
        assert!(said.starts_with("The payment is succeeded."), "{scripts}: {said}");
        assert_eq!(seen["webhook"], "payment.succeeded", "{scripts}");
        assert_eq!(seen["complaints"], json!([]), "{scripts}");
        assert_eq!(seen["origins"], json!([cloud.local("")]), "{scripts}");
    }
    assert_eq!(seen["with_scripts"]["in_place"], true);
    assert_eq!(seen["without_scripts"]["in_place"], false);
    let copied = seen["with_scripts"]["copied"].as_str().unwrap();
    assert!(
        copied.starts_with("curl ") && copied.contains("tok_visa_1111") && copied.contains(&cloud.key()),
        "{copied}"
    );
    assert!(seen["phone"]["width"].as_i64().unwrap() <= 320, "{}", seen["phone"]);
    assert_eq!(seen["phone"]["unlabelled"], 0);
    assert_eq!(payments(&cloud).await, 3);
}
