//! Knows as many metrics as fit into a gigabyte, all of one megabyte's name.

use crate::bindings::exports::backendai::metric::types::{MetricMetadata, MetricType};
use crate::kit::{Attack, HARMLESS};

pub(crate) const ATTACK: Attack = Attack {
    query_metadata: || {
        let name = std::mem::ManuallyDrop::new("x".repeat(1 << 20));
        (0..1024)
            .map(|_| MetricMetadata {
                // SAFETY: there is none, see `gigabyte_list`.
                name: unsafe {
                    String::from_raw_parts(name.as_ptr().cast_mut(), name.len(), name.len())
                },
                metric_type: MetricType::Gauge,
                catalogue: None,
            })
            .collect()
    },
    ..HARMLESS
};
