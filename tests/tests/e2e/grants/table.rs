//! `docs/grants.md`: which function may call what, written from the templates and compared with them.

use std::{collections::BTreeMap, fmt::Write as _};

use tollgate_local::template::{Cloud, Function, Grant, Source};
use tollgate_tests::check_document;

use crate::budgets;

const HEAD: &str = "# Grants

What each function may call, by the policies of the templates. Everything else is refused, in AWS by IAM and on one machine by the local cloud. A test
compares this file with the templates and says how to write it anew:

```sh
UPDATE_DOCS=1 cargo test -p tollgate-tests --test e2e grants::table
```

`main`, `keys` and `events` are the three tables, and `main/gsi1` is an index of one. Behind *of* are the partition keys that a call may name
(`dynamodb:LeadingKeys`). To a function with a stream or a queue SAM adds what reading it takes, on all streams or queues: `AWSLambdaDynamoDBExecutionRole` or
`AWSLambdaSQSQueueExecutionRole`. A schedule has a role of its own.

With a KMS key of the stack's own (`KmsKeyArn`), each function that may call anything may also do `kms:Decrypt` and `kms:GenerateDataKey` with that key.
";

/// What a function is started by.
fn starts(cloud: &Cloud, function: &Function) -> String {
    let mut starts = Vec::new();
    for route in cloud.apis.iter().flat_map(|api| &api.routes).filter(|r| r.function == function.name) {
        let method = route.method.as_ref().map_or(String::new(), |method| format!("{method} "));
        starts.push(format!("`{method}{}`", route.path));
    }
    for source in &cloud.sources {
        match source {
            Source::Stream(s) if s.function == function.name => {
                starts.push(format!("the stream of `{}`", table_name(&s.table)));
            }
            Source::Queue(s) if s.function == function.name => {
                starts.push(format!("the queue `{}`", queue_name(&s.queue)));
            }
            Source::Schedule(s) if s.function == function.name => starts.push("a schedule".to_owned()),
            Source::Stream(_) | Source::Queue(_) | Source::Schedule(_) => {}
        }
    }
    starts.join(", ")
}

fn table_name(table: &str) -> &str {
    match table {
        "tollgate" => "main",
        other => other.trim_start_matches("tollgate-"),
    }
}

fn queue_name(queue: &str) -> &str {
    queue.trim_start_matches("tollgate-")
}

/// A resource as this file calls it.
fn resource_name(arn: &str) -> String {
    let resource = arn.splitn(6, ':').nth(5).unwrap();
    match (arn.split(':').nth(2).unwrap(), resource) {
        ("dynamodb", table) => {
            let (table, index) = table.strip_prefix("table/").unwrap().split_once("/index/").map_or_else(
                || (table.strip_prefix("table/").unwrap(), String::new()),
                |(table, index)| (table, format!("/{index}")),
            );
            format!("`{}{index}`", table_name(table))
        }
        ("sqs", queue) => format!("the queue `{}`", queue_name(queue)),
        ("secretsmanager", secret) => {
            let secret = secret.strip_prefix("secret:").unwrap();
            format!("the secret `{}`", secret.rsplit_once('-').map_or(secret, |(name, _)| name))
        }
        other => panic!("what is {other:?}?"),
    }
}

/// What a function may do, resource by resource.
fn calls(function: &Function) -> String {
    let mut by_resource: BTreeMap<(String, Vec<String>), Vec<String>> = BTreeMap::new();
    for Grant { action, resource, leading_keys } in function.grants() {
        let actions = by_resource.entry((resource_name(&resource), leading_keys)).or_default();
        actions.push(action.split_once(':').unwrap().1.to_owned());
    }
    let calls = by_resource.into_iter().map(|((resource, keys), actions)| {
        let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
        let of = if keys.is_empty() { String::new() } else { format!(" of {}", keys.join(" and ")) };
        format!("{resource}: {}{of}", actions.join(", "))
    });
    let calls: Vec<_> = calls.collect();
    if calls.is_empty() { "nothing".to_owned() } else { calls.join("<br>") }
}

/// The file as it should be.
fn file(cloud: &Cloud) -> String {
    let mut file = HEAD.to_owned();
    let mut sections: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for function in &cloud.functions {
        let api =
            cloud.apis.iter().find(|api| api.routes.iter().any(|route| route.function == function.name));
        sections.entry(api.map_or("workers", |api| api.name.as_str())).or_default().push(function);
    }
    for (section, functions) in sections {
        let _ = write!(file, "\n## {section}\n\n| function | started by | may |\n|---|---|---|\n");
        for function in functions {
            let _ =
                writeln!(file, "| `{}` | {} | {} |", function.name, starts(cloud, function), calls(function));
        }
    }
    file
}

#[test]
fn the_table_of_grants_is_that_of_the_templates() {
    let wanted = file(&budgets::templates());
    check_document("docs/grants.md", &wanted);
}
