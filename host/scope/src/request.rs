//! A whole request under a scope: which parameters an endpoint takes, and what becomes of them.
//!
//! | endpoint                       | by        | parameters                                | the scope                 |
//! |--------------------------------|-----------|-------------------------------------------|---------------------------|
//! | `query`                        | GET, POST | `query` `time` `timeout` `limit`          | in every selector         |
//! | `query_range`                  | GET, POST | `query` `start` `end` `step` `timeout` `limit` | in every selector    |
//! | `labels`, `series`             | GET, POST | `match[]` `start` `end` `limit`           | in every `match[]`, or as the only one |
//! | `label/NAME/values`            | GET       | `match[]` `start` `end` `limit`           | the same                  |
//! | `status/buildinfo`             | GET       |                                           | not needed: it names no series |
//! | anything else, `metadata` too  |           |                                           | refused                   |
//!
//! Besides these each that is narrowed takes [`OF_BACKENDS`].
//!
//! `metadata` tells the names and help texts of all that is scraped, and takes no matcher.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
    uri::PathAndQuery,
};

use crate::{
    bounds::TEXT_BYTES,
    parameters::{MATCH, Parameters, QUERY},
    refusal::ScopeRefusal,
    scope::Scope,
};

const FORM: &str = "application/x-www-form-urlencoded";
/// More `match[]` than anyone needs: each is parsed.
const SELECTORS: usize = 16;

/// The parameters of an endpoint.
struct Endpoint {
    parameters: Vec<&'static str>,
    /// True if the parameters may also stand in a form.
    takes_form: bool,
    kind: Kind,
}

enum Kind {
    /// `query` holds PromQL.
    Promql,
    /// `match[]` selects series.
    Series,
    /// Neither.
    Harmless,
}

impl Scope {
    /// The request that asks for the same within the scope, to be sent in the place of this one.
    ///
    /// Its path is read from the last `/api/v1/` on; that the path, the origin and the headers are allowed at all
    /// is for someone else to judge.
    ///
    /// # Errors
    /// [`ScopeRefusal`]: the request must not be sent.
    pub fn enforce(&self, request: Request<Bytes>) -> Result<Request<Bytes>, ScopeRefusal> {
        let (mut head, body) = request.into_parts();
        let endpoint = Endpoint::of(head.uri.path())?;
        let in_form = head.method == Method::POST;
        if !(in_form && endpoint.takes_form || head.method == Method::GET) {
            return Err(ScopeRefusal::Method);
        }
        let mut parameters = Parameters::default();
        parameters.read(
            head.uri.query().unwrap_or_default().as_bytes(),
            &endpoint.parameters,
        )?;
        if !body.is_empty() {
            if !(in_form && is_form(&head.headers)) {
                return Err(ScopeRefusal::Body);
            }
            parameters.read(&body, &endpoint.parameters)?;
        }
        match endpoint.kind {
            Kind::Promql => self.narrow_query(&mut parameters)?,
            Kind::Series => self.narrow_matches(&mut parameters)?,
            Kind::Harmless => {}
        }

        let encoded = parameters.encode();
        head.headers.remove(CONTENT_LENGTH);
        head.headers.remove(CONTENT_TYPE);
        let (query, body) = if in_form {
            head.headers
                .insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
            (String::new(), Bytes::from(encoded))
        } else {
            (encoded, Bytes::new())
        };
        head.uri = with_query(head.uri, &query)?;
        Ok(Request::from_parts(head, body))
    }

    fn narrow_query(&self, parameters: &mut Parameters) -> Result<(), ScopeRefusal> {
        let query = parameters.0.iter_mut().find(|(name, _)| *name == QUERY);
        let (_, promql) = query.ok_or(ScopeRefusal::MissingQuery)?;
        *promql = self.enforce_query(promql)?;
        Ok(())
    }

    fn narrow_matches(&self, parameters: &mut Parameters) -> Result<(), ScopeRefusal> {
        let (mut count, mut bytes) = (0, 0);
        for (_, selector) in parameters.0.iter_mut().filter(|(name, _)| *name == MATCH) {
            count += 1;
            if count > SELECTORS {
                let maximum = SELECTORS;
                return Err(ScopeRefusal::TooManySelectors { maximum });
            }
            // All of them are as long as one query may be.
            bytes += selector.len();
            if bytes > TEXT_BYTES {
                let maximum = TEXT_BYTES;
                return Err(ScopeRefusal::TooLong { maximum });
            }
            *selector = self.enforce_selector(selector)?;
        }
        if count == 0 {
            parameters.0.push((MATCH, self.to_string()));
        }
        Ok(())
    }
}

/// Parameters of Thanos and VictoriaMetrics (the last) on how whole and how fine an answer is. None selects series, and
/// the plugin sends them along with lists of names as with queries.
const OF_BACKENDS: &[&str] = &[
    "partial_response",
    "dedup",
    "max_source_resolution",
    "deny_partial_response",
];

impl Endpoint {
    fn of(path: &str) -> Result<Self, ScopeRefusal> {
        const SERIES: &[&str] = &[MATCH, "start", "end", "limit"];
        let (_, name) = path.rsplit_once("/api/v1/").ok_or(ScopeRefusal::Endpoint)?;
        let (parameters, takes_form, kind): (&'static [&'static str], _, _) = match name {
            "query" => (&[QUERY, "time", "timeout", "limit"], true, Kind::Promql),
            "query_range" => (
                &[QUERY, "start", "end", "step", "timeout", "limit"],
                true,
                Kind::Promql,
            ),
            "labels" | "series" => (SERIES, true, Kind::Series),
            "status/buildinfo" => (&[], false, Kind::Harmless),
            // Prometheus knows no POST here, and would not read the form of one.
            _ if is_label_values(name) => (SERIES, false, Kind::Series),
            _ => return Err(ScopeRefusal::Endpoint),
        };
        let of_backends = match kind {
            Kind::Promql | Kind::Series => OF_BACKENDS,
            Kind::Harmless => &[],
        };
        Ok(Self {
            parameters: [parameters, of_backends].concat(),
            takes_form,
            kind,
        })
    }
}

fn is_label_values(endpoint: &str) -> bool {
    endpoint
        .strip_prefix("label/")
        .and_then(|rest| rest.strip_suffix("/values"))
        .is_some_and(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b == b'_' || b.is_ascii_alphanumeric())
        })
}

/// Returns true if the body is announced as a form, once.
fn is_form(headers: &http::HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    only.to_str().is_ok_and(|text| {
        let essence = text.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(FORM)
    })
}

/// The same target with another query.
fn with_query(uri: Uri, query: &str) -> Result<Uri, ScopeRefusal> {
    let path_and_query = match query {
        "" => uri.path().to_owned(),
        query => format!("{}?{query}", uri.path()),
    };
    // Longer than the type allows: 64 KiB.
    let too_long = ScopeRefusal::TooLong {
        maximum: TEXT_BYTES,
    };
    let mut parts = uri.into_parts();
    let Ok(path_and_query) = PathAndQuery::try_from(path_and_query) else {
        return Err(too_long);
    };
    parts.path_and_query = Some(path_and_query);
    Uri::from_parts(parts).map_err(|_| too_long)
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
