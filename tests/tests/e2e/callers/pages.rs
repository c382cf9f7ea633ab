//! Routes without a key: a link opens one page of one payment, and open routes tell nothing of a merchant.

use reqwest::Method;
use serde_json::json;
use tollgate_tests::{Answer, Client, Cloud};

use super::table::{Access, ROWS};
use crate::{
    challenge::browser,
    checkout::{initialized, order, pay, press_at},
};

async fn ask(url: &str, method: &Method) -> Answer {
    let mut request = browser().request(method.clone(), url);
    if *method == Method::POST {
        let form = "application/x-www-form-urlencoded";
        request = request.header("content-type", form).body("answer=pay");
    }
    Client::send(request).await
}

#[tokio::test]
async fn a_link_opens_one_page_of_one_payment() {
    let cloud = Cloud::start().await;
    let (_, checkout) = initialized(&cloud, &order("order-marker-one")).await;
    let (_, challenge) = press_at(&checkout, "pay").await;
    let (_, other) = initialized(&cloud, &order("order-marker-two")).await;
    let end = pay(&other).await;
    assert!(end.contains("order-marker-two"), "{end}");
    // What is right for one page is right for no other, and neither is anything made up.
    let (base, token) = challenge.split_once("/pages/challenge/").unwrap();
    let checkout_token = checkout.rsplit('/').next().unwrap();
    let mut claim = token.rsplitn(2, '.');
    let (signature, claim) = (claim.next().unwrap(), claim.next().unwrap());
    let other_token = other.rsplit('/').next().unwrap();
    let other_claim = other_token.rsplit_once('.').unwrap().0;
    let first = signature.chars().next().unwrap();
    let flipped = format!("{}{}", if first == 'A' { 'B' } else { 'A' }, &signature[1..]);
    let forged = [
        format!("{claim}.{flipped}"),
        format!("{claim}."),
        claim.to_owned(),
        // This payment's signature on another payment's claim.
        format!("{other_claim}.{signature}"),
        format!("{}.{signature}", claim.replace(".test.", ".live.")),
        "x".to_owned(),
        "%22%3C%3E%00".to_owned(),
        "a".repeat(5000),
    ];
    let pages = [
        ("checkout", Method::GET),
        ("checkout", Method::POST),
        ("challenge", Method::GET),
        ("challenge", Method::POST),
        ("result", Method::GET),
    ];
    for (page, method) in pages {
        let wrong_purpose = match page {
            "checkout" => vec![token],
            "challenge" => vec![checkout_token],
            _ => vec![token, checkout_token],
        };
        for token in forged.iter().map(String::as_str).chain(wrong_purpose) {
            let answer = ask(&format!("{base}/pages/{page}/{token}"), &method).await;
            let status = answer.status.as_u16();
            assert!((400..500).contains(&status), "{method} {page}: {status}");
            for shown in ["order-marker", "100.5", "1111", "shop", "your-website"] {
                let told = answer.text.contains(shown) || answer.header("location").contains(shown);
                assert!(!told || shown == "shop", "{method} {page} shows {shown}: {}", answer.text);
            }
        }
    }
    // None of it did anything: the challenge waits.
    let status = ask(&challenge, &Method::GET).await;
    assert_eq!(status.status, 200, "{}", status.text);
}

#[tokio::test]
async fn what_asks_nobody_who_they_are_says_nothing() {
    let cloud = Cloud::start().await;
    let made = cloud.charges().post("/customers", &json!({"name": "marker-name-1"})).await.expect(201);
    for row in ROWS.iter().filter(|row| row.access == Access::Everybody) {
        let request = browser().request(row.method(), cloud.local(row.path));
        let answer = Client::send(request.bearer_auth(cloud.key())).await;
        assert_eq!(answer.status.as_u16(), row.status, "{}: {}", row.function, answer.text);
        for mark in ["marker-name-1", made["id"].as_str().unwrap(), &cloud.key()] {
            assert!(!answer.text.contains(mark), "{}: {}", row.function, answer.text);
        }
    }
}
