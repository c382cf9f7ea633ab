//! Erases the data of a deleted customer: its payment methods, attached and detached, the personal data of
//! its payments, and that of the stored events of all of them. Event ids are derived from the item and its
//! version.
//!
//! The customer's own item is erased first. It keeps its id, by which the rest is found, and a due time, so
//! that due work continues where a request ended. The index of payment methods lags behind the table, and one
//! may be attached during the deletion: due work looks again until a run finds nothing.

use std::{fmt::Display, future::Future};

use futures_util::stream::{self, StreamExt};
use tollgate_domain::{
    Customer, CustomerId, Dispute, Event, Payment, PaymentMethod, RequestRef, Tenant, event::ids_of_events,
};
use tollgate_store::{Cursor, Entity, ListQuery, Page};

use super::erasure_progress::{Swept, next_step};
use crate::{conflict_retry::replace_retrying, error::Error, worker::Worker};

/// Items on a page.
const PAGE_ITEMS: usize = 100;
/// Pages of each list that a request erases: more would take longer than a caller waits. Due work does the
/// rest.
const REQUEST_PAGES_MAX: usize = 1;
/// Pages of each list that one run of due work erases, so that a run ends before its function times out.
const RUN_PAGES_MAX: usize = 20;
/// Items that are erased concurrently.
const CONCURRENT_MAX: usize = 10;

/// What a run found in one list.
struct ListSwept {
    /// Items that were erased.
    erased: usize,
    /// Where the rest of the list begins, if the run did not reach its end.
    rest: Option<Cursor>,
}

impl Worker {
    /// The part of an erasure that a request does before it answers.
    pub(crate) async fn erase_within_request(
        &self,
        tenant: Tenant,
        tombstone: Customer,
        request: &RequestRef,
    ) -> Result<(), Error> {
        self.erase(tenant, tombstone, request, REQUEST_PAGES_MAX).await
    }

    /// Erases what the lists show of a deleted customer, up to `pages` of each, and records the progress.
    async fn erase(
        &self,
        tenant: Tenant,
        tombstone: Customer,
        request: &RequestRef,
        pages: usize,
    ) -> Result<(), Error> {
        self.erase_events::<Customer>(tenant, tombstone.id, tombstone.version).await?;
        let swept = self.erase_belongings(tenant, &tombstone, request, pages).await?;
        replace_retrying(self.writer(), tenant, tombstone.id, tombstone, |customer| async move {
            let Some(erasure) = customer.erasure else { return Ok(None) };
            let next = next_step(erasure, swept, self.now());
            Ok((next != Some(erasure)).then(|| customer.with_erasure(next, request)))
        })
        .await?;
        Ok(())
    }

    /// Due work: continues an erasure that is not finished.
    pub(crate) async fn resume_erasure(&self, tenant: Tenant, pk: &str) -> Result<(), Error> {
        let now = self.now();
        let customer: Option<Customer> = self.store.get_by_key(pk).await?;
        match customer {
            Some(customer) if customer.erasure.is_some_and(|erasure| erasure.look_again_at <= now) => {
                let request = self.new_request();
                self.erase(tenant, customer, &request, RUN_PAGES_MAX).await
            }
            _ => Ok(()),
        }
    }

    /// Erases the customer's payment methods, attached and detached, and the personal data of its payments.
    /// Erased payment methods leave their list. Payments stay in theirs, so a run continues where the one
    /// before ended.
    async fn erase_belongings(
        &self,
        tenant: Tenant,
        tombstone: &Customer,
        request: &RequestRef,
        pages: usize,
    ) -> Result<Swept, Error> {
        let customer = tombstone.id;
        let all = ListQuery::new(PAGE_ITEMS);
        let erase_method = |method| self.erase_payment_method(tenant, customer, method, request);
        let attached = all.clone().of_customer(tenant, customer);
        let attached = self.erase_listed(tenant, attached, pages, erase_method).await?;
        let detached = all.clone().detached_from(tenant, customer);
        let detached = self.erase_listed(tenant, detached, pages, erase_method).await?;
        let mut payments = all.of_customer(tenant, customer);
        payments.created_to = tombstone.erasure.and_then(|erasure| erasure.payments_to);
        let erase_payment = |payment| self.erase_payment(tenant, payment, request);
        let payments = self.erase_listed(tenant, payments, pages, erase_payment).await?;
        Ok(Swept {
            erased: attached.erased + detached.erased + payments.erased,
            whole: attached.rest.is_none() && detached.rest.is_none() && payments.rest.is_none(),
            payments_to: payments.rest.map(|rest| rest.created),
        })
    }

