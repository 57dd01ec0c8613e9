//! A blocking HTTP/1.1 client: one connection a call, headers exactly as given, and bytes as they are where a test wants them.

use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No answer takes longer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Speaks to one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    base_url: &'static str,
}

/// A call on its way.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    address: SocketAddr,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case, in the server's order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(super) fn of(address: SocketAddr, base_url: &'static str) -> Self {
        Self { address, base_url }
    }

    /// Where the server listens.
    pub(crate) fn address(self) -> SocketAddr {
        self.address
    }

    /// The origin of its pages, as browsers see it from before the proxy.
    pub(crate) fn origin(self) -> String {
        self.base_url.to_owned()
    }

    /// A call by any method.
    pub(crate) fn call(self, method: &str, target: &str) -> Call {
        Call { address: self.address, method: method.to_owned(), target: target.to_owned(), headers: Vec::new(), body: None }
    }

    /// A `GET`.
    pub(crate) fn get(self, target: &str) -> Call {
        self.call("GET", target)
    }

    /// A `POST`.
    pub(crate) fn post(self, target: &str) -> Call {
        self.call("POST", target)
    }

    /// Presses a form's button as a browser does: urlencoded, with the page's own origin.
    pub(crate) fn press(self, target: &str, fields: &[(&str, &str)]) -> Answer {
        self.post(target).header("Origin", &self.origin()).form(fields).send()
    }

    /// Sends bytes as they are and returns every byte of the answer until the server closes.
    pub(crate) fn raw(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.exchange(bytes, |_| false)
    }

    /// Sends bytes as they are and reads until the server closes, or until this is enough.
    fn exchange(self, bytes: &[u8], is_enough: impl Fn(&[u8]) -> bool) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        // A server that has heard enough may answer and close before it has read everything.
        let sent = stream.write_all(bytes);
        let mut answer = Vec::new();
        let mut buffer = [0; 8192];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    answer.extend_from_slice(&buffer[..count]);
                    if is_enough(&answer) {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset && !answer.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        if answer.is_empty() { sent.and_then(|()| Err(io::ErrorKind::UnexpectedEof.into())) } else { Ok(answer) }
    }
}

impl Call {
    /// Adds a header. `Host`, `Content-Length` and `Connection` are set unless they are given.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Signed in by a session's token.
    #[must_use]
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// From another address, where the server believes us as a proxy.
    #[must_use]
    pub(crate) fn from(self, address: &str) -> Self {
        self.header("X-Forwarded-For", address)
    }

    /// A JSON body.
    #[must_use]
    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().as_bytes())
    }

    /// A form's body.
    #[must_use]
    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let body: Vec<_> = fields.iter().map(|(name, value)| format!("{}={}", urlencoded(name), urlencoded(value))).collect();
        self.body("application/x-www-form-urlencoded", body.join("&").as_bytes())
    }

    /// Any body.
    #[must_use]
    pub(crate) fn body(mut self, content_type: &str, body: &[u8]) -> Self {
        self.body = Some(body.to_vec());
        self.header("Content-Type", content_type)
    }

    /// Sends it; fails where no answer comes.
    pub(crate) fn send(self) -> Answer {
        let (method, target) = (self.method.clone(), self.target.clone());
        self.try_send().unwrap_or_else(|error| panic!("{method} {target}: {error}"))
    }

    /// Sends it.
    ///
    /// # Errors
    /// Where the server is not there, goes away, or answers no HTTP.
    pub(crate) fn try_send(self) -> io::Result<Answer> {
        self.try_send_until(|_| false)
    }

    /// The same to a server that keeps its connections whatever it is asked: the answer ends where it says that it does.
    pub(super) fn try_send_to_a_hoarder(self) -> io::Result<Answer> {
        self.try_send_until(|answer| read(answer, false).is_some())
    }

    fn try_send_until(self, is_enough: impl Fn(&[u8]) -> bool) -> io::Result<Answer> {
        let own = |name: &str| !self.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let mut line = |name: &str, value: &str| write!(head, "{name}: {value}\r\n").unwrap();
        if own("host") {
            line("Host", &self.address.to_string());
        }
        if own("connection") {
            line("Connection", "close");
        }
        let empty = self.body.is_none() && !matches!(self.method.as_str(), "POST" | "PUT" | "PATCH");
        if own("content-length") && own("transfer-encoding") && !empty {
            line("Content-Length", &self.body.as_ref().map_or(0, Vec::len).to_string());
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        let answer = Client::of(self.address, "").exchange(&bytes, is_enough)?;
        read(&answer, self.method == "HEAD").ok_or_else(|| io::Error::other(format!("no HTTP: {:?}", String::from_utf8_lossy(&answer))))
    }
}

impl Answer {
    /// The JSON body; the status must be the expected one. `Null` where there is no body.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The refusal's body: a problem with this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self}");
        assert_eq!(problem["code"], code, "{self}");
        assert_eq!(problem["status"], status, "{self}");
        assert_eq!(problem["type"], format!("/problems/{code}"), "{self}");
        assert!(["title", "detail"].iter().all(|member| problem[*member].as_str().is_some_and(|text| !text.is_empty())), "{self}");
        problem
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The body as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The first header of this name, given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The problem's code; empty where it is none.
    pub(crate) fn code(&self) -> String {
        serde_json::from_slice::<Value>(&self.body).ok().and_then(|body| body["code"].as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}\n{}", self.status, self.headers, String::from_utf8_lossy(&self.body))
    }
}

fn read(bytes: &[u8], head_only: bool) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let headers = lines.map(|line| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())));
    let mut answer = Answer { status, headers: headers.collect::<Option<_>>()?, body: bytes[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunked(&answer.body)?;
    } else if let Some(length) = answer.header("content-length").filter(|_| !head_only) {
        // Cut off by a dying server: no answer at all.
        (answer.body.len() == length.parse::<usize>().ok()?).then_some(())?;
    }
    Some(answer)
}

fn unchunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).ok()?, 16).ok()?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size + 2..)?;
    }
}

fn urlencoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        encoded
    })
}
