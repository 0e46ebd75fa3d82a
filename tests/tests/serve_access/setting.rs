//! Two tenants' series, the servers before them, and who asks.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Series, Shape};
use metric_tests::{host_executable, plugin_file};
use ring::digest::{SHA256, digest};
use ring::hmac;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Request, Response};

/// In every label value of the second tenant's.
pub(crate) const SECRET: &str = "secret-of-b";
/// Its values, and those sums with the first one's.
pub(crate) const SECRET_VALUES: [&str; 2] = ["31337.25", "31344.25"];

pub(crate) const READER_A: &str = "reader-a-4be6f0d4";
pub(crate) const READER_B: &str = "reader-b-97aa21c0";
pub(crate) const SERVICE: &str = "service-1d1de6ab";
pub(crate) const OPERATOR: &str = "operator-6f2a9b11";
const JWT_SECRET: &str = "hs256-secret-hs256-secret-hs256-";

/// A caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Nobody,
    Stranger,
    /// The first tenant, by a token of the file, by a signed one, and through a service.
    ReaderA,
    SignedA,
    ServiceForA,
    /// The second one.
    ReaderB,
    SignedB,
    Operator,
}

impl Who {
    /// The ways in which the first tenant asks.
    pub(crate) const TENANT_A: [Self; 3] = [Self::ReaderA, Self::SignedA, Self::ServiceForA];

    pub(crate) fn headers(self) -> Vec<(String, String)> {
        let bearer = |token: &str| ("Authorization".to_owned(), format!("Bearer {token}"));
        match self {
            Self::Nobody => Vec::new(),
            Self::Stranger => vec![bearer("nobody-knows-this")],
            Self::ReaderA => vec![bearer(READER_A)],
            Self::ReaderB => vec![bearer(READER_B)],
            Self::SignedA => vec![bearer(&signed(&claims("tenant-a")))],
            Self::SignedB => vec![bearer(&signed(&claims(&format!("{SECRET}-user"))))],
            Self::Operator => vec![bearer(OPERATOR)],
            Self::ServiceForA => {
                let scope = (
                    "X-Metric-Scope".to_owned(),
                    "owner_user_id=tenant-a".to_owned(),
                );
                vec![bearer(SERVICE), scope]
            }
        }
    }
}

/// Claims of a reader of this user's series, good for an hour.
pub(crate) fn claims(user: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    json!({
        "sub": user, "role": "reader", "scope": [format!("owner_user_id={user}")], "aud": "metric-service", "iss": "manager",
        "exp": now.as_secs() + 3600,
    })
}

/// A token that the manager would issue.
pub(crate) fn signed(claims: &Value) -> String {
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let message = [&header, claims]
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".");
    let key = hmac::Key::new(hmac::HMAC_SHA256, JWT_SECRET.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}

/// The SHA-256 of a token as the access file has it.
pub(crate) fn sha256(token: &str) -> String {
    let digest = digest(&SHA256, token.as_bytes());
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// `metric-host serve`. Dropped, it is killed.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) folder: TempDir,
}

impl Server {
    /// Starts it before a Prometheus, with the tokens of all and `more` in its access file.
    pub(crate) fn start(prometheus: &str, more: &str) -> Self {
        Self::start_at(prometheus, more, "info")
    }

    /// The same, with more in its log, or less.
    pub(crate) fn start_at(prometheus: &str, more: &str, level: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let access = guarded(folder.path(), "access.toml", &(access_file() + more));
        guarded(folder.path(), "manager.secret", JWT_SECRET);
        let log = fs::File::create(folder.path().join("log")).unwrap();
        // Ends with its standard input, and so with this process, which never drops what its tests share.
        let mut child = Command::new("sh")
            .args(["-c", "\"$@\" & cat; kill $!", "serve"])
            .arg(host_executable())
            .args(["serve", "--listen", "127.0.0.1:0", "--access"])
            .arg(access)
            .args(["--sample-interval", "30s"])
            .env("METRIC_ADDRESS", prometheus)
            .env("METRIC_PLUGIN", plugin_file())
            .env("RUST_LOG", level)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line
            .split("http://")
            .nth(1)
            .map(|rest| rest.trim_end_matches(['/', '\n']).to_owned());
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        Self {
            child,
            address: address.unwrap_or_else(|| panic!("no address in {line:?}\n{log}")),
            folder,
        }
    }

