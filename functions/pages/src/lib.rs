//! Hosted pages: plain HTML that works with scripting off, loads nothing from elsewhere and is not cached.

use lambda_http::{Body, Response};
use tollgate_domain::Payment;
use tollgate_gateway::LinkError;
use tollgate_http::LambdaError;

/// What every page may do: show its own style, and send its form to this very host. A form's answer redirects to the
/// merchant, wherever that is, so the target of a redirect is not restricted beyond being the web.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' https: http:; \
     frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1a1f36}\
main{max-width:26rem;margin:10vh auto;padding:2rem;background:#fff;border-radius:12px;box-shadow:0 1px 8px #0002}\
h1{font-size:1.25rem;margin:0 0 1rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0 0 1.5rem}\
dt{color:#697386}dd{margin:0;text-align:right}form{display:grid;gap:.75rem}\
button{font:inherit;padding:.75rem;border-radius:8px;border:1px solid #c1c9d2;background:#fff;cursor:pointer}\
button.main{background:#0a5bd3;border-color:#0a5bd3;color:#fff}button:focus-visible{outline:3px solid #ffbf47}";

/// Text as HTML.
fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
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
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main><h1>{title}</h1>{content}</main></body></html>"
    );
    Ok(Response::builder()
        .status(status)
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", CONTENT_SECURITY_POLICY)
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("cache-control", "no-store")
        .body(Body::Text(html))?)
}

/// A page that says one thing.
pub fn notice(status: u16, title: &str, text: &str) -> Result<Response<Body>, LambdaError> {
    page(status, title, &format!("<p>{}</p>", escape(text)))
}

/// The challenge: who is paid how much with which card, and the two answers. The form posts to the page's own address.
pub fn challenge(payment: &Payment) -> Result<Response<Body>, LambdaError> {
    let card = match &payment.source {
        tollgate_domain::Source::Card(card) => format!("{} •••• {}", card.brand.as_str(), card.last4),
        tollgate_domain::Source::BankTransfer(account) => format!("•••• {}", account.last4),
    };
    let description = payment
        .description
        .as_deref()
        .map(|text| format!("<dt>For</dt><dd>{}</dd>", escape(text)))
        .unwrap_or_default();
    let content = format!(
        "<p>Your bank asks whether it is really you who pays.</p>\
         <dl><dt>Amount</dt><dd>{}</dd><dt>Card</dt><dd>{}</dd>{description}</dl>\
         <form method=\"post\"><button class=\"main\" name=\"answer\" value=\"complete\">Complete</button>\
         <button name=\"answer\" value=\"fail\">Fail</button></form>",
        escape(&payment.amount.to_string()),
        escape(&card),
    );
    page(200, "Confirm your payment", &content)
}

/// After the answer: on to the merchant, or a page that says what came of it.
pub fn answered(payment: &Payment) -> Result<Response<Body>, LambdaError> {
    match &payment.face.return_url {
        Some(url) => Ok(Response::builder()
            .status(303)
            .header("location", url)
            .header("cache-control", "no-store")
            .header("referrer-policy", "no-referrer")
            .body(Body::Empty)?),
        None if payment.face.decline.is_some() => notice(
            200,
            "The payment failed",
            "Nothing was charged. You can close this page.",
        ),
        None => notice(200, "The payment is complete", "You can close this page."),
    }
}

/// What is shown when a link cannot be followed.
pub fn link_error(error: &LinkError) -> Result<Response<Body>, LambdaError> {
    match error {
        LinkError::Invalid => notice(
            404,
            "This link is not valid",
            "Go back to the shop and try again.",
        ),
        LinkError::Used(payment) => answered(payment),
        LinkError::Expired => notice(410, "This link has expired", "Go back to the shop and try again."),
        LinkError::Failed(error) => {
            tracing::error!(%error, "page failed");
            notice(
                500,
                "Something went wrong",
                "Nothing was lost. Try again in a moment.",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_merchant_wrote_is_shown_as_text() {
        assert_eq!(
            escape("<b a='1'>&\"</b>"),
            "&lt;b a=&#39;1&#39;&gt;&amp;&quot;&lt;/b&gt;"
        );
    }
}
