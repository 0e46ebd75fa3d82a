use std::{fs, path::PathBuf};

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use metric_host::Scope;

use super::{
    mint::{claims, eddsa, pair, pem, signed},
    *,
};

const READER: &str = "reader-token-of-a";
const SERVICE: &str = "service-token";
const OPERATOR: &str = "operator-token";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, contents).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }
}

fn sha256(token: &str) -> String {
    let bytes = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn token(name: &str, token: &str, more: &str) -> String {
    let sha256 = sha256(token);
    format!("[[token]]\nname = \"{name}\"\nsha256 = \"{sha256}\"\n{more}\n")
}

fn three() -> String {
    [
        token(
            "a",
            READER,
            "role = \"reader\"\nscope = [\"user_id=a\"]\nconcurrent = 1",
        ),
        token("s", SERVICE, "role = \"service\""),
        token(
            "o",
            OPERATOR,
            "role = \"operator\"\nrate = { per_second = 0.001, burst = 2 }",
        ),
    ]
    .concat()
}

fn bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    headers.insert(AUTHORIZATION, value);
    headers
}

#[test]
fn whoever_may_connect_is_the_operator_where_there_is_no_file() {
    let access = Access::open();
    let admission = access.admit(&HeaderMap::new()).unwrap();
    assert_eq!((admission.role, admission.scope), (Role::Operator, None));
    // A manager on the socket is held to what it names all the same.
    let mut headers = HeaderMap::new();
    headers.insert(SCOPE_HEADER, HeaderValue::from_static("user_id=a"));
    let admission = access.admit(&headers).unwrap();
    assert_eq!(admission.scope, Some(Scope::equal("user_id", "a").unwrap()));
    headers.insert(SCOPE_HEADER, HeaderValue::from_static("user_id="));
    assert!(access.admit(&headers).is_err());
}

#[test]
fn each_token_has_its_role_and_its_scope() {
    let folder = Folder::new();
    let access = Access::from_file(&folder.write("access.toml", &three())).unwrap();
    let reader = access.admit(&bearer(READER)).unwrap();
    assert_eq!((&*reader.name, reader.role), ("a", Role::Reader));
    assert_eq!(reader.scope, Some(Scope::equal("user_id", "a").unwrap()));
    assert!(matches!(
        access.admit(&bearer(SERVICE)),
        Err(Refusal::NoScope)
    ));
    let operator = access.admit(&bearer(OPERATOR)).unwrap();
    assert_eq!(
        (operator.role, operator.scope.is_none()),
        (Role::Operator, true)
    );
    for other in [
        "",
        "x",
        "reader-token-of-",
        "Reader-token-of-a",
        &sha256(READER),
    ] {
        let refused = access.admit(&bearer(other)).unwrap_err();
        assert_ne!(refused.status(), http::StatusCode::OK);
    }
    assert_eq!(
        access.admit(&HeaderMap::new()).unwrap_err(),
        Refusal::NoToken
    );
}

#[test]
fn each_role_passes_the_doors_that_the_table_gives_it() {
    let admission = |role| Admission {
        name: "a".into(),
        role,
        scope: None,
        permit: None,
    };
    let preset = Door::of(Some("/v1/presets/execute"));
    assert!(admission(Role::Reader).may_pass(preset).is_err());
    assert!(admission(Role::Service).may_pass(preset).is_ok());
    assert!(
        admission(Role::Service)
            .may_pass(Door::of(Some("/metrics")))
            .is_err()
    );
    assert!(admission(Role::Operator).may_pass(Door::of(None)).is_ok());
    assert!(
        admission(Role::Reader)
            .may_pass(Door::of(Some("/v1/query")))
            .is_ok()
    );
}

#[test]
fn a_caller_has_so_many_under_way_until_their_answers_have_gone_out() {
    let folder = Folder::new();
    let access = Access::from_file(&folder.write("access.toml", &three())).unwrap();
    let first = access.admit(&bearer(READER)).unwrap();
    let second = access.admit(&bearer(READER)).unwrap_err();
    assert_eq!(second.status(), http::StatusCode::TOO_MANY_REQUESTS);
    drop(first);
    assert!(access.admit(&bearer(READER)).is_ok());
}

#[test]
fn what_was_asked_and_is_under_way_counts_after_the_file_was_read_anew() {
    let folder = Folder::new();
    let path = folder.write("access.toml", &three());
    let access = Access::from_file(&path).unwrap();
    let _running = access.admit(&bearer(READER)).unwrap();
    for _ in 0..2 {
        assert!(access.admit(&bearer(OPERATOR)).is_ok());
    }
    let changed = three().replace("user_id=a", "user_id=b");
    folder.write(
        "access.toml",
        &changed.replace(&sha256(SERVICE), &sha256("new")),
    );
    let access = access.reloaded(&path).unwrap();
    for token in [READER, OPERATOR] {
        let refused = access.admit(&bearer(token)).unwrap_err();
        assert!(matches!(refused, Refusal::TooMany { .. }), "{token}");
    }
    // A token that was taken out is nobody's from then on.
    assert_eq!(
        access.admit(&bearer(SERVICE)).unwrap_err(),
        Refusal::Unknown
    );
}

