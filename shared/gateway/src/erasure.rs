//! Erasing what belongs to a customer that was deleted: its payment methods, attached and detached, what its payments tell of a
//! person, and what the stored events of all of them do, whose ids follow from the thing and its version.
//!
//! The customer's own item is erased first and keeps its id, by which everything else is found, and a due time, so that due work
//! goes on where a request ended. The index that finds payment methods trails the table, and one may be attached in the very
//! moment of the deletion: due work looks again, until it finds nothing more.

use std::future::Future;

use futures_util::stream::{self, StreamExt};
use tollgate_domain::{
    Customer, CustomerId, Event, Payment, PaymentMethod, RequestRef, Tenant, Timestamp, customer::Erasure,
    event::ids_of_events,
};
use tollgate_store::{Cursor, DueItem, Entity, ListQuery, Page, Replaced};

use crate::{
    Worker,
    error::Error,
    idempotency::{TRIES_MAX, contended},
};

/// When due work looks again for what is left, in milliseconds: longer than a request that attaches a payment method runs and
/// than the index trails the table, which is less than a second nearly always.
pub(crate) const LOOK_AGAIN_MS: i64 = 60_000;
/// Things of one page.
const PAGE: usize = 100;
/// Pages of each list that a request erases: more would take longer than a caller waits. Due work goes on with what is left.
const REQUEST_PAGES: usize = 1;
/// Pages of each list that a run of due work erases.
const RUN_PAGES: usize = 20;
/// Things that are erased at the same time.
const AT_A_TIME: usize = 10;

/// What a run found in one list.
struct Part {
    /// Things that were erased.
    erased: usize,
    /// Where the rest of the list begins, if there is more than the run looked at.
    rest: Option<Cursor>,
}

/// What a run found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Swept {
    /// Things that were erased.
    erased: usize,
    /// Whether it saw the end of each list.
    whole: bool,
    /// Payments that were made later than this were looked at, where there are more of them.
    payments_to: Option<Timestamp>,
}

impl Worker {
    /// What a request does to erase a deleted customer.
    pub(crate) async fn go_on_erasing(
        &self,
        tenant: Tenant,
        tombstone: Customer,
        request: &RequestRef,
    ) -> Result<(), Error> {
        self.erase(tenant, tombstone, request, REQUEST_PAGES).await
    }

    /// Erases what is found of a deleted customer, and records how far that got.
    async fn erase(
        &self,
        tenant: Tenant,
        tombstone: Customer,
        request: &RequestRef,
        pages: usize,
    ) -> Result<(), Error> {
        self.erase_events::<Customer>(tenant, tombstone.id, tombstone.version).await?;
        let swept = self.erase_belongings(tenant, &tombstone, request, pages).await?;
        let mut customer = tombstone;
        for _ in 0..TRIES_MAX {
            let Some(erasure) = customer.erasure else {
                return Ok(());
            };
            let next = next_step(erasure, swept, self.now());
            if next == Some(erasure) {
                return Ok(());
            }
            let step = customer.with_erasure(next, request);
            match self.writer().replace(tenant, &step).await? {
                Replaced::Done | Replaced::Conflict(None) => return Ok(()),
                Replaced::Conflict(Some(now)) => customer = now,
            }
        }
        Err(contended(customer.id))
    }

    /// What due work does for a customer whose erasure is not finished.
    pub(crate) async fn look_after_erasure(&self, item: &DueItem, now: Timestamp) -> Result<(), Error> {
        let customer: Option<Customer> = self.store.get_by_key(&item.pk).await?;
        match customer {
            Some(customer) if customer.erasure.is_some_and(|erasure| erasure.look_again_at <= now) => {
                let request = self.new_request();
                self.erase(item.tenant, customer, &request, RUN_PAGES).await
            }
            _ => Ok(()),
        }
    }

