//! Tests of requests after the injection, and of refusals before it.

use super::*;
use crate::contract::types::Backend;
use std::fs;

/// Files with these texts, which live as long as the folder.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(&self, name: &str, text: &str) -> SecretSource {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        SecretSource::file(path)
    }
}

/// Without parameters that are no secrets.
fn read(credentials: &Credentials) -> Result<InjectedCredentials, ConfigError> {
    InjectedCredentials::of(credentials, &[])
}

fn headers(additions: &InjectedCredentials) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", "the plugin's".parse().unwrap());
    additions.set_headers(&mut headers);
    headers
}

#[test]
fn a_token_and_a_password_become_an_authorization_that_debug_does_not_show() {
    let files = Files::new();
    for (credentials, expected) in [
        (
            Credentials::new().bearer_token(files.with("token", "abc.def==\n")),
            "Bearer abc.def==",
        ),
        (
            // RFC 7617, 2.
            Credentials::new().basic_auth("Aladdin", files.with("password", "open sesame\r\n")),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ),
    ] {
        let headers = headers(&read(&credentials).unwrap());
        assert_eq!(headers.get_all("authorization").iter().count(), 1);
        assert_eq!(headers["authorization"], expected);
        assert_eq!(format!("{headers:?}"), r#"{"authorization": Sensitive}"#);
    }
}

#[test]
fn tenants_are_a_header_a_parameter_or_a_path() {
    let files = Files::new();
    let credentials = Credentials::new()
        .header("X-Scope-OrgID", files.with("mimir", "team-a|team-b\n"))
        .header("THANOS-TENANT", files.with("thanos", "t1"))
        .parameter("extra_label", files.with("label", "project=a&b c\n"))
        .parameter("extra_filters[]", files.with("filter", "{x=~\"1|2\"}"))
        .path(files.with("path", "/select/42:7/prometheus/\n"));
    let additions = read(&credentials).unwrap();
    let headers = headers(&additions);
    assert_eq!(headers["x-scope-orgid"], "team-a|team-b");
    assert_eq!(headers["thanos-tenant"], "t1");
    let parameters = "extra_label=project%3Da%26b+c&extra_filters%5B%5D=%7Bx%3D%7E%221%7C2%22%7D";
    for (address, endpoint, expected) in [
        (
            "http://h",
            "/api/v1/query",
            "/select/42:7/prometheus/api/v1/query?",
        ),
        (
            "http://h/vm",
            "/api/v1/query?a=b",
            "/vm/select/42:7/prometheus/api/v1/query?a=b&",
        ),
    ] {
        // The tenant's path stands in the place of that of the backend.
        for backend in [Backend::Auto, Backend::VictoriaCluster] {
            let address = Address::parse(address).unwrap().with_backend(backend);
            let target = additions.target(&address, endpoint).unwrap();
            assert_eq!(target.as_str(), format!("{expected}{parameters}"));
        }
    }
}

#[test]
fn parameters_that_are_no_secrets_are_added_as_they_are_and_are_the_hosts() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let plain = [pair("dedup", "false"), pair("a b", "c&d")];
    let additions = InjectedCredentials::of(&Credentials::new(), &plain).unwrap();
    assert!(additions.changes_target() && !additions.has_secrets());
    let address = Address::parse("h:1").unwrap().with_backend(Backend::Mimir);
    for (endpoint, expected) in [
        (
            "/api/v1/query",
            "/prometheus/api/v1/query?dedup=false&a+b=c%26d",
        ),
        (
            "/api/v1/query?x=y",
            "/prometheus/api/v1/query?x=y&dedup=false&a+b=c%26d",
        ),
    ] {
        let target = additions.target(&address, endpoint).unwrap();
        assert_eq!(target.as_str(), expected);
    }
    let request = http::Request::get("http://h:1/api/v1/query?dedup=true").body("");
    assert!(additions.are_set_by(&request.unwrap()));
    for name in ["", "query", "match[]"] {
        let refused = InjectedCredentials::of(&Credentials::new(), &[pair(name, "x")]);
        assert!(
            matches!(refused, Err(ConfigError::Addition { .. })),
            "{name}"
        );
    }
}

