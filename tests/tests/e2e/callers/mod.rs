//! Permissions: every route of the templates against every kind of caller, within and over the rate limit, with a first request
//! and with a retry of a permitted caller's request. A caller without permission gets the documented status, and no byte of
//! what is protected.

mod pages;
pub(crate) mod table;
pub(crate) mod world;

use std::{collections::BTreeSet, sync::Arc};

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{ContractLimit, FrontDoor, KeyKind, Mode, Permission, RequestRef, Tier, Timestamp};
use tollgate_gateway::{Clock, Gateway, Links, NewKey, OsEntropy, SystemClock};
use tollgate_tests::{Answer, Client, Cloud, DEADLINE};

use self::{
    table::{Access, ROWS, Row},
    world::{fund, make, marks},
};

#[test]
fn every_route_of_the_templates_has_a_row() {
    let cloud = crate::budgets::templates();
    let routes = cloud.apis.iter().flat_map(|api| &api.routes);
    let routed: BTreeSet<&str> = routes.map(|route| route.function.as_str()).collect();
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.function).collect();
    assert_eq!(rows.len(), ROWS.len(), "a route has two rows");
    assert_eq!(routed, rows);
}

/// A caller.
struct Caller {
    what: &'static str,
    /// The id of the merchant it says it is of, where a front door asks for that.
    merchant: String,
    key: Option<String>,
}

/// Whether a row names the merchant's account, and nothing in it.
fn names_only_the_account(row: &Row) -> bool {
    row.path.contains("<account>") && row.path.matches('<').count() == 1
}

/// What a caller is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    /// This status.
    Status(u16),
    /// A status below 500, and nothing of another caller's.
    OnlyItsOwn,
    /// That there is no such thing, or that the request is wrong.
    NoSuchThing,
    /// What a caller who may is told, unless it is over its rate limit and asks for something new.
    Allowed,
    /// Not asked.
    Anything,
}

/// The callers of one cloud.
struct Callers {
    good: Caller,
    good_over: Caller,
    nobody: Vec<Caller>,
    publishable: [Caller; 2],
    /// Keys with every scope but one.
    without: Vec<(Permission, [Caller; 2])>,
    strangers: Vec<Caller>,
    tokens: Tokens,
}

/// Access tokens, which every front door takes that takes bearer tokens.
struct Tokens {
    good: Caller,
    without_payments: Caller,
    revoked: Caller,
    expired: Caller,
}

async fn access_token(cloud: &Cloud, merchant: &str, key: &str) -> String {
    let body = json!({"client_id": merchant, "client_secret": key});
    let token = cloud.client("direct").post("/auth/token", &body).await.expect(200);
    token["access_token"].as_str().unwrap().to_owned()
}

/// An access token that was made with a key two hours ago.
async fn expired_token(cloud: &Cloud, key: &str) -> String {
    struct TwoHoursAgo;

    impl Clock for TwoHoursAgo {
        fn now(&self) -> Timestamp {
            SystemClock.now().plus_ms(-2 * 60 * 60 * 1000)
        }
    }

    let secret = cloud.secrets().get("LinkSecret").await.unwrap();
    let links = Links::new(&cloud.local("/pages"), secret.as_bytes());
    let (clock, entropy) = (Arc::new(TwoHoursAgo), Arc::new(OsEntropy));
    let gateway = Gateway::new(cloud.store(), Some(links), clock, entropy);
    let credentials = Some(key.to_owned().into());
    let call = gateway.begin(FrontDoor::Direct, RequestRef::default(), credentials, None, false);
    call.issue_access_token().await.unwrap()
}

/// Every scope but one, and but the one that has it in it.
pub(crate) fn all_but(needed: Permission) -> Vec<Permission> {
    let lacks = |p: &Permission| *p != needed && Some(*p) != needed.is_in();
    Permission::ALL.iter().copied().filter(lacks).collect()
}

/// Keys of the demo merchant with every scope but one, fresh and over their rate limits.
async fn without_a_scope(cloud: &Cloud) -> Vec<(Permission, [Caller; 2])> {
    let demo = cloud.demo_scope().merchant.to_string();
    let mut without = Vec::new();
    for needed in Permission::ALL {
        let others = all_but(*needed);
        let fresh = cloud.demo_key(Mode::Test, KeyKind::Secret, &others).await;
        let over = cloud.demo_key(Mode::Test, KeyKind::Secret, &others).await;
        cloud.use_up_key(&over).await;
        let caller = |what, key| Caller { what, merchant: demo.clone(), key: Some(key) };
        without.push((*needed, [caller("restricted", fresh), caller("restricted, over", over)]));
    }
    without
}

