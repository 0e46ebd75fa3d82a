//! Hints how to mend a failed call, in this program's own flags. The error itself says what was wrong.

use metric_host::{CallError, LimitExceeded, ServiceError};

use crate::duration::show_seconds;

const ASK_FOR_LESS: &str =
    "a shorter range, a larger --step or fewer series (--group-by, filters) need less";

/// The hint for a lack of system resources.
pub(crate) const RAISE_THE_LIMITS: &str = "`ulimit -n` says how many files may be open, `ulimit -u` how many threads may run, `ulimit -v` how much memory there is";

/// The hint for a failed call that asked `address`. None: the error says it all.
pub(crate) fn of_call(error: &CallError, address: &str) -> Option<String> {
    match error {
        CallError::Service(error) | CallError::Chunk { error, .. } => of_service(error, address),
        CallError::Unsupported { .. } => Some(
            "`cargo xtask build` makes a plugin that has it; --plugin FILE names it".to_owned(),
        ),
        CallError::TimedOut { .. } => Some(slow()),
        // The error says which rule it is.
        CallError::Denied(_) | CallError::OutOfScope(_) => None,
        CallError::MemoryLimit { .. }
        | CallError::AnswerTooLarge { .. }
        | CallError::StreamTooLarge { .. }
        | CallError::MemoryShortage { .. } => Some(ASK_FOR_LESS.to_owned()),
        CallError::OutOfResources { .. } => Some(RAISE_THE_LIMITS.to_owned()),
        CallError::TooManyLabels { .. } => Some(format!(
            "a query tells apart what --group-by names, and no more: is it Prometheus that answers at {address}, and nothing in between?"
        )),
        _ => Some(
            "the plugin is at fault, not the query; `metric-host inspect` shows which plugin it is"
                .to_owned(),
        ),
    }
}

fn of_service(error: &ServiceError, address: &str) -> Option<String> {
    Some(match error {
        ServiceError::InvalidTimeRange(_) => {
            "relative times work here too: --start now-2h --end now-1h, or --last 30m".to_owned()
        }
        ServiceError::InvalidArgument(error) if error.field == "ranking.others" => {
            "--no-others leaves the sum of all others out".to_owned()
        }
        ServiceError::InvalidArgument(error) => format!("it comes from {}", flag(&error.field)?),
        ServiceError::FailedToGetMetric(error) => match error.status {
            401 | 403 => format!(
                "whoever runs {address} decides who may ask; --bearer-token-file, --basic-auth-user or --header-file says who does"
            ),
            404 | 405 => format!(
                "is it Prometheus that answers at {address}? --address takes a prefix: http://host:9090/prefix"
            ),
            429 | 500.. => format!(
                "{address} may be starting or overloaded; its log says more, and later it may answer"
            ),
            _ => format!("the answer came from {address}"),
        },
        ServiceError::ConnectionFailed(reason) if reason.contains("certificate") => {
            "--ca-file names who issues the server's certificate, --server-name whose it has to be; --cert-file and --key-file are shown to the server".to_owned()
        }
        ServiceError::ConnectionFailed(_) => {
            format!(
                "is Prometheus running at {address}? --address or METRIC_ADDRESS names another place"
            )
        }
        ServiceError::TimedOut(_) => slow(),
        ServiceError::MalformedResponse(_) => format!(
            "is it Prometheus that answers at {address}, and nothing in between? --address names another place"
        ),
        ServiceError::LimitExceeded(error) => of_limit(error, address),
        ServiceError::PartialAnswer(_) => format!(
            "--partial accepts what {address} has, and marks the answer; its stores and their log say why it has no more"
        ),
        // The plugin's words for a name that leads to a network which was not granted.
        ServiceError::Denied(reason) if reason.contains("address") => format!(
            "{address} leads to a network that is not asked unless it is named: --allow-network private, loopback, …"
        ),
        ServiceError::Denied(_) => format!(
            "the plugin may ask {address} only, for what a metric query needs, and 1,024 times a call: fewer queries at once, a longer --interval; --address names another place"
        ),
    })
}

fn slow() -> String {
    "a shorter range or a larger --step asks for less; --timeout waits longer".to_owned()
}

fn of_limit(error: &LimitExceeded, address: &str) -> String {
    match (error.limit.as_str(), error.requested, error.maximum) {
        ("max-range", Some(requested), Some(maximum)) => format!(
            "--max-range raises it: {} was asked for, {} is allowed",
            show_seconds(requested),
            show_seconds(maximum)
        ),
        ("max-range", ..) => "--max-range raises it".to_owned(),
        ("max-points", ..) => {
            "a larger --step or a shorter range has fewer points; --max-points raises it, to 11001 at most".to_owned()
        }
        ("max-result-bytes", ..) => format!("{ASK_FOR_LESS}; --max-result-bytes raises it"),
        ("metrics", ..) => format!(
            "is it Backend.AI's Prometheus that answers at {address}? A metric can be queried by its name without the list"
        ),
        ("server", ..) => format!("{ASK_FOR_LESS}; whoever runs {address} can raise it"),
        _ => ASK_FOR_LESS.to_owned(),
    }
}