#[test]
fn what_is_refused_counts_as_asked() {
    let folder = Folder::new();
    let access = Access::from_file(&folder.write("access.toml", &three())).unwrap();
    let mut headers = bearer(OPERATOR);
    headers.insert(SCOPE_HEADER, HeaderValue::from_static("no scope"));
    for _ in 0..2 {
        assert!(matches!(access.admit(&headers), Err(Refusal::Scope(_))));
    }
    let refused = access.admit(&headers).unwrap_err();
    assert!(refused.retry_after().is_some_and(|seconds| seconds > 900));
}

#[test]
fn signed_tokens_and_those_of_the_file_are_accepted_side_by_side() {
    let folder = Folder::new();
    folder.write("manager.pem", &pem(&pair(1)));
    let jwt = "[jwt]\nalgorithm = \"EdDSA\"\npublic_key = \"manager.pem\"\naudience = \"metric-service\"\nissuer = \"manager\"\nconcurrent = 1\n";
    let path = folder.write("access.toml", &(three() + jwt));
    let access = Access::from_file(&path).unwrap();
    let header = serde_json::json!({ "alg": "EdDSA" });
    let token = signed(&header, &claims(), eddsa(&pair(1)));
    let admission = access.admit(&bearer(&token)).unwrap();
    assert_eq!((&*admission.name, admission.role), ("u1", Role::Reader));
    // Of one subject, whichever token it is.
    let mut again = claims();
    again["exp"] = (super::mint::now() + 50).into();
    let token = signed(&header, &again, eddsa(&pair(1)));
    assert!(matches!(
        access.admit(&bearer(&token)),
        Err(Refusal::TooMany { .. })
    ));
    assert!(access.admit(&bearer(READER)).is_ok());
    let forged = signed(&header, &claims(), eddsa(&pair(2)));
    assert_eq!(
        access.admit(&bearer(&forged)).unwrap_err(),
        Refusal::Unknown
    );
}

#[test]
fn a_key_that_is_none_or_of_the_other_kind_is_refused_at_start() {
    let folder = Folder::new();
    let start = |algorithm: &str, key: &str, contents: &str| {
        folder.write("key", contents);
        let jwt = format!(
            "[jwt]\nalgorithm = \"{algorithm}\"\n{key} = \"key\"\naudience = \"a\"\nissuer = \"i\"\n"
        );
        let error = Access::from_file(&folder.write("access.toml", &jwt));
        error.map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    };
    let public = pem(&pair(1));
    assert_eq!(start("EdDSA", "public_key", &public), "accepted");
    let other_curve = public.replace("MCowBQYDK2Vw", "MCowBQYDK2Vu");
    let short = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n";
    for none in ["", "key", &other_curve, short] {
        assert!(
            start("EdDSA", "public_key", none).contains("is no public key"),
            "{none}"
        );
    }
    assert_eq!(start("HS256", "secret", &"s".repeat(32)), "accepted");
    let reason = start("HS256", "secret", "0123456789abcdef0123456789abcde\n");
    assert!(reason.contains("too short"), "{reason}");
    // Whoever has the public key could sign with it.
    let reason = start("HS256", "secret", &public);
    assert!(reason.contains("no secret"), "{reason}");
}

#[cfg(unix)]
#[test]
fn a_secret_or_a_file_that_others_can_change_or_see_is_refused_at_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let secret = folder.write("secret", &"s".repeat(32));
    let jwt =
        "[jwt]\nalgorithm = \"HS256\"\nsecret = \"secret\"\naudience = \"a\"\nissuer = \"i\"\n";
    let path = folder.write("access.toml", jwt);
    let reason = |at: &PathBuf, mode| {
        fs::set_permissions(at, fs::Permissions::from_mode(mode)).unwrap();
        let error = Access::from_file(&path)
            .err()
            .map(|error| format!("{error} {:?}", std::error::Error::source(&error)));
        fs::set_permissions(at, fs::Permissions::from_mode(0o600)).unwrap();
        error
    };
    assert!(reason(&secret, 0o644).is_some());
    assert!(reason(&path, 0o646).unwrap().contains("chmod go-w"));
    assert_eq!(reason(&path, 0o644), None);
    assert_eq!(reason(&secret, 0o640), None);
}

#[test]
fn no_debug_and_no_error_shows_a_token_or_its_hash() {
    let folder = Folder::new();
    let access = Access::from_file(&folder.write("access.toml", &three())).unwrap();
    let admission = access.admit(&bearer(READER)).unwrap();
    let refused = access.admit(&bearer("s3cret-guess")).unwrap_err();
    let shown = format!("{access:?} {admission:?} {refused:?} {refused}");
    for secret in [
        READER,
        SERVICE,
        OPERATOR,
        "s3cret-guess",
        &sha256(READER)[..16],
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
