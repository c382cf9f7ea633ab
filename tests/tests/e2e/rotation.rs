//! The vault's key is changed while payments are in flight.

use serde_json::{Value, json};
use tollgate_domain::{Payment, PaymentId, ProcessorCharge, ProcessorKind};
use tollgate_tests::{Cloud, DEADLINE, printed};

use crate::checkout::{initialized, order, pay, status, with};

/// Runs the operator's tool against a local cloud.
async fn admin(cloud: &Cloud, arguments: &[&str]) -> Result<Value, String> {
    let mut command = tokio::process::Command::from(cloud.admin_command(arguments));
    let output = command.env("TOLLGATE_PROCESSOR_SECRET", "the password of another account").output();
    printed(&tokio::time::timeout(DEADLINE, output).await.unwrap().unwrap())
}

/// Lets the time pass that has to pass between two steps: the secret says when the last one was made.
async fn time_passes(cloud: &Cloud) {
    let secrets = cloud.secrets();
    let text = secrets.get("VaultSecret").await.unwrap();
    let mut versions: Value = serde_json::from_str(&text).unwrap();
    versions["changed_at"] = json!(0);
    secrets.put("VaultSecret", &versions.to_string()).await.unwrap();
}

async fn charge(cloud: &Cloud, reference: &str) -> ProcessorCharge {
    let uuid = u128::from_str_radix(&reference.replace('-', ""), 16).unwrap();
    let id = PaymentId::from_bytes(uuid.to_be_bytes());
    let payment: Option<Payment> = cloud.store().get(cloud.demo_scope(), &id.to_string()).await.unwrap();
    payment.unwrap().processor_charge.unwrap()
}

async fn sealed_card(cloud: &Cloud, reference: &str) -> String {
    charge(cloud, reference).await.card.unwrap().0
}

async fn sealed_secret(cloud: &Cloud, processor: ProcessorKind) -> String {
    let account = cloud.store().get_processor_account(cloud.demo_scope(), processor).await;
    account.unwrap().unwrap().secret
}

#[tokio::test]
async fn the_vaults_key_is_changed_under_payments_in_flight() {
    let cloud = Cloud::start().await;
    // A payment in flight, and functions that run with version 1.
    let (first, first_page) = initialized(&cloud, &order("rotate-1")).await;
    let (second, second_page) = initialized(&cloud, &order("rotate-2")).await;
    assert!(sealed_card(&cloud, &first).await.starts_with("1."));
    // A payment in flight whose account another one takes the place of.
    let mpgs = |number: &str| with(number, &json!({"payment_provider": "mpgs"}));
    let (kept, kept_page) = initialized(&cloud, &mpgs("rotate-kept")).await;
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let elsewhere = ["--base-url", "http://localhost:1", "--mid", "ELSEWHERE"];
    let set = [&["set-processor", merchant, "mpgs"][..], &elsewhere].concat();
    admin(&cloud, &set).await.unwrap();
    let (new, _) = initialized(&cloud, &mpgs("rotate-new")).await;
    assert_eq!(charge(&cloud, &new).await.account.unwrap(), "ELSEWHERE");

    assert_eq!(admin(&cloud, &["add-vault-key"]).await.unwrap(), json!({"current": 1, "versions": [1, 2]}));
    let early = admin(&cloud, &["promote-vault-key"]).await.unwrap_err();
    assert!(early.contains("wait until"), "{early}");
    time_passes(&cloud).await;
    assert_eq!(
        admin(&cloud, &["promote-vault-key"]).await.unwrap(),
        json!({"current": 2, "versions": [1, 2]})
    );
    // Sealed with version 1, before and after the promotion: what runs goes on with either.
    pay(&first_page).await;
    assert_eq!(status(&cloud, &first).await["status"], "completed");

    time_passes(&cloud).await;
    let needed = admin(&cloud, &["retire-vault-key", "1"]).await.unwrap_err();
    assert!(needed.contains("still sealed with version 1"), "{needed}");
    // Three cards in flight, two accounts and a former one, and the secrets of both processors' notices.
    assert_eq!(reseal_all(&cloud).await, 8);
    assert!(sealed_card(&cloud, &second).await.starts_with("2."));
    for processor in [ProcessorKind::CyberSource, ProcessorKind::Mpgs] {
        assert!(sealed_secret(&cloud, processor).await.starts_with("2."));
    }
    // Functions that know version 1 only read the secret when they meet version 2.
    pay(&second_page).await;
    assert_eq!(status(&cloud, &second).await["status"], "completed");

    time_passes(&cloud).await;
    assert_eq!(
        admin(&cloud, &["retire-vault-key", "1"]).await.unwrap(),
        json!({"current": 2, "versions": [2]})
    );
    // What a former account began, it ends.
    pay(&kept_page).await;
    assert_eq!(status(&cloud, &kept).await["status"], "completed");
    let path = format!("/payments/{kept}/refund");
    cloud.checkout().post(&path, &json!({})).await.expect(200);
    assert_eq!(status(&cloud, &kept).await["status"], "refunded");
    starts_anew_without_version_1(cloud, &second).await;
}

