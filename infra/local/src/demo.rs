//! The demo merchant, with whose keys the gateway can be tried at once. It is made once for each data folder, through the
//! same code as the operator's tool.

use std::{path::Path, sync::Arc};

use serde::{Deserialize, Serialize};
use tollgate_domain::{FrontDoor, KeyKind, MerchantId, Mode, Permission, Tenant, Tier};
use tollgate_gateway::{
    Admin, AdminError, AwsEnvironment, NewKey, OsEntropy, Pages, Processors, SystemClock, Tables, Vault,
    VaultKeys, Worker, Writer,
};
use tollgate_processors::Account;
use tollgate_webhooks::SigningSecret;

use crate::{Error, processors::demo_notice_keys, state};

/// Where the demo merchant is made.
#[derive(Debug, Clone)]
pub struct DemoContext<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// DynamoDB's URL.
    pub dynamodb_url: &'a str,
    /// SQS's URL.
    pub sqs_url: &'a str,
    /// Tables, each by its environment variable of the functions: `TOLLGATE_TABLE`, `TOLLGATE_KEYS_TABLE`,
    /// `TOLLGATE_EVENTS_TABLE`.
    pub tables: &'a [(String, String)],
    /// The URL at which the inbox receives webhooks.
    pub inbox_url: &'a str,
    /// The versions of the vault's key.
    pub vault_keys: Option<VaultKeys>,
    /// The merchant's accounts with processors.
    pub accounts: Vec<Account>,
}

/// The demo merchant's keys, for every front door.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// For `intents`, `charges`, `direct` and `simple`.
    pub secret_key: String,
    /// For `intents`' client side.
    pub publishable_key: String,
    /// For `direct`'s token; the merchant's id.
    pub client_id: String,
    /// For `direct`'s token.
    pub client_secret: String,
    /// For `checkout`; the merchant's id.
    pub api_key: String,
    /// For `checkout`.
    pub api_secret: String,
    /// For `intents`: the key of a second merchant, to try what two merchants do together. Data of earlier versions lack it.
    #[serde(default)]
    pub partner_secret_key: String,
}

/// The demo merchant, as kept in the data folder.
#[derive(Clone, Serialize, Deserialize)]
pub struct Demo {
    /// The merchant.
    pub merchant: MerchantId,
    /// The merchant's keys.
    pub credentials: Credentials,
    /// The secret of the endpoint that posts to the inbox.
    pub inbox_secret: String,
}

/// Makes the demo merchant, its keys and its webhook endpoint, or finds those of an earlier run.
pub async fn provision_demo(context: &DemoContext<'_>) -> Result<Option<Demo>, Error> {
    let table = |variable: &str| {
        let found = context.tables.iter().find(|(name, _)| name == variable);
        found.map(|(_, table)| table.clone())
    };
    // Templates without these tables are not the gateway's.
    let (Some(main), Some(keys), Some(events)) =
        (table("TOLLGATE_TABLE"), table("TOLLGATE_KEYS_TABLE"), table("TOLLGATE_EVENTS_TABLE"))
    else {
        return Ok(None);
    };
    let environment = AwsEnvironment::emulated(context.dynamodb_url, context.sqs_url);
    let writer = Writer::open(
        &environment,
        Tables { main, keys, events, due_shards: tollgate_gateway::DUE_SHARDS_MIN },
    );
    let worker = Worker::new(writer, None, Arc::new(SystemClock), Arc::new(OsEntropy));
    let admin = Admin::new(match &context.vault_keys {
        Some(keys) => worker.with_processors(Processors::new(Vault::new(keys), 0)),
        None => worker,
    });
    let fail = |error: AdminError| Error::Demo(error.to_string());

    let path = context.data.join("demo.json");
    let stored: Option<Demo> = state::read_private(&path)?;
    let mut demo = match stored {
        Some(demo) => demo,
        None => make(&admin).await.map_err(fail)?,
    };
    if demo.credentials.partner_secret_key.is_empty() {
        demo.credentials.partner_secret_key = make_partner(&admin).await.map_err(fail)?;
        state::write_private(&path, &demo)?;
    }
    // The port may have changed since the last start; the endpoint of this port is made unless it exists.
    let tenant = Tenant { merchant: demo.merchant, mode: Mode::Test };
    admin
        .create_endpoint(tenant, FrontDoor::Charges, context.inbox_url, &demo.inbox_secret)
        .await
        .map_err(fail)?;
    // Data of earlier versions has payments without entries.
    let all = Pages { after: None, pages_max: usize::MAX, items_max: 1000 };
    admin.index_orders(all).await.map_err(fail)?;
    // The simulators' URLs have this port, too.
    for account in context.accounts.iter().filter(|_| context.vault_keys.is_some()) {
        admin.set_processor(demo.merchant, Mode::Test, account).await.map_err(fail)?;
    }
    for (processor, key) in demo_notice_keys().iter().filter(|_| context.vault_keys.is_some()) {
        admin.set_notice_key(tenant, *processor, key, true).await.map_err(fail)?;
    }
    Ok(Some(demo))
}

async fn make(admin: &Admin) -> Result<Demo, AdminError> {
    let merchant = admin.create_merchant("Demo merchant", Tier::Growth).await?;
    let key = async |kind: KeyKind, scopes: &[Permission]| {
        let new = NewKey { merchant: merchant.id, mode: Mode::Test, kind, scopes: scopes.to_vec() };
        admin.create_key(new).await.map(|issued| issued.secret)
    };
    let secret_key = key(KeyKind::Secret, Permission::ALL).await?;
    let publishable_key = key(KeyKind::Publishable, &[]).await?;
    let id = merchant.id.to_string();
    Ok(Demo {
        merchant: merchant.id,
        // `direct` and `checkout` have other names for the merchant's id and its secret key.
        credentials: Credentials {
            client_id: id.clone(),
            client_secret: secret_key.clone(),
            api_key: id,
            api_secret: secret_key.clone(),
            secret_key,
            publishable_key,
            partner_secret_key: String::new(),
        },
        inbox_secret: SigningSecret::from_random(admin.random()).reveal().to_owned(),
    })
}

/// Makes the second merchant; returns its key.
async fn make_partner(admin: &Admin) -> Result<String, AdminError> {
    let merchant = admin.create_merchant("Demo partner", Tier::Growth).await?.id;
    let scopes = Permission::ALL.to_vec();
    let new = NewKey { merchant, mode: Mode::Test, kind: KeyKind::Secret, scopes };
    admin.create_key(new).await.map(|issued| issued.secret)
}