/// Another merchant with every scope.
async fn stranger(cloud: &Cloud) -> Caller {
    let admin = cloud.admin();
    let merchant = admin.create_merchant("Another", Tier::Growth).await.unwrap().id;
    let scopes = Permission::ALL.to_vec();
    let new = NewKey { merchant, mode: Mode::Test, kind: KeyKind::Secret, scopes };
    let key = admin.create_key(new).await.unwrap().secret;
    Caller { what: "another merchant", merchant: merchant.to_string(), key: Some(key) }
}

impl Callers {
    async fn of(cloud: &Cloud) -> Self {
        let tenant = cloud.demo_scope();
        let admin = cloud.admin();
        // As often as it takes: what the limits do is tried with keys that have used them up.
        admin.set_tier(tenant.merchant, Tier::Enterprise).await.unwrap();
        for front_door in FrontDoor::ALL {
            let limit = ContractLimit { requests_per_minute: 50_000, burst: None };
            admin.set_limit(tenant.merchant, *front_door, Some(limit)).await.unwrap();
        }
        let demo = tenant.merchant.to_string();
        let caller = |what, key: &str| Caller { what, merchant: demo.clone(), key: Some(key.to_owned()) };
        let secret = |scopes: Vec<Permission>| {
            let cloud = &cloud;
            async move { cloud.demo_key(Mode::Test, KeyKind::Secret, &scopes).await }
        };
        let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
        let publishable_over = cloud.demo_key(Mode::Test, KeyKind::Publishable, &[]).await;
        cloud.use_up_key(&publishable_over).await;
        let good_over = secret(Permission::ALL.to_vec()).await;
        cloud.use_up_key(&good_over).await;
        let expired = secret(Permission::ALL.to_vec()).await;
        expire(cloud, &expired).await;
        let doomed = secret(Permission::ALL.to_vec()).await;
        let revoked_token = access_token(cloud, &demo, &doomed).await;
        admin.revoke_key_text(&doomed).await.unwrap();
        let no_payments = [Permission::CustomersRead, Permission::KeysRead];
        let restricted = secret(no_payments.to_vec()).await;
        let restricted_token = access_token(cloud, &demo, &restricted).await;
        let live = cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await;
        let unheard = json!({"amount": 100, "currency": "eur"});
        let intent = cloud.intents().post("/payment_intents", &unheard).await.expect(201);
        Self {
            good: caller("good", &cloud.key()),
            good_over: caller("good, over", &good_over),
            nobody: vec![
                Caller { key: None, ..caller("nobody", "") },
                caller("garbage", "sk_test_garbage\"<>%"),
                caller("expired", &expired),
                caller("revoked", &doomed),
                // A payer's page has it, and it opens one payment, not the door.
                caller("client secret", intent["client_secret"].as_str().unwrap()),
            ],
            publishable: [caller("publishable", publishable), caller("publishable, over", &publishable_over)],
            without: without_a_scope(cloud).await,
            strangers: vec![stranger(cloud).await, caller("the other mode", &live)],
            tokens: Tokens {
                good: caller("token", &access_token(cloud, &demo, &cloud.key()).await),
                without_payments: caller("restricted token", &restricted_token),
                revoked: caller("revoked token", &revoked_token),
                expired: caller("expired token", &expired_token(cloud, &cloud.key()).await),
            },
        }
    }

