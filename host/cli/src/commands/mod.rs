//! The commands, a file each: ask the library, hand what came to `output`.

pub(crate) mod batch;
pub(crate) mod completions;
pub(crate) mod conformance;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod family;
pub(crate) mod insight;
pub(crate) mod inspect;
pub(crate) mod live;
pub(crate) mod man;
pub(crate) mod metrics;
pub(crate) mod preset;
pub(crate) mod query;
pub(crate) mod serve;
pub(crate) mod streaming;
pub(crate) mod type_of;
pub(crate) mod values;
