//! The event files of `tests/events`: each function has one, each is an event as its source makes it, and each works when
//! `cargo local invoke` sends it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use aws_lambda_events::{
    apigw::ApiGatewayV2httpRequest, event::dynamodb::Event as StreamEvent, event::sqs::SqsEvent,
};
use serde_json::Value;
use tokio::{process::Command, task::JoinSet};
use tollgate_local::template::{ScheduleSource, Source};
use tollgate_tests::{Cloud, binary, eventually};

use crate::budgets::templates;

/// Functions that are invoked at a time.
const AT_A_TIME: usize = 4;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("events")
}

/// The files by their names without `.json`.
fn files() -> BTreeMap<String, Value> {
    let read = |path: PathBuf| {
        let event = serde_json::from_str(&std::fs::read_to_string(&path).unwrap());
        let name = path.file_name().unwrap().to_str().unwrap();
        let name = name.strip_suffix(".json").unwrap_or_else(|| panic!("{name} is no event file"));
        (name.to_owned(), event.unwrap_or_else(|e| panic!("{name}: {e}")))
    };
    std::fs::read_dir(folder()).unwrap().map(|entry| read(entry.unwrap().path())).collect()
}

/// The function that a file is for: a variant has another word after a dot.
fn function_of(file: &str) -> &str {
    file.split('.').next().unwrap()
}

/// Runs `cargo local invoke`; gives status, standard output and standard error.
async fn invoke(cloud: &Cloud, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(binary("tollgate-local"));
    command.arg("invoke").args(arguments).args(["--port", &cloud.port().to_string()]);
    // The templates and the event files are found from here upwards.
    let ended = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

#[test]
fn every_function_has_an_event_file_and_every_file_a_function() {
    let files = files();
    let own: BTreeSet<&str> = files.keys().map(String::as_str).filter(|name| !name.contains('.')).collect();
    let cloud = templates();
    let functions: BTreeSet<&str> = cloud.functions.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(own, functions);
    let text: String = files.values().map(Value::to_string).collect();
    for variant in files.keys().filter(|name| name.contains('.')) {
        assert!(functions.contains(function_of(variant)), "{variant} is of no function");
        let is_used = text.contains(&format!("{{{{{variant}#")) || text.contains(&format!("\"{variant}\""));
        assert!(is_used, "no file needs {variant}");
    }
}

/// A path's segments; a placeholder is one, whatever it holds.
fn segments(path: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut depth = 0;
    for c in path.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == '/' && depth == 0 {
            segments.push(String::new());
        } else {
            segments.last_mut().unwrap().push(c);
        }
    }
    segments
}

/// Checks that an event is one of an HTTP API for this route.
fn is_of_route(name: &str, event: &Value, key: &str) {
    let context = &event["requestContext"];
    let path = event["rawPath"].as_str().unwrap();
    assert_eq!((&event["routeKey"], &context["routeKey"]), (&Value::from(key), &Value::from(key)), "{name}");
    assert_eq!((&event["version"], &context["stage"]), (&"2.0".into(), &"$default".into()), "{name}");
    assert_eq!(context["http"]["path"], path, "{name}");
    let headers = event["headers"].as_object().unwrap();
    assert!(headers.keys().all(|header| *header == header.to_lowercase()), "{name}: {headers:?}");
    let read: Result<ApiGatewayV2httpRequest, _> = serde_json::from_value(event.clone());
    assert!(read.is_ok(), "{name}: {read:?}");
    let Some((method, pattern)) = key.split_once(' ') else { return };
    assert_eq!(context["http"]["method"], method, "{name}");
    let (pattern, segments) = (segments(pattern), segments(path));
    assert_eq!(pattern.len(), segments.len(), "{name}: {path} is not of {key}");
    let mut parameters = serde_json::Map::new();
    for (pattern, segment) in pattern.iter().zip(&segments) {
        match pattern.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(variable) => drop(parameters.insert(variable.to_owned(), segment.as_str().into())),
            None => assert_eq!(pattern, segment, "{name}: {path} is not of {key}"),
        }
    }
    let given = event.get("pathParameters").cloned().unwrap_or_else(|| serde_json::json!({}));
    assert_eq!(given, Value::Object(parameters), "{name}");
}

