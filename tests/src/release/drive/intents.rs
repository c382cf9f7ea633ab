//! What only `intents` has.

use serde_json::{Value, json};
use tollgate_domain::Payout;

use super::{Drive, id, made, once};
use crate::{Client, Cloud, eventually, release::scan};

/// Intents in every state, by a name and by what they are made with.
fn kinds(customer: &Value, method: &Value) -> [(&'static str, Value); 7] {
    let manual = json!({"payment_method": "pm_card_visa", "capture_method": "manual", "confirm": true});
    [
        ("empty", json!({})),
        ("given", json!({"payment_method": "pm_card_visa", "description": "x", "metadata": {"a": "b"}})),
        ("paid", json!({"payment_method": method["id"], "customer": customer["id"], "confirm": true})),
        ("reserved", manual.clone()),
        ("captured", manual),
        ("canceled", json!({})),
        ("challenged", json!({"payment_method": "pm_card_threeDSecure2Required", "confirm": true})),
    ]
}

impl Drive {
    pub(super) async fn use_intents(&mut self, cloud: &Cloud) {
        let intents = cloud.intents();
        let post = async |path: &str, body: Value| made(&intents.post(path, &body).await);
        let customer =
            post("/customers", json!({"email": "ida@example.com", "name": "Ida", "phone": "+15551234567"}))
                .await;
        let card = json!({"type": "card", "billing_details": {"name": "Ida", "email": "ida@example.com"},
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2035, "cvc": "123"}});
        let method = post("/payment_methods", card).await;
        let of_method = format!("/payment_methods/{}", id(&method));
        let to_customer = json!({"customer": customer["id"]});
        once(
            &self.retries,
            ("intents", &intents),
            &format!("{of_method}/attach"),
            "release-attach",
            &to_customer,
        )
        .await;
        let detached = post("/payment_methods/pm_card_mastercard/attach", to_customer.clone()).await;
        let of_detached = format!("/payment_methods/{}", id(&detached));
        post(&format!("{of_detached}/detach"), json!({})).await;
        self.open["payment_method"] = method["id"].clone();
        self.open["intents_customer"] = customer["id"].clone();
        for path in [&of_method, &of_detached] {
            self.read("intents", path.clone());
        }
        self.read("intents", format!("/payment_methods?customer={}", id(&customer)));
        self.read("intents", format!("/customers/{}/payment_methods", id(&customer)));
        self.read("intents", format!("/customers/{}", id(&customer)));

        self.make_intents(cloud, &customer, &method).await;
    }

    /// Disputes in every state that lasts.
    pub(super) async fn dispute(&mut self, cloud: &Cloud) {
        let intents = cloud.intents();
        let says = |text: &str| json!({"evidence": {"uncategorized_text": text, "customer_name": "Ida"}});
        for (card, change, status) in [
            ("createDispute", None, "needs_response"),
            ("createDispute", Some(says("It was delivered.")), "under_review"),
            ("createDispute", Some(says("winning_evidence")), "won"),
            ("createDisputeProductNotReceived", Some(says("losing_evidence")), "lost"),
            ("createDisputeInquiry", None, "warning_needs_response"),
            ("createDisputeInquiry", Some(says("It was delivered.")), "warning_under_review"),
            ("createIssuerFraudRecord", Some(says("winning_evidence")), "warning_closed"),
            ("createIssuerFraudRecord", Some(says("escalate_inquiry_evidence")), "needs_response"),
            ("createMultipleDisputes", None, "needs_response"),
        ] {
            let body = json!({"amount": 1900, "currency": "eur", "payment_method": format!("pm_card_{card}"),
                "confirm": true});
            let intent = made(&intents.post("/payment_intents", &body).await);
            let of_intent = format!("/disputes?payment_intent={}", id(&intent));
            let disputes = intents.get(&of_intent).await.expect(200);
            let path = format!("/disputes/{}", id(&disputes["data"][0]));
            if let Some(change) = change {
                made(&intents.post_once(&path, "release-dispute", &change).await);
            }
            super::becomes(&intents, &path, status).await;
            self.read("intents", path);
            self.read("intents", of_intent);
        }
        self.read("intents", "/disputes");
    }

    /// A connected account, a payout to it, one of it, and settings of the balance.
    pub(super) async fn connect(&mut self, cloud: &Cloud) {
        let (intents, partner) = (cloud.intents(), cloud.partner());
        let own = id(&intents.get("/account").await.expect(200));
        let other = id(&partner.get("/account").await.expect(200));
        for (payer, to, payers) in [(&intents, &other, &own), (&partner, &own, &other)] {
            made(&payer.post_once("/accounts", "release-account", &json!({"account": to})).await);
            let receiver = if payers == &own { &partner } else { &intents };
            made(&receiver.post(&format!("/accounts/{payers}/accept"), &json!({})).await);
            let body = json!({"amount": 5000, "currency": "usd", "payment_method": "pm_card_bypassPending", "confirm": true});
            made(&payer.post("/payment_intents", &body).await);
            let body = json!({"amount": 1000, "currency": "usd", "destination": to, "description": "Share"});
            made(&payer.post_once("/payouts", "release-share", &body).await);
        }
        let weekly = json!({"interval": "weekly", "weekly_payout_days": ["monday"]});
        let settings = json!({"payments": {"payouts": {"schedule": weekly}}});
        made(&intents.post_once("/balance_settings", "release-settings", &settings).await);
        self.read("intents", "/accounts");
        self.read("intents", format!("/accounts/{other}"));
        self.read("intents", "/transfers");
        self.read("intents", "/balance_settings");
    }

    /// Products, and prices of every form.
    pub(super) async fn sell(&mut self, cloud: &Cloud) {
        let intents = cloud.intents();
        let font = made(&intents.post_once("/products", "release-product", &json!({"name": "Font"})).await);
        let of = format!("/products/{}", id(&font));
        let tiers = json!({"currency": "eur", "product": font["id"], "billing_scheme": "tiered",
            "tiers_mode": "graduated", "recurring": {"interval": "month"}, "lookup_key": "release",
            "tiers": [{"up_to": 5, "unit_amount": 700}, {"up_to": "inf", "unit_amount_decimal": "0.5"}]});
        let tiered = made(&intents.post_once("/prices", "release-price", &tiers).await);
        let packages = json!({"currency": "usd", "product": font["id"], "unit_amount_decimal": "0.05",
            "transform_quantity": {"divide_by": 10, "round": "up"},
            "currency_options": {"eur": {"unit_amount": 5}}});
        let packaged = made(&intents.post("/prices", &packages).await);
        made(&intents.post(&of, &json!({"default_price": packaged["id"], "description": "A serif"})).await);
        let gone = made(&intents.post("/products", &json!({"name": "Unsold"})).await);
        made(&intents.delete(&format!("/products/{}", id(&gone))).await);
        self.read("intents", of);
        self.read("intents", "/products");
        self.read("intents", format!("/prices/{}?expand[]=tiers", id(&tiered)));
        self.read("intents", "/prices?lookup_keys[]=release");
    }

    /// Payouts in every state that lasts, and bank accounts.
    pub(super) async fn pay_out(&mut self, cloud: &Cloud) {
        let intents = cloud.intents();
        let account = intents.get("/account").await.expect(200);
        let accounts = format!("/accounts/{}/external_accounts", id(&account));
        let body = json!({"amount": 90_000, "currency": "usd", "payment_method": "pm_card_bypassPending", "confirm": true});
        made(&intents.post("/payment_intents", &body).await);
        let token = json!({"external_account": "btok_us_verified"});
        let good = made(&intents.post_once(&accounts, "release-account", &token).await);
        let token = json!({"external_account": "btok_us_verified_noAccount"});
        let failing = made(&intents.post(&accounts, &token).await);
        let gone = made(&intents.post(&accounts, &json!({"external_account": "btok_us_verified"})).await);
        made(&intents.delete(&format!("{accounts}/{}", id(&gone))).await);
        for (to, key, status) in
            [(&good, "paid", "paid"), (&failing, "failing", "failed"), (&good, "canceled", "canceled")]
        {
            let body =
                json!({"amount": 1000, "currency": "usd", "destination": to["id"], "metadata": {"a": key}});
            let payout = made(&intents.post_once("/payouts", &format!("release-{key}"), &body).await);
            let path = format!("/payouts/{}", id(&payout));
            if status == "canceled" {
                made(&intents.post(&format!("{path}/cancel"), &json!({})).await);
            }
            // It takes ten seconds: asked through the API, that would be more requests than the key may make.
            let stored = id(&payout).trim_start_matches("po_").to_owned();
            eventually(&format!("{path} is {status}"), || async {
                let payout: Option<Payout> = cloud.store().get(cloud.demo_scope(), &stored).await.unwrap();
                (payout?.status.as_str() == status).then_some(())
            })
            .await;
            self.read("intents", path);
        }
        self.read("intents", "/payouts");
        self.read("intents", format!("{accounts}/{}", id(&good)));
        self.read("intents", accounts);
    }

    /// An intent in every state that lasts.
    async fn make_intents(&mut self, cloud: &Cloud, customer: &Value, method: &Value) {
        let intents = cloud.intents();
        let post = async |path: &str, body: Value| made(&intents.post(path, &body).await);
        let intent = |changes: Value| {
            let mut body = json!({"amount": 1900, "currency": "eur"});
            body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            body
        };
        for (name, changes) in kinds(customer, method) {
            let intent = once(
                &self.retries,
                ("intents", &intents),
                "/payment_intents",
                &format!("release-{name}"),
                &intent(changes),
            )
            .await;
            let path = format!("/payment_intents/{}", id(&intent));
            if name == "captured" {
                post(&format!("{path}/capture"), json!({"amount_to_capture": 1000})).await;
            } else if name == "canceled" {
                post(&format!("{path}/cancel"), json!({"cancellation_reason": "abandoned"})).await;
            } else if name == "given" {
                let change = json!({"description": "y"});
                once(&self.retries, ("intents", &intents), &path, "release-change", &change).await;
            }
            self.open[format!("intent_{name}")] = intent["id"].clone();
            self.read("intents", path);
        }
        let declined = intent(json!({"payment_method": "pm_card_chargeDeclined", "confirm": true}));
        intents.post("/payment_intents", &declined).await.expect(402);
        let refund = json!({"payment_intent": self.open["intent_paid"], "amount": 500});
        let refund =
            once(&self.retries, ("intents", &intents), "/refunds", "release-intents-refund", &refund).await;
        let path = format!("/refunds/{}", id(&refund));
        once(
            &self.retries,
            ("intents", &intents),
            &path,
            "release-refund-change",
            &json!({"metadata": {"a": "b"}}),
        )
        .await;
        self.read("intents", path);
        for path in ["/payment_intents?limit=100", "/refunds?limit=100", "/customers?limit=100", "/account"] {
            self.read("intents", path);
        }
    }

    /// Endpoints in every state, their events, runs, and keys that merchants make.
    pub(super) async fn use_intents_for_others(&mut self, cloud: &Cloud) {
        let intents = cloud.intents();
        let hooks = json!({"url": self.receiver, "enabled_events": ["payment_intent.*", "customer.*"],
            "description": "x", "metadata": {"a": "b"}});
        let endpoint =
            once(&self.retries, ("intents", &intents), "/webhook_endpoints", "release-endpoint", &hooks)
                .await;
        let path = format!("/webhook_endpoints/{}", id(&endpoint));
        self.open["endpoint"] = json!(path);
        let retries = self.retries.clone();
        let post_once = async |path: &str, key: &str, body: Value| {
            once(&retries, ("intents", &intents), path, key, &body).await
        };
        post_once(&format!("{path}/roll_secret"), "release-roll", json!({"expires_in": 600})).await;
        post_once(&format!("{path}/test"), "release-test", json!({})).await;
        let recover = post_once(&format!("{path}/recover"), "release-recover", json!({"since": 0})).await;
        self.open["recovered"] = recover["recovered"].clone();
        let disabled = json!({"url": self.receiver, "enabled_events": ["refund.created"]});
        let disabled = made(&intents.post("/webhook_endpoints", &disabled).await);
        let of_disabled = format!("/webhook_endpoints/{}", id(&disabled));
        made(&intents.post(&of_disabled, &json!({"disabled": true})).await);
        let events = made(&intents.get("/events?limit=1").await);
        let of_event = format!("/events/{}", events["data"][0]["id"].as_str().unwrap());
        post_once(&format!("{of_event}/retry"), "release-retry", json!({"webhook_endpoint": endpoint["id"]}))
            .await;

        let key =
            post_once("/api_keys", "release-key", json!({"scopes": ["payments:read", "payments:write"]}))
                .await;
        let rolled = made(&intents.post(&format!("/api_keys/{}/roll", id(&key)), &json!({})).await);
        self.keys["rolled"] = key["secret"].clone();
        self.keys["successor"] = rolled["secret"].clone();
        for path in [path.clone(), format!("{path}/deliveries"), of_disabled, of_event] {
            self.read("intents", path);
        }
        for path in ["/events?limit=20", "/api_keys"] {
            self.read("intents", path);
        }
        self.pause_an_endpoint(cloud, &intents).await;
    }

    /// An endpoint that never answers is left alone for a while.
    async fn pause_an_endpoint(&mut self, cloud: &Cloud, intents: &Client) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hangs", listener.local_addr().unwrap());
        let hangs = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                held.push(stream);
            }
        });
        let hooks = json!({"url": url, "enabled_events": ["customer.updated"]});
        let endpoint = made(&intents.post("/webhook_endpoints", &hooks).await);
        let customer = format!("/customers/{}", self.open["intents_customer"].as_str().unwrap());
        for n in 0..3 {
            made(&intents.post(&customer, &json!({"metadata": {"n": n.to_string()}})).await);
        }
        let ending = id(&endpoint).split_once('_').unwrap().1.to_owned();
        eventually("the endpoint that hangs is paused", || async {
            let tables = scan(cloud).await;
            let mut items = tables["tollgate"].as_array().unwrap().iter();
            items
                .any(|item| {
                    item["t"]["S"] == "EP" && item["id"]["S"] == *ending && item.get("pause").is_some()
                })
                .then_some(())
        })
        .await;
        hangs.abort();
        self.paused.clone_from(&ending);
        self.read("intents", format!("/webhook_endpoints/{}", id(&endpoint)));
    }
}
