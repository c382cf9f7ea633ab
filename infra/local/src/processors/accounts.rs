//! The demo merchant's accounts with the simulated processors.

use tollgate_domain::ProcessorKind;
use tollgate_processors::Account;

/// The demo merchant's account with the simulated `CyberSource`. These credentials are valid nowhere else.
pub(super) const CYBERSOURCE_MID: &str = "tollgate_demo";
pub(super) const CYBERSOURCE_KEY_ID: &str = "5d1c7a52-0000-4000-8000-simulator001";
pub(super) const CYBERSOURCE_SECRET: &str = "c2ltdWxhdGVkIGN5YmVyc291cmNlIHNoYXJlZCBzZWNyZXQ=";
/// The demo merchant's account with the simulated MPGS.
pub(super) const MPGS_MID: &str = "TOLLGATEDEMO";
pub(super) const MPGS_PASSWORD: &str = "simulated-mpgs-password";

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
