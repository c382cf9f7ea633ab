//! What starts functions besides HTTP: streams, queues and schedules.

use crate::{
    clients::{put, queue_url, receive, sqs, until},
    running::Running,
};

#[tokio::test(flavor = "multi_thread")]
async fn changes_reach_the_function_in_order_and_bad_ones_are_put_aside() {
    let run = Running::start().await;
    let url = &run.cloud.ready.dynamodb;
    for (pk, kind) in
        [("a", "SEEN"), ("x", "UNSEEN"), ("bad", "SEEN"), ("b", "SEEN"), ("poison", "SEEN"), ("c", "SEEN")]
    {
        put(url, pk, kind).await;
    }
    until("every good change", async || {
        let seen: Vec<_> = run.recorded().into_iter().filter(|line| line != "tick").collect();
        seen.contains(&"c".to_owned()).then_some(seen)
    })
    .await;
    let mut seen: Vec<_> = run.recorded().into_iter().filter(|line| line != "tick").collect();
    // A retried batch may deliver its good records twice.
    seen.dedup();
    let first = |pk: &str| seen.iter().position(|line| line == pk);
    assert!(first("a") < first("b") && first("b") < first("c"), "{seen:?}");
    assert!(!seen.contains(&"x".to_owned()));
    let client = sqs(&run.cloud.ready.sqs);
    let mut given_up = Vec::new();
    until("two batches given up", async || {
        given_up.extend(receive(&client, "stream-dead").await);
        (given_up.len() == 2).then_some(())
    })
    .await;
    assert!(given_up.iter().all(|body| body.contains("\"batchSize\":1")), "{given_up:?}");
    // A restart does not deliver records again.
    let before = run.recorded().iter().filter(|line| *line != "tick").count();
    let run = run.restart().await;
    put(&run.cloud.ready.dynamodb, "d", "SEEN").await;
    until("the change after the restart", async || run.recorded().contains(&"d".to_owned()).then_some(()))
        .await;
    assert_eq!(run.recorded().iter().filter(|line| *line != "tick").count(), before + 1);
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_reach_the_function_and_bad_ones_end_in_the_dead_letter_queue() {
    let run = Running::start().await;
    let client = sqs(&run.cloud.ready.sqs);
    let url = queue_url(&client, "work").await;
    for body in ["one", "bad", "two"] {
        client.send_message().queue_url(&url).message_body(body).send().await.expect("a send");
    }
    until("the good messages", async || {
        let seen = run.recorded();
        ["one", "two"].iter().all(|body| seen.iter().any(|line| line == body)).then_some(())
    })
    .await;
    let dead = until("the dead letter", async || {
        let dead = receive(&client, "dead").await;
        (!dead.is_empty()).then_some(dead)
    })
    .await;
    assert_eq!(dead, ["bad"]);
    assert_eq!(run.recorded().iter().filter(|line| *line == "one").count(), 1);
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_tick_every_second() {
    let run = Running::start().await;
    until("two ticks", async || {
        (run.recorded().iter().filter(|line| *line == "tick").count() >= 2).then_some(())
    })
    .await;
    run.cloud.stop().await;
}
