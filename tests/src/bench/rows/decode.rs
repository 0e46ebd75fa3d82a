//! Where the time of a query goes when Prometheus's share is left out: building the request, and decoding
//! an answer that is already there. The plugin is handed the body by its codec, from a fresh instance.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use metric_host::MetricQuery;

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
    Box::pin(race(setting, an_hour_of_one_kernel(setting)))
}

fn large(setting: &Setting) -> Preparation<'_> {
    Box::pin(race(setting, a_day_of_all_kernels()))
}

async fn race(setting: &Setting, query: MetricQuery) -> Result<Race> {
    let service = setting.service()?;
    let request = NativeRequest::of(service.metric_request(&query).await?)?;
    let body: Arc<str> = NativeClient::new().text(request).await?.into();
    let (asking, asked) = (service.clone(), query.clone());
    let native_body = Arc::clone(&body);
    Ok(Race {
        baseline: Some("native decoder"),
        contenders: vec![
            Contender::new("plugin, metric-request", move || {
                let (service, query) = (asking.clone(), asked.clone());
                async move { Ok(service.metric_request(&query).await?) }
            })
            .uncompared(),
            Contender::new("plugin, metric-response", move || {
                let (service, query, body) = (service.clone(), query.clone(), Arc::clone(&body));
                async move { Ok(service.metric_response(&query, 200, &body).await?) }
            }),
            Contender::new("native decoder", move || {
                let body = Arc::clone(&native_body);
                async move { decode(body.as_bytes()) }
            }),
        ],
        warm_up: 20,
        least_rounds: 50,
        time: Duration::from_secs(2),
    })
}
