//! The decoder against answers that Prometheus gives, against answers that it never should, and against
//! a reference decoder that builds a tree.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn decode_in_pieces(body: &[u8], piece: usize) -> Result<Decoded, DecodeError> {
    let mut decoder = Decoder::new(Budget::bytes(1 << 20));
    for piece in body.chunks(piece) {
        decoder.feed(piece)?;
    }
    decoder.finish()
}

fn decode(body: &str) -> Result<Decoded, DecodeError> {
    let whole = decode_in_pieces(body.as_bytes(), body.len().max(1));
    for piece in [1, 2, 3, 7, 64] {
        assert_eq!(
            format!("{:?}", decode_in_pieces(body.as_bytes(), piece)),
            format!("{whole:?}"),
            "in pieces of {piece}"
        );
    }
    whole
}

/// `(labels, [(millis, bits)])` a series.
type Plain = Vec<(Vec<(String, String)>, Vec<(i64, u64)>)>;

fn plain(decoded: &Decoded) -> Plain {
    decoded
        .series
        .iter()
        .map(|s| {
            assert_eq!(s.timestamps.len(), s.values.len());
            let samples = s
                .timestamps
                .iter()
                .copied()
                .zip(s.values.iter().map(|v| v.to_bits()));
            (s.labels.clone(), samples.collect())
        })
        .collect()
}

#[test]
fn a_matrix_becomes_columns() {
    let decoded = decode(
        r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"kernel_id":"a","value_type":"current"},"values":[[1769851800,"1"],[1769851830.5,"-2.25"]]},
            {"metric":{},"values":[[1769851800,"NaN"],[1769851860,"+Inf"]]}]}}"#,
    )
    .unwrap();
    assert_eq!(
        decoded.series[0].labels,
        [
            ("kernel_id".into(), "a".into()),
            ("value_type".into(), "current".into())
        ]
    );
    assert_eq!(
        decoded.series[0].timestamps,
        [1_769_851_800_000, 1_769_851_830_500]
    );
    assert_eq!(decoded.series[0].values, [1.0, -2.25]);
    assert!(decoded.series[1].values[0].is_nan());
    assert_eq!(decoded.series[1].values[1], f64::INFINITY);
}

#[test]
fn keys_come_in_any_order_and_unknown_ones_are_passed_over() {
    let decoded = decode(
        r#"{"isPartial":false,"trace":{"a":[1,{"b":"}]\""}],"c":null},"infos":["i"],"data":{"stats":{"x":1e3},"result":[
            {"values":[[1,"2"]],"exemplars":[true,"],"],"metric":{"b":"2","a":"1"}}],"resultType":"matrix"},"warnings":["w1","w2"],"status":"success"}"#,
    )
    .unwrap();
    assert_eq!(
        decoded.series[0].labels,
        [("b".into(), "2".into()), ("a".into(), "1".into())]
    );
    assert_eq!((decoded.warnings.len(), decoded.infos.len()), (2, 1));
}

#[test]
fn missing_and_null_values_are_no_points() {
    for series in [
        r#"{"metric":{"a":"1"}}"#,
        r#"{"metric":{"a":"1"},"values":null}"#,
        r#"{"metric":{"a":"1"},"values":[]}"#,
    ] {
        let decoded = decode(&format!(
            r#"{{"status":"success","data":{{"result":[{series}]}}}}"#
        ))
        .unwrap();
        assert_eq!(decoded.series.len(), 1);
        assert!(decoded.series[0].values.is_empty());
    }
    for data in ["null", r#"{"result":null}"#, r#"{"result":[]}"#] {
        assert!(
            decode(&format!(r#"{{"status":"success","data":{data}}}"#))
                .unwrap()
                .series
                .is_empty()
        );
    }
}

#[test]
fn a_vector_is_a_point_a_series_and_a_scalar_one_series_without_labels() {
    let vector = decode(r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[5,"6"]}]}}"#).unwrap();
    assert_eq!(
        (vector.series[0].timestamps[0], vector.series[0].values[0]),
        (5000, 6.0)
    );
    let scalar =
        decode(r#"{"status":"success","data":{"resultType":"scalar","result":[5,"6"]}}"#).unwrap();
    assert_eq!(
        (scalar.series[0].labels.len(), scalar.series[0].values[0]),
        (0, 6.0)
    );
}

#[test]
fn a_string_result_is_refused() {
    let body = r#"{"status":"success","data":{"resultType":"string","result":[5,"text"]}}"#;
    assert_eq!(decode(body), Err(DecodeError::StringResult));
}

