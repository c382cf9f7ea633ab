//! A queue's order, in memory: which message is next, and which are hidden until when.
//!
//! `SQLite` holds the messages, this only their numbers: a receive scans nothing, however long the backlog is.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// A queue's messages by number.
#[derive(Default)]
pub(super) struct Order {
    groups: HashMap<String, Group>,
    /// Hidden messages, delayed or in flight, by the time when they become visible.
    hidden: BTreeSet<(u64, i64)>,
    places: BTreeMap<i64, Place>,
    turn: u64,
}

struct Place {
    group: String,
    /// When it becomes visible, if it is hidden.
    hidden_until_ms: Option<u64>,
    in_flight: bool,
}

#[derive(Default)]
struct Group {
    ready: VecDeque<i64>,
    in_flight: usize,
    served_at_turn: u64,
}

impl Order {
    pub(super) fn add(&mut self, number: i64, group: &str, visible_at_ms: u64, in_flight: bool, now_ms: u64) {
        let hidden = visible_at_ms > now_ms;
        self.places.insert(
            number,
            Place {
                group: group.to_owned(),
                hidden_until_ms: hidden.then_some(visible_at_ms),
                in_flight: hidden && in_flight,
            },
        );
        let entry = self.groups.entry(group.to_owned()).or_default();
        if hidden {
            entry.in_flight += usize::from(in_flight);
            self.hidden.insert((visible_at_ms, number));
        } else {
            entry.ready.push_back(number);
        }
    }

    /// Makes messages visible whose time has come.
    pub(super) fn wake(&mut self, now_ms: u64) {
        while let Some((at, number)) = self.hidden.first().copied().filter(|(at, _)| *at <= now_ms) {
            self.hidden.remove(&(at, number));
            let Some(place) = self.places.get_mut(&number) else {
                continue;
            };
            place.hidden_until_ms = None;
            let was_in_flight = std::mem::take(&mut place.in_flight);
            let group = self.groups.entry(place.group.clone()).or_default();
            group.in_flight -= usize::from(was_in_flight);
            group.ready.push_back(number);
        }
    }

    /// Takes the next message and hides it. It is of the group with the fewest in flight; among equals, of the one served
    /// longest ago.
    pub(super) fn take(&mut self, hide_until_ms: u64) -> Option<i64> {
        self.turn += 1;
        let group = self
            .groups
            .values_mut()
            .filter(|group| !group.ready.is_empty())
            .min_by_key(|group| (group.in_flight, group.served_at_turn))?;
        let number = group.ready.pop_front()?;
        group.in_flight += 1;
        group.served_at_turn = self.turn;
        if let Some(place) = self.places.get_mut(&number) {
            place.hidden_until_ms = Some(hide_until_ms);
            place.in_flight = true;
        }
        self.hidden.insert((hide_until_ms, number));
        Some(number)
    }

    /// Changes when a message in flight becomes visible. False if it is not in flight.
    pub(super) fn rehide(&mut self, number: i64, until_ms: u64) -> bool {
        let Some(place) = self.places.get_mut(&number).filter(|place| place.in_flight) else {
            return false;
        };
        if let Some(before) = place.hidden_until_ms.replace(until_ms) {
            self.hidden.remove(&(before, number));
        }
        self.hidden.insert((until_ms, number));
        true
    }

    pub(super) fn remove(&mut self, number: i64) {
        let Some(place) = self.places.remove(&number) else {
            return;
        };
        let Some(group) = self.groups.get_mut(&place.group) else {
            return;
        };
        match place.hidden_until_ms {
            Some(at) => {
                self.hidden.remove(&(at, number));
                group.in_flight -= usize::from(place.in_flight);
            }
            None => group.ready.retain(|other| *other != number),
        }
        if group.ready.is_empty() && group.in_flight == 0 {
            self.groups.remove(&place.group);
        }
    }

    /// When the next hidden message becomes visible.
    pub(super) fn next_wake_ms(&self) -> Option<u64> {
        self.hidden.first().map(|(at, _)| *at)
    }

    /// The numbers of ready, in-flight and delayed messages.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let in_flight = self.places.values().filter(|place| place.in_flight).count();
        let hidden = self.hidden.len();
        (self.places.len() - hidden, in_flight, hidden - in_flight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_groups_backlog_does_not_hold_the_others_up() {
        let mut order = Order::default();
        for number in 0..100 {
            order.add(number, "busy", 0, false, 0);
        }
        order.add(100, "quiet", 0, false, 0);
        order.add(101, "other", 0, false, 0);
        let first: Vec<_> = (0..4).filter_map(|_| order.take(10)).collect();
        assert!(first.contains(&100) && first.contains(&101), "{first:?}");
    }

    #[test]
    fn what_is_not_deleted_comes_back_in_time() {
        let mut order = Order::default();
        order.add(1, "", 5, false, 0);
        assert_eq!((order.take(100), order.next_wake_ms()), (None, Some(5)));
        order.wake(5);
        assert_eq!(order.take(100), Some(1));
        assert_eq!(order.counts(), (0, 1, 0));
        assert!(order.rehide(1, 50));
        order.wake(49);
        assert_eq!(order.take(100), None);
        order.wake(50);
        assert_eq!(order.take(200), Some(1));
        order.remove(1);
        order.wake(1000);
        assert_eq!((order.take(2000), order.counts()), (None, (0, 0, 0)));
    }
}
