//! The check of a tenant's ledger, with bookings at the worst moment: between its two reads of the balances.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    response::Response,
};
use serde_json::Value;

use super::{
    ledger_check::{LATER, hurry, open_shop, pass, pay},
    *,
};

/// Largest body of a request to the tables.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The tables behind an endpoint that books a payment right before every second read of the balances, so many times. `first` is the number of
/// the first payment.
async fn booking_between_reads(opened: &Opened, first: u32, times: u32) -> Opened {
    let (listener, url) = listen().await;
    let (inner, store, reads) = (opened.url.clone(), opened.store.clone(), Arc::new(AtomicU32::new(0)));
    let answer = move |request: Request| {
        let (inner, store, reads) = (inner.clone(), store.clone(), reads.clone());
        async move {
            let (parts, body) = request.into_parts();
            let bytes = to_bytes(body, BODY_BYTES_MAX).await.unwrap();
            let asked: Value = serde_json::from_slice(&bytes).unwrap();
            if asked["ExpressionAttributeValues"][":pk"]["S"] == format!("{}BAL", tenant(1)) {
                let read = reads.fetch_add(1, Ordering::Relaxed);
                if read % 2 == 1 && read / 2 < times {
                    pay(&store, first + read, LATER).await;
                }
            }
            let mut headers = parts.headers;
            headers.remove("host");
            headers.remove("content-length");
            let sent = reqwest::Client::new().request(parts.method, inner).headers(headers).body(bytes);
            let answer = sent.send().await.unwrap();
            let mut response = Response::builder().status(answer.status());
            for name in ["content-type", "x-amz-crc32"] {
                if let Some(value) = answer.headers().get(name) {
                    response = response.header(name, value);
                }
            }
            response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
        }
    };
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Opened { store: store_at(&url), url, _embedded: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_between_the_two_reads_of_a_balance_is_no_difference() {
    let opened = open_shop().await;
    // Three times the same money is missing from what was summed up, which would be believed.
    let through = booking_between_reads(&opened, 5000, 3).await;
    hurry(&opened, LATER).await;
    let check = pass(&through, LATER).await;
    assert_eq!((check.suspected, check.verified), (BTreeSet::new(), Some(LATER)));
    // A balance that moves at every look is left, and the pass says so.
    let through = booking_between_reads(&opened, 6000, u32::MAX).await;
    let now = LATER.plus_ms(60_000);
    hurry(&opened, now).await;
    let check = pass(&through, now).await;
    assert_eq!((check.suspected, check.verified), (BTreeSet::new(), Some(LATER)));
}
