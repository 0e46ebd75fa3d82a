use jsonwebtoken::{Algorithm, DecodingKey};
use metric_host::Scope;
use ring::signature::KeyPair as _;
use serde_json::{Value, json};

use super::{
    jwt::Jwt,
    mint::{claims, eddsa, hs256, now, of_texts, pair, pem, signed},
    refusal::Refusal,
    role::Role,
};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn of_manager() -> Jwt {
    let key = DecodingKey::from_ed_der(pair(1).public_key().as_ref());
    Jwt::new(Algorithm::EdDSA, key, "metric-service", "manager", 30)
}

fn of_secret() -> Jwt {
    let key = DecodingKey::from_secret(SECRET).unwrap();
    Jwt::new(Algorithm::HS256, key, "metric-service", "manager", 30)
}

fn header(algorithm: &str) -> Value {
    json!({ "typ": "JWT", "alg": algorithm })
}

/// A good token but for some claims. Null takes one out.
fn with(changes: &Value) -> String {
    let mut claims = claims();
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value.is_null() {
            true => all.remove(name),
            false => all.insert(name.clone(), value.clone()),
        };
    }
    signed(&header("EdDSA"), &claims, eddsa(&pair(1)))
}

fn refused(jwt: &Jwt, token: &str) -> Refusal {
    match jwt.read(token.as_bytes()) {
        Err(refusal) => refusal,
        Ok(_) => panic!("{token}"),
    }
}

#[test]
fn a_signed_token_grants_what_it_says() {
    let (name, grant) = of_manager().read(with(&json!({})).as_bytes()).unwrap();
    assert_eq!(&*name, "u1");
    assert_eq!(grant.role, Role::Reader);
    assert_eq!(grant.scope, Some(Scope::equal("user_id", "u1").unwrap()));
    let token = signed(&header("HS256"), &claims(), hs256(SECRET));
    assert!(of_secret().read(token.as_bytes()).is_ok());
    let several = with(&json!({ "aud": ["other", "metric-service"] }));
    assert!(of_manager().read(several.as_bytes()).is_ok());
}

#[test]
fn no_algorithm_but_the_configured_one_is_accepted() {
    let public = pair(1).public_key().as_ref().to_vec();
    let in_pem = pem(&pair(1)).into_bytes();
    let good = claims();
    let keys = [&public[..], &in_pem, in_pem.trim_ascii(), b""];
    for algorithm in [
        "HS256", "HS384", "HS512", "EdDSA", "none", "None", "", "RS256", "ES256",
    ] {
        for key in keys {
            // The public key is known to everybody, and no secret.
            let token = signed(&header(algorithm), &good, hs256(key));
            assert_eq!(
                refused(&of_manager(), &token),
                Refusal::Unknown,
                "{algorithm}"
            );
        }
        let unsigned = signed(&header(algorithm), &good, |_| Vec::new());
        for jwt in [of_manager(), of_secret()] {
            assert_eq!(refused(&jwt, &unsigned), Refusal::Unknown, "{algorithm}");
        }
    }
    for algorithm in ["HS256", "EdDSA", "none"] {
        let by_pair = signed(&header(algorithm), &good, eddsa(&pair(1)));
        assert_eq!(
            refused(&of_secret(), &by_pair),
            Refusal::Unknown,
            "{algorithm}"
        );
    }
    let by_secret = signed(&header("EdDSA"), &good, hs256(SECRET));
    assert_eq!(refused(&of_secret(), &by_secret), Refusal::Unknown);
}

#[test]
fn a_key_of_the_tokens_own_choice_is_not_used() {
    let other = pair(2);
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" });
    for extra in [
        json!({ "jwk": jwk }),
        json!({ "kid": "../../dev/null" }),
        json!({ "jku": "http://evil.example/keys" }),
        json!({ "x5u": "http://evil.example/certificate" }),
        json!({ "x5c": ["AAAA"] }),
    ] {
        let mut header = header("EdDSA");
        let all = header.as_object_mut().unwrap();
        all.extend(extra.as_object().unwrap().clone());
        let token = signed(&header, &claims(), eddsa(&other));
        assert_eq!(refused(&of_manager(), &token), Refusal::Unknown, "{extra}");
    }
}

#[test]
fn what_must_be_understood_and_is_not_is_refused() {
    for extra in [
        json!({ "crit": ["exp"] }),
        json!({ "crit": [] }),
        json!({ "b64": false, "crit": ["b64"] }),
    ] {
        let mut header = header("EdDSA");
        let all = header.as_object_mut().unwrap();
        all.extend(extra.as_object().unwrap().clone());
        let token = signed(&header, &claims(), eddsa(&pair(1)));
        assert_eq!(refused(&of_manager(), &token), Refusal::Unknown, "{extra}");
    }
}