    pub(crate) fn ask(&self, who: Who, request: &Request) -> Response {
        let request = request.clone().with_all(&who.headers());
        let answer = request.send(&self.address);
        answer.unwrap_or_else(|| panic!("no answer to {request:?}"))
    }

    /// Returns its log so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn guarded(folder: &Path, name: &str, contents: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, contents).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// A `[[token]]`.
pub(crate) fn token(name: &str, token: &str, more: &str) -> String {
    format!(
        "[[token]]\nname = \"{name}\"\nsha256 = \"{}\"\n{more}\n",
        sha256(token)
    )
}

fn access_file() -> String {
    let often = "rate = { per_second = 100000, burst = 100000 }";
    [
        token("a", READER_A, &format!("role = \"reader\"\nscope = [\"owner_user_id=tenant-a\"]\n{often}")),
        token("b", READER_B, &format!("role = \"reader\"\nscope = [\"owner_user_id={SECRET}-user\"]\n{often}")),
        token("manager", SERVICE, "role = \"service\""),
        token("operator", OPERATOR, "role = \"operator\""),
        format!(
            "[jwt]\nalgorithm = \"HS256\"\nsecret = \"manager.secret\"\naudience = \"metric-service\"\nissuer = \"manager\"\n{often}\n"
        ),
    ]
    .concat()
}

/// Two servers, and the Prometheus of each.
pub(crate) struct Setting {
    /// Before both tenants' series.
    pub(crate) both: Server,
    /// Before the first one's.
    pub(crate) alone: Server,
    _prometheus: [Prometheus; 2],
}

impl Setting {
    /// Those that the tests of this program share.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Setting> = OnceLock::new();
        SHARED.get_or_init(|| {
            let own = of(
                "tenant-a",
                "project-a",
                "kernel-of-a",
                7.0,
                &["mem", "cpu_util", "net_rx"],
            );
            let name = |what: &str| format!("{SECRET}-{what}");
            let other = name("metric");
            let metrics = ["mem", "cpu_util", "net_rx", &other];
            let others = of(
                &name("user"),
                &name("project"),
                &name("kernel"),
                31337.25,
                &metrics,
            );
            let start = |series: &[Series]| {
                let mut data = Dataset::default();
                for one in series {
                    data.push(one.clone());
                }
                Prometheus::start_with(PrometheusOptions::default(), &data).unwrap()
            };
            let both = start(&[own.clone(), others].concat());
            let alone = start(&own);
            Self {
                both: Server::start(&both.address(), ""),
                alone: Server::start(&alone.address(), ""),
                _prometheus: [both, alone],
            }
        })
    }
}

/// Samples of an hour. The agent is one for all: what it runs comes to a sum of both tenants.
fn of(user: &str, project: &str, kernel: &str, value: f64, metrics: &[&str]) -> Vec<Series> {
    let timestamps: Vec<i64> = (0..=120).map(|i| Shape::fixed_start() + i * 30).collect();
    let mut all = Vec::new();
    for metric in metrics {
        for value_type in ["current", "capacity"] {
            let labels = [
                ("agent_id", "agent"),
                ("container_metric_name", metric),
                ("kernel_id", kernel),
                ("owner_project_id", project),
                ("session_id", &format!("{kernel}-session")),
                ("owner_user_id", user),
                ("value_type", value_type),
            ];
            let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
            all.push(Series {
                labels: labels.to_vec(),
                values: vec![value; timestamps.len()],
                timestamps: timestamps.clone(),
            });
        }
    }
    all
}
