//! Nothing that opens a door is written down.

use serde_json::json;

use crate::client::Request;
use crate::doors::ordinary;
use crate::setting::{OPERATOR, READER_A, SERVICE, Server, Who, claims, sha256, signed};

#[test]
fn no_token_is_in_the_log_at_any_level_nor_in_an_answer() {
    let server = Server::start_at("127.0.0.1:1", "", "trace");
    let ordinary = ordinary("/v1/query");
    let jwt = signed(&claims("tenant-a"));
    let mut expired = claims("tenant-a");
    expired["exp"] = json!(1);
    let expired = signed(&expired);
    let mut odd = claims("s3cret-subject\n");
    odd["role"] = json!("s3cret-role");
    let odd = signed(&odd);
    let guess = "a-guess-that-is-almost-right";
    let mut answers = String::new();
    for token in [
        READER_A,
        SERVICE,
        OPERATOR,
        &jwt,
        &expired,
        &odd,
        guess,
        "two words-of-a-token",
    ] {
        for request in [
            ordinary.clone(),
            Request::new("/metrics", None),
            Request::new("/nowhere", None),
        ] {
            let request = request.with("Authorization", &format!("Bearer {token}"));
            answers += &format!("{:?}", request.send(&server.address));
        }
    }
    for who in [Who::ServiceForA, Who::SignedB] {
        answers += &format!("{:?}", server.ask(who, &ordinary));
    }
    let log = server.log();
    assert!(log.contains("answered"), "{log}");
    for (place, text) in [("log", &log), ("answers", &answers)] {
        for secret in [
            READER_A,
            SERVICE,
            OPERATOR,
            guess,
            "words-of-a-token",
            "s3cret",
            "hs256-secret",
            &sha256(OPERATOR),
            jwt.rsplit('.').next().unwrap(),
            jwt.split('.').nth(1).unwrap(),
            expired.rsplit('.').next().unwrap(),
        ] {
            assert!(
                !text.contains(secret),
                "{secret} is in the {place}:\n{text}"
            );
        }
    }
}