#[test]
fn a_parameter_that_the_backend_sets_is_refused_by_name() {
    let pair = |name: &str| (name.to_owned(), "false".to_owned());
    let files = Files::new();
    for (backend, name) in [
        (Backend::Thanos, "dedup"),
        (Backend::Thanos, "partial_response"),
        (Backend::Thanos, "max_source_resolution"),
        (Backend::VictoriaCluster, "deny_partial_response"),
    ] {
        let plain = InjectedCredentials::of(&Credentials::new(), &[pair(name)]).unwrap();
        let secret = Credentials::new().parameter(name, files.with("secret", "false"));
        for additions in [plain, read(&secret).unwrap()] {
            let refused = additions.check_against(backend).unwrap_err();
            assert!(
                matches!(&refused, ConfigError::SetByBackend { name: named } if named == name),
                "{refused:?}"
            );
            additions.check_against(Backend::Auto).unwrap();
        }
    }
    let tenant = InjectedCredentials::of(&Credentials::new(), &[pair("extra_label")]).unwrap();
    tenant.check_against(Backend::Thanos).unwrap();
}

#[test]
fn a_token_that_changes_is_the_new_one_with_the_next_request_and_has_another_identity() {
    let files = Files::new();
    let credentials = Credentials::new()
        .bearer_token(files.with("token", "one"))
        .header("x-tenant", files.with("tenant", "a"));
    let additions = read(&credentials).unwrap();
    let before = additions.identity();
    assert_eq!(additions.identity(), before);
    files.with("token", "two");
    assert_eq!(headers(&additions)["authorization"], "Bearer two");
    let between = additions.identity();
    assert!(between > before);
    files.with("tenant", "b");
    assert!(additions.identity() > between);
    assert_eq!(
        InjectedCredentials::default().identity(),
        CredentialsGeneration::default()
    );
}

#[test]
fn what_cannot_be_a_secret_of_its_kind_is_refused_without_being_repeated() {
    let files = Files::new();
    let new = Credentials::new;
    let long = "hunter2".repeat(200_000);
    for (name, credentials) in [
        ("empty", new().bearer_token(files.with("empty", " \n"))),
        (
            "lines",
            new().bearer_token(files.with("lines", "hunter2\nhunter2")),
        ),
        (
            "blank",
            new().bearer_token(files.with("blank", "hunter2 hunter2")),
        ),
        (
            "word",
            new().basic_auth("u", files.with("word", "hunter2\nx: y")),
        ),
        ("none", new().basic_auth("u", files.with("none", ""))),
        (
            "crlf",
            new().header("x-a", files.with("crlf", "hunter2\r\nx: y")),
        ),
        ("long", new().header("x-a", files.with("long", &long))),
        (
            "relative",
            new().path(files.with("relative", "hunter2/prometheus")),
        ),
        (
            "dots",
            new().path(files.with("dots", "/hunter2/../prometheus")),
        ),
        (
            "query",
            new().path(files.with("query", "/hunter2?query=up")),
        ),
        ("slash", new().path(files.with("slash", "/"))),
        (
            "missing",
            new().bearer_token(SecretSource::file("/no/such/missing")),
        ),
        (
            "NO_SUCH_VAR",
            new().bearer_token(SecretSource::variable("NO_SUCH_VAR")),
        ),
    ] {
        let error = read(&credentials).err().unwrap();
        let said = format!("{error} {error:?}");
        assert!(said.contains(name), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(
            matches!(
                error,
                ConfigError::Secret { .. } | ConfigError::SecretUnreadable { .. }
            ),
            "{said}"
        );
    }
    let latin = files.0.path().join("latin");
    fs::write(&latin, [0xe9, b'x']).unwrap();
    let error = read(&new().parameter("p", SecretSource::file(latin))).err();
    assert!(
        matches!(error, Some(ConfigError::Secret { .. })),
        "{error:?}"
    );
}

#[test]
fn names_that_would_change_what_a_request_is_are_refused() {
    let files = Files::new();
    let text = files.with("text", "x");
    let new = Credentials::new;
    for credentials in [
        new().header("Host", text.clone()),
        new().header("Content-Length", text.clone()),
        new().header("Transfer-Encoding", text.clone()),
        new().header("Content-Type", text.clone()),
        new().header("Accept-Encoding", text.clone()),
        new().header("Proxy-Authorization", text.clone()),
        new().header("a b", text.clone()),
        new().header("", text.clone()),
        new()
            .header("x-a", text.clone())
            .header("X-A", text.clone()),
        new()
            .bearer_token(text.clone())
            .header("Authorization", text.clone()),
        new().parameter("query", text.clone()),
        new().parameter("match[]", text.clone()),
        new().parameter("", text.clone()),
        new().basic_auth("a:b", text.clone()),
        new().basic_auth("a\nb", text),
    ] {
        let error = read(&credentials).err();
        assert!(
            matches!(error, Some(ConfigError::Addition { .. })),
            "{credentials:?}: {error:?}"
        );
    }
}
