//! `cargo admin …`: the operator's tool for merchants, keys, processor accounts and the vault's key.
//!
//! It works on a deployed stack with the credentials of the environment, or with `--dynamodb URL` on a local cloud. Every
//! answer is one JSON document on standard output.

mod arguments;
mod ledger;
mod payout_file;
mod reconcile;
mod recovery;

use std::{io::BufRead, process::ExitCode, sync::Arc};

use clap::Parser as _;
use serde_json::{Value, json};
use tollgate_domain::{ContractLimit, KeyKind, Mode, Permission, Tenant};
use tollgate_gateway::{
    Admin, AdminError, ApiKey, AwsEnvironment, NewKey, OsEntropy, Processors, Queue, Secrets, StoreError,
    SystemClock, Tables, Vault, VaultKeys, VaultSecret, Worker, Writer,
};
use tollgate_processors::{Account, notice::NoticeKey};

use arguments::{
    Arguments, Command, CreateKey, DISPUTE_PREFIX, DecideDispute, KEY_PREFIX, MERCHANT_PREFIX, RevokeKey,
    SetLimit, SetNoticeSecret, SetProcessor, VaultCommand,
};

/// What `redrive` moves back, and the queues in which it waits, without the stack's name.
const DEAD_LETTERS: &[(&str, &str)] = &[
    ("webhooks", "webhook-dead-letters"),
    ("due_work", "due-work-dead-letters"),
    ("changes", "stream-dead-letters"),
];

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
        // The other endpoints get this URL, too; a command that needs one of them then fails there.
        Some(given) => {
            AwsEnvironment::emulated(dynamodb.as_deref().unwrap_or(given), sqs.as_deref().unwrap_or(given))
                .with_secrets_endpoint(Some(secrets.as_ref().unwrap_or(given).clone()))
        }
        None => AwsEnvironment::from_environment()?,
    })
}

fn open(environment: &AwsEnvironment, stack: &str) -> Worker {
    let writer = Writer::open(environment, Tables::of_stack(stack));
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
    // Only a command that needs the vault needs the right to read its secret.
    let admin = if arguments.command.needs_vault() {
        let vault = Vault::open_with(Box::new(secret.clone()), worker.now()).await?;
        Admin::new(worker.with_processors(Processors::new(vault, 0)))
    } else {
        Admin::new(worker)
    };
    Ok(match arguments.command {
        Command::Vault(command) => perform_vault(&admin, &secret, command).await?,
        Command::Ledger(command) => ledger::perform(&admin, command).await?,
        Command::Payouts(command) => payout_file::perform(&admin, command).await?,
        Command::Recovery(command) => recovery::perform(environment, &admin, stack, command).await?,
        Command::ResumeMoney { merchant, id, live } => {
            let mode = if live { Mode::Live } else { Mode::Test };
            json!({"resumed": admin.resume_money(merchant, mode, id).await?})
        }
        Command::Reconcile(report) => reconcile::perform(&admin, report).await?,
        Command::Redrive => {
            let mut moved = serde_json::Map::new();
            for (what, queue) in DEAD_LETTERS {
                let queue = Queue::named(environment, &format!("{stack}-{queue}")).await?;
                moved.insert((*what).to_owned(), json!(queue.redrive().await?));
            }
            Value::Object(moved)
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
        Command::SetProcessor(new) => set_processor(&admin, new).await?,
        Command::SetNoticeSecret(new) => set_notice_secret(&admin, new).await?,
        Command::DecideDispute(said) => decide_dispute(&admin, &said).await?,
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

async fn set_processor(admin: &Admin, new: SetProcessor) -> Result<Value, AdminError> {
    let account = Account {
        processor: new.processor,
        base_url: new.base_url,
        merchant_id: new.mid,
        key_id: new.key_id,
        secret: std::env::var("TOLLGATE_PROCESSOR_SECRET").unwrap_or_default().into(),
    };
    let mode = if new.live { Mode::Live } else { Mode::Test };
    admin.set_processor(new.merchant, mode, &account).await?;
    Ok(json!({
        "merchant": new.merchant.to_prefixed(MERCHANT_PREFIX),
        "mode": mode.as_str(),
        "provider": account.processor.as_str(),
        "mid": account.merchant_id,
    }))
}

async fn set_notice_secret(admin: &Admin, new: SetNoticeSecret) -> Result<Value, AdminError> {
    let secret = std::env::var("TOLLGATE_NOTICE_SECRET").unwrap_or_default().into();
    let key = NoticeKey { key_id: new.key_id, secret };
    let mode = if new.live { Mode::Live } else { Mode::Test };
    let tenant = Tenant { merchant: new.merchant, mode };
    admin.set_notice_key(tenant, new.processor, &key, new.only).await?;
    let merchant = new.merchant.to_prefixed(MERCHANT_PREFIX);
    let (processor, mode) = (new.processor.as_str(), mode.as_str());
    Ok(json!({
        "merchant": merchant,
        "mode": mode,
        "provider": processor,
        "key_id": key.key_id,
        // Below the URL of the hosted pages.
        "send_to": format!("/notices/{processor}/{merchant}/{mode}"),
    }))
}

async fn decide_dispute(admin: &Admin, said: &DecideDispute) -> Result<Value, AdminError> {
    let mode = if said.live { Mode::Live } else { Mode::Test };
    let tenant = Tenant { merchant: said.merchant, mode };
    let decided = admin.decide_dispute(tenant, said.dispute, said.decision == "won").await?;
    let id = said.dispute.to_prefixed(DISPUTE_PREFIX);
    let decided = decided.ok_or_else(|| AdminError::Failed(format!("there is no dispute {id}")))?;
    Ok(json!({"id": id, "status": decided.status.as_str()}))
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
    // A text that can't be read is no key's.
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
