//! The metrics that Backend.AI's agents export, and what is known of each.
//! Names are Backend.AI's own (`ai.backend.agent`: its intrinsic plugins and the accelerator plugins).

use super::label::LabelSchema;
use super::metric::ValueType;

/// The quantity that a metric measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Processor time.
    Cpu,
    /// Main memory.
    Memory,
    /// Network traffic.
    Network,
    /// Disk traffic and space.
    Disk,
    /// GPUs, NPUs, their memory and power.
    Accelerator,
}

/// The unit of a stored sample. Its increase per second has a unit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Bytes,
    CpuMillis,
    Percent,
    Watts,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::CpuMillis => "milliseconds",
            Self::Percent => "percent",
            Self::Watts => "watts",
        }
    }

    /// A millisecond of CPU time in every second is a thousandth of a core.
    fn per_second(self) -> &'static str {
        match self {
            Self::Bytes => "bytes/s",
            Self::CpuMillis => "millicores",
            Self::Percent => "percent/s",
            Self::Watts => "watts/s",
        }
    }
}

/// The unit of a percentage, computed or exported.
pub(super) const PERCENT: &str = "percent";

/// The catalogue's entry of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// One sentence.
    pub description: String,
    /// The quantity that it measures.
    pub category: Category,
    /// True if a sample is a sum since the kernel's start.
    pub cumulative: bool,
    unit: Unit,
    has_capacity: bool,
}

impl CatalogueEntry {
    /// The entry of a metric; none for a metric that is not in the catalogue.
    pub fn of(metric_name: &str) -> Option<Self> {
        intrinsic(metric_name).or_else(|| accelerator(metric_name))
    }

    /// The unit of a stored sample.
    pub fn unit(&self) -> &'static str {
        self.unit.name()
    }

    /// The unit of its increase per second.
    pub fn rate_unit(&self) -> &'static str {
        self.unit.per_second()
    }

    /// The value types that exist or can be computed.
    pub fn value_types(&self, schema: LabelSchema) -> Vec<ValueType> {
        let mut value_types = Vec::new();
        if schema == LabelSchema::Documented {
            value_types.push(ValueType::Usage);
        }
        value_types.push(ValueType::Current);
        if self.has_capacity {
            value_types.extend([ValueType::Capacity, ValueType::Pct]);
        }
        value_types
    }
}

/// The metrics that every agent exports.
fn intrinsic(metric_name: &str) -> Option<CatalogueEntry> {
    use Category::{Cpu, Disk, Memory, Network};
    use Unit::{Bytes, CpuMillis};
    let (description, category, unit, cumulative, has_capacity) = match metric_name {
        "cpu_util" => (
            "CPU time used, read per second as cores in use.",
            Cpu,
            CpuMillis,
            true,
            true,
        ),
        "cpu_used" => (
            "CPU time used since the kernel started.",
            Cpu,
            CpuMillis,
            true,
            false,
        ),
        "mem" => ("Main memory in use.", Memory, Bytes, false, true),
        "net_rx" => ("Network traffic received.", Network, Bytes, true, false),
        "net_tx" => ("Network traffic sent.", Network, Bytes, true, false),
        "io_read" => (
            "Bytes read from disk since the kernel started.",
            Disk,
            Bytes,
            true,
            false,
        ),
        "io_write" => (
            "Bytes written to disk since the kernel started.",
            Disk,
            Bytes,
            true,
            false,
        ),
        "io_scratch_size" => ("Scratch space in use on disk.", Disk, Bytes, false, true),
        _ => return None,
    };
    Some(CatalogueEntry {
        description: description.to_owned(),
        category,
        cumulative,
        unit,
        has_capacity,
    })
}

/// The families `*_mem`, `*_util` and `*_power` of the accelerator plugins.
fn accelerator(metric_name: &str) -> Option<CatalogueEntry> {
    let (family, quantity) = metric_name.rsplit_once('_')?;
    let device = match family {
        "cuda" => "CUDA GPU",
        "rocm" => "ROCm GPU",
        "ipu" => "Graphcore IPU",
        "rngd" => "FuriosaAI RNGD NPU",
        "habana" => "Habana Gaudi accelerator",
        "rebellions" => "Rebellions NPU",
        "tenstorrent" => "Tenstorrent accelerator",
        _ => return None,
    };
    let (what, unit) = match quantity {
        "mem" => ("Memory in use on the", Unit::Bytes),
        "util" => ("Utilization of the", Unit::Percent),
        "power" => ("Power drawn by the", Unit::Watts),
        _ => return None,
    };
    Some(CatalogueEntry {
        description: format!("{what} {device}."),
        category: Category::Accelerator,
        cumulative: false,
        unit,
        has_capacity: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_that_agents_export_is_known() {
        for name in [
            "cpu_util",
            "cpu_used",
            "mem",
            "net_rx",
            "net_tx",
            "io_read",
            "io_write",
            "io_scratch_size",
        ] {
            assert_ne!(
                CatalogueEntry::of(name).unwrap().category,
                Category::Accelerator
            );
        }
        for device in [
            "cuda",
            "rocm",
            "ipu",
            "rngd",
            "habana",
            "rebellions",
            "tenstorrent",
        ] {
            for (quantity, unit) in [("mem", "bytes"), ("util", "percent"), ("power", "watts")] {
                let entry = CatalogueEntry::of(&format!("{device}_{quantity}")).unwrap();
                assert_eq!(
                    (entry.category, entry.unit()),
                    (Category::Accelerator, unit)
                );
            }
        }
    }

    #[test]
    fn what_only_resembles_a_known_metric_is_not_known() {
        for name in [
            "",
            "_mem",
            "cuda",
            "cuda_temp",
            "foo_mem",
            "MEM",
            "cpu_util_mem",
        ] {
            assert_eq!(CatalogueEntry::of(name), None, "{name:?}");
        }
    }

    #[test]
    fn usage_exists_only_in_the_documented_schema() {
        let mem = CatalogueEntry::of("mem").unwrap();
        assert!(
            mem.value_types(LabelSchema::Documented)
                .contains(&ValueType::Usage)
        );
        assert!(
            !mem.value_types(LabelSchema::Agent)
                .contains(&ValueType::Usage)
        );
    }
}
