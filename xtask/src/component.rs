//! The two components that the guest becomes, and where each is built. Who builds them is not its concern.

use std::path::PathBuf;

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

    /// Its file name, beside the host.
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

    /// The flags that make cargo build it.
    pub(crate) fn features(self) -> &'static [&'static str] {
        match self {
            Self::Service => &[],
            Self::Codec => &["--features", "codec-only"],
        }
    }

    /// Where cargo builds it, if it builds the plugin in `target`. In one folder the two would overwrite each
    /// other: cargo names what it builds for the library, not for the feature.
    pub(crate) fn target(self, target: PathBuf) -> PathBuf {
        match self {
            Self::Service => target,
            Self::Codec => target.join("codec"),
        }
    }
}