#[test]
fn an_unknown_result_type_is_refused_wherever_it_stands() {
    for body in [
        r#"{"status":"success","data":{"resultType":"frame","result":[]}}"#,
        r#"{"status":"success","data":{"result":[{"values":[[1,"2"]]}],"resultType":"frame"}}"#,
    ] {
        assert_eq!(
            decode(body),
            Err(DecodeError::UnknownResultType("frame".into()))
        );
    }
}

#[test]
fn native_histograms_are_counted_and_left_out() {
    let decoded = decode(
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[[1,{"count":"1","sum":"2","buckets":[[0,"1","2","3"]]}]]}]}}"#,
    )
    .unwrap();
    assert_eq!((decoded.histograms, decoded.series[0].values.len()), (1, 0));
}

#[test]
fn a_refusal_with_status_200_is_seen() {
    let decoded =
        decode(r#"{"status":"error","errorType":"execution","error":"boom \"x\""}"#).unwrap();
    assert_eq!(
        decoded.refusal,
        Some((Some("execution".into()), "boom \"x\"".into()))
    );
}

#[test]
fn an_answer_that_is_cut_anywhere_is_truncated() {
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"1"},"values":[[1,"2"],[3,"4"]]}]}}"#;
    for cut in 1..body.len() {
        assert!(
            matches!(
                decode_in_pieces(&body.as_bytes()[..cut], 16),
                Err(DecodeError::Truncated { .. })
            ),
            "cut at {cut}"
        );
    }
    assert_eq!(decode_in_pieces(b"", 1), Err(DecodeError::Empty));
}

