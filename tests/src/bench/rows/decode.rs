//! Where the time of a query goes when Prometheus's share is left out: building the request, and decoding
//! an answer that is already there. The plugin is handed the body by its codec, from a fresh instance, and gives
//! its columns back; the native scanner is the plugin's own decoder, compiled for this machine.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use metric_host::MetricQuery;
use metric_service::prometheus::{Answer as _, Budget, RangeAnswer};

use super::query::{a_day_of_all_kernels, an_hour_of_one_kernel};
use super::{Preparation, Row};
use crate::decode::decode;
use crate::native::{NativeClient, NativeRequest};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const SMALL: Row = Row {
    name: "decode 1 series x 61 points",
    prepare: small,
};
pub(super) const LARGE: Row = Row {
    name: "decode 200 series x 1441 points",
    prepare: large,
};

fn small(setting: &Setting) -> Preparation<'_> {
    Box::pin(race(setting, an_hour_of_one_kernel(setting), None))
}

fn large(setting: &Setting) -> Preparation<'_> {
    // Half as fast.
    Box::pin(race(setting, a_day_of_all_kernels(), Some(2.0)))
}

async fn race(setting: &Setting, query: MetricQuery, goal: Option<f64>) -> Result<Race> {
    let service = setting.service()?;
    let request = NativeRequest::of(service.metric_request(&query).await?)?;
    let body: Arc<str> = NativeClient::new().text(request).await?.into();
    let (asking, asked) = (service.clone(), query.clone());
    let (native_body, scanned_body) = (Arc::clone(&body), Arc::clone(&body));
    let response = Contender::new("plugin, metric-response", move || {
        let (service, query, body) = (service.clone(), query.clone(), Arc::clone(&body));
        async move { Ok(service.metric_response(&query, 200, &body).await?) }
    });
    Ok(Race {
        baseline: Some("native scanner"),
        contenders: vec![
            Contender::new("plugin, metric-request", move || {
                let (service, query) = (asking.clone(), asked.clone());
                async move { Ok(service.metric_request(&query).await?) }
            })
            .uncompared(),
            match goal {
                Some(goal) => response.with_goal(goal),
                None => response,
            },
            Contender::new("native scanner", move || {
                let body = Arc::clone(&scanned_body);
                async move { Ok(RangeAnswer::new(200, Budget::bytes(1 << 30)).read(body.as_bytes())?) }
            }),
            Contender::new("serde_json", move || {
                let body = Arc::clone(&native_body);
                async move { decode(body.as_bytes()) }
            }),
        ],
        warm_up: 20,
        least_rounds: 50,
        time: Duration::from_secs(2),
    })
}
