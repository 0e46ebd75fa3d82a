//! A range in bounded pieces, chunk after chunk.

use super::bindings::exports::backendai::metric::range_service::{
    GuestRangeStream, Piece, RangeError, RangeOptions, RangePlan, RangeStream,
};
use super::bindings::exports::backendai::metric::types::{Config, MetricQuery};
use super::convert_range::range_plan;
use super::range_service::{checked, planned};
use crate::codec::{Configured, QueryRange};

/// A range that is given in pieces.
pub(super) struct Stream {
    #[allow(dead_code, reason = "in work")]
    configured: Configured,
    query: QueryRange,
}

impl GuestRangeStream for Stream {
    fn open(
        config: Config,
        query: MetricQuery,
        options: RangeOptions,
    ) -> Result<RangeStream, RangeError> {
        let (configured, options) = checked(config, options)?;
        let query = planned(&configured, query, &options)?;
        Ok(RangeStream::new(Self { configured, query }))
    }

    fn plan(&self) -> RangePlan {
        range_plan(self.query.plan.clone())
    }

    fn next(&self) -> Result<Option<Piece>, RangeError> {
        Ok(None)
    }
}
