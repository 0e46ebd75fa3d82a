use super::*;
use crate::codec::{ConfigInput, Failure};
use crate::domain::{LabelFilter, MetricQuery, RangeOptions, RangeOptionsInput, ValueType};

fn config() -> Config {
    ConfigInput {
        address: "prometheus:9090".to_owned(),
        ..ConfigInput::default()
    }
    .try_into()
    .unwrap()
}

fn query(config: &Config, name: &str, points: i64) -> QueryRange {
    let query = MetricQuery {
        metric_name: name.to_owned(),
        start: "0".to_owned(),
        end: (60 * (points - 1)).to_string(),
        step: Some(60),
        labels: LabelFilter {
            kernel_id: vec!["k".to_owned()],
            value_type: Some(ValueType::Capacity),
            ..LabelFilter::default()
        },
        ..MetricQuery::default()
    };
    let options = RangeOptions::try_from(RangeOptionsInput::default()).unwrap();
    QueryRange::new(config, &query, &options).unwrap()
}

/// The requests that are sent, as PromQL.
fn requests(batch: &mut Batch<'_>) -> Vec<(RequestId, String)> {
    std::iter::from_fn(|| batch.next_request())
        .map(|(number, request, _)| {
            let mut form = form_urlencoded::parse(request.body.as_bytes());
            let (_, promql) = form.find(|(name, _)| name == "query").unwrap();
            (number, promql.into_owned())
        })
        .collect()
}

fn batch<'a>(config: &'a Config, names: &[&str], points: i64) -> Batch<'a> {
    let queries = names.iter().map(|name| query(config, name, points));
    Batch::new(config, queries.collect())
}

fn answer(
    batch: &mut Batch<'_>,
    request: RequestId,
    status: u16,
    body: &str,
) -> Result<(), Failure> {
    let mut receiver = batch.receiver(request);
    receiver.begin(status);
    receiver.feed(body.as_bytes())?;
    receiver.finish()
}

fn body(series: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| {
        format!(
            r#"{{"metric":{{"container_metric_name":"{name}","value_type":"capacity"}},"values":[[0,"{value}"]]}}"#
        )
    };
    let all: Vec<String> = series.iter().map(one).collect();
    let all = all.join(",");
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{all}]}}}}"#)
}

fn values(batch: Batch<'_>) -> Vec<Result<Vec<f64>, RangeFailure>> {
    let values = |result: RangeResult| {
        result
            .answer
            .series
            .into_iter()
            .flat_map(|s| s.values)
            .collect()
    };
    batch.results().map(|result| result.map(values)).collect()
}

#[test]
fn small_requests_that_differ_in_the_name_are_one_always_the_same() {
    let config = config();
    let sent = |names: &[&str]| requests(&mut batch(&config, names, 61));
    let asked = sent(&["mem", "io_read", "mem"]);
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0]
            .1
            .contains(r#"{container_metric_name=~"io_read|mem","#),
        "{asked:?}"
    );
    assert_eq!(sent(&["io_read", "mem"]), asked);
    // A rate is another query.
    assert_eq!(sent(&["mem", "net_rx", "net_tx"]).len(), 2);
}

#[test]
fn one_alone_and_large_ones_are_asked_as_they_are() {
    let config = config();
    let sent = |names: &[&str], points| requests(&mut batch(&config, names, points));
    for asked in [sent(&["mem", "mem"], 61), sent(&["mem", "io_read"], 129)] {
        for (_, promql) in asked {
            assert!(!promql.contains("=~"), "{promql}");
        }
    }
    assert_eq!(sent(&["mem", "io_read"], 128).len(), 1);
}

