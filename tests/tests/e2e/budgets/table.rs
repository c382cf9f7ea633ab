//! The table of budgets: what a warm request of each route costs, and an invocation of each function that no request starts.

use super::{Budget, budget, no_calls};

/// Calls of DynamoDB without `Item` in their names, then the depth, and the units read and written.
///
/// One unit for the key's counter everywhere. A new item costs one unit, and one for each index it is in. Where a merchant's
/// keys share a window, the key is read beside the count.
pub(super) const BUDGETS: &[Budget] = &[
    budget("charges-health", "Update", 1, 0.0, 1.0),
    // With an address it owns, in one transaction.
    budget("charges-create-customer", "Update Transact", 2, 0.0, 7.0),
    budget("charges-retrieve-customer", "Update Get", 1, 1.0, 1.0),
    budget("charges-update-customer", "Update Get Put", 2, 1.0, 4.0),
    budget("charges-list-customers", "Update Query", 1, 0.5, 1.0),
    // Its payment methods are looked for, attached and detached, and erased with it. Then it is told that this is done. The last
    // put is of the customer, the others are of its events: those that are published.
    budget("charges-delete-customer", "Update Get Transact BatchGet Put*3 Query*3", 9, 15.0, 13.0).at_most(),
    budget("charges-create-payment", "Update Put", 2, 0.0, 3.0),
    budget("charges-retrieve-payment", "Update Get", 1, 1.0, 1.0),
    budget("charges-list-payments", "Update Query", 1, 2.5, 1.0),
    budget("charges-confirm-payment", "Update Get Put", 2, 1.0, 4.0),
    budget("charges-create-refund", "Update Get Transact", 2, 1.0, 8.0),
    budget("charges-retrieve-refund", "Update Get", 1, 1.0, 1.0),
    budget("charges-list-refunds", "Update Query", 1, 0.5, 1.0),
    no_calls("charges-unknown-route"),
    budget("simple-create-payment", "Update Put", 2, 0.0, 3.0),
    budget("simple-retrieve-payment", "Update Get", 1, 1.0, 1.0),
    budget("simple-create-refund", "Update Get Transact", 2, 1.0, 8.0),
    no_calls("simple-unknown-route"),
    budget("direct-issue-token", "Get Update", 1, 1.0, 1.0),
    // The owner of the address and the customer are read; it is known with its card from the payment before.
    budget("direct-create-payment", "Get*3 Update Put", 2, 3.0, 4.0),
    budget("direct-retrieve-payment", "Get*2 Update BatchGet", 2, 3.0, 1.0),
    budget("direct-list-transactions", "Get Update Query BatchGet", 2, 3.0, 1.0),
    budget("direct-refund-payment", "Get*2 Update Transact", 2, 2.0, 9.0),
    // Every answer of this API has rate-limit headers, those to unknown paths too.
    budget("direct-unknown-route", "Get Update", 1, 1.0, 1.0),
    budget("checkout-initialize-payment", "Get*5 Update Put", 2, 5.0, 5.0),
    budget("checkout-payment-status", "Get*2 Update", 1, 2.0, 1.0),
    budget("checkout-refund-payment", "Get*3 Update Transact Put", 4, 3.0, 14.0),
    no_calls("checkout-unknown-route"),
    budget("pages-show-checkout", "Get*2", 2, 2.0, 0.0),
    // A payment that waits holds its card, its ways back and its account: a little more than 1 KB with these addresses.
    budget("pages-answer-checkout", "Get Put", 2, 1.0, 6.0),
    budget("pages-show-challenge", "Get", 1, 1.0, 0.0),
    budget("pages-answer-challenge", "Get Put", 2, 1.0, 3.0),
    budget("pages-show-result", "Get", 1, 1.0, 0.0),
    // A notice that opens a dispute: the secrets, the payment, the dispute that is not there; the payment and the terms again.
    budget("pages-receive-notice", "Get*5 Transact", 6, 5.0, 13.0),
    no_calls("pages-unknown-route"),
    budget("intents-create-payment-intent", "Update Put", 2, 0.0, 3.0),
    budget("intents-retrieve-payment-intent", "Update Get", 1, 1.0, 1.0),
    budget("intents-update-payment-intent", "Update Get Put", 2, 1.0, 7.0),
    // Whether the caller is a payer's page is asked first, and a named payment method of the sandbox is made.
    budget("intents-confirm-payment-intent", "Update Get Put*2", 4, 1.0, 7.0),
    budget("intents-capture-payment-intent", "Update Get Put", 2, 1.0, 8.0),
    budget("intents-cancel-payment-intent", "Update Get Put", 2, 1.0, 3.0),
    budget("intents-list-payment-intents", "Update Query", 1, 2.5, 1.0),
    budget("intents-list-charges", "Update Query", 1, 2.5, 1.0),
    budget("intents-retrieve-charge", "Update Get", 1, 1.0, 1.0),
    budget("intents-update-charge", "Update Get Put", 2, 1.0, 7.0),
    budget("intents-capture-charge", "Update Get Put", 2, 1.0, 8.0),
    budget("intents-create-payment-method", "Update Put", 2, 0.0, 2.0),
    budget("intents-retrieve-payment-method", "Update Get", 1, 1.0, 1.0),
    // The customer is looked for before the payment method is.
    budget("intents-attach-payment-method", "Update Get*2 Put", 3, 2.0, 3.0),
    budget("intents-update-payment-method", "Update Get Put", 2, 1.0, 3.0),
    budget("intents-list-payment-methods", "Update Get Query", 2, 2.5, 1.0),
    budget("intents-list-customer-payment-methods", "Update Get Query", 2, 2.5, 1.0),
    // It moves to the list of those that its former customer's erasure finds.
    budget("intents-detach-payment-method", "Update Get Put", 2, 1.0, 4.0),
    budget("intents-create-refund", "Update Get Transact", 2, 1.0, 14.0),
    budget("intents-retrieve-refund", "Update Get", 1, 1.0, 1.0),
    budget("intents-update-refund", "Update Get Put", 2, 1.0, 4.0),
    budget("intents-list-refunds", "Update Query", 1, 2.5, 1.0),
    // Whether the payment was charged over a wire is asked: such a refund cannot be called back.
    budget("intents-cancel-refund", "Update Get*2 Transact", 3, 2.0, 14.0),
    budget("intents-retrieve-dispute", "Update Get", 1, 1.0, 1.0),
    budget("intents-list-disputes", "Update Query", 1, 2.5, 1.0),
    budget("intents-update-dispute", "Update Get Put", 2, 1.0, 5.0),
    budget("intents-close-dispute", "Update Get Put", 2, 1.0, 5.0),
    // The default bank account and the balance are read. The payout and its balance transaction are in two lists each.
    budget("intents-create-payout", "Update Get Query Transact", 2, 2.0, 16.0),
    budget("intents-retrieve-payout", "Update Get", 1, 1.0, 1.0),
    budget("intents-update-payout", "Update Get Put", 2, 1.0, 8.0),
    budget("intents-list-payouts", "Update Query", 1, 2.5, 1.0),
    budget("intents-cancel-payout", "Update Get Transact", 2, 1.0, 30.0),
    // Nothing is in the register yet, or it is written with the account.
    budget("intents-create-external-account", "Update Get Transact", 2, 1.0, 10.0),
    budget("intents-retrieve-external-account", "Update Get", 1, 1.0, 1.0),
    budget("intents-list-external-accounts", "Update Query", 1, 0.5, 1.0),
    budget("intents-update-external-account", "Update Get Put", 2, 1.0, 6.0),
    budget("intents-delete-external-account", "Update Get*2 Transact", 3, 2.0, 10.0),
    budget("intents-create-account", "Update Put", 2, 0.0, 3.0),
    budget("intents-list-accounts", "Update Query", 1, 0.5, 1.0),
    budget("intents-update-account", "Update Get Put", 2, 1.0, 3.0),
    // As every operation with a record it begins once the caller is admitted.
    budget("intents-accept-account", "Update Get Put", 3, 1.0, 3.0),
    budget("intents-list-transfers", "Update Query", 1, 0.5, 1.0),
    budget("intents-retrieve-transfer", "Update Get", 1, 1.0, 1.0),
    budget("intents-retrieve-balance-settings", "Update Get*2", 1, 2.0, 1.0),
    budget("intents-update-balance-settings", "Update Get*2 Put", 2, 2.0, 3.0),
    budget("intents-create-product", "Update Put", 2, 0.0, 3.0),
    budget("intents-retrieve-product", "Update Get", 1, 1.0, 1.0),
    budget("intents-update-product", "Update Get Put", 2, 1.0, 4.0),
    budget("intents-delete-product", "Query Update Get Put", 3, 1.5, 5.0),
    budget("intents-list-products", "Update Query", 1, 2.5, 1.0),
    // The product is read first.
    budget("intents-create-price", "Update Get Transact", 3, 1.0, 7.0),
    budget("intents-retrieve-price", "Update Get", 1, 1.0, 1.0),
    budget("intents-update-price", "Update Get*2 Transact", 3, 2.0, 13.0),
    budget("intents-list-prices", "Update Query", 1, 2.5, 1.0),
    budget("intents-create-customer", "Update Transact", 2, 0.0, 7.0),
    budget("intents-retrieve-customer", "Update Get", 1, 1.0, 1.0),
    budget("intents-update-customer", "Update Get Put", 2, 1.0, 4.0),
    budget("intents-list-customers", "Update Query", 1, 2.5, 1.0),
    // A payment method with its events, and the customer with its own.
    budget("intents-delete-customer", "Update Get Transact BatchGet*3 Put*10 Query*3", 18, 60.0, 34.0)
        .at_most(),
    budget("intents-create-webhook-endpoint", "Update Query Put", 2, 0.5, 3.0),
    budget("intents-retrieve-webhook-endpoint", "Update Get", 1, 1.0, 1.0),
    budget("intents-update-webhook-endpoint", "Update Get*2 Put", 3, 2.0, 3.0),
    budget("intents-list-webhook-endpoints", "Update Query", 1, 0.5, 1.0),
    budget("intents-delete-webhook-endpoint", "Update Get Put", 2, 1.0, 3.0),
    budget("intents-roll-webhook-secret", "Update Get Put", 2, 1.0, 3.0),
    budget("intents-list-webhook-deliveries", "Update Get Query*2", 3, 2.5, 1.0),
    // The event, its delivery, and a message on the queue.
    budget("intents-test-webhook-endpoint", "Update Get Put*2", 3, 1.0, 6.0),
    // One event that was delivered, for which nothing is sent again, and up to two of the same second that came before the
    // endpoint: each is a delivery, of three units.
    budget("intents-recover-webhook-endpoint", "Update Get Query Put*3", 3, 2.5, 8.0).at_most(),
    // All parts of the balance are one query.
    budget("intents-retrieve-balance", "Update Query", 1, 1.0, 1.0),
    budget("intents-list-balance-transactions", "Update Query", 1, 2.5, 1.0),
    budget("intents-retrieve-balance-transaction", "Update Get", 1, 1.0, 1.0),
    budget("intents-list-events", "Update Query", 1, 2.5, 1.0),
    budget("intents-retrieve-event", "Update Get", 1, 1.0, 1.0),
    // One endpoint: its delivery is there already, and moved on.
    budget("intents-retry-event", "Update Get*2 Put*2", 4, 2.0, 5.0),
    // The merchant and the tenant's live keys are read. Key, id and live keys are one transaction. Then the contract is read
    // again, in case it was changed meanwhile.
    budget("intents-create-api-key", "Update Get*3 Transact", 5, 3.0, 8.0),
    budget("intents-list-api-keys", "Update Query", 1, 0.5, 1.0),
    // A new key is made, and the end of the old one set, each with the live keys in one transaction.
    budget("intents-roll-api-key", "Update Get*5 Transact*2", 8, 5.0, 13.0),
    budget("intents-revoke-api-key", "Update Get*2 Transact", 3, 2.0, 6.0),
    budget("intents-retrieve-account", "Update Get", 1, 1.0, 1.0),
    no_calls("intents-preflight"),
    budget("intents-unknown-route", "Update", 1, 0.0, 1.0),
    // One capture of a payment, with one endpoint. Its merchant's terms are read; the balance transaction, which is in three
    // indexes, and the balance are one transaction. The endpoints are read while the first of two events is written. The second
    // has a delivery.
    budget("publish-events", "Get Transact Query Put*3", 5, 1.5, 14.0),
    // One message. Delivery, event and endpoint are read; then come the attempt and the delivery's end.
    budget("deliver-webhook", "Get*3 Put*2", 3, 3.0, 5.0),
];
