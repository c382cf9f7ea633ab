//! The functions' roles: what each may do, and which of its grants it has used.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
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
    used: Vec<AtomicBool>,
}

/// A grant of a function's policies in the templates, and whether it was used.
#[derive(Debug, Serialize)]
pub(crate) struct GrantUse {
    function: String,
    action: String,
    resource: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leading_keys: Vec<String>,
    used: bool,
}

impl Role {
    fn of(function: &Function) -> Self {
        let statements = function.statements();
        let grants = grants(&statements);
        let used: Vec<_> = grants.iter().map(|_| AtomicBool::new(false)).collect();
        let role = Self { own: function.grants().len(), statements, grants, used };
        // What SAM adds nothing for, an event source needs of the function's own policies: always, so it counts as used.
        for need in &function.source_needs {
            let added = decide(&function.source_policies, need);
            if let (Decision::Allowed(grant), false) =
                (decide(&role.statements, need), matches!(added, Decision::Allowed(_)))
            {
                role.used[grant].store(true, Ordering::Relaxed);
            }
        }
        role
    }
}

impl Roles {
    pub(crate) fn of(functions: &[Function]) -> Self {
        Self(functions.iter().map(|function| (function.name.clone(), Role::of(function))).collect())
    }

    /// Why a caller may not do this; `None` if it may. The operator may do anything.
    pub(crate) fn refusal(&self, caller: &Caller, needs: &[Need]) -> Option<String> {
        let Caller::Function(name) = caller else { return None };
        needs.iter().find_map(|need| self.refusal_of_function(name, need))
    }

    fn refusal_of_function(&self, name: &str, need: &Need) -> Option<String> {
        let role = self.0.get(name);
        let reason = match role.map_or(Decision::NotAllowed, |role| decide(&role.statements, need)) {
            Decision::Allowed(grant) => {
                if let Some(used) = role.and_then(|role| role.used.get(grant)) {
                    used.store(true, Ordering::Relaxed);
                }
                return None;
            }
            Decision::NotAllowed => {
                format!("because no identity-based policy allows the {} action", need.action)
            }
            Decision::Denied => "with an explicit deny in an identity-based policy".to_owned(),
        };
        Some(format!(
            "User: {} is not authorized to perform: {} on resource: {} {reason}",
            user(name),
            need.action,
            need.resource
        ))
    }

    /// Every grant of the templates, and whether a function has used it.
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
                    used: used.load(Ordering::Relaxed),
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
