//! Stripe's parameters that this gateway does not support, by operation.
//!
//! A request with one of them is answered 400 `parameter_unsupported`, which names it. A
//! parameter that Stripe does not publish is 400 `parameter_unknown`. All published ones are in
//! `tests/data/stripe/published.json`, and `tests/tests/e2e/intents/published` tests each of them.

/// Types of payment method that this gateway does not take. Each is also the name of the parameter that describes one.
pub(crate) const METHOD_TYPES: &[&str] = &[
    "acss_debit",
    "affirm",
    "afterpay_clearpay",
    "alipay",
    "alma",
    "amazon_pay",
    "au_becs_debit",
    "bacs_debit",
    "bancontact",
    "billie",
    "bizum",
    "blik",
    "boleto",
    "card_present",
    "cashapp",
    "crypto",
    "custom",
    "customer_balance",
    "eps",
    "fpx",
    "giropay",
    "grabpay",
    "ideal",
    "interac_present",
    "kakao_pay",
    "klarna",
    "konbini",
    "kr_card",
    "link",
    "mb_way",
    "mobilepay",
    "multibanco",
    "naver_pay",
    "nz_bank_account",
    "oxxo",
    "p24",
    "pay_by_bank",
    "payco",
    "paynow",
    "paypal",
    "paypay",
    "payto",
    "pix",
    "promptpay",
    "revolut_pay",
    "samsung_pay",
    "satispay",
    "scalapay",
    "sequra",
    "sofort",
    "sunbit",
    "swish",
    "twint",
    "upi",
    "us_bank_account",
    "wechat_pay",
    "zip",
];

/// Of `POST /payment_intents`.
pub(crate) const CREATE_INTENT: &[&str] = &[
    "amount_details",
    "application_fee_amount",
    "confirmation_token",
    "customer_account",
    "hooks",
    "mandate",
    "on_behalf_of",
    "payment_details",
    "payment_method_configuration",
    "radar_options",
    "transfer_data",
    "transfer_group",
];

/// Of `POST /payment_intents/{id}`.
pub(crate) const UPDATE_INTENT: &[&str] = &[
    "amount_details",
    "application_fee_amount",
    "customer_account",
    "hooks",
    "payment_details",
    "payment_method_configuration",
    "transfer_data",
    "transfer_group",
];

/// Of `POST /payment_intents/{id}/confirm`.
pub(crate) const CONFIRM_INTENT: &[&str] = &[
    "amount_details",
    "amount_to_confirm",
    "confirmation_token",
    "hooks",
    "mandate",
    "payment_details",
    "radar_options",
];

/// Of `POST /payment_intents/{id}/capture`.
pub(crate) const CAPTURE_INTENT: &[&str] =
    &["amount_details", "application_fee_amount", "hooks", "payment_details", "transfer_data"];

/// Of `GET /payment_intents`.
pub(crate) const LIST_INTENTS: &[&str] = &["customer_account"];

/// Of `GET /charges`, and of `POST /charges/{id}`.
pub(crate) const CHARGES: &[&str] = &["transfer_group"];

/// Of `POST /charges/{id}/capture`.
pub(crate) const CAPTURE_CHARGE: &[&str] =
    &["application_fee", "application_fee_amount", "transfer_data", "transfer_group"];

/// Of `POST /refunds`.
pub(crate) const CREATE_REFUND: &[&str] =
    &["currency", "customer", "instructions_email", "origin", "refund_application_fee", "reverse_transfer"];

/// Of `POST /payouts`.
pub(crate) const CREATE_PAYOUT: &[&str] = &["payout_method"];

/// Of the object `external_account` of `POST /accounts/{account}/external_accounts`: those of a card.
pub(crate) const EXTERNAL_ACCOUNT: &[&str] = &[
    "address_city",
    "address_country",
    "address_line1",
    "address_line2",
    "address_state",
    "address_zip",
    "cvc",
    "exp_month",
    "exp_year",
    "metadata",
    "name",
    "number",
    "token",
];

