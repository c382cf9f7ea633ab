//! Webhook endpoints: create, retrieve, list, delete.

use tollgate_domain::{
    EndpointId, Fingerprint, FrontDoor, Metadata, WebhookEndpoint,
    endpoint::{EndpointStatus, MAX_ENDPOINTS, Secret},
};
use tollgate_store::{ListQuery, Page};
use tollgate_webhooks::{EndpointUrl, SigningSecret, UrlRules};

use crate::{
    call::{Call, Idempotency, Idempotent, Made},
    error::{Error, Refusal, Thing},
};

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

impl Idempotent for WebhookEndpoint {
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    fn into_first_answer(self) -> Self {
        self
    }
}

impl Call {
    /// Makes an endpoint with a secret of its own. A list while the caller is admitted, then one conditional put.
    pub async fn create_endpoint(
        &self,
        new: NewEndpoint,
        idempotency: Option<&Idempotency>,
    ) -> Result<Made<WebhookEndpoint>, Error> {
        let scope = self.tenant().await?;
        let id: EndpointId = self.id_for(scope, "webhook_endpoints", idempotency);
        let prepare = async {
            let rules = UrlRules {
                live: scope.mode.is_live(),
                allow_loopback: new.allow_loopback,
            };
            EndpointUrl::parse(&new.url, rules).map_err(|e| Refusal::UnsafeEndpoint(e.to_string()))?;
            let existing: Page<WebhookEndpoint> = self
                .store
                .list(scope, &ListQuery::new(MAX_ENDPOINTS), None)
                .await?;
            if existing.items.len() >= MAX_ENDPOINTS {
                return Err(Refusal::TooManyEndpoints.into());
            }
            let mut random = [0; 32];
            self.gateway.entropy.fill(&mut random);
            Ok(WebhookEndpoint {
                id,
                version: 1,
                request_id: self.request_id.clone(),
                url: new.url,
                api: new.api,
                enabled_events: new.enabled_events,
                description: new.description,
                metadata: new.metadata,
                status: EndpointStatus::Enabled,
                secret: Secret(SigningSecret::from_random(random).reveal().to_owned()),
                previous: None,
                failing_since: None,
                disabled_reason: None,
                deleted: false,
                created: self.now,
                fingerprint: idempotency.map(|i| i.fingerprint.clone()),
            })
        };
        let made = self
            .make_once(scope, &id.to_string(), idempotency, prepare)
            .await?;
        // What the create answered held the secret, which is gone: there is nothing left to replay.
        if made.thing.deleted {
            Err(Refusal::NotFound(Thing::WebhookEndpoint).into())
        } else {
            Ok(made)
        }
    }

    /// Reads an endpoint. One round trip in a warm function.
    pub async fn retrieve_endpoint(&self, id: EndpointId) -> Result<WebhookEndpoint, Error> {
        let scope = self.tenant().await?;
        let endpoint: Option<WebhookEndpoint> = self.store.get(scope, &id.to_string(), true).await?;
        Ok(endpoint
            .filter(|e| !e.deleted)
            .ok_or(Refusal::NotFound(Thing::WebhookEndpoint))?)
    }

    /// Lists endpoints, the newest first.
    pub async fn list_endpoints(
        &self,
        limit: usize,
        starting_after: Option<EndpointId>,
    ) -> Result<Page<WebhookEndpoint>, Error> {
        let scope = self.tenant().await?;
        let mut query = ListQuery::new(limit);
        query.after = self
            .cursor::<WebhookEndpoint>(scope, starting_after.map(|id| id.to_string()))
            .await?;
        Ok(self.store.list(scope, &query, None).await?)
    }

    /// Deletes an endpoint: nothing is delivered to it any more. A read while the caller is admitted, then one
    /// conditional put.
    pub async fn delete_endpoint(&self, id: EndpointId) -> Result<(), Error> {
        self.change_endpoint(id, |current| current.erased(&self.request_id))
            .await
            .map(|_| ())
    }
}
