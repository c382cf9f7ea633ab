//! The command line's arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tollgate_domain::{
    Currency, DisputeId, FrontDoor, KeyId, MerchantId, PaymentId, Permission, ProcessorKind, RefundId, Tier,
    Timestamp,
};
use tollgate_gateway::{OpenMoney, Pages, Place, StackTable};

/// Prefix of merchants' ids.
pub(crate) const MERCHANT_PREFIX: &str = "acct_";
/// Prefix of disputes' ids.
pub(crate) const DISPUTE_PREFIX: &str = "dp_";
/// Prefix of keys' ids.
pub(crate) const KEY_PREFIX: &str = "key_";

#[derive(Parser)]
#[command(
    name = "cargo admin",
    about = "Makes merchants, makes, lists, scopes and revokes their keys, sets their tier and limits, changes the vault's key, revives dead webhook messages, recovers tables"
)]
pub(crate) struct Arguments {
    /// DynamoDB of a local cloud, as `cargo local` prints it; AWS when absent
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) dynamodb: Option<String>,
    /// SQS of a local cloud, as `cargo local` prints it; AWS when absent
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) sqs: Option<String>,
    /// Secrets Manager of a local cloud, as `cargo local` prints it; AWS when absent
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) secretsmanager: Option<String>,
    /// The secret of the vault's key: the stack's output `VaultSecretArn`; a local cloud's own when absent
    #[arg(long, global = true, env = "TOLLGATE_VAULT_SECRET_ARN", default_value = "VaultSecret")]
    pub(crate) vault_secret: String,
    /// The stack whose tables and queues are meant
    #[arg(long, global = true, env = "TOLLGATE_STACK", default_value = "tollgate")]
    pub(crate) stack: String,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a merchant
    CreateMerchant {
        /// What it is called
        name: String,
        /// sandbox, starter, growth or enterprise
        #[arg(long, default_value = "sandbox", value_parser = tier)]
        tier: Tier,
    },
    /// Make a key; its text is shown this once
    CreateKey(CreateKey),
    /// List a merchant's keys
    ListKeys {
        /// `acct_…`
        #[arg(value_parser = merchant)]
        merchant: MerchantId,
    },
    /// Set what a key may do
    SetScopes {
        /// `acct_…`
        #[arg(value_parser = merchant)]
        merchant: MerchantId,
        /// `key_…`
        #[arg(value_parser = key)]
        key: KeyId,
        /// payments:read, payments:write, …
        #[arg(required = true, value_parser = permission)]
        scopes: Vec<Permission>,
    },
    /// Revoke a key, named by its id or by its text: the next request with it is refused
    RevokeKey(RevokeKey),
    /// Record a merchant's account with a payment processor, in place of the one there is
    SetProcessor(SetProcessor),
    /// Record a secret with which a processor proves its notices, beside the one before; shows where it sends them
    SetNoticeSecret(SetNoticeSecret),
    /// Record how a bank decided a dispute, where the processor tells it to a person
    DecideDispute(DecideDispute),
    /// Have a payment or a refund begun anew that waits for a person (the alarm `MoneyNeedsAttention` names it)
    ResumeMoney {
        /// `acct_…`
        #[arg(value_parser = merchant)]
        merchant: MerchantId,
        /// `pay_…` or `rfnd_…`, or the last part of the item's key that the alarm names
        #[arg(value_parser = open_money)]
        id: OpenMoney,
        /// Of live data
        #[arg(long)]
        live: bool,
    },
    /// Compare a processor's settlement report with the ledger: what is missing here or there, or has another amount
    Reconcile(Reconcile),
    /// Put what was given up back on its queue: webhook messages, due work, changes that could not be published
    Redrive,
    #[command(flatten)]
    Vault(VaultCommand),
    #[command(flatten)]
    Recovery(RecoveryCommand),
    #[command(flatten)]
    Ledger(LedgerCommand),
    #[command(flatten)]
    Payouts(PayoutCommand),
    /// Set a merchant's tier, on all of its keys
    SetTier {
        /// `acct_…`
        #[arg(value_parser = merchant)]
        merchant: MerchantId,
        /// sandbox, starter, growth or enterprise
        #[arg(value_parser = tier)]
        tier: Tier,
    },
    /// Set how often an enterprise may call a front door, on all of its keys
    SetLimit(SetLimit),
}

