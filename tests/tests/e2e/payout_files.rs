//! Live payouts: the operator's file for a bank, valid by its published schema, and the bank's report of it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tollgate_domain::{
    Adjustment, AdjustmentId, Currency, KeyKind, Mode, Money, Permission, RequestRef, Tenant,
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::Put;
use tollgate_tests::{Client, Cloud, eventually};

use crate::intents::{balance::books_agree, payouts::available};

/// The published schema of the file.
const SCHEMA: &str = "pain.001.001.09.xsd";
const GOOD: &str = "DE89370400440532013000";
const FRENCH: &str = "FR1420041010050500013M02606";

/// A merchant with a live key, 500.00 euros and bank accounts.
struct Live {
    cloud: Cloud,
    intents: Client,
    accounts: String,
    folder: tempfile::TempDir,
}

impl Live {
    async fn open() -> Self {
        let cloud = Cloud::start().await;
        let key = cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await;
        let intents = cloud.intents().with_key(&key);
        let tenant = Tenant { mode: Mode::Live, ..cloud.demo_scope() };
        let money = Adjustment {
            id: AdjustmentId::from_bytes([9; 16]),
            version: 1,
            request: RequestRef::default(),
            amount: Money { minor: 50_000, currency: Currency::from_code("EUR").unwrap() },
            reason: "To begin with".to_owned(),
            created: SystemClock.now(),
        };
        assert_eq!(cloud.store().create(tenant, &money).await.unwrap(), Put::Created);
        eventually("the money is booked", || async {
            (available(&intents, "eur").await == 50_000).then_some(())
        })
        .await;
        let account = intents.get("/account").await.expect(200);
        let accounts = format!("/accounts/{}/external_accounts", account["id"].as_str().unwrap());
        Self { cloud, intents, accounts, folder: tempfile::tempdir().unwrap() }
    }

    async fn account(&self, number: &str, holder: &str) -> Value {
        let numbers = json!({"object": "bank_account", "country": &number[..2], "currency": "eur",
            "account_number": number, "account_holder_name": holder});
        let made = self.intents.post(&self.accounts, &json!({"external_account": numbers})).await.expect(201);
        made["id"].clone()
    }

    async fn pay_out(&self, minor: i64, to: &Value) -> String {
        let body =
            json!({"amount": minor, "currency": "eur", "destination": to, "statement_descriptor": "SHOP 7"});
        self.intents.post("/payouts", &body).await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, more: &[&str]) -> Result<Value, String> {
        let path = self.path(name);
        let debtor =
            ["--debtor-name", "Tollgate GmbH & Co", "--debtor-iban", GOOD, "--debtor-bic", "COBADEFFXXX"];
        let arguments = [&["write-payouts", path.to_str().unwrap()], &debtor as &[&str], more].concat();
        self.cloud.run_admin(&arguments)
    }

    fn settle(&self, report: &str) -> Value {
        let path = self.path("report.xml");
        std::fs::write(&path, report).unwrap();
        self.cloud.run_admin(&["settle-payouts", path.to_str().unwrap()]).unwrap()
    }

    async fn status(&self, payout: &str) -> Value {
        let payout = self.intents.get(&format!("/payouts/{payout}")).await.expect(200);
        json!([payout["status"], payout["failure_code"]])
    }
}

