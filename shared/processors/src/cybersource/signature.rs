//! HTTP signatures: an HMAC over some headers, with the account's shared secret.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::processor::ProcessorError;

/// The `digest` header of a body.
pub(super) fn digest(body: &str) -> String {
    format!("SHA-256={}", STANDARD.encode(Sha256::digest(body.as_bytes())))
}

/// What a signature covers.
pub(super) struct Signed<'a> {
    pub(super) host: &'a str,
    pub(super) date: &'a str,
    /// The method in lower case, and the path with its query.
    pub(super) target: &'a str,
    /// Of the body, where there is one.
    pub(super) digest: Option<String>,
    pub(super) merchant_id: &'a str,
}

impl Signed<'_> {
    /// The `signature` header under a shared secret in base64.
    pub(super) fn signature(&self, key_id: &str, secret: &str) -> Result<String, ProcessorError> {
        let bad = || ProcessorError::NothingDone("the shared secret is not valid".into());
        let secret = zeroize::Zeroizing::new(STANDARD.decode(secret).map_err(|_| bad())?);
        let mut lines = vec![("host", self.host), ("date", self.date), ("request-target", self.target)];
        if let Some(digest) = &self.digest {
            lines.push(("digest", digest));
        }
        lines.push(("v-c-merchant-id", self.merchant_id));
        let names: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
        let text: Vec<String> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).map_err(|_| bad())?;
        mac.update(text.join("\n").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        Ok(format!(
            "keyid=\"{key_id}\", algorithm=\"HmacSHA256\", headers=\"{}\", signature=\"{signature}\"",
            names.join(" ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_covers_the_headers_in_their_order() {
        let signed = Signed {
            host: "apitest.cybersource.com",
            date: "Thu, 18 Jul 2019 00:18:03 GMT",
            target: "post /pts/v2/payments",
            digest: Some("SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into()),
            merchant_id: "testrest",
        };
        let header = signed.signature("key-1", "c2VjcmV0").unwrap();
        // HMAC-SHA256 under the key `secret`, computed with another implementation.
        assert_eq!(
            header,
            "keyid=\"key-1\", algorithm=\"HmacSHA256\", headers=\"host date request-target digest \
             v-c-merchant-id\", signature=\"f47awo62pPyGzH8yhSy0nw92fbYQ4hsn8yeLh1y/UrE=\""
        );
        let get = Signed {
            target: "get /reporting/v3/conversion-details?a=b",
            digest: None,
            host: signed.host,
            date: signed.date,
            merchant_id: signed.merchant_id,
        };
        assert!(
            get.signature("k", "c2VjcmV0")
                .unwrap()
                .contains("headers=\"host date request-target v-c-merchant-id\"")
        );
        assert!(signed.signature("key-1", "%").is_err());
    }
}
