//! A running registry, as OCI specifies it: what components are published to.

use std::fs;
use std::path::Path;

use crate::daemon::{Daemon, Launch, Ready};
use crate::error::{TestbedError, file_error};
use crate::victoria_metrics::READY_WITHIN;

/// A registry on a loopback port. Dropped, it is killed and what it holds is removed; they also are when the process
/// that started it is killed.
#[derive(Debug)]
pub struct Registry(Daemon);

impl Registry {
    /// Starts an empty one of [`Finder::docker_registry`](crate::Finder::docker_registry).
    ///
    /// # Errors
    /// [`TestbedError::NotReady`] with the end of its log if it does not come up, [`TestbedError::File`],
    /// [`TestbedError::Run`] or [`TestbedError::Port`] if the machine does not let us.
    pub fn start(program: &Path) -> Result<Self, TestbedError> {
        let folder = Daemon::folder()?;
        let config = folder.path().join("config.yml");
        let data = folder.path().join("data");
        let text = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp: {{}}\n",
            data.display()
        );
        fs::write(&config, text).map_err(file_error("write", &config))?;
        let launch = Launch {
            // It is told its address by a variable, and by no flag.
            program: "/usr/bin/env".into(),
            listen: "REGISTRY_HTTP_ADDR=",
            arguments: [program, Path::new("serve"), &config]
                .map(|argument| argument.display().to_string())
                .to_vec(),
            ready: Ready::Answers("/v2/"),
            ready_within: READY_WITHIN,
        };
        Ok(Self(Daemon::start(launch, folder)?))
    }

    /// Returns the address where it listens: `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.0.address().to_string()
    }
}
