//! What a merchant may say about a payment beyond what is charged. Most payments have none of it.

use serde::{Deserialize, Serialize};

use crate::contact::{Billing, Shipping};

/// What a merchant said about a payment beyond what is charged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Where the goods are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Shipping>,
    /// The billing details of the payment method, copied when it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
    /// E-mail address for the receipt of a payment that is no intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_email: Option<String>,
    /// The text on the payer's statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_descriptor: Option<String>,
    /// What follows the merchant's text on the statement of a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_descriptor_suffix: Option<String>,
    /// `on_session` or `off_session`: the payment method is attached to the customer once it was charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup_future_usage: Option<String>,
    /// Whether the gateway chose the types of payment method, and whether they may redirect: `always` or
    /// `never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_methods: Option<String>,
    /// The types of payment method that the merchant excluded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_types: Vec<String>,
    /// When 3-D Secure is asked for, in the merchant's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_three_d_secure: Option<String>,
    /// Whether the merchant wrote `automatic_async` for `automatic`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub async_capture: bool,
    /// Whether the merchant holds the payment for a fraud: `fraudulent` or `safe`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_report: Option<String>,
    /// How the payer accepted the mandate of a debit, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate_acceptance: Option<String>,
}

/// Changes of [`Details`]. `None` leaves a field as it is; `Some(None)` clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetailsUpdate {
    /// See [`Details::shipping`].
    pub shipping: Option<Option<Shipping>>,
    /// See [`Details::statement_descriptor`].
    pub statement_descriptor: Option<Option<String>>,
    /// See [`Details::statement_descriptor_suffix`].
    pub statement_descriptor_suffix: Option<Option<String>>,
    /// See [`Details::setup_future_usage`].
    pub setup_future_usage: Option<Option<String>>,
    /// See [`Details::automatic_methods`].
    pub automatic_methods: Option<Option<String>>,
    /// See [`Details::excluded_types`].
    pub excluded_types: Option<Vec<String>>,
    /// See [`Details::request_three_d_secure`].
    pub request_three_d_secure: Option<Option<String>>,
    /// See [`Details::async_capture`].
    pub async_capture: Option<bool>,
    /// See [`Details::user_report`].
    pub user_report: Option<Option<String>>,
    /// See [`Details::mandate_acceptance`].
    pub mandate_acceptance: Option<Option<String>>,
}

impl Details {
    /// The details after an update. What was never said takes no place.
    pub fn updated(current: Option<&Self>, update: DetailsUpdate) -> Option<Box<Self>> {
        if update == DetailsUpdate::default() {
            return current.cloned().map(Box::new);
        }
        let mut next = current.cloned().unwrap_or_default();
        let set = |change: Option<Option<String>>, field: &mut Option<String>| {
            if let Some(value) = change {
                *field = value;
            }
        };
        set(update.statement_descriptor, &mut next.statement_descriptor);
        set(update.statement_descriptor_suffix, &mut next.statement_descriptor_suffix);
        set(update.setup_future_usage, &mut next.setup_future_usage);
        set(update.automatic_methods, &mut next.automatic_methods);
        set(update.request_three_d_secure, &mut next.request_three_d_secure);
        set(update.user_report, &mut next.user_report);
        set(update.mandate_acceptance, &mut next.mandate_acceptance);
        if let Some(shipping) = update.shipping {
            next.shipping = shipping;
        }
        if let Some(types) = update.excluded_types {
            next.excluded_types = types;
        }
        if let Some(async_capture) = update.async_capture {
            next.async_capture = async_capture;
        }
        (current.is_some() || next != Self::default()).then(|| Box::new(next))
    }

    /// Whether a person is named.
    pub(super) const fn names_person(&self) -> bool {
        self.shipping.is_some()
            || self.billing.is_some()
            || self.receipt_email.is_some()
            || self.mandate_acceptance.is_some()
    }

    /// Erases what names a person.
    pub(super) fn erase_person(&mut self) {
        self.shipping = None;
        self.billing = None;
        self.receipt_email = None;
        self.mandate_acceptance = None;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn details_that_were_never_given_take_no_place() {
        assert_eq!(Details::updated(None, DetailsUpdate::default()), None);
        let cleared = DetailsUpdate { shipping: Some(None), ..DetailsUpdate::default() };
        assert_eq!(Details::updated(None, cleared), None);
    }

    #[test]
    fn an_update_keeps_sets_and_clears() {
        let first = DetailsUpdate {
            shipping: Some(Some(Shipping::default())),
            statement_descriptor: Some(Some("SHOP".into())),
            ..DetailsUpdate::default()
        };
        let first = Details::updated(None, first).unwrap();
        assert!(first.names_person());
        let second = DetailsUpdate { shipping: Some(None), ..DetailsUpdate::default() };
        let second = Details::updated(Some(&first), second).unwrap();
        assert_eq!((second.shipping, second.statement_descriptor), (None, Some("SHOP".to_owned())));
    }
}
