//! The session token of this local cloud's functions.

use axum::{
    Router,
    extract::Request,
    http::HeaderMap,
    middleware::{self, Next},
    response::Response,
};

use crate::aws_json;

/// Begins the session token of every local cloud's functions; the rest belongs to one cloud.
const PREFIX: &str = "local-session-";

/// A session token: the functions of another local cloud have another.
#[derive(Clone, Debug)]
pub(crate) struct Session(String);

impl Session {
    pub(crate) fn new() -> Self {
        Self(format!("{PREFIX}{}", uuid::Uuid::new_v4()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Refuses calls of another local cloud's functions: they outlive their cloud for a moment, and one of its ports may be
    /// taken again.
    pub(crate) fn guard(&self, routes: Router) -> Router {
        let session = self.0.clone();
        let check = move |headers: HeaderMap, request: Request, next: Next| {
            let token = headers.get("x-amz-security-token").and_then(|t| t.to_str().ok());
            let is_of_another = token.is_some_and(|token| token.starts_with(PREFIX) && token != session);
            async move { if is_of_another { unrecognized() } else { next.run(request).await } }
        };
        routes.layer(middleware::from_fn(check))
    }
}

fn unrecognized() -> Response {
    aws_json::error(
        "UnrecognizedClientException",
        "The security token included in the request is of another local cloud.",
    )
}

#[cfg(test)]
mod tests {
    use axum::routing::post;

    use super::*;

    #[tokio::test]
    async fn functions_of_another_cloud_are_strangers() {
        let routes = Router::new().route("/", post(|| async { "called" }));
        let routes = Session("local-session-ours".to_owned()).guard(routes);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        for (token, status) in [("local-session-ours", 200), ("local-session-theirs", 400), ("local", 200)] {
            let call = reqwest::Client::new().post(&url).header("x-amz-security-token", token);
            assert_eq!(call.send().await.unwrap().status(), status, "{token}");
        }
    }
}
