//! The networks that a configured address may lead to. Judged after DNS, for each connection anew, so that a name that
//! changes its mind (rebinding) leads nowhere else.
//!
//! | the operator wrote                                   | granted                        |
//! |------------------------------------------------------|--------------------------------|
//! | an IP address                                        | its network                    |
//! | `localhost`, `*.localhost`                           | loopback                       |
//! | a name that only a private network knows: one label, | public, private                |
//! | `*.internal`, `*.local`, `*.svc`, `*.home.arpa`      |                                |
//! | any other name                                       | public                         |
//! | and for all of them                                  | what `ServiceOptions::networks` says |

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Once},
};

use crate::config::{address::Address, network::Network};

/// The networks that an address may lead to.
#[derive(Debug, Clone)]
pub(crate) struct NetworkPolicy {
    networks: Vec<Network>,
    /// Set once it was said that the address leads elsewhere. Each request may find that out.
    told: Arc<Once>,
}

/// Domains that public DNS does not have: RFC 6762, RFC 8375, ICANN 2024 for `internal`; `svc` is Kubernetes'.
const PRIVATE_DOMAINS: &[&str] = &[".internal", ".local", ".svc", ".home.arpa"];

impl NetworkPolicy {
    pub(crate) fn of(address: &Address, granted: &[Network]) -> Self {
        let mut networks = vec![Network::Public];
        networks.extend(granted);
        networks.extend(implied(address.host()));
        Self {
            networks,
            told: Arc::new(Once::new()),
        }
    }

    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        self.networks.contains(&Network::of(address))
    }

    /// The addresses that may be connected to. The first that may not is logged; that requests are denied for it, each
    /// call says.
    pub(crate) fn allowed(&self, host: &str, addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
        let (allowed, refused): (Vec<_>, Vec<_>) = addresses
            .into_iter()
            .partition(|address| self.allows(address.ip()));
        if let Some(address) = refused.first() {
            self.told.call_once(|| {
                tracing::warn!(
                    host,
                    address = %address.ip(),
                    network = %Network::of(address.ip()),
                    "the name resolves to a network that is not allowed (ServiceOptions::networks, --allow-network)"
                );
            });
        }
        allowed
    }
}

/// Returns true if this host's requests stay on this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    implied(host) == Some(Network::Loopback)
}

/// The network that an operator who writes this host can only have meant.
fn implied(host: &str) -> Option<Network> {
    if let Ok(address) = host.parse() {
        return Some(Network::of(address));
    }
    let host = host.trim_end_matches('.');
    if host == "localhost" || host.ends_with(".localhost") {
        return Some(Network::Loopback);
    }
    // Some hosts only look like a name: resolvers read `2130706433` and `0x7f000001` as addresses.
    let is_name = host.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let is_private = !host.contains('.') || PRIVATE_DOMAINS.iter().any(|d| host.ends_with(d));
    (is_name && is_private).then_some(Network::Private)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(address: &str, granted: &[Network]) -> NetworkPolicy {
        NetworkPolicy::of(&Address::parse(address).unwrap(), granted)
    }

    /// One address of each network.
    const ADDRESSES: &[(&str, Network)] = &[
        ("1.1.1.1", Network::Public),
        ("10.0.0.1", Network::Private),
        ("127.0.0.1", Network::Loopback),
        ("169.254.169.254", Network::LinkLocal),
        ("0.0.0.0", Network::Reserved),
    ];

    fn networks(reach: &NetworkPolicy) -> Vec<Network> {
        ADDRESSES
            .iter()
            .filter(|(address, _)| reach.allows(address.parse().unwrap()))
            .map(|(_, network)| *network)
            .collect()
    }

    #[test]
    fn an_address_reaches_what_the_table_says() {
        use Network::{LinkLocal, Loopback, Private, Public, Reserved};
        for (address, reached) in [
            ("prometheus.example.org:9090", &[Public][..]),
            ("https://prometheus.example.org", &[Public]),
            ("prometheus.monitoring:9090", &[Public]),
            ("2130706433:9090", &[Public]),
            ("0x7f000001:9090", &[Public]),
            ("127.1:9090", &[Public]),
            ("notlocalhost.org:9090", &[Public]),
            ("prometheus:9090", &[Public, Private]),
            ("PROMETHEUS:9090", &[Public, Private]),
            ("prometheus.monitoring.svc:9090", &[Public, Private]),
            (
                "prometheus.monitoring.svc.cluster.local:9090",
                &[Public, Private],
            ),
            ("prometheus.corp.internal:9090", &[Public, Private]),
            ("localhost:9090", &[Public, Loopback]),
            ("LocalHost:9090", &[Public, Loopback]),
            ("prometheus.localhost:9090", &[Public, Loopback]),
            ("127.0.0.1:9090", &[Public, Loopback]),
            ("[::1]:9090", &[Public, Loopback]),
            ("[::ffff:10.0.0.1]:9090", &[Public, Private]),
            ("192.168.1.1:9090", &[Public, Private]),
            ("169.254.169.254:80", &[Public, LinkLocal]),
            ("[100::1]:9090", &[Public, Reserved]),
        ] {
            assert_eq!(networks(&reach(address, &[])), reached, "{address}");
        }
    }

    #[test]
    fn the_operator_can_grant_more() {
        for &network in Network::ALL {
            let reached = networks(&reach("prometheus.example.org:9090", &[network]));
            for (_, each) in ADDRESSES {
                let granted = *each == network || *each == Network::Public;
                assert_eq!(reached.contains(each), granted, "{network} {each}");
            }
        }
    }

    #[test]
    fn what_stays_on_this_machine_is_told_from_what_leaves_it() {
        for host in [
            "localhost",
            "prometheus.localhost.",
            "127.0.0.1",
            "127.9.9.9",
            "::1",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "prometheus",
            "localhost.org",
            "10.0.0.1",
            "0.0.0.0",
            "127.1",
            "fe80::1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn of_several_addresses_only_those_that_are_allowed_are_left() {
        let address = |text: &str| text.parse().unwrap();
        let addresses = vec![address("169.254.169.254:80"), address("1.1.1.1:80")];
        let reach = reach("prometheus.example.org:80", &[]);
        assert_eq!(reach.allowed("x", addresses), [address("1.1.1.1:80")]);
    }
}
