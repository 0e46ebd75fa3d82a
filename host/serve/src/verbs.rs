//! The verbs that are asked with POST, a row each: to add one is to add a row.
//!
//! A body is the `request` of the contract's interface `json`, less `config`; an answer is that interface's. The
//! callers who may ask are in `access`'s table.

/// A verb, and its path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verb {
    pub(crate) path: &'static str,
    /// Its name in the interface `json`.
    pub(crate) name: &'static str,
    /// Its request and its answer among the schema's `$defs`.
    pub(crate) request: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) summary: &'static str,
}

const fn verb(
    path: &'static str,
    name: &'static str,
    (request, answer): (&'static str, &'static str),
    summary: &'static str,
) -> Verb {
    Verb {
        path,
        name,
        request,
        answer,
        summary,
    }
}

/// All of them but the stream, whose answer has a form of its own.
pub(crate) const VERBS: &[Verb] = &[
    verb(
        "/v1/query",
        "query-range",
        ("verb_request", "range_answer"),
        "The series of a query, of a range of any length",
    ),
    verb(
        "/v1/batch",
        "query-batch",
        ("verb_request", "batch_answer"),
        "Many queries at once, each with its own answer or error",
    ),
    verb(
        "/v1/explain",
        "plan",
        ("verb_request", "plan_answer"),
        "What a query would become: its PromQL, step, window and requests. Nothing is sent",
    ),
    verb(
        "/v1/summary",
        "summarize",
        ("verb_request", "summary_answer"),
        "What each group came to over the whole range",
    ),
    verb(
        "/v1/top",
        "rank",
        ("verb_request", "ranked_answer"),
        "The groups that matter over the whole range, and all others as one",
    ),
    verb(
        "/v1/anomalies",
        "find-anomalies",
        ("verb_request", "watch_answer"),
        "What is out of the ordinary, each series by itself",
    ),
    verb(
        "/v1/outliers",
        "find-outliers",
        ("verb_request", "watch_answer"),
        "Members that are unlike the others at the same time",
    ),
    verb(
        "/v1/live",
        "query-live-stats",
        ("live_request", "live_answer"),
        "What subjects use at the moment",
    ),
    verb(
        "/v1/presets/check",
        "preset-check",
        ("preset_request", "preset_check_answer"),
        "What a preset's template is. Nothing is sent",
    ),
    verb(
        "/v1/presets/render",
        "preset-render",
        ("preset_request", "build_promql_answer"),
        "The PromQL that a preset would send. Nothing is sent",
    ),
    verb(
        "/v1/presets/execute",
        "preset-execute",
        ("preset_request", "instant_answer"),
        "A preset at an instant",
    ),
    verb(
        "/v1/presets/execute-range",
        "preset-execute-range",
        ("preset_request", "range_answer"),
        "A preset over a range",
    ),
    verb(
        "/v1/presets/execute-batch",
        "preset-execute-batch",
        ("runs_request", "runs_answer"),
        "Many presets at once, each with its own answer or error",
    ),
    verb(
        "/v1/presets/evaluate",
        "evaluate",
        ("question_request", "evaluate_answer"),
        "A verdict on each of many subjects",
    ),
    verb(
        "/v1/evaluate",
        "evaluate-metric",
        ("metric_question_request", "evaluate_answer"),
        "A verdict on each of many subjects, by a metric",
    ),
    verb(
        "/v1/families/query",
        "query-family",
        ("family_request", "range_answer"),
        "The series of a metric family that the request describes",
    ),
    verb(
        "/v1/families/batch",
        "query-families",
        ("family_request", "batch_answer"),
        "Many families at once, each with its own answer or error",
    ),
    verb(
        "/v1/families/derived",
        "query-derived",
        ("family_request", "derived_answer"),
        "A ratio, percentage, difference, sum or multiple of two queries",
    ),
];

/// The path of the stream.
pub(crate) const STREAM: &str = "/v1/stream";
/// The path of what there is to query.
pub(crate) const METRICS: &str = "/v1/metrics";
/// The path of what there is to filter on.
pub(crate) const VALUES: &str = "/v1/values/{dimension}";
