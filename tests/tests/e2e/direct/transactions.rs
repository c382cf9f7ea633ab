//! The list of transactions.

use super::*;

#[tokio::test]
async fn transactions_are_listed_by_offset_status_and_day() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let mut ids = Vec::new();
    for n in 0..13 {
        let card = if n % 4 == 3 { "4000000000000002" } else { "4242424242424242" };
        let paid = direct.post("/payments", &number(card)).await.expect(200);
        ids.push(paid["id"].as_str().unwrap().to_owned());
    }
    ids.reverse();
    let list = async |query: &str| {
        let body = direct.get(&format!("/transactions{query}")).await.expect(200);
        let data = body["data"].as_array().unwrap().clone();
        let found: Vec<String> = data.iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect();
        (found, body)
    };
    let (found, body) = list("").await;
    assert_eq!(
        (&found[..], &body["limit"], &body["offset"], &body["has_more"]),
        (&ids[..10], &json!(10), &json!(0), &json!(true))
    );
    assert_eq!(body["data"][0]["customer"]["email"], "customer@example.com");
    let (found, body) = list("?limit=5&offset=10").await;
    assert_eq!((&found[..], &body["has_more"]), (&ids[10..], &json!(false)));
    let (found, body) = list("?limit=3&offset=4").await;
    assert_eq!((&found[..], &body["has_more"]), (&ids[4..7], &json!(true)));
    assert_eq!(list("?offset=10000").await.0, Vec::<String>::new());
    let (failed, _) = list("?status=failed").await;
    assert_eq!(failed.len(), 3);
    assert_eq!(list("?status=failed&offset=1&limit=1").await.0, failed[1..2]);
    assert_eq!(list("?status=succeeded&limit=100").await.0.len(), 10);
    assert_eq!(list("?status=pending").await.0.len(), 0);
    let waiting = direct.post("/payments", &number("4000002500003155")).await.expect(200);
    assert_eq!(list("?status=pending").await.0, [waiting["id"].as_str().unwrap()]);
    assert_eq!(list("?status=succeeded&limit=100").await.0.len(), 10);
    let today = tollgate_domain::Timestamp::from_s(body["data"][0]["created"].as_i64().unwrap()).rfc3339();
    let today = &today[..10];
    // Whole days, both ends included.
    for query in [
        format!("?from_date={today}&limit=20"),
        format!("?to_date={today}&limit=20"),
        format!("?from_date={today}&to_date={today}&limit=20"),
    ] {
        assert_eq!(list(&query).await.0.len(), 14, "{query}");
    }
    assert_eq!(list("?to_date=2024-01-01").await.0.len(), 0);
    assert_eq!(list("?from_date=2999-01-01").await.0.len(), 0);
}

#[tokio::test]
async fn wrong_parameters_of_the_list_are_named() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    for (query, code, param) in [
        ("limit=0", "out_of_range", "limit"),
        ("limit=101", "out_of_range", "limit"),
        ("limit=x", "invalid_param", "limit"),
        ("offset=-1", "out_of_range", "offset"),
        ("offset=10001", "out_of_range", "offset"),
        ("status=done", "invalid_param", "status"),
        ("from_date=yesterday", "invalid_param", "from_date"),
        ("to_date=2024-02-30", "invalid_param", "to_date"),
    ] {
        let answer = direct.get(&format!("/transactions?{query}")).await;
        error(&answer, 400, "invalid_request_error", code, Some(param));
    }
}
