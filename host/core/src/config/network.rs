//! The network that an IP address belongs to, in whichever form it is written.
//!
//! By the registries of special-purpose addresses (IANA, RFC 6890). An IPv6 address that carries an IPv4 one is
//! judged by what it carries. Knows nothing of names and connections.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network, as far as a policy tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Network {
    /// The internet.
    Public,
    /// An organisation's own: `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `100.64.0.0/10`, `fc00::/7`.
    Private,
    /// This machine: `127.0.0.0/8`, `::1`.
    Loopback,
    /// This cable: `169.254.0.0/16`, `fe80::/10`. The metadata services of clouds are here, those included that
    /// have an address elsewhere.
    LinkLocal,
    /// Everything that no service has: multicast, broadcast, unspecified, documentation, not assigned.
    Reserved,
}

impl Network {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::Public,
        Self::Private,
        Self::Loopback,
        Self::LinkLocal,
        Self::Reserved,
    ];

    /// The name, as the command line takes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Reserved => "reserved",
        }
    }

    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::of_v4(v4),
            IpAddr::V6(v6) => Self::of_v6(v6),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            // Metadata: Alibaba's, Azure's, Oracle's.
            [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192] => Self::LinkLocal,
            [127, ..] => Self::Loopback,
            [169, 254, ..] => Self::LinkLocal,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Self::Private,
            // This network, protocol assignments, documentation, 6to4's relays, benchmarks, multicast and beyond.
            [0, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18..=19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..] => Self::Reserved,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 0] => Self::Reserved,
            [0, 0, 0, 0, 0, 0, 0, 1] => Self::Loopback,
            // Compatible, mapped, translated, NAT64.
            [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
            | [0, 0, 0, 0, 0xffff, 0, high, low]
            | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
            // 6to4.
            | [0x2002, high, low, ..] => Self::of_v4(v4(high, low)),
            // Teredo: the server, and the client with its bits turned over.
            [0x2001, 0, server_high, server_low, _, _, high, low] => {
                match Self::of_v4(v4(server_high, server_low)) {
                    Self::Public => Self::of_v4(v4(!high, !low)),
                    network => network,
                }
            }
            // Metadata: Amazon's, Google's.
            [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => {
                Self::LinkLocal
            }
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Self::Private,
            // Protocol assignments, documentation.
            [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Self::Reserved,
            [0x2000..=0x3fff, ..] => Self::Public,
            _ => Self::Reserved,
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_special_address_is_told_from_a_public_one() {
        for (network, addresses) in [
            (
                Network::Public,
                &[
                    "1.1.1.1",
                    "9.255.255.255",
                    "11.0.0.0",
                    "100.63.255.255",
                    "100.128.0.0",
                    "126.255.255.255",
                    "128.0.0.0",
                    "169.253.255.255",
                    "172.15.255.255",
                    "172.32.0.0",
                    "192.167.255.255",
                    "192.169.0.0",
                    "198.17.255.255",
                    "198.20.0.0",
                    "223.255.255.255",
                    "2606:4700::1111",
                    "2001:4860:4860::8888",
                    "3ffe::1",
                ][..],
            ),
            (
                Network::Private,
                &[
                    "10.0.0.1",
                    "10.255.255.255",
                    "172.16.0.1",
                    "172.31.255.255",
                    "192.168.1.1",
                    "100.64.0.1",
                    "100.127.255.255",
                    "fc00::1",
                    "fd12:3456::1",
                    "fec0::1",
                ],
            ),
            (Network::Loopback, &["127.0.0.1", "127.255.255.255", "::1"]),
            (
                Network::LinkLocal,
                &[
                    "169.254.0.1",
                    "169.254.169.254",
                    "169.254.170.2",
                    "100.100.100.200",
                    "168.63.129.16",
                    "192.0.0.192",
                    "fe80::1",
                    "febf::1",
                    "fd00:ec2::254",
                    "fd20:ce::254",
                ],
            ),
            (
                Network::Reserved,
                &[
                    "0.0.0.0",
                    "0.1.2.3",
                    "192.0.0.1",
                    "192.0.2.1",
                    "192.88.99.1",
                    "198.18.0.1",
                    "198.19.255.255",
                    "198.51.100.1",
                    "203.0.113.1",
                    "224.0.0.1",
                    "239.255.255.255",
                    "240.0.0.1",
                    "255.255.255.255",
                    "::",
                    "100::1",
                    "64:ff9b:1::a9fe:a9fe",
                    "2001:db8::1",
                    "2001:1ff::1",
                    "3fff::1",
                    "4000::1",
                    "5f00::1",
                    "ff02::1",
                ],
            ),
        ] {
            for address in addresses {
                assert_eq!(Network::of(address.parse().unwrap()), network, "{address}");
            }
        }
    }

    #[test]
    fn ipv6_is_judged_by_the_ipv4_that_it_carries() {
        for (inside, network) in [
            ("10.1.2.3", Network::Private),
            ("127.0.0.1", Network::Loopback),
            ("169.254.169.254", Network::LinkLocal),
            ("224.0.0.1", Network::Reserved),
            ("8.8.8.8", Network::Public),
        ] {
            let v4: Ipv4Addr = inside.parse().unwrap();
            let [a, b, c, d] = v4.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for dressed_up in [
                format!("::{inside}"),
                format!("::ffff:{inside}"),
                format!("::ffff:0:{inside}"),
                format!("64:ff9b::{inside}"),
                format!("2002:{high:x}:{low:x}::1"),
                format!("2001:0:808:808:0:0:{:x}:{:x}", !high, !low),
                format!("2001:0:{high:x}:{low:x}:0:0:f7f7:f7f7"),
            ] {
                let address = dressed_up.parse().unwrap();
                assert_eq!(Network::of(address), network, "{dressed_up}");
            }
        }
    }
}
