//! Finds the servers that the tests run against: named by the environment, on PATH, fetched earlier,
//! or fetched now. It starts nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::debian;
use crate::error::TestbedError;
use crate::release::{DOCKER_REGISTRY, Packaged, PrometheusRelease, VICTORIA_METRICS};

/// Prometheus and the tool that comes with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrometheusTools {
    /// The server.
    pub prometheus: PathBuf,
    /// Checks configurations and makes blocks.
    pub promtool: PathBuf,
}

/// VictoriaMetrics and the router that comes with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VictoriaMetricsTools {
    /// The server.
    pub victoria_metrics: PathBuf,
    /// Authenticates, and routes requests to servers.
    pub vmauth: PathBuf,
}

/// The places to look, in this order: the environment variable, PATH, the folder of what was fetched, Debian's archive.
#[derive(Clone, Debug)]
pub struct Finder {
    prometheus: Option<PathBuf>,
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
    /// Looks everywhere: `PROMETHEUS` in the environment (the executable, or its folder), PATH, the workspace's
    /// `target/tools`, and at last Debian's archive.
    #[must_use]
    pub fn new() -> Self {
        Self {
            prometheus: std::env::var_os("PROMETHEUS")
                .filter(|value| !value.is_empty())
                .map(PathBuf::from),
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

    /// `prometheus` and `promtool` of whichever release the machine has; where it has none, of 2.42.
    ///
    /// # Errors
    /// [`TestbedError::Missing`] says in one line where they were looked for, and how to get them.
    pub fn prometheus(&self) -> Result<PrometheusTools, TestbedError> {
        let missing = |program, tried| TestbedError::Missing {
            program,
            tried,
            remedy: "run `apt-get install prometheus`, or set PROMETHEUS=path/to/prometheus"
                .to_owned(),
        };
        let prometheus = if let Some(named) = &self.prometheus {
            executable(named)
                .or_else(|| executable(&named.join("prometheus")))
                .ok_or_else(|| {
                    let tried =
                        format!("PROMETHEUS is {}, where no executable is", named.display());
                    missing("prometheus".to_owned(), tried)
                })?
        } else if let Some(found) = self.on_path("prometheus") {
            found
        } else {
            return self.prometheus_release(PrometheusRelease::V2_42).map_err(
                |error| match error {
                    TestbedError::Missing { tried, .. } => {
                        missing("prometheus".to_owned(), format!("not on PATH; {tried}"))
                    }
                    other => other,
                },
            );
        };
        let promtool = prometheus
            .parent()
            .and_then(|folder| executable(&folder.join("promtool")))
            .or_else(|| self.on_path("promtool"))
            .ok_or_else(|| {
                let tried = format!("neither beside {} nor on PATH", prometheus.display());
                missing("promtool".to_owned(), tried)
            })?;
        Ok(PrometheusTools {
            prometheus,
            promtool,
        })
    }

    /// `prometheus` and `promtool` of a release, from Debian's archive.
    ///
    /// # Errors
    /// [`TestbedError::Missing`] says in one line why it could not be had.
    pub fn prometheus_release(
        &self,
        release: PrometheusRelease,
    ) -> Result<PrometheusTools, TestbedError> {
        let release = release.packaged();
        Ok(PrometheusTools {
            prometheus: self.packaged(release, "prometheus")?,
            promtool: self.packaged(release, "promtool")?,
        })
    }

    /// Every release of Prometheus that can be had, the oldest first.
    #[must_use]
    pub fn prometheus_releases(&self) -> Vec<(PrometheusRelease, PrometheusTools)> {
        PrometheusRelease::ALL
            .into_iter()
            .filter_map(|release| Some((release, self.prometheus_release(release).ok()?)))
            .collect()
    }

    /// The servers that cannot be had, each with the reason. All others are fetched now, if they were not earlier.
    #[must_use]
    pub fn left_out(&self) -> Vec<(String, String)> {
        let prometheus = PrometheusRelease::ALL
            .into_iter()
            .map(|release| (release.packaged(), self.prometheus_release(release).err()));
        let victoria_metrics = (&VICTORIA_METRICS, self.victoria_metrics().err());
        let registry = (&DOCKER_REGISTRY, self.docker_registry().err());
        prometheus
            .chain([victoria_metrics, registry])
            .filter_map(|(packaged, error)| {
                let server = format!("{} {}", packaged.program, packaged.version);
                Some((server, error?.to_string()))
            })
            .collect()
    }

    /// `victoria-metrics` and `vmauth` 1.145, from Debian's archive.
    ///
    /// # Errors
    /// [`TestbedError::Missing`] says in one line why it could not be had.
    pub fn victoria_metrics(&self) -> Result<VictoriaMetricsTools, TestbedError> {
        Ok(VictoriaMetricsTools {
            victoria_metrics: self.packaged(&VICTORIA_METRICS, "victoria-metrics")?,
            vmauth: self.packaged(&VICTORIA_METRICS, "vmauth")?,
        })
    }

    /// `docker-registry` 2.8, from Debian's archive.
    ///
    /// # Errors
    /// [`TestbedError::Missing`] says in one line why it could not be had.
    pub fn docker_registry(&self) -> Result<PathBuf, TestbedError> {
        self.packaged(&DOCKER_REGISTRY, "docker-registry")
    }

    /// A program of a release, fetched earlier or now.
    fn packaged(&self, release: &Packaged, program: &str) -> Result<PathBuf, TestbedError> {
        let path = self
            .tools
            .join(release.folder())
            .join("usr/bin")
            .join(program);
        let missing = |tried| TestbedError::Missing {
            program: format!("{program} {}", release.version),
            tried,
            remedy: format!("Debian's {} has had it", release.suite),
        };
        if let Some(found) = executable(&path) {
            return Ok(found);
        }
        if !self.fetches {
            return Err(missing("not fetched earlier".to_owned()));
        }
        debian::fetch(release, &self.tools)
            .map_err(|reason| missing(format!("fetching it failed: {reason}")))?;
        executable(&path).ok_or_else(|| missing("not in Debian's package".to_owned()))
    }

    fn on_path(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path).find_map(|folder| executable(&folder.join(program)))
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
        let folder = tools.path().join("prometheus-2.42/usr/bin");
        program(&folder, "prometheus");
        program(&folder, "promtool");
        let found = nowhere(tools.path()).prometheus().unwrap();
        assert!(
            found
                .prometheus
                .ends_with("prometheus-2.42/usr/bin/prometheus")
        );
        assert!(found.promtool.ends_with("prometheus-2.42/usr/bin/promtool"));
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
            "prometheus is missing (not on PATH; not fetched earlier); \
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
    fn a_release_is_not_taken_from_path_and_one_that_is_missing_is_said_to_be() {
        let tools = tempfile::tempdir().unwrap();
        let folder = tools.path().join("prometheus-3.5/usr/bin");
        program(&folder, "prometheus");
        program(&folder, "promtool");
        let finder = Finder {
            path: folder.into(),
            ..nowhere(tools.path())
        };
        let releases: Vec<_> = finder
            .prometheus_releases()
            .into_iter()
            .map(|(release, _)| release)
            .collect();
        assert_eq!(releases, [PrometheusRelease::V3_5]);
        let left_out = finder.left_out();
        let servers: Vec<_> = left_out.iter().map(|(server, _)| server.as_str()).collect();
        assert_eq!(
            servers,
            [
                "prometheus 2.42",
                "prometheus 2.53",
                "victoria-metrics 1.145",
                "docker-registry 2.8"
            ]
        );
        assert_eq!(
            left_out[1].1,
            "prometheus 2.53 is missing (not fetched earlier); Debian's trixie has had it"
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
