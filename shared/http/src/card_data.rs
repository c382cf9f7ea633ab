//! Removes card data from a request's body before it is fingerprinted.

use serde_json::{Value, json};
use tollgate_domain::card::last_four_digits;

/// Where a body has a card or an account.
#[derive(Clone, Copy, Debug)]
pub struct CardPlace {
    /// JSON pointer to the object; empty for the body itself.
    pub object: &'static str,
    /// The field with the card number or the IBAN.
    pub number: &'static str,
    /// The field with the security code.
    pub security_code: &'static str,
}

/// The body without security codes, and with only the last four characters of each number. Nothing else may be stored of
/// card data, not even in a fingerprint.
pub fn without_card_data(body: &Value, places: &[CardPlace]) -> Value {
    let mut body = body.clone();
    for place in places {
        let object = body.pointer_mut(place.object).and_then(Value::as_object_mut);
        let Some(fields) = object else { continue };
        fields.shift_remove(place.security_code);
        if let Some(number) = fields.get_mut(place.number) {
            *number = json!(last_four_digits(number.as_str().unwrap_or_default()));
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_four_digits_are_left() {
        let places = [
            CardPlace { object: "", number: "card_number", security_code: "cvv" },
            CardPlace { object: "/a/card", number: "number", security_code: "cvc" },
        ];
        let body = json!({"card_number": "4242424242424242", "cvv": "123", "b": 1,
            "a": {"card": {"number": "4000000000000002", "cvc": "1"}}});
        let left = json!({"card_number": "4242", "b": 1, "a": {"card": {"number": "0002"}}});
        assert_eq!(without_card_data(&body, &places), left);
        assert_eq!(without_card_data(&json!([1]), &places), json!([1]));
    }
}
