//! The main operations: the requests that they are made of, and what follows.

/// An operation of a front door.
pub(super) struct Operation {
    pub(super) front_door: &'static str,
    /// `create`, `confirm`, `capture`, `refund`, `retrieve` or `list`.
    pub(super) what: &'static str,
    /// The functions of its requests, the payer's pages included.
    pub(super) functions: &'static [&'static str],
    /// Changes that are published: each item that it writes, each time.
    pub(super) changes: u64,
    /// Webhooks that are delivered.
    pub(super) webhooks: u64,
}

const fn operation(
    front_door: &'static str,
    what: &'static str,
    functions: &'static [&'static str],
    changes: u64,
    webhooks: u64,
) -> Operation {
    Operation { front_door, what, functions, changes, webhooks }
}

/// A refund is two changes: the refund, and the payment's sum.
pub(super) const OPERATIONS: &[Operation] = &[
    operation("intents", "create", &["intents-create-payment-intent"], 1, 1),
    // The payment method of the request is an item of its own.
    operation("intents", "confirm", &["intents-confirm-payment-intent"], 2, 1),
    operation("intents", "capture", &["intents-capture-payment-intent"], 1, 1),
    operation("intents", "refund", &["intents-create-refund"], 2, 1),
    operation("intents", "retrieve", &["intents-retrieve-payment-intent"], 0, 0),
    operation("intents", "list", &["intents-list-payment-intents"], 0, 0),
    operation("charges", "create", &["charges-create-payment"], 1, 1),
    // A challenged payment: the merchant names the way back, and the payer passes the challenge.
    operation(
        "charges",
        "confirm",
        &["charges-confirm-payment", "pages-show-challenge", "pages-answer-challenge"],
        2,
        1,
    ),
    operation("charges", "refund", &["charges-create-refund"], 2, 1),
    operation("charges", "retrieve", &["charges-retrieve-payment"], 0, 0),
    operation("charges", "list", &["charges-list-payments"], 0, 0),
    operation("direct", "create", &["direct-create-payment"], 1, 1),
    operation("direct", "refund", &["direct-refund-payment"], 2, 1),
    operation("direct", "retrieve", &["direct-retrieve-payment"], 0, 0),
    operation("direct", "list", &["direct-list-transactions"], 0, 0),
    operation("simple", "create", &["simple-create-payment"], 1, 1),
    operation("simple", "refund", &["simple-create-refund"], 2, 1),
    operation("simple", "retrieve", &["simple-retrieve-payment"], 0, 0),
    // The payer's pages are part of it: the checkout, and the challenge. The processor is called in between.
    operation(
        "checkout",
        "create",
        &[
            "checkout-initialize-payment",
            "pages-show-checkout",
            "pages-answer-checkout",
            "pages-show-challenge",
            "pages-answer-challenge",
        ],
        3,
        1,
    ),
    operation("checkout", "refund", &["checkout-refund-payment"], 3, 1),
    operation("checkout", "retrieve", &["checkout-payment-status"], 0, 0),
];
