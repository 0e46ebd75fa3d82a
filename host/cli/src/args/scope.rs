//! `--scope`: the series that a command may see, whatever the plugin asks for.

use clap::Args;
use metric_host::{MetricService, Scope};

/// Not accepted before the command as other flags are: clap would drop the ones there if more came after it.
#[derive(Debug, Args)]
pub(crate) struct ScopeArgs {
    /// See only series with this label: label=value, or label=~regex; more than once: all must hold
    #[arg(long, value_name = "MATCHER", help_heading = None)]
    scope: Vec<Scope>,
}

impl ScopeArgs {
    /// All of them as one; none if none was given.
    pub(crate) fn scope(&self) -> Option<Scope> {
        let mut all = self.scope.iter().cloned();
        let first = all.next()?;
        Some(all.fold(first, |scope, next| scope.and(&next)))
    }

    /// The service within it.
    pub(crate) fn narrow(&self, service: MetricService) -> MetricService {
        match self.scope() {
            Some(scope) => service.scoped(scope),
            None => service,
        }
    }
}
