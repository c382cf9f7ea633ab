//! `CyberSource`: its REST payments API, with HTTP signatures.
//!
//! Every request names our reference as `clientReferenceInformation.code`; the transaction search finds by it what became
//! of a payment.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tollgate_domain::{Decline, Money, source::Brand};

use crate::{
    Account, Client,
    connector::Now,
    http::{self, Reply, text},
    network::{Answer, Authorize, Found, FoundRefund, NetworkError, OfAuthorization, Processor, SendBack},
};

/// Transactions of one reference that a search returns: an authorisation, its capture, its reversal, and tries.
const SEARCH_LIMIT: u32 = 20;

/// The way to `CyberSource`.
pub struct CyberSource {
    account: Account,
    client: Client,
    now: Now,
}

impl CyberSource {
    pub(crate) fn new(account: Account, client: Client, now: Now) -> Self {
        Self { account, client, now }
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Reply, NetworkError> {
        let url = format!("{}{path}", self.account.base());
        let url =
            url::Url::parse(&url).map_err(|_| NetworkError::NothingDone("the base URL is none".into()))?;
        let body = body.to_string();
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let signed = Signed {
            host: &host,
            date: &(self.now)().http_date(),
            target: &format!("post {}", url.path()),
            digest: &format!("SHA-256={}", STANDARD.encode(Sha256::digest(body.as_bytes()))),
            merchant_id: &self.account.merchant_id,
        };
        let signature = signed.signature(
            self.account.key_id.as_deref().unwrap_or_default(),
            &self.account.secret,
        )?;
        let request = self
            .client
            .inner()
            .request(Method::POST, url)
            .header("content-type", "application/json")
            .header("date", signed.date)
            .header("digest", signed.digest)
            .header("v-c-merchant-id", signed.merchant_id)
            .header("signature", signature)
            .body(body);
        http::send(request).await
    }

    async fn search(&self, reference: &str) -> Result<Reply, NetworkError> {
        let body = json!({
            "query": format!("clientReferenceInformation.code:{reference}"),
            "sort": "submitTimeUtc:desc",
            "timezone": "UTC",
            "offset": 0,
            "limit": SEARCH_LIMIT,
        });
        match self.post("/tss/v2/searches", &body).await {
            // Searching changes nothing: once more does no harm.
            Err(_) => self.post("/tss/v2/searches", &body).await,
            reply => reply,
        }
    }
}

/// What a signature covers.
struct Signed<'a> {
    host: &'a str,
    date: &'a str,
    target: &'a str,
    digest: &'a str,
    merchant_id: &'a str,
}

impl Signed<'_> {
    /// The `signature` header under a shared secret in base64.
    fn signature(&self, key_id: &str, secret: &str) -> Result<String, NetworkError> {
        let bad = || NetworkError::NothingDone("the shared secret is not valid".into());
        let secret = zeroize::Zeroizing::new(STANDARD.decode(secret).map_err(|_| bad())?);
        let text = format!(
            "host: {}\ndate: {}\n(request-target): {}\ndigest: {}\nv-c-merchant-id: {}",
            self.host, self.date, self.target, self.digest, self.merchant_id
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).map_err(|_| bad())?;
        mac.update(text.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        Ok(format!(
            "keyid=\"{key_id}\", algorithm=\"HmacSHA256\", \
             headers=\"host date (request-target) digest v-c-merchant-id\", signature=\"{signature}\""
        ))
    }
}

impl Processor for CyberSource {
    async fn authorize(&self, request: &Authorize<'_>) -> Result<Answer, NetworkError> {
        let card = request.card;
        let mut body = json!({
            "clientReferenceInformation": {"code": request.reference, "transactionId": request.reference},
            "processingInformation": {"capture": false, "commerceIndicator": "internet"},
            "paymentInformation": {"card": {
                "number": card.pan.reveal(),
                "expirationMonth": format!("{:02}", card.exp_month),
                "expirationYear": card.exp_year.to_string(),
            }},
            "orderInformation": order(request.amount),
        });
        if let Some(proof) = request.authentication {
            body["processingInformation"]["commerceIndicator"] = json!(match card.brand {
                Brand::Visa => "vbv",
                Brand::Mastercard => "spa",
                Brand::Amex => "aesk",
                _ => "internet",
            });
            body["consumerAuthenticationInformation"] = json!({
                "cavv": proof.cavv,
                "eciRaw": proof.eci,
                "directoryServerTransactionId": proof.transaction_id,
            });
        }
        let reply = self.post("/pts/v2/payments", &body).await?;
        answer(&reply, request.reference, &["AUTHORIZED"])
    }

