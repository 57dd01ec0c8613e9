//! The address under which people reach the server: the only origin of links. Decides what can be one.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// `https://host[:port]`, or `http://host[:port]` on loopback; without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl(String);

impl BaseUrl {
    /// Reads an address.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let refused = |reason: &str| Err(reason.to_owned());
        let lower = text.to_ascii_lowercase();
        let (secure, rest) = match (lower.strip_prefix("https://"), lower.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return refused("expected https:// and a host, such as https://portal.example.org"),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return refused("a base address has no path: pages and cookies stand at the root of their host");
        }
        let Some((host, port)) = split(authority) else {
            return refused("expected a host and perhaps a port, such as https://portal.example.org:8443");
        };
        if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
            return refused("expected a port from 1 to 65535");
        }
        if !secure && !is_loopback(host) {
            return refused("must begin with https://; plain http is for loopback only");
        }
        Ok(Self(format!("{}://{authority}", if secure { "https" } else { "http" })))
    }

    /// Plain http at a listener, for a server that is reached from its own machine only.
    pub(crate) fn of_listener(listener: SocketAddr) -> Self {
        Self(format!("http://{listener}"))
    }

    /// The address, to which a path is added.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host; an IPv6 address in brackets.
    pub(crate) fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or(self.0.as_str(), |(_, authority)| authority);
        split(authority).map_or(authority, |(host, _)| host)
    }
}

/// Host and port; `None` where the host is none. An IPv6 address keeps its brackets.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.starts_with('[') {
        let end = authority.find(']')?;
        let (host, rest) = authority.split_at(end + 1);
        host[1..end].parse::<Ipv6Addr>().ok()?;
        return if rest.is_empty() { Some((host, None)) } else { Some((host, Some(rest.strip_prefix(':')?))) };
    }
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let label = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    host.split('.').all(label).then_some((host, port))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.ends_with(".localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_net_is_https() {
        for good in ["https://portal.example.org", "https://portal.example.org:8443", "https://192.0.2.1", "https://[2001:db8::1]:8443"] {
            assert_eq!(BaseUrl::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(BaseUrl::parse("HTTPS://Portal.Example.org/").unwrap().as_str(), "https://portal.example.org");
        for bad in ["http://portal.example.org", "http://192.0.2.1:8080", "http://localhost.example.org", "http://127.0.0.1.example.org"] {
            assert!(BaseUrl::parse(bad).unwrap_err().contains("https://"), "{bad}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback() {
        for good in ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", "http://a.localhost"] {
            assert_eq!(BaseUrl::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in [
            "",
            "portal.example.org",
            "ftp://portal.example.org",
            "https://",
            "https://a..b",
            "https://user@portal.example.org",
            "https://portal.example.org/path",
            "https://portal.example.org?q",
            "https://portal.example.org:0",
            "https://portal.example.org:99999",
            "https://portal.example.org:",
            "https://[::1",
            "https://[::1]8080",
            "https://portal example.org",
            "https://pörtal.example.org",
        ] {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
