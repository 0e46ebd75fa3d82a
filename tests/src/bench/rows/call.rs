//! The cheapest call there is, through the host's public face: an instance, a call, and the instance's end.

use std::time::Duration;

use super::{Measurement, Row};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "instantiate + call + drop",
    measure,
};

fn measure(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let service = setting.service()?;
        let call = Contender::new("detect_metric_type", move || {
            let service = service.clone();
            async move { Ok(service.detect_metric_type("mem", None).await?) }
        });
        Race {
            baseline: None,
            contenders: vec![call],
            warm_up: 200,
            least_rounds: 1000,
            time: Duration::from_secs(1),
        }
        .run()
        .await
    })
}
