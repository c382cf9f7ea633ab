//! Why a request is refused, before an API has put it into its own words.

use crate::{
    access::Permission,
    bank_account::BankAccountRefusal,
    billing::BillingRefusal,
    card::BadCard,
    dispute::DisputeRefusal,
    id::PaymentId,
    metadata::BadMetadata,
    money::{AMOUNT_MINOR_MAX, Money},
    payment,
    payment_method::MethodRefusal,
    payout::PayoutRefusal,
    rate_limit::RateLimitStatus,
    refund::RefundStatus,
    source::Decline,
    time::Timestamp,
};

/// Why a caller was not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No credentials, or not of the documented form.
    #[error("no API key was sent")]
    NoKey,
    /// The key does not exist, is revoked or has expired.
    #[error("the API key is not valid")]
    InvalidKey {
        /// Where the key stands in its rate window. Known only of a key that is revoked or has expired, and only where each key has
        /// its own window.
        rate_limit: Option<RateLimitStatus>,
    },
    /// The key lacks what the route needs.
    #[error("the API key lacks the scope {}", .needed.as_str())]
    MissingScope {
        /// What it lacks.
        needed: Permission,
        /// Where the caller stands in its rate window.
        rate_limit: RateLimitStatus,
    },
    /// The key is a publishable one.
    #[error("a publishable API key may not do this")]
    PublishableKey {
        /// Where the caller stands in its rate window.
        rate_limit: RateLimitStatus,
    },
    /// One request too many.
    #[error("rate limit exceeded")]
    RateLimited {
        /// Where the caller stands in its rate window.
        rate_limit: RateLimitStatus,
        /// When the request came.
        now: Timestamp,
    },
    /// We could not find out.
    #[error("authentication is unavailable: {0}")]
    Unavailable(String),
}

impl Denied {
    /// An unknown key: its rate limit is not known.
    pub const INVALID_KEY: Self = Self::InvalidKey { rate_limit: None };

    /// Where the caller stands in its rate window, if it has one.
    pub fn rate_limit(&self) -> Option<RateLimitStatus> {
        match self {
            Self::MissingScope { rate_limit, .. }
            | Self::PublishableKey { rate_limit }
            | Self::RateLimited { rate_limit, .. } => Some(*rate_limit),
            Self::InvalidKey { rate_limit } => *rate_limit,
            Self::NoKey | Self::Unavailable(_) => None,
        }
    }
}

/// A resource that a request may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A payment.
    Payment,
    /// The charge of a payment.
    Charge,
    /// A refund.
    Refund,
    /// A customer.
    Customer,
    /// A payment method.
    PaymentMethod,
    /// An event.
    Event,
    /// An API key.
    ApiKey,
    /// A webhook endpoint.
    WebhookEndpoint,
    /// A balance transaction.
    BalanceTransaction,
    /// A dispute.
    Dispute,
    /// A payout.
    Payout,
    /// A bank account.
    BankAccount,
    /// A transfer.
    Transfer,
    /// The account of a merchant.
    Account,
    /// A product.
    Product,
    /// A price.
    Price,
}

impl Resource {
    /// What it is called in sentences.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::Customer => "customer",
            Self::PaymentMethod => "payment method",
            Self::Event => "event",
            Self::ApiKey => "API key",
            Self::WebhookEndpoint => "webhook endpoint",
            Self::BalanceTransaction => "balance transaction",
            Self::Dispute => "dispute",
            Self::Payout => "payout",
            Self::BankAccount => "bank account",
            Self::Transfer => "transfer",
            Self::Account => "account",
            Self::Product => "product",
            Self::Price => "price",
        }
    }
}

/// Why the rules do not allow a request. Each API has its own code and message for each of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The resource of the request does not exist for this caller.
    #[error("no such {}", .0.noun())]
    NotFound(Resource),
    /// A resource that the request refers to does not exist for this caller.
    #[error("no such {}", .0.noun())]
    NoSuchReference(Resource),
    /// The place that a list is to begin after does not exist.
    #[error("the cursor names nothing")]
    NoSuchCursor,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used with another request")]
    IdempotencyKeyReused,
    /// The idempotency key made another payment than the one that the order's number names.
    #[error("the idempotency key was used for another order")]
    IdempotencyKeyTaken,
    /// A request with the same idempotency key is still running.
    #[error("a request with the same idempotency key is still running")]
    IdempotencyKeyInUse,
    /// Below the smallest amount.
    #[error("the amount is below {minimum}")]
    AmountTooSmall {
        /// The smallest.
        minimum: Money,
    },
    /// Above the largest amount.
    #[error("the amount is above {AMOUNT_MINOR_MAX} minor units")]
    AmountTooLarge,
    /// The token stands for nothing that can be charged.
    #[error("the token is not valid")]
    InvalidToken,
    /// No processor is connected for live payments of this kind.
    #[error("live payments with this source are not enabled")]
    NoProcessor,
    /// The payment was made and failed.
    #[error("the payment failed: {}", .decline.code())]
    Declined {
        /// The stored, failed payment.
        payment: PaymentId,
        /// Why.
        decline: Decline,
        /// The request that was first told so.
        request_id: String,
    },
    /// The payment's state machine does not allow it.
    #[error(transparent)]
    Payment(#[from] payment::Refusal),
    /// The card that was entered is wrong.
    #[error(transparent)]
    Card(#[from] BadCard),
    /// No card was sent and none is stored.
    #[error("there is no card to charge")]
    NoStoredCard,
    /// Not a decimal number, or one with more digits than the currency has.
    #[error("the amount is not one of its currency")]
    InvalidAmount,
    /// The merchant has no account with the processor.
    #[error("the merchant is not configured for this provider")]
    ProcessorNotConfigured,
    /// The payment method cannot do that.
    #[error(transparent)]
    Method(#[from] MethodRefusal),
    /// Metadata does not take the change.
    #[error(transparent)]
    Metadata(#[from] BadMetadata),
    /// The IBAN is not one.
    #[error("the IBAN is not valid")]
    InvalidIban,
    /// The dispute cannot be changed so.
    #[error(transparent)]
    Dispute(#[from] DisputeRefusal),
    /// The refund is settled.
    #[error("the refund is settled and cannot be canceled")]
    RefundSettled(RefundStatus),
    /// The refund was sent to a processor, which may have carried it out.
    #[error("the refund was sent to the payment provider and cannot be canceled")]
    RefundSent,
    /// The client secret is not the intent's.
    #[error("the client secret does not match")]
    ClientSecret,
    /// The merchant has as many webhook endpoints as there may be.
    #[error("too many webhook endpoints")]
    TooManyEndpoints,
    /// API keys are not made like that.
    #[error(transparent)]
    ApiKey(#[from] KeyRefusal),
    /// The endpoint's URL is not one that deliveries may go to; the text says why.
    #[error("{0}")]
    UnsafeEndpoint(String),
    /// A payout is not made or changed like that.
    #[error(transparent)]
    Payout(#[from] PayoutRefusal),
    /// A bank account is not made or changed like that.
    #[error(transparent)]
    BankAccount(#[from] BankAccountRefusal),
    /// Something of billing is not made or changed like that.
    #[error(transparent)]
    Billing(#[from] BillingRefusal),
}

/// Why an API key is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// The tenant has as many accepted keys as there may be.
    #[error("too many API keys")]
    TooMany,
    /// The key to be rolled is revoked or has expired.
    #[error("the API key has ended")]
    Ended,
    /// The caller came with an access token or with a key that is about to end.
    #[error("what is about to end makes no API keys")]
    CallerEnds,
}
