//! The vault's key is changed while payments are in flight.

use serde_json::{Value, json};
use tokio::process::Command;
use tollgate_domain::{Payment, PaymentId, Provider};
use tollgate_store::{AwsEnvironment, Secrets};
use tollgate_tests::{Cloud, DEADLINE, binary};

use crate::checkout::{initialized, order, pay, status};

/// Runs the operator's tool against a local cloud.
async fn admin(cloud: &Cloud, arguments: &[&str]) -> Result<Value, String> {
    let url = |name: &str| cloud.ready[name].as_str().unwrap().to_owned();
    let output = Command::new(binary("tollgate-admin"))
        .args([
            "--dynamodb",
            &url("dynamodb"),
            "--secretsmanager",
            &url("secretsmanager"),
        ])
        .args(arguments)
        .output();
    let output = tokio::time::timeout(DEADLINE, output).await.unwrap().unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

fn secrets(cloud: &Cloud) -> Secrets {
    let url = |name: &str| cloud.ready[name].as_str().unwrap().to_owned();
    let environment = AwsEnvironment::emulated(&url("dynamodb"), &url("sqs"));
    Secrets::open(&environment.with_secrets_endpoint(Some(url("secretsmanager"))))
}

/// Lets the time pass that has to pass between two steps: the secret says when the last one was made.
async fn time_passes(cloud: &Cloud) {
    let secrets = secrets(cloud);
    let text = secrets.get("VaultSecret").await.unwrap();
    let mut versions: Value = serde_json::from_str(&text).unwrap();
    versions["changed_at"] = json!(0);
    secrets.put("VaultSecret", &versions.to_string()).await.unwrap();
}

async fn sealed_card(cloud: &Cloud, reference: &str) -> String {
    let uuid = u128::from_str_radix(&reference.replace('-', ""), 16).unwrap();
    let id = PaymentId::from_bytes(uuid.to_be_bytes());
    let payment: Option<Payment> = cloud
        .store()
        .get(cloud.demo_scope(), &id.to_string(), true)
        .await
        .unwrap();
    payment.unwrap().network.unwrap().card.unwrap().0
}

async fn sealed_secret(cloud: &Cloud, provider: Provider) -> String {
    let account = cloud
        .store()
        .get_processor_account(cloud.demo_scope(), provider)
        .await;
    account.unwrap().unwrap().secret
}

#[tokio::test]
async fn the_vaults_key_is_changed_under_payments_in_flight() {
    let cloud = Cloud::start().await;
    // A payment in flight, and functions that run with version 1.
    let (first, first_page) = initialized(&cloud, &order("rotate-1")).await;
    let (second, second_page) = initialized(&cloud, &order("rotate-2")).await;
    assert!(sealed_card(&cloud, &first).await.starts_with("1."));

    assert_eq!(
        admin(&cloud, &["add-vault-key"]).await.unwrap(),
        json!({"current": 1, "versions": [1, 2]})
    );
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
    let mut next: Option<String> = None;
    let mut resealed = 0;
    loop {
        let mut arguments = vec!["reseal", "--pages", "1"];
        if let Some(next) = &next {
            arguments.extend(["--after", next.as_str()]);
        }
        let done = admin(&cloud, &arguments).await.unwrap();
        assert_eq!(done["left"], json!([]));
        resealed += done["resealed"].as_u64().unwrap();
        match done["next"].as_str() {
            Some(place) => next = Some(place.to_owned()),
            None => break,
        }
    }
    // One card in flight and two accounts.
    assert_eq!(resealed, 3);
    assert!(sealed_card(&cloud, &second).await.starts_with("2."));
    for provider in [Provider::CyberSource, Provider::Mpgs] {
        assert!(sealed_secret(&cloud, provider).await.starts_with("2."));
    }
    // Functions that know version 1 only read the secret when they meet version 2.
    pay(&second_page).await;
    assert_eq!(status(&cloud, &second).await["status"], "completed");

    time_passes(&cloud).await;
    assert_eq!(
        admin(&cloud, &["retire-vault-key", "1"]).await.unwrap(),
        json!({"current": 2, "versions": [2]})
    );
    // Everything starts anew, without version 1.
    let data = cloud.kill().await;
    let cloud = Cloud::start_in(data, &[]).await;
    let (third, page) = initialized(&cloud, &order("rotate-3")).await;
    assert!(sealed_card(&cloud, &third).await.starts_with("2."));
    pay(&page).await;
    assert_eq!(status(&cloud, &third).await["status"], "completed");
    let refunded = cloud
        .checkout()
        .post(&format!("/payments/{second}/refund"), &json!({}))
        .await;
    refunded.expect(200);
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
                assert!(
                    !environment.contains(secret.as_str().unwrap()),
                    "{function} has {name}"
                );
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 0);
}
