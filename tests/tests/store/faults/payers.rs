//! Customers and the owners of addresses.

use super::{
    super::*,
    scenario::{Effect, Scenario, scenario},
};

const EMAIL: &str = "a@x.example";

fn customer(n: u32) -> Customer {
    let profile = Profile { email: Some(EMAIL.into()), ..Profile::default() };
    let id = CustomerId::from_bytes(bytes(n));
    Customer::create(id, FrontDoor::Charges, format!("req_{n}").as_str().into(), profile, None, NOW)
}

const fn claims() -> Ownership<'static> {
    Ownership { claim: Some(Claim { email: EMAIL, instead_of: None }), release: None }
}

async fn make(store: &Writer) {
    let made = store.write_customer(tenant(1), &customer(1), &claims()).await;
    assert_eq!(made.unwrap(), CustomerWrite::Done);
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("write_customer", nothing, |store| async move {
            store.write_customer(tenant(1), &customer(1), &claims()).await
        }),
        scenario!("write_customer", |store| make(&store).await, |store| async move {
            // The change that takes the address from its owner.
            let moved = customer(1).with_profile(Profile::default(), NOW, &"req_moved".into());
            let release = Ownership { claim: None, release: Some(EMAIL) };
            store.write_customer(tenant(1), &moved, &release).await
        }),
        scenario!("claim_address", |store| make(&store).await, |store| async move {
            let claim = Claim { email: EMAIL, instead_of: Some(customer(1).id) };
            store.claim_address(tenant(1), &claim, customer(2).id).await
        }),
        scenario!("address_owner", |store| make(&store).await, |store| store.address_owner(tenant(1), EMAIL)),
    ]
}
