//! The credentials of the host: shown to a TLS server with an authority of its own that asks for a client certificate,
//! and to a real Prometheus that does. That none of it is to be seen anywhere else is shown by `unseen_secrets`.

use metric_host::{
    CallError, Config, ConfigError, Credentials, MetricQuery, SecretSource, ServiceError,
    ServiceOptions,
};
use metric_testbed::{Authority, Dataset, Prometheus, PrometheusOptions, Purpose, Shape};
use metric_tests::plugin;

use crate::files::{Files, ask, service};
use crate::tls_server::{Identity, TlsServer};

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

#[tokio::test]
async fn a_server_of_the_organisations_own_is_believed_and_believes_us() {
    let (files, authority) = (Files::new(), Authority::new("organisation").unwrap());
    let server = TlsServer::good(&authority).await;
    let client = authority.issue(&["host"], Purpose::Client).unwrap();
    let credentials = files
        .showing(files.trusting(&authority), &client)
        .bearer_token(files.with("token", "the-token\n"))
        .header("X-Scope-OrgID", files.with("tenant", "the-tenant\n"))
        .parameter("extra_label", files.with("label", "project=42"))
        .path(files.with("path", "/select/7/prometheus"));
    let service = service(&server.address, &[], &credentials);
    for _ in 0..3 {
        let result = ask(&service).await.unwrap();
        assert_eq!(result.series[0].values, [1.0]);
    }
    assert_eq!(server.handshakes(), 1, "connections are kept");
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        let request = lower(&request);
        assert!(
            request.starts_with(
                "post /select/7/prometheus/api/v1/query_range?extra_label=project%3d42 http/1.1\r\n"
            ),
            "{request}"
        );
        assert!(
            request.contains("\r\nauthorization: bearer the-token\r\n"),
            "{request}"
        );
        assert!(
            request.contains("\r\nx-scope-orgid: the-tenant\r\n"),
            "{request}"
        );
    }
}

/// A way in which client and server do not come together, and the words that have to say so.
struct Mismatch {
    name: &'static str,
    /// The server's certificate: its names, its purpose.
    server: (&'static [&'static str], Purpose),
    credentials: Credentials,
    words: &'static [&'static str],
}

#[tokio::test]
async fn what_keeps_client_and_server_apart_is_said_and_nothing_is_sent_anywhere() {
    let files = Files::new();
    let (ours, theirs) = (
        Authority::new("ours").unwrap(),
        Authority::new("theirs").unwrap(),
    );
    let client = |authority: &Authority, purpose, name: &str| {
        let client = authority.issue(&["host"], purpose).unwrap();
        files.trusting(&ours).client_certificate(
            files.with(&format!("{name}.pem"), &client.certificate),
            files.with(&format!("{name}.key"), &client.key),
        )
    };
    let good = client(&ours, Purpose::Client, "good");
    let localhost: &[&str] = &["localhost"];
    let trusts_theirs = files.with("theirs.pem", &theirs.certificate);
    // The server's words may be lost when it hangs up, and then there is what we know ourselves.
    let refused: &[&str] = &[
        "refuses the client certificate",
        "after it was shown the client certificate",
    ];
    let mismatches = [
        Mismatch {
            name: "an authority that we do not know",
            server: (localhost, Purpose::Server),
            credentials: good.clone().certificate_authorities(trusts_theirs),
            words: &["issued by an authority that is not trusted"],
        },
        Mismatch {
            name: "an expired server",
            server: (localhost, Purpose::ExpiredServer),
            credentials: good.clone(),
            words: &["the server's certificate has expired"],
        },
        Mismatch {
            name: "another name",
            server: (&["prometheus.example"], Purpose::Server),
            credentials: good.clone(),
            words: &["the server's certificate is for another name"],
        },
        Mismatch {
            name: "a client's certificate for a server",
            server: (localhost, Purpose::Client),
            credentials: good.clone(),
            words: &["the server's certificate is not one for servers"],
        },
        Mismatch {
            name: "no client certificate",
            server: (localhost, Purpose::Server),
            credentials: files.trusting(&ours),
            words: &[
                "requires a client certificate",
                "asked for a client certificate, got none",
            ],
        },
        Mismatch {
            name: "an expired client",
            server: (localhost, Purpose::Server),
            credentials: client(&ours, Purpose::ExpiredClient, "expired"),
            words: refused,
        },
        Mismatch {
            name: "a client of another authority",
            server: (localhost, Purpose::Server),
            credentials: client(&theirs, Purpose::Client, "foreign"),
            words: refused,
        },
    ];
    let other = TlsServer::good(&ours).await;
    for mismatch in mismatches {
        let (names, purpose) = mismatch.server;
        let certificate = ours.issue(names, purpose).unwrap();
        let server = TlsServer::start(Identity {
            certificate: &certificate,
            clients: &ours,
        })
        .await;
        let service = service(&server.address, &[&other.address], &mismatch.credentials);
        let error = ask(&service).await.unwrap_err();
        let CallError::Service(ServiceError::ConnectionFailed(said)) = &error else {
            panic!("{}: {error:?}", mismatch.name);
        };
        let is_said = mismatch.words.iter().any(|words| said.contains(words));
        assert!(is_said, "{}: {said}", mismatch.name);
        assert_eq!(server.requests().len(), 0, "{}", mismatch.name);
    }
    assert_eq!(other.handshakes(), 0, "no other server hides it");
}

