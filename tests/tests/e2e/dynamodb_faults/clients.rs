//! Sixteen clients at once do whatever moves money, over every front door, while the store fails and functions are killed.
//!
//! Afterwards every item has come to its end; the ledger, the processors and what the clients were told say the same; nothing was done
//! twice; and each merchant was told each end once. Payouts are in a currency of their own, which no refund takes from: what is
//! available there is never below nothing, at whatever moment it is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tollgate_domain::{
    ContractLimit, Dispute, FrontDoor, Payment, Payout, Refund, Tenant, Tier, Transfer, payment::Status,
    refund::RefundStatus,
};
use tollgate_store::{Entity, ListQuery};
use tollgate_tests::{Cloud, Receiver, Signal, eventually, settled, signal};

use super::{
    HASTY,
    doors::{Done, Door, doors},
    processors_agree, seed, set_faults,
};
use crate::intents::{
    connected_accounts::connect,
    payouts::{bank_account, fund},
};

/// Clients at a time.
const CLIENTS: u64 = 16;
/// Operations of each client.
const OPERATIONS: u64 = 6;
/// Of a thousand calls to the store so many fail, each in one of many ways.
const PER_MILLE: u32 = 150;
/// The currency of payouts.
const PAID_OUT: &str = "chf";
/// Functions of which one is killed now and then.
const KILLED: &[&str] = &[
    "charges-create-payment",
    "charges-create-refund",
    "checkout-initialize-payment",
    "direct-create-payment",
    "direct-refund-payment",
    "simple-create-payment",
    "intents-create-payment-intent",
    "intents-capture-payment-intent",
    "intents-create-refund",
    "intents-update-dispute",
    "intents-close-dispute",
    "intents-create-payout",
    "intents-cancel-payout",
    "publish-events",
    "run-due-work",
    "find-due-work",
    "deliver-webhook",
];

/// Random numbers from a seed (`SplitMix64`), so that a run can be repeated as far as its order allows.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let length = u64::try_from(all.len()).unwrap();
        &all[usize::try_from(self.roll(length)).unwrap()]
    }
}

/// A merchant, as its clients see it.
struct Merchant {
    door: Door,
    tenant: Tenant,
    receiver: Receiver,
    /// The account of the other merchant.
    other: String,
    /// A bank account that does not take money.
    closed: Option<String>,
}

/// What all clients share.
struct World {
    cloud: Cloud,
    doors: Vec<Door>,
    merchants: [Merchant; 2],
    killed: AtomicUsize,
}

/// What a client was told that it did, by the kind of thing.
#[derive(Default)]
struct Told {
    done: Vec<Done>,
    /// Payouts that were made, by merchant.
    payouts: Vec<(usize, String)>,
    disputes: Vec<String>,
    refused: usize,
}

impl World {
    async fn open(seed: u64) -> Self {
        let cloud = Cloud::start_with_dynamodb(&format!("seed={seed},lag-ms=200"), HASTY).await;
        let demo = cloud.demo_scope();
        let partner = cloud.partner().get("/account").await.expect(200);
        let partner = partner["id"].as_str().unwrap().trim_start_matches("acct_").parse().unwrap();
        for merchant in [demo.merchant, partner] {
            let admin = cloud.admin();
            admin.set_tier(merchant, Tier::Enterprise).await.unwrap();
            for front_door in FrontDoor::ALL {
                let limit = ContractLimit { requests_per_minute: 50_000, burst: None };
                admin.set_limit(merchant, *front_door, Some(limit)).await.unwrap();
            }
            cloud.run_admin(&["set-fees", &merchant.to_string(), "--delay-days", "0"]).unwrap();
        }
        let doors = doors(&cloud);
        let intents = doors.last().unwrap();
        let (mine, theirs) = (cloud.intents(), cloud.partner());
        let account = |number: &str| {
            json!({"external_account": {"object": "bank_account", "country": "US", "currency": PAID_OUT,
                "routing_number": "110000000", "account_number": number}})
        };
        // The first one is the default.
        bank_account(&cloud, &account("000123456789")).await;
        let closed = bank_account(&cloud, &account("000111111116")).await;
        let merchant = async |door: Door, tenant, other, closed| {
            let receiver = Receiver::start(&[]);
            let hooks = json!({"url": receiver.url, "enabled_events": ["*"]});
            door.client().post("/webhook_endpoints", &hooks).await.expect(201);
            eventually("the index shows the endpoint", || async {
                let listed = door.client().get("/webhook_endpoints").await.expect(200);
                listed.to_string().contains(&receiver.url).then_some(())
            })
            .await;
            fund(door.client(), 9000, PAID_OUT).await;
            Merchant { door, tenant, receiver, other, closed }
        };
        let of_theirs = intents.with_client(theirs.clone());
        let to_theirs = connect(&mine, &theirs).await;
        let to_mine = connect(&theirs, &mine).await;
        let merchants = [
            merchant(intents.clone(), demo, to_theirs, Some(closed)).await,
            merchant(of_theirs, Tenant { merchant: partner, ..demo }, to_mine, None).await,
        ];
        Self { cloud, doors, merchants, killed: AtomicUsize::new(0) }
    }