impl Command {
    /// Whether it seals or opens data, and so needs the vault's key.
    pub(crate) const fn needs_vault(&self) -> bool {
        match self {
            Self::SetProcessor(_)
            | Self::SetNoticeSecret(_)
            | Self::Vault(VaultCommand::Reseal { .. })
            | Self::Payouts(PayoutCommand::Write(_)) => true,
            Self::CreateMerchant { .. }
            | Self::CreateKey(_)
            | Self::ListKeys { .. }
            | Self::SetScopes { .. }
            | Self::RevokeKey(_)
            | Self::ResumeMoney { .. }
            | Self::DecideDispute(_)
            | Self::Reconcile(_)
            | Self::Redrive
            | Self::Recovery(_)
            | Self::Ledger(_)
            | Self::Payouts(PayoutCommand::Set { .. } | PayoutCommand::Settle { .. })
            | Self::Vault(
                VaultCommand::ShowVaultKeys
                | VaultCommand::AddVaultKey
                | VaultCommand::PromoteVaultKey { .. }
                | VaultCommand::RetireVaultKey { .. },
            )
            | Self::SetTier { .. }
            | Self::SetLimit(_) => false,
        }
    }
}

/// A key that is named by its text needs no merchant. The text comes from standard input, so that it is in no shell's
/// history.
#[derive(Args)]
pub(crate) struct RevokeKey {
    /// `acct_…`
    #[arg(value_parser = merchant, required_unless_present = "text")]
    pub(crate) merchant: Option<MerchantId>,
    /// `key_…`
    #[arg(value_parser = key, required_unless_present = "text")]
    pub(crate) key: Option<KeyId>,
    /// Read the key's text from standard input
    #[arg(long, conflicts_with_all = ["merchant", "key"])]
    pub(crate) text: bool,
}

#[derive(Args)]
pub(crate) struct SetLimit {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    pub(crate) merchant: MerchantId,
    /// intents, charges, direct, simple or checkout
    #[arg(value_parser = front_door)]
    pub(crate) front_door: FrontDoor,
    /// Requests within any 60 seconds; the largest published limit when absent
    #[arg(long, value_name = "REQUESTS")]
    pub(crate) per_minute: Option<u32>,
    /// Requests at once, in intents and simple; not limited when absent
    #[arg(long, value_name = "REQUESTS", requires = "per_minute")]
    pub(crate) burst: Option<u32>,
}

/// The steps of a rotation of the vault's key, and where it stands.
#[derive(Subcommand)]
pub(crate) enum VaultCommand {
    /// Show the versions of the vault's key, without the keys
    ShowVaultKeys,
    /// Add a version of the vault's key, which only opens: the first step of a rotation
    AddVaultKey,
    /// Seal with the version that was added: the second step, some minutes later
    PromoteVaultKey {
        /// Do not wait: functions that do not know the version yet read it when they meet it
        #[arg(long)]
        now: bool,
    },
    /// Seal again with the current version what another one sealed: the third step
    Reseal {
        /// Where to go on: `next` of a run that was stopped
        #[arg(long, value_name = "PLACE")]
        after: Option<String>,
        /// Parts of the table (1000 items or 1 MB each) of one run
        #[arg(long, default_value_t = 10_000)]
        pages: usize,
    },
    /// Take an old version of the vault's key away, when nothing is sealed with it any more: the last step
    RetireVaultKey {
        /// The version
        version: u32,
    },
}

/// The commands of a recovery.
#[derive(Subcommand)]
pub(crate) enum RecoveryCommand {
    /// Copy a restored table back into the live one; newer versions of items stay
    Restore {
        /// Which of the stack's tables: main, events or keys
        #[arg(value_parser = table)]
        table: StackTable,
        /// The name of the restored tables: NAME, NAME-events and NAME-keys
        #[arg(long, value_name = "NAME")]
        from: String,
        #[command(flatten)]
        pages: PagesOptions,
    },
    /// Publish the events and deliveries that the tables lack
    Republish {
        /// From when on changes are looked at: 2026-01-31T09:30:00Z, some minutes before the time that was restored
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Timestamp,
        #[command(flatten)]
        pages: PagesOptions,
    },
    /// Look up a processor's references in the ledger, one a line on standard input: those that it lacks come first
    LookUpReferences {
        /// `acct_…`
        #[arg(value_parser = merchant)]
        merchant: MerchantId,
        /// Of live data
        #[arg(long)]
        live: bool,
    },
}

/// The commands of the ledger.
#[derive(Subcommand)]
pub(crate) enum LedgerCommand {
    /// Set a merchant's fees, and the days until its money is available, in both modes
    SetFees(SetFees),
    /// Book the payments and refunds that the ledger lacks: those from before it, and those whose changes were lost
    BookPayments {
        #[command(flatten)]
        pages: PagesOptions,
    },
    /// Enter the payments that have `order_id` in their metadata into the index of it, which lists use from then on
    IndexOrders {
        #[command(flatten)]
        pages: PagesOptions,
    },
    /// Compare the ledger with the payments and refunds, and its balances with its balance transactions
    VerifyLedger {
        /// Move each balance that is not the sum of its balance transactions by the difference
        #[arg(long)]
        correct_balances: bool,
    },
}

