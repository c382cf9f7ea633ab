//! Every command and every name of `docs/operations.md` exists.
//!
//! The blocks of commands are run as they are written, by `bash`, with `aws`, `cargo` and `sam` replaced by a program that only
//! writes down how it was called. So loops, quotes and variables are the shell's. What was called is then checked: by the
//! operator's tool itself, by AWS's own command line (which is told that AWS is where nobody listens), and against the templates.

mod commands;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use tollgate_tests::{Cloud, binary, root};

use self::{
    commands::{Call, blocks, calls, inline_commands},
    names::{Names, written},
};

/// Calls of AWS's command line that are tried at the same time.
const AT_A_TIME: usize = 4;

fn guide() -> String {
    std::fs::read_to_string(root().join("docs/operations.md")).unwrap()
}

/// Every call that the guide makes: of its blocks, and of the commands within its text.
fn all_calls() -> Vec<Call> {
    let guide = guide();
    let mut script = blocks(&guide).join("\n");
    for command in inline_commands(&guide) {
        script.push_str(&command);
        script.push('\n');
    }
    let calls = calls(&script);
    assert!(calls.len() > 60, "{}", calls.len());
    calls
}

#[test]
fn the_operators_tool_understands_every_command_of_the_guide() {
    let mut tried = BTreeSet::new();
    for call in all_calls() {
        let Some(arguments) = call.of("cargo").filter(|arguments| arguments[0] == "admin") else { continue };
        // A command that is only named, without what it needs.
        let is_name = arguments.len() == 2;
        let nowhere = ["--dynamodb", "http://127.0.0.1:9"];
        let output = std::process::Command::new(binary("tollgate-admin"))
            .args(&arguments[1..])
            .args(if is_name { &["--help"][..] } else { &nowhere })
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        // 2 is a command line that is not understood; what is, fails at a DynamoDB that is not there.
        assert_ne!(output.status.code(), Some(2), "{arguments:?}: {error}");
        tried.extend(arguments.iter().find(|word| names::is_command(word)).cloned());
    }
    let unused: Vec<_> = names::admin_commands().difference(&tried).collect();
    assert!(
        unused.len() <= names::NOT_IN_THE_GUIDE.len(),
        "commands that the guide does not have: {unused:?}"
    );
    assert!(unused.iter().all(|name| names::NOT_IN_THE_GUIDE.contains(&name.as_str())), "{unused:?}");
}

#[test]
fn cargos_other_commands_are_aliases_and_sam_deploys_what_there_is() {
    let aliases = std::fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
    let names = Names::read(root());
    for call in all_calls() {
        if let Some(arguments) = call.of("cargo") {
            let alias = aliases.lines().any(|line| line.starts_with(&format!("{} = ", arguments[0])));
            assert!(alias || arguments[0] == "bench" || arguments[0] == "run", "{arguments:?}");
        }
        if let Some(arguments) = call.of("sam") {
            assert!(["build", "deploy", "delete"].contains(&arguments[0].as_str()), "{arguments:?}");
        }
        let lacking = names.lacking(&call);
        assert!(lacking.is_empty(), "{call:?} names what there is not: {lacking:?}");
    }
}

/// AWS's command line, told that AWS is where nobody listens.
fn aws(arguments: &[String]) -> std::io::Result<std::process::Output> {
    aws_at("http://127.0.0.1:9", arguments)
}

/// AWS's command line, told where AWS is.
fn aws_at(endpoint: &str, arguments: &[String]) -> std::io::Result<std::process::Output> {
    let environment = [
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_MAX_ATTEMPTS", "1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL", endpoint),
    ];
    let mut aws = std::process::Command::new("aws");
    aws.args(arguments).envs(environment).stdin(std::process::Stdio::null()).output()
}

fn has_aws() -> bool {
    let there = aws(&["--version".to_owned()]).is_ok_and(|output| output.status.success());
    if !there {
        assert!(std::env::var_os("CI").is_none(), "CI lacks the AWS CLI");
        println!("skipped: the AWS CLI is not installed");
    }
    there
}

/// Why AWS's command line does not understand a call; `None` if it tries to send it.
fn refused_by_aws(arguments: &[String]) -> Option<String> {
    let error = String::from_utf8_lossy(&aws(arguments).unwrap().stderr).into_owned();
    // A command of two words is only named.
    let is_name = arguments.len() == 2 && error.contains("the following arguments are required");
    let is_sent = error.contains("Could not connect to the endpoint URL");
    (!is_sent && !is_name).then(|| format!("{arguments:?}: {error}"))
}

#[test]
fn awss_own_command_line_understands_every_command_of_the_guide() {
    if !has_aws() {
        return;
    }
    // One of those that differ only in their values.
    let shape = |call: &[String]| -> Vec<String> {
        let is_of_shape = |(n, word): &(usize, &String)| *n < 3 || word.starts_with("--");
        call.iter().enumerate().filter(is_of_shape).map(|(_, word)| word.clone()).collect()
    };
    let calls: BTreeMap<Vec<String>, Vec<String>> =
        all_calls().iter().filter_map(|call| call.of("aws")).map(|call| (shape(&call), call)).collect();
    assert!(calls.len() > 30, "{}", calls.len());
    let calls: Vec<_> = calls.into_values().collect();
    // Most of a call is the start of the program.
    let refused: Vec<String> = std::thread::scope(|scope| {
        let parts = calls.chunks(calls.len().div_ceil(AT_A_TIME));
        let tried: Vec<_> = parts
            .map(|part| {
                scope.spawn(|| part.iter().filter_map(|call| refused_by_aws(call)).collect::<Vec<_>>())
            })
            .collect();
        tried.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn every_name_in_the_guide_exists() {
    let unknown = written(&guide(), &Names::read(root()), root());
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_for_a_merchants_data_finds_it() {
    if !has_aws() {
        return;
    }
    let cloud = Cloud::start().await;
    let paid = cloud.charges().post("/payments", &crate::payment("tok_visa_4242", 1000)).await.expect(201);
    let of_payments = |call: &Call| {
        let arguments = call.of("aws")?;
        let is_it = arguments[1] == "query" && arguments.iter().any(|word| word.contains("#PAY"));
        is_it.then_some(arguments)
    };
    let query = all_calls().iter().find_map(of_payments).unwrap();
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let here = |word: &String| {
        let word = word.replace("tollgate-prod", "tollgate").replace("#live#", "#test#");
        word.replace(commands::MERCHANT_BARE, merchant)
    };
    let query: Vec<String> = query.iter().map(here).collect();
    let output = aws_at(cloud.ready["dynamodb"].as_str().unwrap(), &query).unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids: Vec<_> = found["Items"].as_array().unwrap().iter().map(|item| &item["id"]["S"]).collect();
    assert_eq!(ids, [paid["id"].as_str().unwrap().trim_start_matches("pay_")]);
}
