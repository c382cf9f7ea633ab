//! SQS's rules, as its own client sees them. The client checks the MD5 sums of what it sends and receives.

use aws_sdk_sqs::{Client, types::Message};

use crate::{
    clients::{queue_url, sqs, until},
    running::Running,
};

/// The queue that no function reads.
struct Idle {
    client: Client,
    url: String,
}

impl Idle {
    async fn of(run: &Running) -> Self {
        let client = sqs(&run.cloud.ready.sqs);
        let url = queue_url(&client, "idle").await;
        Self { client, url }
    }

    async fn send(&self, group: &str, body: &str) {
        let message = self.client.send_message().queue_url(&self.url);
        message.message_group_id(group).message_body(body).send().await.expect("a send");
    }

    /// Receives messages, which stay hidden for ten minutes.
    async fn receive(&self, max: i32) -> Vec<Message> {
        let receive = self.client.receive_message().queue_url(&self.url).max_number_of_messages(max);
        receive.visibility_timeout(600).send().await.expect("a receive").messages().to_vec()
    }

    /// Makes a received message visible at once.
    async fn show(&self, receipt: &str) {
        let change = self.client.change_message_visibility().queue_url(&self.url);
        change.receipt_handle(receipt).visibility_timeout(0).send().await.expect("a change");
    }

    async fn delete(&self, receipt: &str) {
        let delete = self.client.delete_message().queue_url(&self.url);
        delete.receipt_handle(receipt).send().await.expect("a delete");
    }

    /// Messages that are ready or in flight.
    async fn count(&self) -> usize {
        let attributes = self.client.get_queue_attributes().queue_url(&self.url);
        let attributes = attributes.attribute_names("All".into()).send().await.expect("attributes");
        ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            .iter()
            .filter_map(|name| attributes.attributes()?.get(&(*name).into())?.parse::<usize>().ok())
            .sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backlog_of_a_group_delays_no_other_group() {
    let run = Running::start().await;
    let queue = Idle::of(&run).await;
    for number in 0..12 {
        queue.send("busy", &format!("busy {number}")).await;
    }
    queue.send("quiet", "quiet").await;
    let first = queue.receive(2).await;
    assert!(first.iter().any(|message| message.body() == Some("quiet")), "{first:?}");
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_back_with_another_receipt_until_it_is_deleted() {
    let run = Running::start().await;
    let queue = Idle::of(&run).await;
    for body in ["one", "two"] {
        queue.send("group", body).await;
    }
    let first = queue.receive(1).await.remove(0);
    let receipt = first.receipt_handle().expect("a receipt");
    queue.show(receipt).await;
    let again = until("it comes back", async || {
        queue.receive(10).await.into_iter().find(|message| message.message_id() == first.message_id())
    })
    .await;
    assert_ne!(again.receipt_handle(), Some(receipt));
    queue.delete(again.receipt_handle().expect("a receipt")).await;
    let run = run.restart().await;
    assert_eq!(Idle::of(&run).await.count().await, 1, "messages outlast a restart");
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_not_there_has_no_url() {
    let run = Running::start().await;
    let queue = Idle::of(&run).await;
    assert!(queue.client.get_queue_url().queue_name("nobody").send().await.is_err());
    run.cloud.stop().await;
}
