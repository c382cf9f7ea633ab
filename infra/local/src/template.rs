//! The SAM templates as the one description of what there is: functions, routes, environment, tables, queues and event
//! sources. What runs locally is what deploys; a part of a template that is not understood here is an error, not a guess.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// The account that all local ARNs are of.
pub const ACCOUNT: &str = "000000000000";
/// The region that everything local is in.
pub const REGION: &str = "us-east-1";
/// The name of the local stack; tables are named after it.
pub const STACK: &str = "tollgate";

/// A template cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {detail}")]
pub struct TemplateError {
    file: String,
    detail: String,
}

/// All that the templates describe.
#[derive(Debug, Default)]
pub struct Cloud {
    /// By binary name.
    pub functions: BTreeMap<String, Function>,
    /// The HTTP APIs' routes, by API name.
    pub apis: BTreeMap<String, Vec<Route>>,
    /// The tables, as `CreateTable` takes them, and their time-to-live attribute.
    pub tables: Vec<Table>,
    /// The queues.
    pub queues: Vec<QueueSpec>,
    /// What starts functions besides requests.
    pub sources: Vec<Source>,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// The name of its binary.
    pub binary: String,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// How long an invocation may take, in seconds.
    pub timeout_s: u64,
    /// Megabytes, as the function is told.
    pub memory_mb: u64,
}

/// A route of an HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `GET`…, or `ANY`; `None` with no path is `$default`.
    pub method: Option<String>,
    /// `/v1/payments/{id}`.
    pub path: Option<String>,
    /// The function's binary.
    pub function: String,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The body of `CreateTable`.
    pub create: Value,
    /// The attribute after which items expire.
    pub ttl_attribute: Option<String>,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its name.
    pub name: String,
    /// How long a received message stays hidden, in seconds.
    pub visibility_s: i64,
    /// How long a message is kept, in seconds.
    pub retention_s: i64,
    /// Where messages go after so many receives.
    pub redrive: Option<(String, i64)>,
}

/// What starts a function besides a request.
#[derive(Debug, Clone)]
pub enum Source {
    /// A table's stream.
    Stream {
        /// The function.
        function: String,
        /// The table.
        table: String,
        /// Records of a batch.
        batch: usize,
        /// Patterns of which one has to match.
        filters: Vec<Value>,
        /// Where records that could not be handled are told of.
        dead_letters: Option<String>,
        /// Retries of a batch; `None` for as long as the records are young enough.
        retries: Option<u32>,
    },
    /// A queue.
    Queue {
        /// The function.
        function: String,
        /// The queue.
        queue: String,
        /// Messages of a batch.
        batch: usize,
    },
    /// A schedule.
    Schedule {
        /// The function.
        function: String,
    },
}

/// What the templates cannot know: addresses of this machine, and secrets.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Where the APIs are: `http://localhost:9000`.
    pub front: String,
    /// Where the queues are.
    pub sqs: String,
    /// What every secret is.
    pub secret: String,
    /// Parameters of the root template that differ from their defaults.
    pub parameters: HashMap<String, String>,
}

/// Reads the templates of a project.
pub fn load(root: &Path, surroundings: &Surroundings) -> Result<Cloud, TemplateError> {
    let mut cloud = Cloud::default();
    let mut stack = Stack::read(
        root,
        "template.yaml",
        STACK,
        &surroundings.parameters,
        surroundings,
    )?;
    stack.find_nested()?;
    stack.describe(&mut cloud, root, None)?;
    Ok(cloud)
}

struct Stack<'a> {
    file: String,
    name: String,
    parameters: HashMap<String, String>,
    resources: Map<String, Value>,
    conditions: Map<String, Value>,
    globals: Value,
    surroundings: &'a Surroundings,
    /// Outputs of nested stacks that others refer to: where their API is.
    nested_urls: HashMap<String, String>,
}

