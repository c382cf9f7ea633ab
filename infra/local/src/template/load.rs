//! Reads the root template and every stack nested in it.

use std::{collections::HashMap, path::Path};

use serde_json::Value;

use super::{
    Cloud, Setting, Source, TemplateError, apis, functions, intrinsics::Stack, logs, policies, queues,
    sources, tables,
};

/// The root stack's name, with which its tables' names begin.
const ROOT_STACK: &str = "tollgate";

/// Reads the root template and every stack nested in it.
pub fn load(root: &Path, setting: &Setting<'_>) -> Result<Cloud, TemplateError> {
    let parameters = setting
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.clone())))
        .collect::<HashMap<_, _>>();
    let stack = Stack::read(ROOT_STACK.to_owned(), root.to_owned(), parameters, setting)?;
    let mut cloud = Cloud::default();
    gather(&stack, &mut cloud)?;
    apis::connect(&stack, &mut cloud)?;
    check(&cloud)?;
    Ok(cloud)
}

fn gather(stack: &Stack<'_>, cloud: &mut Cloud) -> Result<(), TemplateError> {
    for (id, resource) in stack.resources("AWS::DynamoDB::Table")? {
        cloud.tables.push(tables::read(stack, &id, &resource["Properties"])?);
    }
    for (id, resource) in stack.resources("AWS::SQS::Queue")? {
        cloud.queues.push(queues::read(stack, &id, &resource["Properties"])?);
    }
    for (id, _) in stack.resources("AWS::SecretsManager::Secret")? {
        cloud.secrets.push(stack.secret(&id)?);
    }
    for (id, resource) in stack.resources("AWS::Logs::LogGroup")? {
        cloud.log_groups.push(logs::read(stack, &id, &resource["Properties"])?);
    }
    for (id, resource) in stack.resources("AWS::ApiGatewayV2::Api")? {
        cloud.apis.push(apis::read(stack, &id, &resource["Properties"])?);
    }
    for (id, resource) in stack.resources("AWS::Serverless::Function")? {
        let mut made = functions::read(stack, &id, &resource)?;
        for (event_id, event) in resource["Properties"]["Events"].as_object().into_iter().flatten() {
            let at = format!("{id}.{event_id}");
            let source = sources::read(stack, &at, event, &made.name)?;
            policies::connect(stack, &at, event, &source, &mut made)?;
            cloud.sources.push(source);
        }
        made.environment.retain(|_, value| !value.is_empty());
        cloud.functions.push(made);
    }
    for (id, _) in stack.resources("AWS::Serverless::Application")? {
        let before = cloud.apis.len();
        gather(stack.nested(&id)?.as_ref(), cloud)?;
        let url = stack.output(&format!("{id}Url"))?;
        for api in &mut cloud.apis[before..] {
            api.base_url = url.as_ref().and_then(Value::as_str).map(str::to_owned);
        }
    }
    Ok(())
}

/// Checks that function names are unique and that the sources' tables and queues exist.
fn check(cloud: &Cloud) -> Result<(), TemplateError> {
    let mut names = std::collections::HashSet::new();
    for function in &cloud.functions {
        if !names.insert(&function.name) {
            return Err(TemplateError::meaning(&function.name, "two functions have this name"));
        }
    }
    for source in &cloud.sources {
        let (function, missing) = match source {
            Source::Stream(s) => {
                let found = cloud.tables.iter().any(|t| t.name == s.table && t.streamed);
                (&s.function, (!found).then(|| format!("table `{}` with a stream", s.table)))
            }
            Source::Queue(s) => {
                let found = cloud.queues.iter().any(|q| q.name == s.queue);
                (&s.function, (!found).then(|| format!("queue `{}`", s.queue)))
            }
            Source::Schedule(s) => (&s.function, None),
        };
        if let Some(missing) = missing {
            return Err(TemplateError::meaning(function, format!("there is no {missing}")));
        }
    }
    Ok(())
}
