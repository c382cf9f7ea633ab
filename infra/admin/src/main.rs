//! `cargo admin …`: what an operator does to merchants and their keys.
//!
//! It works on the tables that the environment names, with the credentials of the environment: those of a deployed stack,
//! or, with `--dynamodb URL`, those of a local cloud. Every answer is one JSON document on standard output.

use std::{io::BufRead, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};
use tollgate_domain::{
    ContractLimit, FrontDoor, KeyId, KeyKind, MerchantId, Mode, PaymentId, Permission, ProcessorKind,
    RefundId, Tier,
};
use tollgate_gateway::{
    Admin, AdminError, ApiKey, AwsEnvironment, NewKey, OpenMoney, OsEntropy, Processors, Queue, Secrets,
    StoreError, SystemClock, Tables, Vault, VaultKeys, VaultSecret, Worker, Writer,
};
use tollgate_processors::Account;

/// Prefix of merchants' ids.
const MERCHANT_PREFIX: &str = "acct_";
/// Prefix of keys' ids.
const KEY_PREFIX: &str = "key_";

#[derive(Parser)]
#[command(
    name = "cargo admin",
    about = "Makes merchants, makes, lists, scopes and revokes their keys, sets their tier and limits, changes the vault's key, revives dead webhook messages"
)]
struct Arguments {
    /// DynamoDB of a local cloud, as `cargo local` prints it; AWS when absent
    #[arg(long, global = true, value_name = "URL")]
    dynamodb: Option<String>,
    /// SQS of a local cloud, as `cargo local` prints it; AWS when absent
    #[arg(long, global = true, value_name = "URL")]
    sqs: Option<String>,
    /// Secrets Manager of a local cloud, as `cargo local` prints it; AWS when absent
    #[arg(long, global = true, value_name = "URL")]
    secretsmanager: Option<String>,
    /// The secret of the vault's key: the stack's output `VaultSecretArn`; a local cloud's own when absent
    #[arg(long, global = true, env = "TOLLGATE_VAULT_SECRET_ARN", default_value = "VaultSecret")]
    vault_secret: String,
    /// The stack whose tables and queues are meant
    #[arg(long, global = true, env = "TOLLGATE_STACK", default_value = "tollgate")]
    stack: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
    /// Put the webhook messages that were given up (each failed five times in a function) back on their queue
    Redrive,
    #[command(flatten)]
    Vault(VaultCommand),
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

/// By its text a key is found whosever it is. The text is read from standard input, so that it is in no shell's history.
#[derive(Args)]
struct RevokeKey {
    /// `acct_…`
    #[arg(value_parser = merchant, required_unless_present = "text")]
    merchant: Option<MerchantId>,
    /// `key_…`
    #[arg(value_parser = key, required_unless_present = "text")]
    key: Option<KeyId>,
    /// Read the key's text from standard input
    #[arg(long, conflicts_with_all = ["merchant", "key"])]
    text: bool,
}

#[derive(Args)]
struct SetLimit {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    merchant: MerchantId,
    /// intents, charges, direct, simple or checkout
    #[arg(value_parser = front_door)]
    front_door: FrontDoor,
    /// Requests within any 60 seconds; the largest published limit when absent
    #[arg(long, value_name = "REQUESTS")]
    per_minute: Option<u32>,
    /// Requests at once, in intents and simple; not limited when absent
    #[arg(long, value_name = "REQUESTS", requires = "per_minute")]
    burst: Option<u32>,
}

/// The steps of a rotation of the vault's key, and where it stands.
#[derive(Subcommand)]
enum VaultCommand {
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

/// The account's own secret comes from `TOLLGATE_PROCESSOR_SECRET`, so that it is in no shell's history; the vault's from
/// Secrets Manager.
#[derive(Args)]
struct SetProcessor {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    merchant: MerchantId,
    /// cybersource or mpgs
    #[arg(value_parser = processor)]
    processor: ProcessorKind,
    /// The processor's API: `https://…`
    #[arg(long)]
    base_url: String,
    /// The merchant id that the processor knows
    #[arg(long)]
    mid: String,
    /// `CyberSource`: the id of the shared secret
    #[arg(long)]
    key_id: Option<String>,
    /// An account for real money
    #[arg(long)]
    live: bool,
}

#[derive(Args)]
struct CreateKey {
    /// `acct_…`
    #[arg(value_parser = merchant)]
    merchant: MerchantId,
    /// A key for real money
    #[arg(long)]
    live: bool,
    /// A key for the merchant's pages
    #[arg(long)]
    publishable: bool,
    /// What it may do; everything when absent
    #[arg(long = "scope", value_parser = permission)]
    scopes: Vec<Permission>,
}

fn merchant(text: &str) -> Result<MerchantId, String> {
    // The bare id, as `cargo local` prints it for the demo merchant, is accepted too.
    MerchantId::parse(MERCHANT_PREFIX, text).or_else(|_| text.parse()).map_err(|e| e.to_string())
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

fn tier(text: &str) -> Result<Tier, String> {
    Tier::parse(text).ok_or_else(|| "there is no such tier".to_owned())
}

fn front_door(text: &str) -> Result<FrontDoor, String> {
    let known: Vec<&str> = FrontDoor::ALL.iter().map(|door| door.as_str()).collect();
    FrontDoor::parse(text).ok_or_else(|| format!("the front doors are {}", known.join(", ")))
}

fn processor(text: &str) -> Result<ProcessorKind, String> {
    ProcessorKind::parse(text).ok_or_else(|| "the processors are cybersource and mpgs".to_owned())
}

fn permission(text: &str) -> Result<Permission, String> {
    let known: Vec<&str> = Permission::ALL.iter().map(|p| p.as_str()).collect();
    Permission::parse(text).ok_or_else(|| format!("the scopes are {}", known.join(", ")))
}

fn show(key: &ApiKey) -> Value {
    json!({
        "id": key.id.to_prefixed(KEY_PREFIX),
        "merchant": key.merchant.to_prefixed(MERCHANT_PREFIX),
        "mode": key.mode.as_str(),
        "kind": key.kind.prefix(),
        "ends_with": key.hint,
        "scopes": key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "tier": key.contract.tier.as_str(),
        "created": key.created.s(),
        "revoked": key.revoked_at.map(tollgate_domain::Timestamp::s),
    })
}

fn environment(arguments: &Arguments) -> Result<AwsEnvironment, StoreError> {
    let (dynamodb, sqs) = (&arguments.dynamodb, &arguments.sqs);
    let secrets = &arguments.secretsmanager;
    Ok(match dynamodb.as_ref().or(sqs.as_ref()).or(secrets.as_ref()) {
        // A command that needs the one that was not given says that nobody answers there.
        Some(given) => {
            AwsEnvironment::emulated(dynamodb.as_deref().unwrap_or(given), sqs.as_deref().unwrap_or(given))
                .with_secrets_endpoint(Some(secrets.as_ref().unwrap_or(given).clone()))
        }
        None => AwsEnvironment::from_environment()?,
    })
}

fn open(environment: &AwsEnvironment, stack: &str) -> Worker {
    let tables =
        Tables { main: stack.to_owned(), keys: format!("{stack}-keys"), events: format!("{stack}-events") };
    let writer = Writer::open(environment, tables);
    Worker::new(writer, None, Arc::new(SystemClock), Arc::new(OsEntropy))
}

fn show_keys(keys: &VaultKeys) -> Value {
    json!({"current": keys.current(), "versions": keys.versions()})
}

async fn perform_vault(
    admin: &Admin,
    secret: &VaultSecret,
    command: VaultCommand,
) -> Result<Value, AdminError> {
    Ok(match command {
        VaultCommand::ShowVaultKeys => show_keys(&admin.vault_keys(secret).await?),
        VaultCommand::AddVaultKey => show_keys(&admin.add_vault_key(secret).await?),
        VaultCommand::PromoteVaultKey { now } => show_keys(&admin.promote_vault_key(secret, now).await?),
        VaultCommand::RetireVaultKey { version } => {
            show_keys(&admin.retire_vault_key(secret, version).await?)
        }
        VaultCommand::Reseal { after, pages } => {
            let done = admin.reseal(after, pages).await?;
            json!({
                "scanned": done.scanned,
                "resealed": done.resealed,
                "found": done.found,
                "left": done.left,
                "next": done.next,
            })
        }
    })
}

async fn perform(environment: &AwsEnvironment, arguments: Arguments) -> Result<Value, AdminError> {
    let stack = &arguments.stack;
    let worker = open(environment, stack);
    let secret = VaultSecret { secrets: Secrets::open(environment), id: arguments.vault_secret };
    // Only what seals or opens needs the vault, and the right to read its secret.
    let admin = match &arguments.command {
        Command::SetProcessor(_) | Command::Vault(VaultCommand::Reseal { .. }) => {
            let vault = Vault::open_with(Box::new(secret.clone()), worker.now()).await?;
            Admin::new(worker.with_processors(Processors::new(vault, 0)))
        }
        _ => Admin::new(worker),
    };
    Ok(match arguments.command {
        Command::Vault(command) => perform_vault(&admin, &secret, command).await?,
        Command::ResumeMoney { merchant, id, live } => {
            let mode = if live { Mode::Live } else { Mode::Test };
            json!({"resumed": admin.resume_money(merchant, mode, id).await?})
        }
        Command::Redrive => {
            let queue = Queue::named(environment, &format!("{stack}-webhook-dead-letters")).await?;
            json!({"messages": queue.redrive().await?})
        }
        Command::CreateMerchant { name, tier } => {
            let merchant = admin.create_merchant(&name, tier).await?;
            json!({
                "id": merchant.id.to_prefixed(MERCHANT_PREFIX),
                "name": merchant.name,
                "tier": merchant.contract.tier.as_str(),
                "created": merchant.created.s(),
            })
        }
        Command::CreateKey(new) => create_key(&admin, new).await?,
        Command::ListKeys { merchant } => {
            json!(admin.list_keys(merchant).await?.iter().map(show).collect::<Vec<_>>())
        }
        Command::SetScopes { merchant, key, scopes } => {
            admin.set_scopes(merchant, key, &scopes).await?;
            json!({"id": key.to_prefixed(KEY_PREFIX), "scopes": scopes.iter().map(|s| s.as_str()).collect::<Vec<_>>()})
        }
        Command::RevokeKey(named) => revoke_key(&admin, &named).await?,
        Command::SetProcessor(new) => {
            let account = Account {
                processor: new.processor,
                base_url: new.base_url,
                merchant_id: new.mid,
                key_id: new.key_id,
                secret: std::env::var("TOLLGATE_PROCESSOR_SECRET").unwrap_or_default().into(),
            };
            let mode = if new.live { Mode::Live } else { Mode::Test };
            admin.set_processor(new.merchant, mode, &account).await?;
            json!({
                "merchant": new.merchant.to_prefixed(MERCHANT_PREFIX),
                "mode": mode.as_str(),
                "provider": account.processor.as_str(),
                "mid": account.merchant_id,
            })
        }
        Command::SetTier { merchant, tier } => {
            let keys = admin.set_tier(merchant, tier).await?;
            json!({"id": merchant.to_prefixed(MERCHANT_PREFIX), "tier": tier.as_str(), "keys": keys})
        }
        Command::SetLimit(new) => set_limit(&admin, &new).await?,
    })
}

async fn create_key(admin: &Admin, new: CreateKey) -> Result<Value, AdminError> {
    let scopes = if new.scopes.is_empty() { Permission::ALL.to_vec() } else { new.scopes };
    let mode = if new.live { Mode::Live } else { Mode::Test };
    let kind = if new.publishable { KeyKind::Publishable } else { KeyKind::Secret };
    let issued = admin.create_key(NewKey { merchant: new.merchant, mode, kind, scopes }).await?;
    let mut shown = show(&issued.key);
    shown["secret"] = json!(issued.secret);
    Ok(shown)
}

async fn set_limit(admin: &Admin, new: &SetLimit) -> Result<Value, AdminError> {
    let limit =
        new.per_minute.map(|requests_per_minute| ContractLimit { requests_per_minute, burst: new.burst });
    let keys = admin.set_limit(new.merchant, new.front_door, limit).await?;
    Ok(json!({
        "id": new.merchant.to_prefixed(MERCHANT_PREFIX),
        "front_door": new.front_door.as_str(),
        "per_minute": new.per_minute,
        "burst": new.burst,
        "keys": keys,
    }))
}

async fn revoke_key(admin: &Admin, named: &RevokeKey) -> Result<Value, AdminError> {
    if let (Some(merchant), Some(key)) = (named.merchant, named.key) {
        admin.revoke_key(merchant, key).await?;
        return Ok(json!({"id": key.to_prefixed(KEY_PREFIX), "revoked": true}));
    }
    let mut text = String::new();
    // What cannot be read is the text of no key.
    std::io::stdin().lock().read_line(&mut text).unwrap_or_default();
    let key = admin.revoke_key_text(text.trim()).await?;
    Ok(json!({
        "id": key.id.to_prefixed(KEY_PREFIX),
        "merchant": key.merchant.to_prefixed(MERCHANT_PREFIX),
        "mode": key.mode.as_str(),
        "revoked": true,
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let environment = match environment(&arguments) {
        Ok(environment) => environment,
        Err(error) => {
            eprintln!(
                "error: {error}. Give --dynamodb URL for a local cloud, or AWS credentials in the environment"
            );
            return ExitCode::FAILURE;
        }
    };
    match perform(&environment, arguments).await {
        Ok(done) => {
            println!("{}", serde_json::to_string_pretty(&done).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
