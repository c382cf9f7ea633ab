//! Erasing what belongs to a customer that was deleted: its payment methods, attached and detached, what its payments tell of a
//! person, and what the stored events of all of them do, whose ids follow from the thing and its version.
//!
//! The customer's own item is erased first and keeps its id, by which everything else is found, and a due time, so that due work
//! goes on where a request ended. The index that finds payment methods trails the table, and one may be attached in the very
//! moment of the deletion: due work looks again, until it finds nothing more.

use futures_util::stream::{self, StreamExt};
use tollgate_domain::{
    Cause, Customer, CustomerId, Event, Payment, PaymentMethod, Scope, Source, Timestamp, customer::Erasure,
    event::ids_of_events,
};
use tollgate_store::{DueItem, Entity, ListQuery, Page, Replaced};

use crate::{
    Worker,
    error::Error,
    once::{MAX_TRIES, contended},
};

/// When due work looks again for what is left, in milliseconds: longer than a request that attaches a payment method runs and
/// than the index trails the table, which is less than a second nearly always.
pub(crate) const LOOK_AGAIN_MS: i64 = 60_000;
/// Payment methods of one page.
const PAGE: usize = 100;
/// Pages of each list that a request erases: more would take longer than a caller waits. Due work goes on with what is left.
const REQUEST_PAGES: usize = 1;
/// Pages of each list that a run of due work erases.
const RUN_PAGES: usize = 20;
/// Payment methods that are erased at the same time.
const AT_A_TIME: usize = 10;

impl Swept {
    fn and(self, other: Self) -> Self {
        Self {
            erased: self.erased + other.erased,
            whole: self.whole && other.whole,
        }
    }
}

/// What a run found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Swept {
    /// Payment methods that were erased.
    erased: usize,
    /// Whether it saw the end of the list.
    whole: bool,
}

impl Worker {
    /// What a request does to erase a deleted customer.
    pub(crate) async fn go_on_erasing(
        &self,
        scope: Scope,
        tombstone: Customer,
        cause: &Cause,
    ) -> Result<(), Error> {
        self.erase(scope, tombstone, cause, REQUEST_PAGES).await
    }

    /// Erases what is found of a deleted customer, and records how far that got.
    async fn erase(
        &self,
        scope: Scope,
        tombstone: Customer,
        cause: &Cause,
        pages: usize,
    ) -> Result<(), Error> {
        self.erase_events::<Customer>(scope, tombstone.id, tombstone.version)
            .await?;
        let methods = self
            .erase_payment_methods(scope, tombstone.id, cause, pages)
            .await?;
        let swept = methods.and(self.erase_payments(scope, tombstone.id, cause, pages).await?);
        let mut customer = tombstone;
        for _ in 0..MAX_TRIES {
            let Some(erasure) = customer.erasure else {
                return Ok(());
            };
            let next = next_step(erasure, swept, self.now());
            if next == Some(erasure) {
                return Ok(());
            }
            let step = customer.with_erasure(next, cause);
            match self.writer().replace(scope, &step).await? {
                Replaced::Done | Replaced::Conflict(None) => return Ok(()),
                Replaced::Conflict(Some(now)) => customer = now,
            }
        }
        Err(contended(customer.id))
    }

    /// What due work does for a customer whose erasure is not finished.
    pub(crate) async fn look_after_erasure(&self, item: &DueItem, now: Timestamp) -> Result<(), Error> {
        let customer: Option<Customer> = self.store.get_by_key(&item.pk, true).await?;
        match customer {
            Some(customer)
                if customer
                    .erasure
                    .is_some_and(|erasure| erasure.look_again_at <= now) =>
            {
                let cause = self.new_cause();
                self.erase(item.scope, customer, &cause, RUN_PAGES).await
            }
            _ => Ok(()),
        }
    }

    async fn erase_payment_methods(
        &self,
        scope: Scope,
        customer: CustomerId,
        cause: &Cause,
        pages: usize,
    ) -> Result<Swept, Error> {
        let mut swept = Swept {
            erased: 0,
            whole: true,
        };
        let lists = [
            ListQuery::new(PAGE).of_customer(scope, customer),
            ListQuery::new(PAGE).detached_from(scope, customer),
        ];
        for mut list in lists {
            for page in 0.. {
                if page == pages {
                    swept.whole = false;
                    break;
                }
                let methods: Page<PaymentMethod> = self.store.list(scope, &list, None).await?;
                let mut erased = stream::iter(methods.items)
                    .map(|method| self.erase_payment_method(scope, customer, method, cause))
                    .buffer_unordered(AT_A_TIME);
                while let Some(erased) = erased.next().await {
                    swept.erased += usize::from(erased?);
                }
                match methods.next {
                    Some(next) => list.after = Some(next),
                    None => break,
                }
            }
        }
        Ok(swept)
    }

