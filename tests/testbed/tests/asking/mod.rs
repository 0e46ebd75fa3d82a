//! Asks a server directly, by its own protocol: the second opinion that has nothing of ours in it.

use metric_testbed::Series;
use serde_json::Value;

/// The answer of `query_range` at a base address (`127.0.0.1:PORT`, a path may follow), in the server's order.
pub(crate) fn range(base: &str, promql: &str, start: i64, end: i64, step: i64) -> Vec<Series> {
    let form = [
        ("query", promql.to_owned()),
        ("start", start.to_string()),
        ("end", end.to_string()),
        ("step", step.to_string()),
    ];
    let answer: Value = serde_json::from_str(&post(base, form)).unwrap();
    answer["data"]["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(series)
        .collect()
}

fn post(base: &str, form: [(&str, String); 4]) -> String {
    let url = format!("http://{base}/api/v1/query_range");
    ureq::post(&url)
        .config()
        .http_status_as_error(false)
        .build()
        .send_form(form)
        .unwrap()
        .body_mut()
        .with_config()
        .limit(100 << 20)
        .read_to_string()
        .unwrap()
}

fn series(one: &Value) -> Series {
    let labels = one["metric"].as_object().unwrap();
    let points = one["values"].as_array().unwrap();
    Series {
        labels: labels
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        timestamps: points.iter().map(|point| seconds(&point[0])).collect(),
        values: points
            .iter()
            .map(|point| point[1].as_str().unwrap().parse().unwrap())
            .collect(),
    }
}

/// All instants that are asked for here are whole seconds.
fn seconds(time: &Value) -> i64 {
    let time = time.as_f64().unwrap();
    assert_eq!(time.fract(), 0.0);
    time as i64
}
