//! Checks that a request is meant for this service, and comes from its own page or from none.
//!
//! A browser sends what any page tells it to: to a loopback address, and to a name that its owner made lead here ("DNS
//! rebinding"). Such a page cannot write `Host` and `Origin`.

use std::net::{IpAddr, Ipv6Addr};

use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{HOST, ORIGIN},
    uri::Authority,
};

use super::refusal::Refusal;

/// The header by which a browser says whose page a request is from, reading with `<img>` and `<script>` included, which
/// have no `Origin`.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The programs that can reach the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Programs of this machine that may open a file. No browser can, so that any host will do.
    Socket,
    /// Programs of this machine, browsers among them.
    Loopback,
    /// Others.
    Network,
}

/// The hosts that requests may be for.
#[derive(Debug, Clone)]
pub struct Hosts {
    reach: Reach,
    /// In lower case.
    names: Vec<String>,
}

impl Hosts {
    /// Loopback's names are always accepted, and an address where the listener is reached by others: no owner of a name
    /// makes that lead here.
    pub fn new(reach: Reach, names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().map(|name| name.to_ascii_lowercase());
        Self {
            reach,
            names: names.collect(),
        }
    }

    /// # Errors
    /// [`Refusal::Host`], [`Refusal::Origin`].
    pub fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = self.host(uri, headers)?;
        // The page itself may be come to from anywhere, by a link.
        let may_be_linked = uri.path() == "/" && !headers.contains_key(ORIGIN);
        if may_be_linked || (is_own_origin(headers, host.as_ref()) && is_own_site(headers)) {
            Ok(())
        } else {
            Err(Refusal::Origin)
        }
    }

    /// The one host that the request is for.
    fn host(&self, uri: &Uri, headers: &HeaderMap) -> Result<Option<Authority>, Refusal> {
        let mut values = headers.get_all(HOST).iter();
        let host = match (values.next(), values.next()) {
            (_, Some(_)) => return Err(Refusal::Host),
            (None, None) => None,
            (Some(value), None) => {
                let read = Authority::try_from(value.as_bytes());
                // Without user and password.
                let host = read.ok().filter(|host| !host.as_str().contains('@'));
                Some(host.ok_or(Refusal::Host)?)
            }
        };
        // One in the target itself counts, and the header with it.
        for named in [uri.authority(), host.as_ref()].into_iter().flatten() {
            if !self.is_accepted(named.host()) {
                return Err(Refusal::Host);
            }
        }
        match (&host, self.reach) {
            (None, Reach::Loopback | Reach::Network) => Err(Refusal::Host),
            _ => Ok(host),
        }
    }

    fn is_accepted(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        match self.reach {
            Reach::Socket => true,
            _ if host == "localhost" || self.names.iter().any(|name| name == host) => true,
            Reach::Loopback => address(host).is_some_and(|address| address.is_loopback()),
            Reach::Network => address(host).is_some(),
        }
    }
}

fn address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(rest) => {
            let address: Ipv6Addr = rest.strip_suffix(']')?.parse().ok()?;
            Some(address.into())
        }
        None => host.parse().ok(),
    }
}

/// Returns true if the request has no origin, or the one whose page this host serves. The scheme is not compared: TLS
/// may end before us.
fn is_own_origin(headers: &HeaderMap, host: Option<&Authority>) -> bool {
    headers.get_all(ORIGIN).iter().all(|origin| {
        let authority = authority_of(origin);
        authority.is_some() && authority.as_ref() == host
    })
}

fn authority_of(origin: &HeaderValue) -> Option<Authority> {
    let origin = origin.to_str().ok()?;
    let authority = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"))?;
    authority.parse().ok()
}

