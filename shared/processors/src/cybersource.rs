//! `CyberSource`: its REST payments API with HTTP signatures. `docs/processors.md` lists the requests and the
//! pages that specify them.
//!
//! Every request contains our reference as `clientReferenceInformation.code`, by which the transaction search
//! finds a payment. The `transactionId` beside it is `CyberSource`'s protection against duplicates, for
//! accounts with Visa Platform Connect.

mod answers;
mod signature;

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{EnteredCard, Money, PaymentId, ProcessorTransactionId, Timestamp, source::Brand};

use crate::{
    Account, Client,
    http::{self, Reply},
    processor::{
        Answer, Authentication, Authorize, Now, OfAuthorization, Processor, ProcessorError,
        ProcessorRefundStatus, RefundName, RefundRequest, Review, TransactionStatus,
    },
};
use answers::{answer, conversions, found, found_refund, reversed};
use signature::Signed;

/// Most transactions of a reference in a search: its authorization, capture, reversal, and repeats.
const SEARCH_RESULTS_MAX: u32 = 100;
/// Longest time range of a query for reviews, in milliseconds: a day.
const CONVERSIONS_SPAN_MS: i64 = 24 * 60 * 60 * 1000;
/// Most queries for one review: an authorization lasts seven days.
const CONVERSIONS_QUESTIONS_MAX: u32 = 8;

/// The client of `CyberSource`.
pub struct CyberSource {
    account: Account,
    client: Client,
    now: Now,
}

/// The purpose of a request: the letter in its `transactionId`.
#[derive(Clone, Copy)]
enum Purpose {
    Authorize,
    Capture,
    Refund,
}

/// The `transactionId` of a request: at most 30 characters, equal for a repeat and different for every other
/// request.
fn transaction_id(reference: &str, purpose: Purpose, renewed: u32) -> Option<String> {
    let letter = match purpose {
        Purpose::Authorize => 'a',
        Purpose::Capture => 'c',
        Purpose::Refund => 'r',
    };
    // Our references are UUIDs of 36 characters; in base 62 the same bits take 22.
    let id = PaymentId::parse_uuid(reference).ok()?;
    Some(match renewed {
        0 => format!("{id}{letter}"),
        renewed => format!("{id}{letter}{renewed}"),
    })
}

fn reference_information(reference: &str, purpose: Purpose, renewed: u32) -> Value {
    let mut information = json!({"code": reference});
    if let Some(id) = transaction_id(reference, purpose, renewed) {
        information["transactionId"] = json!(id);
    }
    information
}