/// Seals everything anew, page by page; gives how much that was.
async fn reseal_all(cloud: &Cloud) -> u64 {
    let mut next: Option<String> = None;
    let mut resealed = 0;
    loop {
        let mut arguments = vec!["reseal", "--pages", "1"];
        if let Some(next) = &next {
            arguments.extend(["--after", next.as_str()]);
        }
        let done = admin(cloud, &arguments).await.unwrap();
        assert_eq!(done["left"], json!([]));
        resealed += done["resealed"].as_u64().unwrap();
        next = done["next"].as_str().map(str::to_owned);
        if next.is_none() {
            return resealed;
        }
    }
}

/// Everything starts anew, takes a payment, and refunds one of before.
async fn starts_anew_without_version_1(cloud: Cloud, second: &str) {
    let data = cloud.kill().await;
    let cloud = Cloud::start_in(data, &[]).await;
    let (third, page) = initialized(&cloud, &order("rotate-3")).await;
    assert!(sealed_card(&cloud, &third).await.starts_with("2."));
    pay(&page).await;
    assert_eq!(status(&cloud, &third).await["status"], "completed");
    let news = json!({"provider": "mpgs", "reference": second, "stage": "inquiry"});
    assert_eq!(crate::notices::tell(&cloud, &news).await, [200], "a notice is proven");
    let refunded = cloud.checkout().post(&format!("/payments/{second}/refund"), &json!({})).await;
    refunded.expect(200);
}

#[tokio::test]
async fn a_new_link_secret_ends_links_and_tokens() {
    let cloud = Cloud::start().await;
    let (_, old_page) = initialized(&cloud, &order("link-1")).await;
    let credentials = cloud.ready["credentials"].clone();
    let asked = json!({"client_id": credentials["client_id"], "client_secret": credentials["client_secret"]});
    let token = async |cloud: &Cloud| {
        let answer = cloud.client("direct").post("/auth/token", &asked).await.expect(200);
        answer["access_token"].as_str().unwrap().to_owned()
    };
    let list = async |cloud: &Cloud, token: &str| {
        let direct = cloud.client("direct").with_key(token);
        direct.get("/transactions?limit=1").await.status.as_u16()
    };
    let old_token = token(&cloud).await;
    assert_eq!(list(&cloud, &old_token).await, 200);

    cloud
        .secrets()
        .put("LinkSecret", "another secret, of sixty-four characters or about as many as that")
        .await
        .unwrap();
    // As a deployment does, every function starts anew.
    let data = cloud.kill().await;
    let cloud = Cloud::start_in(data, &[]).await;
    assert_eq!(list(&cloud, &old_token).await, 401);
    assert_eq!(list(&cloud, &token(&cloud).await).await, 200);
    let path = reqwest::Url::parse(&old_page).unwrap().path().to_owned();
    let refused = reqwest::get(cloud.local(&path)).await.unwrap().status();
    assert!(refused.is_client_error(), "{refused}");
    // API keys go on working, and new pages do.
    let (paid, page) = initialized(&cloud, &order("link-2")).await;
    pay(&page).await;
    assert_eq!(status(&cloud, &paid).await["status"], "completed");
}

#[tokio::test]
async fn no_function_has_a_secret_in_its_environment() {
    let cloud = Cloud::start().await;
    let kept = std::fs::read_to_string(cloud.data.path().join("secrets.json")).unwrap();
    let kept: serde_json::Map<String, Value> = serde_json::from_str(&kept).unwrap();
    assert!(kept.len() >= 2, "{:?}", kept.keys());
    initialized(&cloud, &order("secret-1")).await;
    let mut looked_at = 0;
    for function in ["checkout-initialize-payment", "run-due-work", "publish-events"] {
        for pid in cloud.pids(function).await {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
            let environment = String::from_utf8_lossy(&environment);
            for (name, secret) in &kept {
                assert!(!environment.contains(secret.as_str().unwrap()), "{function} has {name}");
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 0);
}
