//! The paths, and the task of each: the table `wit/schema/http.json`, to which a test holds this one.

/// The work that a path asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task<'a> {
    /// POST: the verb of this name, with the body as its request.
    Verb(&'static str),
    /// GET: the metrics that there are.
    Metrics,
    /// GET: the values of a dimension or a label, which the path names, percent-encoded.
    Values(&'a str),
    /// GET: whether this component runs.
    Alive,
    /// GET: whether Prometheus answers.
    Ready,
}

impl Task<'_> {
    fn methods(self) -> &'static str {
        match self {
            Self::Verb(_) => "POST",
            _ => "GET, HEAD",
        }
    }
}

/// A path without a task for the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrouted {
    /// There is no such path.
    NoSuchPath,
    /// The path is there; these are its methods, as `Allow` lists them.
    OtherMethod(&'static str),
}

const VALUES: &str = "/v1/values/";

const ROUTES: &[(&str, Task<'static>)] = &[
    ("/v1/query", Task::Verb("query-range")),
    ("/v1/batch", Task::Verb("query-batch")),
    ("/v1/explain", Task::Verb("plan")),
    ("/v1/summary", Task::Verb("summarize")),
    ("/v1/top", Task::Verb("rank")),
    ("/v1/anomalies", Task::Verb("find-anomalies")),
    ("/v1/outliers", Task::Verb("find-outliers")),
    ("/v1/live", Task::Verb("query-live-stats")),
    ("/v1/presets/check", Task::Verb("preset-check")),
    ("/v1/presets/render", Task::Verb("preset-render")),
    ("/v1/presets/execute", Task::Verb("preset-execute")),
    (
        "/v1/presets/execute-range",
        Task::Verb("preset-execute-range"),
    ),
    (
        "/v1/presets/execute-batch",
        Task::Verb("preset-execute-batch"),
    ),
    ("/v1/presets/evaluate", Task::Verb("evaluate")),
    ("/v1/evaluate", Task::Verb("evaluate-metric")),
    ("/v1/families/query", Task::Verb("query-family")),
    ("/v1/families/batch", Task::Verb("query-families")),
    ("/v1/families/derived", Task::Verb("query-derived")),
    ("/v1/metrics", Task::Metrics),
    ("/healthz", Task::Alive),
    ("/readyz", Task::Ready),
];

/// The task of a method and a path.
///
/// # Errors
/// Fails if there is none.
pub fn find<'a>(method: &str, path: &'a str) -> Result<Task<'a>, Unrouted> {
    let task = match ROUTES.iter().find(|(known, _)| *known == path) {
        Some((_, task)) => *task,
        None => values(path).ok_or(Unrouted::NoSuchPath)?,
    };
    let methods = task.methods();
    if methods.split(", ").any(|known| known == method) {
        Ok(task)
    } else {
        Err(Unrouted::OtherMethod(methods))
    }
}

fn values(path: &str) -> Option<Task<'_>> {
    let name = path.strip_prefix(VALUES)?;
    (!name.is_empty() && !name.contains('/')).then_some(Task::Values(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn verb(task: Task<'_>) -> Option<&'static str> {
        match task {
            Task::Verb(verb) => Some(verb),
            Task::Metrics => Some("query-metadata"),
            Task::Values(_) => Some("values"),
            Task::Alive | Task::Ready => None,
        }
    }

    #[test]
    fn paths_methods_and_verbs_are_those_of_the_table() {
        let table: Value =
            serde_json::from_str(include_str!("../../../wit/schema/http.json")).unwrap();
        let paths = table["paths"].as_array().unwrap();
        // One more: that of the values has a part that varies.
        assert_eq!(paths.len(), ROUTES.len() + 1);
        for entry in paths {
            let path = entry["path"].as_str().unwrap();
            let asked = path.replace("{dimension}", "agent_id");
            let task = find(entry["method"].as_str().unwrap(), &asked).unwrap();
            assert_eq!(verb(task), entry["verb"].as_str(), "{path}");
        }
    }

    #[test]
    fn other_methods_are_told_those_of_the_path_and_other_paths_are_none() {
        assert_eq!(find("GET", "/v1/query"), Err(Unrouted::OtherMethod("POST")));
        assert_eq!(
            find("DELETE", "/v1/values/x"),
            Err(Unrouted::OtherMethod("GET, HEAD"))
        );
        assert_eq!(find("HEAD", "/healthz"), Ok(Task::Alive));
        for path in [
            "",
            "/",
            "/v1",
            "/v1/query/",
            "/V1/query",
            "/v1/values/",
            "/v1/values/a/b",
            "//v1/query",
        ] {
            assert_eq!(find("GET", path), Err(Unrouted::NoSuchPath), "{path}");
        }
    }
}
