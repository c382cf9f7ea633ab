//! Payouts and bank accounts.

use tollgate_domain::payout::{PayoutFailure, PayoutOutcome};

use super::{
    super::{
        bank_accounts::{account, make_two, registers},
        payouts::{booked, create, ended, euro, fund, give, payout, sent, share},
        *,
    },
    scenario::{Effect, Scenario, scenario},
};

async fn make_sent(store: &Writer) {
    fund(store).await;
    assert_eq!(create(store, &payout(1, 600)).await, tollgate_store::PayoutPut::Created);
    assert_eq!(store.replace(tenant(1), &sent(&payout(1, 600))).await.unwrap(), Replaced::Done);
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("payable_funds", |store| make_sent(&store).await, |store| async move {
            store.payable_funds(tenant(1), euro()).await
        }),
        scenario!("filed_payouts", |store| make_sent(&store).await, |store| async move {
            store.filed_payouts(None, 10).await
        }),
        scenario!("create_payout", |store| fund(&store).await, |store| async move {
            let payout = payout(1, 600);
            let funds = tollgate_store::PayableFunds { available: 941, payouts_version: 0 };
            store.create_payout(tenant(1), &payout, &booked(&payout)[0], funds).await
        }),
        scenario!("create_payout_to_merchant", |store| fund(&store).await, |store| async move {
            let funds = tollgate_store::PayableFunds { available: 941, payouts_version: 0 };
            give(&store, &share(1, 600), funds).await
        }),
        scenario!("settle_payout", |store| make_sent(&store).await, |store| async move {
            let failed = PayoutOutcome::Failed(PayoutFailure::NoAccount);
            let failed = ended(&sent(&payout(1, 600)), failed);
            store.settle_payout(tenant(1), &failed, &booked(&failed)).await
        }),
        scenario!("write_bank_accounts", |store| make_two(&store).await, |store| async move {
            let (_, register) = registers();
            let third = account(3, false);
            let (next, _) = register.with(third.id, euro(), false).unwrap();
            store.write_bank_accounts(tenant(1), &next, &[&third]).await
        }),
    ]
}
