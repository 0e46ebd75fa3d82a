//! The roles of callers, and the doors that each opens.

use serde::Deserialize;

/// The role of a caller, from the least to the most: each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Asks for series within a scope of its own. Sends no text that becomes PromQL.
    Reader,
    /// Asks on behalf of others, and names the scope with each request.
    Service,
    /// Everything.
    Operator,
}

impl Role {
    /// Its name in the access file and in a token's claims.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Service => "service",
            Self::Operator => "operator",
        }
    }
}

/// The callers that a door lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Anyone, without a token: nothing behind it is read from Prometheus.
    Open,
    /// Whoever has at least this role.
    From(Role),
}

/// Every path, as it is routed, with who is let through. One that is missing here is the operator's.
const DOORS: &[(&str, Door)] = &[
    ("/", Door::Open),
    ("/openapi.json", Door::Open),
    ("/healthz", Door::Open),
    // A status alone. A probe can hardly keep a secret.
    ("/readyz", Door::Open),
    // The metrics of all callers.
    ("/metrics", Door::From(Role::Operator)),
    ("/v1/metrics", Door::From(Role::Reader)),
    ("/v1/values/{dimension}", Door::From(Role::Reader)),
    ("/v1/query", Door::From(Role::Reader)),
    ("/v1/batch", Door::From(Role::Reader)),
    ("/v1/stream", Door::From(Role::Reader)),
    ("/v1/explain", Door::From(Role::Reader)),
    ("/v1/summary", Door::From(Role::Reader)),
    ("/v1/top", Door::From(Role::Reader)),
    ("/v1/anomalies", Door::From(Role::Reader)),
    ("/v1/outliers", Door::From(Role::Reader)),
    ("/v1/live", Door::From(Role::Reader)),
    ("/v1/evaluate", Door::From(Role::Reader)),
    ("/v1/families/query", Door::From(Role::Reader)),
    ("/v1/families/batch", Door::From(Role::Reader)),
    ("/v1/families/derived", Door::From(Role::Reader)),
    // A preset brings a template.
    ("/v1/presets/check", Door::From(Role::Service)),
    ("/v1/presets/render", Door::From(Role::Service)),
    ("/v1/presets/execute", Door::From(Role::Service)),
    ("/v1/presets/execute-range", Door::From(Role::Service)),
    ("/v1/presets/execute-batch", Door::From(Role::Service)),
    ("/v1/presets/evaluate", Door::From(Role::Service)),
];

impl Door {
    /// Of a path as it is routed, such as `/v1/values/{dimension}`; none for what is routed nowhere.
    pub fn of(route: Option<&str>) -> Self {
        let known = DOORS.iter().find(|(path, _)| Some(*path) == route);
        known.map_or(Self::From(Role::Operator), |(_, door)| *door)
    }

    /// The paths that have a door.
    pub fn paths() -> impl Iterator<Item = &'static str> {
        DOORS.iter().map(|(path, _)| *path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_lesser_ones_may() {
        assert!(Role::Reader < Role::Service && Role::Service < Role::Operator);
    }

    #[test]
    fn a_path_that_nobody_thought_of_is_the_operators() {
        for route in [
            None,
            Some("/v1/new"),
            Some("/v1/query/"),
            Some("//"),
            Some(""),
        ] {
            assert_eq!(Door::of(route), Door::From(Role::Operator), "{route:?}");
        }
    }

    #[test]
    fn every_path_has_one_row() {
        let paths: Vec<_> = Door::paths().collect();
        for path in &paths {
            assert_eq!(
                paths.iter().filter(|other| *other == path).count(),
                1,
                "{path}"
            );
        }
    }

    #[test]
    fn no_door_under_v1_is_open() {
        for path in Door::paths().filter(|path| path.starts_with("/v1")) {
            assert_ne!(Door::of(Some(path)), Door::Open, "{path}");
        }
    }
}
