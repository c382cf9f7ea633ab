//! Merchants and their accounts with processors.

use tollgate_domain::{ProcessorKind, Tier};
use tollgate_store::{Merchant, NoticeKeys, ProcessorAccount, SealedNoticeKey};

use super::{
    super::*,
    scenario::{Effect, Scenario, scenario},
};

const PROCESSOR: ProcessorKind = ProcessorKind::CyberSource;

fn merchant() -> Merchant {
    Merchant { id: tenant(1).merchant, name: "A".into(), contract: Tier::Growth.into(), created: NOW }
}

fn account(secret: &str) -> ProcessorAccount {
    ProcessorAccount {
        processor: PROCESSOR,
        base_url: "http://127.0.0.1:1".into(),
        merchant_id: "m".into(),
        key_id: None,
        secret: secret.into(),
        created: NOW,
        former: false,
    }
}

fn former() -> ProcessorAccount {
    ProcessorAccount { former: true, ..account("s") }
}

fn notice_keys(version: u64, secret: &str) -> NoticeKeys {
    let key = SealedNoticeKey { key_id: None, secret: secret.into(), created: NOW };
    NoticeKeys { processor: PROCESSOR, version, keys: vec![key] }
}

pub(super) fn scenarios() -> Vec<Scenario> {
    [merchants(), accounts(), secrets_of_notices()].concat()
}

fn secrets_of_notices() -> Vec<Scenario> {
    vec![
        scenario!("put_notice_keys", nothing, |store| async move {
            store.put_notice_keys(tenant(1), &notice_keys(1, "s")).await
        }),
        scenario!(
            "put_notice_keys",
            |store| assert!(store.put_notice_keys(tenant(1), &notice_keys(1, "s")).await.unwrap()),
            |store| async move { store.put_notice_keys(tenant(1), &notice_keys(2, "t")).await }
        ),
        scenario!(
            "get_notice_keys",
            |store| assert!(store.put_notice_keys(tenant(1), &notice_keys(1, "s")).await.unwrap()),
            |store| store.get_notice_keys(tenant(1), PROCESSOR)
        ),
    ]
}

fn merchants() -> Vec<Scenario> {
    vec![
        scenario!(
            "create_merchant",
            nothing,
            |store| async move { store.create_merchant(&merchant()).await }
        ),
        scenario!(
            "get_merchant",
            |store| assert_eq!(store.create_merchant(&merchant()).await.unwrap(), Put::Created),
            |store| store.get_merchant(merchant().id)
        ),
        scenario!(
            "set_merchant_contract",
            |store| assert_eq!(store.create_merchant(&merchant()).await.unwrap(), Put::Created),
            |store| store.set_merchant_contract(merchant().id, Tier::Sandbox.into())
        ),
    ]
}

fn accounts() -> Vec<Scenario> {
    vec![
        scenario!("put_processor_account", nothing, |store| async move {
            store.put_processor_account(tenant(1), &account("s")).await
        }),
        scenario!(
            "get_processor_account",
            |store| store.put_processor_account(tenant(1), &account("s")).await.unwrap(),
            |store| store.get_processor_account(tenant(1), PROCESSOR)
        ),
        scenario!(
            "get_former_processor_account",
            |store| store.put_processor_account(tenant(1), &former()).await.unwrap(),
            |store| store.get_former_processor_account(tenant(1), PROCESSOR, "m")
        ),
        scenario!(
            "replace_processor_account",
            |store| store.put_processor_account(tenant(1), &account("s")).await.unwrap(),
            |store| async move {
                store.replace_processor_account(tenant(1), &account("s"), &account("sealed anew")).await
            }
        ),
    ]
}
