//! The functions' roles: what each may do, and which of its grants it has used.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use super::{
    credentials::Caller,
    policy::{Decision, Grant, Need, Statement, decide, grants},
};
use crate::{
    aws::{ACCOUNT, name_in},
    template::Function,
};

/// The roles of all functions, by their names.
#[derive(Debug, Default)]
pub(crate) struct Roles(HashMap<String, Role>);

#[derive(Debug)]
struct Role {
    statements: Vec<Statement>,
    grants: Vec<Grant>,
    /// How many of the grants are the template's. The others are those that SAM adds for event sources.
    own: usize,
    /// For each grant, how often it was used on which resource.
    used: Vec<Mutex<BTreeMap<String, u64>>>,
}

/// A grant of a function's policies in the templates, and how often it was used on which resource.
#[derive(Debug, Serialize)]
pub(crate) struct GrantUse {
    function: String,
    action: String,
    resource: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leading_keys: Vec<String>,
    used: BTreeMap<String, u64>,
}

impl Role {
    fn of(function: &Function) -> Self {
        let statements = function.statements();
        let grants = grants(&statements);
        let used: Vec<_> = grants.iter().map(|_| Mutex::default()).collect();
        let role = Self { own: function.grants().len(), statements, grants, used };
        // What SAM adds nothing for, an event source needs of the function's own policies: always, so it counts as used.
        for need in &function.source_needs {
            let added = decide(&function.source_policies, need);
            if let (Decision::Allowed(grant), false) =
                (decide(&role.statements, need), matches!(added, Decision::Allowed(_)))
            {
                role.record(grant, need);
            }
        }
        role
    }

    /// Records that a need was allowed by a grant.
    fn record(&self, grant: usize, need: &Need) {
        if let Some(used) = self.used.get(grant) {
            let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
            match used.get_mut(&need.resource) {
                Some(count) => *count += 1,
                None => drop(used.insert(need.resource.clone(), 1)),
            }
        }
    }

    fn decide(&self, need: &Need) -> Decision {
        decide(&self.statements, need)
    }
}

impl Roles {
    pub(crate) fn of(functions: &[Function]) -> Self {
        Self(functions.iter().map(|function| (function.name.clone(), Role::of(function))).collect())
    }

    /// Why a caller may not do this; `None` if it may. The operator may do anything. What is allowed is recorded as used.
    pub(crate) fn refusal(&self, caller: &Caller, needs: &[Need]) -> Option<String> {
        let refusal = self.refusal_unrecorded(caller, needs);
        let Caller::Function(name) = caller else { return None };
        if let (None, Some(role)) = (&refusal, self.0.get(name)) {
            for need in needs {
                if let Decision::Allowed(grant) = role.decide(need) {
                    role.record(grant, need);
                }
            }
        }
        refusal
    }

    /// The same, but nothing is recorded.
    pub(crate) fn refusal_unrecorded(&self, caller: &Caller, needs: &[Need]) -> Option<String> {
        let Caller::Function(name) = caller else { return None };
        needs.iter().find_map(|need| {
            let reason = match self.0.get(name).map_or(Decision::NotAllowed, |role| role.decide(need)) {
                Decision::Allowed(_) => return None,
                Decision::NotAllowed => {
                    format!("because no identity-based policy allows the {} action", need.action)
                }
                Decision::Denied => "with an explicit deny in an identity-based policy".to_owned(),
            };
            let (user, Need { action, resource, .. }) = (user(name), need);
            Some(format!(
                "User: {user} is not authorized to perform: {action} on resource: {resource} {reason}"
            ))
        })
    }

    /// Every grant of the templates, and how often its function has used it on which resource.
    pub(crate) fn uses(&self) -> Vec<GrantUse> {
        let mut names: Vec<_> = self.0.keys().collect();
        names.sort();
        let mut uses = Vec::new();
        for name in names {
            let role = &self.0[name];
            for (grant, used) in role.grants.iter().zip(&role.used).take(role.own) {
                uses.push(GrantUse {
                    function: name.clone(),
                    action: grant.action.clone(),
                    resource: grant.resource.clone(),
                    leading_keys: grant.leading_keys.clone(),
                    used: used.lock().unwrap_or_else(PoisonError::into_inner).clone(),
                });
            }
        }
        uses
    }
}

/// A function as IAM names it: a session of its role.
fn user(function: &str) -> String {
    let function = name_in(function);
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{function}/{function}")
}
