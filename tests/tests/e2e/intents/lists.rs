//! Lists that page both ways.

use super::*;

#[tokio::test]
async fn lists_of_endpoints_deliveries_and_keys_page_both_ways() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]));
    let (path, _) = listen(&cloud, &receiver).await;
    let ids = |list: &Value| -> Vec<String> {
        let all = list["data"].as_array().unwrap().iter();
        all.map(|thing| thing["id"].as_str().unwrap().to_owned()).collect()
    };
    for amount in 1..=3 {
        pay(&cloud, amount * 1000).await;
        receiver.wait_for(usize::try_from(amount).unwrap()).await;
        endpoint(&cloud, &json!({"url": format!("https://example.com/{amount}")})).await;
        intents.post("/api_keys", &json!({})).await.expect(201);
    }
    for list in ["/webhook_endpoints".to_owned(), "/api_keys".to_owned(), format!("{path}/deliveries")] {
        let all = ids(&intents.get(&list).await.expect(200));
        assert!(all.len() >= 3, "{list}: {all:?}");
        let page = |query: String| {
            let (intents, list) = (intents.clone(), list.clone());
            async move { intents.get(&format!("{list}?{query}")).await.expect(200) }
        };
        let after = page(format!("limit=1&starting_after={}", all[0])).await;
        assert_eq!((ids(&after), &after["has_more"]), (vec![all[1].clone()], &json!(true)));
        let before = page(format!("limit=1&ending_before={}", all[2])).await;
        assert_eq!((ids(&before), &before["has_more"]), (vec![all[1].clone()], &json!(true)));
        let both = format!("{list}?starting_after={0}&ending_before={0}", all[0]);
        intents.get(&both).await.expect(400);
    }
}