impl<'a> Stack<'a> {
    fn read(
        root: &Path,
        file: &str,
        name: &str,
        given: &HashMap<String, String>,
        surroundings: &'a Surroundings,
    ) -> Result<Self, TemplateError> {
        let fail = |detail: String| TemplateError {
            file: file.to_owned(),
            detail,
        };
        let text = std::fs::read_to_string(root.join(file)).map_err(|e| fail(e.to_string()))?;
        let yaml: Yaml = serde_yaml_ng::from_str(&text).map_err(|e| fail(e.to_string()))?;
        let document = to_json(yaml).map_err(fail)?;
        let section = |name: &str| document[name].as_object().cloned().unwrap_or_default();
        let mut parameters = HashMap::new();
        for (parameter, spec) in section("Parameters") {
            let value = given
                .get(&parameter)
                .cloned()
                .or_else(|| spec["Default"].as_str().map(str::to_owned));
            parameters.insert(
                parameter.clone(),
                value.ok_or_else(|| fail(format!("parameter {parameter} has no value")))?,
            );
        }
        if let Some(unknown) = given.keys().find(|key| !parameters.contains_key(*key)) {
            return Err(fail(format!("there is no parameter {unknown}")));
        }
        Ok(Self {
            file: file.to_owned(),
            name: name.to_owned(),
            parameters,
            resources: section("Resources"),
            conditions: section("Conditions"),
            globals: document["Globals"]["Function"].clone(),
            surroundings,
            nested_urls: HashMap::new(),
        })
    }

    fn fail(&self, detail: impl Into<String>) -> TemplateError {
        TemplateError {
            file: self.file.clone(),
            detail: detail.into(),
        }
    }

    /// A nested stack's HTTP API is served under the name of its template.
    fn find_nested(&mut self) -> Result<(), TemplateError> {
        for (id, resource) in &self.resources {
            if resource["Type"] == "AWS::Serverless::Application" {
                let location = resource["Properties"]["Location"]
                    .as_str()
                    .ok_or_else(|| self.fail(format!("{id} has no Location")))?;
                let url = format!("{}/{}", self.surroundings.front, api_name(location));
                self.nested_urls.insert(id.clone(), url);
            }
        }
        Ok(())
    }

    fn describe(&self, cloud: &mut Cloud, root: &Path, api: Option<&str>) -> Result<(), TemplateError> {
        for (id, resource) in &self.resources {
            let properties = &resource["Properties"];
            match resource["Type"].as_str().unwrap_or_default() {
                "AWS::DynamoDB::Table" => cloud.tables.push(self.table(properties)?),
                "AWS::SQS::Queue" => cloud.queues.push(self.queue(id, properties)?),
                "AWS::Serverless::Function" => self.function(cloud, id, resource, api)?,
                "AWS::Serverless::Application" => {
                    let location = properties["Location"].as_str().unwrap_or_default();
                    let mut given = HashMap::new();
                    for (name, value) in properties["Parameters"].as_object().into_iter().flatten() {
                        given.insert(name.clone(), self.text(value)?);
                    }
                    let nested = Stack::read(
                        root,
                        location,
                        &format!("{}-{id}", self.name),
                        &given,
                        self.surroundings,
                    )?;
                    nested.describe(cloud, root, Some(api_name(location)))?;
                }
                // Described by what refers to them, or without meaning on one machine.
                "AWS::Serverless::HttpApi"
                | "AWS::Logs::LogGroup"
                | "AWS::SecretsManager::Secret"
                | "AWS::CloudWatch::Alarm" => {}
                other => return Err(self.fail(format!("{id}: resources of type {other} are not known here"))),
            }
        }
        Ok(())
    }

    fn table(&self, properties: &Value) -> Result<Table, TemplateError> {
        let evaluated = self.evaluate(properties)?;
        let name = evaluated["TableName"]
            .as_str()
            .ok_or_else(|| self.fail("a table has no TableName"))?
            .to_owned();
        let mut create = Map::new();
        for key in [
            "TableName",
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "BillingMode",
        ] {
            if let Some(value) = evaluated.get(key) {
                create.insert(key.to_owned(), value.clone());
            }
        }
        if let Some(view) = evaluated["StreamSpecification"]["StreamViewType"].as_str() {
            create.insert(
                "StreamSpecification".into(),
                json!({"StreamEnabled": true, "StreamViewType": view}),
            );
        }
        let ttl_attribute = evaluated["TimeToLiveSpecification"]["AttributeName"]
            .as_str()
            .map(str::to_owned);
        Ok(Table {
            name,
            create: Value::Object(create),
            ttl_attribute,
        })
    }

