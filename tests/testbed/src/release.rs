//! The releases of servers that tests are run against, and where Debian's archive has them.

/// A release of Prometheus: the oldest that is asked, the last of 2.x with long-term support, and that of 3.x.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PrometheusRelease {
    /// 2.42, of Debian 12 (bookworm).
    V2_42,
    /// 2.53, of Debian 13 (trixie).
    V2_53,
    /// 3.5, of Debian's next release (forky).
    V3_5,
}

impl PrometheusRelease {
    /// All, the oldest first.
    pub const ALL: [Self; 3] = [Self::V2_42, Self::V2_53, Self::V3_5];

    /// `2.42`.
    #[must_use]
    pub fn version(self) -> &'static str {
        self.packaged().version
    }

    pub(crate) fn packaged(self) -> &'static Packaged {
        match self {
            Self::V2_42 => &Packaged {
                program: "prometheus",
                version: "2.42",
                suite: "bookworm",
                packages: &["prometheus"],
            },
            Self::V2_53 => &Packaged {
                program: "prometheus",
                version: "2.53",
                suite: "trixie",
                packages: &["prometheus", "promtool"],
            },
            Self::V3_5 => &Packaged {
                program: "prometheus",
                version: "3.5",
                suite: "forky",
                packages: &["prometheus", "promtool"],
            },
        }
    }
}

/// VictoriaMetrics 1.145, whose package has `vmauth` too.
pub(crate) const VICTORIA_METRICS: Packaged = Packaged {
    program: "victoria-metrics",
    version: "1.145",
    suite: "forky",
    packages: &["victoria-metrics"],
};

/// A registry for what is published, 2.8.
pub(crate) const DOCKER_REGISTRY: Packaged = Packaged {
    program: "docker-registry",
    version: "2.8",
    suite: "bookworm",
    packages: &["docker-registry"],
};

/// A release of a program, as Debian packages it.
#[derive(Debug)]
pub(crate) struct Packaged {
    /// The program, which is also the name of the package that has it.
    pub(crate) program: &'static str,
    /// Major and minor.
    pub(crate) version: &'static str,
    /// The suite of Debian's archive that has this release. A suite that is not released yet moves on.
    pub(crate) suite: &'static str,
    /// The packages that are needed to run it, its libraries excepted.
    pub(crate) packages: &'static [&'static str],
}

impl Packaged {
    /// The folder that it is unpacked to: several releases lie beside each other.
    pub(crate) fn folder(&self) -> String {
        format!("{}-{}", self.program, self.version)
    }
}
