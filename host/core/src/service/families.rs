//! Families and derived metrics: the contract's `family` and `family-service`, each call from a fresh instance.
//!
//! The plugin writes PromQL and computes; here it is asked, told the time, and held to its word.

use super::{
    MetricService,
    functions::{FamilyFunctions, FamilyServiceFunctions, supported},
    grid::Grid,
};
use crate::contract::{
    bindings::exports::backendai::metric::family_service,
    error::CallError,
    families::{DerivedAnswer, DerivedQuery, Family, FamilyQuery},
    range::RangeAnswer,
    types::RangeOptions,
};

/// Metrics beyond the container's, described by the caller. A plugin may lack these verbs:
/// [`Plugin::has_families`](crate::Plugin::has_families).
impl MetricService {
    /// Checks descriptions, such as those of a file. Nothing is sent.
    ///
    /// # Errors
    /// [`CallError`]; an [`InvalidArgument`](crate::InvalidArgument) names the family.
    pub async fn check_families(&self, families: &[Family]) -> Result<(), CallError> {
        self.observed("check-families", async {
            let function = &self.family("check")?.check;
            self.ask(function, (families,)).await
        })
        .await
    }

    /// The PromQL that [`query_family`](Self::query_family) would send. Nothing is sent.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn family_promql(&self, query: &FamilyQuery) -> Result<String, CallError> {
        self.observed("family-promql", async {
            let function = &self.family("build-promql")?.build_promql;
            let answer = self.ask(function, (&self.config_now(), query)).await?;
            self.egress.bound_query(answer)
        })
        .await
    }

    /// Asks for a family over a range, in chunks as [`query_range`](Self::query_range).
    ///
    /// # Errors
    /// As [`query_range`](Self::query_range).
    pub async fn query_family(
        &self,
        query: &FamilyQuery,
        options: &RangeOptions,
    ) -> Result<RangeAnswer, CallError> {
        self.observed("query-family", async {
            let function = &self.family_service("query-family")?.query_family;
            let params = (&self.config_now(), query, &self.options(options));
            let answer = self.ask_range(function, params).await?;
            self.checked_range(answer)
        })
        .await
    }

    /// Asks for many families at once, as [`query_batch`](Self::query_batch).
    ///
    /// # Errors
    /// As [`query_batch`](Self::query_batch).
    pub async fn query_families(
        &self,
        queries: &[FamilyQuery],
        options: &RangeOptions,
    ) -> Result<Vec<Result<RangeAnswer, CallError>>, CallError> {
        self.observed("query-families", async {
            let function = &self.family_service("query-families")?.query_families;
            let params = (&self.config_now(), queries, &self.options(options));
            let check = |_: &FamilyQuery, answer| self.checked_range(answer);
            self.ask_batch(function, params, queries, check).await
        })
        .await
    }

    /// Asks both sides of a derived metric at once, on the same points, and computes. Gaps are counted, not filled.
    ///
    /// # Errors
    /// As [`query_range`](Self::query_range).
    pub async fn query_derived(
        &self,
        query: &DerivedQuery,
        options: &RangeOptions,
    ) -> Result<DerivedAnswer, CallError> {
        self.observed("query-derived", async {
            let function = &self.family_service("query-derived")?.query_derived;
            let params = (&self.config_now(), query, &self.options(options));
            let derived: family_service::DerivedAnswer = self.ask_range(function, params).await?;
            let answer = self.checked_range(derived.answer)?;
            let asked = &answer.answer;
            let grid = Grid::new((asked.start, asked.end), asked.step, &self.config)?;
            grid.check(&asked.series)?;
            Ok(DerivedAnswer {
                answer,
                missing_sides: derived.missing_sides,
                zero_divisors: derived.zero_divisors,
            })
        })
        .await
    }

    fn family(&self, verb: &'static str) -> Result<&FamilyFunctions, CallError> {
        supported(&self.plugin.functions.family, verb)
    }

    fn family_service(&self, verb: &'static str) -> Result<&FamilyServiceFunctions, CallError> {
        supported(&self.plugin.functions.family_service, verb)
    }
}

#[cfg(test)]
mod tests;
