//! The pages that a payer sees: what the buttons do, and what links are good for.

use super::*;

#[tokio::test]
async fn a_payer_cancels_or_fails_the_challenge() {
    let cloud = Cloud::start().await;
    let (reference, url) = initialized(&cloud, &order("cancelled")).await;
    let (answer, back) = press_at(&url, "cancel").await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        back,
        format!(
            "https://your-website.com/payment/cancel?transaction_reference={reference}&order_id=cancelled"
        )
    );
    assert_eq!(status(&cloud, &reference).await["status"], "cancelled");
    assert_eq!(press_at(&url, "pay").await.1, back, "too late to pay");
    let path = format!("/payments/{reference}/refund");
    assert_eq!(
        failed(&cloud.checkout().post(&path, &json!({})).await, 400),
        "Cannot refund transaction: Transaction is not in a completed state"
    );
    let (reference, url) = initialized(&cloud, &order("failed")).await;
    let (_, challenge) = press_at(&url, "pay").await;
    let (_, back) = press_at(&challenge, "fail").await;
    assert!(back.starts_with("https://your-website.com/payment/cancel?"), "{back}");
    assert_eq!(status(&cloud, &reference).await["status"], "failed");
    // Without addresses the pages say what came of it.
    let mut body = order("nowhere");
    body.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_url"));
    let (_, url) = initialized(&cloud, &body).await;
    let (_, challenge) = press_at(&url, "pay").await;
    let said = press(&challenge, "complete").await;
    assert_eq!(said.status, 200);
    assert!(said.text.contains("The payment is complete"), "{}", said.text);
}

#[tokio::test]
async fn pressing_twice_charges_once_and_links_are_good_for_one_thing() {
    let cloud = Cloud::start().await;
    let (reference, url) = initialized(&cloud, &order("twice")).await;
    let (_, challenge) = press_at(&url, "pay").await;
    assert_eq!(press_at(&url, "pay").await.1, challenge);
    let mut presses = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let challenge = challenge.clone();
        presses.spawn(async move { press_at(&challenge, "complete").await.1 });
    }
    for back in presses.join_all().await {
        assert!(back.contains("/payment/success?") || back.contains("/pages/result/"), "{back}");
    }
    assert_eq!(status(&cloud, &reference).await["status"], "completed");
    let orders: Value = reqwest::get(cloud.local(&format!("/_networks/orders?reference={reference}")))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(orders["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&orders["data"][0]["authorizations"], &orders["data"][0]["captures"]),
        (&json!(1), &json!(1))
    );
    for used in [&url, &challenge] {
        let page = Client::send(browser().get(used)).await;
        assert_eq!(page.status, 410);
        assert!(page.text.contains("This link was used"), "{}", page.text);
    }
    // A link for one page opens no other, and a changed one none.
    let (_, url) = initialized(&cloud, &order("forged")).await;
    let (claim, signature) = url.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    for forged in [
        url.replace("/checkout/", "/challenge/"),
        url.replace("/checkout/", "/result/"),
        format!("{claim}.{other}{}", &signature[1..]),
    ] {
        let page = Client::send(browser().get(&forged)).await;
        assert_eq!(page.status, 404, "{forged}");
        assert!(page.text.contains("This link is not valid"));
    }
    assert_eq!(press(&url, "steal").await.status, 400);
}

#[tokio::test]
async fn a_link_expires_and_the_payment_with_it() {
    let cloud = Cloud::start_with(&[("CheckoutSeconds", "1")]).await;
    let (reference, url) = initialized(&cloud, &order("late")).await;
    let page = tollgate_tests::eventually("the link expires", || async {
        let page = Client::send(browser().get(&url)).await;
        (page.status == 410).then_some(page)
    })
    .await;
    assert!(page.text.contains("has expired") || page.text.contains("was used"), "{}", page.text);
    tollgate_tests::eventually("the payment is cancelled", || async {
        (status(&cloud, &reference).await["status"] == "cancelled").then_some(())
    })
    .await;
    let (_, back) = press_at(&url, "pay").await;
    assert!(back.starts_with("https://your-website.com/payment/cancel?"), "{back}");
}