    fn queue(&self, id: &str, properties: &Value) -> Result<QueueSpec, TemplateError> {
        let evaluated = self.evaluate(properties)?;
        let redrive = match evaluated.get("RedrivePolicy") {
            None => None,
            Some(policy) => {
                let target = policy["deadLetterTargetArn"]
                    .as_str()
                    .and_then(|arn| arn.rsplit(':').next());
                let count = policy["maxReceiveCount"].as_i64();
                Some(
                    target
                        .map(str::to_owned)
                        .zip(count)
                        .ok_or_else(|| self.fail(format!("{id}: bad RedrivePolicy")))?,
                )
            }
        };
        Ok(QueueSpec {
            name: self.queue_name(id),
            visibility_s: evaluated["VisibilityTimeout"].as_i64().unwrap_or(30),
            retention_s: evaluated["MessageRetentionPeriod"].as_i64().unwrap_or(345_600),
            redrive,
        })
    }

    fn queue_name(&self, id: &str) -> String {
        format!("{}-{id}", self.name)
    }

    fn function(
        &self,
        cloud: &mut Cloud,
        id: &str,
        resource: &Value,
        api: Option<&str>,
    ) -> Result<(), TemplateError> {
        let binary = resource["Metadata"]["BuildProperties"]["Binary"]
            .as_str()
            .ok_or_else(|| self.fail(format!("{id} has no Metadata.BuildProperties.Binary")))?
            .to_owned();
        let properties = &resource["Properties"];
        let mut environment = BTreeMap::new();
        for variables in [
            &self.globals["Environment"]["Variables"],
            &properties["Environment"]["Variables"],
        ] {
            for (name, value) in variables.as_object().into_iter().flatten() {
                environment.insert(name.clone(), self.text(value)?);
            }
        }
        let number = |name: &str, default: u64| {
            properties[name]
                .as_u64()
                .or_else(|| self.globals[name].as_u64())
                .unwrap_or(default)
        };
        let (timeout_s, memory_mb) = (number("Timeout", 3), number("MemorySize", 128));
        cloud.functions.insert(
            binary.clone(),
            Function {
                binary: binary.clone(),
                environment,
                timeout_s,
                memory_mb,
            },
        );
        for (name, event) in properties["Events"].as_object().into_iter().flatten() {
            let settings = self.evaluate(&event["Properties"])?;
            let text = |key: &str| settings[key].as_str().map(str::to_owned);
            let batch = usize::try_from(settings["BatchSize"].as_u64().unwrap_or(10)).unwrap_or(10);
            let source = match event["Type"].as_str().unwrap_or_default() {
                "HttpApi" => {
                    let api =
                        api.ok_or_else(|| self.fail(format!("{id}: routes belong to a nested stack")))?;
                    let route = Route {
                        method: text("Method"),
                        path: text("Path"),
                        function: binary.clone(),
                    };
                    cloud.apis.entry(api.to_owned()).or_default().push(route);
                    continue;
                }
                "DynamoDB" => Source::Stream {
                    function: binary.clone(),
                    table: text("Stream")
                        .and_then(|arn| arn.split('/').nth(1).map(str::to_owned))
                        .ok_or_else(|| self.fail(format!("{id}.{name}: no Stream")))?,
                    batch,
                    filters: filters(&settings).map_err(|e| self.fail(e))?,
                    dead_letters: settings["DestinationConfig"]["OnFailure"]["Destination"]
                        .as_str()
                        .and_then(|arn| arn.rsplit(':').next())
                        .map(str::to_owned),
                    retries: settings["MaximumRetryAttempts"]
                        .as_u64()
                        .and_then(|n| u32::try_from(n).ok()),
                },
                "SQS" => Source::Queue {
                    function: binary.clone(),
                    queue: text("Queue")
                        .and_then(|arn| arn.rsplit(':').next().map(str::to_owned))
                        .ok_or_else(|| self.fail(format!("{id}.{name}: no Queue")))?,
                    batch,
                },
                "Schedule" | "ScheduleV2" => Source::Schedule {
                    function: binary.clone(),
                },
                other => {
                    return Err(self.fail(format!("{id}.{name}: events of type {other} are not known here")));
                }
            };
            cloud.sources.push(source);
        }
        Ok(())
    }

