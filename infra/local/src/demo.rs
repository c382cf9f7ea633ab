//! The demo merchant: made once for each folder of data, through the same code as the operator's tool.

use std::{io::Write, path::Path};

use serde::{Deserialize, Serialize};
use tollgate_domain::{FrontDoor, KeyKind, MerchantId, Mode, Permission, Scope, Tier};
use tollgate_gateway::{Admin, NewKey};

/// Where the credentials are kept, readable by their owner only.
const FILE: &str = "demo.json";

/// What the demo merchant sends, by front door, and what signs the webhooks of its built-in endpoint.
#[derive(Clone, Serialize, Deserialize)]
pub struct Demo {
    /// Its keys.
    pub credentials: Credentials,
    /// The built-in endpoint's secret.
    pub inbox_secret: String,
    /// Its id, for the operator's tool.
    pub merchant: MerchantId,
}

/// The keys, as `cargo local --json` prints them.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// `sk_test_…`
    pub secret_key: String,
    /// `pk_test_…`
    pub publishable_key: String,
    /// For `direct`'s token route.
    pub client_id: String,
    /// See `client_id`.
    pub client_secret: String,
    /// For `checkout`.
    pub api_key: String,
    /// See `api_key`.
    pub api_secret: String,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The demo merchant of a folder: read, or made.
pub async fn provision(admin: &Admin, data: &Path, inbox_url: &str) -> Result<Demo, Failure> {
    let file = data.join(FILE);
    let demo = if let Ok(bytes) = std::fs::read(&file) {
        serde_json::from_slice(&bytes)?
    } else {
        let demo = make(admin).await?;
        let mut options = std::fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .write(true)
            .create(true)
            .truncate(true)
            .open(&file)?
            .write_all(&serde_json::to_vec(&demo)?)?;
        demo
    };
    // The port may be another one than the last time: the endpoint of the port of this time is made if it is not there.
    let scope = Scope {
        merchant: demo.merchant,
        mode: Mode::Test,
    };
    admin
        .create_endpoint(scope, FrontDoor::Charges, inbox_url, &demo.inbox_secret)
        .await?;
    Ok(demo)
}

async fn make(admin: &Admin) -> Result<Demo, Failure> {
    let merchant = admin.create_merchant("Demo merchant", Tier::Growth).await?;
    let key = async |kind: KeyKind, scopes: &[Permission]| {
        let new = NewKey {
            merchant: merchant.id,
            mode: Mode::Test,
            kind,
            scopes: scopes.to_vec(),
        };
        admin.create_key(new).await.map(|issued| issued.secret)
    };
    let secret_key = key(KeyKind::Secret, Permission::ALL).await?;
    let publishable_key = key(KeyKind::Publishable, &[]).await?;
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|e| e.to_string())?;
    let id = merchant.id.to_string();
    Ok(Demo {
        credentials: Credentials {
            client_id: id.clone(),
            // `direct` and `checkout` name their credentials differently; behind each is the one secret key.
            client_secret: secret_key.clone(),
            api_key: id,
            api_secret: secret_key.clone(),
            secret_key,
            publishable_key,
        },
        inbox_secret: tollgate_webhooks::SigningSecret::from_random(random)
            .reveal()
            .to_owned(),
        merchant: merchant.id,
    })
}
