//! A request as the cases speak of it: decoded where encodings may differ, raw where the text itself counts.
//! The same view serves requests from the codec and requests that reached the scripted Prometheus.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// One request.
#[derive(Debug, Clone, Default)]
pub(crate) struct SentRequest {
    /// In lower case, as in the WIT.
    pub(crate) method: String,
    /// Only known of the codec's requests.
    pub(crate) scheme: Option<String>,
    /// The codec's `authority`, or the `host` header.
    pub(crate) authority: Option<String>,
    pub(crate) path_with_query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl SentRequest {
    /// As JSON: `method`, `scheme`, `authority`, `path`, `path-with-query`, `query-params`, `headers`, `form`, `body`.
    pub(crate) fn to_value(&self) -> Value {
        let (path, query) = self
            .path_with_query
            .split_once('?')
            .unwrap_or((&self.path_with_query, ""));
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &self.headers {
            headers
                .entry(name.clone())
                .and_modify(|all| {
                    all.push_str(", ");
                    all.push_str(value);
                })
                .or_insert_with(|| value.clone());
        }
        let is_form = headers.get("content-type").is_some_and(|value| {
            value
                .trim_start()
                .to_ascii_lowercase()
                .starts_with("application/x-www-form-urlencoded")
        });
        let form = if is_form {
            pairs(&self.body)
        } else {
            Vec::new()
        };
        json!({
            "method": self.method,
            "scheme": self.scheme,
            "authority": self.authority,
            "path": path,
            "path-with-query": self.path_with_query,
            "query-params": pairs(query),
            "headers": headers,
            "form": form,
            "body": self.body,
        })
    }
}

fn pairs(encoded: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded.as_bytes())
        .into_owned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_and_form_are_decoded_in_their_order() {
        let request = SentRequest {
            method: "post".to_owned(),
            path_with_query: "/a%20b?match%5B%5D=m&x=1".to_owned(),
            headers: vec![(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: "query=sum+by+%28a%29&start=1".to_owned(),
            ..SentRequest::default()
        };
        let value = request.to_value();
        assert_eq!(value["path"], "/a%20b");
        assert_eq!(value["query-params"], json!([["match[]", "m"], ["x", "1"]]));
        assert_eq!(
            value["form"],
            json!([["query", "sum by (a)"], ["start", "1"]])
        );
        assert_eq!(value["scheme"], Value::Null);
    }

    #[test]
    fn a_body_that_is_not_declared_as_a_form_is_not_read_as_one() {
        let request = SentRequest {
            body: "query=x".to_owned(),
            ..SentRequest::default()
        };
        assert_eq!(request.to_value()["form"], json!([]));
    }
}
