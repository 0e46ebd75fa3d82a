//! The exported interfaces `json` and `json-codec`: every verb by its name, with one JSON text in and one out.

use super::Plugin;
use super::bindings::exports::backendai::metric::json_codec;
use crate::codec::decisions::{render, requests};
use crate::codec::json::{
    Detection, FamilyRequest, LiveRequest, MetricQuestionRequest, PresetRequest, QuestionRequest,
    Request, RunsRequest, answer, half, read_responses,
};
use crate::codec::{Call as _, Failure, QueryMetadata, QueryMetric, QueryValues, read_whole};
use crate::domain::preset::Preset;

/// The verbs that send nothing.
const PURE: &[&str] = &[
    "build-promql",
    "detect-metric-type",
    "family-check",
    "family-promql",
    "preset-check",
    "preset-render",
];
/// The further ones of `json-codec`.
const CODEC: &[&str] = &[
    "evaluate-metric-requests",
    "evaluate-metric-response",
    "evaluate-requests",
    "evaluate-response",
    "family-request",
    "family-response",
    "find-anomalies-requests",
    "find-anomalies-response",
    "find-outliers-requests",
    "find-outliers-response",
    "metadata-request",
    "metadata-response",
    "metric-request",
    "metric-response",
    "preset-execute-batch-requests",
    "preset-execute-batch-response",
    "preset-execute-requests",
    "preset-execute-response",
    "query-derived-requests",
    "query-derived-response",
    "query-live-stats-requests",
    "query-live-stats-response",
    "query-range-requests",
    "query-range-response",
    "rank-requests",
    "rank-response",
    "summarize-requests",
    "summarize-response",
    "values-request",
    "values-response",
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
            "family-request" => answer(
                &FamilyRequest::read(&request)
                    .and_then(|r| Ok(QueryMetric::of_family(r.config(), r.query()?)?.request())),
            ),
            "family-response" => answer(&FamilyRequest::read(&request).and_then(|r| {
                let call = QueryMetric::of_family(r.config(), r.query()?)?;
                read_whole(&call, r.status()?, &body)
            })),
            "evaluate-metric-requests" => answer(
                &MetricQuestionRequest::read(&request).and_then(|r| Ok(requests(&r.evaluate()?))),
            ),
            "evaluate-metric-response" => answer(
                &MetricQuestionRequest::read(&request)
                    .and_then(|r| read_responses(&r.evaluate()?, &body)),
            ),
            "evaluate-requests" => {
                answer(&QuestionRequest::read(&request).and_then(|r| Ok(requests(&r.evaluate()?))))
            }
            "evaluate-response" => answer(
                &QuestionRequest::read(&request)
                    .and_then(|r| read_responses(&r.evaluate()?, &body)),
            ),
            "preset-execute-batch-requests" => answer(
                &RunsRequest::read(&request).and_then(|r| Ok(r.one_request_each()?.requests())),
            ),
            "preset-execute-batch-response" => {
                answer(&RunsRequest::read(&request).and_then(|r| r.read_responses(&body)))
            }
            "preset-execute-requests" => {
                answer(&PresetRequest::read(&request).and_then(|r| Ok(requests(&r.one_request()?))))
            }
            "preset-execute-response" => answer(
                &PresetRequest::read(&request)
                    .and_then(|r| read_responses(&r.one_request()?, &body)),
            ),
            "query-live-stats-requests" => {
                answer(&LiveRequest::read(&request).and_then(|r| Ok(requests(&r.live_stats()?))))
            }
            "query-live-stats-response" => answer(
                &LiveRequest::read(&request).and_then(|r| read_responses(&r.live_stats()?, &body)),
            ),
            "values-request" => answer(&read().and_then(|r| {
                Ok(QueryValues::new(r.config(), &r.source()?, &r.filter())?.request())
            })),
            "values-response" => answer(&read().and_then(|r| {
                let call = QueryValues::new(r.config(), &r.source()?, &r.filter())?;
                read_whole(&call, r.status()?, &body)
            })),
            _ => half(&verb, &request, &body)
                .or_else(|| pure(&verb, &request))
                .unwrap_or_else(|| unknown(&verb, &[PURE, CODEC])),
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
        "family-check" => answer(&FamilyRequest::read(request).and_then(|r| r.check())),
        "family-promql" => answer(
            &FamilyRequest::read(request)
                .and_then(|r| Ok(QueryMetric::of_family(r.config(), r.query()?)?.promql())),
        ),
        "preset-check" => {
            answer(&PresetRequest::read(request).and_then(|r| Ok(Preset::new(r.preset())?)))
        }
        "preset-render" => answer(
            &PresetRequest::read(request)
                .and_then(|r| render(r.config(), r.preset(), &r.arguments())),
        ),
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
    use super::super::exchange::{exchange, exchange_side_by_side};
    use super::super::insight::ask;
    use super::super::ranges::{
        batch, families, family, page, preset_batch, preset_range, range, range_plan,
    };
    use super::{
        FamilyRequest, LiveRequest, MetricQuestionRequest, PURE, Plugin, PresetRequest,
        QuestionRequest, Request, RunsRequest, answer, pure, unknown,
    };
    use crate::codec::json::{BatchResults, RunResults};
    use crate::codec::{QueryMetadata, QueryMetric, QueryValues, RangeFailure};

    /// The verbs of `metric-service`, `range-service`, `insight` and `discovery` that are not pure.
    const VERBS: &[&str] = &[
        "evaluate",
        "evaluate-metric",
        "find-anomalies",
        "find-outliers",
        "plan",
        "preset-execute",
        "preset-execute-batch",
        "preset-execute-range",
        "query-batch",
        "query-derived",
        "query-families",
        "query-family",
        "query-live-stats",
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
                "query-family" => {
                    let read = FamilyRequest::read(&request).map_err(RangeFailure::from);
                    answer(&read.and_then(|r| family(r.config(), r.query()?, r.options())))
                }
                "query-families" => answer(&FamilyRequest::read(&request).and_then(|r| {
                    let answers = families(r.config(), r.queries()?, r.options());
                    Ok(BatchResults(answers))
                })),
                "query-derived" => {
                    let read = FamilyRequest::read(&request).map_err(RangeFailure::from);
                    answer(&read.and_then(|r| {
                        ask(r.config(), r.options(), |config, options| {
                            r.derive(config, options)
                        })
                    }))
                }
                "query-live-stats" => answer(
                    &LiveRequest::read(&request)
                        .and_then(|r| exchange_side_by_side(&r.live_stats()?)),
                ),
                "preset-execute" => answer(
                    &PresetRequest::read(&request)
                        .and_then(|r| exchange_side_by_side(&r.one_request()?)),
                ),
                "preset-execute-batch" => answer(
                    &RunsRequest::read(&request)
                        .map(|r| RunResults(preset_batch(r.config(), &r.runs(), r.options()))),
                ),
                "preset-execute-range" => {
                    let read = PresetRequest::read(&request).map_err(RangeFailure::from);
                    answer(&read.and_then(|r| {
                        let (arguments, range) = (r.arguments(), r.range()?);
                        preset_range(r.config(), r.preset(), &arguments, &range, r.options())
                    }))
                }
                "evaluate" => answer(
                    &QuestionRequest::read(&request)
                        .and_then(|r| exchange_side_by_side(&r.evaluate()?)),
                ),
                "evaluate-metric" => answer(
                    &MetricQuestionRequest::read(&request)
                        .and_then(|r| exchange_side_by_side(&r.evaluate()?)),
                ),
                "summarize" => answer(&read_range().and_then(|r| {
                    ask(r.config(), r.options(), |config, options| {
                        r.summarize(config, options)
                    })
                })),
                "rank" => answer(&read_range().and_then(|r| {
                    ask(r.config(), r.options(), |config, options| {
                        r.rank(config, options)
                    })
                })),
                "find-anomalies" => answer(&read_range().and_then(|r| {
                    ask(r.config(), r.options(), |config, options| {
                        r.find_anomalies(config, options)
                    })
                })),
                "find-outliers" => answer(&read_range().and_then(|r| {
                    ask(r.config(), r.options(), |config, options| {
                        r.find_outliers(config, options)
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