/// Live payouts to banks, which a bank gets as a file (`docs/operations.md`).
#[derive(Subcommand)]
pub(crate) enum PayoutCommand {
    /// Let a merchant pay out real money to banks, or no more
    #[command(name = "set-payouts")]
    Set {
        /// `acct_…`
        #[arg(value_parser = merchant)]
        merchant: MerchantId,
        /// Whether it may
        #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
        enabled: bool,
    },
    /// Write the pending live payouts in euros into a file for a bank (ISO 20022 pain.001.001.09)
    #[command(name = "write-payouts")]
    Write(WritePayouts),
    /// Settle the live payouts of a file as the bank's report says (ISO 20022 pain.002)
    #[command(name = "settle-payouts")]
    Settle {
        /// The report
        report: PathBuf,
    },
}

/// The account that the bank takes the money from.
#[derive(Args)]
pub(crate) struct WritePayouts {
    /// The file to write; it has account numbers
    pub(crate) file: PathBuf,
    /// Who holds the account
    #[arg(long)]
    pub(crate) debtor_name: String,
    /// Its IBAN
    #[arg(long)]
    pub(crate) debtor_iban: String,
    /// Its bank, if the bank wants it named
    #[arg(long)]
    pub(crate) debtor_bic: Option<String>,
    /// The day on which the bank is to pay: 2026-01-31; today when absent
    #[arg(long, value_name = "DAY")]
    pub(crate) on: Option<String>,
    /// Write the file of this name again, with the same payouts
    #[arg(long, value_name = "NAME")]
    pub(crate) again: Option<String>,
}

/// What is absent stays as it is.
#[derive(Args)]
pub(crate) struct SetFees {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    pub(crate) merchant: MerchantId,
    /// The share of a payment, in hundredths of a percent: 290 is 2.9 %
    #[arg(long, value_name = "POINTS", requires = "fixed")]
    pub(crate) basis_points: Option<u32>,
    /// The fixed part of a payment's fee, in minor units
    #[arg(long, value_name = "MINOR", requires = "basis_points")]
    pub(crate) fixed: Option<i64>,
    /// Set the fees in this currency only; without it, those of all currencies that have none of their own
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub(crate) currency: Option<Currency>,
    /// The fee of a dispute, in minor units
    #[arg(long, value_name = "MINOR")]
    pub(crate) dispute_fee: Option<i64>,
    /// Days from a payment's capture until its money is available
    #[arg(long, value_name = "DAYS")]
    pub(crate) delay_days: Option<u16>,
}

/// How much of a table one run works on.
#[derive(Args)]
pub(crate) struct PagesOptions {
    /// Where to go on: `next` of a run that was stopped
    #[arg(long, value_name = "PLACE")]
    after: Option<Place>,
    /// Parts of the table of one run
    #[arg(long, default_value_t = 10_000)]
    pages: usize,
    /// Items of a part, at most (and 1 MB)
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=1000))]
    page_items: u16,
}

impl From<PagesOptions> for Pages {
    fn from(options: PagesOptions) -> Self {
        Self { after: options.after, pages_max: options.pages, items_max: options.page_items }
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| "a time is written 2026-01-31T09:30:00Z".to_owned())
}

/// The report of `CyberSource` is its Payment Batch Detail Report, that of MPGS the CSV of its Reporting API
/// (`docs/operations.md`).
#[derive(Args)]
pub(crate) struct Reconcile {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    pub(crate) merchant: MerchantId,
    /// cybersource or mpgs
    #[arg(value_parser = processor)]
    pub(crate) processor: ProcessorKind,
    /// The report, as CSV; `-` for standard input
    pub(crate) file: PathBuf,
    /// The column of the report that has the processor's fees, which are then compared with its contract
    #[arg(long, value_name = "COLUMN", requires_all = ["fee_basis_points", "fee_fixed"])]
    pub(crate) fee_column: Option<String>,
    /// By the contract: the share of a capture that the processor takes, in hundredths of a percent
    #[arg(long, value_name = "POINTS", requires = "fee_column")]
    pub(crate) fee_basis_points: Option<u32>,
    /// By the contract: what it takes besides, in minor units
    #[arg(long, value_name = "MINOR", requires = "fee_column")]
    pub(crate) fee_fixed: Option<i64>,
    /// Book the difference with this reference, as an adjustment of the merchant's money; may be repeated
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) book: Vec<String>,
    /// The beginning of the report's period: 2026-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Timestamp,
    /// Its end, which is not part of it
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Timestamp,
    /// Of live data
    #[arg(long)]
    pub(crate) live: bool,
}