    /// Callers without permission, and what each is told.
    fn refused(&self, row: &Row) -> Vec<(&Caller, Told)> {
        let mut refused = Vec::new();
        for caller in &self.nobody {
            let told = match (row.function, caller.key.is_some()) {
                // Its credentials are fields of the body, and one of them is missing.
                ("direct-issue-token", false) => Told::Status(400),
                _ => Told::Status(401),
            };
            refused.push((caller, told));
        }
        for caller in &self.publishable {
            let told = match row.access {
                _ if !matches!(row.access, Access::ScopeOrPage(_)) => Told::Status(403),
                // A payer's page shows what it holds: the client secret, which is not sent here.
                _ if row.names_something() => Told::NoSuchThing,
                _ => Told::Allowed,
            };
            refused.push((caller, told));
        }
        for (needed, callers) in &self.without {
            if row.needs() == Some(*needed) {
                refused.extend(callers.iter().map(|caller| (caller, Told::Status(403))));
            }
        }
        for caller in &self.strangers {
            let told = if row.function == "intents-retrieve-account" && caller.merchant == self.good.merchant
            {
                // Both modes are of one account.
                Told::Anything
            } else if names_only_the_account(row) && caller.merchant == self.good.merchant {
                // Each mode has its own bank accounts.
                Told::OnlyItsOwn
            } else if row.names_something() && !row.path.contains("?payment_id") {
                Told::NoSuchThing
            } else {
                Told::OnlyItsOwn
            };
            refused.push((caller, told));
        }
        // `checkout` takes no tokens, and a token is no secret of a client's.
        if row.api() != "checkout" && row.function != "direct-issue-token" {
            refused.push((&self.tokens.revoked, Told::Status(401)));
            refused.push((&self.tokens.expired, Told::Status(401)));
            if is_about_payments(row) {
                refused.push((&self.tokens.without_payments, Told::Status(403)));
            }
            if row.function.ends_with("-api-key") && row.method() == Method::POST {
                refused.push((&self.tokens.good, Told::Status(403)));
            }
        }
        refused
    }
}

/// The account that the table's request for consent names. There is no such merchant.
const NOBODYS_ACCOUNT: &str = "acct_1111111111111111111111";

/// Ends a key an hour ago.
async fn expire(cloud: &Cloud, key: &str) {
    let store = cloud.store();
    let hash = tollgate_store::KeyHash::of(key);
    let found = store.key_of_hash(&hash).await.unwrap().unwrap();
    let end = Timestamp::from_s(found.created.s() - 3600);
    let before = end.plus_ms(-1);
    let changed = store.expire_key(&hash, &found, end, before).await.unwrap();
    assert_eq!(changed, tollgate_store::Changed::Done);
}

/// A row with the things that it names.
struct Request<'a> {
    row: &'a Row,
    path: String,
    body: String,
    protected: Vec<String>,
}

impl<'a> Request<'a> {
    async fn prepare(cloud: &Cloud, row: &'a Row) -> Self {
        let (mut path, mut body) = (row.path.to_owned(), row.body.to_owned());
        let mut protected = Vec::new();
        let whole = format!("{path}{body}");
        let names = whole.split('<').skip(1).map(|rest| rest.split('>').next().unwrap());
        for name in names.collect::<BTreeSet<_>>() {
            let (id, said) = make(cloud, row.api(), name).await;
            path = path.replace(&format!("<{name}>"), &id);
            body = body.replace(&format!("<{name}>"), &id);
            for value in &said {
                marks(value, &mut protected);
            }
        }
        Self { row, path, body, protected }
    }

    async fn send(&self, cloud: &Cloud, caller: &Caller, idempotency_key: &str) -> Answer {
        let mut client = Client::new(cloud.api(self.row.api()), caller.key.as_deref().unwrap_or_default());
        if self.row.api() == "checkout" {
            client = client.with_account(&caller.merchant);
        }
        let mut body = self.body.clone();
        let mut request = client.request(self.row.method(), &self.path);
        if caller.key.is_none() {
            let url = format!("{}{}", cloud.api(self.row.api()), self.path);
            request = reqwest::Client::new().request(self.row.method(), url);
        }
        if let ("direct-issue-token", Some(key)) = (self.row.function, &caller.key) {
            body = json!({"client_id": caller.merchant, "client_secret": key}).to_string();
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body);
        }
        request = request.header("idempotency-key", idempotency_key);
        Client::send(request.timeout(DEADLINE)).await
    }

    /// Checks that a caller is told what it should be and shown nothing.
    fn check(&self, caller: &Caller, answer: &Answer, told: Told, when: &str) {
        let status = answer.status.as_u16();
        let at = format!("{} for {} ({when}): {status} {}", self.row.function, caller.what, answer.text);
        match told {
            Told::Status(expected) => assert_eq!(status, expected, "{at}"),
            Told::OnlyItsOwn => assert!(status < 500, "{at}"),
            Told::NoSuchThing => assert!((400..500).contains(&status), "{at}"),
            Told::Allowed if caller.what.ends_with(", over") && when.starts_with("first") => {
                assert_eq!(status, 429, "{at}");
            }
            Told::Allowed => {
                assert_eq!(status, self.row.status, "{at}");
                return;
            }
            Told::Anything => return,
        }
        if matches!(told, Told::Status(_)) {
            assert_eq!(answer.header("idempotent-replayed"), "", "{at}");
        }
        let location = answer.header("location");
        for protected in &self.protected {
            let path = format!("/v2{}", self.path);
            let sent = path.contains(protected) || self.body.contains(protected);
            let shown = answer.text.contains(protected) || location.contains(protected);
            assert!(sent || !shown, "{at} shows {protected}");
        }
    }
}

