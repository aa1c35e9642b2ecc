//! Where somebody comes from, as far as that tells one from another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What counts as one place: with IPv6 everybody has a network of their own (/64), in which they can
/// take as many addresses as they like. An IPv4 address is the same in whichever form it comes.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            if let Some(address) = translated(address) {
                return address.into();
            }
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// The IPv4 address in one of those that translators between the two make of it (64:ff9b::/96, RFC
/// 6052): else everybody with IPv4 would be one network.
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., a, b, c, d] = address.octets();
    let prefix = address.segments();
    (prefix[..6] == [0x64, 0xff9b, 0, 0, 0, 0]).then(|| Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_counts_by_network_and_ipv4_by_address_in_every_form() {
        for (address, expected) in [
            ("2001:db8::1", "2001:db8::"),
            ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::"),
            ("2001:db8:0:1::1", "2001:db8:0:1::"),
            ("203.0.113.5", "203.0.113.5"),
            ("::ffff:203.0.113.5", "203.0.113.5"),
            ("::ffff:cb00:7105", "203.0.113.5"),
            ("64:ff9b::203.0.113.5", "203.0.113.5"),
            ("64:ff9b:1::203.0.113.5", "64:ff9b:1::"),
            ("::1", "::"),
        ] {
            let counted = network(address.parse().unwrap());
            assert_eq!(counted.to_string(), expected, "{address}");
        }
    }
}
