//! Hosted pages: plain HTML that works with scripting off, loads nothing from elsewhere and is not cached.

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{Body, Response};
use sha2::{Digest, Sha256};
use tollgate_domain::{
    Payment, Source, Tenant,
    payment::{Hosted, Status},
};
use tollgate_gateway::{Error, Gateway, HostedView, LinkError, Noticed, Onward};
use tollgate_http::{LambdaError, Request};

/// Seconds between two reloads while a payment is being decided.
const WAIT_S: u32 = 2;

/// What every page may do: show its own style, known by its digest, and send its form to this very host. A form's answer
/// redirects to the merchant, wherever that is, so the target of a redirect is not restricted beyond being the web.
fn content_security_policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' https: http:; \
             frame-ancestors 'none'; base-uri 'none'"
        )
    })
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1a1f36}\
main{max-width:26rem;margin:10vh auto;padding:2rem;background:#fff;border-radius:12px;box-shadow:0 1px 8px #0002}\
h1{font-size:1.25rem;margin:0 0 1rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0 0 1.5rem}\
dt{color:#697386}dd{margin:0;text-align:right}form{display:grid;gap:.75rem}\
button{font:inherit;padding:.75rem;border-radius:8px;border:1px solid #c1c9d2;background:#fff;cursor:pointer}\
button.main{background:#0a5bd3;border-color:#0a5bd3;color:#fff}button:focus-visible{outline:3px solid #ffbf47}";

/// Text as HTML.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

fn page(status: u16, title: &str, content: &str) -> Result<Response<Body>, LambdaError> {
    page_with(status, title, "", content)
}

fn page_with(status: u16, title: &str, head: &str, content: &str) -> Result<Response<Body>, LambdaError> {
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">{head}<title>{title}</title>\
         <style>{STYLE}</style></head><body><main><h1>{title}</h1>{content}</main></body></html>"
    );
    Ok(Response::builder()
        .status(status)
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", content_security_policy())
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("cache-control", "no-store")
        .body(Body::Text(html))?)
}

/// A page with one message.
pub fn notice(status: u16, title: &str, text: &str) -> Result<Response<Body>, LambdaError> {
    page(status, title, &format!("<p>{}</p>", escape(text)))
}

/// The answer to a processor's notice: 2xx ends it, anything else makes the processor send it again.
pub fn noticed(outcome: Result<Noticed, Error>) -> Result<Response<Body>, LambdaError> {
    let (status, text) = match outcome {
        Ok(Noticed::Done) => (200, "done".to_owned()),
        Ok(Noticed::Ignored) => (200, "ignored".to_owned()),
        Ok(Noticed::TooEarly) => {
            (409, "there is no such captured payment yet: send it again later".to_owned())
        }
        Ok(Noticed::Unproven) => (401, "nothing proves who sent this".to_owned()),
        Ok(Noticed::Unreadable(bad)) => {
            tracing::error!(%bad, "a processor's notice cannot be read");
            (400, bad.to_string())
        }
        Err(error) => {
            tracing::error!(%error, "a processor's notice was not taken");
            (500, "send it again later".to_owned())
        }
    };
    Ok(Response::builder()
        .status(status)
        .header("content-type", "text/plain; charset=utf-8")
        .header("cache-control", "no-store")
        .body(Body::Text(text))?)
}

fn redirect(url: &str) -> Result<Response<Body>, LambdaError> {
    Ok(Response::builder()
        .status(303)
        .header("location", url)
        .header("cache-control", "no-store")
        .header("referrer-policy", "no-referrer")
        .body(Body::Empty)?)
}

/// The amount, the card and the order.
fn summary(payment: &Payment, merchant: Option<&str>) -> String {
    let paid_with = match &payment.source {
        Some(Source::Card(card)) => ("Card", format!("{} •••• {}", card.brand.as_str(), card.last4)),
        Some(Source::BankTransfer(account)) => ("Account", format!("•••• {}", account.last4)),
        Some(Source::SepaDebit(account)) => ("Account", format!("•••• {}", account.last4)),
        None => ("Card", String::new()),
    };
    let order = payment.hosted.as_ref().map(|hosted: &Hosted| hosted.order_id.as_str());
    let rows = [
        ("Pay to", merchant.map(str::to_owned)),
        ("Amount", Some(payment.amount.to_string())),
        (paid_with.0, Some(paid_with.1)),
        ("Order", order.map(str::to_owned)),
        ("For", payment.description.clone()),
    ];
    let rows = rows
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| format!("<dt>{name}</dt><dd>{}</dd>", escape(&value))));
    format!("<dl>{}</dl>", rows.collect::<String>())
}

/// The checkout page: who is paid how much with which card; pay or cancel. The form posts to the page's own address.
pub fn checkout(view: &HostedView) -> Result<Response<Body>, LambdaError> {
    let content = format!(
        "{}<form method=\"post\"><button class=\"main\" name=\"answer\" value=\"pay\">Pay {}</button>\
         <button name=\"answer\" value=\"cancel\">Cancel</button></form>",
        summary(&view.payment, view.merchant.as_deref()),
        escape(&view.payment.amount.to_string()),
    );
    page(200, "Check your payment", &content)
}

/// The challenge: what is paid with which card, and the two answers. The form posts to the page's own address.
pub fn challenge(view: &HostedView) -> Result<Response<Body>, LambdaError> {
    let content = format!(
        "<p>Your bank asks whether it is really you who pays.</p>{}\
         <form method=\"post\"><button class=\"main\" name=\"answer\" value=\"complete\">Complete</button>\
         <button name=\"answer\" value=\"fail\">Fail</button></form>",
        summary(&view.payment, None),
    );
    page(200, "Confirm your payment", &content)
}

/// Which of a form's buttons was pressed.
pub fn pressed<'a>(request: &Request, buttons: &[&'a str]) -> Option<&'a str> {
    let mut form = url::form_urlencoded::parse(request.body());
    let (_, answer) = form.find(|(name, _)| name == "answer")?;
    buttons.iter().find(|button| **button == answer).copied()
}

