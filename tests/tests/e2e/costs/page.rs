//! The page itself.

use std::fmt::Write as _;

use tollgate_local::template::{Cloud, Source};

use super::{
    cost, measured, memory_mb,
    operations::OPERATIONS,
    prices::{
        ACCESS_LOG_BYTES, BASE_US, CALL_US, ENDPOINT_MS, INVOCATION, LOG_BYTES, MESSAGE_REQUEST, PRICES,
        PRICES_CHECKED, READ, REQUESTS_OF_A_MESSAGE, ROUND_TRIP_US, WHOLE_CORE_MB, compute, duration_ms,
    },
};

/// Minutes of a month of thirty days.
const MINUTES: u64 = 30 * 24 * 60;
/// How long a look for due work that finds nothing takes, in milliseconds.
const IDLE_LOOK_MS: u64 = 60;
/// Requests a minute with which Lambda asks an empty queue: five pollers that wait for twenty seconds.
const POLLS_A_MINUTE: u64 = 15;
/// Memory sizes that are compared.
const MEMORY_MB: [u64; 5] = [128, 256, 512, 1024, WHOLE_CORE_MB];
/// A secret's price for a month, and an alarm's, in micro-dollars.
const SECRET: u64 = 400_000;

const HEAD: &str = "# Costs

What a million of each main operation costs, its webhook included. The page is written by a test and compared with the budgets of the routes
(`tests/tests/e2e/budgets/table.rs`), which are measured calls and units of DynamoDB, and with the memory sizes of the templates:

```sh
UPDATE_DOCS=1 cargo test -p tollgate-tests --test e2e costs::
```

Nothing here was paid: no stack has run on AWS. Free tiers, savings plans and traffic to the internet are left out.
";

/// Micro-dollars as dollars, rounded up to a cent.
pub(super) fn dollars(micro: u64) -> String {
    let cents = micro.div_ceil(10_000);
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A price, without rounding.
fn exact(micro: u64) -> String {
    let digits = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    let short = digits.trim_end_matches('0');
    let (whole, fraction) = short.split_once('.').unwrap();
    format!("{whole}.{fraction:0<2}")
}

fn halves(halves: u64) -> String {
    format!("{}.{}", halves / 2, if halves.is_multiple_of(2) { 0 } else { 5 })
}

pub(super) fn page(cloud: &Cloud) -> String {
    let mut page = HEAD.to_owned();
    operations(cloud, &mut page);
    prices(&mut page);
    assumptions(&mut page);
    memory(cloud, &mut page);
    standing(cloud, &mut page);
    page
}

fn operations(cloud: &Cloud, page: &mut String) {
    page.push_str(
        "\n## A million operations\n\nDollars for a million. One endpoint hears one event of each operation that changes something.\n\n\
        | front door | operation | invocations | read units | write units | DynamoDB | Lambda | API Gateway | SQS | logs | together |\n\
        |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for operation in OPERATIONS {
        let cost = cost(cloud, operation);
        let units = [halves(cost.half_reads), halves(cost.half_writes)];
        let parts = [cost.dynamodb, cost.lambda, cost.gateway, cost.sqs, cost.logs, cost.total()];
        let parts = parts.map(dollars).join(" | ");
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {parts} |",
            operation.front_door,
            operation.what,
            cost.invocations,
            units.join(" | "),
        );
    }
    page.push_str(
        "\nA create of `checkout` has the payer's four pages in it, and a confirm of `charges` the two of the challenge. A change that has no event\n\
        is counted as one that has: the stream starts a function for it, too.\n",
    );
}

fn prices(page: &mut String) {
    let _ = write!(
        page,
        "\n## Prices\n\nAWS's price list for `us-east-1` and arm64, in dollars for a million, as checked last on {PRICES_CHECKED}. Reading the stream costs nothing:\n\
        Lambda's own reads are free.\n\n| what | dollars for a million | price list |\n|---|---|---|\n"
    );
    for price in PRICES {
        let _ = writeln!(page, "| {} | {} | {} |", price.of, exact(price.per_million), price.source);
    }
}

