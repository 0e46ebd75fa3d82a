//! The bands of Grafana's `promql-anomaly-detection`, strategy `adaptive` (`rules/adaptive.yml`), as PromQL: each of its
//! recording rules written where it is used, as a subquery. What the plugin computes from one plain range.

/// A window holds what is after its beginning, on any version of Prometheus.
const HOUR: &str = "59m59s999ms";
const SMOOTHED: &str = "25h59m59s999ms";

/// The upper and the lower edge of the band around a query's values, which are read every so often, such as `5m`.
#[must_use]
pub fn nested(values: &str, resolution: &str) -> [String; 2] {
    let selected = format!("({values} > 0)");
    let over = |function: &str, of: &str, window: &str, ago: &str| {
        format!("{function}_over_time({of}[{window}:{resolution}]{ago})")
    };
    let hour = |function: &str, ago: &str| over(function, &selected, HOUR, ago);
    let (mean, deviation) = (hour("avg", ""), hour("stddev", ""));
    let restless = format!("({deviation} > {mean} * 0.5)");
    let smoothed = over("avg", &restless, SMOOTHED, "");
    // The same hour a day ago, from half an hour before to half an hour after.
    let ago = " offset 23h30m";
    let (then, there) = (hour("avg", ago), hour("stddev", ago));
    let edge = |sign: &str| {
        let of =
            |name: &str, edge: String| format!(r#"label_replace({edge}, "p", "{name}", "", "")"#);
        let all = [
            of("short", format!("{mean} {sign} {smoothed} * 2")),
            of("margin", format!("{mean} {sign} {mean} * 0.5")),
            of("long", format!("{then} {sign} {there} * 2")),
        ];
        format!("without (p) ({})", all.join(" or "))
    };
    [
        format!("max {}", edge("+")),
        format!("clamp_min(min {}, 0)", edge("-")),
    ]
}
