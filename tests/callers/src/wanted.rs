//! The query that the contract promises for a call that is not refused, word by word.

use std::collections::BTreeSet;

use crate::asked::{Config, Over, Pointwise, Query, Statistic};
use crate::expected::{INTERVAL, automatic_window, identifiers, label};
use crate::reading::{Matchers, Reading, Word};

const FAMILY: &str = "backendai_container_utilization";
/// Seconds that Prometheus looks back for a sample.
const LOOKBACK: i64 = 300;
/// Prometheus holds a duration in nanoseconds, in 64 bits: 292 years. A longer one is taken for this.
const LONGEST_WINDOW: i64 = i64::MAX / 1_000_000_000;

type Words = Vec<Word>;

/// A call, on the way to its query.
pub(crate) struct Wanted<'a> {
    config: &'a Config,
    query: &'a Query,
    /// The value type as the series carry it.
    stored: Option<&'a str>,
    /// Seconds between two samples.
    interval: i64,
}

impl<'a> Wanted<'a> {
    pub(crate) fn new(config: &'a Config, query: &'a Query) -> Self {
        Self {
            config,
            query,
            stored: match (query.value_type, config.label_schema) {
                (Some("usage"), "agent") => Some("current"),
                (side, _) => side,
            },
            interval: i64::from(config.sample_interval.unwrap_or(INTERVAL)),
        }
    }

    /// Returns true if a point stands for time before it.
    pub(crate) fn looks_back(&self) -> bool {
        let over = self.query.pointwise.map(|pointwise| pointwise.over);
        self.is_per_second() || matches!(over, Some(Over::Time | Over::Both(_)))
    }

    /// The query at a step, in seconds.
    pub(crate) fn query(&self, step: i64) -> Reading {
        Reading(match self.query.pointwise {
            None => self.plain(self.window(automatic_window(step, self.interval))),
            Some(pointwise) => self.pointwise(pointwise, step),
        })
    }

    fn pointwise(&self, pointwise: Pointwise, step: i64) -> Words {
        let Pointwise {
            statistic,
            over,
            window,
        } = pointwise;
        let seconds = window.map_or(step, i64::from);
        let at_step = self.window(automatic_window(step, self.interval));
        let at_instant = self.window(60.max(4 * self.interval));
        match over {
            Over::Time if self.is_per_second() && statistic == Statistic::Named("avg") => {
                self.plain(window.map_or(at_step, |_| Some(seconds * 1000)))
            }
            Over::Time if self.is_of_one_series() => {
                let samples = [self.selector(self.stored), range(Some(seconds * 1000))].concat();
                sum(&self.by(None), over_time(statistic, samples))
            }
            Over::Time => {
                let resolution = self.interval.max((seconds + 59) / 60);
                // A millisecond less, whether or not a server counts both ends.
                let subquery = [
                    words("["),
                    duration(Some(seconds * 1000 - 1)),
                    words(":"),
                    duration(Some(resolution * 1000)),
                    words("]"),
                ]
                .concat();
                let values = [
                    words("("),
                    self.value(&self.by(None), at_instant),
                    words(")"),
                    subquery.clone(),
                ];
                let promql = over_time(statistic, values.concat());
                self.with_left_out(promql, at_instant, Some(subquery))
            }
            Over::Members(of) => {
                let members = self.value(&self.by(Some(of)), at_step);
                let by = self.by(None);
                let promql = match statistic {
                    Statistic::Named(name) => aggregated(name, &by, members),
                    Statistic::Quantile(part) => {
                        let inner = [number(part), words(","), members].concat();
                        aggregated("quantile", &by, inner)
                    }
                };
                self.with_left_out(promql, at_step, None)
            }
            // Made into one by the service.
            Over::Both(of) => {
                let members = self.value(&self.by(Some(of)), at_instant);
                self.with_left_out(members, at_instant, None)
            }
        }
    }

    /// The value at an instant.
    fn plain(&self, window: Option<i64>) -> Words {
        self.with_left_out(self.value(&self.by(None), window), window, None)
    }

    /// Milliseconds of a rate's window: what is configured, or else these seconds.
    fn window(&self, automatic: i64) -> Option<i64> {
        match &self.config.timewindow {
            None => Some(automatic.min(LONGEST_WINDOW) * 1000),
            Some(window) => window.meaning.millis(),
        }
    }

    fn is_percent(&self) -> bool {
        self.stored == Some("pct")
    }

    fn is_of_cores(&self) -> bool {
        self.query.metric_name == "cpu_util"
    }

    fn is_per_second(&self) -> bool {
        match self.query.metric_type {
            Some(named) => named != "gauge",
            None => {
                matches!(self.query.metric_name.as_str(), "net_rx" | "net_tx")
                    || (self.is_of_cores() && matches!(self.stored, Some("current" | "pct")))
            }
        }
    }

    /// The labels that are told apart, by the contract's names.
    fn kept(&self) -> Vec<&str> {
        match self.query.group_by.as_slice() {
            [] => identifiers(self.query)
                .map(|(dimension, _)| dimension)
                .collect(),
            asked => asked.to_vec(),
        }
    }