/// Fails on a file that is not valid by the schema. Skipped where the tools are not there, unless CI runs.
fn is_valid(path: &Path) {
    let program = "import os, sys, sepaxml, xmlschema\n\
        folder = os.path.join(os.path.dirname(sepaxml.__file__), 'schemas')\n\
        xmlschema.validate(sys.argv[1], os.path.join(folder, sys.argv[2]))";
    let needed = ["-c", "import sepaxml, xmlschema"];
    let run = |arguments: &[&str]| std::process::Command::new("python3").args(arguments).output();
    let has_tools = run(&needed).is_ok_and(|output| output.status.success());
    if !has_tools {
        assert!(std::env::var_os("CI").is_none(), "python3 lacks sepaxml or xmlschema");
        return;
    }
    let output = run(&["-c", program, path.to_str().unwrap(), SCHEMA]).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A report of a file, with a status of each payout.
fn report(file: &str, group: &str, each: &[(&str, &str, &str)]) -> String {
    let one = |(payout, status, reason): &(&str, &str, &str)| {
        let id = payout.trim_start_matches("po_");
        let why = if reason.is_empty() {
            String::new()
        } else {
            format!("<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>")
        };
        format!(
            "<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>{status}</TxSts>{why}</TxInfAndSts>"
        )
    };
    let each: String = each.iter().map(one).collect();
    let group = if group.is_empty() { String::new() } else { format!("<GrpSts>{group}</GrpSts>") };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-11-23T10:00:00</CreDtTm></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>\
         <OrgnlPmtInfAndSts><OrgnlPmtInfId>{file}</OrgnlPmtInfId>{each}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn live_payouts_go_to_a_bank_as_a_valid_file_and_end_as_its_report_says() {
    let live = Live::open().await;
    let good = live.account(GOOD, "Müller & Söhne").await;
    let french = live.account(FRENCH, "Ida").await;
    let refused = live.intents.post("/payouts", &json!({"amount": 100, "currency": "eur"})).await.expect(400);
    assert_eq!(refused["error"]["code"], "payouts_not_allowed");
    let merchant = live.cloud.ready["credentials"]["client_id"].as_str().unwrap().to_owned();
    live.cloud.run_admin(&["set-payouts", &merchant, "--enabled", "true"]).unwrap();

    let (first, second) = (live.pay_out(10_000, &good).await, live.pay_out(2501, &french).await);
    let third = live.pay_out(300, &good).await;
    let canceled = live.pay_out(400, &good).await;
    live.intents.post(&format!("/payouts/{canceled}/cancel"), &json!({})).await.expect(200);
    assert_eq!(available(&live.intents, "eur").await, 50_000 - 10_000 - 2501 - 300);

    let bad = live.write("bad.xml", &["--debtor-bic", "nonsense"]);
    assert!(
        bad.is_err() && !live.path("bad.xml").exists(),
        "nothing is taken for a file that cannot be written"
    );
    assert_eq!(live.status(&first).await, json!(["pending", null]));
    let written = live.write("payouts.xml", &[]).unwrap();
    assert_eq!(json!([written["payouts"], written["amount"], written["left"]]), json!([3, 12_801, []]));
    let name = written["file"].as_str().unwrap();
    is_valid(&live.path("payouts.xml"));
    let text = std::fs::read_to_string(live.path("payouts.xml")).unwrap();
    for part in [
        "<NbOfTxs>3</NbOfTxs>",
        "<CtrlSum>128.01</CtrlSum>",
        "25.01",
        "100.00",
        "3.00",
        FRENCH,
        "SHOP 7",
        name,
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(!text.contains(canceled.trim_start_matches("po_")));
    for payout in [&first, &second, &third] {
        assert!(text.contains(payout.trim_start_matches("po_")));
        assert_eq!(live.status(payout).await, json!(["in_transit", null]));
        live.intents.post(&format!("/payouts/{payout}/cancel"), &json!({})).await.expect(400);
    }
    // Nothing waits for another file, and the first one is written again as it was.
    assert_eq!(live.write("none.xml", &[]).unwrap()["payouts"], 0);
    assert!(!live.path("none.xml").exists());
    assert_eq!(live.write("again.xml", &["--again", name]).unwrap()["payouts"], 3);
    assert_eq!(std::fs::read_to_string(live.path("again.xml")).unwrap(), text);

    let of_two = report(name, "", &[(&first, "ACSC", ""), (&second, "RJCT", "AC04"), (&third, "PDNG", "")]);
    let settled = live.settle(&of_two);
    assert_eq!(
        json!([settled["paid"], settled["failed"], settled["undecided"], settled["unknown"]]),
        json!([[first], [second], [third], []])
    );
    assert_eq!(live.status(&first).await, json!(["paid", null]));
    assert_eq!(live.status(&second).await, json!(["failed", "account_closed"]));
    assert_eq!(live.status(&third).await, json!(["in_transit", null]));
    assert_eq!(available(&live.intents, "eur").await, 50_000 - 10_000 - 300);
    // The same report again: what it names is settled, and only the third is still in transit.
    let again = live.settle(&of_two);
    assert_eq!((&again["paid"], &again["undecided"]), (&json!([]), &json!([third])));
    assert_eq!(available(&live.intents, "eur").await, 50_000 - 10_000 - 300);
    // What is said of one counts more than what is said of all.
    let settled = live.settle(&report(name, "ACSC", &[(&third, "PDNG", "")]));
    assert_eq!((&settled["paid"], &settled["undecided"]), (&json!([]), &json!([third])));
    // The bank refuses the rest of the file.
    let settled = live.settle(&report(name, "RJCT", &[]));
    assert_eq!(settled["failed"], json!([third]));
    assert_eq!(live.status(&third).await, json!(["failed", "could_not_process"]));
    assert_eq!(available(&live.intents, "eur").await, 50_000 - 10_000);
    books_agree(&live.cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_cannot_carry_waits_and_a_gone_account_fails() {
    let live = Live::open().await;
    let merchant = live.cloud.ready["credentials"]["client_id"].as_str().unwrap().to_owned();
    live.cloud.run_admin(&["set-payouts", &merchant, "--enabled", "true"]).unwrap();
    live.account(FRENCH, "Ida").await;
    let british = json!({"object": "bank_account", "country": "GB", "currency": "eur", "routing_number": "108800",
        "account_number": "00012345"});
    let british = live.intents.post(&live.accounts, &json!({"external_account": british})).await.expect(201);
    let gone = live.account(GOOD, "Gone").await;
    let (left, failed) = (live.pay_out(100, &british["id"]).await, live.pay_out(200, &gone).await);
    live.intents.delete(&format!("{}/{}", live.accounts, gone.as_str().unwrap())).await.expect(200);
    let written = live.write("payouts.xml", &[]).unwrap();
    assert_eq!(json!([written["payouts"], written["left"], written["failed"]]), json!([0, [left], [failed]]));
    assert_eq!(live.status(&left).await, json!(["pending", null]));
    assert_eq!(live.status(&failed).await, json!(["failed", "no_account"]));
    // No more live payouts: what waits can be canceled still.
    live.cloud.run_admin(&["set-payouts", &merchant, "--enabled", "false"]).unwrap();
    live.intents.post("/payouts", &json!({"amount": 1, "currency": "eur"})).await.expect(400);
    live.intents.post(&format!("/payouts/{left}/cancel"), &json!({})).await.expect(200);
    assert_eq!(available(&live.intents, "eur").await, 50_000);
    assert!(
        live.settle(&report("TOLLGATE-1-00000000", "ACSC", &[(&left, "ACSC", "")]))["unknown"][0].is_string()
    );
    books_agree(&live.cloud).await;
}
