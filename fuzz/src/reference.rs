//! The answer of Prometheus, read slowly and plainly: the whole body, values found by name in parsed JSON,
//! numbers by the standard library. It shares no code with the plugin's decoder.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A series: its labels, and its samples as milliseconds and the bits of the value.
pub type Series = (Vec<(String, String)>, Vec<(i64, u64)>);

/// The longest text that is read as a number.
const LONGEST_NUMBER: usize = 1_100;

/// An answer as read by the reference.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The series.
    pub series: Vec<Series>,
    /// The texts of `data`, if it is a list of them.
    pub names: Vec<String>,
    /// `warnings`.
    pub warnings: Vec<String>,
    /// `infos`.
    pub infos: Vec<String>,
    /// `errorType` and `error`, if `status` is `error`.
    pub refusal: Option<(Option<String>, String)>,
    /// The number of series that held histograms.
    pub histograms: usize,
}

/// The members of an object, in their order, those of the same name included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// A value as it is written, none where that is `null`, as Go writes what is empty.
fn unless_null(value: &RawValue) -> Option<&RawValue> {
    (value.get() != "null").then_some(value)
}

fn members(value: &RawValue) -> Option<Vec<(String, &RawValue)>> {
    Some(serde_json::from_str::<Members<'_>>(value.get()).ok()?.0)
}

fn items(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

fn texts(value: &RawValue) -> Option<Vec<String>> {
    items(value)?.into_iter().map(text).collect()
}

/// Returns true if the body is one JSON value. Any other body may be accepted or refused, as long as nothing breaks.
pub fn is_json(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok_and(|body| serde_json::from_str::<&RawValue>(body).is_ok())
}

/// Reads an answer that is JSON; none if it is not Prometheus's.
pub fn read(body: &[u8]) -> Option<Reading> {
    let body: &RawValue = serde_json::from_str(std::str::from_utf8(body).ok()?).ok()?;
    let mut reading = Reading::default();
    let (mut status, mut error_type, mut error, mut result_type) = (None, None, None, None);
    for (name, value) in members(body)? {
        let Some(value) = unless_null(value) else {
            continue;
        };
        match name.as_str() {
            "status" => status = Some(text(value)?),
            "errorType" => error_type = Some(text(value)?),
            "error" => error = Some(text(value)?),
            "warnings" => reading.warnings.extend(texts(value)?),
            "infos" => reading.infos.extend(texts(value)?),
            "data" if value.get().starts_with('[') => reading.names.extend(texts(value)?),
            "data" => {
                for (name, value) in members(value)? {
                    match (name.as_str(), unless_null(value)) {
                        ("resultType", Some(value)) => result_type = Some(text(value)?),
                        ("result", Some(value)) => {
                            result(value, result_type.as_deref(), &mut reading)?;
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    match status?.as_str() {
        "success" => match result_type.as_deref() {
            None | Some("matrix" | "vector" | "scalar" | "string") => Some(reading),
            Some(_) => None,
        },
        "error" => {
            reading.refusal = Some((error_type, error.unwrap_or_default()));
            Some(reading)
        }
        _ => None,
    }
}

fn result(value: &RawValue, result_type: Option<&str>, reading: &mut Reading) -> Option<()> {
    let items = items(value)?;
    let is_number = |item: &RawValue| {
        item.get()
            .starts_with(|c: char| c == '-' || c.is_ascii_digit())
    };
    if items.first().is_some_and(|item| is_number(item)) {
        if result_type == Some("string") {
            return None;
        }
        reading.series.push((Vec::new(), vec![sample(value)?]));
        return Some(());
    }
    for item in items {
        let (mut labels, mut samples, mut has_histograms) = (Vec::new(), Vec::new(), false);
        for (name, value) in members(item)? {
            let Some(value) = unless_null(value) else {
                continue;
            };
            match name.as_str() {
                "metric" => {
                    for (name, value) in members(value)? {
                        labels.push((name, text(value)?));
                    }
                }
                "values" => {
                    for value in self::items(value)? {
                        samples.push(sample(value)?);
                    }
                }
                "value" => samples.push(sample(value)?),
                "histogram" | "histograms" => has_histograms = true,
                _ => {}
            }
        }
        reading.histograms += usize::from(has_histograms);
        reading.series.push((labels, samples));
    }
    Some(())
}

fn sample(value: &RawValue) -> Option<(i64, u64)> {
    let [time, number] = <[&RawValue; 2]>::try_from(items(value)?).ok()?;
    Some((millis(time.get())?, bits(number)?))
}

/// Seconds with any number of decimals, cut off after the third; no exponent.
fn millis(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 15
        || !is_plain(whole)
        || !is_plain(decimals)
        || text.len() >= LONGEST_NUMBER
    {
        return None;
    }
    let three: String = decimals.chars().chain("000".chars()).take(3).collect();
    let magnitude = whole.parse::<i64>().ok()? * 1000 + three.parse::<i64>().ok()?;
    Some(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

fn bits(value: &RawValue) -> Option<u64> {
    let quoted = value.get();
    let text = text(value)?;
    let number = match text.as_str() {
        _ if quoted.len() - 2 >= LONGEST_NUMBER => return None,
        "NaN" => f64::NAN,
        "+Inf" | "Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        // Of the words that the standard library takes as well, Prometheus writes none.
        other if other.contains(|c: char| !(c.is_ascii_digit() || ".eE+-".contains(c))) => {
            return None;
        }
        other => other.parse().ok()?,
    };
    Some(number.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_reads_what_prometheus_writes() {
        let body = br#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"1"},"values":[[1.5,"2"],[2,"NaN"]]}]}}"#;
        assert!(is_json(body));
        let samples = vec![(1500, 2.0_f64.to_bits()), (2000, f64::NAN.to_bits())];
        assert_eq!(
            read(body).unwrap().series,
            [(vec![("a".into(), "1".into())], samples)]
        );
        assert_eq!(
            read(br#"{"status":"success","data":{"result":[{"values":[[1,2]]}]}}"#),
            None
        );
    }
}
