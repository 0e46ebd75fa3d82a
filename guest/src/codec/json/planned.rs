//! The plans that the verbs over whole ranges make of a request, and the halves of these verbs for who sends the requests.

use super::decisions::{ResponseDocument, pairs};
use super::document::answer;
use super::family::FamilyRequest;
use super::request::{Request, read};
use crate::codec::family::Derive;
use crate::codec::insight::{FindAnomalies, FindOutliers, Insight, Rank, Summarize, by_hand};
use crate::codec::{Config, ConfigInput, Failure, QueryRange, RangeFailure};
use crate::domain::{RangeOptions, RangeOptionsInput};
use serde::Serialize;

/// Plans of a request, whose configuration and options are checked by then.
impl Request {
    /// As `query-range`.
    pub(crate) fn plan_range(
        &self,
        config: &Config,
        options: &RangeOptions,
    ) -> Result<QueryRange, Failure> {
        QueryRange::new(config, &self.query()?, options)
    }

    /// As `summarize`.
    pub(crate) fn summarize(
        &self,
        config: &Config,
        options: &RangeOptions,
    ) -> Result<Summarize, Failure> {
        Summarize::new(config, &self.query()?, self.quantiles(), options)
    }

    /// As `rank`.
    pub(crate) fn rank(&self, config: &Config, options: &RangeOptions) -> Result<Rank, Failure> {
        Rank::new(config, &self.query()?, self.ranking()?, options)
    }

    /// As `find-anomalies`.
    pub(crate) fn find_anomalies(
        &self,
        config: &Config,
        options: &RangeOptions,
    ) -> Result<FindAnomalies, Failure> {
        FindAnomalies::new(config, &self.query()?, self.detection(), options)
    }

    /// As `find-outliers`.
    pub(crate) fn find_outliers(
        &self,
        config: &Config,
        options: &RangeOptions,
    ) -> Result<FindOutliers, Failure> {
        let (member, tolerance) = (self.member()?, self.tolerance());
        FindOutliers::new(config, &self.query()?, member, tolerance, options)
    }
}

impl FamilyRequest {
    /// As `query-derived`.
    pub(crate) fn derive(
        &self,
        config: &Config,
        options: &RangeOptions,
    ) -> Result<Derive, Failure> {
        Derive::new(config, self.derived()?, options)
    }
}

/// A half of a verb that sends several requests.
#[derive(Debug, Clone, Copy)]
enum Half {
    /// The requests after those whose responses are there.
    Requests,
    /// The result of all responses.
    Response,
}

/// The answer of a half of a verb over whole ranges, such as `summarize-requests`; none for any other verb.
pub fn half(verb: &str, request: &str, body: &str) -> Option<String> {
    let (verb, half) = verb.rsplit_once('-')?;
    let half = match half {
        "requests" => Half::Requests,
        "response" => Half::Response,
        _ => return None,
    };
    let ask = (half, request, body);
    Some(match verb {
        "find-anomalies" => of(ask, queried, Request::find_anomalies),
        "find-outliers" => of(ask, queried, Request::find_outliers),
        "query-derived" => of(ask, derived, FamilyRequest::derive),
        "query-range" => of(ask, queried, Request::plan_range),
        "rank" => of(ask, queried, Request::rank),
        "summarize" => of(ask, queried, Request::summarize),
        _ => return None,
    })
}

fn queried(request: &str) -> Read<Request> {
    Request::read(request).map(|r| (r.config(), r.options(), r))
}

fn derived(request: &str) -> Read<FamilyRequest> {
    FamilyRequest::read(request).map(|r| (r.config(), r.options(), r))
}

/// A request, with what it says of whom to ask and how.
type Read<R> = Result<(ConfigInput, RangeOptionsInput, R), Failure>;

// One frame a verb: in one for all of them each would take the stack of the others as well.
#[inline(never)]
fn of<R, V: Insight<Result: Serialize>>(
    (half, request, body): (Half, &str, &str),
    read: fn(&str) -> Read<R>,
    plan: fn(&R, &Config, &RangeOptions) -> Result<V, Failure>,
) -> String {
    let planned = read(request).and_then(|(config, options, request)| {
        let (config, options) = (Config::try_from(config)?, RangeOptions::try_from(options)?);
        let verb = plan(&request, &config, &options)?;
        Ok((config, verb))
    });
    let read = planned.and_then(|planned| Ok((planned, responses(body)?)));
    let read = read.map_err(RangeFailure::from);
    match half {
        Half::Requests => answer(&read.and_then(|((config, verb), responses)| {
            by_hand::requests_after(&config, &verb, &pairs(&responses))
        })),
        Half::Response => answer(&read.and_then(|((config, verb), responses)| {
            by_hand::result_of(&config, &verb, &pairs(&responses))
        })),
    }
}

/// The responses so far; an empty text: none yet.
fn responses(body: &str) -> Result<Vec<ResponseDocument>, Failure> {
    match body.is_empty() {
        true => Ok(Vec::new()),
        false => read(body),
    }
}