    async fn capture(&self, request: &OfAuthorization<'_>) -> Result<Answer, NetworkError> {
        let body = json!({
            "clientReferenceInformation": {"code": request.reference},
            "orderInformation": order(request.amount),
        });
        let path = format!("/pts/v2/payments/{}/captures", request.network_id);
        answer(
            &self.post(&path, &body).await?,
            request.reference,
            &["PENDING", "TRANSMITTED"],
        )
    }

    async fn void(&self, request: &OfAuthorization<'_>) -> Result<Answer, NetworkError> {
        let body = json!({
            "clientReferenceInformation": {"code": request.reference},
            "reversalInformation": {"amountDetails": amount(request.amount)},
        });
        let path = format!("/pts/v2/payments/{}/reversals", request.network_id);
        answer(&self.post(&path, &body).await?, request.reference, &["REVERSED"])
    }

    async fn refund(&self, request: &SendBack<'_>) -> Result<Answer, NetworkError> {
        let body = json!({
            "clientReferenceInformation": {"code": request.refund_reference},
            "orderInformation": order(request.amount),
        });
        let path = format!("/pts/v2/payments/{}/refunds", request.network_id);
        answer(
            &self.post(&path, &body).await?,
            request.refund_reference,
            &["PENDING", "TRANSMITTED"],
        )
    }

    async fn look_up(&self, reference: &str) -> Result<Found, NetworkError> {
        found(&self.search(reference).await?, reference)
    }

    async fn look_up_refund(
        &self,
        _reference: &str,
        refund_reference: &str,
    ) -> Result<FoundRefund, NetworkError> {
        found_refund(&self.search(refund_reference).await?, refund_reference)
    }
}

fn amount(amount: Money) -> Value {
    json!({"totalAmount": amount.to_decimal(), "currency": amount.currency.code()})
}

fn order(money: Money) -> Value {
    json!({"amountDetails": amount(money)})
}

/// What the answer to a request says; `done` are the statuses that mean that it was done.
fn answer(reply: &Reply, reference: &str, done: &[&str]) -> Result<Answer, NetworkError> {
    let status = text(&reply.body, "/status");
    let reason = text(&reply.body, "/errorInformation/reason");
    if reply.status >= 400 {
        let reason = match text(&reply.body, "/reason") {
            "MISSING_FIELD" => "MISSING_FIELD",
            "INVALID_DATA" => "INVALID_DATA",
            "INVALID_MERCHANT_CONFIGURATION" => "INVALID_MERCHANT_CONFIGURATION",
            "DUPLICATE_REQUEST" => "DUPLICATE_REQUEST",
            _ if reply.status == 401 => "unauthorized",
            _ => return Err(NetworkError::Unknown(format!("status {}", reply.status))),
        };
        return Err(NetworkError::NothingDone(format!(
            "status {}, {reason}",
            reply.status
        )));
    }
    if text(&reply.body, "/clientReferenceInformation/code") != reference {
        return Err(NetworkError::Unknown(
            "the answer is about another payment".into(),
        ));
    }
    if done.contains(&status) {
        return Ok(Answer::Approved {
            network_id: http::network_id(text(&reply.body, "/id"))?,
        });
    }
    match status {
        "DECLINED" => Ok(Answer::Declined(decline_by_reason(reason))),
        _ => Err(NetworkError::Unknown(
            "the status is neither success nor decline".into(),
        )),
    }
}

