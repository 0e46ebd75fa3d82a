//! Why requests were not let out, and how often.
//!
//! The reasons, and a counter for each; `denials.rs` logs them. Who judges is `egress.rs`, and after DNS `http_client/reach.rs`.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::observation::Metrics;

/// Why a request of a plugin's may not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The service has no way out.
    #[error("no network was granted")]
    NoNetwork,
    /// Its call has sent as many as [`Limits`](crate::Limits) grant.
    #[error("the call has sent all the requests that it may")]
    Requests,
    /// It is for another origin than the configured one.
    #[error("the scheme, host or port is not the configured Prometheus")]
    Origin,
    /// Its authority carries a user's name or a password.
    #[error("the authority carries credentials, which are the host's to add")]
    UserInfo,
    /// It would do something else than read.
    #[error("the method is neither GET nor POST")]
    Method,
    /// It is for an endpoint that a metric service has no use for.
    #[error("the path is none that the service needs")]
    Path,
    /// It has more headers, or a longer head, than [`Limits`](crate::Limits) grant.
    #[error("it has too many headers, or its head is too long")]
    Head,
    /// Its body is longer than [`Limits`](crate::Limits) grant.
    #[error("its body is too long")]
    Body,
    /// Its query cannot be narrowed to the call's scope.
    #[error("its query cannot be narrowed to the call's scope")]
    Scope,
    /// It sets a parameter that the host sets to say which tenant it is, or may be read so; or it is for `metadata`,
    /// which no such parameter narrows.
    #[error(
        "it would set a parameter that is the host's to set, or asks for what that does not narrow"
    )]
    Tenant,
    /// The configured name resolves to a network that was not granted.
    #[error("the name resolves to a network that was not granted")]
    Network,
}

impl Refusal {
    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::NoNetwork,
        Self::Requests,
        Self::Origin,
        Self::UserInfo,
        Self::Method,
        Self::Path,
        Self::Head,
        Self::Body,
        Self::Scope,
        Self::Tenant,
        Self::Network,
    ];

    /// Its name in the host's metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NoNetwork => "no-network",
            Self::Requests => "requests",
            Self::Origin => "origin",
            Self::UserInfo => "user-info",
            Self::Method => "method",
            Self::Path => "path",
            Self::Head => "head",
            Self::Body => "body",
            Self::Scope => "scope",
            Self::Tenant => "tenant",
            Self::Network => "network",
        }
    }
}

/// How many requests were refused, by reason. Counts for as long as the service lives.
#[derive(Default)]
pub struct Refusals {
    counters: [AtomicU64; Refusal::ALL.len()],
    /// The host's, which count for all of its services. None: those without a network.
    metrics: Option<Arc<Metrics>>,
}

impl Refusals {
    pub(crate) fn told_to(metrics: &Arc<Metrics>) -> Self {
        Self {
            metrics: Some(Arc::clone(metrics)),
            ..Self::default()
        }
    }

    /// How many were refused for this reason.
    pub fn of(&self, reason: Refusal) -> u64 {
        self.counter(reason)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// How many were refused at all.
    pub fn total(&self) -> u64 {
        Refusal::ALL.iter().map(|reason| self.of(*reason)).sum()
    }

    pub(crate) fn count(&self, reason: Refusal) {
        if let Some(counter) = self.counter(reason) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(metrics) = &self.metrics {
            metrics.refused(reason.name());
        }
    }

    fn counter(&self, reason: Refusal) -> Option<&AtomicU64> {
        self.counters.get(reason as usize)
    }
}

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(Refusal::ALL.iter().map(|reason| (reason, self.of(*reason))))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_counter_of_its_own() {
        let refusals = Refusals::default();
        for (times, reason) in Refusal::ALL.iter().enumerate() {
            (0..times).for_each(|_| refusals.count(*reason));
        }
        for (times, reason) in Refusal::ALL.iter().enumerate() {
            assert_eq!(refusals.of(*reason), times as u64, "{reason:?}");
        }
        let all: usize = (0..Refusal::ALL.len()).sum();
        assert_eq!(refusals.total(), all as u64);
    }
}
