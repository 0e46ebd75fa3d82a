//! The token of a request.

use http::{HeaderMap, header::AUTHORIZATION};

use super::refusal::Refusal;

/// The longest token, in bytes: a signed one with a hundred projects in its scope has about five thousand.
const LONGEST: usize = 8 << 10;

/// The token after `Authorization: Bearer`.
///
/// # Errors
/// [`Refusal::NoToken`], [`Refusal::Unreadable`] for one that is too long, of another scheme, or not alone.
pub(super) fn token(headers: &HeaderMap) -> Result<&[u8], Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::NoToken)?.as_bytes();
    let unreadable = Refusal::Unreadable(LONGEST);
    if values.next().is_some() {
        return Err(unreadable);
    }
    let Some((scheme, token)) = value.split_at_checked("Bearer ".len()) else {
        return Err(unreadable);
    };
    let is_token = (1..=LONGEST).contains(&token.len()) && token.iter().all(u8::is_ascii_graphic);
    match scheme.eq_ignore_ascii_case(b"Bearer ") && is_token {
        true => Ok(token),
        false => Err(unreadable),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(AUTHORIZATION, value);
        }
        token(&headers).map(|token| String::from_utf8_lossy(token).into_owned())
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        for value in ["Bearer a.b-c", "bearer a.b-c", "BEARER a.b-c"] {
            assert_eq!(read(&[value]), Ok("a.b-c".to_owned()));
        }
        assert_eq!(read(&[]), Err(Refusal::NoToken));
    }

    #[test]
    fn what_is_no_token_or_not_one_is_refused() {
        let longest = format!("Bearer {}", "a".repeat(LONGEST));
        assert!(read(&[&longest]).is_ok());
        let long = format!("{longest}a");
        for values in [
            &["Bearer"][..],
            &["Bearer "],
            &[""],
            &["a"],
            &["Basic YTpi"],
            &["Bearer  a"],
            &["Bearer a b"],
            &["Bearer a\t"],
            &["Bearer é"],
            &["Bearer\ta"],
            &["é Bearer a"],
            &[&long],
            &["Bearer a", "Bearer a"],
            &["Bearer a", "Bearer b"],
            &["Bearer a", ""],
        ] {
            assert!(
                matches!(read(values), Err(Refusal::Unreadable(_))),
                "{values:?}"
            );
        }
    }
}
