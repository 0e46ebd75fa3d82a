//! Secrets are in no log at any level, in no error and in no `Debug`. A program of its own: its log is the process's.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests have in common fails as tests do"
)]

#[path = "../end_to_end/files.rs"]
mod files;
#[path = "../end_to_end/tls_server.rs"]
mod tls_server;

use std::io;
use std::sync::{Arc, Mutex};

use metric_host::{Config, Credentials, MetricQuery, ServiceOptions};
use metric_testbed::{Authority, Purpose};
use metric_tests::plugin;

use crate::files::{Files, ask, service};
use crate::tls_server::TlsServer;

/// Everything that is logged, by whatever crate, at whatever level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn secrets_are_in_no_log_no_error_and_no_debug() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let (files, authority) = (Files::new(), Authority::new("organisation").unwrap());
    let server = TlsServer::good(&authority).await;
    let client = authority.issue(&["host"], Purpose::Client).unwrap();
    let credentials = files
        .showing(files.trusting(&authority), &client)
        .bearer_token(files.with("token", "hunter2-token"))
        .header("X-Scope-OrgID", files.with("tenant", "hunter2-tenant"))
        .parameter("extra_label", files.with("label", "project=hunter2-label"))
        .path(files.with("path", "/select/hunter2-path"));
    let basic = Credentials::new().basic_auth("user", files.with("password", "hunter2-password"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap().to_string();
    drop(free);

    let mut seen = Vec::new();
    let services = [
        service(&server.address, &[], &credentials),
        service(&nobody, &[&server.address], &credentials),
        service(&nobody, &[], &basic),
        // In the clear, and far away.
        service("prometheus.invalid:9090", &[], &basic),
    ];
    for service in &services {
        seen.push(format!(
            "{service:?} {:?} {:?}",
            service.config(),
            service.denials()
        ));
        seen.push(format!("{:?}", ask(service).await));
        seen.push(format!(
            "{:?}",
            service
                .metric_request(&MetricQuery::new("mem", "0", "60"))
                .await
        ));
    }
    // Both that could go there went, with all of it, over a connection each.
    assert_eq!((server.requests().len(), server.handshakes()), (2, 2));
    seen.push(format!("{credentials:?} {basic:?}"));
    let mut options = ServiceOptions::default();
    options.credentials = credentials.clone();
    seen.push(format!("{options:?}"));

    // Files that are no good any more, and then good ones.
    let path = "hunter2 path";
    let token = "hunter2 to ken";
    for (file, text) in [
        ("token", token),
        ("tenant", "hunter2\u{1}"),
        ("path", path),
        ("client.key", "hunter2"),
    ] {
        files.with(file, text);
    }
    seen.push(format!("{:?}", ask(&services[0]).await));
    for (name, credentials) in [
        (
            "token",
            Credentials::new().bearer_token(files.with("token", token)),
        ),
        ("path", Credentials::new().path(files.with("path", path))),
        ("client.key", credentials),
    ] {
        let mut options = ServiceOptions::default();
        options.credentials = credentials;
        let config = Config::new(server.address.clone());
        let error = plugin()
            .unwrap()
            .service_with(config, &options)
            .unwrap_err();
        let error = format!("{error} {error:?}");
        assert!(error.contains(name), "{error}");
        seen.push(error);
    }

    let log = log.text();
    for expected in [
        "what was read before stays in use",
        "no connection",
        "credentials go over plain http",
    ] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    seen.push(log);
    let key_line = client.key.lines().nth(1).unwrap();
    // base64 of `user:hunter2-password`.
    for secret in ["hunter2", "dXNlcjpodW50ZXIyLXBhc3N3b3Jk", key_line] {
        for text in &seen {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
