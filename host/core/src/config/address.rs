//! Prometheus's address, parsed once: what the host compares each request with, and where it connects.
//!
//! | accepted                      | read as                                  |
//! |-------------------------------|------------------------------------------|
//! | `prometheus:9090`             | http, that host and port, no prefix      |
//! | `[::1]:9090`                  | the same for IPv6                        |
//! | `http://prometheus`           | http, port 80                            |
//! | `https://prometheus`          | https, port 443                          |
//! | `https://example.org/a/prom/` | https, port 443, prefix `/a/prom`        |
//!
//! An address without a prefix gets that of the backend, if it has one.
//!
//! Everything else is refused. Knows nothing of requests.

use std::net::Ipv6Addr;

use http::uri::{Authority, Scheme};

use super::error::ConfigError;
use crate::contract::types::Backend;

/// The address of Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    scheme: Scheme,
    /// As it was given, host in lower case.
    authority: Authority,
    port: u16,
    /// As it was given: empty, or begins with `/` and does not end with one.
    prefix: String,
    /// The kind of server behind it, which decides the prefix where none was given.
    backend: Backend,
}

impl Address {
    pub(crate) fn parse(address: &str) -> Result<Self, ConfigError> {
        Self::read(address.trim_ascii()).map_err(|reason| ConfigError::Address {
            address: without_secrets(address),
            reason,
        })
    }

    /// Refuses an address that brings a secret along, where anything else in it is for somebody else to judge.
    pub(crate) fn refuse_secrets(address: &str) -> Result<(), ConfigError> {
        match Self::parse(address) {
            Err(error) if address.contains(MAY_HIDE_SECRETS) => Err(error),
            _ => Ok(()),
        }
    }

    fn read(address: &str) -> Result<Self, &'static str> {
        if address.is_empty() {
            return Err("it is empty");
        }
        let (scheme, authority, path) = match address.split_once("://") {
            None => {
                let authority = address.trim_end_matches('/');
                if authority.contains('/') {
                    return Err("a path needs http:// or https:// at the front");
                }
                (Scheme::HTTP, authority, "")
            }
            Some((scheme, rest)) => {
                let scheme = match scheme.to_ascii_lowercase().as_str() {
                    "http" => Scheme::HTTP,
                    "https" => Scheme::HTTPS,
                    _ => return Err("its scheme is neither http nor https"),
                };
                let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
                (scheme, authority, path)
            }
        };
        let (_, port) = host_and_port(authority)?;
        let port = match port {
            None if address.contains("://") => default_port(&scheme),
            port => port,
        }
        .ok_or("the port is missing")?;
        Ok(Self {
            authority: authority
                .to_ascii_lowercase()
                .parse()
                .map_err(|_| "its host cannot be read")?,
            prefix: prefix(path)?,
            backend: Backend::Auto,
            scheme,
            port,
        })
    }

    pub(crate) fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Without the brackets that an IPv6 address has in an authority.
    pub(crate) fn host(&self) -> &str {
        let host = self.authority.host();
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The same as the address of a `backend`. From the contract: it decides the path where the address has none.
    pub(crate) fn with_backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    pub(crate) fn backend(&self) -> Backend {
        self.backend
    }

    /// The path before `/api/v1`.
    pub(crate) fn prefix(&self) -> &str {
        match (self.written_prefix(), self.backend) {
            ("", Backend::Mimir) => "/prometheus",
            ("", Backend::VictoriaCluster) => "/select/0/prometheus",
            (written, _) => written,
        }
    }

    /// The prefix without that of the backend: for who adds a tenant's path.
    pub(crate) fn written_prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns true if a request for `scheme` and `authority` would go to this address.
    pub(crate) fn is_origin(&self, scheme: &Scheme, authority: &Authority) -> bool {
        *scheme == self.scheme
            && host_and_port(authority.as_str()).is_ok_and(|(host, port)| {
                host.eq_ignore_ascii_case(self.authority.host())
                    && port.or_else(|| default_port(scheme)) == Some(self.port)
            })
    }
}

/// Before the one there may be a password, after the others a token.
const MAY_HIDE_SECRETS: [char; 3] = ['@', '?', '#'];

/// An address as an error may show it.
fn without_secrets(address: &str) -> String {
    let is_query = |character| matches!(character, '?' | '#');
    match (address.rsplit_once('@'), address.split_once(is_query)) {
        (None, None) => address.to_owned(),
        (None, Some((address, _))) => format!("{address}?…"),
        (Some((_, host)), None) => format!("…@{host}"),
        // A password may have a question mark, and a token an `@`.
        (Some(_), Some(_)) => "…".to_owned(),
    }
}

fn default_port(scheme: &Scheme) -> Option<u16> {
    match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// The host (of IPv6 with its brackets) and the port, if one is given. Strict: what browsers and
/// resolvers read differently from each other is refused.
fn host_and_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    if authority.contains('@') {
        return Err("it carries credentials, which belong to the host's settings");
    }
    let (host, port) = match authority.rfind(']') {
        Some(end) => {
            let (host, port) = authority.split_at(end + 1);
            let inside = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
            if inside.is_none_or(|v6| v6.parse::<Ipv6Addr>().is_err()) {
                return Err("its IPv6 address cannot be read");
            }
            match port.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if port.is_empty() => (host, None),
                None => return Err("something stands between the IPv6 address and the port"),
            }
        }
        None => {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            };
            if host.is_empty() {
                return Err("the host is missing");
            }
            if !host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
            {
                return Err("its host has characters other than letters, digits, '.', '-' and '_'");
            }
            (host, port)
        }
    };
    match port {
        None => Ok((host, None)),
        Some(port) if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) => {
            Err("its port is no number")
        }
        Some(port) => match port.parse() {
            Ok(port) if port != 0 => Ok((host, Some(port))),
            _ => Err("its port is not between 1 and 65535"),
        },
    }
}