    /// Erases the customer's payment methods, attached and detached, and what its payments tell of a person. Erased payment methods
    /// leave their list; payments stay in theirs, so a run goes on where the one before it ended.
    async fn erase_belongings(
        &self,
        tenant: Tenant,
        tombstone: &Customer,
        request: &RequestRef,
        pages: usize,
    ) -> Result<Swept, Error> {
        let customer = tombstone.id;
        let all = ListQuery::new(PAGE);
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

    /// Erases the things of a list, up to so many pages of it.
    async fn erase_listed<E: Entity, F: Future<Output = Result<bool, Error>>>(
        &self,
        tenant: Tenant,
        mut list: ListQuery,
        pages: usize,
        erase: impl Fn(E) -> F,
    ) -> Result<Part, Error> {
        let mut erased = 0;
        for _ in 0..pages {
            let page: Page<E> = self.store().list(tenant, &list, None).await?;
            let mut outcomes = stream::iter(page.items).map(&erase).buffer_unordered(AT_A_TIME);
            while let Some(is_erased) = outcomes.next().await {
                erased += usize::from(is_erased?);
            }
            list.after = page.next;
            if list.after.is_none() {
                break;
            }
        }
        Ok(Part { erased, rest: list.after })
    }

    /// Erases what one payment and its events tell of a person: `false` when the payment tells nothing.
    async fn erase_payment(
        &self,
        tenant: Tenant,
        mut payment: Payment,
        request: &RequestRef,
    ) -> Result<bool, Error> {
        for _ in 0..TRIES_MAX {
            if payment.may_have_told_of_person() {
                self.erase_events::<Payment>(tenant, payment.id, payment.version).await?;
            }
            let Some(erased) = payment.erased(self.now(), request) else {
                return Ok(false);
            };
            match self.writer().replace(tenant, &erased).await? {
                Replaced::Done => return Ok(true),
                Replaced::Conflict(None) => return Ok(false),
                Replaced::Conflict(Some(now)) => payment = now,
            }
        }
        Err(contended(payment.id))
    }

    /// Takes what is personal out of the stored events of a thing, up to a version of it. One call for every 25 versions, and a
    /// put for each event.
    async fn erase_events<E: Entity>(
        &self,
        tenant: Tenant,
        id: impl std::fmt::Display,
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

    /// Erases one payment method, if it still is the customer's or was: `false` when it is not.
    async fn erase_payment_method(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        mut method: PaymentMethod,
        request: &RequestRef,
    ) -> Result<bool, Error> {
        for _ in 0..TRIES_MAX {
            if method.customer != Some(customer) && method.detached_from != Some(customer) {
                return Ok(false);
            }
            // While it can still be found.
            self.erase_events::<PaymentMethod>(tenant, method.id, method.version).await?;
            match self.writer().replace(tenant, &method.erased(self.now(), request)).await? {
                Replaced::Done => return Ok(true),
                Replaced::Conflict(None) => return Ok(false),
                Replaced::Conflict(Some(now)) => method = now,
            }
        }
        Err(contended(method.id))
    }
}

/// Where an erasure stands after a run: finished when a look that was due found nothing at all.
fn next_step(erasure: Erasure, swept: Swept, now: Timestamp) -> Option<Erasure> {
    if !swept.whole {
        return Some(Erasure {
            look_again_at: now,
            // The look that ends it has to find nothing in all of its runs.
            complete: erasure.complete && swept.erased == 0,
            payments_to: swept.payments_to,
        });
    }
    let was_due = erasure.look_again_at <= now;
    if was_due && erasure.complete && swept.erased == 0 {
        return None;
    }
    Some(Erasure {
        look_again_at: if was_due || swept.erased > 0 {
            now.plus_ms(LOOK_AGAIN_MS)
        } else {
            erasure.look_again_at
        },
        complete: true,
        payments_to: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);

    #[test]
    fn an_erasure_ends_with_a_look_that_was_due_and_found_nothing() {
        let swept = |erased, whole| Swept { erased, whole, payments_to: None };
        let begun = Erasure { look_again_at: NOW.plus_ms(LOOK_AGAIN_MS), complete: false, payments_to: None };
        // Within the request: complete, and looked at again.
        let told = next_step(begun, swept(2, true), NOW).unwrap();
        assert!(told.complete && told.look_again_at == begun.look_again_at);
        // More than one run reaches: not complete, and due at once.
        let more = next_step(begun, swept(2000, false), NOW).unwrap();
        assert!(!more.complete && more.look_again_at == NOW);
        // Too early a look ends nothing, and one that finds something is not the last.
        assert_eq!(next_step(told, swept(0, true), NOW), Some(told));
        let due = told.look_again_at;
        assert_eq!(next_step(told, swept(1, true), due).unwrap().look_again_at, due.plus_ms(LOOK_AGAIN_MS));
        assert_eq!(next_step(told, swept(0, true), due), None);
    }

    #[test]
    fn what_is_more_than_one_run_reaches_is_gone_on_with_and_looked_at_again() {
        let part =
            |erased, to_s: i64| Swept { erased, whole: false, payments_to: Some(Timestamp::from_s(to_s)) };
        let end = |erased| Swept { erased, whole: true, payments_to: None };
        let begun = Erasure { look_again_at: NOW.plus_ms(LOOK_AGAIN_MS), complete: false, payments_to: None };
        let first = next_step(begun, part(100, 9), NOW).unwrap();
        assert_eq!((first.payments_to, first.look_again_at), (Some(Timestamp::from_s(9)), NOW));
        let second = next_step(first, part(2000, 5), NOW).unwrap();
        assert_eq!(second.payments_to, Some(Timestamp::from_s(5)));
        // At the end of the list it begins at the top once more.
        let told = next_step(second, end(7), NOW).unwrap();
        assert!(told.complete && told.payments_to.is_none());
        // Only a look that finds nothing in any of its runs is the last.
        let due = told.look_again_at;
        let late = next_step(told, part(1, 9), due).unwrap();
        assert!(next_step(late, end(0), due).is_some());
        let none = next_step(told, part(0, 9), due).unwrap();
        assert_eq!(next_step(none, end(0), due), None);
    }
}
