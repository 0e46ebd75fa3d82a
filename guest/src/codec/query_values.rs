//! The verb `values`.

use super::cache_hint::CacheHint;
use super::call::{Call, check_partial};
use super::config::{Config, ConfigInput};
use super::failure::Failure;
use crate::domain::{ValueFilter, ValueSource, Values, ValuesError};
use crate::prometheus::{Decoded, HttpRequest, NamesDecoder, values_request};

/// A request for the values of a label.
#[derive(Debug, Clone)]
pub struct QueryValues {
    config: Config,
    values: Values,
}

/// The values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuesResult {
    /// Sorted, each once.
    pub values: Vec<String>,
    /// True if there are more values than were wanted.
    pub more: bool,
    /// Prometheus's warnings.
    pub warnings: Vec<String>,
    /// Prometheus's remarks.
    pub infos: Vec<String>,
    /// True if values may be missing.
    pub partial: bool,
}

impl QueryValues {
    /// Checks what is asked for.
    ///
    /// # Errors
    /// Fails if the query or the configuration is invalid.
    pub fn new(
        config: ConfigInput,
        source: &ValueSource,
        filter: &ValueFilter,
    ) -> Result<Self, Failure> {
        let config = Config::try_from(config)?;
        Ok(Self {
            values: Values::new(&config.settings, source, filter)?,
            config,
        })
    }
}

impl Call for QueryValues {
    type Decoder = NamesDecoder;
    type Result = ValuesResult;

    fn config(&self) -> &Config {
        &self.config
    }

    /// Without the limit: a server that keeps to one says that it cut the list, which is not told from missing data.
    fn request(&self) -> HttpRequest {
        let Values {
            label,
            selector,
            within,
            ..
        } = &self.values;
        values_request(&self.config.endpoint, label, selector, *within)
    }

    fn cache_hint(&self) -> CacheHint {
        CacheHint::MaxAge(30)
    }

    fn decoder(&self, status: u16) -> NamesDecoder {
        NamesDecoder::new(status, self.config.budget())
    }

    fn result(&self, decoded: Decoded) -> Result<ValuesResult, Failure> {
        check_partial(&decoded, self.config.settings.partial)?;
        let mut values = decoded.names;
        values.sort_unstable();
        values.dedup();
        let limit = usize::try_from(self.values.limit.get()).unwrap_or(usize::MAX);
        let more = values.len() > limit;
        values.truncate(limit);
        Ok(ValuesResult {
            values,
            more,
            warnings: decoded.warnings,
            infos: decoded.infos,
            partial: decoded.partial,
        })
    }
}

impl From<ValuesError> for Failure {
    fn from(error: ValuesError) -> Self {
        let reason = error.to_string();
        let invalid = |field: &str| Self::InvalidArgument {
            field: field.to_owned(),
            reason: reason.clone(),
        };
        match error {
            ValuesError::Query(error) => error.into(),
            ValuesError::Label(_) => invalid("source"),
            ValuesError::Limit(_) => invalid("filter.limit"),
            ValuesError::OneEnd("start") => invalid("filter.start"),
            ValuesError::OneEnd(_) => invalid("filter.end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::read_whole;
    use crate::domain::Dimension;

    fn call(limit: Option<u32>) -> QueryValues {
        let config = ConfigInput {
            address: "h:1".into(),
            ..Default::default()
        };
        let filter = ValueFilter {
            limit,
            ..Default::default()
        };
        QueryValues::new(config, &ValueSource::Dimension(Dimension::AgentId), &filter).unwrap()
    }

    #[test]
    fn values_are_sorted_each_once_and_as_many_as_are_wanted() {
        let body = r#"{"status":"success","data":["b","a","b","c"]}"#;
        let all = read_whole(&call(None), 200, body).unwrap();
        assert_eq!(
            (all.values, all.more),
            (vec!["a".into(), "b".into(), "c".into()], false)
        );
        let two = read_whole(&call(Some(2)), 200, body).unwrap();
        assert_eq!((two.values.len(), two.more), (2, true));
        assert_eq!(
            call(None).request().path_with_query,
            "/api/v1/label/agent_id/values?match%5B%5D=backendai_container_utilization"
        );
    }

    #[test]
    fn a_list_that_the_server_cut_is_partial() {
        let body =
            r#"{"status":"success","data":["a"],"warnings":["results truncated due to limit"]}"#;
        let error = read_whole(&call(None), 200, body).unwrap_err();
        assert!(matches!(error, Failure::PartialAnswer(_)));
    }
}
