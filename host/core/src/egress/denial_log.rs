//! The denied requests of one call, in the log: the first of each reason is a line, and how many there were another one
//! when the call has ended.
//!
//! No word of a plugin's gets there, for it may be a tenant's data, and as long as a request may be: only the reason, and
//! what of a request is on a list of ours.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use http::Method;
use metric_scope::ScopeRefusal;
use wasmtime_wasi_http::Error;

use super::denial::DenialCounts;
use crate::contract::deny_reason::DenyReason;

/// The denied requests of one call.
pub(crate) struct DenialLog {
    /// The service's.
    denials: Arc<DenialCounts>,
    /// The call's own, a counter a reason.
    counters: [AtomicU64; DenyReason::ALL.len()],
}

/// A request as the log names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `GET`, `POST`, or `other`.
    method: &'static str,
    /// An endpoint that the service needs, or `other`.
    endpoint: &'static str,
}

impl Asked {
    /// `endpoint`: none, if it is not one that the service needs.
    pub(crate) fn new(method: &Method, endpoint: Option<&'static str>) -> Self {
        Self {
            method: match *method {
                Method::GET => "GET",
                Method::POST => "POST",
                _ => "other",
            },
            endpoint: endpoint.unwrap_or("other"),
        }
    }
}

impl DenialLog {
    pub(crate) fn of(denials: &Arc<DenialCounts>) -> Self {
        Self {
            denials: Arc::clone(denials),
            counters: Default::default(),
        }
    }

    /// Counts a denied request. The plugin does not learn the reason.
    pub(crate) fn deny(&self, asked: Asked, reason: DenyReason) -> Error {
        if self.is_first(reason) {
            let Asked { method, endpoint } = asked;
            tracing::warn!(method, endpoint, %reason, "a request of the plugin's was denied");
        }
        Error::HttpRequestDenied
    }

    /// The same, where the scope says more of why.
    pub(crate) fn deny_by_scope(&self, asked: Asked, why: &ScopeRefusal) -> Error {
        let reason = DenyReason::Scope;
        if self.is_first(reason) {
            let Asked { method, endpoint } = asked;
            tracing::warn!(method, endpoint, %reason, %why, "a request of the plugin's was denied");
        }
        Error::HttpRequestDenied
    }

    /// The call has ended: says how often what was said once.
    pub(crate) fn end(&self) {
        for (reason, counter) in DenyReason::ALL.iter().zip(&self.counters) {
            let denied = counter.swap(0, Ordering::Relaxed);
            if denied > 1 {
                tracing::warn!(%reason, denied, "requests of the plugin's were denied");
            }
        }
    }

    fn is_first(&self, reason: DenyReason) -> bool {
        self.denials.count(reason);
        // Every reason is among them.
        let counter = self.counters.get(reason as usize);
        counter.is_some_and(|counter| counter.fetch_add(1, Ordering::Relaxed) == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::log::Log;

    #[test]
    fn the_first_of_a_reason_is_a_line_and_the_rest_a_count_at_the_end() {
        let log = Log::catch();
        let denials = Arc::default();
        let denial_log = DenialLog::of(&denials);
        let asked = Asked::new(&Method::GET, Some("query"));
        for _ in 0..1000 {
            denial_log.deny(asked, DenyReason::Head);
        }
        denial_log.deny(Asked::new(&Method::PUT, None), DenyReason::Method);
        denial_log.deny_by_scope(asked, &ScopeRefusal::NotPromql);
        denial_log.end();
        let lines: Vec<String> = log
            .text()
            .lines()
            .map(|line| line.split_once("denial_log: ").unwrap().1.to_owned())
            .collect();
        assert_eq!(
            lines,
            [
                r#"a request of the plugin's was denied method="GET" endpoint="query" reason=it has too many headers, or its head is too long"#,
                r#"a request of the plugin's was denied method="other" endpoint="other" reason=the method is neither GET nor POST"#,
                r#"a request of the plugin's was denied method="GET" endpoint="query" reason=its query cannot be narrowed to the call's scope why=the query cannot be read as PromQL"#,
                "requests of the plugin's were denied reason=it has too many headers, or its head is too long denied=1000",
            ]
        );
        assert_eq!(denials.of(DenyReason::Head), 1000);

        // The next call says it anew.
        denial_log.deny(asked, DenyReason::Head);
        denial_log.end();
        assert_eq!(log.text().lines().count(), 5);
    }
}
