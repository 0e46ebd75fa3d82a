//! The reasons why a request is turned away before anything is asked.

use std::time::Duration;

use http::StatusCode;

use super::{meters::TooMany, role::Role, scopes::ScopeTextError};

/// The reason why a request is turned away. No message repeats a token.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no token.
    #[error("a token is needed; accepted is the header Authorization: Bearer TOKEN")]
    NoToken,
    /// There is something else, several, or too much.
    #[error(
        "the header Authorization cannot be read; accepted is one: Bearer TOKEN, of at most {0} bytes"
    )]
    Unreadable(usize),
    /// The token is nobody's. Nothing more is said: who guesses learns nothing from it.
    #[error("the token is not known")]
    Unknown,
    /// The token was good, and is too old.
    #[error("the token has expired")]
    Expired,
    /// The role does not reach.
    #[error("the role {} may not do this; {} may", .role.as_str(), .least.as_str())]
    Forbidden {
        /// The caller's.
        role: Role,
        /// The least that may.
        least: Role,
    },
    /// A signed token of a reader names no scope.
    #[error("the token of a reader names no scope, and a reader needs one")]
    Unbound,
    /// A service names no scope.
    #[error(
        "a service names the scope of each request; accepted is the header x-metric-scope: label=value"
    )]
    NoScope,
    /// A reader names a scope.
    #[error(
        "a reader's scope is that of its token; x-metric-scope is taken from a service or an operator"
    )]
    ScopeNotTaken,
    /// The header that names the scope names none.
    #[error("x-metric-scope cannot be used: {0}")]
    Scope(#[from] ScopeTextError),
    /// The scope of a signed token is none.
    #[error("the token's scope cannot be used: {0}")]
    Claim(#[source] ScopeTextError),
    /// More than the caller may ask.
    #[error("this token has asked too often, or for too much at once")]
    TooMany {
        /// The time until there is room again.
        retry_after: Duration,
    },
    /// The request is for another host: a name that somebody made lead here.
    #[error(
        "this is not the host that the request is for; an operator lists further names with --host"
    )]
    Host,
    /// The request comes from a page of another origin.
    #[error("the request comes from a page of another origin; accepted is this one's own")]
    Origin,
}

impl Refusal {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::Unknown | Self::Expired => StatusCode::UNAUTHORIZED,
            Self::Unreadable(_) | Self::NoScope | Self::Scope(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden { .. }
            | Self::Unbound
            | Self::Claim(_)
            | Self::ScopeNotTaken
            | Self::Host
            | Self::Origin => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// Its class, a word for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NoToken => "no-token",
            Self::Unreadable(_) => "unreadable-token",
            Self::Unknown => "unknown-token",
            Self::Expired => "expired-token",
            Self::Forbidden { .. } => "forbidden",
            Self::Unbound | Self::NoScope => "no-scope",
            Self::ScopeNotTaken => "scope-not-taken",
            Self::Scope(_) | Self::Claim(_) => "invalid-scope",
            Self::TooMany { .. } => "too-many-requests",
            Self::Host => "other-host",
            Self::Origin => "other-origin",
        }
    }

    /// `WWW-Authenticate`, as RFC 6750 has it, where a token would help.
    pub fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::NoToken => Some("Bearer"),
            Self::Unknown | Self::Expired => Some("Bearer error=\"invalid_token\""),
            _ => None,
        }
    }

    /// Whole seconds until it may be tried again, at least one.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany { retry_after } => {
                let begun = u64::from(retry_after.subsec_nanos() > 0);
                Some(retry_after.as_secs().saturating_add(begun).max(1))
            }
            _ => None,
        }
    }
}

impl From<TooMany> for Refusal {
    fn from(TooMany { retry_after }: TooMany) -> Self {
        Self::TooMany { retry_after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_that_has_begun_is_waited_for() {
        let seconds = |millis| {
            let retry_after = Duration::from_millis(millis);
            Refusal::TooMany { retry_after }.retry_after()
        };
        assert_eq!(seconds(0), Some(1));
        assert_eq!(seconds(1), Some(1));
        assert_eq!(seconds(1_001), Some(2));
        assert_eq!(Refusal::NoToken.retry_after(), None);
    }

    #[test]
    fn a_token_is_asked_for_where_one_would_help() {
        for refusal in [Refusal::NoToken, Refusal::Unknown, Refusal::Expired] {
            assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
            assert!(refusal.challenge().is_some());
        }
        assert_eq!(Refusal::Host.challenge(), None);
    }
}
