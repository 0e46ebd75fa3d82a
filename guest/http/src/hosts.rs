//! Checks of the `Host` and `Origin` of a browser's request. A page of a foreign site may send requests to whatever its
//! visitor's machine reaches, and read the answers if its own name is made to point there: so a request names this
//! server by an IP address, by `localhost` or by a name that is configured, and comes from no other origin.

use std::net::IpAddr;

use crate::problem::Problem;
use crate::server::Head;

/// The name that stands for every name.
const ANY: &str = "*";

/// Refuses what a page of a foreign site may have sent. `hosts` are the names that are configured.
///
/// # Errors
/// 403, with what would be accepted.
pub fn admit(head: &Head, hosts: &[String]) -> Result<(), Problem> {
    let authority = head.authority.as_deref().unwrap_or_default();
    if !is_own(without_port(authority), hosts) {
        return Err(Problem::new(
            403,
            "other-host",
            "this is not the host that the request is for; accepted are IP addresses, localhost, and the names in METRIC_HOSTS",
        ));
    }
    let origin = head.origin.as_deref().map(|origin| {
        let authority = origin.split_once("://");
        authority.map_or("", |(_, authority)| authority)
    });
    let is_own_origin = origin.is_none_or(|origin| !origin.is_empty() && origin == authority);
    // Also of what is read by `<img>` and `<script>`, which send no origin.
    let site = head.fetch_site.as_deref();
    let is_own_site = site.is_none_or(|site| ["same-origin", "none"].contains(&site));
    if is_own_origin && is_own_site {
        return Ok(());
    }
    Err(Problem::new(
        403,
        "other-origin",
        "the request comes from a page of another origin",
    ))
}

/// A client without a host, such as one of HTTP/1.0, is no browser.
fn is_own(host: &str, hosts: &[String]) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.is_empty()
        || host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok()
        || hosts
            .iter()
            .any(|known| known == ANY || known.eq_ignore_ascii_case(host))
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        // Not of an IPv6 address, whose last colon stands before its last bracket.
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(authority: &str) -> Head {
        Head {
            authority: Some(authority.to_owned()),
            ..Head::default()
        }
    }

    fn is_admitted(authority: &str, hosts: &[&str]) -> bool {
        let hosts: Vec<String> = hosts.iter().map(|name| (*name).to_owned()).collect();
        admit(&head(authority), &hosts).is_ok()
    }

    #[test]
    fn a_name_that_was_made_to_point_here_is_refused() {
        for own in [
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::1]",
            "10.0.0.5",
            "localhost:1",
            "LOCALHOST",
        ] {
            assert!(is_admitted(own, &[]), "{own}");
        }
        for foreign in [
            "evil.example",
            "evil.example:80",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
        ] {
            assert!(!is_admitted(foreign, &["metrics.example"]), "{foreign}");
            assert!(is_admitted(foreign, &["*"]), "{foreign}");
        }
        assert!(is_admitted("Metrics.example:443", &["metrics.example"]));
        assert!(admit(&Head::default(), &[]).is_ok());
    }

    #[test]
    fn a_page_of_another_origin_is_refused() {
        let from = |origin: Option<&str>, fetch_site: Option<&str>| {
            let head = Head {
                origin: origin.map(str::to_owned),
                fetch_site: fetch_site.map(str::to_owned),
                ..head("127.0.0.1:8080")
            };
            admit(&head, &[]).is_ok()
        };
        assert!(from(Some("http://127.0.0.1:8080"), Some("same-origin")));
        assert!(from(None, Some("none")));
        for foreign in ["http://evil.example", "http://127.0.0.1:8081", "null", ""] {
            assert!(!from(Some(foreign), None), "{foreign}");
        }
        assert!(!from(None, Some("cross-site")));
    }
}