/// One application of one transaction that a search found: its name, the transaction's id, its reason code.
fn applications<'a>(
    reply: &'a Reply,
    reference: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let list = |value: Option<&'a Value>| value.and_then(Value::as_array).into_iter().flatten();
    list(reply.body.pointer("/_embedded/transactionSummaries"))
        .filter(move |summary| text(summary, "/clientReferenceInformation/code") == reference)
        .flat_map(move |summary| {
            let id = text(summary, "/id");
            list(summary.pointer("/applicationInformation/applications"))
                .map(move |one| (text(one, "/name"), id, text(one, "/reasonCode")))
        })
}

fn searched(reply: &Reply) -> Result<(), NetworkError> {
    if reply.status < 400 && reply.body.get("totalCount").is_some_and(Value::is_u64) {
        Ok(())
    } else {
        Err(NetworkError::Unknown(format!(
            "status {} of a search",
            reply.status
        )))
    }
}

/// Of a request that was done.
const DONE: &str = "100";

fn found(reply: &Reply, reference: &str) -> Result<Found, NetworkError> {
    searched(reply)?;
    let done = |name: &str| applications(reply, reference).find(|(n, _, code)| *n == name && *code == DONE);
    if let Some((_, id, _)) = done("ics_auth") {
        let network_id = http::network_id(id)?;
        return Ok(if done("ics_bill").is_some() {
            Found::Captured { network_id }
        } else if done("ics_auth_reversal").is_some() {
            Found::Voided
        } else {
            Found::Authorized { network_id }
        });
    }
    let refused = applications(reply, reference).find(|(name, ..)| *name == "ics_auth");
    Ok(match refused {
        Some((.., "")) => Found::Undecided,
        Some((.., code)) => Found::Declined(decline_by_code(code)),
        None => Found::Nothing,
    })
}

fn found_refund(reply: &Reply, reference: &str) -> Result<FoundRefund, NetworkError> {
    searched(reply)?;
    let mut credits = applications(reply, reference).filter(|(name, ..)| *name == "ics_credit");
    Ok(match credits.next() {
        None => FoundRefund::Nothing,
        Some((.., "")) => FoundRefund::Undecided,
        Some((.., DONE)) => FoundRefund::Succeeded,
        Some(_) if credits.any(|(.., code)| code == DONE) => FoundRefund::Succeeded,
        Some(_) => FoundRefund::Failed,
    })
}

fn decline_by_reason(reason: &str) -> Decline {
    match reason {
        "INSUFFICIENT_FUND" | "EXCEEDS_CREDIT_LIMIT" => Decline::InsufficientFunds,
        "EXPIRED_CARD" => Decline::ExpiredCard,
        "CVN_NOT_MATCH" | "INVALID_CVN" => Decline::IncorrectCvc,
        "PROCESSOR_ERROR" | "SYSTEM_ERROR" | "SERVER_TIMEOUT" | "PROCESSOR_TIMEOUT" => {
            Decline::ProcessingError
        }
        "CONSUMER_AUTHENTICATION_FAILED" => Decline::AuthenticationFailed,
        _ => Decline::CardDeclined,
    }
}

