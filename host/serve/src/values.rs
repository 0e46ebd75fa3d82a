//! The two verbs that are asked with GET: their query string becomes the request of the interface `json`.

use serde_json::{Map, Value, json};

use crate::problem::Problem;

/// The filters on labels, of which all but the first may be repeated.
const LABELS: [&str; 6] = [
    "value_type",
    "agent_id",
    "kernel_id",
    "session_id",
    "user_id",
    "project_id",
];

/// The request of `query-metadata`.
pub(crate) fn metadata(query: Option<&str>) -> Result<String, Problem> {
    let mut config = Map::new();
    for (name, value) in parameters(query) {
        match &*name {
            "partial" => config.insert(name, flag(&value)?),
            _ => return Err(unknown(&name, "partial")),
        };
    }
    Ok(json!({ "config": config }).to_string())
}

/// The request of `values`.
pub(crate) fn values(dimension: &str, query: Option<&str>) -> Result<String, Problem> {
    let (mut config, mut filter) = (Map::new(), Map::new());
    let mut labels: Map<String, Value> = Map::new();
    for (name, value) in parameters(query) {
        match &*name {
            "partial" => {
                config.insert(name, flag(&value)?);
            }
            "metric_name" | "start" | "end" => {
                filter.insert(name, value.into());
            }
            "limit" => {
                let limit: u32 = value.parse().map_err(|_| {
                    Problem::invalid("filter.limit", "accepted is a whole number from 1 to 10000")
                })?;
                filter.insert(name, limit.into());
            }
            "value_type" => {
                labels.insert(name, value.into());
            }
            _ if LABELS.contains(&&*name) => {
                let values = labels.entry(name).or_insert_with(|| json!([]));
                if let Value::Array(values) = values {
                    values.push(value.into());
                }
            }
            _ => {
                let accepted = format!(
                    "metric_name, start, end, limit, partial, {}",
                    LABELS.join(", ")
                );
                return Err(unknown(&name, &accepted));
            }
        }
    }
    filter.insert("labels".to_owned(), labels.into());
    let dimension = dimension.replace('-', "_");
    Ok(json!({
        "config": config,
        "source": { "dimension": dimension },
        "filter": filter,
    })
    .to_string())
}

fn parameters(query: Option<&str>) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned()
}

fn flag(value: &str) -> Result<Value, Problem> {
    match value {
        "true" | "1" | "" => Ok(true.into()),
        "false" | "0" => Ok(false.into()),
        _ => Err(Problem::invalid(
            "config.partial",
            "accepted are true and false",
        )),
    }
}

fn unknown(name: &str, accepted: &str) -> Problem {
    // This much tells a slip of the pen from another service's parameter.
    let name: String = name.chars().take(64).collect();
    Problem::invalid(
        &name,
        format!("there is no such parameter; accepted are {accepted}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dimension: &str, query: &str) -> Result<Value, Problem> {
        values(dimension, Some(query)).map(|text| serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn a_query_string_is_the_request_of_a_verb() {
        let request = read(
            "kernel-id",
            "metric_name=mem&start=0&end=60&limit=5&user_id=a&user_id=b%26c&value_type=current&partial",
        );
        assert_eq!(
            request.unwrap(),
            json!({
                "config": { "partial": true },
                "source": { "dimension": "kernel_id" },
                "filter": {
                    "metric_name": "mem", "start": "0", "end": "60", "limit": 5,
                    "labels": { "user_id": ["a", "b&c"], "value_type": "current" },
                },
            })
        );
        assert_eq!(metadata(None).unwrap(), r#"{"config":{}}"#);
    }

    #[test]
    fn a_parameter_that_there_is_not_is_refused_with_those_there_are() {
        for query in [
            "limt=5",
            "limit=many",
            "limit=-1",
            "partial=perhaps",
            "address=evil",
        ] {
            assert_eq!(
                read("kernel_id", query).unwrap_err().status.as_u16(),
                400,
                "{query}"
            );
        }
        assert!(
            metadata(Some("limit=5"))
                .unwrap_err()
                .detail()
                .contains("accepted are partial")
        );
    }
}
