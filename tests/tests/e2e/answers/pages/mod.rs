//! The hosted pages: the HTML that a payer sees and where the forms lead.

mod answer_challenge;
mod answer_checkout;
mod receive_notice;
mod show_challenge;
mod show_checkout;
mod show_result;
mod unknown_route;

use reqwest::{Method, RequestBuilder};
use tollgate_tests::Client;

use super::*;
use crate::{
    challenge::browser,
    checkout::{initialized, order, pay, press_at, with},
};

/// A transcript of a payer, who has links and no key.
fn payer(cloud: &Cloud) -> Transcript {
    Transcript::new(Client::new(cloud.local(""), ""))
}

fn show(url: &str) -> RequestBuilder {
    browser().get(url)
}

fn press(url: &str, button: &str) -> RequestBuilder {
    let form = "application/x-www-form-urlencoded";
    browser().request(Method::POST, url).header("content-type", form).body(format!("answer={button}"))
}

/// A payment of `charges` that waits for its payer; gives the page of its challenge.
async fn challenged(cloud: &Cloud, token: &str) -> String {
    text(&cloud.charges().post("/payments", &crate::payment(token, 2500)).await, "/next_action/redirect_url")
}
