//! Webhook endpoints: create, retrieve, list, update, roll the secret, delete.

use serde_json::Value;
use tollgate_domain::{
    EndpointId, Fingerprint, FrontDoor, Metadata, Refusal, ReplaySnapshots, Resource, Tenant,
    WebhookEndpoint,
    endpoint::{ENDPOINTS_MAX, EndpointStatus, Secret},
    id,
};
use tollgate_store::{ListQuery, Page};
use tollgate_webhooks::{EndpointUrl, Lookup, SigningSecret, UrlRefusal, UrlRules};

use crate::{
    call::Call,
    error::Error,
    idempotency::{
        create::Draft,
        idempotent::{Idempotency, Idempotent},
        resource::IdempotentResource,
    },
    pagination::PageRequest,
};

/// How long a rolled secret still signs, in milliseconds, unless the merchant says otherwise: a day.
const OVERLAP_DEFAULT_MS: i64 = 24 * 60 * 60 * 1000;

/// An endpoint to create.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// The URL of deliveries.
    pub url: String,
    /// The API whose events and signature it gets.
    pub api: FrontDoor,
    /// The patterns of event types that it subscribes to.
    pub enabled_events: Vec<String>,
    /// The merchant's description.
    pub description: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// Whether loopback addresses are allowed, as in the local cloud.
    pub allow_loopback: bool,
}

/// An update of an endpoint. Absent fields stay as they are.
#[derive(Clone, Debug, Default)]
pub struct EndpointUpdate {
    /// The new URL.
    pub url: Option<String>,
    /// The new patterns.
    pub enabled_events: Option<Vec<String>>,
    /// The new description; `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// Metadata to merge.
    pub metadata: Option<Value>,
    /// Whether to disable or enable it.
    pub disabled: Option<bool>,
    /// Whether loopback addresses are allowed.
    pub allow_loopback: bool,
}

impl IdempotentResource for WebhookEndpoint {
    const RESOURCE: Resource = Resource::WebhookEndpoint;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    fn is_gone(&self) -> bool {
        self.deleted
    }
    /// Snapshots do not store secrets: a replayed answer shows the current one.
    fn revive(&self, answer: Self) -> Self {
        Self { secret: self.secret.clone(), ..answer }
    }
}

impl Call {
    /// Creates an endpoint with a new secret. A list while the caller is authenticated, then one conditional
    /// put.
    pub async fn create_endpoint(
        &self,
        new: NewEndpoint,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<WebhookEndpoint>, Error> {
        let tenant = self.tenant().await?;
        let id: EndpointId = self.id_for(tenant, "webhook_endpoints", idempotency);
        let draft = async {
            check_url(tenant, &new.url, new.allow_loopback).await?;
            let existing: Page<WebhookEndpoint> =
                self.store.list(tenant, &ListQuery::new(ENDPOINTS_MAX), None).await?;
            if existing.items.len() >= ENDPOINTS_MAX {
                return Err(Refusal::TooManyEndpoints.into());
            }
            Ok(Draft::New(WebhookEndpoint {
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
            }))
        };
        let created = self.create_idempotent(tenant, &id.to_string(), idempotency, draft).await?;
        // The answer contained the secret, which is erased, so it cannot be replayed.
        if created.value.deleted {
            Err(Refusal::NotFound(Resource::WebhookEndpoint).into())
        } else {
            Ok(created)
        }
    }

    /// Reads an endpoint. One round trip in a warm function.
    pub async fn retrieve_endpoint(&self, id: EndpointId) -> Result<WebhookEndpoint, Error> {
        let tenant = self.tenant().await?;
        let endpoint: Option<WebhookEndpoint> = self.store.get(tenant, &id.to_string()).await?;
        Ok(endpoint.filter(|e| !e.deleted).ok_or(Refusal::NotFound(Resource::WebhookEndpoint))?)
    }

    /// Lists endpoints, newest first.
    pub async fn list_endpoints(
        &self,
        page_request: PageRequest<id::EndpointKind>,
    ) -> Result<Page<WebhookEndpoint>, Error> {
        let tenant = self.tenant().await?;
        let query = self.query_of::<WebhookEndpoint, _>(tenant, page_request).await?;
        Ok(self.store.list(tenant, &query, None).await?)
    }

    /// Deletes an endpoint: nothing more is delivered to it. A read while the caller is authenticated, then
    /// one conditional put.
    pub async fn delete_endpoint(&self, id: EndpointId) -> Result<(), Error> {
        self.change(&id.to_string(), "delete", None, |current: &WebhookEndpoint| {
            Ok(current.erased(self.now, &self.request))
        })
        .await?;
        Ok(())
    }

    /// Updates an endpoint, as [`Call::change`] does. Enabling it resets its record of failures.
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

    /// Gives an endpoint a new secret. For `overlap_s` seconds, deliveries are signed with both.
    pub async fn roll_endpoint_secret(
        &self,
        id: EndpointId,
        overlap_s: Option<i64>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<WebhookEndpoint>, Error> {
        let secret = self.new_secret();
        let overlap_ms = overlap_s.map_or(OVERLAP_DEFAULT_MS, |seconds| seconds.saturating_mul(1000));
        let until = self.now.plus_ms(overlap_ms);
        self.change(&id.to_string(), "roll_secret", idempotency, |current: &WebhookEndpoint| {
            Ok(current.rolled(secret.clone(), until, self.now, &self.request))
        })
        .await
    }
}

/// Refuses a URL that deliveries may not go to, by its text and, in live mode, by what its name resolves to
/// right now.
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
    /// Applies the update.
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
