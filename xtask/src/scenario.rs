//! The questions of the demo, in a user's words and as command lines. It runs nothing.

/// A question, and the arguments of `metric-host` that answer it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Scenario {
    /// In a user's words.
    pub(crate) question: &'static str,
    /// The way in which the service reads such a metric.
    pub(crate) reading: &'static str,
    /// After `metric-host`.
    pub(crate) arguments: Vec<String>,
}

/// The subject of the questions: ids that are in Prometheus.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Subject {
    pub(crate) kernel: String,
    pub(crate) session: String,
    pub(crate) project: String,
}

/// The four ways in which a metric is read, each once.
pub(crate) fn scenarios(subject: &Subject) -> [Scenario; 4] {
    [
        Scenario {
            question: "How much memory did this kernel use in the last six hours?",
            reading: "GAUGE: each sample as it is",
            arguments: words(&[
                "query",
                "mem",
                "--value-type",
                "current",
                "--kernel-id",
                &subject.kernel,
                "--last",
                "6h",
            ]),
        },
        Scenario {
            question: "How fast did this session receive from the network in the last six hours?",
            reading: "RATE: a counter of bytes, as bytes per second",
            arguments: words(&[
                "query",
                "net_rx",
                "--value-type",
                "current",
                "--session-id",
                &subject.session,
                "--last",
                "6h",
            ]),
        },
        Scenario {
            question: "How busy were the processors of each agent over the last day?",
            reading: "DIFF: a counter of CPU milliseconds, as cores in use",
            arguments: words(&[
                "query",
                "cpu_util",
                "--value-type",
                "current",
                "--group-by",
                "agent-id",
                "--last",
                "1d",
            ]),
        },
        Scenario {
            question: "How much of its memory did this project use over the last day, hour by hour?",
            reading: "PERCENT: current by capacity, computed",
            arguments: words(&[
                "query",
                "mem",
                "--value-type",
                "pct",
                "--project-id",
                &subject.project,
                "--last",
                "1d",
                "--step",
                "3600",
            ]),
        },
    ]
}

/// The arguments that show what the subject's session uses at the moment.
pub(crate) fn live(subject: &Subject) -> Vec<String> {
    words(&["live", &subject.session, "--by", "session-id"])
}

/// The CPU time of sessions, as a preset.
pub(crate) const IDLE_PRESET: &str = r#"{
  "template": "sum by (${{group_by}})(rate(backendai_container_utilization{container_metric_name=\"cpu_util\",value_type=\"current\",${{labels}}}[${{window}}]))",
  "time_window": "5m",
  "unit": "millicores"
}
"#;

/// The arguments that say whether sessions are idle, by the files of the preset and of the sessions.
pub(crate) fn verdict([preset, ids]: &[String; 2]) -> Vec<String> {
    words(&[
        "preset",
        "evaluate",
        preset,
        "--subject",
        "session_id",
        "--ids",
        ids,
        "--below",
        "50",
        "--for",
        "10m",
    ])
}

/// The scenarios of a whole range: a summary, a rank, and anomalies.
pub(crate) fn insights() -> [Scenario; 3] {
    [
        Scenario {
            question: "How many core-hours did each user burn in the last day?",
            reading: "SUMMARY: of the points, and what the counters grew by",
            arguments: words(&[
                "summary",
                "cpu_util",
                "--value-type",
                "current",
                "--by",
                "user-id",
                "--last",
                "1d",
            ]),
        },
        Scenario {
            question: "Which kernels held the most memory in the last day?",
            reading: "RANK: once over the whole range, the others as one",
            arguments: words(&[
                "top",
                "mem",
                "--value-type",
                "current",
                "--by",
                "kernel-id",
                "-k",
                "3",
                "--rank-by",
                "total",
                "--last",
                "1d",
            ]),
        },
        Scenario {
            question: "What was out of the ordinary on the agents in the last twelve hours?",
            reading: "ANOMALIES: against the hours before, since a day has no season yet",
            arguments: words(&[
                "anomalies",
                "mem",
                "--value-type",
                "current",
                "--by",
                "agent-id",
                "--last",
                "12h",
                "--strategy",
                "robust",
                "--lookback",
                "6h",
            ]),
        },
    ]
}

/// The commands to try next.
pub(crate) fn suggestions(subject: &Subject) -> [Vec<String>; 5] {
    [
        words(&["type", "net_rx"]),
        words(&[
            "promql",
            "cpu_util",
            "--value-type",
            "pct",
            "--session-id",
            &subject.session,
        ]),
        words(&[
            "query",
            "cuda_util",
            "--value-type",
            "current",
            "--group-by",
            "user-id",
            "--last",
            "1d",
        ]),
        words(&[
            "query",
            "net_tx",
            "--group-by",
            "agent-id",
            "--last",
            "30m",
            "--format",
            "csv",
        ]),
        words(&[
            "query",
            "mem",
            "--kernel-id",
            &subject.kernel,
            "--last",
            "12h",
            "--format",
            "json",
        ]),
    ]
}

/// The arguments that list who there is, as JSON.
pub(crate) fn who_there_is() -> Vec<String> {
    words(&[
        "query",
        "mem",
        "--value-type",
        "current",
        "--group-by",
        "kernel-id,session-id,project-id",
        "--last",
        "1d",
        "--format",
        "json",
    ])
}

/// The subject with the longest history in the answer to [`who_there_is`]; none if nobody is there.
pub(crate) fn subject_in(answer: &serde_json::Value, project_label: &str) -> Option<Subject> {
    let series = answer.get("series")?.as_array()?;
    let points = |one: &serde_json::Value| {
        one.get("values")
            .and_then(|values| values.as_array())
            .map_or(0, Vec::len)
    };
    let mut best: Option<(usize, Subject)> = None;
    for one in series {
        let label = |name: &str| one.get("labels")?.get(name)?.as_str().map(str::to_owned);
        let (Some(kernel), Some(session), Some(project)) = (
            label("kernel_id"),
            label("session_id"),
            label(project_label),
        ) else {
            continue;
        };
        if best.as_ref().is_none_or(|(most, _)| points(one) > *most) {
            best = Some((
                points(one),
                Subject {
                    kernel,
                    session,
                    project,
                },
            ));
        }
    }
    best.map(|(_, subject)| subject)
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_with_the_longest_history_is_chosen_and_those_without_a_project_are_passed_over() {
        let series = |kernel: &str, project: Option<&str>, points: usize| {
            let mut labels = serde_json::json!({"kernel_id": kernel, "session_id": "s", "value_type": "current"});
            if let Some(project) = project {
                labels["owner_project_id"] = project.into();
            }
            serde_json::json!({"labels": labels, "values": vec![1.0; points]})
        };
        let answer = serde_json::json!({"series": [
            series("short", Some("p"), 2), series("long", Some("p"), 9), series("also", Some("p"), 9), series("orphan", None, 20),
        ]});
        let subject = subject_in(&answer, "owner_project_id").unwrap();
        assert_eq!(subject.kernel, "long");
        assert_eq!(subject_in(&answer, "project_id"), None);
    }
}
