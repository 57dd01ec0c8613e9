//! Where a printer is: `ipp://` on this machine, `ipps://` anywhere.

use std::fmt;
use std::net::IpAddr;

/// A printer's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IppAddress {
    pub(super) tls: bool,
    /// A domain or an address, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// With its first slash.
    pub(super) path: String,
}

const FORM: &str = "expected ipps://host/path (TLS, port 631), or ipp://127.0.0.1/path for a printer or print server on this machine";

impl IppAddress {
    /// Reads an address. Nothing of it is quoted: it may hold a password.
    ///
    /// # Errors
    /// What else it should be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (tls, rest) = match text.split_once("://") {
            Some(("ipp", rest)) => (false, rest),
            Some(("ipps", rest)) => (true, rest),
            _ => return Err(FORM.to_owned()),
        };
        let (place, path) = rest.split_once('/').map_or((rest, ""), |(place, path)| (place, path));
        if place.contains('@') {
            return Err("a printer is told without user and password".to_owned());
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte)) || path.len() > 500 {
            return Err(FORM.to_owned());
        }
        let (host, port) = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
            Some((host, port)) if host.contains(':') => (host, port.strip_prefix(':').or_else(|| port.is_empty().then_some("631"))),
            Some(_) => return Err(FORM.to_owned()),
            None => place.split_once(':').map_or((place, Some("631")), |(host, port)| (host, Some(port))),
        };
        let port = port.and_then(|port| port.parse().ok()).filter(|port| *port != 0).ok_or(FORM)?;
        let address = host.parse::<IpAddr>();
        let label = |part: &str| !part.is_empty() && part.len() <= 63 && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if address.is_err() && !(host.len() <= 253 && host.split('.').all(label)) {
            return Err(FORM.to_owned());
        }
        let near = address.map_or(host == "localhost", |address| address.is_loopback());
        if !tls && !near {
            return Err("without TLS letters go to a printer or print server on this machine only: take ipps://".to_owned());
        }
        let path = if path.is_empty() { "/ipp/print".to_owned() } else { format!("/{path}") };
        Ok(Self { tls, host: host.to_owned(), port, path })
    }

    /// Whether letters travel inside TLS.
    pub fn has_tls(&self) -> bool {
        self.tls
    }

    /// Host and port, as they stand in a header.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }

    pub(super) fn uri(&self) -> String {
        format!("{}://{}{}", if self.tls { "ipps" } else { "ipp" }, self.authority(), self.path)
    }
}

impl fmt::Display for IppAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printer_is_inside_tls_or_on_this_machine() {
        for (text, uri) in [
            ("ipp://localhost", "ipp://localhost:631/ipp/print"),
            ("ipp://127.0.0.1:8631/printers/post", "ipp://127.0.0.1:8631/printers/post"),
            ("ipp://[::1]/a", "ipp://[::1]:631/a"),
            ("ipps://printer.example/ipp/print", "ipps://printer.example:631/ipp/print"),
            ("ipps://192.0.2.1:443/", "ipps://192.0.2.1:443/ipp/print"),
            ("ipps://[2001:db8::1]:443/x", "ipps://[2001:db8::1]:443/x"),
        ] {
            assert_eq!(IppAddress::parse(text).map(|address| address.uri()).as_deref(), Ok(uri), "{text}");
        }
        for text in [
            "ipp://printer.example/ipp/print",
            "ipp://192.0.2.1/",
            "http://localhost/",
            "ipps://",
            "ipps://a b/",
            "ipps://printer.example:0/",
            "ipps://printer.example:99999/",
            "ipps://eva:s3cret@printer.example/",
            "ipps://printer.example/a b",
            "ipps://printer.example/a\r\nHost: x",
            "ipps://printer.example/a?b",
            "ipps://[printer]/",
            "ipps://[::1]x/",
            "localhost",
        ] {
            let reason = IppAddress::parse(text).unwrap_err();
            assert!(!reason.contains("s3cret"), "{reason}");
        }
    }
}
