//! Finds the servers that the tests run against: named by the environment, on PATH, fetched earlier,
//! or fetched now. It starts nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::debian;
use crate::error::TestbedError;

/// Prometheus and the tool that comes with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrometheusTools {
    /// The server.
    pub prometheus: PathBuf,
    /// Checks configurations and makes blocks.
    pub promtool: PathBuf,
}

/// Where to look, in this order: the environment variable, PATH, the folder of what was fetched, Debian's archive.
#[derive(Clone, Debug)]
pub struct Finder {
    prometheus: Option<PathBuf>,
    victoria_metrics: Option<PathBuf>,
    path: OsString,
    tools: PathBuf,
    fetches: bool,
}

impl Default for Finder {
    fn default() -> Self {
        Self::new()
    }
}

impl Finder {
    /// Looks everywhere: `PROMETHEUS` and `VICTORIA_METRICS` in the environment (the executable, or its folder),
    /// PATH, the workspace's `target/tools`, and at last Debian's archive.
    #[must_use]
    pub fn new() -> Self {
        let named = |variable| {
            std::env::var_os(variable)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        Self {
            prometheus: named("PROMETHEUS"),
            victoria_metrics: named("VICTORIA_METRICS"),
            path: std::env::var_os("PATH").unwrap_or_default(),
            tools: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"),
            fetches: true,
        }
    }

    /// Does not look at PATH, nor at the environment: as on a machine where nothing is installed.
    #[must_use]
    pub fn without_path(self) -> Self {
        Self {
            prometheus: None,
            victoria_metrics: None,
            path: OsString::new(),
            ..self
        }
    }

    /// Keeps what is fetched here, instead of in `target/tools`.
    #[must_use]
    pub fn with_tools(self, folder: impl Into<PathBuf>) -> Self {
        Self {
            tools: folder.into(),
            ..self
        }
    }

    /// Fetches nothing: what is not there is missing.
    #[must_use]
    pub fn offline(self) -> Self {
        Self {
            fetches: false,
            ..self
        }
    }

    /// `prometheus` and `promtool`.
    ///
    /// # Errors
    /// [`TestbedError::Missing`] says in one line where they were looked for, and how to get them.
    pub fn prometheus(&self) -> Result<PrometheusTools, TestbedError> {
        let package = Package {
            name: "prometheus",
            variable: "PROMETHEUS",
        };
        let prometheus = self.find(&package, self.prometheus.as_deref())?;
        let promtool = prometheus
            .parent()
            .and_then(|folder| executable(&folder.join("promtool")))
            .or_else(|| self.on_path("promtool"))
            .or_else(|| self.fetched(&package, "promtool"));
        match promtool {
            Some(promtool) => Ok(PrometheusTools {
                prometheus,
                promtool,
            }),
            None => Err(TestbedError::Missing {
                program: "promtool",
                tried: format!("neither beside {} nor on PATH", prometheus.display()),
                remedy: package.remedy(),
            }),
        }
    }

    /// `victoria-metrics`, which answers the same queries.
    ///
    /// # Errors
    /// [`TestbedError::Missing`], as for Prometheus.
    pub fn victoria_metrics(&self) -> Result<PathBuf, TestbedError> {
        let package = Package {
            name: "victoria-metrics",
            variable: "VICTORIA_METRICS",
        };
        self.find(&package, self.victoria_metrics.as_deref())
    }

    fn find(&self, package: &Package, named: Option<&Path>) -> Result<PathBuf, TestbedError> {
        if let Some(named) = named {
            return executable(named)
                .or_else(|| executable(&named.join(package.name)))
                .ok_or_else(|| TestbedError::Missing {
                    program: package.name,
                    tried: format!(
                        "{} is {}, where no executable is",
                        package.variable,
                        named.display()
                    ),
                    remedy: package.remedy(),
                });
        }
        if let Some(found) = self
            .on_path(package.name)
            .or_else(|| self.fetched(package, package.name))
        {
            return Ok(found);
        }
        let missing = |tried| TestbedError::Missing {
            program: package.name,
            tried,
            remedy: package.remedy(),
        };
        if !self.fetches {
            return Err(missing("not on PATH".to_owned()));
        }
        debian::fetch(package.name, &self.tools)
            .map_err(|reason| missing(format!("not on PATH, and fetching it failed: {reason}")))?;
        self.fetched(package, package.name).ok_or_else(|| {
            missing(format!(
                "not on PATH, nor in Debian's package {}",
                package.name
            ))
        })
    }

    fn on_path(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path).find_map(|folder| executable(&folder.join(program)))
    }

    fn fetched(&self, package: &Package, program: &str) -> Option<PathBuf> {
        executable(&self.tools.join(package.name).join("usr/bin").join(program))
    }
}

/// A Debian package whose main program has the package's name.
struct Package {
    name: &'static str,
    variable: &'static str,
}

impl Package {
    fn remedy(&self) -> String {
        format!(
            "run `apt-get install {}`, or set {}=path/to/{}",
            self.name, self.variable, self.name
        )
    }
}

/// The path, if an executable file is there.
fn executable(path: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = path.metadata().ok()?;
    (metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
        .then(|| path.canonicalize().unwrap_or_else(|_| path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn program(folder: &Path, name: &str) {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(name), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(0o755))
            .unwrap();
    }

    fn nowhere(tools: &Path) -> Finder {
        Finder::new().without_path().with_tools(tools).offline()
    }

    #[test]
    fn what_was_fetched_earlier_is_found() {
        let tools = tempfile::tempdir().unwrap();
        let folder = tools.path().join("prometheus/usr/bin");
        program(&folder, "prometheus");
        program(&folder, "promtool");
        let found = nowhere(tools.path()).prometheus().unwrap();
        assert!(found.prometheus.ends_with("prometheus/usr/bin/prometheus"));
        assert!(found.promtool.ends_with("prometheus/usr/bin/promtool"));
    }

    #[test]
    fn the_environment_may_name_the_executable_or_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        program(folder.path(), "prometheus");
        program(folder.path(), "promtool");
        for named in [folder.path().to_owned(), folder.path().join("prometheus")] {
            let finder = Finder {
                prometheus: Some(named),
                ..nowhere(Path::new("/nonexistent"))
            };
            assert!(
                finder
                    .prometheus()
                    .unwrap()
                    .prometheus
                    .ends_with("prometheus")
            );
        }
    }

    #[test]
    fn what_is_missing_is_said_in_one_line_with_the_remedy() {
        let tools = tempfile::tempdir().unwrap();
        let message = nowhere(tools.path()).prometheus().unwrap_err().to_string();
        assert_eq!(
            message,
            "prometheus is missing (not on PATH); \
             run `apt-get install prometheus`, or set PROMETHEUS=path/to/prometheus"
        );
        let finder = Finder {
            prometheus: Some("/nonexistent".into()),
            ..nowhere(tools.path())
        };
        assert!(
            finder
                .prometheus()
                .unwrap_err()
                .to_string()
                .contains("PROMETHEUS is /nonexistent")
        );
    }

    #[test]
    fn a_file_that_cannot_be_executed_is_not_a_program() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("prometheus"), "text").unwrap();
        let finder = Finder {
            path: folder.path().into(),
            ..nowhere(folder.path())
        };
        assert!(finder.prometheus().is_err());
    }
}
