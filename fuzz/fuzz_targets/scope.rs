//! A scope, held to what it is for: what passes selects what was asked less what is outside the scope, as far as
//! an evaluation of both trees over a few dozen series can tell.
//!
//! An input begins with two letters: how it is to be read, and which of the scopes is to be kept.
//! `t`: the rest is a query. `g`: the rest is the seed of the dice by which a query is made. `r`: the rest is a request, as
//! method, target, content type, body.

#![no_main]

use std::sync::OnceLock;

use bytes::Bytes;
use http::Request;
use libfuzzer_sys::fuzz_target;
use metric_fuzz::{SEPARATOR, form};
use metric_scope::{Scope, ScopeRefusal};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use scopes::Allows;
use selection::{assert_narrowed, assert_within};

// Queries are made and evaluated as in the scope's own tests.
#[path = "../../host/scope/tests/queries/mod.rs"]
mod queries;
#[path = "../../host/scope/tests/scopes/mod.rs"]
mod scopes;
#[path = "../../host/scope/tests/selection/mod.rs"]
mod selection;

const ORIGIN: &str = "http://prometheus:9090";

fuzz_target!(|input: &[u8]| {
    let [kind, which, rest @ ..] = input else {
        return;
    };
    // Made once: their regular expressions take longer to compile than most inputs to judge.
    static SCOPES: OnceLock<Vec<(Scope, Allows)>> = OnceLock::new();
    let scopes = SCOPES.get_or_init(scopes::scopes);
    let (scope, within) = &scopes[usize::from(*which) % scopes.len()];
    match kind {
        b'r' => request(scope, *within, rest),
        b'g' => generated(scope, *within, rest),
        _ => text(scope, *within, &String::from_utf8_lossy(rest)),
    }
});

fn text(scope: &Scope, within: Allows, query: &str) {
    if let Ok(narrowed) = scope.enforce_query(query) {
        assert_narrowed(query, &narrowed, within);
        assert_eq!(scope.enforce_query(&narrowed).as_ref(), Ok(&narrowed));
    }
    if let Ok(narrowed) = scope.enforce_selector(query) {
        assert_narrowed(query, &narrowed, within);
        assert_eq!(scope.enforce_query(query), Ok(narrowed));
    }
}

/// A query that is one: if the parser takes it, the scope must, up to its bounds.
fn generated(scope: &Scope, within: Allows, dice: &[u8]) {
    // Not the bytes as they are: where there are none left, a strategy that throws again would never end.
    let mut seed = [0; 32];
    for (place, byte) in dice.iter().enumerate() {
        seed[place % 32] ^= byte;
    }
    let dice = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), dice);
    let Ok(query) = queries::vector().new_tree(&mut runner) else {
        return;
    };
    let query = query.current();
    if promql_parser::parser::parse(&query).is_err() {
        return;
    }
    match scope.enforce_query(&query) {
        Ok(narrowed) => assert_narrowed(&query, &narrowed, within),
        Err(ScopeRefusal::TooManySelectors { .. } | ScopeRefusal::TooManyRegexes { .. }) => {}
        Err(refusal) => panic!("{query:?} was refused: {refusal}"),
    }
}

fn request(scope: &Scope, within: Allows, input: &[u8]) {
    let mut parts = input.splitn(4, |&byte| byte == SEPARATOR);
    let mut part = || parts.next().unwrap_or_default();
    let (method, target, content_type, body) = (part(), part(), part(), part());
    let Ok(target) = std::str::from_utf8(target) else {
        return;
    };
    let build = || {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{ORIGIN}{target}"));
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        request.body(Bytes::copy_from_slice(body))
    };
    let Ok(asked) = build() else {
        return;
    };
    let asked = Sent::read(&asked);
    let Ok(enforced) = build().map(|request| scope.enforce(request)) else {
        return;
    };
    let Ok(enforced) = enforced else {
        return;
    };
    let sent = Sent::read(&enforced).expect("what goes out can be read");
    check_reach(&sent, within);
    // A broken escape passes as the characters that it is made of; Go reads nothing then.
    if let Some(asked) = asked {
        check_meaning(&asked, &sent, scope, within);
    }

    let again = scope.enforce(enforced).expect("what goes out passes again");
    assert_eq!(Sent::read(&again), Some(sent));
}

/// The parts of a request that a server reads.
#[derive(Debug, PartialEq)]
struct Sent {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Sent {
    /// Wherever a parameter stands: a server that looks in one place only sees less, and none that are others.
    fn read(request: &Request<Bytes>) -> Option<Self> {
        let mut pairs = form::pairs(request.uri().query().unwrap_or_default().as_bytes())?;
        pairs.extend(form::pairs(request.body())?);
        let text = |bytes| String::from_utf8(bytes).ok();
        Some(Self {
            path: request.uri().path().to_owned(),
            pairs: pairs
                .into_iter()
                .map(|(name, value)| Some((text(name)?, text(value)?)))
                .collect::<Option<_>>()?,
        })
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let named = self.pairs.iter().filter(|(other, _)| other == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The parameters that select no series.
    fn others(&self) -> Vec<&(String, String)> {
        let mut others: Vec<_> = self
            .pairs
            .iter()
            .filter(|(name, _)| name != "query" && name != "match[]")
            .collect();
        others.sort();
        others
    }
}

/// Checks that a sent request names series in the one place for it, and none outside the scope.
fn check_reach(sent: &Sent, within: Allows) {
    let (_, endpoint) = sent.path.rsplit_once("/api/v1/").expect("an endpoint");
    let (takes_query, takes_match) = match endpoint {
        "query" | "query_range" => (true, false),
        "labels" | "series" => (false, true),
        "status/buildinfo" => (false, false),
        other => {
            let label = other
                .strip_prefix("label/")
                .and_then(|rest| rest.strip_suffix("/values"));
            assert!(label.is_some_and(|label| !label.contains('/')), "{other}");
            (false, true)
        }
    };
    let (queries, matches) = (sent.values("query"), sent.values("match[]"));
    assert_eq!(queries.len(), usize::from(takes_query), "{sent:?}");
    assert_eq!(!matches.is_empty(), takes_match, "{sent:?}");
    for query in queries.into_iter().chain(matches) {
        assert_within(query, within);
    }
}

/// Checks that the sent request means what was asked, less what is outside the scope.
fn check_meaning(asked: &Sent, sent: &Sent, scope: &Scope, within: Allows) {
    assert_eq!(asked.path, sent.path);
    assert_eq!(asked.others(), sent.others());
    let narrowed = |name| {
        let (asked, sent) = (asked.values(name), sent.values(name));
        assert_eq!(asked.len(), sent.len(), "{name}");
        for (asked, sent) in asked.iter().zip(sent) {
            assert_narrowed(asked, sent, within);
        }
    };
    narrowed("query");
    match asked.values("match[]").as_slice() {
        [] if !sent.values("match[]").is_empty() => {
            assert_eq!(sent.values("match[]"), [scope.to_string()]);
        }
        _ => narrowed("match[]"),
    }
}
