//! When an erasure is finished: after a due run that found nothing.

use tollgate_domain::{Timestamp, customer::Erasure};

/// When due work looks again for data that is left, in milliseconds: longer than a request that attaches a
/// payment method runs, and longer than the index lags behind the table (nearly always less than a second).
pub(crate) const LOOK_AGAIN_MS: i64 = 60_000;

/// What a run found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Swept {
    /// Items that were erased.
    pub(super) erased: usize,
    /// Whether the run reached the end of each list.
    pub(super) whole: bool,
    /// The run looked at the payments created later than this; older ones are left.
    pub(super) payments_to: Option<Timestamp>,
}

/// The progress of an erasure after a run; `None` when it is finished, because a run that was due found
/// nothing.
pub(super) fn next_step(erasure: Erasure, swept: Swept, now: Timestamp) -> Option<Erasure> {
    if !swept.whole {
        return Some(Erasure {
            look_again_at: now,
            // The last pass over the lists must find nothing in any of its runs.
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
