//! Reading a request's body within bounds: of size, of time, of kind. A body outside of them is refused before or while it is read.
//!
//! Leaves out what the bytes mean (see [`crate::json`]). Nothing is ever decompressed: a compressed body is 415.

use crate::{edge::RequestClock, problem::Problem};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use poem::{
    Body, Request,
    http::{HeaderMap, StatusCode, header},
};
use std::{io, time::Duration};
use tokio::time::{Instant, timeout_at};

/// What a JSON body may weigh: 64 KiB.
pub const LARGEST_JSON: usize = 64 * 1024;

type Stream = http_body_util::combinators::BoxBody<Bytes, io::Error>;

/// Reads a whole body of one of the content types. An empty body needs no content type.
///
/// 415 for another type or a content coding, 413 over the limit (told from `Content-Length` where there is one, else while reading), 408
/// when it takes longer than the request's clock allows, 400 when it breaks off. The latter three close the connection.
pub async fn read(headers: &HeaderMap, body: Body, types: &[&str], limit: usize, clock: &RequestClock) -> Result<Bytes, Problem> {
    if !body.is_empty() {
        check_kind(headers, types)?;
    }
    let mut chunks = Chunks::new(headers, body, limit as u64, clock.body_deadline())?;
    let mut whole = BytesMut::new();
    while let Some(chunk) = chunks.next().await? {
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Reads the whole body of a request that no table serves, such as a page's form. As [`read`].
pub async fn of_request(request: &mut Request, types: &[&str], limit: usize) -> Result<Bytes, Problem> {
    let clock = RequestClock::of_request(request);
    let body = request.take_body();
    read(request.headers(), body, types, limit, &clock).await
}

/// A large body, read piece by piece: an import. Bounded in size as a whole, in time as a whole.
pub struct Upload {
    chunks: Chunks,
}

impl Upload {
    /// Takes a body of at most `limit` bytes that arrives within `time`. Extends the request's clock accordingly.
    pub fn open(
        headers: &HeaderMap,
        body: Body,
        types: &[&str],
        limit: u64,
        time: Duration,
        clock: &RequestClock,
    ) -> Result<Self, Problem> {
        check_kind(headers, types)?;
        let chunks = Chunks::new(headers, body, limit, Instant::now() + time)?;
        clock.extend(time);
        Ok(Self { chunks })
    }

    /// The next piece; `None` after the last. 413, 408 and 400 as in [`read`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        self.chunks.next().await
    }
}

struct Chunks {
    stream: Stream,
    left: u64,
    deadline: Instant,
}

impl Chunks {
    fn new(headers: &HeaderMap, body: Body, limit: u64, deadline: Instant) -> Result<Self, Problem> {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        Ok(Self { stream: body.into(), left: limit, deadline })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let frame = match timeout_at(self.deadline, self.stream.frame()).await {
                Err(_) => return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout").closing()),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed_body").closing()),
                Ok(Some(Ok(frame))) => frame,
            };
            // Trailers carry nothing that anybody reads here.
            let Ok(chunk) = frame.into_data() else { continue };
            self.left = self.left.checked_sub(chunk.len() as u64).ok_or_else(too_large)?;
            return Ok(Some(chunk));
        }
    }
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large").closing()
}

fn check_kind(headers: &HeaderMap, types: &[&str]) -> Result<(), Problem> {
    let refused = || Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type").closing();
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    if !codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
        return Err(refused());
    }
    let mut named = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(kind), None) = (named.next(), named.next()) else { return Err(refused()) };
    let kind = kind.to_str().map_err(|_| refused())?;
    let mut parts = kind.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    // UTF-8 or nothing: another charset would be read wrongly, not refused, by the parser.
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"),
        Some(_) | None => true,
    });
    (utf8 && types.iter().any(|accepted| essence.eq_ignore_ascii_case(accepted))).then_some(()).ok_or_else(refused)
}
