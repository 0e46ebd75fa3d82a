//! The derived metrics of an operator, as a file of families declares them: what is computed of which sides. Of which
//! series, over which range and told apart by what is asked later, of all sides alike.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::contract::{
    decisions::LabelValues,
    families::{Derivation, FamilyStatistic},
    types::ValueType,
};

/// A metric that is made of one or two others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DerivedMetric {
    /// Its name, which no family has.
    pub name: String,
    /// The computation of the sides.
    #[serde(with = "DerivationDocument")]
    pub derivation: Derivation,
    /// Two, or one for [`Derivation::Scale`].
    pub sides: Vec<DeclaredSide>,
    /// The unit. None: what follows of the sides' units, if they are known.
    pub unit: Option<String>,
    /// The description, for people.
    #[serde(default)]
    pub description: String,
}

/// A side of a derived metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a side is {\"family\": NAME, \"statistic\": …, \"filters\": [{\"label\": …, \"values\": […]}]} or {\"metric\": NAME, \"value_type\": …}"
)]
pub enum DeclaredSide {
    /// A family, which the same or another file describes.
    Family(FamilySide),
    /// A metric of the containers.
    Metric(MetricSide),
}

/// A family as a side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FamilySide {
    /// Its name.
    pub family: String,
    /// The statistic of a group's series. None: the one that suits the family.
    #[serde(
        default,
        with = "optional_statistic",
        skip_serializing_if = "Option::is_none"
    )]
    pub statistic: Option<FamilyStatistic>,
    /// Filters of its series, besides those that are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<LabelValues>,
}

/// A metric of the containers as a side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MetricSide {
    /// Its name.
    pub metric: String,
    /// The value type. None: each, told apart.
    #[serde(
        default,
        with = "optional_value_type",
        skip_serializing_if = "Option::is_none"
    )]
    pub value_type: Option<ValueType>,
}

impl DerivedMetric {
    /// The names of the families that it is made of.
    pub fn families(&self) -> impl Iterator<Item = &str> {
        self.sides.iter().filter_map(|side| match side {
            DeclaredSide::Family(side) => Some(side.family.as_str()),
            DeclaredSide::Metric(_) => None,
        })
    }
}

/// A name, or `{"scale": 0.001}`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Derivation", rename_all = "snake_case")]
enum DerivationDocument {
    Ratio,
    Percent,
    Difference,
    Sum,
    Scale(f64),
}

/// A name, or `{"quantile": 0.95}`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "FamilyStatistic", rename_all = "snake_case")]
enum StatisticDocument {
    Sum,
    Avg,
    Max,
    Min,
    Quantile(f64),
    Rate,
}

mod optional_statistic {
    use super::{
        Deserialize, Deserializer, FamilyStatistic, Serialize, Serializer, StatisticDocument,
    };

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Document(#[serde(with = "StatisticDocument")] FamilyStatistic);

    pub(super) fn serialize<S: Serializer>(
        statistic: &Option<FamilyStatistic>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        statistic.map(Document).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<FamilyStatistic>, D::Error> {
        let document = Option::<Document>::deserialize(deserializer)?;
        Ok(document.map(|Document(statistic)| statistic))
    }
}

mod optional_value_type {
    use super::{Deserialize, Deserializer, Serialize, Serializer, ValueType};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(
        value_type: &Option<ValueType>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value_type.map(ValueType::as_str).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<ValueType>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let read = |text: String| text.parse().map_err(D::Error::custom);
        text.map(read).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"[
        {"name": "a", "derivation": "percent", "unit": null, "description": "d", "sides": [
            {"family": "f", "statistic": {"quantile": 0.5}, "filters": [{"label": "l", "values": ["1", "2"]}]},
            {"metric": "mem", "value_type": "capacity"}]},
        {"name": "b", "derivation": {"scale": 0.001}, "unit": "joules", "description": "", "sides": [
            {"family": "g", "statistic": "max"}]}]"#;

    #[test]
    fn what_is_declared_is_read_and_written_alike() {
        let all: Vec<DerivedMetric> = serde_json::from_str(ALL).unwrap();
        let [percent, scaled] = &all[..] else {
            panic!("{all:?}")
        };
        assert_eq!(percent.derivation, Derivation::Percent);
        let DeclaredSide::Metric(capacity) = &percent.sides[1] else {
            panic!("{percent:?}")
        };
        assert_eq!(capacity.value_type, Some(ValueType::Capacity));
        assert_eq!(percent.families().collect::<Vec<_>>(), ["f"]);
        assert_eq!(scaled.derivation, Derivation::Scale(0.001));
        let text: serde_json::Value = serde_json::from_str(ALL).unwrap();
        assert_eq!(serde_json::to_value(&all).unwrap(), text);
    }

    #[test]
    fn what_is_no_side_is_refused_with_what_would_be_one() {
        let refused = |sides: &str, derivation: &str| {
            let text = format!(r#"{{"name": "a", "derivation": {derivation}, "sides": {sides}}}"#);
            serde_json::from_str::<DerivedMetric>(&text)
                .unwrap_err()
                .to_string()
        };
        for wrong in [
            r#"[{"family": "f", "metric": "m"}]"#,
            r#"[{"family": "f", "statistic": "median"}]"#,
            r#"[{"metric": "m", "value_type": "peak"}]"#,
            r#"[{"of": "f"}]"#,
        ] {
            let error = refused(wrong, "\"sum\"");
            assert!(error.contains("a side is {\"family\": NAME"), "{error}");
        }
        let error = refused("[]", "\"product\"");
        assert!(error.contains("`ratio`, `percent`"), "{error}");
    }
}
