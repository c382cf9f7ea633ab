//! Webhook endpoints: create, retrieve, list, change, give another secret, delete.

use serde_json::Value;
use tollgate_domain::{
    EndpointId, FrontDoor, Metadata, Refusal, ReplaySnapshots, Resource, Tenant, WebhookEndpoint,
    endpoint::{ENDPOINTS_MAX, EndpointStatus, Secret},
    id,
};
use tollgate_store::{ListQuery, Page};
use tollgate_webhooks::{EndpointUrl, Lookup, SigningSecret, UrlRefusal, UrlRules};

use crate::{
    call::Call,
    error::Error,
    idempotency::{Idempotency, Idempotent},
    page_request::PageRequest,
};

/// How long a rolled secret still signs, in milliseconds, unless the merchant says otherwise: a day.
const OVERLAP_MS: i64 = 24 * 60 * 60 * 1000;

/// An endpoint to be made.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Where deliveries go.
    pub url: String,
    /// The API whose events and signature it wants.
    pub api: FrontDoor,
    /// Which events.
    pub enabled_events: Vec<String>,
    /// The merchant's description.
    pub description: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// Whether deliveries may go to this very machine, as the local cloud allows.
    pub allow_loopback: bool,
}

/// What to change about an endpoint. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EndpointUpdate {
    /// Another address.
    pub url: Option<String>,
    /// Other events.
    pub enabled_events: Option<Vec<String>>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// Metadata to merge.
    pub metadata: Option<Value>,
    /// Switched off, or on again.
    pub disabled: Option<bool>,
    /// Whether deliveries may go to this very machine.
    pub allow_loopback: bool,
}

impl Call {
    /// Makes an endpoint with a secret of its own. A list while the caller is admitted, then one conditional put.
    pub async fn create_endpoint(
        &self,
        new: NewEndpoint,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<WebhookEndpoint>, Error> {
        let tenant = self.tenant().await?;
        let id: EndpointId = self.id_for(tenant, "webhook_endpoints", idempotency);
        let prepare = async {
            check_url(tenant, &new.url, new.allow_loopback).await?;
            let existing: Page<WebhookEndpoint> =
                self.store.list(tenant, &ListQuery::new(ENDPOINTS_MAX), None).await?;
            if existing.items.len() >= ENDPOINTS_MAX {
                return Err(Refusal::TooManyEndpoints.into());
            }
            Ok(WebhookEndpoint {
                id,
                version: 1,
                request: self.request.clone(),
                url: new.url,
                api: new.api,
                enabled_events: new.enabled_events,
                description: new.description,
                metadata: new.metadata,
                status: EndpointStatus::Enabled,
                secret: self.new_secret(),
                previous: None,
                failing_since: None,
                pause: None,
                disabled_reason: None,
                deleted: false,
                created: self.now,
                updated: Some(self.now),
                replay: ReplaySnapshots::default(),
                fingerprint: idempotency.map(|i| i.fingerprint.clone()),
            })
        };
        let made = self.create_idempotent(tenant, &id.to_string(), idempotency, prepare).await?;
        // What the create answered held the secret, which is gone: there is nothing left to replay.
        if made.value.deleted { Err(Refusal::NotFound(Resource::WebhookEndpoint).into()) } else { Ok(made) }
    }

    /// Reads an endpoint. One round trip in a warm function.
    pub async fn retrieve_endpoint(&self, id: EndpointId) -> Result<WebhookEndpoint, Error> {
        let tenant = self.tenant().await?;
        let endpoint: Option<WebhookEndpoint> = self.store.get(tenant, &id.to_string()).await?;
        Ok(endpoint.filter(|e| !e.deleted).ok_or(Refusal::NotFound(Resource::WebhookEndpoint))?)
    }

    /// Lists endpoints, the newest first.
    pub async fn list_endpoints(
        &self,
        page_request: PageRequest<id::EndpointKind>,
    ) -> Result<Page<WebhookEndpoint>, Error> {
        let tenant = self.tenant().await?;
        let query = self.query_of::<WebhookEndpoint, _>(tenant, page_request).await?;
        Ok(self.store.list(tenant, &query, None).await?)
    }

    /// Deletes an endpoint: nothing is delivered to it any more. A read while the caller is admitted, then one
    /// conditional put.
    pub async fn delete_endpoint(&self, id: EndpointId) -> Result<(), Error> {
        self.change(&id.to_string(), "delete", None, |current: &WebhookEndpoint| {
            Ok(current.erased(self.now, &self.request))
        })
        .await?;
        Ok(())
    }

    /// Changes an endpoint, as [`Call::change`] does. Switching it on again forgets that it failed.
    pub async fn update_endpoint(
        &self,
        id: EndpointId,
        update: &EndpointUpdate,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<WebhookEndpoint>, Error> {
        if let Some(url) = &update.url {
            check_url(self.tenant().await?, url, update.allow_loopback).await?;
        }
        self.change(&id.to_string(), "update", idempotency, |current: &WebhookEndpoint| {
            let metadata = current.metadata.updated(update.metadata.as_ref());
            let metadata = metadata.map_err(Refusal::from)?;
            Ok(current.changed(self.now, &self.request, |next| update.over(next, metadata)))
        })
        .await
    }

    fn new_secret(&self) -> Secret {
        let secret = SigningSecret::from_random(self.gateway.random_bytes());
        Secret(secret.reveal().to_owned())
    }

    /// Gives an endpoint another secret; for a while both sign.
    pub async fn roll_endpoint_secret(
        &self,
        id: EndpointId,
        overlap_s: Option<i64>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<WebhookEndpoint>, Error> {
        let secret = self.new_secret();
        let overlap_ms = overlap_s.map_or(OVERLAP_MS, |seconds| seconds.saturating_mul(1000));
        let until = self.now.plus_ms(overlap_ms);
        self.change(&id.to_string(), "roll_secret", idempotency, |current: &WebhookEndpoint| {
            Ok(current.rolled(secret.clone(), until, self.now, &self.request))
        })
        .await
    }
}

/// Refuses a URL that deliveries may not go to, by its text and, in live mode, by what its name resolves to right now.
async fn check_url(tenant: Tenant, url: &str, allow_loopback: bool) -> Result<(), Error> {
    let live = tenant.mode.is_live();
    let unsafe_endpoint = |why: UrlRefusal| Refusal::UnsafeEndpoint(why.to_string());
    let rules = UrlRules { live, allow_loopback };
    let url = EndpointUrl::parse(url, rules).map_err(unsafe_endpoint)?;
    if live {
        Lookup::system().check(&url).await.map_err(unsafe_endpoint)?;
    }
    Ok(())
}

impl EndpointUpdate {
    fn over(&self, next: &mut WebhookEndpoint, metadata: Metadata) {
        next.metadata = metadata;
        if let Some(url) = &self.url {
            next.url.clone_from(url);
        }
        if let Some(events) = &self.enabled_events {
            next.enabled_events.clone_from(events);
        }
        if let Some(description) = &self.description {
            next.description.clone_from(description);
        }
        if let Some(disabled) = self.disabled {
            next.status = if disabled { EndpointStatus::Disabled } else { EndpointStatus::Enabled };
            next.disabled_reason = disabled.then(|| "by its merchant".to_owned());
            next.failing_since = None;
            next.pause = None;
        }
    }
}