#[test]
fn each_file_is_an_event_as_its_source_makes_it() {
    let cloud = templates();
    let routes: Vec<_> = cloud.apis.iter().flat_map(|api| &api.routes).collect();
    for (name, event) in files() {
        let function = function_of(&name);
        let keys =
            routes.iter().filter(|route| route.function == function).map(|route| match &route.method {
                Some(method) => format!("{method} {}", route.path),
                None => route.path.clone(),
            });
        let keys: Vec<String> = keys.collect();
        let of = |source: &&Source| match source {
            Source::Stream(source) => source.function == function,
            Source::Queue(source) => source.function == function,
            Source::Schedule(source) => source.function == function,
        };
        match cloud.sources.iter().find(of) {
            None => {
                let key = event["routeKey"].as_str().unwrap_or_default();
                assert!(keys.iter().any(|known| known == key), "{name}: {key} is none of {keys:?}");
                is_of_route(&name, &event, key);
            }
            Some(Source::Stream(_)) => {
                let read: Result<StreamEvent, _> = serde_json::from_value(event.clone());
                assert!(read.is_ok_and(|event| !event.records.is_empty()), "{name}: {event}");
            }
            Some(Source::Queue(_)) => {
                let read: Result<SqsEvent, _> = serde_json::from_value(event.clone());
                assert!(read.is_ok_and(|event| !event.records.is_empty()), "{name}: {event}");
            }
            // One of the function's schedules has it as its input.
            Some(Source::Schedule(_)) => {
                let mut schedules = cloud.sources.iter().filter(of).filter_map(|source| match source {
                    Source::Schedule(source) => Some(source),
                    Source::Stream(_) | Source::Queue(_) => None,
                });
                let is_of = |source: &ScheduleSource| match &source.input {
                    Some(input) => event == *input,
                    None => event["detail-type"] == "Scheduled Event",
                };
                assert!(schedules.any(is_of), "{name}: {event}");
            }
        }
    }
}

/// Sends a function's file; gives why the answer is not what the file is for.
async fn works(cloud: &Cloud, function: &str) -> Result<(), String> {
    let (code, printed, error) = invoke(cloud, &[function]).await;
    let told = format!("{function}: {code:?} {printed} {error}");
    let answer: Value = serde_json::from_str(&printed).map_err(|_| told.clone())?;
    let status = answer["statusCode"].as_u64();
    let works = match status {
        Some(status) if function.ends_with("-unknown-route") => status == 404,
        Some(status) => (200..400).contains(&status),
        // A worker: nothing of its batch failed.
        None => answer.get("batchItemFailures").is_none_or(|failed| *failed == serde_json::json!([])),
    };
    if works && code == Some(0) && error.is_empty() { Ok(()) } else { Err(told) }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_file_is_answered_as_it_is_meant() {
    let cloud = std::sync::Arc::new(Cloud::start().await);
    let mut running = JoinSet::new();
    for function in templates().functions {
        if running.len() >= AT_A_TIME {
            running.join_next().await.unwrap().unwrap();
        }
        let cloud = cloud.clone();
        running.spawn(async move {
            // A worker that may run once at a time is throttled while its source runs it.
            let outcome = eventually(&function.name, || async {
                let outcome = works(&cloud, &function.name).await;
                let is_throttled = outcome.as_ref().is_err_and(|e| e.contains("TooManyRequestsException"));
                (!is_throttled).then_some(outcome)
            });
            outcome.await.unwrap_or_else(|told| panic!("{told}"));
        });
    }
    running.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_invoked_is_said() {
    let cloud = Cloud::start().await;
    let (code, _, error) = invoke(&cloud, &["charges-create-paymnet"]).await;
    assert_eq!(code, Some(2));
    assert!(error.contains("\n  charges-create-payment\n"), "it lists those there are: {error}");
    let event = tempfile::NamedTempFile::new().unwrap();
    let path = event.path().to_str().unwrap();
    for (text, code_expected, told) in [
        ("{\"Records\":5}", 1, "the function `publish-events` failed"),
        ("no JSON", 2, "the event is not JSON"),
        ("{\"a\":\"{{nonsense}}\"}", 2, "`{{nonsense}}` is no placeholder"),
        ("{\"a\":\"{{no-file#/body/id}}\"}", 2, "no-file.json"),
        ("{\"a\":\"{{charges-unknown-route#/body/id}}\"}", 1, "charges-unknown-route.json makes what"),
        ("{\"a\":\"{{charges-create-payment#/body/colour}}\"}", 2, "has no text at /body/colour"),
    ] {
        std::fs::write(event.path(), text).unwrap();
        let (code, printed, error) = invoke(&cloud, &["publish-events", "--event", path]).await;
        assert_eq!(code, Some(code_expected), "{text}: {error}");
        assert!(error.contains(told), "{text}: {error}");
        assert_eq!(printed.contains("errorMessage"), text.contains("Records"), "{text}: {printed}");
    }
    let (code, printed, _) = invoke(&cloud, &["charges-health"]).await;
    assert_eq!((code, printed.contains("\"statusCode\":200")), (Some(0), true), "{printed}");
}