    fn text(&self, value: &Value) -> Result<String, TemplateError> {
        match self.evaluate(value)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            other => Err(self.fail(format!("{other} is not text"))),
        }
    }

    /// Evaluates a value with CloudFormation's functions in it.
    fn evaluate(&self, value: &Value) -> Result<Value, TemplateError> {
        match value {
            Value::Object(map) => {
                if map.len() == 1
                    && let Some((name, argument)) = map.iter().next()
                    && (name == "Ref" || name == "Condition" || name.starts_with("Fn::"))
                {
                    return self.call(name, argument);
                }
                let mut out = Map::new();
                for (key, value) in map {
                    out.insert(key.clone(), self.evaluate(value)?);
                }
                Ok(Value::Object(out))
            }
            Value::Array(list) => Ok(Value::Array(
                list.iter().map(|v| self.evaluate(v)).collect::<Result<_, _>>()?,
            )),
            Value::String(text) => Ok(Value::String(self.resolve_secrets(text))),
            other => Ok(other.clone()),
        }
    }

    fn call(&self, name: &str, argument: &Value) -> Result<Value, TemplateError> {
        match (name, argument) {
            ("Ref", Value::String(id)) => self.reference(id).map(Value::String),
            ("Fn::GetAtt", Value::String(path)) => {
                let (id, attribute) = path
                    .split_once('.')
                    .ok_or_else(|| self.fail(format!("GetAtt {path}")))?;
                self.attribute(id, attribute).map(Value::String)
            }
            ("Fn::Sub", Value::String(text)) => self.substitute(text).map(Value::String),
            ("Fn::If", Value::Array(parts)) if parts.len() == 3 => {
                let condition = parts[0].as_str().and_then(|name| self.conditions.get(name));
                let holds = condition
                    .ok_or_else(|| self.fail("If names no condition"))
                    .and_then(|c| self.evaluate(c))?;
                self.evaluate(if holds == Value::Bool(true) {
                    &parts[1]
                } else {
                    &parts[2]
                })
            }
            ("Fn::Equals", Value::Array(parts)) if parts.len() == 2 => Ok(Value::Bool(
                self.evaluate(&parts[0])? == self.evaluate(&parts[1])?,
            )),
            ("Fn::Not", Value::Array(parts)) if parts.len() == 1 => {
                Ok(Value::Bool(self.evaluate(&parts[0])? != Value::Bool(true)))
            }
            _ => Err(self.fail(format!("{name} {argument} is not known here"))),
        }
    }

    fn reference(&self, id: &str) -> Result<String, TemplateError> {
        if let Some(value) = self.parameters.get(id) {
            return Ok(value.clone());
        }
        match id {
            "AWS::StackName" => return Ok(self.name.clone()),
            "AWS::Region" => return Ok(REGION.to_owned()),
            "AWS::AccountId" => return Ok(ACCOUNT.to_owned()),
            "AWS::Partition" => return Ok("aws".to_owned()),
            "AWS::URLSuffix" => return Ok("amazonaws.com".to_owned()),
            "AWS::NoValue" => return Ok(String::new()),
            _ => {}
        }
        let resource = self
            .resources
            .get(id)
            .ok_or_else(|| self.fail(format!("there is no {id}")))?;
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::DynamoDB::Table" => self.text(&resource["Properties"]["TableName"]),
            "AWS::SQS::Queue" => Ok(format!(
                "{}/{ACCOUNT}/{}",
                self.surroundings.sqs,
                self.queue_name(id)
            )),
            "AWS::SecretsManager::Secret" => {
                Ok(format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{id}"))
            }
            "AWS::Serverless::Function" => Ok(id.to_owned()),
            "AWS::Serverless::HttpApi" => Ok("local".to_owned()),
            other => Err(self.fail(format!("Ref {id}: a reference to {other} is not known here"))),
        }
    }

    fn attribute(&self, id: &str, attribute: &str) -> Result<String, TemplateError> {
        if let (Some(url), "Outputs.Url") = (self.nested_urls.get(id), attribute) {
            return Ok(url.clone());
        }
        let resource = self
            .resources
            .get(id)
            .ok_or_else(|| self.fail(format!("there is no {id}")))?;
        let kind = resource["Type"].as_str().unwrap_or_default();
        let table_arn = || {
            Ok(format!(
                "arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}",
                self.reference(id)?
            ))
        };
        match (kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => table_arn(),
            ("AWS::DynamoDB::Table", "StreamArn") => table_arn().map(|arn| format!("{arn}/stream/local")),
            ("AWS::SQS::Queue", "Arn") => {
                Ok(format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", self.queue_name(id)))
            }
            ("AWS::SQS::Queue", "QueueName") => Ok(self.queue_name(id)),
            ("AWS::Logs::LogGroup", "Arn") => Ok(format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{id}")),
            _ => Err(self.fail(format!("GetAtt {id}.{attribute} is not known here"))),
        }
    }

    fn substitute(&self, text: &str) -> Result<String, TemplateError> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            out.push_str(&rest[..start]);
            let end = rest[start..]
                .find('}')
                .ok_or_else(|| self.fail(format!("Sub {text}")))?
                + start;
            let name = &rest[start + 2..end];
            out.push_str(&match name.split_once('.') {
                Some((id, attribute)) => self.attribute(id, attribute)?,
                None => self.reference(name)?,
            });
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        Ok(self.resolve_secrets(&out))
    }

    /// `{{resolve:secretsmanager:…}}` is the local cloud's one secret.
    fn resolve_secrets(&self, text: &str) -> String {
        if text.starts_with("{{resolve:secretsmanager:") && text.ends_with("}}") {
            self.surroundings.secret.clone()
        } else {
            text.to_owned()
        }
    }
}