/// Of `POST /accounts/{account}/external_accounts/{id}`: those of a card, and of Japanese and verified accounts.
pub(crate) const UPDATE_EXTERNAL_ACCOUNT: &[&str] = &[
    "account_type",
    "address_city",
    "address_country",
    "address_line1",
    "address_line2",
    "address_state",
    "address_zip",
    "documents",
    "exp_month",
    "exp_year",
    "name",
];

/// Of `POST /customers` and `POST /customers/{id}`.
pub(crate) const CUSTOMER: &[&str] = &[
    "balance",
    "cash_balance",
    "default_source",
    "invoice_prefix",
    "invoice_settings",
    "next_invoice_sequence",
    "payment_method",
    "source",
    "tax",
    "tax_id_data",
    "test_clock",
    "validate",
];

/// Of `POST /products` and `POST /products/{id}`.
pub(crate) const PRODUCT: &[&str] = &["default_price_data", "id", "package_dimensions", "tax_details"];

/// Of `GET /products`.
pub(crate) const LIST_PRODUCTS: &[&str] = &["ids", "shippable"];

/// Of `POST /prices` and `POST /prices/{id}`.
pub(crate) const PRICE: &[&str] = &["custom_unit_amount", "product_data"];

/// Of `recurring` in `POST /prices`.
pub(crate) const PRICE_RECURRING: &[&str] = &["trial_period_days"];

/// Of an entry of `currency_options` in `POST /prices`.
pub(crate) const PRICE_OPTION: &[&str] = &["custom_unit_amount"];

/// Of `GET /customers`.
pub(crate) const LIST_CUSTOMERS: &[&str] = &["test_clock"];

/// Of `POST /payment_methods`, beside [`METHOD_TYPES`].
pub(crate) const CREATE_METHOD: &[&str] = &["customer", "payment_method", "radar_options"];

/// Of `POST /payment_methods/{id}`.
pub(crate) const UPDATE_METHOD: &[&str] = &["us_bank_account"];

/// Of `POST /payment_methods/{id}/attach` and `GET /payment_methods`.
pub(crate) const METHODS: &[&str] = &["customer_account"];

/// Of `GET /events`.
pub(crate) const LIST_EVENTS: &[&str] = &["delivery_success"];

/// Of `POST /webhook_endpoints`.
pub(crate) const CREATE_ENDPOINT: &[&str] = &["api_version", "connect"];

/// Of `evidence` in `POST /disputes/{id}`: files, which are not taken, and evidence of single schemes.
pub(crate) const EVIDENCE: &[&str] = &[
    "appeal",
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "enhanced_evidence",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
];

/// Of `POST /disputes/{id}`.
pub(crate) const UPDATE_DISPUTE: &[&str] = &["intended_submission_method"];

/// Of `POST /accounts` and `POST /accounts/{account}`: what another merchant says of itself.
pub(crate) const ACCOUNT: &[&str] = &[
    "account_token",
    "business_profile",
    "business_type",
    "capabilities",
    "company",
    "controller",
    "country",
    "default_currency",
    "documents",
    "email",
    "external_account",
    "groups",
    "individual",
    "settings",
    "tos_acceptance",
    "type",
];

/// Of `GET /transfers`: they all go to the merchant itself, and are of no group.
pub(crate) const LIST_TRANSFERS: &[&str] = &["destination", "transfer_group"];

/// Of `payments` in `POST /balance_settings`: the operator sets the delay, and nothing is taken from banks.
pub(crate) const PAYMENTS_SETTINGS: &[&str] = &["debit_negative_balances", "settlement_timing"];

/// Of `payments[payouts]` in `POST /balance_settings`: there is one balance.
pub(crate) const PAYOUT_SETTINGS: &[&str] = &["automatic_transfer_rules_by_currency"];
