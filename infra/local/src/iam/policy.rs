//! IAM's policy statements, and how a request is decided by them: a statement that denies wins, and what no statement
//! allows is denied.

use crate::aws::matches;

/// What a statement does to the requests that it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// They are allowed, unless another statement denies them.
    Allow,
    /// They are denied.
    Deny,
}

/// A statement of a policy. `*` in a pattern stands for any text, `?` for one character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it does.
    pub effect: Effect,
    /// The actions that it covers.
    pub actions: Actions,
    /// Patterns of the resources' ARNs.
    pub resources: Vec<String>,
    /// What else has to hold, all of it.
    pub conditions: Vec<Condition>,
}

/// The actions of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actions {
    /// `Action`: those that match a pattern.
    Only(Vec<String>),
    /// `NotAction`: those that match none.
    Except(Vec<String>),
}

/// A condition on `dynamodb:LeadingKeys`, the partition keys of the items that a request names: each of them has to be one
/// of these (`ForAllValues`). As in IAM it holds for a request that names no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `StringLike`, where values are patterns; otherwise `StringEquals`.
    pub like: bool,
    /// The keys.
    pub values: Vec<String>,
}

/// An action on a resource that a statement allows: what can be taken away from a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// A pattern of actions.
    pub action: String,
    /// A pattern of resources.
    pub resource: String,
    /// The partition keys that it is for, if not for all.
    pub leading_keys: Vec<String>,
}

/// The partition keys of the items that a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LeadingKeys {
    /// The action names no items.
    None,
    /// These.
    Of(Vec<String>),
    /// The request names items in a way that is not understood.
    Unreadable,
}

/// Something that a caller wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    /// `dynamodb:GetItem`, ….
    pub(crate) action: String,
    /// An ARN.
    pub(crate) resource: String,
    pub(crate) leading_keys: LeadingKeys,
}

impl Need {
    /// One that names no items.
    pub(crate) fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), leading_keys: LeadingKeys::None }
    }
}

/// What the statements of a policy say to a need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is allowed by the grant with this number, counted through the statements (see [`grants`]).
    Allowed(usize),
    /// No statement allows it.
    NotAllowed,
    /// A statement denies it.
    Denied,
}

/// Decides a need.
pub(crate) fn decide(statements: &[Statement], need: &Need) -> Decision {
    if statements.iter().any(|statement| statement.effect == Effect::Deny && statement.covers(need)) {
        return Decision::Denied;
    }
    let mut first = 0;
    for statement in statements {
        if statement.effect == Effect::Allow
            && statement.covers(need)
            && let Some(at) = statement.grants().iter().position(|grant| grant.covers(need))
        {
            return Decision::Allowed(first + at);
        }
        first += statement.grants_count();
    }
    Decision::NotAllowed
}

/// All grants of some statements: each action of each that allows, on each of its resources.
pub(crate) fn grants(statements: &[Statement]) -> Vec<Grant> {
    statements.iter().flat_map(Statement::grants).collect()
}

impl Statement {
    /// Its grants: none if it denies.
    fn grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        let (Effect::Allow, Actions::Only(actions)) = (self.effect, &self.actions) else {
            return grants;
        };
        let keys: Vec<_> = self.conditions.iter().flat_map(|c| c.values.iter().cloned()).collect();
        for action in actions {
            for resource in &self.resources {
                grants.push(Grant {
                    action: action.clone(),
                    resource: resource.clone(),
                    leading_keys: keys.clone(),
                });
            }
        }
        grants
    }

    fn grants_count(&self) -> usize {
        match (self.effect, &self.actions) {
            (Effect::Allow, Actions::Only(actions)) => actions.len() * self.resources.len(),
            (Effect::Allow, Actions::Except(_)) | (Effect::Deny, _) => 0,
        }
    }

    fn covers(&self, need: &Need) -> bool {
        let is_named = |patterns: &[String]| patterns.iter().any(|p| matches_action(p, &need.action));
        let covers_action = match &self.actions {
            Actions::Only(patterns) => is_named(patterns),
            Actions::Except(patterns) => !is_named(patterns),
        };
        covers_action
            && self.resources.iter().any(|pattern| matches(pattern, &need.resource))
            && self.conditions.iter().all(|condition| condition.holds(self.effect, &need.leading_keys))
    }
}

impl Grant {
    fn covers(&self, need: &Need) -> bool {
        matches_action(&self.action, &need.action) && matches(&self.resource, &need.resource)
    }
}

impl Condition {
    fn holds(&self, effect: Effect, keys: &LeadingKeys) -> bool {
        let has = |key: &String| {
            self.values.iter().any(|value| if self.like { matches(value, key) } else { value == key })
        };
        match keys {
            LeadingKeys::None => true,
            LeadingKeys::Of(keys) => keys.iter().all(has),
            // Whatever the statement does, the request is not allowed because of it.
            LeadingKeys::Unreadable => effect == Effect::Deny,
        }
    }
}

