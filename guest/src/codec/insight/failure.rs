//! Failures for invalid arguments of these verbs, in the classes of the contract.

use crate::codec::Failure;
use crate::domain::insight::InsightError;

impl From<InsightError> for Failure {
    fn from(error: InsightError) -> Self {
        let reason = error.to_string();
        let invalid = |field: &str| Self::InvalidArgument {
            field: field.to_owned(),
            reason: reason.clone(),
        };
        let limit = |limit, maximum, requested| Self::LimitExceeded {
            limit,
            maximum: Some(maximum),
            requested: Some(requested),
            message: Some(reason.clone()),
        };
        match error {
            InsightError::Query(error) => error.into(),
            InsightError::Quantile { field, .. } | InsightError::OutOfRange { field, .. } => {
                invalid(field)
            }
            InsightError::ManyQuantiles { .. } => invalid("quantiles"),
            InsightError::NoSumOfOthers => invalid("ranking.others"),
            InsightError::NoTotal(_) => invalid("ranking.score"),
            InsightError::SeasonOffStep { .. } => invalid("detection.season"),
            InsightError::ShortLookback { .. } => invalid("detection.lookback"),
            InsightError::NoMembers => invalid("member"),
            InsightError::LongLookback {
                range,
                lookback,
                maximum,
            } => limit("max-range", maximum, range + lookback),
            InsightError::ManyGroups { most, found } => limit("groups", most as u64, found as u64),
            InsightError::ManyEvaluations { most, needed } => limit("evaluations", most, needed),
        }
    }
}