fn is_own_site(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(reach: Reach, target: &str, headers: &[(HeaderName, &str)]) -> Result<(), Refusal> {
        let hosts = Hosts::new(reach, ["Metric.Example".to_owned()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        hosts.admit(&target.parse().unwrap(), &map)
    }

    fn for_host(reach: Reach, host: &str) -> bool {
        admit(reach, "/v1/query", &[(HOST, host)]).is_ok()
    }

    #[test]
    fn a_loopback_listener_is_for_loopbacks_names_and_those_that_are_listed() {
        for host in [
            "localhost",
            "LOCALHOST:8480",
            "localhost.",
            "127.0.0.1",
            "127.0.0.1:8480",
            "127.8.9.1:1",
            "[::1]",
            "[::1]:8480",
            "metric.example",
            "METRIC.example:443",
        ] {
            assert!(for_host(Reach::Loopback, host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil.example:8480",
            "localhost@evil.example",
            "evil.example@localhost",
            "10.0.0.1",
            "0.0.0.0",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "127.1",
            "localhost, evil.example",
            "localhost/",
            "é",
        ] {
            assert!(!for_host(Reach::Loopback, host), "{host}");
        }
    }

    #[test]
    fn a_listener_that_others_reach_is_for_addresses_too_and_for_no_other_name() {
        for host in [
            "10.0.0.1:8480",
            "[fd00::1]:8480",
            "metric.example",
            "localhost",
        ] {
            assert!(for_host(Reach::Network, host), "{host}");
        }
        for host in [
            "evil.example",
            "metric.example.evil.example",
            "10.0.0.1.nip.io",
        ] {
            assert!(!for_host(Reach::Network, host), "{host}");
        }
        assert!(for_host(Reach::Socket, "whatever"));
    }

    #[test]
    fn a_request_is_for_one_host_wherever_that_stands() {
        let own = (HOST, "localhost");
        let other = (HOST, "evil.example");
        let admit = |target, headers: &[_]| admit(Reach::Loopback, target, headers).is_ok();
        assert!(admit(
            "http://localhost/v1/query",
            std::slice::from_ref(&own)
        ));
        assert!(!admit(
            "http://evil.example/v1/query",
            std::slice::from_ref(&own)
        ));
        assert!(!admit(
            "http://localhost/v1/query",
            std::slice::from_ref(&other)
        ));
        assert!(!admit("/v1/query", &[own.clone(), own.clone()]));
        assert!(!admit("/v1/query", &[own, other]));
        assert!(!admit("/v1/query", &[]));
    }

    #[test]
    fn what_a_page_of_another_origin_asks_is_refused() {
        let asked = |target, headers: &[(HeaderName, &str)]| {
            let mut all = vec![(HOST, "localhost:8480")];
            all.extend_from_slice(headers);
            admit(Reach::Loopback, target, &all).is_ok()
        };
        for origin in ["http://localhost:8480", "https://LOCALHOST:8480"] {
            assert!(asked("/v1/query", &[(ORIGIN, origin)]), "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://evil.example",
            "http://localhost",
            "http://localhost:8481",
            "http://127.0.0.1:8480",
            "http://localhost:8480.evil.example",
            "http://localhost:8480/",
            "file://localhost:8480",
            "localhost:8480",
            "http://a@localhost:8480",
        ] {
            for target in ["/v1/query", "/", "/healthz"] {
                assert!(!asked(target, &[(ORIGIN, origin)]), "{origin} {target}");
            }
        }
        let two = [
            (ORIGIN, "http://localhost:8480"),
            (ORIGIN, "http://evil.example"),
        ];
        assert!(!asked("/v1/query", &two));
    }

    #[test]
    fn what_a_page_of_another_site_embeds_is_refused_and_a_link_to_the_page_is_not() {
        let site = |target, site| {
            let headers = [(HOST, "localhost"), (SEC_FETCH_SITE, site)];
            admit(Reach::Loopback, target, &headers).is_ok()
        };
        for own in ["same-origin", "none"] {
            assert!(site("/v1/metrics", own));
        }
        for other in [
            "cross-site",
            "same-site",
            "",
            "Same-Origin",
            "same-origin, cross-site",
        ] {
            assert!(!site("/v1/metrics", other), "{other}");
            assert!(site("/", other), "{other}");
        }
    }
}
