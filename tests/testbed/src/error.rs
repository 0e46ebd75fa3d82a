//! Errors while the testbed is set up: one variant a failure, the source kept. Each message is one line, except the
//! tail of a log.

use std::path::{Path, PathBuf};

/// The reason why the testbed could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TestbedError {
    /// A program is neither here nor can it be fetched.
    #[error("{program} is missing ({tried}); {remedy}")]
    Missing {
        /// The program's name.
        program: String,
        /// The places where it was looked for, and why fetching it failed.
        tried: String,
        /// Advice on how to get it.
        remedy: String,
    },
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// The action that failed.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error("cannot run {program}")]
    Run {
        /// The program.
        program: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A program ran and failed.
    #[error("{program} failed ({status}): {output}")]
    Failed {
        /// The program, and which of its verbs.
        program: String,
        /// The status it ended with.
        status: std::process::ExitStatus,
        /// The end of what it printed.
        output: String,
    },
    /// No loopback port could be had.
    #[error("no free loopback port")]
    Port(#[source] std::io::Error),
    /// A server did not take the data.
    #[error("{program} did not take the data: status {status:?}")]
    Import {
        /// The server's program.
        program: String,
        /// The HTTP status it answered; none: no answer.
        status: Option<u16>,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// A server did not become ready.
    #[error("{program} did not become ready: {reason}; the end of its log:\n{log}")]
    NotReady {
        /// The server's program.
        program: String,
        /// The reason: it ended, or took too long.
        reason: String,
        /// The last lines of its log.
        log: String,
    },
}

/// Makes an error of what the file system said.
pub(crate) fn file_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(std::io::Error) -> TestbedError + use<'a> {
    move |source| TestbedError::File {
        action,
        path: path.to_owned(),
        source,
    }
}
