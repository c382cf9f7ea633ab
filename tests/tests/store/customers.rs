//! Customers: found by their addresses, each of which one customer owns.

use super::*;

#[tokio::test]
async fn customers_are_found_by_address_until_it_changes() {
    let opened = open().await;
    let store = &opened.store;
    let profile = |email: &str| Profile { email: Some(email.into()), ..Profile::default() };
    let id = CustomerId::from_bytes(bytes(1));
    let made = Customer::create(id, FrontDoor::Charges, "r1".into(), profile("Ann@Example.com"), None, NOW);
    assert_eq!(store.create(tenant(1), &made).await.unwrap(), Put::Created);
    let find = async |email: &str| {
        let query = ListQuery::new(5).of_email(tenant(1), email);
        store.list::<Customer>(tenant(1), &query, None).await.unwrap().items.len()
    };
    assert_eq!((find("ann@example.COM").await, find("bob@example.com").await), (1, 0));
    let changed = made.with_profile(profile("bob@example.com"), NOW, &"r2".into());
    assert_eq!(store.replace(tenant(1), &changed).await.unwrap(), Replaced::Done);
    assert_eq!((find("ann@example.com").await, find("bob@example.com").await), (0, 1));
    let erased = changed.erased(NOW, NOW, &"r3".into());
    assert_eq!(store.replace(tenant(1), &erased).await.unwrap(), Replaced::Done);
    assert_eq!(find("bob@example.com").await, 0);
    assert_eq!(store.list::<Customer>(tenant(1), &ListQuery::new(5), None).await.unwrap().items, []);
}

fn customer(n: u32, email: &str) -> Customer {
    let profile = Profile { email: Some(email.into()), ..Profile::default() };
    let id = CustomerId::from_bytes(bytes(n));
    Customer::create(id, FrontDoor::Charges, format!("req_{n}").as_str().into(), profile, None, NOW)
}

fn claims(email: &str) -> Ownership<'_> {
    let claim = Some(Claim { email, instead_of: None });
    Ownership { claim, release: None }
}

#[tokio::test]
async fn an_address_is_owned_by_one_customer_at_a_time() {
    let opened = open().await;
    let store = &opened.store;
    let (first, second) = (customer(1, "a@x.example"), customer(2, "A@x.example"));
    let owner = async || store.address_owner(tenant(1), "a@X.example").await.unwrap();
    assert_eq!(owner().await, None);
    let made = store.write_customer(tenant(1), &first, &claims("a@x.example")).await;
    assert_eq!(made.unwrap(), CustomerWrite::Done);
    // The SDK sends it again because the first answer was lost.
    let again = store.write_customer(tenant(1), &first, &claims("a@x.example")).await;
    assert_eq!(again.unwrap(), CustomerWrite::Done);
    // Another one with the address is told of the owner, and not made; another tenant's is another address.
    let refused = store.write_customer(tenant(1), &second, &claims("A@x.example")).await;
    let owned = CustomerWrite::OwnedBy { claimed: Some(first.id), released: None };
    assert_eq!(refused.unwrap(), owned);
    assert_eq!(store.get::<Customer>(tenant(1), &second.id.to_string()).await.unwrap(), None);
    let elsewhere = store.write_customer(tenant(2), &second, &claims("a@x.example")).await;
    assert_eq!(elsewhere.unwrap(), CustomerWrite::Done);
    let made = store.write_customer(tenant(1), &second, &Ownership::default()).await;
    assert_eq!(made.unwrap(), CustomerWrite::Done);
    assert_eq!(owner().await, Some(first.id));

    // Only its owner lets go of it, together with the change that takes the address away.
    let release = Ownership { claim: None, release: Some("a@x.example") };
    let moved = second.with_profile(Profile::default(), NOW, &"req_3".into());
    let owned = CustomerWrite::OwnedBy { claimed: None, released: Some(first.id) };
    assert_eq!(store.write_customer(tenant(1), &moved, &release).await.unwrap(), owned);
    let moved = first.with_profile(Profile::default(), NOW, &"req_4".into());
    let stale = moved.with_profile(Profile::default(), NOW, &"req_5".into());
    assert!(matches!(
        store.write_customer(tenant(1), &stale, &release).await.unwrap(),
        CustomerWrite::Refused(Some(_))
    ));
    assert_eq!(owner().await, Some(first.id));
    let written = store.write_customer(tenant(1), &moved, &release).await;
    assert_eq!(written.unwrap(), CustomerWrite::Done);
    assert_eq!(owner().await, None);

    // A wrong owner is replaced by a writer that has read who owns it.
    let claim = |instead_of| Claim { email: "a@x.example", instead_of };
    let claimed =
        |claim: Claim<'static>, id| async move { store.claim_address(tenant(1), &claim, id).await.unwrap() };
    assert_eq!(claimed(claim(None), second.id).await, None);
    assert_eq!(claimed(claim(None), second.id).await, None);
    assert_eq!(claimed(claim(None), first.id).await, Some(second.id));
    assert_eq!(claimed(claim(Some(second.id)), first.id).await, None);
    assert_eq!(owner().await, Some(first.id));
}