/// The account's secret comes from `TOLLGATE_PROCESSOR_SECRET`, so that it is in no shell's history.
#[derive(Args)]
pub(crate) struct SetProcessor {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    pub(crate) merchant: MerchantId,
    /// cybersource or mpgs
    #[arg(value_parser = processor)]
    pub(crate) processor: ProcessorKind,
    /// The processor's API: `https://…`
    #[arg(long)]
    pub(crate) base_url: String,
    /// The merchant id that the processor knows
    #[arg(long)]
    pub(crate) mid: String,
    /// `CyberSource`: the id of the shared secret
    #[arg(long)]
    pub(crate) key_id: Option<String>,
    /// An account for real money
    #[arg(long)]
    pub(crate) live: bool,
}

/// The secret comes from `TOLLGATE_NOTICE_SECRET`, so that it is in no shell's history.
#[derive(Args)]
pub(crate) struct SetNoticeSecret {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    pub(crate) merchant: MerchantId,
    /// cybersource or mpgs
    #[arg(value_parser = processor)]
    pub(crate) processor: ProcessorKind,
    /// `CyberSource`: the id of the shared secret
    #[arg(long)]
    pub(crate) key_id: Option<String>,
    /// The secret before it is no longer taken
    #[arg(long)]
    pub(crate) only: bool,
    /// Of an account for real money
    #[arg(long)]
    pub(crate) live: bool,
}

#[derive(Args)]
pub(crate) struct DecideDispute {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    pub(crate) merchant: MerchantId,
    /// `dp_…`
    #[arg(value_parser = dispute)]
    pub(crate) dispute: DisputeId,
    /// How the bank decided: won or lost
    #[arg(value_parser = ["won", "lost"])]
    pub(crate) decision: String,
    /// Of live data
    #[arg(long)]
    pub(crate) live: bool,
}

#[derive(Args)]
pub(crate) struct CreateKey {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    pub(crate) merchant: MerchantId,
    /// A key for real money
    #[arg(long)]
    pub(crate) live: bool,
    /// A key for the merchant's pages
    #[arg(long)]
    pub(crate) publishable: bool,
    /// What it may do; everything when absent
    #[arg(long = "scope", value_parser = permission)]
    pub(crate) scopes: Vec<Permission>,
}

fn merchant(text: &str) -> Result<MerchantId, String> {
    // `cargo local` prints the id without its prefix.
    MerchantId::parse(MERCHANT_PREFIX, text).or_else(|_| text.parse()).map_err(|e| e.to_string())
}

fn dispute(text: &str) -> Result<DisputeId, String> {
    DisputeId::parse(DISPUTE_PREFIX, text).map_err(|e| e.to_string())
}

fn open_money(text: &str) -> Result<OpenMoney, String> {
    let payment = ["pay_", "pi_", "PAY#"].iter().find_map(|prefix| PaymentId::parse(prefix, text).ok());
    let refund = || {
        let mut prefixes = ["rfnd_", "re_", "REF#"].iter();
        prefixes.find_map(|prefix| RefundId::parse(prefix, text).ok())
    };
    payment
        .map(OpenMoney::Payment)
        .or_else(|| refund().map(OpenMoney::Refund))
        .ok_or_else(|| "not the id of a payment or a refund".to_owned())
}

fn key(text: &str) -> Result<KeyId, String> {
    KeyId::parse(KEY_PREFIX, text).map_err(|e| e.to_string())
}

fn currency(text: &str) -> Result<Currency, String> {
    Currency::from_code(text).ok_or_else(|| "not a three-letter ISO 4217 currency code".to_owned())
}

fn tier(text: &str) -> Result<Tier, String> {
    Tier::parse(text).ok_or_else(|| "there is no such tier".to_owned())
}

fn front_door(text: &str) -> Result<FrontDoor, String> {
    let known: Vec<&str> = FrontDoor::ALL.iter().map(|door| door.as_str()).collect();
    FrontDoor::parse(text).ok_or_else(|| format!("the front doors are {}", known.join(", ")))
}

fn table(text: &str) -> Result<StackTable, String> {
    StackTable::ALL
        .into_iter()
        .find(|table| table.as_str() == text)
        .ok_or_else(|| "the tables are main, events and keys".to_owned())
}

fn processor(text: &str) -> Result<ProcessorKind, String> {
    ProcessorKind::parse(text).ok_or_else(|| "the processors are cybersource and mpgs".to_owned())
}

fn permission(text: &str) -> Result<Permission, String> {
    let known: Vec<&str> = Permission::ALL.iter().map(|p| p.as_str()).collect();
    Permission::parse(text).ok_or_else(|| format!("the scopes are {}", known.join(", ")))
}
