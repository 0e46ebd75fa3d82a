//! The two components that the guest becomes. Who builds them is not its concern.

/// A component of the guest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Component {
    /// The plugin: every verb, with its requests sent through `wasi:http`.
    Service,
    /// The verbs without I/O alone. Imports nothing.
    Codec,
}

impl Component {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Service, Self::Codec];

    /// Its package, which is made of the guest's sources.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::Service => "metric-guest",
            Self::Codec => "metric-codec",
        }
    }

    /// Its file name, where cargo puts it and beside the host.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Service => "metric_service.wasm",
            Self::Codec => "metric_codec.wasm",
        }
    }

    /// What it is called in what we print.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Service => "plugin",
            Self::Codec => "codec",
        }
    }
}