impl CyberSource {
    pub(crate) fn new(account: Account, client: Client, now: Now) -> Self {
        Self { account, client, now }
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Result<Reply, ProcessorError> {
        let url = format!("{}{target}", self.account.base());
        let url =
            url::Url::parse(&url).map_err(|_| ProcessorError::NothingDone("the base URL is none".into()))?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let body = body.map(Value::to_string);
        let signed = Signed {
            host: &host,
            date: &(self.now)().http_date(),
            target: &format!("{} {path}", method.as_str().to_ascii_lowercase()),
            digest: body.as_deref().map(signature::digest),
            merchant_id: &self.account.merchant_id,
        };
        let key_id = self.account.key_id.as_deref().unwrap_or_default();
        let signature = signed.signature(key_id, &self.account.secret)?;
        let mut request = self
            .client
            .inner()
            .request(method, url)
            .header("date", signed.date)
            .header("v-c-merchant-id", signed.merchant_id)
            .header("signature", signature);
        if let Some((body, digest)) = body.zip(signed.digest) {
            request = request.header("content-type", "application/json").header("digest", digest).body(body);
        }
        http::send(request).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Reply, ProcessorError> {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn search(&self, reference: &str) -> Result<Reply, ProcessorError> {
        let body = json!({
            "query": format!("clientReferenceInformation.code:{reference}"),
            "sort": "submitTimeUtc:desc",
            "timezone": "UTC",
            "offset": 0,
            "limit": SEARCH_RESULTS_MAX,
        });
        match self.post("/tss/v2/searches", &body).await {
            // A search changes nothing, so it can be repeated.
            Err(_) => self.post("/tss/v2/searches", &body).await,
            reply => reply,
        }
    }
}

impl Processor for CyberSource {
    async fn authorize(&self, request: &Authorize<'_>) -> Result<Answer, ProcessorError> {
        let card = request.card;
        let mut body = json!({
            "clientReferenceInformation":
                reference_information(request.reference, Purpose::Authorize, request.renewed),
            "processingInformation": {"capture": false, "commerceIndicator": "internet"},
            "paymentInformation": {"card": {
                "number": card.pan.reveal(),
                "type": card_type(card.brand),
                "expirationMonth": format!("{:02}", card.exp_month),
                "expirationYear": card.exp_year.to_string(),
            }},
            "orderInformation": order(request.amount),
        });
        if let Some(proof) = request.authentication {
            body["processingInformation"]["commerceIndicator"] = json!(commerce_indicator(card, proof));
            body["consumerAuthenticationInformation"] = authentication(card, proof);
        }
        let reply = self.post("/pts/v2/payments", &body).await?;
        answer(&reply, request.reference, &["AUTHORIZED"])
    }

    async fn capture(&self, request: &OfAuthorization<'_>) -> Result<Answer, ProcessorError> {
        let body = json!({
            "clientReferenceInformation":
                reference_information(request.reference, Purpose::Capture, request.renewed),
            "orderInformation": order(request.amount),
        });
        let path = format!("/pts/v2/payments/{}/captures", request.authorization);
        answer(&self.post(&path, &body).await?, request.reference, &["PENDING", "TRANSMITTED"])
    }

    async fn void(&self, request: &OfAuthorization<'_>) -> Result<Answer, ProcessorError> {
        let body = json!({
            "clientReferenceInformation": {"code": request.reference},
            "reversalInformation": reversal(request.amount),
        });
        let path = format!("/pts/v2/payments/{}/reversals", request.authorization);
        let reply = self.post(&path, &body).await?;
        // An authorization that was reversed before needs no other answer.
        if reply.status == 400 && http::text(&reply.body, "/reason") == "AUTH_ALREADY_REVERSED" {
            return Ok(Answer::Approved { id: request.authorization.clone() });
        }
        answer(&reply, request.reference, &["REVERSED"])
    }

    async fn refund(&self, request: &RefundRequest<'_>) -> Result<Answer, ProcessorError> {
        let body = json!({
            "clientReferenceInformation":
                reference_information(request.refund_reference, Purpose::Refund, request.renewed),
            "orderInformation": order(request.amount),
        });
        let path = format!("/pts/v2/captures/{}/refunds", request.capture);
        answer(&self.post(&path, &body).await?, request.refund_reference, &["PENDING", "TRANSMITTED"])
    }

    /// A time-out reversal. It names the authorization by `transactionId`, since the answer with the
    /// authorization's id was lost.
    async fn void_unanswered(
        &self,
        reference: &str,
        amount: Money,
        renewed: u32,
    ) -> Result<(), ProcessorError> {
        let id = transaction_id(reference, Purpose::Authorize, renewed);
        let id = id.ok_or_else(|| ProcessorError::NothingDone("the reference is no UUID".into()))?;
        let body = json!({
            "clientReferenceInformation": {"code": reference, "transactionId": id},
            "reversalInformation": reversal(amount),
        });
        reversed(&self.post("/pts/v2/reversals", &body).await?)
    }

    async fn look_up(&self, reference: &str) -> Result<TransactionStatus, ProcessorError> {
        found(&self.search(reference).await?, reference)
    }

    /// A search keeps showing the authorization as held. A reviewer's decision is in the conversion details,
    /// which are queried one day at a time.
    async fn look_up_review(
        &self,
        authorization: &ProcessorTransactionId,
        since: Timestamp,
    ) -> Result<Review, ProcessorError> {
        let now = (self.now)();
        let mut end = now;
        for _ in 0..CONVERSIONS_QUESTIONS_MAX {
            let start = end.plus_ms(-CONVERSIONS_SPAN_MS);
            let target = format!(
                "/reporting/v3/conversion-details?startTime={}&endTime={}",
                start.rfc3339(),
                end.rfc3339()
            );
            let reply = self.send(Method::GET, &target, None).await?;
            let review = conversions(&reply, authorization)?;
            if review != Review::Waiting || start <= since {
                return Ok(review);
            }
            end = start;
        }
        Ok(Review::Waiting)
    }

    async fn look_up_refund(&self, refund: &RefundName<'_>) -> Result<ProcessorRefundStatus, ProcessorError> {
        found_refund(&self.search(refund.refund_reference).await?, refund.refund_reference)
    }
}

fn amount(amount: Money) -> Value {
    json!({"totalAmount": amount.to_decimal(), "currency": amount.currency.code()})
}

fn order(money: Money) -> Value {
    json!({"amountDetails": amount(money)})
}

fn reversal(money: Money) -> Value {
    json!({"amountDetails": amount(money), "reason": "The payment was not completed"})
}

/// The scheme's code in `paymentInformation.card.type`.
const fn card_type(brand: Brand) -> &'static str {
    match brand {
        Brand::Visa => "001",
        Brand::Mastercard => "002",
        Brand::Amex => "003",
        Brand::Discover => "004",
        Brand::Diners => "005",
        Brand::Jcb => "007",
        Brand::UnionPay => "062",
    }
}

/// The commerce indicator: whether the card's scheme and ECI mean authenticated, attempted or neither.
fn commerce_indicator(card: &EnteredCard, proof: &Authentication) -> &'static str {
    match (card.brand, proof.eci.as_str()) {
        (Brand::Visa, "05") => "vbv",
        (Brand::Visa, "06") => "vbv_attempted",
        (Brand::Mastercard, "01" | "02") => "spa",
        (Brand::Amex, "05") => "aesk",
        (Brand::Amex, "06") => "aesk_attempted",
        (
            Brand::Visa
            | Brand::Mastercard
            | Brand::Amex
            | Brand::Discover
            | Brand::Diners
            | Brand::Jcb
            | Brand::UnionPay,
            _,
        ) => "internet",
    }
}

/// The fields that carry the 3-D Secure proof: `ucaf…` for Mastercard, `cavv` and `eciRaw` for the others.
fn authentication(card: &EnteredCard, proof: &Authentication) -> Value {
    let mut fields = json!({
        "directoryServerTransactionId": proof.transaction_id,
        "paSpecificationVersion": proof.version,
    });
    if card.brand == Brand::Mastercard {
        fields["ucafAuthenticationData"] = json!(proof.cavv);
        fields["ucafCollectionIndicator"] = json!(proof.eci.trim_start_matches('0'));
    } else {
        fields["cavv"] = json!(proof.cavv);
        fields["eciRaw"] = json!(proof.eci);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_id_is_short_and_belongs_to_one_request() {
        let reference = PaymentId::from_bytes([255; 16]).uuid().to_string();
        let id = |purpose, renewed| transaction_id(&reference, purpose, renewed).unwrap();
        let all = [
            id(Purpose::Authorize, 0),
            id(Purpose::Authorize, 1),
            id(Purpose::Capture, 0),
            id(Purpose::Refund, 0),
            id(Purpose::Refund, 9999),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(one.len() <= 30, "{one}");
            assert!(!all[at + 1..].contains(one), "{one}");
        }
        assert_eq!(id(Purpose::Capture, 0), id(Purpose::Capture, 0));
    }
}