/// The page for a form that was sent without one of its buttons.
pub fn nothing_pressed() -> Result<Response<Body>, LambdaError> {
    notice(400, "Nothing was chosen", "Go back and choose one of the two buttons.")
}

/// The answer to a form: a redirect to the next page or the merchant, or a page with the result.
pub fn go_on(gateway: &Gateway, tenant: Tenant, payment: &Payment) -> Result<Response<Body>, LambdaError> {
    match gateway.onward(tenant, payment) {
        Ok(Onward::To(url) | Onward::Wait(url)) => redirect(&url),
        Ok(Onward::Stay) => outcome(payment),
        Err(error) => link_error(gateway, &error.into()),
    }
}

/// The page that reloads until the payment is decided.
pub fn result(gateway: &Gateway, tenant: Tenant, payment: &Payment) -> Result<Response<Body>, LambdaError> {
    match gateway.onward(tenant, payment) {
        Ok(Onward::Wait(_)) => page_with(
            200,
            "Your payment is being made",
            &format!("<meta http-equiv=\"refresh\" content=\"{WAIT_S}\">"),
            "<p>This takes a moment. The page goes on by itself; there is no need to pay again.</p>",
        ),
        _ => go_on(gateway, tenant, payment),
    }
}

fn outcome(payment: &Payment) -> Result<Response<Body>, LambdaError> {
    let (title, text) = match payment.state.status {
        Status::Succeeded => ("The payment is complete", "You can close this page."),
        Status::Failed => ("The payment failed", "Nothing was charged. You can close this page."),
        Status::Canceled => ("The payment was canceled", "Nothing was charged. You can close this page."),
        _ => ("The payment is being made", "You can close this page."),
    };
    notice(200, title, text)
}

/// The page for a link that is invalid, used or expired.
pub fn link_error(gateway: &Gateway, error: &LinkError) -> Result<Response<Body>, LambdaError> {
    match error {
        LinkError::Invalid => notice(404, "This link is not valid", "Go back to the shop and try again."),
        LinkError::Used(tenant, payment) => {
            let onward = match gateway.onward(*tenant, payment) {
                Ok(Onward::To(url) | Onward::Wait(url)) => {
                    format!("<p><a href=\"{}\">Go on</a></p>", escape(&url))
                }
                _ => String::new(),
            };
            page(410, "This link was used", &format!("<p>Nothing is charged twice.</p>{onward}"))
        }
        LinkError::Changed => notice(
            410,
            "This payment was changed",
            "The shop changed it after it sent you here. Nothing was charged. Go back to the shop to confirm it as it is now.",
        ),
        LinkError::Expired => notice(410, "This link has expired", "Go back to the shop and try again."),
        LinkError::Failed(error) => {
            tracing::error!(%error, "page failed");
            notice(500, "Something went wrong", "Nothing was lost. Try again in a moment.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_merchant_wrote_is_shown_as_text() {
        assert_eq!(escape("<b a='1'>&\"</b>"), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;&lt;/b&gt;");
    }
}