    /// Kills a function that runs, in one of four cases.
    async fn maybe_kill(&self, dice: &mut Dice) {
        if dice.roll(4) == 0 {
            for pid in self.cloud.pids(dice.pick::<&str>(KILLED)).await {
                if signal(pid, Signal::KILL) {
                    self.killed.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// What one client does.
    async fn work(&self, client: u64, seed: u64) -> Told {
        let mut dice = Dice(seed ^ (client << 32));
        let mut told = Told::default();
        for n in 0..OPERATIONS {
            self.maybe_kill(&mut dice).await;
            let key = format!("client {client} operation {n}");
            match dice.roll(8) {
                0 | 1 => {
                    let round = usize::try_from(client * 1000 + n).unwrap();
                    told.done.push(dice.pick(&self.doors).go_through(round).await);
                }
                2 => self.refund_twice(&key, &mut dice).await,
                3 | 4 => told.disputes.push(self.dispute(&key, &mut dice).await),
                5 | 6 => self.pay_out(&key, &mut dice, &mut told).await,
                _ => self.pay_the_other(&key, &mut dice, &mut told).await,
            }
        }
        told
    }

    /// A part of an authorization is captured, and two parts of that are refunded.
    async fn refund_twice(&self, key: &str, dice: &mut Dice) {
        let door = &self.merchants[0].door;
        let held = json!({"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "capture_method": "manual",
            "confirm": true});
        let held = door.post("/payment_intents", key, held).await.answer.json();
        let captured = i64::try_from(1000 + dice.roll(4000)).unwrap();
        let capture = format!("/payment_intents/{}/capture", held["id"].as_str().unwrap());
        door.post(&capture, &format!("{key} capture"), json!({"amount_to_capture": captured})).await;
        for part in [captured / 3, captured / 2] {
            let refund = json!({"payment_intent": held["id"], "amount": part});
            door.post("/refunds", &format!("{key} refund {part}"), refund).await;
        }
    }

    /// A payment that is disputed, and what decides the dispute. Gives the dispute's id.
    async fn dispute(&self, key: &str, dice: &mut Dice) -> String {
        let door = &self.merchants[0].door;
        let body = json!({"amount": 2000, "currency": "eur", "payment_method": "pm_card_createDispute", "confirm": true});
        let paid = door.post("/payment_intents", key, body).await.answer.json();
        let list = format!("/disputes?payment_intent={}", paid["id"].as_str().unwrap());
        let dispute = eventually("the dispute is opened", || async {
            door.get(&list).await["data"].get(0).map(|one| one["id"].as_str().unwrap().to_owned())
        })
        .await;
        let answer = |text: &str| json!({"evidence": {"uncategorized_text": text}});
        let (path, body) = match dice.roll(3) {
            0 => (format!("/disputes/{dispute}/close"), json!({})),
            1 => (format!("/disputes/{dispute}"), answer("winning_evidence")),
            _ => (format!("/disputes/{dispute}"), answer("losing_evidence")),
        };
        door.post(&path, &format!("{key} answer"), body).await;
        dispute
    }

    /// A payout to a bank account that takes it or not, some of which are canceled.
    async fn pay_out(&self, key: &str, dice: &mut Dice, told: &mut Told) {
        let who = usize::try_from(dice.roll(2)).unwrap();
        let merchant = &self.merchants[who];
        let mut body = json!({"amount": 500 + dice.roll(2000), "currency": PAID_OUT});
        if let (Some(closed), 0) = (&merchant.closed, dice.roll(3)) {
            body["destination"] = json!(closed);
        }
        let Some(payout) = self.try_payout(who, key, body, told).await else { return };
        if dice.roll(3) == 0 {
            let path = format!("/payouts/{payout}/cancel");
            // It may be on its way already.
            let canceled = merchant.door.answered(&path, &format!("{key} cancel"), &json!({})).await;
            assert!([200, 400].contains(&canceled.status.as_u16()), "{}", canceled.text);
        }
    }

    /// A payout to the other merchant.
    async fn pay_the_other(&self, key: &str, dice: &mut Dice, told: &mut Told) {
        let who = usize::try_from(dice.roll(2)).unwrap();
        let to = &self.merchants[who].other;
        let body = json!({"amount": 500 + dice.roll(2000), "currency": PAID_OUT, "destination": to});
        self.try_payout(who, key, body, told).await;
    }

    /// Creates a payout, if there is enough money.
    async fn try_payout(&self, who: usize, key: &str, body: Value, told: &mut Told) -> Option<String> {
        let answer = self.merchants[who].door.answered("/payouts", key, &body).await;
        if !answer.status.is_success() {
            assert_eq!(answer.json()["error"]["code"], "balance_insufficient", "{}", answer.text);
            told.refused += 1;
            return None;
        }
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        told.payouts.push((who, id.clone()));
        Some(id)
    }

    async fn all<E: Entity>(&self, tenant: Tenant) -> Vec<E> {
        self.cloud.store().list::<E>(tenant, &ListQuery::new(1000), None).await.unwrap().items
    }

    /// What is available to be paid out is never below nothing, until `over`.
    async fn watch(&self, over: &AtomicBool) -> usize {
        let store = self.cloud.store();
        let mut looks = 0;
        while !over.load(Ordering::Relaxed) {
            for merchant in &self.merchants {
                for balance in store.balances(merchant.tenant).await.unwrap() {
                    if balance.currency.code().eq_ignore_ascii_case(PAID_OUT) {
                        assert!(balance.accounts.available >= 0, "{balance:?}");
                        looks += 1;
                    }
                }
            }
        }
        looks
    }

    /// Everything has come to an end.
    async fn come_to_rest(&self) {
        for tenant in self.merchants.each_ref().map(|merchant| merchant.tenant) {
            eventually("everything has ended", || async {
                let payments = self.all::<Payment>(tenant).await;
                let refunds = self.all::<Refund>(tenant).await;
                let disputes = self.all::<Dispute>(tenant).await;
                let payouts = self.all::<Payout>(tenant).await;
                let is_at_rest = payments
                    .iter()
                    .all(|paid| matches!(paid.state.status, Status::Succeeded | Status::Canceled))
                    && refunds.iter().all(|refund| refund.status != RefundStatus::Pending)
                    && disputes.iter().all(|dispute| dispute.status.is_decided())
                    && payouts.iter().all(|payout| payout.status.is_settled());
                is_at_rest.then_some(())
            })
            .await;
        }
    }

    /// What is stored is what the clients were told, and nothing else.
    async fn compare_with_clients(&self, told: &[Told]) {
        for (who, merchant) in self.merchants.iter().enumerate() {
            let stored = self.all::<Payout>(merchant.tenant).await;
            let stored: BTreeSet<String> = stored.iter().map(|one| one.id.to_prefixed("po_")).collect();
            let made = told.iter().flat_map(|told| &told.payouts).filter(|(of, _)| *of == who);
            assert_eq!(stored, made.map(|(_, id)| id.clone()).collect());
        }
        let stored = self.all::<Dispute>(self.merchants[0].tenant).await;
        let stored: BTreeSet<String> = stored.iter().map(|one| one.id.to_prefixed("dp_")).collect();
        assert_eq!(stored, told.iter().flat_map(|told| told.disputes.clone()).collect());
    }

    /// The ledgers of both merchants, by both checks.
    async fn compare_ledgers(&self) {
        super::balances_agree(&self.cloud).await;
        for merchant in &self.merchants {
            let check = self.cloud.check_ledger(merchant.tenant).await;
            assert!(check.suspected.is_empty() && check.confirmed.is_empty(), "{check:?}");
            for balance in self.cloud.store().balances(merchant.tenant).await.unwrap() {
                assert_eq!((balance.accounts.in_transit, balance.accounts.disputed), (0, 0), "{balance:?}");
            }
        }
        // What one merchant got, the other one paid.
        let [mine, theirs] = &self.merchants;
        for (payer, receiver) in [(mine, theirs), (theirs, mine)] {
            let paid = self.all::<Payout>(payer.tenant).await;
            let paid = paid.iter().filter(|payout| payout.destination.account().is_some());
            let mut paid: Vec<_> = paid.map(|payout| (payout.id.to_string(), payout.amount)).collect();
            let got = self.all::<Transfer>(receiver.tenant).await;
            let mut got: Vec<_> = got.iter().map(|one| (one.payout.to_string(), one.amount)).collect();
            paid.sort_by(|left, right| left.0.cmp(&right.0));
            got.sort_by(|left, right| left.0.cmp(&right.0));
            assert_eq!(paid, got);
        }
    }

    /// Each merchant was told each end, as one event, however often it was delivered.
    async fn compare_events(&self) {
        for merchant in &self.merchants {
            let mut ends: BTreeSet<(String, String)> = BTreeSet::new();
            for paid in self.all::<Payment>(merchant.tenant).await {
                let end = if paid.state.status == Status::Succeeded { "succeeded" } else { "canceled" };
                ends.insert((format!("payment_intent.{end}"), paid.id.to_prefixed("pi_")));
            }
            for refund in self.all::<Refund>(merchant.tenant).await {
                let end = if refund.status == RefundStatus::Succeeded { "updated" } else { "failed" };
                ends.insert((format!("refund.{end}"), refund.id.to_prefixed("re_")));
            }
            for dispute in self.all::<Dispute>(merchant.tenant).await {
                ends.insert(("charge.dispute.closed".to_owned(), dispute.id.to_prefixed("dp_")));
            }
            for payout in self.all::<Payout>(merchant.tenant).await {
                ends.insert((format!("payout.{}", payout.status.as_str()), payout.id.to_prefixed("po_")));
            }
            for transfer in self.all::<Transfer>(merchant.tenant).await {
                ends.insert(("transfer.created".to_owned(), transfer.id.to_prefixed("tr_")));
            }
            let untold = settled(async || {
                let heard = heard(&merchant.receiver);
                let untold: Vec<_> = ends.iter().filter(|end| !heard.contains_key(end)).collect();
                if untold.is_empty() { Ok(()) } else { Err(format!("{untold:?}")) }
            });
            assert_eq!(untold.await.err(), None);
            for (end, events) in heard(&merchant.receiver) {
                let is_end = ends.contains(&end);
                assert!(!is_end || events.len() == 1, "{end:?}: {events:?}");
            }
        }
    }
}

/// The ids of the events that a receiver got, by type and object.
fn heard(receiver: &Receiver) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut heard: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for event in receiver.received().iter().map(tollgate_tests::Webhook::json) {
        let about = (text(&event["type"]), text(&event["data"]["object"]["id"]));
        heard.entry(about).or_default().insert(text(&event["id"]));
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_clients_do_everything_at_once_and_the_books_agree() {
    let seed = seed();
    println!("TOLLGATE_FAULTS_SEED={seed}");
    let world = Arc::new(World::open(seed).await);
    set_faults(&world.cloud, PER_MILLE, seed).await;
    let over = Arc::new(AtomicBool::new(false));
    let watched = tokio::spawn({
        let (world, over) = (world.clone(), over.clone());
        async move { world.watch(&over).await }
    });
    let told: Vec<Told> = join_all((0..CLIENTS).map(|client| world.work(client, seed))).await;
    set_faults(&world.cloud, 0, seed).await;
    world.come_to_rest().await;
    over.store(true, Ordering::Relaxed);
    let looks = watched.await.unwrap();
    let count = |of: fn(&Told) -> usize| told.iter().map(of).sum::<usize>();
    println!(
        "{} ways through front doors, {} disputes, {} payouts and {} refused, {} functions killed, {looks} looks",
        count(|told| told.done.len()),
        count(|told| told.disputes.len()),
        count(|told| told.payouts.len()),
        count(|told| told.refused),
        world.killed.load(Ordering::Relaxed),
    );
    assert!(world.killed.load(Ordering::Relaxed) > 0 && count(|told| told.refused) > 0 && looks > 10);

    world.compare_with_clients(&told).await;
    world.compare_ledgers().await;
    let done: Vec<Done> = told.into_iter().flat_map(|told| told.done).collect();
    processors_agree(&world.cloud, &done).await;
    world.compare_events().await;
    for done in &done {
        done.repeat().await;
    }
}
