//! A description of a point, in words.

use metric_host::{Over, Pointwise};

use crate::duration::show_seconds;

/// Describes a point behind a heading: the statistic that was asked for, of what, over how long. Empty where a point is
/// the group's value at its instant. The step is in seconds.
pub(super) fn meaning(pointwise: Option<&Pointwise>, step: u32) -> String {
    let Some(Pointwise {
        statistic,
        over,
        window,
    }) = pointwise
    else {
        return String::new();
    };
    let window = show_seconds(window.unwrap_or(step).into());
    match over {
        Over::Time => format!("  {statistic} over {window} of the group"),
        Over::Members(member) => format!("  {statistic} of the group's members by {member}"),
        Over::Both(member) => {
            format!("  {statistic} over {window} of the group's members by {member}")
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