    /// Erases the items of a list, up to `pages` pages.
    async fn erase_listed<E: Entity, F: Future<Output = Result<bool, Error>>>(
        &self,
        tenant: Tenant,
        mut list: ListQuery,
        pages: usize,
        erase: impl Fn(E) -> F,
    ) -> Result<ListSwept, Error> {
        let mut erased = 0;
        for _ in 0..pages {
            let page: Page<E> = self.store().list(tenant, &list, None).await?;
            let mut outcomes = stream::iter(page.items).map(&erase).buffer_unordered(CONCURRENT_MAX);
            while let Some(is_erased) = outcomes.next().await {
                erased += usize::from(is_erased?);
            }
            list.after = page.next;
            if list.after.is_none() {
                break;
            }
        }
        Ok(ListSwept { erased, rest: list.after })
    }

    /// Erases the personal data of one payment and its events: `false` if the payment holds none.
    async fn erase_payment(
        &self,
        tenant: Tenant,
        payment: Payment,
        request: &RequestRef,
    ) -> Result<bool, Error> {
        if payment.disputed_minor.is_some() {
            self.erase_disputes(tenant, &payment, request).await?;
        }
        replace_retrying(self.writer(), tenant, payment.id, payment, |payment| async move {
            if payment.may_have_told_of_person() {
                self.erase_events::<Payment>(tenant, payment.id, payment.version).await?;
            }
            Ok(payment.erased(self.now(), request))
        })
        .await
    }

    /// Erases who the payer is from the evidence of a payment's disputes and their events.
    async fn erase_disputes(
        &self,
        tenant: Tenant,
        payment: &Payment,
        request: &RequestRef,
    ) -> Result<(), Error> {
        let disputes = ListQuery::new(PAGE_ITEMS).of_payment(tenant, payment.id);
        let page: Page<Dispute> = self.store().list(tenant, &disputes, None).await?;
        for dispute in page.items {
            replace_retrying(self.writer(), tenant, dispute.id, dispute, |dispute| async move {
                self.erase_events::<Dispute>(tenant, dispute.id, dispute.version).await?;
                Ok(dispute.erased(self.now(), request))
            })
            .await?;
        }
        Ok(())
    }

    /// Removes personal data from the stored events of an item, up to `version`. One call for every 25
    /// versions, and a put for each event.
    async fn erase_events<E: Entity>(
        &self,
        tenant: Tenant,
        id: impl Display,
        version: u64,
    ) -> Result<(), Error> {
        let key = format!("{tenant}{}#{id}", E::CODE);
        let ids: Vec<String> = ids_of_events(&key, version).map(|id| id.to_string()).collect();
        let events: Vec<Event> = self.store().get_many(tenant, &ids).await?;
        for erased in events.iter().filter_map(Event::erased) {
            self.writer().rewrite_event(tenant, &erased).await?;
        }
        Ok(())
    }

    /// Erases one payment method: `false` if it neither is nor was the customer's.
    async fn erase_payment_method(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        method: PaymentMethod,
        request: &RequestRef,
    ) -> Result<bool, Error> {
        replace_retrying(self.writer(), tenant, method.id, method, |method| async move {
            if method.customer != Some(customer) && method.detached_from != Some(customer) {
                return Ok(None);
            }
            // Before the payment method leaves the list by which a later run would find it.
            self.erase_events::<PaymentMethod>(tenant, method.id, method.version).await?;
            Ok(Some(method.erased(self.now(), request)))
        })
        .await
    }
}