    /// Erases what the customer's payments tell of a person.
    async fn erase_payments(
        &self,
        scope: Scope,
        customer: CustomerId,
        cause: &Cause,
        pages: usize,
    ) -> Result<Swept, Error> {
        let mut swept = Swept {
            erased: 0,
            whole: true,
        };
        let mut list = ListQuery::new(PAGE).of_customer(scope, customer);
        for page in 0.. {
            if page == pages {
                swept.whole = false;
                break;
            }
            let payments: Page<Payment> = self.store().list(scope, &list, None).await?;
            let mut erased = stream::iter(payments.items)
                .map(|payment| self.erase_payment(scope, payment, cause))
                .buffer_unordered(AT_A_TIME);
            while let Some(erased) = erased.next().await {
                swept.erased += usize::from(erased?);
            }
            match payments.next {
                Some(next) => list.after = Some(next),
                None => break,
            }
        }
        Ok(swept)
    }

    /// Erases what one payment and its events tell of a person: `false` when the payment tells nothing.
    async fn erase_payment(&self, scope: Scope, mut payment: Payment, cause: &Cause) -> Result<bool, Error> {
        // No other event of a payment has ever shown anything of a person.
        let is_told = payment.intent.is_some() || matches!(payment.source, Some(Source::BankTransfer(_)));
        for _ in 0..MAX_TRIES {
            if is_told {
                self.erase_events::<Payment>(scope, payment.id, payment.version)
                    .await?;
            }
            let Some(erased) = payment.erased(self.now(), cause) else {
                return Ok(false);
            };
            match self.writer().replace(scope, &erased).await? {
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
        scope: Scope,
        id: impl std::fmt::Display,
        version: u64,
    ) -> Result<(), Error> {
        let key = format!("{scope}{}#{id}", E::CODE);
        let ids: Vec<String> = ids_of_events(&key, version).map(|id| id.to_string()).collect();
        let events: Vec<Event> = self.store().get_many(scope, &ids).await?;
        for erased in events.iter().filter_map(Event::erased) {
            self.writer().rewrite_event(scope, &erased).await?;
        }
        Ok(())
    }

    /// Erases one payment method, if it still is the customer's or was: `false` when it is not.
    async fn erase_payment_method(
        &self,
        scope: Scope,
        customer: CustomerId,
        mut method: PaymentMethod,
        cause: &Cause,
    ) -> Result<bool, Error> {
        for _ in 0..MAX_TRIES {
            if method.customer != Some(customer) && method.detached_from != Some(customer) {
                return Ok(false);
            }
            // While it can still be found.
            self.erase_events::<PaymentMethod>(scope, method.id, method.version)
                .await?;
            match self
                .writer()
                .replace(scope, &method.erased(self.now(), cause))
                .await?
            {
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
        let look_again_at = now;
        return Some(Erasure {
            look_again_at,
            ..erasure
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);

    #[test]
    fn an_erasure_ends_with_a_look_that_was_due_and_found_nothing() {
        let swept = |erased, whole| Swept { erased, whole };
        let begun = Erasure {
            look_again_at: NOW.plus_ms(LOOK_AGAIN_MS),
            complete: false,
        };
        // Within the request: complete, and looked at again.
        let told = next_step(begun, swept(2, true), NOW).unwrap();
        assert!(told.complete && told.look_again_at == begun.look_again_at);
        // More than one run reaches: not complete, and due at once.
        let more = next_step(begun, swept(2000, false), NOW).unwrap();
        assert!(!more.complete && more.look_again_at == NOW);
        // Too early a look ends nothing, and one that finds something is not the last.
        assert_eq!(next_step(told, swept(0, true), NOW), Some(told));
        let due = told.look_again_at;
        assert_eq!(
            next_step(told, swept(1, true), due).unwrap().look_again_at,
            due.plus_ms(LOOK_AGAIN_MS)
        );
        assert_eq!(next_step(told, swept(0, true), due), None);
    }
}
