//! Metric types and value types, and how the one follows from the other.

/// The way in which the samples of a metric are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricType {
    /// A level: each sample as it is.
    Gauge,
    /// A counter of traffic: its increase per second.
    Rate,
    /// A counter of work done: its increase per second.
    Diff,
}

impl MetricType {
    /// Returns true if samples are read as an increase per second, over a window.
    pub fn is_per_second(self) -> bool {
        matches!(self, Self::Rate | Self::Diff)
    }
}

/// The value type of a series: what of its metric it measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueType {
    /// The amount in use, in the documented schema.
    Usage,
    /// The amount that there is.
    Capacity,
    /// The amount in use, as agents write it.
    Current,
    /// `100 * current / capacity`; never exported, always computed.
    Pct,
}

impl ValueType {
    /// The value of the label `value_type`.
    pub fn label_value(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Capacity => "capacity",
            Self::Current => "current",
            Self::Pct => "pct",
        }
    }
}

/// Detects how a metric is read when the query does not say.
///
/// DIFF is `current` of `cpu_util`; RATE is `net_rx` and `net_tx`, whatever the value type; all else is a GAUGE.
pub fn detect_metric_type(metric_name: &str, value_type: Option<ValueType>) -> MetricType {
    match (metric_name, value_type) {
        ("cpu_util", Some(ValueType::Current)) => MetricType::Diff,
        ("net_rx" | "net_tx", _) => MetricType::Rate,
        _ => MetricType::Gauge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_util_is_a_diff_only_for_current() {
        assert_eq!(
            detect_metric_type("cpu_util", Some(ValueType::Current)),
            MetricType::Diff
        );
        for other in [
            None,
            Some(ValueType::Usage),
            Some(ValueType::Capacity),
            Some(ValueType::Pct),
        ] {
            assert_eq!(detect_metric_type("cpu_util", other), MetricType::Gauge);
        }
    }

    #[test]
    fn network_traffic_is_a_rate_whatever_the_value_type() {
        for name in ["net_rx", "net_tx"] {
            for value_type in [None, Some(ValueType::Capacity), Some(ValueType::Current)] {
                assert_eq!(detect_metric_type(name, value_type), MetricType::Rate);
            }
        }
    }

    #[test]
    fn names_are_compared_whole_and_in_case() {
        for name in ["CPU_UTIL", "cpu_util ", "net_rx_total", "mem", ""] {
            assert_eq!(
                detect_metric_type(name, Some(ValueType::Current)),
                MetricType::Gauge
            );
        }
    }
}