/// The flag behind a field of the contract.
fn flag(field: &str) -> Option<String> {
    let name = field
        .strip_prefix("labels.")
        .or_else(|| field.strip_prefix("config."))
        .or_else(|| field.strip_prefix("options."))
        .or_else(|| field.strip_prefix("pointwise."))
        .unwrap_or(field);
    match name {
        // The configuration's limit has the name already.
        _ if field == "options.max-points" => Some("--points".to_owned()),
        "metric-name" => Some("METRIC".to_owned()),
        "pointwise" => Some("--statistic".to_owned()),
        "address" => Some("--address or METRIC_ADDRESS".to_owned()),
        // The one or the other is what a command's help calls it.
        "group-by" => Some("--group-by, which is --by".to_owned()),
        "value-type" | "agent-id" | "kernel-id" | "session-id" | "user-id" | "project-id"
        | "start" | "end" | "step" | "metric-type" | "timewindow" | "label-schema"
        | "sample-interval" | "max-range" | "max-points" | "max-result-bytes" | "timeout"
        | "statistic" | "over" | "window" | "utc-offset" | "method" | "backend" | "partial"
        | "interval" | "freshness" | "concurrency" => Some(format!("--{name}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;
    use metric_host::InvalidArgument;

    fn hint(error: ServiceError) -> String {
        of_call(&CallError::Service(error), "prom:9").unwrap()
    }

    #[test]
    fn a_failed_connection_names_the_address_and_how_to_change_it() {
        let text = hint(ServiceError::ConnectionFailed("refused".to_owned()));
        assert!(
            text.contains("prom:9")
                && text.contains("--address")
                && text.contains("METRIC_ADDRESS"),
            "{text}"
        );
    }

    #[test]
    fn others_that_do_not_add_up_are_left_out_by_a_flag_that_is_named() {
        let text = hint(ServiceError::InvalidArgument(InvalidArgument {
            field: "ranking.others".to_owned(),
            reason: "they do not add up".to_owned(),
        }));
        assert!(text.contains("--no-others"), "{text}");
    }

    #[test]
    fn a_long_range_is_named_in_words() {
        let error = LimitExceeded {
            limit: "max-range".to_owned(),
            maximum: Some(604_800),
            requested: Some(2_592_000),
            message: None,
        };
        assert_eq!(
            hint(ServiceError::LimitExceeded(error)),
            "--max-range raises it: 30d was asked for, 1w is allowed"
        );
    }

    #[test]
    fn a_fault_of_the_groups_is_found_under_both_names_of_the_flag() {
        let text = hint(ServiceError::InvalidArgument(InvalidArgument {
            field: "group-by".to_owned(),
            reason: String::new(),
        }));
        for command in ["query", "family", "evaluate"] {
            let cli = Cli::command();
            let command = cli.find_subcommand(command).unwrap();
            let flags = command.get_arguments().filter_map(|arg| {
                let all = arg.get_long_and_visible_aliases()?;
                all.contains(&"by").then_some(all)
            });
            for flag in flags.flatten() {
                assert!(text.contains(&format!("--{flag}")), "{flag}: {text}");
            }
        }
    }

    #[test]
    fn each_flag_that_a_hint_names_exists() {
        let known: Vec<String> = Cli::command()
            .get_subcommands()
            .chain([&Cli::command()])
            .flat_map(|command| {
                command
                    .get_arguments()
                    .filter_map(|arg| arg.get_long())
                    .map(|name| format!("--{name}"))
                    .collect::<Vec<_>>()
            })
            .collect();
        for field in [
            "labels.value-type",
            "labels.agent-id",
            "labels.kernel-id",
            "labels.session-id",
            "labels.user-id",
            "labels.project-id",
            "start",
            "end",
            "step",
            "group-by",
            "metric-type",
            "config.timewindow",
            "config.label-schema",
            "config.sample-interval",
            "config.max-range",
            "config.max-points",
            "config.max-result-bytes",
            "config.timeout",
            "options.max-points",
            "config.method",
            "config.backend",
            "config.partial",
            "options.partial",
            "pointwise",
            "pointwise.statistic",
            "pointwise.over",
            "pointwise.window",
            "utc-offset",
            "options.interval",
            "options.freshness",
            "options.concurrency",
        ] {
            let error = InvalidArgument {
                field: field.to_owned(),
                reason: String::new(),
            };
            let text = hint(ServiceError::InvalidArgument(error));
            assert!(
                known.iter().any(|flag| text.ends_with(flag)),
                "{field}: {text}"
            );
        }
    }
}
