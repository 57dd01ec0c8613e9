//! Whether a form comes from a page of ours: judged by the address in the configuration, never by the request's `Host`, which a
//! proxy may rewrite and a stranger may choose.

use crate::problem::Problem;
use poem::http::{HeaderMap, header};

/// The origin of our pages, as browsers write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    own: String,
    /// The port of plain http on this machine, which has several names.
    loopback: Option<String>,
}

impl Origin {
    /// The origin of a base address such as `https://portal.example` or `http://127.0.0.1:8080`.
    pub fn of(base_url: &str) -> Self {
        let own = base_url.trim_end_matches('/').to_ascii_lowercase();
        let short = match own.split_once("://") {
            Some(("https", rest)) => rest.strip_suffix(":443").map(|host| format!("https://{host}")),
            Some(("http", rest)) => rest.strip_suffix(":80").map(|host| format!("http://{host}")),
            Some(_) | None => None,
        };
        let own = short.unwrap_or(own);
        let loopback = loopback_port(&own).map(str::to_owned);
        Self { own, loopback }
    }

    /// Whether it is reached by https.
    pub(crate) fn is_secure(&self) -> bool {
        self.own.starts_with("https://")
    }

    fn is(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        origin == self.own || self.loopback.is_some() && loopback_port(&origin) == self.loopback.as_deref()
    }

    /// Lets a form in if it comes from a page of ours. A browser always says where it comes from.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let own = match (header("sec-fetch-site"), header(header::ORIGIN.as_str())) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) => self.is(origin),
            (None, None) => false,
        };
        if own { Ok(()) } else { Err(Problem::forbidden()) }
    }
}

/// The port of a plain origin on loopback, with its colon; `None` for every other origin.
fn loopback_port(origin: &str) -> Option<&str> {
    let authority = origin.strip_prefix("http://")?;
    let port = ["localhost", "127.0.0.1", "[::1]"].iter().find_map(|host| authority.strip_prefix(host))?;
    let digits = port.strip_prefix(':').unwrap_or("80");
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::http::{HeaderName, HeaderValue};

    fn admits(base_url: &str, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        Origin::of(base_url).admit(&headers).is_ok()
    }

    #[test]
    fn the_configured_address_counts_whatever_host_the_proxy_sends() {
        for host in ["portal.example", "backend:8080", "evil.example"] {
            assert!(admits("https://Portal.example/", &[("origin", "https://portal.example"), ("host", host)]));
            assert!(!admits("https://portal.example", &[("origin", "https://evil.example"), ("host", host)]));
        }
        assert!(admits("https://portal.example:443", &[("origin", "https://portal.example")]));
        for other in ["http://portal.example", "https://portal.example:8443", "https://portal.example.evil.example", "null", ""] {
            assert!(!admits("https://portal.example", &[("origin", other)]), "{other}");
        }
    }

    #[test]
    fn a_browser_that_says_same_origin_is_believed_and_one_that_says_nothing_is_not() {
        assert!(admits("https://portal.example", &[("sec-fetch-site", "same-origin")]));
        for site in ["same-site", "cross-site", "none", "Same-Origin"] {
            assert!(!admits("https://portal.example", &[("sec-fetch-site", site), ("origin", "https://portal.example")]), "{site}");
        }
        assert!(!admits("https://portal.example", &[("host", "portal.example")]));
    }

    #[test]
    fn this_machine_has_several_names_at_one_port() {
        for origin in ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"] {
            assert!(admits("http://127.0.0.1:8080", &[("origin", origin)]), "{origin}");
        }
        let strangers = [
            "http://127.0.0.1:8081",
            "http://localhost",
            "https://localhost:8080",
            "http://localhost.evil.example:8080",
            "http://localhost:",
        ];
        for other in strangers {
            assert!(!admits("http://127.0.0.1:8080", &[("origin", other)]), "{other}");
        }
        assert!(!admits("https://portal.example", &[("origin", "http://localhost:443")]));
    }
}
