//! The components that are built here. Building them is not its concern.

/// A component.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Component {
    /// The plugin: every verb, with its requests sent through `wasi:http`.
    Service,
    /// The verbs without I/O alone. Imports nothing.
    Codec,
    /// The plugin's verbs over HTTP, for platforms that run components. Imports a plugin.
    Front,
}

impl Component {
    /// The components that the contract has a world for.
    pub(crate) const OF_THE_CONTRACT: [Self; 2] = [Self::Service, Self::Codec];
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Service, Self::Codec, Self::Front];

    /// Its package.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::Service => "metric-guest",
            Self::Codec => "metric-codec",
            Self::Front => "metric-http",
        }
    }

    /// Its file name, where cargo puts it and beside the host.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Service => "metric_service.wasm",
            Self::Codec => "metric_codec.wasm",
            Self::Front => "metric_http.wasm",
        }
    }

    /// The name in what we print.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Service => "plugin",
            Self::Codec => "codec",
            Self::Front => "front",
        }
    }
}
