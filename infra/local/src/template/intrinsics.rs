//! CloudFormation's intrinsic functions, evaluated for one stack and the stacks nested in it.
//!
//! Evaluation is lazy: a parameter of a nested stack may be another nested stack's output, so a stack is read when one of
//! its values is needed. A circle is detected by its depth.

use std::{cell::RefCell, collections::HashMap, path::PathBuf, rc::Rc};

use serde_json::{Map, Value};

use super::{Secret, Setting, TemplateError, yaml};
use crate::aws::{ACCOUNT, REGION, arn, function_arn, queue_arn, stream_arn, table_arn};

/// The depth of an evaluation; a deeper one is a circle.
const DEPTH_MAX: usize = 64;

/// One template with its parameters.
pub(super) struct Stack<'a> {
    /// `tollgate` for the root; for a nested stack its file's stem, `charges` of `infra/apis/charges.yaml`.
    pub name: String,
    path: PathBuf,
    template: Value,
    /// The given parameters, evaluated; the others have their defaults.
    parameters: HashMap<String, Value>,
    setting: &'a Setting<'a>,
    nested: RefCell<HashMap<String, Rc<Stack<'a>>>>,
    depth: RefCell<usize>,
}

impl<'a> Stack<'a> {
    pub(super) fn read(
        name: String,
        path: PathBuf,
        parameters: HashMap<String, Value>,
        setting: &'a Setting<'a>,
    ) -> Result<Self, TemplateError> {
        let template = yaml::read(&path)?;
        let stack = Self {
            name,
            path,
            template,
            parameters,
            setting,
            nested: RefCell::default(),
            depth: RefCell::default(),
        };
        for given in stack.parameters.keys() {
            if stack.template["Parameters"].get(given).is_none() {
                return Err(stack.error("Parameters", format!("there is no parameter `{given}`")));
            }
        }
        Ok(stack)
    }

    /// The folder that `CodeUri` and `Location` are relative to.
    pub(super) fn folder(&self) -> PathBuf {
        self.path.parent().map(PathBuf::from).unwrap_or_default()
    }

    pub(super) fn error(&self, at: &str, reason: impl Into<String>) -> TemplateError {
        TemplateError::meaning(format!("{} ({at})", self.path.display()), reason)
    }

    /// The resources of a type whose conditions hold, in the template's order.
    pub(super) fn resources(&self, kind: &str) -> Result<Vec<(String, Value)>, TemplateError> {
        let mut found = Vec::new();
        for (id, resource) in self.template["Resources"].as_object().into_iter().flatten() {
            if resource["Type"] != kind {
                continue;
            }
            let wanted = match resource.get("Condition").and_then(Value::as_str) {
                Some(condition) => self.condition(condition)?,
                None => true,
            };
            if wanted {
                found.push((id.clone(), resource.clone()));
            }
        }
        Ok(found)
    }

    /// A part of `Globals`, such as `Function`.
    pub(super) fn globals(&self, kind: &str) -> Value {
        self.template["Globals"][kind].clone()
    }

    /// A property of a function: its own, or that of `Globals`; null where neither has it.
    pub(super) fn function_property(&self, id: &str, name: &str) -> &Value {
        match &self.template["Resources"][id]["Properties"][name] {
            Value::Null => &self.template["Globals"]["Function"][name],
            own => own,
        }
    }