#[test]
fn what_is_no_answer_is_refused_where_it_stops_being_one() {
    for (body, at) in [
        ("<html><body>Bad gateway</body></html>", 0),
        ("[]", 0),
        (r#"{"status":"success","data":{"result":[]}} x"#, 42),
        (r#"{"status":"success","data":[5]}"#, 28),
        (r#"{"status":"success","data":"x"}"#, 27),
        (r#"{"status":"success","data":{"result":{}}}"#, 37),
        (
            r#"{"status":"success","data":{"result":[{"metric":{"a":1}}]}}"#,
            53,
        ),
        (
            r#"{"status":"success","data":{"result":[{"values":[[1,2]]}]}}"#,
            49,
        ),
        (
            r#"{"status":"success","data":{"result":[{"values":[1]}]}}"#,
            49,
        ),
        (r#"{"status":"success""data":null}"#, 19),
        (r#"{"status" "success"}"#, 1),
        (r#"{"status":5}"#, 10),
        (r#"{"warnings":[5]}"#, 13),
    ] {
        match decode(body) {
            Err(DecodeError::Unexpected { at: found, .. }) => assert_eq!(found, at, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    for body in ["{}", r#"{"status":"maybe","data":null}"#] {
        assert!(
            matches!(decode(body), Err(DecodeError::Missing(_))),
            "{body}"
        );
    }
}

#[test]
fn a_string_without_end_does_not_eat_memory() {
    let mut decoder = Decoder::new(Budget::bytes(1 << 30));
    decoder.feed(br#"{"status":""#).unwrap();
    let piece = vec![b'x'; 64 * 1024];
    let fed = (0..100)
        .take_while(|_| decoder.feed(&piece).is_ok())
        .count();
    assert!(fed < 8, "{fed}");
}

#[test]
fn the_budget_bounds_samples_series_labels_and_remarks() {
    let bodies = [
        format!(
            r#"{{"data":{{"result":[{{"values":[{}[1,"1"]]}}]}}}}"#,
            r#"[1,"1"],"#.repeat(100)
        ),
        format!(r#"{{"data":{{"result":[{}{{}}]}}}}"#, "{},".repeat(100)),
        format!(
            r#"{{"data":{{"result":[{{"metric":{{"a":"{}"}}}}]}}}}"#,
            "x".repeat(2000)
        ),
        format!(r#"{{"warnings":["{}"]}}"#, "x".repeat(2000)),
    ];
    for body in bodies {
        let mut decoder = Decoder::new(Budget::bytes(1000));
        assert_eq!(
            decoder.feed(body.as_bytes()),
            Err(DecodeError::OverBudget { maximum: 1000 }),
            "{body:.60}"
        );
    }
}

#[test]
fn a_piece_may_end_within_any_byte_of_a_sample() {
    let samples = r#"[1769851800,"1234.5"],[1769851860,"-0.03333333333333333"],[1769851920,"NaN"],[1769851920.5,"17"],[1769852920,"123456789012345678901"],"#;
    let body = format!(
        r#"{{"status":"success","data":{{"result":[{{"metric":{{}},"values":[{}[1769851800,"0"]]}}]}}}}"#,
        samples.repeat(3)
    );
    let expected = reference(&body);
    for cut in 0..=body.len() {
        let (first, second) = body.as_bytes().split_at(cut);
        let mut decoder = Decoder::new(Budget::bytes(1 << 20));
        decoder.reserve(3);
        decoder.feed(first).unwrap();
        decoder.feed(second).unwrap();
        let decoded = decoder.finish().unwrap();
        assert_eq!(plain(&decoded), expected, "cut at {cut}");
        assert_eq!(decoded.series[0].values.len(), 16);
    }
}

#[test]
fn a_budget_that_ends_among_many_samples_ends_there() {
    let body = |samples: usize| {
        let values = vec![r#"[1769851800,"12345.678"]"#; samples].join(",");
        format!(
            r#"{{"status":"success","data":{{"result":[{{"metric":{{}},"values":[{values}]}}]}}}}"#
        )
    };
    let read = |samples: usize| {
        let mut decoder = Decoder::new(Budget::bytes(SERIES_BYTES + 50 * SAMPLE_BYTES));
        decoder.reserve(usize::MAX);
        decoder.feed(body(samples).as_bytes())?;
        decoder.finish()
    };
    assert_eq!(read(50).unwrap().series[0].values.len(), 50);
    assert!(matches!(read(55), Err(DecodeError::OverBudget { .. })));
}

#[test]
fn no_more_room_is_made_than_the_series_before_needed() {
    let long = vec![r#"[1769851800,"1"]"#; 500].join(",");
    let short = r#"{"metric":{},"values":[[1769851800,"1"]]}"#;
    let body = format!(
        r#"{{"status":"success","data":{{"result":[{{"metric":{{}},"values":[{long}]}},{short},{short}]}}}}"#
    );
    let mut decoder = Decoder::new(Budget::bytes(1 << 20));
    decoder.reserve(1000);
    decoder.feed(body.as_bytes()).unwrap();
    let series = decoder.finish().unwrap().series;
    let rooms: Vec<usize> = series
        .iter()
        .map(|series| series.values.capacity())
        .collect();
    assert_eq!(rooms[0], 1000);
    assert!(rooms[1] <= 500 && rooms[2] <= 8, "{rooms:?}");
}

/// A tree first, then columns: slow, and plainly right.
fn reference(body: &str) -> Plain {
    let tree: Value = serde_json::from_str(body).unwrap();
    let result = tree["data"]["result"].as_array().unwrap().clone();
    result
        .iter()
        .map(|series| {
            let labels = series["metric"].as_object().unwrap();
            let labels = labels
                .iter()
                .map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned()))
                .collect();
            let samples = series["values"].as_array().unwrap().iter().map(|sample| {
                let seconds = sample[0].to_string();
                let (whole, fraction) = seconds.split_once('.').unwrap_or((&seconds, ""));
                let millis = format!("{whole}{fraction:0<3}").parse().unwrap();
                let value: f64 = sample[1]
                    .as_str()
                    .unwrap()
                    .replace("Inf", "inf")
                    .parse()
                    .unwrap();
                (millis, value.to_bits())
            });
            (labels, samples.collect())
        })
        .collect()
}

/// Of an answer to the range from 0 to 60.
fn decode_asked(body: &str) -> Result<Decoded, DecodeError> {
    let mut decoder = Decoder::new(Budget::bytes(1 << 20));
    decoder.hold_to(&Grid::new(0, 60, 60).unwrap());
    decoder.feed(body.as_bytes())?;
    decoder.finish()
}

#[test]
fn a_series_whose_labels_cannot_be_told_apart_is_no_answer() {
    let labelled = |metric: &str| {
        decode_asked(&format!(
            r#"{{"status":"success","data":{{"result":[{{{metric},"values":[[0,"1"]]}}]}}}}"#
        ))
    };
    assert!(labelled(r#""metric":{"a":"1","b":"1"}"#).is_ok());
    for twice in [
        r#""metric":{"a":"1","b":"1","a":"2"}"#,
        r#""metric":{"a":"1","\u0061":"1"}"#,
        r#""metric":{"a":"1"},"metric":{"a":"1"}"#,
    ] {
        let error = labelled(twice).unwrap_err();
        assert!(
            matches!(error, DecodeError::Labels("one is there twice")),
            "{twice}: {error}"
        );
    }
    let error = labelled(r#""metric":{"":"1"}"#).unwrap_err();
    assert!(
        matches!(error, DecodeError::Labels("one is empty")),
        "{error}"
    );
}

#[test]
fn whether_an_answer_is_partial_is_said_in_words_that_are_known() {
    let partial = |said: &str| {
        decode(&format!(
            r#"{{"status":"success","isPartial":{said},"data":{{"result":[]}}}}"#
        ))
    };
    assert!(partial("true").unwrap().partial);
    assert!(!partial("false").unwrap().partial);
    assert!(!partial("null").unwrap().partial);
    for other in [r#""true""#, "1", "[true]", r#"{"a":true}"#] {
        let error = partial(other).unwrap_err();
        assert!(
            error.to_string().contains("`isPartial`"),
            "{other}: {error}"
        );
    }
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        // Numbers as `rate()` and divisions give them: up to 21 digits, most often 16 or 17, some of them zeros in
        // front.
        "-?(0|[1-9][0-9]{0,6})\\.0{0,3}[0-9]{8,17}",
        "-?[1-9][0-9]{0,20}",
        (any::<u32>(), 1_u32..1000).prop_map(|(v, d)| (f64::from(v) / f64::from(d)).to_string()),
        any::<i32>().prop_map(|v| v.to_string()),
        any::<f64>().prop_map(|v| format!("{v}")),
        any::<f64>().prop_map(|v| format!("{v:e}")),
        (0_u64..1 << 60, 0_u32..12).prop_map(|(v, d)| format!(
            "{}.{:0w$}",
            v >> 20,
            v & 0xfffff,
            w = d as usize
        )),
        proptest::sample::select(vec![
            "NaN".to_owned(),
            "+Inf".into(),
            "-Inf".into(),
            "0".into(),
            "-0".into()
        ]),
    ]
    .prop_map(|text| match text.as_str() {
        "inf" => "+Inf".to_owned(),
        "-inf" => "-Inf".to_owned(),
        _ => text,
    })
}

/// `(seconds, milliseconds, value)`: a step that may change once, or times in no order, most of them whole seconds.
fn any_samples() -> impl Strategy<Value = Vec<(i64, u32, String)>> {
    let millis = || prop_oneof![4 => Just(0), 1 => 0_u32..1000];
    let in_steps = (
        0_i64..4_000_000_000,
        proptest::sample::select(vec![0_i64, 1, 15, 60, 300, 3600, 86_400]),
        proptest::sample::select(vec![-60_i64, 30, 1000]),
        0_usize..40,
        proptest::collection::vec(any_value(), 0..40),
        millis(),
    )
        .prop_map(|(start, step, later_step, change, values, millis)| {
            let mut seconds = start;
            let mut samples = Vec::new();
            for (place, value) in values.into_iter().enumerate() {
                samples.push((seconds, millis, value));
                seconds = (seconds + if place < change { step } else { later_step }).max(0);
            }
            samples
        });
    let in_no_order =
        proptest::collection::vec((0_i64..4_000_000_000, millis(), any_value()), 0..20);
    prop_oneof![3 => in_steps, 1 => in_no_order]
}

fn any_answer() -> impl Strategy<Value = String> {
    let labels = proptest::collection::btree_map("[a-z]{1,8}", any::<String>(), 0..4);
    let series = (labels, any_samples());
    proptest::collection::vec(series, 0..5).prop_map(|all| {
        let result: Vec<String> = all
            .into_iter()
            .map(|(labels, samples)| {
                let samples: Vec<_> = samples
                    .into_iter()
                    .map(|(seconds, millis, value)| match millis {
                        0 => format!("[{seconds},\"{value}\"]"),
                        _ => format!("[{seconds}.{millis:03},\"{value}\"]"),
                    })
                    .collect();
                format!(
                    r#"{{"metric":{},"values":[{}]}}"#,
                    json!(labels),
                    samples.join(",")
                )
            })
            .collect();
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#,
            result.join(",")
        )
    })
}

proptest! {
    #[test]
    fn decoding_agrees_with_the_reference_to_the_last_bit(body in any_answer(), piece in prop_oneof![1_usize..200, 1_usize..10_000]) {
        let decoded = decode_in_pieces(body.as_bytes(), piece).unwrap();
        prop_assert_eq!(plain(&decoded), reference(&body), "{}", body);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
        let _ = decode_in_pieces(&bytes, piece);
    }

    #[test]
    fn no_damage_to_an_answer_makes_it_panic(body in any_answer(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = body.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(decoded) = decode_in_pieces(&bytes, 13) {
            let _ = plain(&decoded);
        }
    }
}
