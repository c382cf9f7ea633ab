//! The demo merchant's accounts with the simulated processors.

use tollgate_domain::ProcessorKind;
use tollgate_processors::{Account, notice::NoticeKey};

/// The demo merchant's account with the simulated `CyberSource`. These credentials are valid nowhere else.
pub(super) const CYBERSOURCE_MID: &str = "tollgate_demo";
pub(super) const CYBERSOURCE_KEY_ID: &str = "5d1c7a52-0000-4000-8000-simulator001";
pub(super) const CYBERSOURCE_SECRET: &str = "c2ltdWxhdGVkIGN5YmVyc291cmNlIHNoYXJlZCBzZWNyZXQ=";
/// The demo merchant's account with the simulated MPGS.
pub(super) const MPGS_MID: &str = "TOLLGATEDEMO";
pub(super) const MPGS_PASSWORD: &str = "simulated-mpgs-password";

/// The secrets with which the simulators prove their notices.
const CYBERSOURCE_NOTICE_KEY_ID: &str = "0b8e2f3c-0000-4000-8000-simulator002";
const CYBERSOURCE_NOTICE_SECRET: &str = "c2ltdWxhdGVkIG5vdGljZSBzZWNyZXQ=";
const MPGS_NOTICE_SECRET: &str = "SIMULATED-MPGS-NOTIFICATION-SECRET";

/// Where notices are sent to.
#[derive(Clone, Debug)]
pub struct NoticesTo {
    /// The URL of the hosted pages.
    pub pages_url: String,
    /// The merchant's id.
    pub merchant: String,
}

/// The secrets of the demo merchant's notices.
pub fn demo_notice_keys() -> [(ProcessorKind, NoticeKey); 2] {
    let key = |key_id: Option<&str>, secret: &str| NoticeKey {
        key_id: key_id.map(str::to_owned),
        secret: secret.to_owned().into(),
    };
    [
        (ProcessorKind::CyberSource, key(Some(CYBERSOURCE_NOTICE_KEY_ID), CYBERSOURCE_NOTICE_SECRET)),
        (ProcessorKind::Mpgs, key(None, MPGS_NOTICE_SECRET)),
    ]
}

/// The demo merchant's accounts with the simulators behind the local cloud at `url`.
pub fn demo_accounts(url: &str) -> Vec<Account> {
    let base = |processor: ProcessorKind| format!("{url}/_networks/{}", processor.as_str());
    vec![
        Account {
            processor: ProcessorKind::CyberSource,
            base_url: base(ProcessorKind::CyberSource),
            merchant_id: CYBERSOURCE_MID.to_owned(),
            key_id: Some(CYBERSOURCE_KEY_ID.to_owned()),
            secret: CYBERSOURCE_SECRET.to_owned().into(),
        },
        Account {
            processor: ProcessorKind::Mpgs,
            base_url: base(ProcessorKind::Mpgs),
            merchant_id: MPGS_MID.to_owned(),
            key_id: None,
            secret: MPGS_PASSWORD.to_owned().into(),
        },
    ]
}
