//! Credentials: each function has its own, made anew for each local cloud, and the emulated services know callers by them.
//!
//! Any other credentials are the operator's. Signatures are not checked.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::HeaderMap,
    middleware::{self, Next},
    response::Response,
};

use crate::{Error, aws_json, state::random_text, template::Function};

/// Begins the access key id of every local cloud's functions. Lambda's begin with `ASIA`, too, and have 20 characters.
const ACCESS_KEY_PREFIX: &str = "ASIALOCAL";
const ACCESS_KEY_CHARS: usize = 20;
const SECRET_CHARS: usize = 40;
/// Begins the session token of every local cloud's functions.
const TOKEN_PREFIX: &str = "local-session-";

/// Who calls a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The operator, who may do anything.
    Operator,
    /// A function, by its name.
    Function(String),
}

/// The credentials of one local cloud's functions.
#[derive(Debug)]
pub(crate) struct Credentials {
    token: String,
    /// By the function's name.
    keys: HashMap<String, AccessKey>,
    /// The functions' names, by access key id.
    functions: HashMap<String, String>,
}

#[derive(Debug)]
struct AccessKey {
    id: String,
    secret: String,
}

impl AccessKey {
    fn new() -> Result<Self, Error> {
        let unique = random_text(ACCESS_KEY_CHARS - ACCESS_KEY_PREFIX.len())?.to_ascii_uppercase();
        Ok(Self { id: format!("{ACCESS_KEY_PREFIX}{unique}"), secret: random_text(SECRET_CHARS)? })
    }
}

impl Credentials {
    pub(crate) fn of(functions: &[Function]) -> Result<Arc<Self>, Error> {
        let mut credentials = Self {
            token: format!("{TOKEN_PREFIX}{}", uuid::Uuid::new_v4()),
            keys: HashMap::new(),
            functions: HashMap::new(),
        };
        for function in functions {
            let key = AccessKey::new()?;
            credentials.functions.insert(key.id.clone(), function.name.clone());
            credentials.keys.insert(function.name.clone(), key);
        }
        Ok(Arc::new(credentials))
    }

    /// The variables with which a function's process is given its credentials.
    pub(crate) fn variables(&self, function: &str) -> Vec<(&'static str, &str)> {
        let Some(key) = self.keys.get(function) else {
            return Vec::new();
        };
        vec![
            ("AWS_ACCESS_KEY_ID", &key.id),
            ("AWS_SECRET_ACCESS_KEY", &key.secret),
            ("AWS_SESSION_TOKEN", &self.token),
        ]
    }

    /// Tells a service's routes who calls, as the request's extension [`Caller`], and refuses strangers.
    ///
    /// Functions of another local cloud are strangers: they outlive their cloud for a moment, and one of its ports may be
    /// taken again.
    pub(crate) fn guard(self: &Arc<Self>, routes: Router) -> Router {
        let credentials = self.clone();
        let check = move |headers: HeaderMap, mut request: Request, next: Next| {
            let caller = credentials.caller(&headers);
            async move {
                match caller {
                    Some(caller) => {
                        request.extensions_mut().insert(caller);
                        next.run(request).await
                    }
                    None => unrecognized(),
                }
            }
        };
        routes.layer(middleware::from_fn(check))
    }

    /// Who signed a request; `None` if the credentials are those of a function, but not of one of this local cloud.
    fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        let token = headers.get("x-amz-security-token").and_then(|t| t.to_str().ok()).unwrap_or_default();
        let key = access_key_id(headers);
        match self.functions.get(key) {
            Some(function) if token == self.token => Some(Caller::Function(function.clone())),
            Some(_) => None,
            None if key.starts_with(ACCESS_KEY_PREFIX) || token.starts_with(TOKEN_PREFIX) => None,
            None => Some(Caller::Operator),
        }
    }
}

/// The access key id of a signed request.
fn access_key_id(headers: &HeaderMap) -> &str {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let credential = authorization.and_then(|text| text.split_once("Credential="));
    credential.and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default()
}

fn unrecognized() -> Response {
    aws_json::error(
        "UnrecognizedClientException",
        "The security token included in the request is invalid: it is of no function of this local cloud.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_functions() -> Credentials {
        let mut credentials = Credentials {
            token: "local-session-ours".to_owned(),
            keys: HashMap::new(),
            functions: HashMap::new(),
        };
        for name in ["one", "two"] {
            let key = AccessKey::new().unwrap();
            credentials.functions.insert(key.id.clone(), name.to_owned());
            credentials.keys.insert(name.to_owned(), key);
        }
        credentials
    }

    fn caller(credentials: &Credentials, key: &str, token: Option<&str>) -> Option<Caller> {
        let mut headers = HeaderMap::new();
        let credential =
            format!("AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/sqs/aws4_request, Signature=x");
        headers.insert("authorization", credential.parse().unwrap());
        if let Some(token) = token {
            headers.insert("x-amz-security-token", token.parse().unwrap());
        }
        credentials.caller(&headers)
    }

    #[test]
    fn only_its_own_credentials_make_a_caller_a_function() {
        let credentials = two_functions();
        let ours = Some("local-session-ours");
        for name in ["one", "two"] {
            let variables = credentials.variables(name);
            assert_eq!(variables[0].1.len(), ACCESS_KEY_CHARS);
            let function = Some(Caller::Function(name.to_owned()));
            assert_eq!(caller(&credentials, variables[0].1, Some(variables[2].1)), function);
            for token in [None, Some("local-session-theirs"), Some("local")] {
                assert_eq!(caller(&credentials, variables[0].1, token), None, "{token:?}");
            }
        }
        assert_ne!(credentials.variables("one")[0], credentials.variables("two")[0]);
        for (key, token) in [("one", ours), ("local", ours), ("ASIALOCAL0000000000A", ours)] {
            assert_eq!(caller(&credentials, key, token), None, "{key}");
        }
        assert_eq!(caller(&credentials, "ASIALOCAL0000000000A", None), None);
        assert_eq!(caller(&credentials, "anybody", Some("local-session-theirs")), None);
        for (key, token) in [("local", None), ("local", Some("local")), ("one", None), ("", None)] {
            assert_eq!(caller(&credentials, key, token), Some(Caller::Operator), "{key}");
        }
        assert_eq!(credentials.variables("three"), []);
    }
}
