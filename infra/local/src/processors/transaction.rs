//! Transactions, the orders that they belong to, and the books that tests read.

use serde::Serialize;
use tollgate_domain::{Decline, Money, ProcessorKind};

/// The kind of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Authorization,
    Capture,
    Void,
    Refund,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Authorization, Self::Capture, Self::Void, Self::Refund]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// The outcome of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// An authorisation that is held until a reviewer decides.
    Review,
    /// An authorisation that a risk rule refused. The money stays reserved.
    Refused,
    Declined(Decline),
}

/// All declines, to parse stored outcomes.
const DECLINES: [Decline; 8] = [
    Decline::CardDeclined,
    Decline::InsufficientFunds,
    Decline::ExpiredCard,
    Decline::IncorrectCvc,
    Decline::ProcessingError,
    Decline::AuthenticationFailed,
    Decline::AuthenticationExpired,
    Decline::BankTransferFailed,
];

impl Outcome {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Review => "review",
            Self::Refused => "refused",
            Self::Declined(decline) => decline.code(),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let declined = DECLINES.map(Self::Declined);
        let mut all = [Self::Done, Self::Review, Self::Refused].into_iter().chain(declined);
        all.find(|outcome| outcome.as_str() == text)
    }
}

/// A request that was carried out.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) kind: Kind,
    /// The payment's reference: MPGS's order id, or the `code` of `CyberSource`'s authorisation.
    pub(super) order: String,
    /// Its id: the processor's, or at MPGS the gateway's.
    pub(super) id: String,
    /// `CyberSource`'s transaction id, which prevents a second execution; may be empty.
    pub(super) transaction_id: String,
    /// The reference in its request.
    pub(super) code: String,
    pub(super) money: Money,
    pub(super) last4: String,
    pub(super) outcome: Outcome,
    /// When look-ups begin to show it, in milliseconds since 1970.
    pub(super) visible_at: i64,
    /// When its outcome becomes known, in milliseconds since 1970.
    pub(super) decided_at: i64,
    /// The digest of the request, to recognise a repetition; empty at `CyberSource`.
    pub(super) body: String,
}

impl Transaction {
    pub(super) fn is_done(&self) -> bool {
        self.outcome == Outcome::Done
    }

    /// Whether it reserved money.
    fn reserves(&self) -> bool {
        let is_held = match self.outcome {
            Outcome::Done | Outcome::Review | Outcome::Refused => true,
            Outcome::Declined(_) => false,
        };
        self.kind == Kind::Authorization && is_held
    }

    pub(super) fn is_decided(&self, now: i64) -> bool {
        self.decided_at <= now
    }
}

/// An order: all transactions of one payment, the oldest first.
#[derive(Clone, Debug)]
pub(super) struct Order(pub(super) Vec<Transaction>);

impl Order {
    pub(super) fn of(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Transaction> {
        self.0.iter().filter(move |transaction| transaction.kind == kind)
    }

    fn count(&self, kind: Kind) -> usize {
        self.of(kind).filter(|transaction| transaction.is_done()).count()
    }

    fn sum(&self, kind: Kind) -> i64 {
        let done = self.of(kind).filter(|transaction| transaction.is_done());
        done.map(|transaction| transaction.money.minor).sum()
    }

    pub(super) fn captured(&self) -> i64 {
        self.sum(Kind::Capture)
    }

    pub(super) fn refunded(&self) -> i64 {
        self.sum(Kind::Refund)
    }

    pub(super) fn is_voided(&self) -> bool {
        self.count(Kind::Void) > 0
    }

    /// The authorisation that reserved money.
    pub(super) fn reservation(&self) -> Option<&Transaction> {
        self.of(Kind::Authorization).find(|transaction| transaction.reserves())
    }

    /// The amount that is reserved, and neither captured nor voided.
    fn reserved(&self) -> i64 {
        let open = self.captured() == 0 && !self.is_voided();
        let all = self.of(Kind::Authorization).filter(|transaction| transaction.reserves());
        if open { all.map(|transaction| transaction.money.minor).sum() } else { 0 }
    }

    /// The part that look-ups show at a time.
    pub(super) fn shown_at(&self, now: i64) -> Self {
        Self(self.0.iter().filter(|transaction| transaction.visible_at <= now).cloned().collect())
    }
}

/// A summary of an order, for tests.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Book {
    #[serde(rename = "provider")]
    processor: &'static str,
    reference: String,
    /// The processor's id of the last authorisation.
    #[serde(rename = "network_id")]
    processor_id: String,
    /// In minor units, as all amounts here.
    amount: i64,
    currency: &'static str,
    last4: String,
    decline: Option<&'static str>,
    authorizations: usize,
    captures: usize,
    voids: usize,
    refunds: usize,
    captured: i64,
    refunded: i64,
    reserved: i64,
    charged_back: i64,
    /// The authorisation that waits for a reviewer.
    in_review: Option<String>,
}

impl Book {
    pub(super) fn of(processor: ProcessorKind, order: &Order, charged_back: i64) -> Option<Self> {
        let first = order.0.first()?;
        let last = order.of(Kind::Authorization).next_back().unwrap_or(first);
        let is_declined = !last.reserves() && order.reservation().is_none();
        Some(Self {
            processor: processor.as_str(),
            reference: first.order.clone(),
            processor_id: last.id.clone(),
            amount: first.money.minor,
            currency: first.money.currency.code(),
            last4: first.last4.clone(),
            decline: is_declined.then(|| last.outcome.as_str()),
            authorizations: order
                .of(Kind::Authorization)
                .filter(|transaction| transaction.reserves())
                .count(),
            captures: order.count(Kind::Capture),
            voids: order.count(Kind::Void),
            refunds: order.count(Kind::Refund),
            captured: order.captured(),
            refunded: order.refunded(),
            reserved: order.reserved(),
            charged_back,
            in_review: order
                .of(Kind::Authorization)
                .find(|transaction| transaction.outcome == Outcome::Review)
                .map(|transaction| transaction.id.clone()),
        })
    }
}