/// Names of actions have no case.
pub(crate) fn matches_action(pattern: &str, action: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/t";

    fn statement(effect: Effect, actions: &[&str], resources: &[&str]) -> Statement {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Statement {
            effect,
            actions: Actions::Only(owned(actions)),
            resources: owned(resources),
            conditions: Vec::new(),
        }
    }

    fn for_keys(statement: Statement, like: bool, values: &[&str]) -> Statement {
        let values = values.iter().map(|text| (*text).to_owned()).collect();
        Statement { conditions: vec![Condition { like, values }], ..statement }
    }

    fn need(action: &str, resource: &str, keys: &[&str]) -> Need {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Need { leading_keys: LeadingKeys::Of(keys), ..Need::new(action, resource) }
    }

    #[test]
    fn what_no_statement_allows_is_not_allowed() {
        let index = format!("{TABLE}/index/*");
        let policy = [
            statement(Effect::Allow, &["dynamodb:Query"], &[&index]),
            statement(Effect::Allow, &["dynamodb:*Item", "dynamodb:Describe????e"], &[TABLE]),
        ];
        let decided = |action: &str, resource: &str| decide(&policy, &need(action, resource, &["k"]));
        assert_eq!(decided("dynamodb:Query", &format!("{TABLE}/index/gsi1")), Decision::Allowed(0));
        assert_eq!(decided("dynamodb:getitem", TABLE), Decision::Allowed(1));
        assert_eq!(decided("dynamodb:DescribeTable", TABLE), Decision::Allowed(2));
        assert_eq!(decided("dynamodb:DescribeTables", TABLE), Decision::NotAllowed);
        assert_eq!(decided("dynamodb:Query", TABLE), Decision::NotAllowed);
        assert_eq!(decided("dynamodb:GetItem", &format!("{TABLE}2")), Decision::NotAllowed);
    }

    #[test]
    fn a_statement_that_denies_wins() {
        let mut all_but = statement(Effect::Deny, &[], &["*"]);
        all_but.actions = Actions::Except(vec!["dynamodb:Get*".to_owned()]);
        let policy =
            [statement(Effect::Allow, &["*"], &["*"]), statement(Effect::Deny, &["*"], &["x"]), all_but];
        let decided = |action: &str, resource: &str| decide(&policy, &Need::new(action, resource));
        assert_eq!(decided("dynamodb:GetItem", TABLE), Decision::Allowed(0));
        assert_eq!(decided("dynamodb:PutItem", TABLE), Decision::Denied);
        assert_eq!(decided("dynamodb:GetItem", "x"), Decision::Denied);
    }

    #[test]
    fn leading_keys_limit_every_item_of_a_request() {
        let allow = || statement(Effect::Allow, &["dynamodb:*"], &["*"]);
        let like = [for_keys(allow(), true, &["KEY#*", "MER#?"])];
        let equal = [for_keys(allow(), false, &["KEY#*"])];
        for (keys, by_like, by_equal) in [
            (vec!["KEY#1"], true, false),
            (vec!["KEY#1", "MER#2"], true, false),
            (vec!["KEY#1", "MER#22"], false, false),
            (vec!["KEY#*"], true, true),
            (vec![], true, true),
        ] {
            let need = need("dynamodb:BatchGetItem", TABLE, &keys);
            assert_eq!(decide(&like, &need) == Decision::Allowed(0), by_like, "{keys:?}");
            assert_eq!(decide(&equal, &need) == Decision::Allowed(0), by_equal, "{keys:?}");
        }
        // As in IAM: a condition for all values holds where there is none.
        assert_eq!(decide(&like, &Need::new("dynamodb:DescribeTable", TABLE)), Decision::Allowed(0));
        let unreadable = Need { leading_keys: LeadingKeys::Unreadable, ..Need::new("dynamodb:Query", TABLE) };
        assert_eq!(decide(&like, &unreadable), Decision::NotAllowed);
        let denied = [allow(), for_keys(statement(Effect::Deny, &["*"], &["*"]), true, &["X#*"])];
        assert_eq!(decide(&denied, &unreadable), Decision::Denied);
        assert_eq!(decide(&denied, &need("dynamodb:GetItem", TABLE, &["X#1"])), Decision::Denied);
    }

    #[test]
    fn grants_are_counted_through_all_statements() {
        let policy = [
            statement(Effect::Allow, &["a:One", "a:Two"], &["x", "y"]),
            statement(Effect::Deny, &["a:Three"], &["*"]),
            for_keys(statement(Effect::Allow, &["a:Two"], &["z"]), true, &["K"]),
        ];
        let all = grants(&policy);
        assert_eq!(all.len(), 5);
        for (number, grant) in all.iter().enumerate() {
            let keys: Vec<_> = grant.leading_keys.iter().map(String::as_str).collect();
            assert_eq!(
                decide(&policy, &need(&grant.action, &grant.resource, &keys)),
                Decision::Allowed(number)
            );
        }
    }
}
