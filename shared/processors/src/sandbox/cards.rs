//! The sandbox's test cards, their names, and their descriptions for documentation.

use tollgate_domain::{Decline, source::Brand};

use super::behavior::Behavior::{
    self, ChallengeThenDeclines, ChallengeThenSucceeds, ChallengeUnlessSetUp, Declines, RefundFailsLater,
    RefundSucceedsLater, Succeeds, SucceedsAndIsAvailable, SucceedsThenDisputed,
};
use super::disputes::DisputeScript;

/// The sandbox's test cards.
pub(super) const CARDS: &[(&str, Brand, Behavior)] = &[
    ("4242424242424242", Brand::Visa, Succeeds),
    ("4111111111111111", Brand::Visa, Succeeds),
    ("5555555555554444", Brand::Mastercard, Succeeds),
    ("5123450000000008", Brand::Mastercard, Succeeds),
    ("378282246310005", Brand::Amex, Succeeds),
    ("340000000000009", Brand::Amex, Succeeds),
    ("4000000000000002", Brand::Visa, Declines(Decline::CardDeclined)),
    ("4111111111111112", Brand::Visa, Declines(Decline::CardDeclined)),
    ("4000000000009995", Brand::Visa, Declines(Decline::InsufficientFunds)),
    ("4000000000000069", Brand::Visa, Declines(Decline::ExpiredCard)),
    ("4000000000000127", Brand::Visa, Declines(Decline::IncorrectCvc)),
    ("4000000000000119", Brand::Visa, Declines(Decline::ProcessingError)),
    ("4000002500003155", Brand::Visa, ChallengeThenSucceeds),
    ("4000000000003220", Brand::Visa, ChallengeThenSucceeds),
    ("4000008400001629", Brand::Visa, ChallengeThenDeclines(Decline::CardDeclined)),
    ("4000000000000259", Brand::Visa, SucceedsThenDisputed(DisputeScript::FRAUDULENT)),
    ("4000000000005126", Brand::Visa, RefundFailsLater),
    ("4000000000007726", Brand::Visa, RefundSucceedsLater),
    // The rest as Stripe documents them.
    ("4000056655665556", Brand::Visa, Succeeds),
    ("5200828282828210", Brand::Mastercard, Succeeds),
    ("5105105105105100", Brand::Mastercard, Succeeds),
    ("6011111111111117", Brand::Discover, Succeeds),
    ("3056930009020004", Brand::Diners, Succeeds),
    ("3566002020360505", Brand::Jcb, Succeeds),
    ("6200000000000005", Brand::UnionPay, Succeeds),
    ("4000000000000077", Brand::Visa, SucceedsAndIsAvailable),
    ("4000000000003063", Brand::Visa, ChallengeThenSucceeds),
    ("4000002760003184", Brand::Visa, ChallengeThenSucceeds),
    ("4000000000009987", Brand::Visa, Declines(Decline::CardDeclined)),
    ("4000000000009979", Brand::Visa, Declines(Decline::CardDeclined)),
    ("4000000000006975", Brand::Visa, Declines(Decline::CardDeclined)),
    ("4000000000000341", Brand::Visa, Declines(Decline::CardDeclined)),
    ("4100000000000019", Brand::Visa, Declines(Decline::CardDeclined)),
    ("4000000000002685", Brand::Visa, SucceedsThenDisputed(DisputeScript::NOT_RECEIVED)),
    ("4000000000001976", Brand::Visa, SucceedsThenDisputed(DisputeScript::INQUIRY)),
    ("4000000000005423", Brand::Visa, SucceedsThenDisputed(DisputeScript::EARLY_FRAUD)),
    ("4000000404000079", Brand::Visa, SucceedsThenDisputed(DisputeScript::TWICE)),
    ("4000000000004954", Brand::Visa, Declines(Decline::CardDeclined)),
    ("4000003800000446", Brand::Visa, ChallengeUnlessSetUp),
    ("4000008260003178", Brand::Visa, ChallengeThenDeclines(Decline::InsufficientFunds)),
    ("4000008400001280", Brand::Visa, ChallengeThenDeclines(Decline::ProcessingError)),
];

/// The sources of `simple`, each with the last four digits of its test card.
pub(super) const SIMPLE_SOURCES: &[(&str, Brand, &str)] = &[
    ("tok_visa", Brand::Visa, "4242"),
    ("tok_mastercard", Brand::Mastercard, "4444"),
    ("tok_amex", Brand::Amex, "0005"),
    ("tok_chargeDeclined", Brand::Visa, "0002"),
    ("tok_chargeDeclinedInsufficientFunds", Brand::Visa, "9995"),
];

/// A test card for documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCard {
    /// The card number.
    pub number: &'static str,
    /// The scheme.
    pub brand: Brand,
    /// The token in `charges`; `None` for schemes without tokens.
    pub token: Option<String>,
    /// The result of a charge: `succeeds`, or why not.
    pub outcome: String,
}

/// The description of a behavior.
pub(super) fn description(behavior: Behavior) -> String {
    let text = match behavior {
        Declines(decline) => return format!("declined: {}", decline.code()),
        SucceedsThenDisputed(scripts) if scripts.len() > 1 => "succeeds; then it is disputed twice",
        SucceedsThenDisputed(scripts) => {
            let Some(script) = scripts.first() else { return "succeeds".to_owned() };
            let what = if script.is_inquiry { "inquired about" } else { "disputed" };
            return format!("succeeds; then it is {what}: {}", script.reason.as_str());
        }
        Succeeds | Behavior::BankSucceedsLater => "succeeds",
        SucceedsAndIsAvailable => "succeeds; its money is available at once",
        ChallengeThenSucceeds | ChallengeUnlessSetUp => "3-D Secure challenge, then succeeds",
        ChallengeThenDeclines(Decline::CardDeclined) => "3-D Secure challenge, then declined",
        ChallengeThenDeclines(decline) => {
            return format!("3-D Secure challenge, then declined: {}", decline.code());
        }
        RefundFailsLater => "succeeds; its refund is pending, then fails",
        RefundSucceedsLater => "succeeds; its refund is pending, then succeeds",
        Behavior::BankFailsLater => "fails later",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::test_cards;

    #[test]
    fn every_token_that_is_shown_stands_for_the_card_beside_it() {
        let shown: Vec<TestCard> = test_cards().collect();
        assert_eq!(shown.len(), CARDS.len());
        assert_eq!(shown[0].token.as_deref(), Some("tok_visa_4242"));
        for card in shown {
            let known = [Brand::Visa, Brand::Mastercard, Brand::Amex].contains(&card.brand);
            assert_eq!(card.token.is_some(), known, "{}", card.number);
            assert!(!card.outcome.is_empty(), "{}", card.number);
        }
    }
}