#[tokio::test]
async fn the_name_that_is_asked_for_can_be_another_than_the_address() {
    let (files, authority) = (Files::new(), Authority::new("organisation").unwrap());
    let certificate = authority
        .issue(&["prometheus.example"], Purpose::Server)
        .unwrap();
    let server = TlsServer::start(Identity {
        certificate: &certificate,
        clients: &authority,
    })
    .await;
    let client = authority.issue(&["host"], Purpose::Client).unwrap();
    let credentials = files.showing(files.trusting(&authority), &client);
    let service = service(
        &server.address,
        &[],
        &credentials.server_name("prometheus.example"),
    );
    ask(&service).await.unwrap();
}

#[tokio::test]
async fn secrets_that_change_are_used_from_the_next_request_on() {
    let (files, authority) = (Files::new(), Authority::new("organisation").unwrap());
    let server = TlsServer::good(&authority).await;
    let client = || authority.issue(&["host"], Purpose::Client).unwrap();
    let credentials = files
        .showing(files.trusting(&authority), &client())
        .bearer_token(files.with("token", "token-one"));
    let service = service(&server.address, &[], &credentials);
    ask(&service).await.unwrap();

    files.with("token", "token-two");
    ask(&service).await.unwrap();
    assert_eq!(server.handshakes(), 1);

    // The connection was made with the old certificate.
    files.showing(Credentials::new(), &client());
    ask(&service).await.unwrap();
    assert_eq!(server.handshakes(), 2);

    // A file without a token is not used, and the token that was there before is.
    files.with("token", "");
    files.with("client.pem", "rubbish");
    ask(&service).await.unwrap();
    assert_eq!(server.handshakes(), 2);

    let tokens: Vec<_> = server
        .requests()
        .iter()
        .map(|request| lower(request).matches("bearer token-two").count())
        .collect();
    assert_eq!(tokens, [0, 1, 1, 1]);
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_the_file() {
    let mut options = ServiceOptions::default();
    options.credentials = Credentials::new().bearer_token(SecretSource::file("/no/such/token"));
    let error = plugin()
        .unwrap()
        .service_with(Config::new("127.0.0.1:9090"), &options);
    let error = error.unwrap_err();
    assert!(
        matches!(error, ConfigError::SecretUnreadable { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("/no/such/token"), "{error}");
}

/// A password, and what bcrypt makes of it.
const PASSWORD: &str = "U*U";
const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

#[tokio::test]
async fn a_prometheus_behind_tls_client_certificates_and_a_password_is_asked() {
    let (files, authority) = (Files::new(), Authority::new("organisation").unwrap());
    let own = authority.issue(&["localhost"], Purpose::Server).unwrap();
    files.with("server.pem", &own.certificate);
    files.with("server.key", &own.key);
    let client = authority.issue(&["host"], Purpose::Client).unwrap();
    let credentials = files.showing(files.trusting(&authority), &client);
    let folder = files.0.path().display();
    let options = PrometheusOptions {
        web_config: Some(format!(
            "tls_server_config:\n  cert_file: {folder}/server.pem\n  key_file: {folder}/server.key\n  \
             client_ca_file: {folder}/ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n\
             basic_auth_users:\n  metric: {BCRYPT}\n"
        )),
        ..PrometheusOptions::default()
    };
    let dataset = Dataset::generate(&Shape::one_series());
    let server = Prometheus::start_with(options, &dataset).unwrap();
    let address = format!(
        "https://{}",
        server.address().replace("127.0.0.1", "localhost")
    );
    let start = Shape::fixed_start();
    let query = MetricQuery::new("mem", start.to_string(), (start + 3600).to_string());

    let password = |text: &str| {
        let credentials = credentials.clone();
        credentials.basic_auth("metric", files.with("password", text))
    };
    let asked = service(&address, &[], &password(PASSWORD));
    let result = asked.query_metric(&query).await.unwrap();
    assert_eq!(result.series.len(), 1);
    assert!(!asked.query_metadata().await.unwrap().metrics.is_empty());

    // Changed, on a service that runs.
    password("another");
    let error = asked.query_metric(&query).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Service(ServiceError::FailedToGetMetric(no)) if no.status == 401),
        "{error:?}"
    );
    password(PASSWORD);
    asked.query_metric(&query).await.unwrap();

    let without = files.trusting(&authority);
    let error = service(&address, &[], &without)
        .query_metric(&query)
        .await
        .unwrap_err();
    let CallError::Service(ServiceError::ConnectionFailed(said)) = error else {
        panic!("{error:?}");
    };
    assert!(said.contains("client certificate"), "{said}");
}
