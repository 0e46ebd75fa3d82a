//! The cheapest call there is, through the host's public face: an instance, a call, and the instance's end. In a loop,
//! and as a service meets it, whose caches Prometheus and its other callers have used in between.

use std::cell::RefCell;
use std::time::Duration;

use metric_host::{CacheOptions, Config, Host, HostOptions, Limits, ServiceOptions};

use super::query::an_hour_of_one_kernel;
use super::{Measurement, Row};
use crate::outcome::Goal;
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const WARM: Row = Row {
    name: "instantiate + call + drop",
    measure: |setting| measure(setting, || ()),
};
pub(super) const COLD: Row = Row {
    name: "instantiate + call + drop, caches cold",
    measure: |setting| measure(setting, walk),
};

const UNPREPARED: &str = "detect_metric_type, each makes its instance";

fn measure(setting: &Setting, prepare: fn()) -> Measurement<'_> {
    Box::pin(async move {
        let service = setting.service()?;
        let mut options = ServiceOptions::default();
        options.cache = CacheOptions::off();
        let limits = Limits {
            ready_instances: 0,
            ..Limits::default()
        };
        let host = Host::new(HostOptions {
            limits,
            ..HostOptions::default()
        })?;
        let unprepared = host
            .load_file(&setting.plugin_file)?
            .service_with(Config::new(&setting.address), &options)?;
        let mut contenders = Vec::new();
        for (detect, request, service) in [
            ("detect_metric_type", "metric_request", service),
            (
                UNPREPARED,
                "metric_request, each makes its instance",
                unprepared,
            ),
        ] {
            let (requesting, query) = (service.clone(), an_hour_of_one_kernel(setting));
            let detecting = Contender::new(detect, move || {
                let service = service.clone();
                async move { Ok(service.detect_metric_type("mem", None).await?) }
            });
            // The cost that an instance that was made ahead leaves to the call.
            contenders.push(match detect {
                UNPREPARED => detecting,
                _ => detecting.with_goal(Goal::RatioAtMost(0.6)),
            });
            contenders.push(
                Contender::new(request, move || {
                    let (service, query) = (requesting.clone(), query.clone());
                    async move { Ok(service.metric_request(&query).await?) }
                })
                .uncompared(),
            );
        }
        Race {
            baseline: Some(UNPREPARED),
            contenders: contenders
                .into_iter()
                .map(|contender| contender.prepared(prepare))
                .collect(),
            warm_up: 50,
            least_rounds: 200,
            time: Duration::from_secs(2),
        }
        .run()
        .await
    })
}

/// Puts other things into the processor's caches: a byte of each line of 64 MiB.
fn walk() {
    thread_local! {
        static OTHER: RefCell<Vec<u8>> = RefCell::new(vec![1; 64 << 20]);
    }
    OTHER.with_borrow_mut(|other| {
        for byte in other.iter_mut().step_by(64) {
            *byte = byte.wrapping_add(1);
        }
    });
}
