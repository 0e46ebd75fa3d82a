//! Scopes as texts: in the access file, in a token's claims, in a header of a request.

use http::{HeaderMap, HeaderName};
use metric_host::{Scope, ScopeError};

use super::{grant::Grant, refusal::Refusal, role::Role};

/// Names the scope of one request. It may stand there several times; all of it holds.
pub const SCOPE_HEADER: HeaderName = HeaderName::from_static("x-metric-scope");

/// The scope that a request names, in bytes: the most that a scope made of a list of values may have.
const LONGEST: usize = 16 << 10;

/// The reason why a text is no scope.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScopeTextError {
    /// The text is no matcher.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The value begins with a quote, which would be part of it.
    #[error("a scope's value is written without quotes; accepted are label=value and label=~regex")]
    Quoted,
    /// It is no text, or too long.
    #[error("a scope is a text in UTF-8 of at most {LONGEST} bytes")]
    Text,
}

/// All of these at once; none where there are none.
pub(super) fn all_of<T: AsRef<str>>(
    texts: impl IntoIterator<Item = T>,
) -> Result<Option<Scope>, ScopeTextError> {
    let mut all: Option<Scope> = None;
    for text in texts {
        let one = read(text.as_ref())?;
        all = Some(all.map_or(one.clone(), |scope| scope.and(&one)));
    }
    Ok(all)
}

fn read(text: &str) -> Result<Scope, ScopeTextError> {
    let value = text.split_once('=').map_or("", |(_, value)| value);
    match value.trim_start_matches('~').starts_with(['"', '\'', '`']) {
        true => Err(ScopeTextError::Quoted),
        false => Ok(text.parse()?),
    }
}

/// The scope that binds a request: that of its token, and that which it names itself, which can only make the first
/// smaller.
pub(super) fn of_request(grant: &Grant, headers: &HeaderMap) -> Result<Option<Scope>, Refusal> {
    let named = named(headers)?;
    match (grant.role, named) {
        (Role::Service, None) => Err(Refusal::NoScope),
        (Role::Reader, Some(_)) => Err(Refusal::ScopeNotTaken),
        (_, None) => Ok(grant.scope.clone()),
        (_, Some(named)) => Ok(Some(match &grant.scope {
            Some(own) => own.and(&named),
            None => named,
        })),
    }
}

fn named(headers: &HeaderMap) -> Result<Option<Scope>, ScopeTextError> {
    let mut texts = Vec::new();
    let mut bytes = 0;
    for value in headers.get_all(SCOPE_HEADER) {
        bytes += value.len();
        if bytes > LONGEST {
            return Err(ScopeTextError::Text);
        }
        // Not `to_str`, which knows ASCII alone: names of projects are in any script.
        texts.push(std::str::from_utf8(value.as_bytes()).map_err(|_| ScopeTextError::Text)?);
    }
    all_of(texts)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::access::allowance::Allowance;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    fn asked(role: Role, own: Option<&str>, named: &[&str]) -> Result<Option<Scope>, Refusal> {
        let grant = Grant::new(role, own.map(scope), Allowance::of(role)).unwrap();
        let mut headers = HeaderMap::new();
        for text in named {
            let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
            headers.append(SCOPE_HEADER, value);
        }
        of_request(&grant, &headers)
    }

    #[test]
    fn a_service_names_the_scope_with_each_request() {
        let found = asked(Role::Service, None, &["user_id=~a|b"]).unwrap();
        assert_eq!(found, Some(scope("user_id=~a|b")));
        let refused = asked(Role::Service, None, &[]);
        assert!(matches!(refused, Err(Refusal::NoScope)));
        let refused = asked(Role::Service, Some("project_id=p"), &[]);
        assert!(matches!(refused, Err(Refusal::NoScope)));
    }

    #[test]
    fn what_a_request_names_only_makes_less_of_what_its_token_grants() {
        let both = scope("project_id=p").and(&scope("user_id=a"));
        for role in [Role::Service, Role::Operator] {
            let found = asked(role, Some("project_id=p"), &["user_id=a"]).unwrap();
            assert_eq!(found, Some(both.clone()), "{role:?}");
        }
        let twice = asked(Role::Service, None, &["user_id=a", "user_id=b"]).unwrap();
        assert_eq!(twice, Some(scope("user_id=a").and(&scope("user_id=b"))));
        assert_eq!(asked(Role::Operator, None, &[]).unwrap(), None);
    }

    #[test]
    fn a_reader_names_no_scope() {
        for named in ["user_id=a", "user_id=b", "", "*"] {
            let refused = asked(Role::Reader, Some("user_id=a"), &[named]);
            assert!(refused.is_err(), "{named}");
        }
        let found = asked(Role::Reader, Some("user_id=a"), &[]).unwrap();
        assert_eq!(found, Some(scope("user_id=a")));
    }

    #[test]
    fn what_is_no_scope_is_refused_and_never_left_out() {
        let long = format!("user_id={}", "a".repeat(LONGEST));
        let half = format!("user_id={}", "a".repeat(LONGEST / 2));
        for named in [
            &[""][..],
            &["*"],
            &["user_id"],
            &["user_id="],
            &["user_id=~.*"],
            &["user_id!=a"],
            &["__name__=up"],
            &["user_id=\"a\""],
            &["user_id=~\"a|b\""],
            &["user_id=a", ""],
            &["user_id=~("],
            &[&long],
            &[&half, &half],
        ] {
            for role in [Role::Service, Role::Operator] {
                let refused = asked(role, None, named);
                assert!(matches!(refused, Err(Refusal::Scope(_))), "{named:?}");
            }
        }
    }
}
