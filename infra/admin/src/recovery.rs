//! What an operator does after tables were restored to a point in time (see `docs/operations.md`).

use std::io::BufRead;

use serde_json::{Value, json};
use tollgate_domain::Mode;
use tollgate_gateway::{Admin, AdminError, AwsEnvironment, Queue, ReferenceFound, Tables, Writer};

use crate::arguments::RecoveryCommand;

/// Most references of one run.
const REFERENCES_MAX: usize = 100_000;

pub(crate) async fn perform(
    environment: &AwsEnvironment,
    admin: &Admin,
    stack: &str,
    command: RecoveryCommand,
) -> Result<Value, AdminError> {
    Ok(match command {
        RecoveryCommand::Restore { table, from, pages } => {
            if from == stack {
                return Err(AdminError::Failed(
                    "the restored tables have another name than the live ones".into(),
                ));
            }
            let copy = Writer::open(environment, Tables::of_stack(&from));
            let done = admin.restore(copy.reader(), table, pages.into()).await?;
            json!({
                "table": table.as_str(),
                "scanned": done.scanned,
                "written": done.written,
                "kept": done.kept,
                "next": done.next.map(|place| place.to_string()),
            })
        }
        RecoveryCommand::Republish { since, pages } => {
            let webhooks = Queue::named(environment, &format!("{stack}-webhooks")).await?;
            let done = admin.republish(&webhooks, since, pages.into()).await?;
            json!({
                "scanned": done.scanned,
                "changed": done.changed,
                "events": done.events,
                "deliveries": done.deliveries,
                "left": done.left,
                "next": done.next.map(|place| place.to_string()),
            })
        }
        RecoveryCommand::LookUpReferences { merchant, live } => {
            let mode = if live { Mode::Live } else { Mode::Test };
            let found = admin.look_up_references(merchant, mode, &references()?).await?;
            show_references(&found)
        }
    })
}

/// The references on standard input. Empty lines are skipped.
fn references() -> Result<Vec<String>, AdminError> {
    let mut references = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| AdminError::Failed(format!("standard input can't be read: {e}")))?;
        let reference = line.trim();
        if reference.is_empty() {
            continue;
        }
        if references.len() == REFERENCES_MAX {
            return Err(AdminError::Failed(format!("at most {REFERENCES_MAX} references at a time")));
        }
        references.push(reference.to_owned());
    }
    Ok(references)
}

fn show_references(found: &[ReferenceFound]) -> Value {
    let missing = found.iter().filter(|found| found.recorded.is_none()).map(|found| &found.reference);
    let recorded = found.iter().filter_map(|found| {
        let recorded = found.recorded.as_ref()?;
        Some(json!({
            "reference": found.reference,
            "kind": recorded.kind,
            "key": recorded.key,
            "status": recorded.status,
            "amount": recorded.amount_minor,
            "currency": recorded.currency,
        }))
    });
    json!({"missing": missing.collect::<Vec<_>>(), "recorded": recorded.collect::<Vec<_>>()})
}
