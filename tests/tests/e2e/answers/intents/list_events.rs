//! `GET /v2/events`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    let newest = eventually("the events", || async {
        let events =
            cloud.intents().get("/events?types[]=payment_intent.*&types[]=charge.*").await.expect(200);
        let events = events["data"].as_array().unwrap().clone();
        (events.len() == 3).then(|| events[0]["id"].as_str().unwrap().to_owned())
    })
    .await;
    intents.get("the first page", "/events?limit=1").await;
    intents.get("the page after", &format!("/events?limit=1&starting_after={newest}")).await;
    intents.get("of a type", "/events?type=payment_intent.created").await;
    intents.get("of several types", "/events?types[]=charge.*&types[]=payment_intent.succeeded").await;
    intents.get("none of the future", "/events?created[gte]=4000000000").await;
    for query in ["limit=0", "starting_after=nothing", "type=color.changed", "color=red"] {
        intents.get(query, &format!("/events?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
