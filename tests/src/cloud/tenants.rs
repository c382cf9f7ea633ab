//! Merchants, keys and rate windows behind a local cloud's front doors.

use std::sync::Arc;

use tollgate_domain::{KeyKind, Mode, Permission, Tenant, Tier};
use tollgate_gateway::{
    Admin, AwsEnvironment, Clock, NewKey, OsEntropy, Secrets, SystemClock, Tables, Worker, Writer,
};
use tollgate_store::KeyHash;

use crate::{Cloud, dynamodb};

impl Cloud {
    /// The tables themselves, for what is looked at more often than a rate limit allows.
    pub fn store(&self) -> Writer {
        let url = |name: &str| self.ready[name].as_str().unwrap().to_owned();
        let environment = AwsEnvironment::emulated(&url("dynamodb"), &url("sqs"));
        let tables = Tables::of_stack("tollgate");
        Writer::open(&environment, tables)
    }

    /// The stack's secrets.
    pub fn secrets(&self) -> Secrets {
        let url = |name: &str| self.ready[name].as_str().unwrap().to_owned();
        let environment = AwsEnvironment::emulated(&url("dynamodb"), &url("sqs"));
        Secrets::open(&environment.with_secrets_endpoint(Some(url("secretsmanager"))))
    }

    /// The demo merchant's test data.
    pub fn demo_scope(&self) -> Tenant {
        let merchant = self.ready["credentials"]["client_id"].as_str().unwrap();
        Tenant { merchant: merchant.parse().unwrap(), mode: Mode::Test }
    }

    /// The operator's view, as `cargo admin` has it.
    pub fn admin(&self) -> Admin {
        Admin::new(Worker::new(self.store(), None, Arc::new(SystemClock), Arc::new(OsEntropy)))
    }

    /// A key of another merchant, made for it.
    pub async fn other_merchants_key(&self) -> String {
        let admin = self.admin();
        let merchant = admin.create_merchant("Another", Tier::Growth).await.unwrap();
        let new = NewKey {
            merchant: merchant.id,
            mode: Mode::Test,
            kind: KeyKind::Secret,
            scopes: Permission::ALL.to_vec(),
        };
        admin.create_key(new).await.unwrap().secret
    }

    /// Another key of the demo merchant.
    pub async fn demo_key(&self, mode: Mode, kind: KeyKind, scopes: &[Permission]) -> String {
        let merchant = self.ready["credentials"]["client_id"].as_str().unwrap().parse().unwrap();
        let new = NewKey { merchant, mode, kind, scopes: scopes.to_vec() };
        self.admin().create_key(new).await.unwrap().secret
    }

    /// Uses up the rate windows of a key in every front door, of the next ten minutes.
    pub async fn use_up_key(&self, key: &str) {
        let digest = hex::encode(KeyHash::of(key).digest());
        self.use_up(&format!("KEY#{digest}")).await;
    }

    /// Uses up the windows that a tenant's keys share, in the front doors that limit merchants, for the next ten minutes.
    pub async fn use_up_tenant(&self, tenant: Tenant) {
        self.use_up(&format!("{tenant}RATE")).await;
    }

    /// Gives the windows back that [`Cloud::use_up_tenant`] used up.
    pub async fn rest_tenant(&self, tenant: Tenant) {
        let url = self.ready["dynamodb"].as_str().unwrap();
        let key = serde_json::json!({"pk": dynamodb::s(&format!("{tenant}RATE")), "sk": dynamodb::s("#")});
        let delete = serde_json::json!({"TableName": "tollgate-keys", "Key": key});
        dynamodb::ask(url, "DeleteItem", &delete).await;
    }

    async fn use_up(&self, pk: &str) {
        let current = tollgate_domain::rate_limit::bucket_at(SystemClock.now());
        let url = self.ready["dynamodb"].as_str().unwrap();
        for letter in ["i", "c", "d", "s", "k"] {
            let buckets = current..current + 60;
            let set: Vec<_> = (0..60).map(|at| format!("#n{at} = :many")).collect();
            let names: serde_json::Map<_, _> = buckets
                .enumerate()
                .map(|(at, bucket)| (format!("#n{at}"), format!("{letter}{bucket}").into()))
                .collect();
            let update = serde_json::json!({
                "TableName": "tollgate-keys",
                "Key": {"pk": dynamodb::s(pk), "sk": dynamodb::s("#")},
                "UpdateExpression": format!("SET {}", set.join(", ")),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {":many": dynamodb::n(1_000_000)},
            });
            dynamodb::ask(url, "UpdateItem", &update).await;
        }
    }
}
