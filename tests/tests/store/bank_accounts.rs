//! Bank accounts: one default for each currency, whoever changes it.

use tollgate_domain::{
    BankAccount, BankAccountId, Metadata, ReplaySnapshots,
    bank_account::{BankAccountChange, BankAccountRegister, SealedNumber},
};
use tollgate_store::BankAccountsWrite;

use super::{payouts::euro, *};

/// A bank account in euros.
pub(super) fn account(n: u32, is_default: bool) -> BankAccount {
    BankAccount {
        id: BankAccountId::from_bytes(bytes(n)),
        version: 1,
        request: format!("req_account_{n}").into(),
        country: "DE".to_owned(),
        currency: euro(),
        holder_name: Some("Ida".to_owned()),
        holder_type: None,
        bank_name: None,
        routing_number: None,
        last4: "3000".to_owned(),
        number: Some(SealedNumber("1.sealed".to_owned())),
        number_fingerprint: "f".to_owned(),
        default_for_currency: is_default,
        metadata: Metadata::default(),
        deleted: false,
        created: NOW,
        updated: NOW,
        fingerprint: None,
        replay: ReplaySnapshots::default(),
    }
}

/// The register after the first account, and after a second one.
pub(super) fn registers() -> (BankAccountRegister, BankAccountRegister) {
    let (first, _) = BankAccountRegister::empty(NOW).with(account(1, true).id, euro(), false).unwrap();
    let (second, _) = first.with(account(2, false).id, euro(), false).unwrap();
    (first, second)
}

pub(super) async fn make_two(store: &Writer) {
    let (first, second) = registers();
    for (register, account) in [(first, account(1, true)), (second, account(2, false))] {
        let written = store.write_bank_accounts(tenant(1), &register, &[&account]).await.unwrap();
        assert_eq!(written, BankAccountsWrite::Done);
    }
}

fn as_default(account: &BankAccount, is_default: bool) -> BankAccount {
    let change = BankAccountChange { default_for_currency: Some(is_default), ..BankAccountChange::default() };
    account.changed(change, NOW, &"req_default".into())
}

#[tokio::test]
async fn accounts_and_their_register_change_together_or_not_at_all() {
    let opened = open().await;
    let store = &opened.store;
    make_two(store).await;
    let (_, register) = registers();
    let (one, two) = (account(1, true), account(2, false));
    let (former, next) = (as_default(&one, false), as_default(&two, true));
    let swapped = register.with_default(two.id, euro());
    for _ in 0..2 {
        let written = store.write_bank_accounts(tenant(1), &swapped, &[&next, &former]).await.unwrap();
        assert_eq!(written, BankAccountsWrite::Done, "a repetition recognizes itself");
    }
    let stored: BankAccount = store.get(tenant(1), &one.id.to_string()).await.unwrap().unwrap();
    assert!(!stored.default_for_currency);
    // Another one, which has read the register before.
    let third = account(3, true);
    let (late, _) = register.with(third.id, euro(), true).unwrap();
    let written = store.write_bank_accounts(tenant(1), &late, &[&third, &former]).await.unwrap();
    assert_eq!(written, BankAccountsWrite::Conflict);
    assert_eq!(store.get::<BankAccount>(tenant(1), &third.id.to_string()).await.unwrap(), None);
    let again = BankAccount { request: "req_other".into(), ..one.clone() };
    let (late, _) = swapped.with(one.id, euro(), false).unwrap();
    let written = store.write_bank_accounts(tenant(1), &late, &[&again]).await.unwrap();
    assert_eq!(written, BankAccountsWrite::Exists(Box::new(stored)));
    let kept: Option<BankAccountRegister> = store.get(tenant(1), BankAccountRegister::KEY_ID).await.unwrap();
    assert_eq!(kept.unwrap().default_for(euro()), Some(two.id));
}