fn decline_by_code(code: &str) -> Decline {
    match code {
        "202" => Decline::ExpiredCard,
        "204" | "210" => Decline::InsufficientFunds,
        "211" | "230" => Decline::IncorrectCvc,
        "150" | "151" | "152" | "236" | "250" => Decline::ProcessingError,
        "476" => Decline::AuthenticationFailed,
        _ => Decline::CardDeclined,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reply(status: u16, body: Value) -> Reply {
        Reply { status, body }
    }

    #[test]
    fn a_signature_covers_the_five_headers_in_their_order() {
        let signed = Signed {
            host: "apitest.cybersource.com",
            date: "Thu, 18 Jul 2019 00:18:03 GMT",
            target: "post /pts/v2/payments",
            digest: "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            merchant_id: "testrest",
        };
        let header = signed.signature("key-1", "c2VjcmV0").unwrap();
        // HMAC-SHA256 under the key `secret`, computed with another implementation.
        assert_eq!(
            header,
            "keyid=\"key-1\", algorithm=\"HmacSHA256\", headers=\"host date (request-target) digest \
             v-c-merchant-id\", signature=\"HFtim6T3z1of/EF717RE6g8u+Tg49dNks2IUpcvOGyc=\""
        );
        assert!(signed.signature("key-1", "%").is_err());
    }

    #[test]
    fn statuses_are_read() {
        let said = |http: u16, status: &str, reason: &str| {
            let body = json!({"id": "7", "status": status, "clientReferenceInformation": {"code": "r"}, "errorInformation": {"reason": reason}});
            answer(&reply(http, body), "r", &["AUTHORIZED"])
        };
        assert_eq!(
            said(201, "AUTHORIZED", ""),
            Ok(Answer::Approved {
                network_id: "7".into()
            })
        );
        assert_eq!(
            said(201, "DECLINED", "INSUFFICIENT_FUND"),
            Ok(Answer::Declined(Decline::InsufficientFunds))
        );
        assert_eq!(
            said(201, "DECLINED", "DO_NOT_HONOR"),
            Ok(Answer::Declined(Decline::CardDeclined))
        );
        assert!(matches!(
            said(201, "AUTHORIZED_PENDING_REVIEW", ""),
            Err(NetworkError::Unknown(_))
        ));
        let invalid = json!({"status": "INVALID_REQUEST", "reason": "MISSING_FIELD"});
        assert!(matches!(
            answer(&reply(400, invalid), "r", &[]),
            Err(NetworkError::NothingDone(_))
        ));
        let other = json!({"id": "7", "status": "AUTHORIZED", "clientReferenceInformation": {"code": "s"}});
        assert!(matches!(
            answer(&reply(201, other), "r", &["AUTHORIZED"]),
            Err(NetworkError::Unknown(_))
        ));
    }

    #[test]
    fn searches_are_read() {
        let said = |entries: &[(&str, &str)]| {
            let summaries: Vec<Value> = entries
                .iter()
                .map(|(name, code)| {
                    json!({
                        "id": format!("id-{name}"),
                        "clientReferenceInformation": {"code": "r"},
                        "applicationInformation": {"applications": [{"name": name, "reasonCode": code}]},
                    })
                })
                .collect();
            let body =
                json!({"totalCount": summaries.len(), "_embedded": {"transactionSummaries": summaries}});
            (
                found(&reply(201, body.clone()), "r"),
                found_refund(&reply(201, body), "r"),
            )
        };
        let network_id = || "id-ics_auth".to_owned();
        assert_eq!(said(&[]), (Ok(Found::Nothing), Ok(FoundRefund::Nothing)));
        assert_eq!(
            said(&[("ics_auth", "100")]).0,
            Ok(Found::Authorized {
                network_id: network_id()
            })
        );
        assert_eq!(
            said(&[("ics_bill", "100"), ("ics_auth", "100")]).0,
            Ok(Found::Captured {
                network_id: network_id()
            })
        );
        assert_eq!(
            said(&[("ics_auth_reversal", "100"), ("ics_auth", "100")]).0,
            Ok(Found::Voided)
        );
        assert_eq!(
            said(&[("ics_auth", "204")]).0,
            Ok(Found::Declined(Decline::InsufficientFunds))
        );
        assert_eq!(said(&[("ics_auth", "")]).0, Ok(Found::Undecided));
        assert_eq!(said(&[("ics_credit", "100")]).1, Ok(FoundRefund::Succeeded));
        assert_eq!(said(&[("ics_credit", "233")]).1, Ok(FoundRefund::Failed));
        assert!(found(&reply(200, json!({})), "r").is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_never_taken_for_an_approval(status in 100..600_u16, bytes: Vec<u8>) {
            if let Ok(reply) = http::read(status, &bytes) {
                let approved = matches!(answer(&reply, "r", &["AUTHORIZED"]), Ok(Answer::Approved { .. }));
                prop_assert!(!approved);
                let _ = (found(&reply, "r"), found_refund(&reply, "r"));
            }
        }
    }
}
