//! Looks at a Prometheus, and says what to set: whether it can be asked, what it is, what it holds, and how the
//! configuration fits that.
//!
//! Asks as a service's own requests are asked: through the same client, to the same address, within the same policy.
//! It needs no plugin, and does not know how anything is printed.
//!
//! 1. `probe.rs` sends a request and reads the answer (`response.rs`), or says what the trouble is.
//! 2. `server.rs` judges the server: the way to it, what it speaks, its version, its clock, its limits; `method.rs`
//!    whether it is asked by a method that it answers.
//! 3. `data.rs` judges what it holds: metrics, their age, their labels, the time between two samples.
//! 4. `report.rs` is what is found.

mod data;
mod method;
mod probe;
mod report;
mod response;
mod server;

use std::sync::Arc;

use crate::{
    config::{ServiceOptions, address::Address, error::ConfigError},
    contract::types::Config,
    egress::{Egress, budget::CallBudget},
    host::Host,
};

use self::probe::Probe;
pub use self::report::{Check, Examination, Setting, Subject, Verdict};

/// Looks at one Prometheus.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use metric_host::{Config, Host, HostOptions, ServiceOptions, doctor::Verdict};
///
/// let host = Host::new(HostOptions::default())?;
/// let doctor = host.doctor(Config::new("prometheus:9090"), &ServiceOptions::default())?;
/// let examination = doctor.examine().await;
/// for check in &examination.checks {
///     println!("{} {}: {}", check.verdict, check.subject, check.found);
/// }
/// assert!(examination.verdict() < Verdict::Fail);
/// # Ok(())
/// # }
/// ```
pub struct Doctor {
    config: Config,
    addresses: Vec<Address>,
    probe: Probe,
}

impl Host {
    /// Makes a doctor for the Prometheus that `config` names. The configuration is judged by what is found there.
    ///
    /// # Errors
    /// As [`Plugin::service_with`](crate::Plugin::service_with).
    pub fn doctor(&self, config: Config, options: &ServiceOptions) -> Result<Doctor, ConfigError> {
        let address = Address::parse(&config.address)?.with_backend(config.backend);
        let mut addresses = vec![address.clone()];
        for other in &options.failover {
            addresses.push(Address::parse(other)?);
        }
        let shared = &self.shared;
        let timers = shared.ticker.timers();
        let egress = Egress::to(
            address.clone(),
            options,
            &shared.limits,
            timers,
            &shared.metrics,
        )?;
        let timeout = shared.limits.timeout_of_call(&config);
        Ok(Doctor {
            config,
            addresses,
            probe: Probe::new(
                egress,
                Arc::new(CallBudget::of(&shared.limits)),
                address,
                timers.clone(),
                timeout,
            ),
        })
    }
}

impl Doctor {
    /// Asks some fifteen small questions, and judges. Checks that cannot be made any more are skipped. Each question
    /// has the time of a call.
    pub async fn examine(&self) -> Examination {
        let mut checks = vec![server::transport(&self.addresses)];
        if let Some(clock) = server::answers(&self.probe, &mut checks).await {
            checks.push(server::build(&self.probe, &self.config).await);
            let now = clock.now();
            checks.push(server::clock(clock));
            let (check, probe) = method::examine(&self.probe, &self.config, now).await;
            checks.push(check);
            if let Some(probe) = probe {
                checks.push(server::limits(&probe, &self.config, now).await);
                data::examine(&probe, &self.config, now, &mut checks).await;
            }
        }
        for &subject in Subject::ALL {
            if !checks.iter().any(|check| check.subject == subject) {
                checks.push(Check::skipped(subject));
            }
        }
        checks.sort_by_key(|check| check.subject);
        Examination {
            address: self.config.address.clone(),
            checks,
        }
    }
}

impl std::fmt::Debug for Doctor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doctor")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
