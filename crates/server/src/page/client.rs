//! From which address a request comes, and who shares a bucket.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;

/// What a proxy says about where a request comes from.
const FORWARDED: &str = "x-forwarded-for";

/// The address of a client: that of the peer or, where a proxy is the peer whose word is believed, the last one that it
/// names which is no such proxy. What stands before that anybody may have written.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let mut client = peer;
    let values: Vec<_> = headers.get_all(FORWARDED).iter().collect();
    let mut named = values.iter().rev().flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    while proxies.contains(&client) {
        match named.next().and_then(|text| read(text.trim())) {
            Some(address) => client = address,
            // The nearest that somebody believed has named.
            None => break,
        }
    }
    client
}

/// An address, with or without a port.
fn read(text: &str) -> Option<IpAddr> {
    let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    Some(address.ok()?.to_canonical())
}

/// Whom an address is counted as: of IPv6, all of a network of 64 bits are one, as whoever has one address there has all.
pub(super) fn counted_as(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_is_the_last_that_no_believed_proxy_is() {
        let proxies = [ip("10.0.0.7"), ip("10.0.0.8"), ip("fd00::7")];
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &["198.51.100.1"][..], "192.0.2.1"),
            ("10.0.0.7", &[], "10.0.0.7"),
            ("10.0.0.7", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.7", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.7", &["203.0.113.9, 198.51.100.1, 10.0.0.8"], "198.51.100.1"),
            ("10.0.0.7", &["203.0.113.9", "198.51.100.1,10.0.0.8"], "198.51.100.1"),
            ("10.0.0.7", &["198.51.100.1", "nonsense"], "10.0.0.7"),
            ("10.0.0.7", &["nonsense, 10.0.0.8"], "10.0.0.8"),
            ("10.0.0.7", &["198.51.100.1:4711"], "198.51.100.1"),
            ("fd00::7", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.7", &["::ffff:198.51.100.1"], "198.51.100.1"),
        ] {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(FORWARDED, value.parse().unwrap());
            }
            assert_eq!(address(ip(peer), &headers, &proxies), ip(expected), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_counted_as_one() {
        assert_eq!(counted_as(ip("2001:db8:1:2:3:4:5:6")), counted_as(ip("2001:db8:1:2:ffff::")));
        assert_ne!(counted_as(ip("2001:db8:1:2::1")), counted_as(ip("2001:db8:1:3::1")));
        assert_ne!(counted_as(ip("192.0.2.1")), counted_as(ip("192.0.2.2")));
    }
}
