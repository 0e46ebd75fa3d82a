//! What each statistic costs against its cheap form, which adds up the members' own statistics: one pass over the samples,
//! and a wrong number wherever members come and go (`docs/command-line.md` says what a statistic stands for). A day of a
//! hundred containers, a series an agent, a point an hour. Both in Prometheus's own time, which is nearly all of it.

use std::time::Duration;

use anyhow::ensure;
use metric_host::{Dimension, MetricQuery, Over, Pointwise, Statistic, ValueType};
use metric_testbed::Shape;

use super::{Measurement, Row};
use crate::native::{NativeClient, NativeRequest};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "statistics, a day by agent at 1 h",
    measure,
};

const HOUR: u32 = 3600;
const CHEAP: &str = "native client, cheap form (sum of maxima)";

fn measure(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let service = setting.service()?;
        let over = |statistic, over| {
            let window = None;
            query(Some(Pointwise {
                statistic,
                over,
                window,
            }))
        };
        let kernels = || Over::Members(Dimension::KernelId);
        let pooled = || Over::Both(Dimension::KernelId);
        let asked = [
            ("plugin, at the instant", query(None)),
            ("plugin, mean over time", over(Statistic::Avg, Over::Time)),
            (
                "plugin, maximum over time",
                over(Statistic::Max, Over::Time),
            ),
            ("plugin, last over time", over(Statistic::Last, Over::Time)),
            (
                "plugin, p95 over time",
                over(Statistic::Quantile(0.95), Over::Time),
            ),
            (
                "plugin, maximum over members",
                over(Statistic::Max, kernels()),
            ),
            (
                "plugin, p95 over members",
                over(Statistic::Quantile(0.95), kernels()),
            ),
            ("plugin, maximum over both", over(Statistic::Max, pooled())),
            (
                "plugin, p95 over both",
                over(Statistic::Quantile(0.95), pooled()),
            ),
        ];
        let cheap = NativeRequest::of({
            let plain = query(None);
            let mut request = service.metric_request(&plain).await?;
            request.body = form_urlencoded::Serializer::new(String::new())
                .append_pair(
                    "query",
                    "sum by (agent_id) (max_over_time(backendai_container_utilization\
                     {container_metric_name=\"mem\",value_type=\"current\"}[1h]))",
                )
                .append_pair("start", &plain.start)
                .append_pair("end", &plain.end)
                .append_pair("step", "3600")
                .finish();
            request
        })?;
        let client = NativeClient::new();
        let mut contenders = vec![Contender::new(CHEAP, move || {
            let (client, request) = (client.clone(), cheap.clone());
            async move {
                let series = client.query(request).await?;
                ensure!(series.len() == 8, "{} series", series.len());
                Ok(series)
            }
        })];
        contenders.extend(asked.map(|(name, query)| {
            let service = service.clone();
            Contender::new(name, move || {
                let (service, query) = (service.clone(), query.clone());
                async move {
                    let answer = service.query_metric(&query).await?;
                    ensure!(answer.series.len() == 8, "{} series", answer.series.len());
                    Ok(answer)
                }
            })
        }));
        Race {
            baseline: Some(CHEAP),
            contenders,
            warm_up: 2,
            least_rounds: 9,
            time: Duration::from_secs(10),
        }
        .run()
        .await
    })
}

fn query(pointwise: Option<Pointwise>) -> MetricQuery {
    let Shape { from, to, .. } = Shape::dashboard();
    let end = to - to.rem_euclid(i64::from(HOUR));
    let start = (end - 24 * i64::from(HOUR)).max(from);
    let mut query = MetricQuery::new("mem", start.to_string(), end.to_string());
    query.step = Some(HOUR);
    query.group_by = vec![Dimension::AgentId];
    query.labels.value_type = Some(ValueType::Current);
    query.pointwise = pointwise;
    query
}
