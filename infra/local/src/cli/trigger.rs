//! `cargo local trigger`: sends the requests that cause an event.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    arguments::Trigger,
    client::{Answer, Client},
    failure::Failure,
    recipes::{self, Step},
    terminal::print_line,
};

/// Levels of a parameter's name in `--set`.
const SET_DEPTH_MAX: usize = 8;

/// Causes an event of the type; lists the types if none is given.
///
/// # Errors
///
/// The type or a parameter is unknown, no local cloud runs at the port, or the API refuses a request.
pub(crate) async fn trigger(arguments: &Trigger) -> Result<(), Failure> {
    let Some(event) = &arguments.event else {
        print_line(&recipes::names().join("\n"));
        return Ok(());
    };
    let kind = recipes::kind_of(event).ok_or_else(|| {
        Failure::Usage(format!(
            "There is no event `{event}`. There are:\n  {}",
            recipes::names().join("\n  ")
        ))
    })?;
    let mut steps = recipes::recipe(kind);
    for setting in &arguments.set {
        set_parameter(&mut steps, setting)?;
    }
    let client = Client::connect(arguments.port).await?;
    let mut ids = BTreeMap::new();
    for step in &steps {
        let path = text_with_ids(step.path, &ids);
        let body = step.body.as_ref().map(|body| with_ids(body, &ids));
        let answer = client.send_by(step.caller, step.method, &path, body.as_ref()).await?;
        let wanted = (200..300).contains(&answer.status) || (step.declined && answer.status == 402);
        if !wanted {
            return Err(Failure::Request {
                method: step.method.as_str(),
                path,
                reason: answer.error_message(),
            });
        }
        let id = id_of(&answer);
        print_line(&format!("{} {path} {} {id}", step.method.as_str(), answer.status));
        ids.insert(step.name, id);
    }
    Ok(())
}

/// The id in an answer; of the first object of a list; of the intent, if its card was declined.
fn id_of(answer: &Answer) -> String {
    let places =
        [&answer.body["id"], &answer.body["data"][0]["id"], &answer.body["error"]["payment_intent"]["id"]];
    places.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned()
}

/// A text, with ids in place of its references.
fn text_with_ids(text: &str, ids: &BTreeMap<&'static str, String>) -> String {
    ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
}

/// A body, with ids in place of the references in its texts.
fn with_ids(body: &Value, ids: &BTreeMap<&'static str, String>) -> Value {
    match body {
        Value::String(text) => Value::from(text_with_ids(text, ids)),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), with_ids(value, ids)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(values) => values.iter().map(|value| with_ids(value, ids)).collect(),
        other => other.clone(),
    }
}

/// Replaces a parameter: `amount=500` in the first request, `refund.amount=100` in the one named `refund`. The value is
/// JSON, or else text.
fn set_parameter(steps: &mut [Step], setting: &str) -> Result<(), Failure> {
    let usage = |why: &str| Failure::Usage(format!("--set {setting}: {why}"));
    let (name, value) = setting.split_once('=').ok_or_else(|| usage("not of the form NAME=VALUE"))?;
    let mut names: Vec<&str> = name.split('.').collect();
    if names.iter().any(|name| name.is_empty()) || names.len() > SET_DEPTH_MAX {
        return Err(usage("not the name of a parameter"));
    }
    let of_step = steps.iter().position(|step| names.len() > 1 && step.name == names[0]);
    if of_step.is_some() {
        names.remove(0);
    }
    let step = steps.get_mut(of_step.unwrap_or(0)).ok_or_else(|| usage("there is no request"))?;
    let mut place = step.body.as_mut().ok_or_else(|| usage("this request takes no parameters"))?;
    for name in names {
        if !place.is_object() {
            *place = Value::Object(serde_json::Map::new());
        }
        place = &mut place[name];
    }
    *place = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tollgate_domain::EventKind;

    use super::*;

    fn bodies(settings: &[&str]) -> Vec<Option<Value>> {
        let mut steps = recipes::recipe(EventKind::RefundCreated);
        for setting in settings {
            set_parameter(&mut steps, setting).expect("set");
        }
        steps.into_iter().map(|step| step.body).collect()
    }

    #[test]
    fn a_parameter_of_the_first_or_a_named_request_is_replaced() {
        let set = bodies(&["amount=500", "currency=eur", "metadata.order=\"7\"", "refund.amount=100"]);
        let [Some(intent), Some(refund)] = set.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!(
            (&intent["amount"], &intent["currency"], &intent["metadata"]),
            (&json!(500), &json!("eur"), &json!({"order": "7"}))
        );
        assert_eq!(refund["amount"], 100);
        let ids = BTreeMap::from([("payment_intent", "pi_1".to_owned())]);
        assert_eq!(with_ids(refund, &ids), json!({"payment_intent": "pi_1", "amount": 100}));
        assert_eq!(text_with_ids("/payment_intents/{payment_intent}/x", &ids), "/payment_intents/pi_1/x");
    }

    #[test]
    fn a_setting_that_names_nothing_is_refused() {
        for wrong in ["amount", "=1", "a..b=1", "a.b.c.d.e.f.g.h.i=1"] {
            let mut steps = recipes::recipe(EventKind::RefundCreated);
            assert!(set_parameter(&mut steps, wrong).is_err(), "{wrong}");
        }
        let mut steps = recipes::recipe(EventKind::CustomerDeleted);
        assert!(set_parameter(&mut steps, "delete.name=x").is_err());
    }
}
