//! The address of Prometheus: parsed once, into parts that a request is made of.

use std::fmt;

use serde::Serialize;

/// The scheme of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain.
    Http,
    /// Over TLS.
    Https,
}

/// `host:port`, or `http(s)://host[:port][/prefix]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Plain or TLS.
    pub scheme: Scheme,
    /// `host` or `host:port`; an IPv6 host in brackets.
    pub authority: String,
    /// The path before `/api/v1`, without a slash at its end; often empty.
    pub prefix: String,
}

/// A text that is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}; accepted is `host:port`, or `http(s)://host[:port][/prefix]`")]
pub struct AddressError {
    fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Empty,
    Scheme(String),
    Credentials,
    QueryOrFragment,
    NoPort,
    Port,
    Host,
    Prefix,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Scheme(scheme) => write!(f, "the scheme {scheme:?} is not spoken"),
            // The text is not repeated: it may hold a password.
            Self::Credentials => f.write_str("user and password do not belong in an address: the host adds credentials"),
            Self::QueryOrFragment => f.write_str("a query or a fragment does not belong in an address"),
            Self::NoPort => f.write_str("no port, and no scheme to take one from"),
            Self::Port => f.write_str("the port is not a number from 1 to 65535"),
            Self::Host => f.write_str("the host is empty or holds a character that no host name has"),
            Self::Prefix => f.write_str("the prefix holds a character or a part (`.`, `..`, an empty one) that no plain path has"),
        }
    }
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// Says what is wrong and what is accepted.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        Self::parts(text.trim_ascii()).map_err(|fault| AddressError { fault })
    }

    fn parts(text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::Empty);
        }
        if text.contains(['?', '#']) {
            return Err(Fault::QueryOrFragment);
        }
        let (scheme, rest) = match text.split_once("://") {
            None => (None, text),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
                (Some(Scheme::Http), rest)
            }
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => {
                (Some(Scheme::Https), rest)
            }
            Some((scheme, _)) => return Err(Fault::Scheme(scheme.chars().take(20).collect())),
        };
        let (authority, prefix) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(Fault::Credentials);
        }
        let has_port = check_authority(authority)?;
        if scheme.is_none() && !has_port {
            return Err(Fault::NoPort);
        }
        if scheme.is_none() && !prefix.trim_end_matches('/').is_empty() {
            return Err(Fault::Prefix);
        }
        Ok(Self {
            scheme: scheme.unwrap_or(Scheme::Http),
            authority: authority.to_ascii_lowercase(),
            prefix: checked_prefix(prefix)?,
        })
    }
}

/// Checks host and port; says whether there is a port.
fn check_authority(authority: &str) -> Result<bool, Fault> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (ip, after) = rest.split_once(']').ok_or(Fault::Host)?;
            ip.parse::<std::net::Ipv6Addr>().map_err(|_| Fault::Host)?;
            match after.strip_prefix(':') {
                None if after.is_empty() => (ip, None),
                None => return Err(Fault::Host),
                Some(port) => (ip, Some(port)),
            }
        }
        None => {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            };
            let of_a_host_name =
                |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
            if !host.bytes().all(of_a_host_name) {
                return Err(Fault::Host);
            }
            (host, port)
        }
    };
    if host.is_empty() {
        return Err(Fault::Host);
    }
    match port {
        None => Ok(false),
        // `u16::from_str` takes a leading `+`.
        Some(port)
            if port.bytes().all(|b| b.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|p| p > 0) =>
        {
            Ok(true)
        }
        Some(_) => Err(Fault::Port),
    }
}

/// A path of plain segments, without a slash at its end.
fn checked_prefix(prefix: &str) -> Result<String, Fault> {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    if prefix.is_empty() {
        return Ok(String::new());
    }
    let of_a_segment = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'-' | b'.' | b'_' | b'~' | b':' | b'@' | b'=' | b'+' | b','
            )
    };
    let plain =
        |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(of_a_segment);
    match prefix.split('/').skip(1).all(plain) {
        true => Ok(prefix.to_owned()),
        false => Err(Fault::Prefix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_accepted_forms_are_taken_apart() {
        for (text, scheme, authority, prefix) in [
            ("127.0.0.1:9090", Scheme::Http, "127.0.0.1:9090", ""),
            (
                "prometheus.example:9090/",
                Scheme::Http,
                "prometheus.example:9090",
                "",
            ),
            ("http://prometheus", Scheme::Http, "prometheus", ""),
            (
                "HTTPS://Metrics.Example/select/0/prometheus/",
                Scheme::Https,
                "metrics.example",
                "/select/0/prometheus",
            ),
            ("[::1]:9090", Scheme::Http, "[::1]:9090", ""),
            ("https://[2001:db8::1]", Scheme::Https, "[2001:db8::1]", ""),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(
                (address.scheme, &*address.authority, &*address.prefix),
                (scheme, authority, prefix),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused_and_the_accepted_forms_are_named() {
        for text in [
            "",
            " ",
            "localhost",
            "ftp://h:1",
            "http://",
            "http://:9090",
            "h:0",
            "h:65536",
            "h:+1",
            "h:",
            "h:1:2",
            "::1:9090",
            "[::1",
            "[x]:1",
            "[::1]x",
            "http://h?x=1",
            "http://h#x",
            "http://u:secret@h",
            "http://h/a//b",
            "http://h/../x",
            "http://h/%2e%2e",
            "http://h/a b",
            "h:1/prefix",
            "http://h\r\nx: y",
            "http://hö",
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(error.contains("`host:port`"), "{text:?}: {error}");
            assert!(!error.contains("secret"));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Address::parse(&text);
        }
    }
}
