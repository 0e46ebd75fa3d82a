//! The errors of loading a plugin, one variant a failure.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::digest::PluginDigest;
use crate::contract::{error::BoxError, scarcity};

/// The reason why a plugin is not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the plugin {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The path leads to something else than a regular file.
    #[error(
        "cannot read the plugin {}: it is no regular file, and only such are read",
        path.display()
    )]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The system has no more file descriptors, threads or memory for this process. It says nothing of the plugin:
    /// load it again when there is less to do, or raise the limits of the process.
    #[error("the system has no more file descriptors, threads or memory for loading the plugin")]
    OutOfResources {
        /// The system's reason.
        source: BoxError,
    },
    /// The plugin is larger than [`Limits::plugin_bytes`](crate::Limits::plugin_bytes).
    #[error("the plugin is {size} bytes long; at most {maximum} are accepted")]
    TooLarge {
        /// Its size in bytes; at least, if the file grew while it was read.
        size: u64,
        /// The limit in bytes.
        maximum: u64,
    },
    /// The plugin is another file than the one that was [asked for](crate::Host::only).
    #[error("the plugin's SHA-256 is {found}; accepted is {wanted} alone")]
    AnotherFile {
        /// The SHA-256 of what was there.
        found: PluginDigest,
        /// The SHA-256 that was asked for.
        wanted: PluginDigest,
    },
    /// The bytes are something else than a component.
    #[error("not a plugin: found {found}; accepted is a WebAssembly component (binary, WASI 0.2)")]
    NotAComponent {
        /// The kind of file found instead.
        found: String,
    },
    /// It begins as a component, and then breaks off or makes no sense.
    #[error(
        "the plugin is damaged at byte {offset}: {reason}; accepted is a whole WebAssembly component"
    )]
    Damaged {
        /// The place, in bytes from the start.
        offset: u64,
        /// The reason.
        reason: String,
    },
    /// Compiling the plugin would cost too much: one of the limits from
    /// [`Limits::plugin_functions`](crate::Limits::plugin_functions) to [`Limits::core_modules`](crate::Limits::core_modules).
    #[error("the plugin has {found} {what}; at most {maximum} are accepted")]
    TooComplex {
        /// The excess, such as `functions`.
        what: &'static str,
        /// The amount found, of which there may be more.
        found: u64,
        /// The limit.
        maximum: u64,
    },
    /// The plugin was not compiled in [`Limits::compile_timeout`](crate::Limits::compile_timeout).
    #[error("the plugin was not compiled within {after:?}, and was given up")]
    CompileTimedOut {
        /// The limit.
        after: Duration,
    },
    /// As many plugins as may be compiled at once were still being compiled after
    /// [`Limits::compile_timeout`](crate::Limits::compile_timeout), so this one was not begun. Load it again later.
    #[error("{others} other plugins are still being compiled; try again later")]
    StillCompiling {
        /// The number of them.
        others: usize,
    },
    /// The plugin asks for more than a plugin is given.
    #[error(
        "the plugin asks for imports that are not granted: {}; granted are {}",
        refused.join(", "),
        or_nothing(granted)
    )]
    RefusedImports {
        /// Each import that is refused, by its full name.
        refused: Vec<String>,
        /// The imports that are granted; none to a component without I/O.
        granted: &'static [&'static str],
    },
    /// The plugin lacks something that the world it is loaded as asks for.
    #[error(
        "the plugin is not a {world}: it does not export {}",
        missing.join(", ")
    )]
    MissingExports {
        /// The world's full name.
        world: &'static str,
        /// Each interface that is missing, by its full name.
        missing: Vec<String>,
    },
    /// The plugin exports what the world asks for by name, but functions are missing or of other types.
    #[error("the plugin claims to be a {world}, but its functions differ")]
    WrongWorld {
        /// The world's full name.
        world: &'static str,
        /// The first difference.
        source: BoxError,
    },
    /// The imports are of types that this host does not know, for example of a later WASI.
    #[error("the plugin's imports cannot be satisfied")]
    Link {
        /// The first difference.
        source: BoxError,
    },
    /// The plugin is invalid, or needs what the engine does not grant (too large a memory or table,
    /// a WebAssembly proposal that is switched off).
    #[error("the plugin cannot be compiled")]
    Compile {
        /// wasmtime's reason.
        source: BoxError,
    },
    /// No instance of the plugin can be made: it crashes or loops when it starts.
    #[error("the plugin cannot be instantiated")]
    Instantiate {
        /// wasmtime's reason.
        source: BoxError,
    },
}

impl LoadError {
    /// A plugin's file that cannot be read: because of the file, or of what the system lacks.
    pub(crate) fn read(path: &Path, error: io::Error) -> Self {
        match scarcity::is_scarcity(&error) {
            true => Self::OutOfResources {
                source: error.into(),
            },
            false => Self::Read {
                path: path.to_owned(),
                source: error,
            },
        }
    }

    /// A plugin of which no instance can be made: because of the plugin, or of what the system lacks.
    pub(crate) fn instantiate(source: BoxError) -> Self {
        match scarcity::is_scarcity(&*source) {
            true => Self::OutOfResources { source },
            false => Self::Instantiate { source },
        }
    }
}

fn or_nothing(granted: &[&str]) -> String {
    match granted {
        [] => "nothing".to_owned(),
        granted => granted.join(", "),
    }
}
