//! Test events: about a payment that was never made.

use tollgate_domain::{
    Currency, EndpointId, Event, EventId, EventKind, Metadata, Money, Payment, Subject,
    payment::{NewPayment, Outcome},
};
use tollgate_processors::sandbox;
use tollgate_store::{Put, Queue};

use super::redelivery::Redeliver;
use crate::{
    call::Call,
    error::Error,
    idempotency::idempotent::{Idempotency, Idempotent},
};

impl Call {
    /// Sends an endpoint an event about a payment that was never made.
    pub async fn test_endpoint(
        &self,
        id: EndpointId,
        queue: &Queue,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Event>, Error> {
        let tenant = self.tenant().await?;
        let endpoint = self.retrieve_endpoint(id).await?;
        let route = format!("webhook_endpoints/{id}/test");
        let event = self.test_event(self.id_for(tenant, &route, idempotency))?;
        let work = async {
            // An earlier attempt of the request may have created it.
            let writer = self.admitted().await?.writer();
            let (Put::Created | Put::Exists(_)) = writer.create(tenant, &event).await?;
            let wanted = std::iter::once((&event, &endpoint));
            self.redeliver(tenant, wanted, Redeliver::IfUndelivered, queue).await?;
            Ok(())
        };
        let Idempotent { replayed, .. } = Box::pin(self.run_idempotent(&route, idempotency, work)).await?;
        let event = if replayed { self.find_event(event.id).await? } else { event };
        Ok(Idempotent { value: event, replayed })
    }

    fn test_event(&self, id: EventId) -> Result<Event, Error> {
        let card = sandbox::card_token("pm_card_visa");
        let card = card.ok_or_else(|| Error::Internal("the sandbox lost its card".into()))?;
        let euro = Currency::from_code("EUR");
        let currency = euro.ok_or_else(|| Error::Internal("there is no euro".into()))?;
        let payment = NewPayment {
            id: self.gateway.new_id(),
            front_door: self.front_door,
            request: self.request.clone(),
            amount: Money { minor: 1000, currency },
            source: Some(card.source),
            instrument: Some(card.instrument),
            customer: None,
            description: Some("A test event: no payment was made".to_owned()),
            metadata: Metadata::default(),
            fingerprint: None,
        };
        Ok(Event {
            id,
            kind: EventKind::PaymentSucceeded,
            created: self.now,
            request: self.request.clone(),
            subject: Subject::Payment(Box::new(Payment::create(payment, Outcome::Approved, self.now))),
            previous: None,
        })
    }
}
