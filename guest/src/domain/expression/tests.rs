use super::*;
use crate::domain::{LabelFilter, plan};
use std::num::NonZeroU32;

const M: &str = "backendai_container_utilization";

fn query(metric_name: &str, value_type: ValueType) -> MetricQuery {
    MetricQuery {
        metric_name: metric_name.into(),
        start: "0".into(),
        end: "86400".into(),
        step: Some(3600),
        labels: LabelFilter {
            value_type: Some(value_type),
            ..Default::default()
        },
        group_by: vec![Dimension::AgentId],
        ..Default::default()
    }
}

fn with(
    mut query: MetricQuery,
    statistic: Statistic,
    over: Over,
    window: Option<u32>,
) -> MetricQuery {
    query.pointwise = Some(Pointwise {
        statistic,
        over,
        window,
    });
    query
}

fn promql(query: &MetricQuery) -> String {
    plan(&Settings::default(), query).unwrap().promql
}

fn mem() -> MetricQuery {
    query("mem", ValueType::Current)
}

fn cpu() -> MetricQuery {
    query("cpu_util", ValueType::Current)
}

#[test]
fn a_statistic_over_time_is_one_of_the_groups_sum() {
    let sum = format!(
        r#"sum by (agent_id,value_type)({M}{{container_metric_name="mem",value_type="current"}})"#
    );
    assert_eq!(
        promql(&with(mem(), Statistic::Max, Over::Time, None)),
        format!("max_over_time(({sum})[59m59s999ms:15s])")
    );
    assert_eq!(
        promql(&with(
            mem(),
            Statistic::Quantile(0.95),
            Over::Time,
            Some(600)
        )),
        format!("quantile_over_time(0.95, ({sum})[9m59s999ms:15s])")
    );
}

#[test]
fn where_each_group_is_one_series_its_samples_are_read_instead() {
    let mut of_kernels = mem();
    of_kernels.group_by = vec![Dimension::KernelId];
    assert_eq!(
        promql(&with(of_kernels, Statistic::Max, Over::Time, None)),
        format!(
            r#"sum by (kernel_id,value_type)(max_over_time({M}{{container_metric_name="mem",value_type="current"}}[1h]))"#
        )
    );
    let mut of_two = mem();
    of_two.labels.kernel_id = vec!["a".into(), "b".into()];
    assert!(
        promql(&with(of_two, Statistic::Max, Over::Time, None)).starts_with("max_over_time((sum")
    );
}

#[test]
fn the_mean_of_a_rate_is_the_rate_over_the_longer_window_and_its_peak_is_none_of_a_sum_of_peaks() {
    let rate = |window: &str| {
        format!(
            r#"sum by (agent_id,value_type)(rate({M}{{container_metric_name="cpu_util",value_type="current"}}[{window}]))"#
        )
    };
    assert_eq!(
        promql(&with(cpu(), Statistic::Avg, Over::Time, Some(7200))),
        rate("2h")
    );
    assert_eq!(
        promql(&with(cpu(), Statistic::Avg, Over::Time, None)),
        rate("1h15s")
    );
    assert_eq!(
        promql(&with(cpu(), Statistic::Max, Over::Time, None)),
        format!("max_over_time(({})[59m59s999ms:15s])", rate("1m"))
    );
}

#[test]
fn members_are_told_apart_within_the_group() {
    assert_eq!(
        promql(&with(
            mem(),
            Statistic::Quantile(0.5),
            Over::Members(Dimension::KernelId),
            None
        )),
        format!(
            r#"quantile by (agent_id,value_type)(0.5, sum by (agent_id,kernel_id,value_type)({M}{{container_metric_name="mem",value_type="current"}}))"#
        )
    );
    let both = with(
        mem(),
        Statistic::Max,
        Over::Both(Dimension::KernelId),
        Some(600),
    );
    let plan = plan(&Settings::default(), &both).unwrap();
    assert!(
        plan.promql
            .starts_with("sum by (agent_id,kernel_id,value_type)(")
    );
    assert_eq!((plan.grid.step(), plan.asked.step()), (3600, 15));
    assert_eq!(plan.asked.start(), plan.grid.start() - 600 + 15);
    let pooling = plan.pooling.unwrap();
    assert_eq!(
        (
            pooling.member.as_deref(),
            pooling.window,
            pooling.resolution
        ),
        (Some("kernel_id"), 600, 15)
    );
}

#[test]
fn a_member_that_is_a_group_of_its_own_stays_one() {
    let agents = Over::Both(Dimension::AgentId);
    let query = with(mem(), Statistic::Max, agents, None);
    let plan = plan(&Settings::default(), &query).unwrap();
    assert_eq!(plan.pooling.unwrap().member, None);
}

#[test]
fn a_percentage_is_of_the_members_that_have_both_sides_and_counts_the_others() {
    let selected = |value| format!(r#"{M}{{container_metric_name="mem",value_type="{value}"}}"#);
    let (current, capacity) = (selected("current"), format!("{} > 0", selected("capacity")));
    let quotient = format!(
        "100 * sum by (agent_id)({current} and ignoring(value_type) ({capacity})) / sum by (agent_id)({capacity} and ignoring(value_type) {current})"
    );
    let count = format!(
        "count(({current} unless ignoring(value_type) ({capacity})) or ({capacity} unless ignoring(value_type) {current}))"
    );
    let mem = query("mem", ValueType::Pct);
    assert_eq!(
        promql(&mem),
        format!(r#"{quotient} or label_replace({count}, "left_out", "members", "", "")"#)
    );
    assert_eq!(
        promql(&with(mem, Statistic::Max, Over::Time, None)),
        format!(
            r#"max_over_time(({quotient})[59m59s999ms:15s]) or label_replace(max_over_time(({count})[59m59s999ms:15s]), "left_out", "members", "", "")"#
        )
    );
}

#[test]
fn a_percentage_of_cpu_is_of_one_core_and_adds_up() {
    let mut cpu = query("cpu_util", ValueType::Pct);
    cpu.step = Some(60);
    cpu.end = "3600".into();
    assert_eq!(
        promql(&cpu),
        format!(
            r#"sum by (agent_id)(rate({M}{{container_metric_name="cpu_util",value_type="current"}}[1m15s])) / 10"#
        )
    );
}

#[test]
fn levels_sampled_further_apart_than_prometheus_looks_back_are_looked_for() {
    let sparse = Settings {
        sample_interval: NonZeroU32::new(600).unwrap(),
        ..Settings::default()
    };
    assert_eq!(
        plan(&sparse, &mem()).unwrap().promql,
        format!(
            r#"sum by (agent_id,value_type)(last_over_time({M}{{container_metric_name="mem",value_type="current"}}[20m]))"#
        )
    );
}
