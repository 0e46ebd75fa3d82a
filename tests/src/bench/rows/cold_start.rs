//! From nothing to a plugin that can be called, inside a process: an engine, and the plugin from the
//! compile cache, which `Setting` has filled.

use std::time::Duration;

use metric_host::{Host, HostOptions};

use super::{Measurement, Row};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "cold start, compiled plugin cached",
    measure,
};

fn measure(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let file = setting.plugin_file.clone();
        let load = Contender::new("Host::new + load_file", move || {
            let file = file.clone();
            async move { Ok(Host::new(HostOptions::default())?.load_file(&file)?) }
        });
        Race {
            baseline: None,
            contenders: vec![load],
            warm_up: 5,
            least_rounds: 50,
            time: Duration::from_secs(2),
        }
        .run()
        .await
    })
}
