//! What a request looks like afterwards, and what is refused beforehand.

use super::*;
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

fn headers(additions: &Additions) -> HeaderMap {
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
        let headers = headers(&Additions::of(&credentials).unwrap());
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
    let additions = Additions::of(&credentials).unwrap();
    let headers = headers(&additions);
    assert_eq!(headers["x-scope-orgid"], "team-a|team-b");
    assert_eq!(headers["thanos-tenant"], "t1");
    let parameters = "extra_label=project%3Da%26b+c&extra_filters%5B%5D=%7Bx%3D%7E%221%7C2%22%7D";
    for (prefix, endpoint, expected) in [
        ("", "/api/v1/query", "/select/42:7/prometheus/api/v1/query?"),
        (
            "/vm",
            "/api/v1/query?a=b",
            "/vm/select/42:7/prometheus/api/v1/query?a=b&",
        ),
    ] {
        let target = additions.target(prefix, endpoint).unwrap();
        assert_eq!(target.as_str(), format!("{expected}{parameters}"));
    }
}

#[test]
fn a_token_that_changes_is_the_new_one_with_the_next_request_and_has_another_identity() {
    let files = Files::new();
    let credentials = Credentials::new()
        .bearer_token(files.with("token", "one"))
        .header("x-tenant", files.with("tenant", "a"));
    let additions = Additions::of(&credentials).unwrap();
    let before = additions.identity();
    assert_eq!(additions.identity(), before);
    files.with("token", "two");
    assert_eq!(headers(&additions)["authorization"], "Bearer two");
    let between = additions.identity();
    assert!(between > before);
    files.with("tenant", "b");
    assert!(additions.identity() > between);
    assert_eq!(Additions::default().identity(), Identity::default());
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
        let error = Additions::of(&credentials).err().unwrap();
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
    let error = Additions::of(&new().parameter("p", SecretSource::file(latin))).err();
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
        let error = Additions::of(&credentials).err();
        assert!(
            matches!(error, Some(ConfigError::Addition { .. })),
            "{credentials:?}: {error:?}"
        );
    }
}
