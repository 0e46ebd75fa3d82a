//! A description of a point, in words.

use metric_host::families::{FamilyOver, OverTime};
use metric_host::{Over, Pointwise, Statistic};

use super::printable::line;
use crate::duration::show_seconds;

/// Describes a point behind a heading: the statistic that was asked for, of what, over how long. Empty where a point is
/// the group's value at its instant. The step is in seconds.
pub(crate) fn meaning(pointwise: Option<&Pointwise>, step: u32) -> String {
    let Some(Pointwise {
        statistic,
        over,
        window,
    }) = pointwise
    else {
        return String::new();
    };
    let over = match over {
        Over::Time => FamilyOver::Time,
        Over::Members(member) => FamilyOver::Members(member.to_string()),
        Over::Both(member) => FamilyOver::Both(member.to_string()),
    };
    words(*statistic, &over, window.unwrap_or(step))
}

/// The same of a family. The step is in seconds.
pub(crate) fn meaning_of_family(over: Option<&OverTime>, step: u32) -> String {
    let words = |over: &OverTime| words(over.statistic, &over.over, over.window.unwrap_or(step));
    over.map_or_else(String::new, words)
}

fn words(statistic: Statistic, over: &FamilyOver, window: u32) -> String {
    let window = show_seconds(window.into());
    match over {
        FamilyOver::Time => format!("  {statistic} over {window} of the group"),
        FamilyOver::Members(member) => {
            format!("  {statistic} of the group's members by {}", line(member))
        }
        FamilyOver::Both(member) => {
            format!(
                "  {statistic} over {window} of the group's members by {}",
                line(member)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{Dimension, Statistic};

    #[test]
    fn a_statistic_is_named_with_what_it_is_of() {
        let p95 = Statistic::percentile(95.0);
        let kernels = Dimension::KernelId;
        let mut moving = Pointwise::over_time(Statistic::Max);
        moving.window = Some(86_400);
        for (pointwise, words) in [
            (None, ""),
            (
                Some(Pointwise::over_time(p95)),
                "  p95 over 1h of the group",
            ),
            (Some(moving), "  max over 1d of the group"),
            (
                Some(Pointwise::over_members(Statistic::Max, kernels)),
                "  max of the group's members by kernel-id",
            ),
            (
                Some(Pointwise::over_both(p95, kernels)),
                "  p95 over 1h of the group's members by kernel-id",
            ),
        ] {
            assert_eq!(meaning(pointwise.as_ref(), 3600), words);
        }
    }
}