async fn holds(cloud: &Cloud, callers: &Callers, row: &Row) {
    let mut request = Request::prepare(cloud, row).await;
    let refused = callers.refused(row);
    // Before a permitted caller has used what is named.
    for (caller, told) in &refused {
        let answer = request.send(cloud, caller, caller.what).await;
        request.check(caller, &answer, *told, "first request");
    }
    let first = request.send(cloud, &callers.good, "known").await;
    assert_eq!(first.status.as_u16(), row.status, "{}: {}", row.function, first.text);
    if let Ok(said) = serde_json::from_str::<Value>(&first.text) {
        marks(&said, &mut request.protected);
        // Every caller asks it for its consent.
        request.protected.retain(|said| said != NOBODYS_ACCOUNT);
    }
    for (caller, told) in &refused {
        let answer = request.send(cloud, caller, "known").await;
        request.check(caller, &answer, *told, "retry");
    }
    // Where a merchant's keys share a window, it is used up for all of them.
    let shares = matches!(row.api(), "direct" | "checkout");
    if shares {
        cloud.use_up_tenant(cloud.demo_scope()).await;
        for (caller, told) in &refused {
            if callers.strangers.iter().any(|stranger| std::ptr::eq(stranger, *caller)) {
                continue;
            }
            for (key, when) in [(caller.what, "first request, over"), ("known", "retry, over")] {
                let answer = request.send(cloud, caller, key).await;
                request.check(caller, &answer, *told, when);
            }
        }
    }
    // Who may is told that it is too often, and is given again what it was given before.
    let again = request.send(cloud, &callers.good_over, "known").await;
    let expected = if row.replays { row.status } else { 429 };
    assert_eq!(again.status.as_u16(), expected, "{}: {}", row.function, again.text);
    if row.replays {
        assert_eq!(again.header("idempotent-replayed"), "true", "{}", row.function);
    }
    // An order's number is its idempotency key.
    if !row.body.contains("<order>") {
        let another = request.send(cloud, &callers.good_over, "another").await;
        let told = another.status.as_u16();
        assert_eq!(told, 429, "{}: {}", row.function, another.text);
    }
    if shares {
        cloud.rest_tenant(cloud.demo_scope()).await;
    }
}

async fn all_hold(api: &str, is_mine: impl Fn(&Row) -> bool) {
    let cloud = Cloud::start().await;
    let callers = Callers::of(&cloud).await;
    if api == "intents" {
        fund(&cloud).await;
    }
    let is_asked = |row: &&Row| row.api() == api && row.asks_for_a_key() && is_mine(row);
    let mine: Vec<_> = ROWS.iter().filter(is_asked).collect();
    assert!(!mine.is_empty());
    for row in mine {
        holds(&cloud, &callers, row).await;
        // A token is as good as its key.
        if row.method() == Method::GET && api != "checkout" {
            let request = Request::prepare(&cloud, row).await;
            let answer = request.send(&cloud, &callers.tokens.good, "t").await;
            assert_eq!(answer.status.as_u16(), row.status, "{}: {}", row.function, answer.text);
        }
    }
}

#[tokio::test]
async fn charges_tells_everybody_what_is_theirs() {
    all_hold("charges", |_| true).await;
}

#[tokio::test]
async fn direct_tells_everybody_what_is_theirs() {
    all_hold("direct", |_| true).await;
}

#[tokio::test]
async fn simple_tells_everybody_what_is_theirs() {
    all_hold("simple", |_| true).await;
}

#[tokio::test]
async fn checkout_tells_everybody_what_is_theirs() {
    all_hold("checkout", |_| true).await;
}

#[tokio::test]
async fn intents_tells_everybody_what_is_theirs_of_payments() {
    all_hold("intents", is_about_payments).await;
}

#[tokio::test]
async fn intents_tells_everybody_what_is_theirs_of_everything_else() {
    all_hold("intents", |row| !is_about_payments(row)).await;
}

fn is_about_payments(row: &Row) -> bool {
    matches!(row.needs(), Some(Permission::PaymentsRead | Permission::PaymentsWrite))
}