/// `infra/apis/charges.yaml` is the API `charges`.
fn api_name(location: &str) -> &str {
    location
        .rsplit('/')
        .next()
        .unwrap_or(location)
        .trim_end_matches(".yaml")
}

fn filters(settings: &Value) -> Result<Vec<Value>, String> {
    let filters = settings["FilterCriteria"]["Filters"].as_array();
    filters
        .into_iter()
        .flatten()
        .map(|filter| {
            serde_json::from_str(filter["Pattern"].as_str().unwrap_or_default()).map_err(|e| e.to_string())
        })
        .collect()
}

/// YAML with CloudFormation's short tags as JSON with the long names of its functions.
fn to_json(yaml: Yaml) -> Result<Value, String> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => serde_json::to_value(number).map_err(|e| e.to_string())?,
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(list) => Value::Array(list.into_iter().map(to_json).collect::<Result<_, _>>()?),
        Yaml::Mapping(map) => {
            let mut out = Map::new();
            for (key, value) in map {
                let Yaml::String(key) = key else {
                    return Err(format!("a key is not text: {key:?}"));
                };
                out.insert(key, to_json(value)?);
            }
            Value::Object(out)
        }
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = name.trim_start_matches('!');
            let name = if matches!(name, "Ref" | "Condition") {
                name.to_owned()
            } else {
                format!("Fn::{name}")
            };
            let value = match to_json(tagged.value)? {
                Value::Array(parts) if name == "Fn::GetAtt" => Value::String(
                    parts
                        .iter()
                        .filter_map(Value::as_str)
                        .collect::<Vec<_>>()
                        .join("."),
                ),
                other => other,
            };
            json!({name: value})
        }
    })
}

/// How exact a route is: fewer parameters first, the own method before `ANY`.
type Rank = (usize, bool);

/// A path's parameters, by name.
type Parameters = Vec<(String, String)>;

/// Finds the route that takes a request, as API Gateway does: a whole path before one with parameters, the method's own
/// route before `ANY`, and `$default` last. Gives the path's parameters, too.
pub fn find_route<'r>(routes: &'r [Route], method: &str, path: &str) -> Option<(&'r Route, Parameters)> {
    let mut best: Option<(Rank, (&Route, Parameters))> = None;
    for route in routes {
        let Some(pattern) = &route.path else { continue };
        let own = route
            .method
            .as_deref()
            .is_some_and(|m| m.eq_ignore_ascii_case(method));
        let any = route
            .method
            .as_deref()
            .is_some_and(|m| m.eq_ignore_ascii_case("any"));
        if !own && !any {
            continue;
        }
        if let Some(parameters) = match_path(pattern, path) {
            let rank = (parameters.len(), any);
            if best.as_ref().is_none_or(|(better, _)| rank < *better) {
                best = Some((rank, (route, parameters)));
            }
        }
    }
    let default = || {
        routes
            .iter()
            .find(|route| route.path.is_none())
            .map(|route| (route, Vec::new()))
    };
    best.map(|(_, found)| found).or_else(default)
}

