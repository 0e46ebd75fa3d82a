//! The texts of families and of what is derived.

use serde::ser::{SerializeStruct as _, Serializer};
use serde::{Deserialize, Deserializer, Serialize};

use super::request::{by_name, exact, missing, quantile, read, read_as, read_by_name};
use crate::codec::family::DerivedResult;
use crate::codec::{ConfigInput, Failure};
use crate::domain::derived::{Derivation, DerivedQuery, Operation, Side};
use crate::domain::family::{
    Family, FamilyKind, FamilyQuery, FamilyStatistic, OverTime, check_families,
};
use crate::domain::preset::LabelValues;
use crate::domain::{MetricQuery, RangeOptionsInput, Statistic};

/// The request of the verbs of families: all but `family-check` have `config`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyRequest {
    #[serde(default)]
    config: ConfigInput,
    query: Option<FamilyQuery>,
    queries: Option<Vec<FamilyQuery>>,
    derived: Option<DerivedQuery>,
    families: Option<Vec<Family>>,
    #[serde(default)]
    options: RangeOptionsInput,
    status: Option<u16>,
}

impl FamilyRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        read(text)
    }

    /// The configuration.
    pub fn config(&self) -> ConfigInput {
        self.config.clone()
    }

    /// The options of a range.
    pub fn options(&self) -> RangeOptionsInput {
        self.options.clone()
    }

    /// The query.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn query(&self) -> Result<&FamilyQuery, Failure> {
        self.query.as_ref().ok_or_else(|| missing("query"))
    }

    /// Several queries.
    ///
    /// # Errors
    /// Fails if there is no list of them.
    pub fn queries(&self) -> Result<&[FamilyQuery], Failure> {
        self.queries.as_deref().ok_or_else(|| missing("queries"))
    }

    /// The derived metric.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn derived(&self) -> Result<DerivedQuery, Failure> {
        self.derived.clone().ok_or_else(|| missing("derived"))
    }

    /// Checks the families of a list.
    ///
    /// # Errors
    /// Fails if there is none, or if it is invalid.
    pub fn check(&self) -> Result<(), Failure> {
        let families = self.families.as_ref().ok_or_else(|| missing("families"))?;
        Ok(check_families(families)?)
    }

    /// The status of a response.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn status(&self) -> Result<u16, Failure> {
        self.status.ok_or_else(|| missing("status"))
    }
}

read_as!(
    Family: FamilyDocument,
    FamilyQuery: QueryDocument,
    FamilyStatistic: StatisticDocument,
    OverTime: OverTimeDocument,
    LabelValues: FilterDocument,
    DerivedQuery: DerivedDocument,
    Side: SideDocument
);

read_by_name! {
    FamilyKind {
        "gauge": Gauge, "counter": Counter, "histogram": Histogram, "native_histogram": NativeHistogram
    }
}

#[derive(Deserialize)]
#[serde(
    remote = "Family",
    deny_unknown_fields,
    expecting = "struct FamilyDocument"
)]
struct FamilyDocument {
    name: String,
    #[serde(default)]
    former_names: Vec<String>,
    kind: FamilyKind,
    unit: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    intensive: bool,
}

#[derive(Deserialize)]
#[serde(
    remote = "FamilyQuery",
    deny_unknown_fields,
    expecting = "struct QueryDocument"
)]
struct QueryDocument {
    family: Family,
    #[serde(default)]
    filters: Vec<LabelValues>,
    #[serde(default)]
    group_by: Vec<String>,
    statistic: Option<FamilyStatistic>,
    over_time: Option<OverTime>,
    start: String,
    end: String,
    step: Option<u32>,
    utc_offset: Option<i32>,
}

#[derive(Deserialize)]
#[serde(
    remote = "LabelValues",
    deny_unknown_fields,
    expecting = "struct FilterDocument"
)]
struct FilterDocument {
    label: String,
    values: Vec<String>,
}

/// A name, or `{"quantile": 0.95}`.
#[derive(Deserialize)]
#[serde(
    remote = "FamilyStatistic",
    rename_all = "snake_case",
    expecting = "enum StatisticDocument"
)]
enum StatisticDocument {
    Sum,
    Avg,
    Max,
    Min,
    #[serde(deserialize_with = "quantile")]
    Quantile(f64),
    Rate,
}

#[derive(Deserialize)]
#[serde(
    remote = "OverTime",
    deny_unknown_fields,
    expecting = "struct OverTimeDocument"
)]
struct OverTimeDocument {
    statistic: Statistic,
    window: Option<u32>,
}

#[derive(Deserialize)]
#[serde(
    remote = "DerivedQuery",
    deny_unknown_fields,
    expecting = "struct DerivedDocument"
)]
struct DerivedDocument {
    sides: Vec<Side>,
    #[serde(deserialize_with = "derivation")]
    derivation: Derivation,
    unit: Option<String>,
}

/// `{"metric": {…}}`, `{"family": {…}}`.
#[derive(Deserialize)]
#[serde(
    remote = "Side",
    rename_all = "snake_case",
    expecting = "enum SideDocument"
)]
enum SideDocument {
    Metric(Box<MetricQuery>),
    Family(Box<FamilyQuery>),
}

/// A name, or `{"scale": 0.001}`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum DerivationDocument {
    Ratio,
    Percent,
    Difference,
    Sum,
    #[serde(deserialize_with = "factor")]
    Scale(f64),
}

fn derivation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Derivation, D::Error> {
    Ok(match DerivationDocument::deserialize(deserializer)? {
        DerivationDocument::Ratio => Derivation::Of(Operation::Ratio),
        DerivationDocument::Percent => Derivation::Of(Operation::Percent),
        DerivationDocument::Difference => Derivation::Of(Operation::Difference),
        DerivationDocument::Sum => Derivation::Of(Operation::Sum),
        DerivationDocument::Scale(factor) => Derivation::Scale(factor),
    })
}

fn factor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    exact(deserializer, "a factor is a number, such as 0.001")
}

impl Serialize for DerivedResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("derived_answer", 4)?;
        out.serialize_field("answer", &self.range.answer)?;
        out.serialize_field("missing", &self.range.missing)?;
        out.serialize_field("missing_sides", &self.gaps.missing_sides)?;
        out.serialize_field("zero_divisors", &self.gaps.zero_divisors)?;
        out.end()
    }
}