#[test]
fn many_names_are_several_requests() {
    let config = config();
    let names: Vec<String> = (0..70).map(|number| format!("m{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let asked = requests(&mut batch(&config, &names, 61));
    assert_eq!(asked.len(), 3);
    for name in names {
        let is_named =
            |(_, promql): &&(RequestId, String)| promql.split(['"', '|']).any(|part| part == name);
        assert_eq!(asked.iter().filter(is_named).count(), 1, "{name}");
    }
}

#[test]
fn an_answer_is_taken_apart_by_the_name_which_is_left_out() {
    let config = config();
    let mut batch = batch(&config, &["mem", "io_read", "absent", "mem"], 61);
    let together = requests(&mut batch);
    assert_eq!(together.len(), 1);
    let text = body(&[("io_read", "1"), ("mem", "2")]);
    answer(&mut batch, together[0].0, 200, &text).unwrap();
    let results: Vec<_> = batch.results().map(Result::unwrap).collect();
    let series = |place: usize| {
        let series = &results[place].answer.series;
        series
            .iter()
            .map(|s| (s.labels.clone(), s.values.clone()))
            .collect::<Vec<_>>()
    };
    let labels = vec![("value_type".to_owned(), "capacity".to_owned())];
    assert_eq!(series(0), [(labels.clone(), vec![2.0])]);
    assert_eq!(series(1), [(labels, vec![1.0])]);
    assert_eq!(series(2), []);
    assert_eq!(series(3), series(0));
    assert!(
        results[0]
            .answer
            .plan
            .promql
            .contains(r#"{container_metric_name="mem","#)
    );
}

#[test]
fn a_series_of_which_nobody_can_say_whose_it_is_makes_an_answer_malformed() {
    let unnamed = body(&[("mem", "1")]).replace(r#""container_metric_name":"mem","#, "");
    for text in [unnamed, body(&[("mem", "1"), ("nobody_asked", "2")])] {
        let config = config();
        let mut batch = batch(&config, &["mem", "io_read"], 61);
        let together = requests(&mut batch);
        answer(&mut batch, together[0].0, 200, &text).unwrap();
        assert!(requests(&mut batch).is_empty());
        for value in values(batch) {
            let failure = value.unwrap_err().failure;
            assert!(
                matches!(&failure, Failure::MalformedResponse(why) if why.contains("container_metric_name")),
                "{failure:?}"
            );
        }
    }
}

#[test]
fn what_fails_merged_is_asked_alone_and_each_has_its_own_outcome() {
    let config = config();
    let mut batch = batch(&config, &["mem", "io_read"], 61);
    let together = requests(&mut batch);
    let no = r#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
    let failure = answer(&mut batch, together[0].0, 422, no).unwrap_err();
    batch.fail(together[0].0, &failure);
    let alone = requests(&mut batch);
    let of = |name: &str| {
        let is_of = |(_, promql): &&(RequestId, String)| promql.contains(&format!("=\"{name}\""));
        alone.iter().find(is_of).unwrap().0
    };
    assert_eq!(alone.len(), 2);
    answer(&mut batch, of("mem"), 200, &body(&[("mem", "7")])).unwrap();
    let failure = answer(&mut batch, of("io_read"), 422, no).unwrap_err();
    batch.fail(of("io_read"), &failure);
    assert!(requests(&mut batch).is_empty());
    let values = values(batch);
    assert_eq!(values[0], Ok(vec![7.0]));
    assert_eq!(values[1].as_ref().unwrap_err().failure, failure);
}

#[test]
fn where_nobody_answers_nobody_is_asked_again() {
    let config = config();
    let mut batch = batch(&config, &["mem", "io_read"], 61);
    let together = requests(&mut batch);
    let failure = Failure::ConnectionFailed("refused".to_owned());
    batch.fail(together[0].0, &failure);
    assert!(requests(&mut batch).is_empty());
    for value in values(batch) {
        assert_eq!(value.unwrap_err().failure, failure);
    }
}

#[test]
fn native_histograms_are_counted_for_whom_they_belong_to() {
    let config = config();
    let mut batch = batch(&config, &["mem", "io_read"], 61);
    let together = requests(&mut batch);
    let text = body(&[("mem", "1")]).replace("\"values\"", "\"histograms\":[[0,{}]],\"values\"");
    answer(&mut batch, together[0].0, 200, &text).unwrap();
    assert_eq!(requests(&mut batch).len(), 2);
}
