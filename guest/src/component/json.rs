//! The exported interfaces `json` and `json-codec`: every verb by its name, with one JSON text in and one out.

use super::Plugin;
use super::bindings::exports::backendai::metric::json_codec;
use crate::codec::json::{Detection, Request, answer};
use crate::codec::{Call as _, Failure, QueryMetadata, QueryMetric, read_whole};

/// The verbs that send nothing.
const PURE: &[&str] = &["build-promql", "detect-metric-type"];
/// The further ones of `json-codec`.
const CODEC: &[&str] = &[
    "metadata-request",
    "metadata-response",
    "metric-request",
    "metric-response",
];

impl json_codec::Guest for Plugin {
    fn call(verb: String, request: String, body: String) -> String {
        let read = || Request::read(&request);
        match verb.as_str() {
            "metadata-request" => {
                answer(&read().and_then(|r| Ok(QueryMetadata::new(r.config())?.request())))
            }
            "metadata-response" => answer(
                &read()
                    .and_then(|r| read_whole(&QueryMetadata::new(r.config())?, r.status()?, &body)),
            ),
            "metric-request" => answer(
                &read().and_then(|r| Ok(QueryMetric::new(r.config(), &r.query()?)?.request())),
            ),
            "metric-response" => answer(&read().and_then(|r| {
                let call = QueryMetric::new(r.config(), &r.query()?)?;
                read_whole(&call, r.status()?, &body)
            })),
            _ => pure(&verb, &request).unwrap_or_else(|| unknown(&verb, &[PURE, CODEC])),
        }
    }
}

/// The answer of a verb that sends nothing; none for any other.
pub(super) fn pure(verb: &str, request: &str) -> Option<String> {
    Some(match verb {
        "build-promql" => answer(
            &Request::read(request)
                .and_then(|r| Ok(QueryMetric::new(r.config(), &r.query()?)?.promql())),
        ),
        "detect-metric-type" => answer(&Detection::answer(request)),
        _ => return None,
    })
}

/// Says which verbs there are.
pub(super) fn unknown(verb: &str, verbs: &[&[&str]]) -> String {
    let failure = Failure::InvalidArgument {
        field: "verb".to_owned(),
        reason: format!(
            "{:?} is none; accepted are {}",
            crate::domain::head(verb),
            verbs.concat().join(", ")
        ),
    };
    answer::<(), _>(&Err(failure))
}

#[cfg(not(feature = "codec-only"))]
mod service {
    use super::super::bindings::exports::backendai::metric::json;
    use super::super::exchange::exchange;
    use super::super::insight::ask;
    use super::super::ranges::{batch, page, range, range_plan};
    use super::{PURE, Plugin, Request, answer, pure, unknown};
    use crate::codec::insight::{FindAnomalies, FindOutliers, Rank, Summarize};
    use crate::codec::json::BatchResults;
    use crate::codec::{QueryMetadata, QueryMetric, QueryValues, RangeFailure};

    /// The verbs of `metric-service`, `range-service`, `insight` and `discovery` that are not pure.
    const VERBS: &[&str] = &[
        "find-anomalies",
        "find-outliers",
        "plan",
        "query-batch",
        "query-metadata",
        "query-metric",
        "query-page",
        "query-range",
        "rank",
        "summarize",
        "values",
    ];

    impl json::Guest for Plugin {
        fn call(verb: String, request: String) -> String {
            let read = || Request::read(&request);
            let read_range = || read().map_err(RangeFailure::from);
            match verb.as_str() {
                "query-metadata" => {
                    answer(&read().and_then(|r| exchange(&QueryMetadata::new(r.config())?)))
                }
                "query-metric" => answer(
                    &read().and_then(|r| exchange(&QueryMetric::new(r.config(), &r.query()?)?)),
                ),
                "plan" => {
                    answer(&read().and_then(|r| range_plan(r.config(), &r.query()?, r.options())))
                }
                "query-range" => {
                    answer(&read_range().and_then(|r| range(r.config(), &r.query()?, r.options())))
                }
                "query-page" => answer(
                    &read_range()
                        .and_then(|r| page(r.config(), &r.query()?, r.options(), r.cursor())),
                ),
                "query-batch" => {
                    answer(&read().and_then(|r| {
                        Ok(BatchResults(batch(r.config(), &r.queries()?, r.options())))
                    }))
                }
                "summarize" => answer(&read_range().and_then(|r| {
                    let query = r.query()?;
                    ask(r.config(), r.options(), |config, options| {
                        Summarize::new(config, &query, r.quantiles(), options)
                    })
                })),
                "rank" => answer(&read_range().and_then(|r| {
                    let (query, ranking) = (r.query()?, r.ranking()?);
                    ask(r.config(), r.options(), |config, options| {
                        Rank::new(config, &query, ranking, options)
                    })
                })),
                "find-anomalies" => answer(&read_range().and_then(|r| {
                    let query = r.query()?;
                    ask(r.config(), r.options(), |config, options| {
                        FindAnomalies::new(config, &query, r.detection(), options)
                    })
                })),
                "find-outliers" => answer(&read_range().and_then(|r| {
                    let (query, member) = (r.query()?, r.member()?);
                    ask(r.config(), r.options(), |config, options| {
                        FindOutliers::new(config, &query, member, r.tolerance(), options)
                    })
                })),
                "values" => answer(&read().and_then(|r| {
                    exchange(&QueryValues::new(r.config(), &r.source()?, &r.filter())?)
                })),
                _ => pure(&verb, &request).unwrap_or_else(|| unknown(&verb, &[PURE, VERBS])),
            }
        }
    }
}