fn assumptions(page: &mut String) {
    let ms = |us: u64| format!("{}.{:02}", us / 1000, us % 1000 / 10);
    let _ = write!(
        page,
        "\n## What is assumed\n\n\
        - An invocation takes {} ms of a whole core and {} ms more for each call of DynamoDB, as [performance](performance.md) has a create. A whole core\n  \
        comes with {WHOLE_CORE_MB} MB, and less with less memory.\n\
        - It waits {} ms for each call after which another one begins (the depth in the budgets). An endpoint answers a webhook\n  \
        in {ENDPOINT_MS} ms. Starts of functions and the waits for processors are not counted. A second of waiting with 256 MB is {} dollars for a million.\n\
        - Each change and each message comes alone: {REQUESTS_OF_A_MESSAGE} requests of the queue for a message. Batches, which come with traffic, cost less.\n\
        - An invocation logs {LOG_BYTES} bytes and a request {ACCESS_LOG_BYTES} more in the access log.\n",
        ms(BASE_US),
        ms(CALL_US),
        ROUND_TRIP_US / 1000,
        dollars(compute(256, 1000)),
    );
}

/// What more memory, and so more of a core, costs and saves.
fn memory(cloud: &Cloud, page: &mut String) {
    page.push_str(
        "\n## Memory\n\nHow long a request is billed, and dollars for a million of its invocations, by its function's memory. Processor time gets\n\
        shorter with more memory and costs the same; a wait does not, and costs more.\n\n\
        | memory | a create of `charges` | a million | a retrieve | a million |\n|---|---|---|---|---|\n",
    );
    let requests = ["charges-create-payment", "charges-retrieve-payment"];
    for memory_mb in MEMORY_MB {
        let cells = requests.map(|function| {
            let measured = measured(function);
            let ms = duration_ms(memory_mb, measured.calls, measured.depth);
            format!("{ms} ms | {}", dollars(INVOCATION.per_million + compute(memory_mb, ms)))
        });
        let _ = writeln!(page, "| {memory_mb} MB | {} |", cells.join(" | "));
    }
    let [create, retrieve] = requests.map(|function| memory_mb(cloud, function));
    let _ = write!(
        page,
        "\nSo routes that move money have {create} MB, where a payer waits, and the others {retrieve} MB. A start does not depend on it: Lambda gives a\n\
        function a whole core until it first asks for work.\n",
    );
}

/// What a stack costs without traffic.
fn standing(cloud: &Cloud, page: &mut String) {
    let of_functions = |name: &str| cloud.functions.iter().find_map(|f| f.environment.get(name)).unwrap();
    let shards: u64 = of_functions("TOLLGATE_DUE_SHARDS").parse().unwrap();
    let schedules =
        cloud.sources.iter().filter(|source| matches!(source, Source::Schedule(_))).count() as u64;
    let kinds: std::collections::BTreeSet<String> = cloud
        .sources
        .iter()
        .filter_map(|source| match source {
            Source::Schedule(schedule) => Some(schedule.input.as_ref()?["kind"].to_string()),
            Source::Stream(_) | Source::Queue(_) => None,
        })
        .collect();
    let queues = cloud.sources.iter().filter(|source| matches!(source, Source::Queue(_))).count() as u64;
    let memory = memory_mb(cloud, "find-due-work");
    let a_month = |per_million: u64, count: u64| (per_million * count).div_ceil(1_000_000);
    let looks = schedules * MINUTES;
    let queries = kinds.len() as u64 * shards * MINUTES;
    let secrets = cloud.secrets.len() as u64;
    let rows = [
        (
            format!(
                "looking for due work: {schedules} invocations a minute with {memory} MB, {IDLE_LOOK_MS} ms each"
            ),
            a_month(INVOCATION.per_million + compute(memory, IDLE_LOOK_MS), looks),
        ),
        (
            format!("its queries: {} kinds in {shards} partitions, half a unit each", kinds.len()),
            a_month(READ.per_million, queries).div_ceil(2),
        ),
        (
            format!("asking {queues} queues, {POLLS_A_MINUTE} times a minute each"),
            a_month(MESSAGE_REQUEST.per_million, queues * POLLS_A_MINUTE * MINUTES),
        ),
        (format!("{secrets} secrets"), secrets * SECRET),
    ];
    page.push_str(
        "\n## Without traffic\n\nDollars for a month of thirty days.\n\n| what | dollars |\n|---|---|\n",
    );
    for (what, micro) in &rows {
        let _ = writeln!(page, "| {what} | {} |", dollars(*micro));
    }
    let _ = writeln!(page, "| together | {} |", dollars(rows.iter().map(|(_, micro)| micro).sum()));
    page.push_str(
        "\nBesides, for a month: 0.30 for each custom metric, 0.10 for each alarm, 3.00 for a dashboard, and for a GB 0.25 of tables, 0.20 of their continuous\n\
        backups and 0.03 of logs. Restoring a table costs 0.15 a GB.\n",
    );
}
