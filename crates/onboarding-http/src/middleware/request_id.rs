//! The id of one request, in its answer and in every line logged about it.

use super::FrameParts;
use poem::http::HeaderMap;
use std::net::IpAddr;

/// 8 to 64 letters, digits, `-`, `_` or `.`; our own are 32 hexadecimal digits (128 random bits).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A proxy's own id where a trusted proxy sent a well-formed one, else a fresh one.
    pub(super) fn for_request(parts: &FrameParts, peer: Option<IpAddr>, headers: &HeaderMap) -> Self {
        peer.filter(|peer| parts.proxies.include(*peer)).and_then(|_| Self::sent(headers)).unwrap_or_else(|| Self::fresh(parts))
    }

    fn sent(headers: &HeaderMap) -> Option<Self> {
        let mut sent = headers.get_all("x-request-id").iter();
        let (Some(text), None) = (sent.next(), sent.next()) else { return None };
        let text = text.to_str().ok()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        ((8..=64).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    fn fresh(parts: &FrameParts) -> Self {
        let mut bytes = [0; 16];
        parts.entropy.fill(&mut bytes);
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }
}
