//! A failure that ends a command: an exit code, a message, and a hint. Printed on stderr.

use std::error::Error;
use std::fmt;
use std::io;

use metric_host::{CallError, ConfigError, HostError, LoadError};
use metric_serve::ServeError;

use crate::args::ServiceArgs;
use crate::exit::Exit;
use crate::hint;
use crate::output::{TooManyColumns, picture::NoPicture, say};

/// The reason why a command did not come to its end.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// Empty when the reader of stdout went away, which is nobody's fault.
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Empty: there is nothing to say.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// A hint how to mend it.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Says on stderr what was wrong.
    pub(crate) fn print(&self) {
        if self.message.is_empty() {
            return;
        }
        say("error", &self.message);
        if let Some(hint) = &self.hint {
            say("hint", hint);
        }
    }

    /// A failed call. `args` says which address was asked.
    pub(crate) fn of_call(error: &CallError, args: &ServiceArgs) -> Self {
        let hint = hint::of_call(error, &args.address);
        Self {
            hint,
            ..Self::new(error.into(), chain(error))
        }
    }
}

/// An error with its causes, a line each; what has several is indented. A cause that only repeats what was said is left
/// out.
fn chain(error: &dyn Error) -> String {
    let further = |text: String| text.replace('\n', "\n  ");
    let mut message = further(error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message.push_str("\nbecause: ");
            message.push_str(&further(text));
        }
        cause = error.source();
    }
    message
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // `metric-host … | head`: the reader has seen enough.
            io::ErrorKind::BrokenPipe => Self::new(Exit::Success, ""),
            _ => Self::new(Exit::Other, format!("cannot write the output: {error}")),
        }
    }
}

impl From<TooManyColumns> for Failure {
    fn from(error: TooManyColumns) -> Self {
        Self::new(Exit::LimitExceeded, error.to_string()).with_hint(
            "--format json and ndjson have no columns; --group-by says which labels are told apart",
        )
    }
}

impl From<NoPicture> for Failure {
    fn from(error: NoPicture) -> Self {
        Self::new(Exit::LimitExceeded, error.to_string()).with_hint(
            "--group-by and filters say which series there are, `top` shows those that matter; \
             --format json has all of them",
        )
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Self {
        // `io::Error::from` would hide which kind of error it was.
        match error.into_kind() {
            csv::ErrorKind::Io(error) => error.into(),
            kind => Self::new(Exit::Other, format!("cannot write the output: {kind:?}")),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        let failure = Self::new((&error).into(), chain(&error));
        match error {
            HostError::OutOfResources { .. } => failure.with_hint(hint::RAISE_THE_LIMITS),
            _ => failure,
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let hint = match error {
            // A component, and not the one that is wanted: its imports and exports tell which it is.
            LoadError::RefusedImports { .. }
            | LoadError::MissingExports { .. }
            | LoadError::WrongWorld { .. }
            | LoadError::Link { .. } => "`metric-host inspect` shows what it imports and exports",
            LoadError::OutOfResources { .. } => hint::RAISE_THE_LIMITS,
            _ => "`cargo xtask build` makes the plugin; --plugin FILE or METRIC_PLUGIN names it",
        };
        Self::new((&error).into(), chain(&error)).with_hint(hint)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = Self::new((&error).into(), chain(&error));
        match error {
            ConfigError::Address { .. } => {
                failure.with_hint("it comes from --address or METRIC_ADDRESS")
            }
            ConfigError::SetByBackend { .. } => failure.with_hint(
                "--backend sets it; without --backend, --parameter can, and --address names the server's path",
            ),
            ConfigError::CredentialsInTheClear { .. } => {
                failure.with_hint("--allow-credentials-in-the-clear gives that leave")
            }
            _ => failure,
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let failure = Self::new((&error).into(), chain(&error));
        match error {
            ServeError::Unguarded(_) => failure.with_hint("--access FILE says who may ask"),
            _ => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_error() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(failure.exit(), Exit::Success);
        assert!(failure.to_string().is_empty());
        let closed = serde_json::Error::io(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(Failure::from(closed).exit(), Exit::Success);
        let closed = csv::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(Failure::from(closed).exit(), Exit::Success);
        assert_eq!(
            Failure::from(io::Error::from(io::ErrorKind::StorageFull)).exit(),
            Exit::Other
        );
    }
}
