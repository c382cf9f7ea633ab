//! Settlement reports of both processors beside the ledger: what agrees, and each mistake that a report may have.

use serde_json::{Value, json};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_tests::Cloud;

use crate::checkout::{initialized, pay, press_at, status, with};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A capture that never was.
const INVENTED: &str = "6c84fb90-12c4-11e1-840d-7b25c5ee775a";

/// The processor's report of everything so far, with the mistakes that the query asks for.
async fn report(cloud: &Cloud, processor: &str, mistakes: &str) -> String {
    let url = cloud.local(&format!("/_networks/settlements?provider={processor}{mistakes}"));
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

fn reconcile(cloud: &Cloud, processor: &str, days: [i64; 2], report: &str) -> Result<Value, String> {
    reconcile_and_book(cloud, processor, days, report, &[])
}

fn reconcile_and_book(
    cloud: &Cloud,
    processor: &str,
    days: [i64; 2],
    report: &str,
    book: &[&str],
) -> Result<Value, String> {
    let more: Vec<&str> = book.iter().flat_map(|reference| ["--book", reference]).collect();
    reconcile_with(cloud, processor, days, report, &more)
}

fn reconcile_with(
    cloud: &Cloud,
    processor: &str,
    days: [i64; 2],
    report: &str,
    more: &[&str],
) -> Result<Value, String> {
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let [from, to] = days.map(|days| SystemClock.now().plus_ms(days * DAY_MS).rfc3339());
    let mut arguments = vec!["reconcile", merchant, processor, "-", "--since", &from, "--until", &to];
    arguments.extend(more);
    cloud.run_admin_with_input(&arguments, report.trim_end())
}

/// The reference of the refund in a report.
fn refund_in(report: &str) -> String {
    let line = report.lines().find(|line| line.contains("ics_credit") || line.contains(",REFUND,")).unwrap();
    let cells: Vec<&str> = line.split(',').collect();
    let cell = if line.contains("ics_credit") { cells[4] } else { cells[2] };
    cell[..36].to_owned()
}

/// Pays three times, refunds a part of the second, and leaves a fourth at its challenge; gives the three references.
async fn a_day(cloud: &Cloud, processor: &str) -> [String; 3] {
    let mut paid = Vec::new();
    for number in 0..3 {
        let order = with(&format!("{processor}-{number}"), &json!({"payment_provider": processor}));
        let (reference, page) = initialized(cloud, &order).await;
        pay(&page).await;
        assert_eq!(status(cloud, &reference).await["status"], "completed");
        paid.push(reference);
    }
    let path = format!("/payments/{}/refund", paid[1]);
    cloud.checkout().post(&path, &json!({"amount": 100})).await.expect(200);
    let order = with(&format!("{processor}-open"), &json!({"payment_provider": processor}));
    press_at(&initialized(cloud, &order).await.1, "pay").await;
    paid.try_into().unwrap()
}

#[tokio::test]
async fn each_mistake_of_a_report_is_named_and_nothing_else() {
    let cloud = Cloud::start().await;
    for processor in ["cybersource", "mpgs"] {
        let [first, second, third] = a_day(&cloud, processor).await;
        let right = report(&cloud, processor, "").await;
        let refund = refund_in(&right);
        let agreed = reconcile(&cloud, processor, [-1, 1], &right).unwrap();
        assert_eq!(agreed, json!({"matched": 4, "differences": []}), "{processor}");
        for (mistake, reference, difference, kind, lines, matched) in [
            (format!("&lose={first}"), &first, "missing_there", "capture", 0, 3),
            (format!("&lose={refund}"), &refund, "missing_there", "refund", 0, 3),
            (format!("&falsify={second}"), &second, "amount", "capture", 1, 3),
            (format!("&falsify={refund}"), &refund, "amount", "refund", 1, 3),
            (format!("&double={third}"), &third, "amount", "capture", 2, 3),
            (format!("&invent={INVENTED}"), &INVENTED.to_owned(), "missing_here", "capture", 1, 4),
        ] {
            let wrong = report(&cloud, processor, &mistake).await;
            let found = reconcile(&cloud, processor, [-1, 1], &wrong).unwrap();
            assert_eq!(found["matched"], matched, "{processor} {mistake}: {found}");
            let differences = found["differences"].as_array().unwrap();
            assert_eq!(differences.len(), 1, "{processor} {mistake}: {found}");
            let shown = &differences[0];
            assert_eq!((&shown["difference"], &shown["kind"]), (&json!(difference), &json!(kind)), "{found}");
            assert_eq!(shown["reference"], *reference, "{found}");
            assert_eq!(shown["lines"].as_array().unwrap().len(), lines, "{found}");
            assert_eq!(shown["here"].is_null(), difference == "missing_here", "{found}");
            assert_eq!(
                shown["there"].as_array().unwrap().is_empty(),
                difference == "missing_there",
                "{found}"
            );
        }
    }
}

#[tokio::test]
async fn another_fee_than_the_contracts_is_named_and_is_no_merchants_money() {
    let cloud = Cloud::start().await;
    let contract = ["--fee-column", "fee", "--fee-basis-points", "150", "--fee-fixed", "0"];
    for processor in ["cybersource", "mpgs"] {
        let [first, ..] = a_day(&cloud, processor).await;
        let right = report(&cloud, processor, "&fee_basis_points=150").await;
        let compared = |report: &str, more: &[&str]| {
            reconcile_with(&cloud, processor, [-1, 1], report, &[&contract, more].concat())
        };
        assert_eq!(compared(&right, &[]).unwrap(), json!({"matched": 4, "differences": []}));
        let wrong = report(&cloud, processor, &format!("&fee_basis_points=150&overcharge={first}")).await;
        let found = compared(&wrong, &[]).unwrap();
        assert_eq!((&found["matched"], found["differences"].as_array().unwrap().len()), (&json!(4), 1));
        let shown = &found["differences"][0];
        assert_eq!((&shown["difference"], &shown["reference"]), (&json!("fee"), &json!(first)));
        // 1.5 % of 100.50 dollars is 1.5075.
        assert_eq!((&shown["here"]["amount"], &shown["there"][0]["amount"]), (&json!(151), &json!(152)));
        assert!(compared(&wrong, &["--book", &first]).unwrap_err().contains("no difference has"));
        // A report without the column cannot be compared; without the contract nobody asks.
        let without = report(&cloud, processor, "").await;
        assert!(compared(&without, &[]).unwrap_err().contains("no column `fee`"));
        assert_eq!(reconcile(&cloud, processor, [-1, 1], &wrong).unwrap()["differences"], json!([]));
    }
}

#[tokio::test]
async fn a_report_of_another_day_or_of_another_processor_is_no_agreement() {
    let cloud = Cloud::start().await;
    let [first, ..] = a_day(&cloud, "mpgs").await;
    let right = report(&cloud, "mpgs", "").await;
    // Nothing of yesterday is missing, and what the report has is in the ledger all the same.
    let yesterday = reconcile(&cloud, "mpgs", [-2, -1], &right).unwrap();
    assert_eq!(yesterday, json!({"matched": 4, "differences": []}));
    let empty = right.lines().next().unwrap();
    let nothing = reconcile(&cloud, "mpgs", [-1, 1], empty).unwrap();
    assert_eq!((&nothing["matched"], nothing["differences"].as_array().unwrap().len()), (&json!(0), 4));
    let error = reconcile(&cloud, "cybersource", [-1, 1], &right).unwrap_err();
    assert!(error.contains("not the report of cybersource"), "{error}");
    // What this processor settled, the other one did not.
    let as_cybersource = format!(
        "Payment Batch Detail Report,1.0,\n\
         batch_id,merchant_id,batch_date,request_id,merchant_ref_number,trans_ref_no,payment_method,currency,amount,transaction_type\n\
         1,demo,2026-11-21,7,{first},7,Visa,EUR,1.00,ics_bill"
    );
    let found = reconcile(&cloud, "cybersource", [-1, 1], &as_cybersource).unwrap();
    assert_eq!(found["differences"][0]["difference"], "missing_here", "{found}");
    assert!(reconcile(&cloud, "mpgs", [1, -1], &right).unwrap_err().contains("ends before it begins"));
}

#[tokio::test]
async fn a_difference_is_booked_when_the_operator_says_so_and_once() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    for processor in ["cybersource", "mpgs"] {
        let [first, second, _] = a_day(&cloud, processor).await;
        let refund = refund_in(&report(&cloud, processor, "").await);
        let shown = async || {
            let page = intents.get("/balance_transactions?type=adjustment&limit=100").await.expect(200);
            let all = page["data"].as_array().unwrap().clone();
            all.iter().map(|one| one["amount"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        let before = shown().await.len();
        // Lost: what was booked is taken back, 100.50; falsified: one more was captured, or one more refunded.
        for (mistake, reference, expected) in [
            (format!("&lose={first}"), &first, -10_050),
            (format!("&falsify={second}"), &second, 1),
            (format!("&falsify={refund}"), &refund, -1),
        ] {
            let wrong = report(&cloud, processor, &mistake).await;
            let none = reconcile_and_book(&cloud, processor, [-1, 1], &wrong, &[INVENTED]);
            assert!(none.unwrap_err().contains("no difference"), "nothing else is booked");
            let booked = reconcile_and_book(&cloud, processor, [-1, 1], &wrong, &[reference]).unwrap();
            let of_it = |found: &Value| {
                let all = found["differences"].as_array().unwrap().iter();
                all.filter(|one| one["reference"] == *reference).cloned().collect::<Vec<_>>()
            };
            assert_eq!(of_it(&booked)[0]["booked"]["amount"], expected, "{booked}");
            // From now on it is no difference, so it is not booked again.
            let again = reconcile(&cloud, processor, [-1, 1], &wrong).unwrap();
            assert!(of_it(&again).is_empty(), "{mistake}: {again}");
            assert!(reconcile_and_book(&cloud, processor, [-1, 1], &wrong, &[reference]).is_err());
            assert_eq!(shown().await[0], expected, "{mistake}");
        }
        assert_eq!(shown().await.len(), before + 3);
        // With the right report the adjustments themselves are differences.
        let right = report(&cloud, processor, "").await;
        let found = reconcile(&cloud, processor, [-1, 1], &right).unwrap();
        assert_eq!(found["differences"].as_array().unwrap().len(), 3, "{found}");
    }
    let page =
        intents.get("/balance_transactions?type=adjustment&limit=1&expand[]=data.source").await.expect(200);
    let row = &page["data"][0];
    assert_eq!((&row["reporting_category"], &row["fee"]), (&json!("other_adjustment"), &json!(0)));
    assert_eq!((&row["source"]["object"], &row["source"]["amount"]), (&json!("adjustment"), &row["amount"]));
    let text = row["description"].as_str().unwrap();
    assert!(text.starts_with("refund ") && text.contains("was settled"), "{text}");
    crate::intents::balance::books_agree(&cloud).await;
}