#[test]
fn a_token_is_good_for_its_time_alone() {
    let expired = with(&json!({ "exp": now() - 31 }));
    assert_eq!(refused(&of_manager(), &expired), Refusal::Expired);
    assert!(
        of_manager()
            .read(with(&json!({ "exp": now() - 10 })).as_bytes())
            .is_ok()
    );
    for exp in [
        json!(null),
        json!("4102444800"),
        json!(-1),
        json!(1e300),
        json!([4_102_444_800_u64]),
        json!(true),
        json!({}),
    ] {
        let token = with(&json!({ "exp": exp }));
        assert_eq!(refused(&of_manager(), &token), Refusal::Unknown, "{exp}");
    }
    for nbf in [json!(now() + 100), json!("0"), json!([])] {
        let token = with(&json!({ "nbf": nbf }));
        assert_eq!(refused(&of_manager(), &token), Refusal::Unknown, "{nbf}");
    }
    assert!(
        of_manager()
            .read(with(&json!({ "nbf": now() + 10 })).as_bytes())
            .is_ok()
    );
    // A caller who guesses does not learn that a token that nobody signed would have expired.
    let mut claims = claims();
    claims["exp"] = json!(0);
    let forged = signed(&header("EdDSA"), &claims, eddsa(&pair(2)));
    assert_eq!(refused(&of_manager(), &forged), Refusal::Unknown);
}

#[test]
fn a_token_for_another_or_by_another_is_refused() {
    for change in [
        json!({ "aud": "other" }),
        json!({ "aud": null }),
        json!({ "aud": [] }),
        json!({ "aud": ["other"] }),
        json!({ "aud": 1 }),
        json!({ "aud": "metric-service2" }),
        json!({ "iss": "other" }),
        json!({ "iss": null }),
        json!({ "iss": ["other"] }),
        json!({ "iss": 1 }),
    ] {
        assert_eq!(
            refused(&of_manager(), &with(&change)),
            Refusal::Unknown,
            "{change}"
        );
    }
}

#[test]
fn a_reader_without_a_scope_is_refused_at_the_request() {
    for change in [json!({ "scope": null }), json!({ "scope": [] })] {
        assert_eq!(
            refused(&of_manager(), &with(&change)),
            Refusal::Unbound,
            "{change}"
        );
    }
    for scope in [
        "user_id",
        "user_id=",
        "user_id=~.*",
        "user_id=~",
        "*",
        "",
        "user_id=\"u1\"",
    ] {
        let token = with(&json!({ "scope": [scope] }));
        let refusal = refused(&of_manager(), &token);
        assert!(matches!(refusal, Refusal::Claim(_)), "{scope} {refusal:?}");
        assert_eq!(refusal.status(), 403);
    }
}

#[test]
fn claims_of_another_form_grant_nothing() {
    for change in [
        json!({ "scope": "user_id=u1" }),
        json!({ "scope": { "user_id": "u1" } }),
        json!({ "scope": [null] }),
        json!({ "scope": [["user_id=u1"]] }),
        json!({ "role": null }),
        json!({ "role": "Operator" }),
        json!({ "role": ["operator"] }),
        json!({ "role": "admin" }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": 1 }),
        json!({ "sub": "a\nb" }),
        json!({ "sub": "a".repeat(129) }),
    ] {
        assert_eq!(
            refused(&of_manager(), &with(&change)),
            Refusal::Unknown,
            "{change}"
        );
    }
    // Of two, nobody knows which is meant.
    let good = claims().to_string();
    for twice in [
        "\"role\":\"operator\",",
        "\"scope\":[\"user_id=u2\"],",
        "\"exp\":9999999999,",
    ] {
        let claims = good.replacen('{', &format!("{{{twice}"), 1);
        let token = of_texts(&header("EdDSA").to_string(), &claims, eddsa(&pair(1)));
        assert_eq!(refused(&of_manager(), &token), Refusal::Unknown, "{twice}");
    }
}

#[test]
fn what_is_no_token_or_was_changed_is_refused() {
    let good = with(&json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let operator = with(&json!({ "role": "operator" }));
    let of_operator: Vec<&str> = operator.split('.').collect();
    let swapped = format!("{}.{}.{}", parts[0], of_operator[1], parts[2]);
    let padded = format!("{good}=");
    let longer = format!("{good}.{}", parts[2]);
    let doubled = format!("{good}AAAA");
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    let two = format!("{}.{}", parts[0], parts[1]);
    for token in [
        "", ".", "..", "...", "a.b.c", &swapped, &padded, &longer, &doubled, &unsigned, &two,
    ] {
        assert_eq!(refused(&of_manager(), token), Refusal::Unknown, "{token}");
    }
    // Whichever byte is another one. The last one of a part has bits that mean nothing, and must be as they are.
    for place in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        assert!(of_manager().read(&changed).is_err(), "{place}");
    }
}

#[test]
fn no_debug_shows_a_key() {
    let shown = format!("{:?}", of_secret());
    assert!(
        !shown.contains("48, 49, 50") && !shown.contains("0123"),
        "{shown}"
    );
}
