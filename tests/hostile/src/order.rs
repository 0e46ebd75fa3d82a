//! The orders of an attack: its name, the address of Prometheus, and those that it must never get to.

use crate::bindings::exports::backendai::metric::types::Config;

/// The canaries, beside the address that everyone is told.
pub(crate) struct Order {
    /// The attack's name: that of its file.
    pub(crate) attack: String,
    /// The address of Prometheus, without a scheme.
    pub(crate) authority: String,
    /// Somebody at another port.
    pub(crate) other_port: String,
    /// Somebody at another host.
    pub(crate) other_host: String,
}

impl Order {
    /// Reads `ATTACK OTHER-PORT OTHER-HOST` from the one text of the configuration that is free.
    pub(crate) fn read(config: &Config) -> Self {
        let text = config.timewindow.clone().unwrap_or_default();
        let mut words = text.split(' ').map(str::to_owned);
        let address = &config.address;
        let authority = address
            .split_once("://")
            .map_or(address.as_str(), |(_, rest)| rest);
        Self {
            attack: words.next().unwrap_or_default(),
            authority: authority.to_owned(),
            other_port: words.next().unwrap_or_default(),
            other_host: words.next().unwrap_or_default(),
        }
    }
}
