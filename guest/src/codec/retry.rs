//! The policy of further attempts: which failures they may mend, and how long to wait before them.

use chrono::DateTime;

use super::failure::Failure;
use crate::domain::head;

/// Attempts in all. With the waits below the last comes within a second of the first: longer outages are
/// the caller's to wait out.
const ATTEMPTS: u32 = 4;
/// Prometheus answers 500 for a fault of its own, which seldom passes by itself.
const ATTEMPTS_AFTER_500: u32 = 2;
/// The wait before the second attempt, in milliseconds; each further one is twice as long.
const FIRST_WAIT: u64 = 100;

/// The attempts of one call.
#[derive(Debug)]
pub struct Attempts {
    made: u32,
    random: u64,
}

impl Attempts {
    /// Before the first. The seed, any number, spreads the waits of callers that failed together.
    pub fn new(seed: u64) -> Self {
        Self {
            made: 0,
            // xorshift stands still at zero.
            random: seed | 1,
        }
    }

    /// Milliseconds to wait after this failure before the next attempt; none: it is final.
    ///
    /// `asked_for` are the milliseconds that the server asked to wait, if it did.
    pub fn next_after(&mut self, failure: &Failure, asked_for: Option<u64>) -> Option<u64> {
        self.made += 1;
        let allowed = match failure {
            Failure::ConnectionFailed(_) | Failure::Interrupted(_) => ATTEMPTS,
            Failure::FailedToGetMetric { status, .. } => match status {
                429 | 502 | 503 | 504 => ATTEMPTS,
                500 => ATTEMPTS_AFTER_500,
                _ => return None,
            },
            // The caller's, the host's, or a deadline that has passed; Prometheus's own among them.
            _ => return None,
        };
        if self.made >= allowed {
            return None;
        }
        let longest = FIRST_WAIT << (self.made - 1);
        let jittered = longest / 2 + self.random_below(longest / 2 + 1);
        Some(jittered.max(asked_for.unwrap_or(0)))
    }

    /// xorshift64: spread is all that is needed.
    fn random_below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }
}

/// The time after which a server wants to be asked again: `Retry-After`, in both of its forms.
/// <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so many milliseconds.
    In(u64),
    /// At an instant, Unix milliseconds.
    At(i64),
}

impl RetryAfter {
    /// Reads the header's value; none for what is neither form.
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse::<u32>() {
            Ok(seconds) => Some(Self::In(u64::from(seconds) * 1000)),
            Err(_) => DateTime::parse_from_rfc2822(text)
                .ok()
                .map(|date| Self::At(date.timestamp_millis())),
        }
    }

    /// Milliseconds from now until then; none: the time of day is not known.
    pub fn millis(self, now: Option<i64>) -> Option<u64> {
        match self {
            Self::In(millis) => Some(millis),
            Self::At(instant) => Some(u64::try_from(instant.saturating_sub(now?)).unwrap_or(0)),
        }
    }
}

/// The failure of a request that is sent elsewhere: requests follow no redirect, since they go where they were allowed to.
/// Of the place only what an address may have is told: the rest repeats the request, with what the host added to it, or
/// is a ticket to a login.
pub fn redirected(status: u16, location: Option<&str>) -> Failure {
    let to = match location.map(address_of) {
        Some(address) if !address.is_empty() => format!("to {}", head(&address)),
        _ => "without saying where to".to_owned(),
    };
    Failure::FailedToGetMetric {
        status,
        error_type: None,
        message: format!(
            "redirected {to}; redirects are not followed: configure the address that answers"
        ),
    }
}

/// A location without user, password, query and fragment.
fn address_of(location: &str) -> String {
    let end = location.find(['?', '#']).unwrap_or(location.len());
    let location = location.get(..end).unwrap_or_default();
    let Some((scheme, rest)) = location.split_once("//") else {
        return location.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}//{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Failure {
        Failure::FailedToGetMetric {
            status,
            error_type: None,
            message: String::new(),
        }
    }

    fn waits(failure: &Failure) -> Vec<u64> {
        let mut attempts = Attempts::new(7);
        std::iter::from_fn(|| attempts.next_after(failure, None))
            .take(100)
            .collect()
    }

    #[test]
    fn a_broken_connection_and_a_busy_server_are_tried_again_a_few_times() {
        for failure in [
            Failure::ConnectionFailed(String::new()),
            Failure::Interrupted(String::new()),
            refused(429),
            refused(502),
            refused(503),
            refused(504),
        ] {
            assert_eq!(waits(&failure).len(), 3, "{failure:?}");
        }
        assert_eq!(waits(&refused(500)).len(), 1);
    }

    #[test]
    fn what_another_attempt_cannot_mend_is_final() {
        for failure in [
            refused(400),
            refused(404),
            refused(422),
            Failure::TimedOut(String::new()),
            Failure::MalformedResponse(String::new()),
            Failure::Denied(String::new()),
        ] {
            assert!(waits(&failure).is_empty(), "{failure:?}");
        }
    }

    #[test]
    fn waits_double_and_are_spread_over_half_their_length() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut attempts = Attempts::new(seed);
            for longest in [100, 200, 400] {
                let wait = attempts.next_after(&refused(503), None).unwrap();
                assert!((longest / 2..=longest).contains(&wait), "{wait}");
                seen.insert(wait);
            }
        }
        assert!(seen.len() > 50);
    }

    #[test]
    fn a_server_says_when_in_seconds_or_as_a_date() {
        let date = RetryAfter::parse("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date, Some(RetryAfter::At(784_111_777_000)));
        assert_eq!(date.unwrap().millis(Some(784_111_775_000)), Some(2000));
        assert_eq!(date.unwrap().millis(Some(784_111_779_000)), Some(0));
        assert_eq!(date.unwrap().millis(None), None);
        assert_eq!(RetryAfter::parse("120"), Some(RetryAfter::In(120_000)));
        for text in ["", "soon", "-1", "1.5"] {
            assert_eq!(RetryAfter::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_server_that_says_when_is_not_asked_before() {
        let wait = Attempts::new(1).next_after(&refused(429), Some(2000));
        assert_eq!(wait, Some(2000));
    }

    #[test]
    fn of_a_redirect_no_more_is_told_than_an_address_may_have() {
        let message = |location: Option<&str>| match redirected(302, location) {
            Failure::FailedToGetMetric { message, .. } => message,
            other => format!("{other:?}"),
        };
        for (location, told) in [
            (
                "https://h:1/prom/api/v1/query",
                "redirected to https://h:1/prom/api/v1/query;",
            ),
            ("https://user:s3cret@h/p", "redirected to https://h/p;"),
            ("//user@s3cret@h", "redirected to //h;"),
            ("https://h?token=s3cret", "redirected to https://h;"),
            ("/login#state=s3cret//x", "redirected to /login;"),
            (
                "/api/v1/query?extra_label=s3cret",
                "redirected to /api/v1/query;",
            ),
            ("?s3cret", "redirected without saying where to;"),
        ] {
            let message = message(Some(location));
            assert!(message.starts_with(told), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
        assert!(message(None).starts_with("redirected without saying where to;"));
    }
}