fn match_path(pattern: &str, path: &str) -> Option<Parameters> {
    let mut parameters = Vec::new();
    let mut segments = path.split('/');
    for part in pattern.split('/') {
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => parameters.push((name.to_owned(), segment.to_owned())),
            None if part == segment => {}
            Some(_) | None => return None,
        }
    }
    segments.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn project() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn surroundings() -> Surroundings {
        Surroundings {
            front: "http://localhost:9000".into(),
            sqs: "http://127.0.0.1:9002".into(),
            secret: "hush".into(),
            parameters: HashMap::from([("AllowLoopbackWebhooks".into(), "true".into())]),
        }
    }

    #[test]
    fn the_projects_own_templates_are_understood() {
        let cloud = load(&project(), &surroundings()).unwrap();
        let create = &cloud.functions["charges-create-payment"];
        assert_eq!(create.environment["TOLLGATE_TABLE"], "tollgate");
        assert_eq!(create.environment["TOLLGATE_LINK_KEY"], "hush");
        assert_eq!(
            create.environment["TOLLGATE_PAGES_URL"],
            "http://localhost:9000/pages"
        );
        let deliver = &cloud.functions["deliver-webhook"];
        assert_eq!(deliver.environment["TOLLGATE_ALLOW_LOOPBACK_WEBHOOKS"], "true");
        assert_eq!(
            deliver.environment["TOLLGATE_WEBHOOK_QUEUE_URL"],
            "http://127.0.0.1:9002/000000000000/tollgate-WebhookQueue"
        );
        assert_eq!(cloud.tables.len(), 3);
        assert_eq!(cloud.sources.len(), 3);
        let queue = cloud
            .queues
            .iter()
            .find(|q| q.name == "tollgate-WebhookQueue")
            .unwrap();
        assert_eq!(
            (queue.visibility_s, &queue.redrive),
            (360, &Some(("tollgate-WebhookDeadLetters".into(), 5)))
        );
    }

    #[test]
    fn every_function_has_a_source_file_of_its_name() {
        let cloud = load(&project(), &surroundings()).unwrap();
        for binary in cloud.functions.keys() {
            let found = ["charges", "intents", "pages", "workers"].iter().any(|folder| {
                project()
                    .join(format!("functions/{folder}/src/bin/{binary}.rs"))
                    .exists()
            });
            assert!(found, "{binary}");
        }
    }

    #[test]
    fn an_unknown_parameter_is_an_error() {
        let mut surroundings = surroundings();
        surroundings.parameters.insert("Nonsense".into(), "1".into());
        assert!(
            load(&project(), &surroundings)
                .unwrap_err()
                .to_string()
                .contains("Nonsense")
        );
    }

    #[test]
    fn the_most_exact_route_wins() {
        let route = |method: Option<&str>, path: Option<&str>, function: &str| Route {
            method: method.map(str::to_owned),
            path: path.map(str::to_owned),
            function: function.into(),
        };
        let routes = [
            route(None, None, "default"),
            route(Some("GET"), Some("/v1/payments/{id}"), "one"),
            route(Some("GET"), Some("/v1/payments/special"), "special"),
            route(Some("ANY"), Some("/v1/payments"), "any"),
            route(Some("POST"), Some("/v1/payments"), "create"),
        ];
        let found = |method, path| find_route(&routes, method, path).map(|(r, p)| (r.function.as_str(), p));
        assert_eq!(
            found("GET", "/v1/payments/p1"),
            Some(("one", vec![("id".into(), "p1".into())]))
        );
        assert_eq!(found("GET", "/v1/payments/special").unwrap().0, "special");
        assert_eq!(found("POST", "/v1/payments").unwrap().0, "create");
        assert_eq!(found("PUT", "/v1/payments").unwrap().0, "any");
        assert_eq!(found("GET", "/v1/payments/p1/x").unwrap().0, "default");
        assert_eq!(found("GET", "/v1/payments/").unwrap().0, "default");
        assert_eq!(find_route(&routes[1..2], "GET", "/nope"), None);
    }
}
