//! The budgets themselves.

use super::{Budget, Work, budget};

/// One unit for the key's counter everywhere. A new item costs one unit, and one for each index it is in.
pub(super) const BUDGETS: &[Budget] = &[
    budget("charges-health", "UpdateItem", 1, 0.0, 1.0),
    // With an address it owns, in one transaction.
    budget("charges-create-customer", "UpdateItem,TransactWriteItems", 2, 0.0, 7.0),
    budget("charges-retrieve-customer", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget("charges-update-customer", "UpdateItem,GetItem,PutItem", 2, 1.0, 4.0),
    budget("charges-list-customers", "UpdateItem,Query", 1, 0.5, 1.0),
    // Its payment methods are looked for, attached and detached, and erased with it; then it is told that this is done.
    budget(
        "charges-delete-customer",
        // The last put is of the customer, the others are of its events: those that are published.
        "UpdateItem,GetItem,TransactWriteItems,BatchGetItem,PutItem,PutItem,Query,Query,Query,PutItem",
        9,
        15.0,
        13.0,
    )
    .at_most(),
    budget("charges-create-payment", "UpdateItem,PutItem", 2, 0.0, 3.0),
    budget("charges-retrieve-payment", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget("charges-list-payments", "UpdateItem,Query", 1, 2.5, 1.0),
    budget("charges-confirm-payment", "UpdateItem,GetItem,PutItem", 2, 1.0, 4.0),
    budget("charges-create-refund", "UpdateItem,GetItem,TransactWriteItems", 2, 1.0, 8.0),
    budget("charges-retrieve-refund", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget("charges-list-refunds", "UpdateItem,Query", 1, 0.5, 1.0),
    budget("intents-create-webhook-endpoint", "UpdateItem,Query,PutItem", 2, 0.5, 3.0),
    budget("intents-retrieve-webhook-endpoint", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget("intents-list-webhook-endpoints", "UpdateItem,Query", 1, 0.5, 1.0),
    budget("intents-delete-webhook-endpoint", "UpdateItem,GetItem,PutItem", 2, 1.0, 3.0),
    budget("intents-create-payment-intent", "UpdateItem,PutItem", 2, 0.0, 3.0),
    budget("intents-retrieve-payment-intent", "UpdateItem,GetItem", 1, 1.0, 1.0),
    // Whether the caller is a payer's page is asked first, and a named payment method of the sandbox is made.
    budget("intents-confirm-payment-intent", "UpdateItem,GetItem,PutItem,PutItem", 4, 1.0, 7.0),
    budget("intents-create-customer", "UpdateItem,TransactWriteItems", 2, 0.0, 7.0),
    budget("simple-create-payment", "UpdateItem,PutItem", 2, 0.0, 3.0),
    budget("simple-retrieve-payment", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget("simple-create-refund", "UpdateItem,GetItem,TransactWriteItems", 2, 1.0, 8.0),
    // Where a merchant's keys share a window, the key is read beside the count.
    budget("direct-issue-token", "GetItem,UpdateItem", 1, 1.0, 1.0),
    // Every answer of this API says where its caller stands, those to unknown paths too.
    budget("direct-unknown-route", "GetItem,UpdateItem", 1, 1.0, 1.0),
    // The owner of the address and the customer are read beside that; it is known with its card from the payment before.
    budget("direct-create-payment", "GetItem,UpdateItem,GetItem,GetItem,PutItem", 2, 3.0, 4.0),
    budget("direct-retrieve-payment", "GetItem,UpdateItem,GetItem,BatchGetItem", 2, 3.0, 1.0),
    budget("direct-list-transactions", "GetItem,UpdateItem,Query,BatchGetItem", 2, 3.0, 1.0),
    budget("direct-refund-payment", "GetItem,UpdateItem,GetItem,TransactWriteItems", 2, 2.0, 9.0),
    budget(
        "checkout-initialize-payment",
        "GetItem,UpdateItem,GetItem,GetItem,GetItem,GetItem,PutItem",
        2,
        5.0,
        5.0,
    ),
    budget("checkout-payment-status", "GetItem,UpdateItem,GetItem", 1, 2.0, 1.0),
    budget(
        "checkout-refund-payment",
        "GetItem,UpdateItem,GetItem,TransactWriteItems,GetItem,PutItem",
        4,
        3.0,
        14.0,
    ),
    budget("pages-show-checkout", "GetItem,GetItem", 2, 2.0, 0.0),
    // A payment that waits holds its card, its ways back and its account: a little more than 1 KB with these addresses.
    budget("pages-answer-checkout", "GetItem,PutItem", 2, 1.0, 6.0),
    budget("pages-show-challenge", "GetItem", 1, 1.0, 0.0),
    budget("pages-answer-challenge", "GetItem,PutItem", 2, 1.0, 3.0),
    budget("pages-show-result", "GetItem", 1, 1.0, 0.0),
];

/// The other routes of `intents`. What is more than one write is asked for without a key here.
pub(super) const INTENTS: &[Budget] = &[
    budget(
        "intents-update-payment-intent",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        7.0,
    ),
    budget(
        "intents-capture-payment-intent",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        8.0,
    ),
    budget(
        "intents-cancel-payment-intent",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        3.0,
    ),
    budget("intents-list-payment-intents", "UpdateItem,Query", 1, 2.5, 1.0),
    budget("intents-create-payment-method", "UpdateItem,PutItem", 2, 0.0, 2.0),
    budget(
        "intents-retrieve-payment-method",
        "UpdateItem,GetItem",
        1,
        1.0,
        1.0,
    ),
    // The customer is looked for before the payment method is.
    budget(
        "intents-attach-payment-method",
        "UpdateItem,GetItem,GetItem,PutItem",
        3,
        2.0,
        3.0,
    ),
    budget(
        "intents-update-payment-method",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        3.0,
    ),
    budget(
        "intents-list-payment-methods",
        "UpdateItem,GetItem,Query",
        2,
        2.5,
        1.0,
    ),
    budget(
        "intents-list-customer-payment-methods",
        "UpdateItem,GetItem,Query",
        2,
        2.5,
        1.0,
    ),
    // It moves to the list of those that its former customer's erasure finds.
    budget(
        "intents-detach-payment-method",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        4.0,
    ),
    budget(
        "intents-create-refund",
        "UpdateItem,GetItem,TransactWriteItems",
        2,
        1.0,
        14.0,
    ),
    budget("intents-retrieve-refund", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget("intents-update-refund", "UpdateItem,GetItem,PutItem", 2, 1.0, 4.0),
    budget("intents-list-refunds", "UpdateItem,Query", 1, 2.5, 1.0),
    budget(
        // Whether the payment was charged over a wire is asked: such a refund cannot be called back.
        "intents-cancel-refund",
        "UpdateItem,GetItem,GetItem,TransactWriteItems",
        3,
        2.0,
        14.0,
    ),
    budget("intents-retrieve-customer", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget(
        "intents-update-customer",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        4.0,
    ),
    budget("intents-list-customers", "UpdateItem,Query", 1, 2.5, 1.0),
    // Its payment methods are looked for, attached and detached, and erased with it; then it is told that this is done.
    budget(
        "intents-delete-customer",
        // A payment method with its events, and the customer with its own.
        "UpdateItem,GetItem,TransactWriteItems,BatchGetItem,PutItem,PutItem,PutItem,Query,Query,BatchGetItem,PutItem,PutItem,PutItem,PutItem,Query,BatchGetItem,PutItem,PutItem,PutItem",
        18,
        60.0,
        34.0,
    )
    .at_most(),
    budget(
        "intents-update-webhook-endpoint",
        "UpdateItem,GetItem,GetItem,PutItem",
        3,
        2.0,
        3.0,
    ),
    budget(
        "intents-roll-webhook-secret",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        3.0,
    ),
    budget(
        "intents-list-webhook-deliveries",
        "UpdateItem,GetItem,Query,Query",
        3,
        2.5,
        1.0,
    ),
    // The event, its delivery, and a message on the queue.
    budget(
        "intents-test-webhook-endpoint",
        "UpdateItem,GetItem,PutItem,PutItem",
        3,
        1.0,
        6.0,
    ),
    budget("intents-list-events", "UpdateItem,Query", 1, 2.5, 1.0),
    budget("intents-list-api-keys", "UpdateItem,Query", 1, 0.5, 1.0),
    budget(
        // The merchant and the tenant's live keys are read; key, id and live keys are one transaction; and the contract is
        // read again, in case it was changed meanwhile.
        "intents-create-api-key",
        "UpdateItem,GetItem,GetItem,TransactWriteItems,GetItem",
        5,
        3.0,
        8.0,
    ),
    budget("intents-unknown-route", "UpdateItem", 1, 0.0, 1.0),
    budget("intents-retrieve-account", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget(
        "intents-roll-api-key",
        // A new key is made, and the end of the old one set, each with the live keys in one transaction.
        "UpdateItem,GetItem,GetItem,GetItem,GetItem,TransactWriteItems,GetItem,TransactWriteItems",
        8,
        5.0,
        13.0,
    ),
    budget(
        "intents-revoke-api-key",
        "UpdateItem,GetItem,GetItem,TransactWriteItems",
        3,
        2.0,
        6.0,
    ),
    budget("intents-retrieve-event", "UpdateItem,GetItem", 1, 1.0, 1.0),
    // One endpoint: its delivery is there already, and moved on.
    budget(
        "intents-retry-event",
        "UpdateItem,GetItem,GetItem,PutItem,PutItem",
        4,
        2.0,
        5.0,
    ),
    // One event that was delivered, for which nothing is sent again, and up to two of the same second that came before the
    // endpoint: each is a delivery, of three units.
    budget(
        "intents-recover-webhook-endpoint",
        "UpdateItem,GetItem,Query,PutItem,PutItem,PutItem",
        3,
        2.5,
        8.0,
    )
    .at_most(),
];

/// Functions with a route that read and write nothing, and may not.
pub(super) const WITHOUT_TABLES: &[&str] = &[
    "charges-unknown-route",
    "checkout-unknown-route",
    "intents-preflight",
    "pages-unknown-route",
    "simple-unknown-route",
];

/// Functions that no request starts, for one change of a payment with one endpoint, or for one message.
pub(super) const WORKERS: &[Work] = &[
    // The endpoints are read while the first of two events is written; the second has a delivery.
    Work { function: "publish-events", calls: 4, depth: 3, read_units: 0.5, write_units: 7.0 },
    // Delivery, event and endpoint; then the attempt and the delivery's end.
    Work { function: "deliver-webhook", calls: 5, depth: 3, read_units: 3.0, write_units: 5.0 },
];
