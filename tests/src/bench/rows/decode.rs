//! The time of a query when Prometheus's share is left out: building the request, and decoding an answer that is
//! already there. The plugin is handed the body by its codec, from a fresh instance, and gives its columns back; the
//! native scanner is the plugin's own decoder, compiled for this machine. The cost of taking a body in is told by the
//! same body under a status of 404, of which the plugin reads no more than the head; the rest is its work on the body.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use metric_host::MetricQuery;
use metric_service::prometheus::{Budget, RangeDecoder, ResponseDecoder as _};

use super::query::{a_day_of_all_kernels, an_hour_of_one_kernel};
use super::{Measurement, Row};
use crate::decode::decode;
use crate::native::{NativeClient, NativeRequest};
use crate::outcome::{Goal, Outcome, Unit};
use crate::race::{Contender, Race};
use crate::setting::Setting;

const OURS: &str = "plugin, metric-response";
const UNREAD: &str = "plugin, the same body unread";
const NATIVE: &str = "native scanner";

pub(super) const SMALL: Row = Row {
    name: "decode 1 series x 61 points",
    measure: small,
};
pub(super) const LARGE: Row = Row {
    name: "decode 200 series x 1441 points",
    measure: large,
};

fn small(setting: &Setting) -> Measurement<'_> {
    // So few samples tell what a call costs, not what a sample does.
    Box::pin(race(setting, an_hour_of_one_kernel(setting), None))
}

fn large(setting: &Setting) -> Measurement<'_> {
    // The cost of bounds checks and of a compiler that hurries.
    let goal = Goal::RatioAtMost(1.7);
    Box::pin(race(setting, a_day_of_all_kernels(), Some(goal)))
}

/// `goal`: what the time of decoding alone, against the native scanner's, is held to.
async fn race(setting: &Setting, query: MetricQuery, goal: Option<Goal>) -> Result<Vec<Outcome>> {
    let service = setting.service()?;
    let request = NativeRequest::of(service.metric_request(&query).await?)?;
    let body: Arc<str> = NativeClient::new().text(request).await?.into();
    let (asking, asked) = (service.clone(), query.clone());
    let (native_body, scanned_body) = (Arc::clone(&body), Arc::clone(&body));
    let (refusing, refused, unread_body) = (service.clone(), query.clone(), Arc::clone(&body));
    let decoded = service.metric_response(&query, 200, &body).await?;
    let samples = decoded.series.iter().map(|s| s.values.len()).sum();
    let race = Race {
        baseline: Some(NATIVE),
        contenders: vec![
            Contender::new("plugin, metric-request", move || {
                let (service, query) = (asking.clone(), asked.clone());
                async move { Ok(service.metric_request(&query).await?) }
            })
            .uncompared(),
            Contender::new(OURS, move || {
                let (service, query, body) = (service.clone(), query.clone(), Arc::clone(&body));
                async move { Ok(service.metric_response(&query, 200, &body).await?) }
            }),
            Contender::new(UNREAD, move || {
                let (service, query) = (refusing.clone(), refused.clone());
                let body = Arc::clone(&unread_body);
                async move { Ok(service.metric_response(&query, 404, &body).await.is_err()) }
            })
            .uncompared(),
            Contender::new(NATIVE, move || {
                let body = Arc::clone(&scanned_body);
                async move { Ok(RangeDecoder::new(200, Budget::bytes(1 << 30)).read(body.as_bytes())?) }
            }),
            Contender::new("serde_json", move || {
                let body = Arc::clone(&native_body);
                async move { decode(body.as_bytes()) }
            }),
        ],
        warm_up: 20,
        least_rounds: 50,
        time: Duration::from_secs(2),
    };
    let mut outcomes = race.run().await?;
    let values = |name| {
        let named = outcomes.iter().find(|outcome| outcome.contender == name);
        named.map_or(&[][..], |outcome| &outcome.values)
    };
    let decoding = values(OURS).iter().zip(values(UNREAD)).map(|(a, b)| a - b);
    let decoding = Outcome::new("plugin, decoding alone", Unit::Seconds, decoding.collect())
        .against(values(NATIVE));
    // Of a few samples it is less than what two calls differ by.
    let decoding = goal.map(|goal| decoding.with_goal(goal));
    let mut throughput: Vec<Outcome> = decoding.into_iter().collect();
    for outcome in &outcomes {
        match outcome.contender {
            OURS => throughput.push(rate("plugin, samples a second", samples, outcome)),
            NATIVE => throughput.push(rate("native, samples a second", samples, outcome)),
            _ => {}
        }
    }
    outcomes.append(&mut throughput);
    Ok(outcomes)
}

fn rate(name: &'static str, samples: usize, times: &Outcome) -> Outcome {
    #[allow(clippy::cast_precision_loss, reason = "a number of samples")]
    let rates = times.values.iter().map(|seconds| samples as f64 / seconds);
    Outcome::new(name, Unit::SamplesASecond, rates.collect())
}