/// The path without its trailing slashes. Only plain segments: what a proxy might resolve to another path
/// (`..`, `//`, percent-encoded characters) would make the comparison with requests worthless.
pub(crate) fn prefix(path: &str) -> Result<String, &'static str> {
    let path = path.trim_end_matches('/');
    let Some(segments) = path.strip_prefix('/') else {
        return Ok(String::new());
    };
    for segment in segments.split('/') {
        if segment.is_empty() || segment == "." || segment == ".." {
            return Err("its path has empty, '.' or '..' segments");
        }
        if !segment
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&b))
        {
            return Err("its path has characters that would need encoding, or a query");
        }
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_addresses_are_read_as_the_table_says() {
        for (address, scheme, authority, port, prefix) in [
            ("prometheus:9090", "http", "prometheus:9090", 9090, ""),
            ("127.0.0.1:9090", "http", "127.0.0.1:9090", 9090, ""),
            ("[::1]:9090", "http", "[::1]:9090", 9090, ""),
            (" prometheus:9090/ ", "http", "prometheus:9090", 9090, ""),
            ("http://prometheus", "http", "prometheus", 80, ""),
            ("HTTPS://Prometheus/", "https", "prometheus", 443, ""),
            ("http://[fe80::1]/x", "http", "[fe80::1]", 80, "/x"),
            (
                "https://example.org/a/prom/",
                "https",
                "example.org",
                443,
                "/a/prom",
            ),
            (
                "http://mimir:8080/prometheus",
                "http",
                "mimir:8080",
                8080,
                "/prometheus",
            ),
            ("my_host-1:1", "http", "my_host-1:1", 1, ""),
        ] {
            let read = Address::parse(address).unwrap();
            assert_eq!(read.scheme.as_str(), scheme, "{address}");
            assert_eq!(read.authority.as_str(), authority, "{address}");
            assert_eq!(read.port, port, "{address}");
            assert_eq!(read.prefix, prefix, "{address}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (address, reason) in [
            ("", "empty"),
            ("prometheus", "port is missing"),
            ("[::1]", "port is missing"),
            (":9090", "host is missing"),
            ("http://", "host is missing"),
            ("http:///api", "host is missing"),
            ("prometheus:", "no number"),
            ("prometheus:+90", "no number"),
            ("prometheus:90:90", "no number"),
            ("prometheus:0", "between 1 and 65535"),
            ("prometheus:65536", "between 1 and 65535"),
            ("prometheus:9090/prefix", "needs http://"),
            ("ftp://prometheus", "neither http nor https"),
            ("http://http://prometheus", "no number"),
            ("http://user:secret@prometheus", "credentials"),
            ("[::1", "characters"),
            ("[::zz]:9090", "IPv6"),
            ("[::1]9090", "between"),
            ("prom etheus:9090", "characters"),
            ("prom\u{e9}theus:9090", "characters"),
            ("http://prometheus?query=1", "characters"),
            ("http://prometheus/?query=1", "query"),
            ("http://prometheus/a#b", "query"),
            ("http://prometheus/a//b", "segments"),
            ("http://prometheus/../b", "segments"),
            ("http://prometheus/%2e%2e/b", "encoding"),
            ("http://prometheus\\@evil", "credentials"),
            ("http://prometheus\r\nx:y", "characters"),
        ] {
            match Address::parse(address) {
                Err(ConfigError::Address { reason: why, .. }) => {
                    assert!(why.contains(reason), "{address}: {why}");
                }
                other => panic!("{address}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        for (address, shown) in [
            ("http://user:s3cret@prometheus:9090", "…@prometheus:9090"),
            ("user:s3cret@prometheus:9090", "…@prometheus:9090"),
            ("http://s3cret@[::1", "…@[::1"),
            ("http://h:9090/?token=s3cret", "http://h:9090/?…"),
            ("http://h:9090#s3cret", "http://h:9090?…"),
            ("http://h:9090/?token=a@s3cret", "…"),
            ("http://user:s3cret?@h:9090", "…"),
            ("http://user:s3cret@h:9090/?a=b", "…"),
        ] {
            let error = Address::parse(address).unwrap_err();
            assert!(error.to_string().contains(&format!("{shown:?}")), "{error}");
            let all = format!("{error} {error:?}");
            assert!(!all.contains("s3cret"), "{all}");
            Address::refuse_secrets(address).unwrap_err();
        }
        for address in ["h:9090", "http://h/a@b", "", "no address", "http://h:x"] {
            Address::refuse_secrets(address).unwrap();
        }
    }

    #[test]
    fn a_backend_decides_the_prefix_where_none_was_given() {
        let prefix = |address: &str, backend| {
            let address = Address::parse(address).unwrap().with_backend(backend);
            address.prefix().to_owned()
        };
        for (backend, expected) in [
            (Backend::Auto, ""),
            (Backend::Prometheus, ""),
            (Backend::Thanos, ""),
            (Backend::Mimir, "/prometheus"),
            (Backend::Victoria, ""),
            (Backend::VictoriaCluster, "/select/0/prometheus"),
        ] {
            assert_eq!(prefix("h:1", backend), expected);
            assert_eq!(prefix("http://h/", backend), expected);
            assert_eq!(prefix("http://h/own", backend), "/own");
        }
    }
}