    fn is_of_one_series(&self) -> bool {
        !self.is_percent()
            && !self.is_per_second()
            && (self.query.kernel_id.len() == 1 || self.kept().contains(&"kernel-id"))
    }

    /// The labels of a grouping, that of the members among them.
    fn by(&self, members: Option<&'static str>) -> Vec<&'static str> {
        let schema = self.config.label_schema;
        let mut by: BTreeSet<&'static str> = self
            .kept()
            .into_iter()
            .chain(members)
            .chain(["value-type"])
            .map(|dimension| label(schema, dimension))
            .collect();
        if self.is_percent() {
            by.remove("value_type");
        }
        by.into_iter().collect()
    }

    fn selector(&self, stored: Option<&str>) -> Words {
        let one = |label: &str, value: &str| (label.to_owned(), vec![value.to_owned()]);
        let mut matchers: Matchers = vec![one("container_metric_name", &self.query.metric_name)];
        matchers.extend(stored.map(|side| one("value_type", side)));
        matchers.extend(identifiers(self.query).map(|(dimension, values)| {
            let values: BTreeSet<&String> = values.iter().collect();
            let label = label(self.config.label_schema, dimension).to_owned();
            (label, values.into_iter().cloned().collect())
        }));
        vec![Word::Name(FAMILY.to_owned()), Word::Matchers(matchers)]
    }

    fn members(&self, stored: Option<&str>, per_second: bool, window: Option<i64>) -> Words {
        let selector = self.selector(stored);
        match per_second {
            true => called("rate", [selector, range(window)].concat()),
            false if self.interval > LOOKBACK => {
                let window = range(Some(2 * self.interval * 1000));
                called("last_over_time", [selector, window].concat())
            }
            false => selector,
        }
    }

    /// The current values of a percentage, and the capacities above zero.
    fn parts(&self, window: Option<i64>) -> (Words, Words) {
        let current = self.members(Some("current"), self.is_per_second(), window);
        // Capacity is a level, whatever the metric is read as.
        let capacity = self.members(Some("capacity"), false, window);
        (current, [capacity, words("> 0")].concat())
    }

    fn value(&self, by: &[&str], window: Option<i64>) -> Words {
        if !self.is_percent() {
            return sum(by, self.members(self.stored, self.is_per_second(), window));
        }
        let (current, capacity) = self.parts(window);
        if self.is_of_cores() {
            return [sum(by, current), words("/ 10")].concat();
        }
        let both = words("and ignoring(value_type)");
        let used = [current.clone(), both.clone(), bracketed(capacity.clone())];
        let there = [capacity, both, current];
        [
            words("100 *"),
            sum(by, used.concat()),
            words("/"),
            sum(by, there.concat()),
        ]
        .concat()
    }

    /// A series more, which counts the members without one of the two sides of a percentage.
    fn with_left_out(&self, promql: Words, window: Option<i64>, over: Option<Words>) -> Words {
        if !self.is_percent() || self.is_of_cores() {
            return promql;
        }
        let (current, capacity) = self.parts(window);
        let without = words("unless ignoring(value_type)");
        let count = called(
            "count",
            [
                bracketed(
                    [
                        current.clone(),
                        without.clone(),
                        bracketed(capacity.clone()),
                    ]
                    .concat(),
                ),
                words("or"),
                bracketed([capacity, without, current].concat()),
            ]
            .concat(),
        );
        let count = match over {
            None => count,
            Some(subquery) => called("max_over_time", [bracketed(count), subquery].concat()),
        };
        let labelled = [count, words(r#", "left_out", "members", "", """#)].concat();
        [promql, words("or"), called("label_replace", labelled)].concat()
    }
}

/// Words that are the same for every call.
fn words(text: &str) -> Words {
    Reading::of(text).map_or_else(Vec::new, |reading| reading.0)
}

fn number(number: f64) -> Words {
    vec![Word::Number(number.to_bits())]
}

fn duration(millis: Option<i64>) -> Words {
    vec![Word::Duration(millis)]
}

fn range(millis: Option<i64>) -> Words {
    [words("["), duration(millis), words("]")].concat()
}

fn bracketed(inner: Words) -> Words {
    [words("("), inner, words(")")].concat()
}

fn called(function: &str, inner: Words) -> Words {
    [words(function), bracketed(inner)].concat()
}

fn over_time(statistic: Statistic, inner: Words) -> Words {
    match statistic {
        Statistic::Named(name) => called(&format!("{name}_over_time"), inner),
        Statistic::Quantile(part) => called(
            "quantile_over_time",
            [number(part), words(","), inner].concat(),
        ),
    }
}

fn aggregated(name: &str, by: &[&str], inner: Words) -> Words {
    let by = match by {
        [] => String::new(),
        by => format!("by ({})", by.join(",")),
    };
    [words(name), words(&by), bracketed(inner)].concat()
}

fn sum(by: &[&str], inner: Words) -> Words {
    aggregated("sum", by, inner)
}