    /// The stack nested under a logical id.
    pub(super) fn nested(&self, id: &str) -> Result<Rc<Stack<'a>>, TemplateError> {
        if let Some(stack) = self.nested.borrow().get(id) {
            return Ok(stack.clone());
        }
        let properties = &self.template["Resources"][id]["Properties"];
        let location = self.text(&properties["Location"], id)?;
        let mut parameters = HashMap::new();
        for (name, value) in properties["Parameters"].as_object().into_iter().flatten() {
            parameters.insert(name.clone(), self.evaluate(value, id)?);
        }
        let path = self.folder().join(location);
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let stack = Rc::new(Stack::read(name, path, parameters, self.setting)?);
        self.nested.borrow_mut().insert(id.to_owned(), stack.clone());
        Ok(stack)
    }

    /// An output's value; `None` if there is no such output.
    pub(super) fn output(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        match self.template["Outputs"].get(name) {
            Some(output) => Ok(Some(self.evaluate(&output["Value"], name)?)),
            None => Ok(None),
        }
    }

    /// An evaluated string, number or Boolean, as text.
    pub(super) fn text(&self, value: &Value, at: &str) -> Result<String, TemplateError> {
        match self.evaluate(value, at)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(value) => Ok(value.to_string()),
            other => Err(self.error(at, format!("text is expected where this is: {other}"))),
        }
    }

    /// A value with every intrinsic in it evaluated.
    pub(super) fn evaluate(&self, value: &Value, at: &str) -> Result<Value, TemplateError> {
        if *self.depth.borrow() > DEPTH_MAX {
            return Err(self.error(at, "refers to itself"));
        }
        *self.depth.borrow_mut() += 1;
        let result = self.evaluate_within(value, at);
        *self.depth.borrow_mut() -= 1;
        result
    }

    fn evaluate_within(&self, value: &Value, at: &str) -> Result<Value, TemplateError> {
        match value {
            Value::String(text) => Ok(Value::String(self.resolve_dynamic(text, at)?)),
            Value::Array(list) => Ok(Value::Array(
                list.iter()
                    .map(|item| self.evaluate(item, at))
                    .filter(|item| !matches!(item, Ok(Value::Null)))
                    .collect::<Result<_, _>>()?,
            )),
            Value::Object(map) => {
                if let Some((name, argument)) = intrinsic(map) {
                    return self.call(name, argument, at);
                }
                let mut evaluated = Map::new();
                for (key, value) in map {
                    let value = self.evaluate(value, at)?;
                    if !value.is_null() {
                        evaluated.insert(key.clone(), value);
                    }
                }
                Ok(Value::Object(evaluated))
            }
            plain => Ok(plain.clone()),
        }
    }

    fn call(&self, name: &str, argument: &Value, at: &str) -> Result<Value, TemplateError> {
        let part = |index: usize| {
            argument.get(index).ok_or_else(|| self.error(at, format!("{name} has too few arguments")))
        };
        match name {
            "Ref" => self.reference(&self.text(argument, at)?, at),
            "Fn::GetAtt" => {
                let attribute = self.text(part(1)?, at)?;
                self.attribute(&self.text(part(0)?, at)?, &attribute, at)
            }
            "Fn::Sub" => self.substitute(argument, at),
            "Fn::Join" => {
                let glue = self.text(part(0)?, at)?;
                let parts = self.list(part(1)?, at)?;
                let parts: Vec<_> = parts.iter().map(|p| self.text(p, at)).collect::<Result<_, _>>()?;
                Ok(Value::String(parts.join(&glue)))
            }
            "Fn::Split" => {
                let glue = self.text(part(0)?, at)?;
                let text = self.text(part(1)?, at)?;
                Ok(text.split(&glue).map(Value::from).collect())
            }
            "Fn::Select" => {
                let index = self.text(part(0)?, at)?;
                let list = self.list(part(1)?, at)?;
                index
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| list.get(index).cloned())
                    .ok_or_else(|| self.error(at, format!("Fn::Select has no item {index}")))
            }
            "Fn::If" => {
                let condition = self.text(part(0)?, at)?;
                self.evaluate(part(if self.condition(&condition)? { 1 } else { 2 })?, at)
            }
            "Fn::FindInMap" => {
                let mut found = &self.template["Mappings"];
                for index in 0..3 {
                    let key = self.text(part(index)?, at)?;
                    found = found
                        .get(&key)
                        .ok_or_else(|| self.error(at, format!("Fn::FindInMap finds no `{key}`")))?;
                }
                self.evaluate(found, at)
            }
            "Condition" => Ok(Value::Bool(self.condition(&self.text(argument, at)?)?)),
            "Fn::Equals" => Ok(Value::Bool(self.text(part(0)?, at)? == self.text(part(1)?, at)?)),
            "Fn::Not" => Ok(Value::Bool(!self.truth(part(0)?, at)?)),
            "Fn::And" | "Fn::Or" => {
                let list = argument.as_array().map(Vec::as_slice).unwrap_or_default();
                let truths: Vec<_> = list.iter().map(|c| self.truth(c, at)).collect::<Result<_, _>>()?;
                Ok(Value::Bool(if name == "Fn::And" {
                    truths.iter().all(|t| *t)
                } else {
                    truths.iter().any(|t| *t)
                }))
            }
            other => Err(self.error(at, format!("the local cloud does not know the intrinsic `{other}`"))),
        }
    }

    fn list(&self, value: &Value, at: &str) -> Result<Vec<Value>, TemplateError> {
        match self.evaluate(value, at)? {
            Value::Array(list) => Ok(list),
            // A `CommaDelimitedList` parameter.
            Value::String(text) => Ok(text.split(',').map(|part| Value::from(part.trim())).collect()),
            other => Err(self.error(at, format!("a list is expected where this is: {other}"))),
        }
    }

    fn truth(&self, value: &Value, at: &str) -> Result<bool, TemplateError> {
        self.evaluate(value, at)?.as_bool().ok_or_else(|| self.error(at, "a condition is expected"))
    }

    fn condition(&self, name: &str) -> Result<bool, TemplateError> {
        match self.template["Conditions"].get(name) {
            Some(condition) => self.truth(condition, name),
            None => Err(self.error(name, "there is no such condition")),
        }
    }

    fn substitute(&self, argument: &Value, at: &str) -> Result<Value, TemplateError> {
        let nothing = Value::Null;
        let (text, names) = match argument {
            Value::Array(list) => (list.first().unwrap_or(&nothing), list.get(1).unwrap_or(&nothing)),
            text => (text, &nothing),
        };
        let text = text.as_str().ok_or_else(|| self.error(at, "Fn::Sub needs a text"))?;
        let mut done = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            done.push_str(before);
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| self.error(at, format!("a brace is open in `{text}`")))?;
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                done.push_str("${");
                done.push_str(literal);
                done.push('}');
            } else if let Some(value) = names.get(name) {
                done.push_str(&self.text(value, at)?);
            } else {
                let value = match name.split_once('.') {
                    Some((resource, attribute)) => self.attribute(resource, attribute, at)?,
                    None => self.reference(name, at)?,
                };
                done.push_str(&self.text(&value, at)?);
            }
        }
        done.push_str(rest);
        Ok(Value::String(self.resolve_dynamic(&done, at)?))
    }

    fn reference(&self, name: &str, at: &str) -> Result<Value, TemplateError> {
        let pseudo = match name {
            "AWS::Region" => Some(Value::from(REGION)),
            "AWS::AccountId" => Some(Value::from(ACCOUNT)),
            "AWS::Partition" => Some(Value::from("aws")),
            "AWS::URLSuffix" => Some(Value::from("amazonaws.com")),
            "AWS::StackName" => Some(Value::from(self.name.clone())),
            "AWS::NoValue" => Some(Value::Null),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(value);
        }
        if let Some(parameter) = self.template["Parameters"].get(name) {
            return match self.parameters.get(name).or_else(|| parameter.get("Default")) {
                Some(value) => Ok(value.clone()),
                None => Err(self.error(at, format!("the parameter `{name}` has no value and no default"))),
            };
        }
        if let Some((id, "Alias")) = name.split_once('.') {
            return self.alias_arn(id, at);
        }
        let resource = self.resource(name, at)?;
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::SQS::Queue" => {
                let queue = self.name_of(name, "QueueName")?;
                Ok(Value::String(format!("{}/{ACCOUNT}/{queue}", self.setting.sqs_url)))
            }
            "AWS::DynamoDB::Table" => Ok(Value::String(self.name_of(name, "TableName")?)),
            "AWS::SecretsManager::Secret" => Ok(Value::String(self.secret_arn(name)?)),
            "AWS::ApiGatewayV2::Api" => Ok(Value::String(self.name.clone())),
            "AWS::Logs::LogGroup" => Ok(Value::String(self.name_of(name, "LogGroupName")?)),
            "AWS::Serverless::Function" => Ok(Value::String(self.function_name(name)?)),
            // References to other resources are only passed on.
            _ => Ok(Value::String(name.to_owned())),
        }
    }

    fn attribute(&self, id: &str, attribute: &str, at: &str) -> Result<Value, TemplateError> {
        let resource = self.resource(id, at)?;
        let kind = resource["Type"].as_str().unwrap_or_default();
        let text = match (kind, attribute) {
            ("AWS::SQS::Queue", "Arn") => queue_arn(&self.name_of(id, "QueueName")?),
            ("AWS::SQS::Queue", "QueueName") => self.name_of(id, "QueueName")?,
            ("AWS::DynamoDB::Table", "Arn") => table_arn(&self.name_of(id, "TableName")?),
            ("AWS::DynamoDB::Table", "StreamArn") => stream_arn(&self.name_of(id, "TableName")?),
            ("AWS::Serverless::Function", "Arn") => function_arn(&self.function_name(id)?),
            ("AWS::ApiGatewayV2::Api", "ApiEndpoint") => {
                format!("{}/{}", self.setting.front_url, self.name)
            }
            ("AWS::SecretsManager::Secret", "Id") => self.secret_arn(id)?,
            ("AWS::Serverless::Application", _) if attribute.starts_with("Outputs.") => {
                let output = attribute.trim_start_matches("Outputs.");
                return self
                    .nested(id)?
                    .output(output)?
                    .ok_or_else(|| self.error(at, format!("the stack `{id}` has no output `{output}`")));
            }
            _ => {
                let reason =
                    format!("the local cloud does not know the attribute `{attribute}` of {kind} `{id}`");
                return Err(self.error(at, reason));
            }
        };
        Ok(Value::String(text))
    }

    fn resource(&self, id: &str, at: &str) -> Result<&Value, TemplateError> {
        self.template["Resources"]
            .get(id)
            .ok_or_else(|| self.error(at, format!("there is no parameter or resource `{id}`")))
    }

    /// A resource's name, or its logical id if the template gives no name.
    pub(super) fn name_of(&self, id: &str, property: &str) -> Result<String, TemplateError> {
        match self.template["Resources"][id]["Properties"].get(property) {
            Some(name) => self.text(name, id),
            None => Ok(id.to_owned()),
        }
    }

    /// A function's name: its `FunctionName`, or else its binary's name, or else its logical id.
    pub(super) fn function_name(&self, id: &str) -> Result<String, TemplateError> {
        let resource = &self.template["Resources"][id];
        let names =
            [&resource["Properties"]["FunctionName"], &resource["Metadata"]["BuildProperties"]["Binary"]];
        match names.into_iter().find(|name| !name.is_null()) {
            Some(name) => self.text(name, id),
            None => Ok(id.to_owned()),
        }
    }

    /// The alias of a function that SAM makes and keeps on its newest version.
    pub(super) fn alias_of(&self, id: &str) -> Result<Option<String>, TemplateError> {
        match self.function_property(id, "AutoPublishAlias") {
            Value::Null => Ok(None),
            alias => self.text(alias, id).map(Some),
        }
    }

    /// What `!Ref Function.Alias` becomes.
    fn alias_arn(&self, id: &str, at: &str) -> Result<Value, TemplateError> {
        self.resource(id, at)?;
        match self.alias_of(id)? {
            Some(alias) => Ok(Value::String(format!("{}:{alias}", function_arn(&self.function_name(id)?)))),
            None => Err(self.error(at, format!("`{id}` has no AutoPublishAlias"))),
        }
    }

    fn secret_length(&self, id: &str) -> u64 {
        let generated = &self.template["Resources"][id]["Properties"]["GenerateSecretString"];
        generated["PasswordLength"].as_u64().unwrap_or(32)
    }

    /// A secret of Secrets Manager.
    pub(super) fn secret(&self, id: &str) -> Result<Secret, TemplateError> {
        Ok(Secret {
            name: self.name_of(id, "Name")?,
            arn: self.secret_arn(id)?,
            length: usize::try_from(self.secret_length(id)).unwrap_or(usize::MAX),
        })
    }

    /// The ARN ends with the secret's length, so that every stack can resolve it without its definition.
    fn secret_arn(&self, id: &str) -> Result<String, TemplateError> {
        let length = self.secret_length(id);
        Ok(arn("secretsmanager", &format!("secret:{}-{length}", self.name_of(id, "Name")?)))
    }

    /// Replaces `{{resolve:secretsmanager:ARN}}` by the secret.
    fn resolve_dynamic(&self, text: &str, at: &str) -> Result<String, TemplateError> {
        let Some((before, after)) = text.split_once("{{resolve:") else {
            return Ok(text.to_owned());
        };
        let (reference, after) =
            after.split_once("}}").ok_or_else(|| self.error(at, "a dynamic reference is not closed"))?;
        let name = reference
            .strip_prefix(&format!("secretsmanager:{}", arn("secretsmanager", "secret:")))
            .map(|rest| rest.split(':').next().unwrap_or_default());
        let secret = match name.and_then(|name| name.rsplit_once('-')) {
            Some((name, length)) => (self.setting.secret)(name, length.parse().unwrap_or(32))?,
            None => {
                return Err(
                    self.error(at, format!("the local cloud does not know `{{{{resolve:{reference}}}}}`"))
                );
            }
        };
        Ok(format!("{before}{secret}{}", self.resolve_dynamic(after, at)?))
    }
}

fn intrinsic(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1)?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::")).then_some((name, argument))
}
