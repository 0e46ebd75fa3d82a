//! The grant of a token: a role, a scope, and how much may be asked.

use metric_host::Scope;

use super::{allowance::Allowance, role::Role};

/// The grant of a token, whichever kind of token it is.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) role: Role,
    /// Binds all that is asked. None for all series.
    pub(super) scope: Option<Scope>,
    pub(super) allowance: Allowance,
}

impl Grant {
    /// None for a reader without a scope.
    pub(super) fn new(role: Role, scope: Option<Scope>, allowance: Allowance) -> Option<Self> {
        let is_bound = role != Role::Reader || scope.is_some();
        is_bound.then_some(Self {
            role,
            scope,
            allowance,
        })
    }
}
