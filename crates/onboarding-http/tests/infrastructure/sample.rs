//! A server with a few calls, and a client that writes what no library would.

use async_trait::async_trait;
use onboarding::ports::Entropy;
use onboarding_core::Language;
use onboarding_http::{
    docs_page,
    edge::{
        self, EdgeLimits,
        client::{ForwardedHeader, TrustedProxies},
    },
    json::SecretText,
    middleware::{Frame, FrameParts},
    openapi::{self, About},
    problem::{Facts, Problem, ProblemText, ProblemTexts},
    routes::{Answer, Asking, Auth, Ctx, Gate, Routes, UploadRule, call},
};
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    future::pending,
    io::Write,
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

/// No step of a test takes longer, on a machine however busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A token as it must not get into logs.
pub(crate) const TOKEN: &str = "secret-token-8f1d0c3b5a";

pub(crate) struct Sample {
    /// How many requests got as far as their handler.
    pub(crate) handled: AtomicU64,
}

#[async_trait]
impl Gate for Sample {
    type Caller = Auth;

    fn portal_languages(&self, slug: &str) -> Option<&[Language]> {
        (slug == "garden").then_some(&[Language::De, Language::Fr])
    }

    async fn admit(&self, asking: Asking<'_>) -> Result<Auth, Problem> {
        match (asking.auth, asking.bearer.map(ExposeSecret::expose_secret)) {
            (Auth::Staff | Auth::SuperAdmin, Some(TOKEN)) => Err(Problem::forbidden()),
            (Auth::Public, _) | (Auth::Session | Auth::RestrictedSession, Some(TOKEN)) | (Auth::Staff, Some("staff-token")) => {
                Ok(asking.auth)
            }
            _ => Err(Problem::unauthorized("sign_in_required")),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Apply {
    email: String,
    #[serde(default)]
    password: Option<SecretText>,
    #[serde(default)]
    consents: Vec<Granted>,
    #[serde(default)]
    notes: Option<Value>,
}

/// Read with a default, written always: its two schemas differ.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Granted {
    document: String,
    #[serde(default)]
    granted: bool,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Applied {
    email: String,
    consents: Vec<Granted>,
    network: String,
    language: String,
    key: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    q: String,
    limit: Option<u16>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Found {
    q: String,
    limit: u16,
}

async fn apply(ctx: Ctx<Sample>, body: Apply) -> Result<Answer, Problem> {
    ctx.state.handled.fetch_add(1, Ordering::Relaxed);
    if body.email == "late@example.org" {
        return Err(Problem::too_many("resend_too_early", Duration::from_millis(1500)).with("attempts_left", 3));
    }
    // Reading the fields is all that this handler does with them.
    let _ = (body.password, body.notes);
    Answer::accepted(&Applied {
        email: body.email,
        consents: body.consents,
        network: ctx.head.network.as_str().to_owned(),
        language: ctx.head.language.tag().to_owned(),
        key: ctx.head.idempotency_key.as_ref().map(|key| key.as_str().to_owned()),
    })
}

async fn search(ctx: Ctx<Sample>) -> Result<Answer, Problem> {
    let Search { q, limit } = ctx.query()?;
    Answer::ok(&Found { q, limit: limit.unwrap_or(50) })
}

async fn import(mut ctx: Ctx<Sample>) -> Result<Answer, Problem> {
    let mut upload = ctx.take_upload().ok_or_else(Problem::internal)?;
    let mut bytes = 0;
    while let Some(chunk) = upload.next().await? {
        bytes += chunk.len();
    }
    Answer::ok(&bytes)
}

async fn large(_: Ctx<Sample>) -> Result<Answer, Problem> {
    Ok(Answer::bytes(StatusCode::OK, "text/csv", vec![b'x'; 16 * 1024 * 1024]))
}

async fn panics(ctx: Ctx<Sample>) -> Result<Answer, Problem> {
    let token = ctx.head.bearer.as_ref().map(|bearer| bearer.expose_secret().to_owned());
    panic!("no session for {token:?}");
}

async fn never(_: Ctx<Sample>) -> Result<Answer, Problem> {
    pending().await
}

async fn resend(_: Ctx<Sample>) -> Result<Answer, Problem> {
    Ok(Answer::no_content())
}

pub(crate) fn table() -> Routes<Sample> {
    let upload = UploadRule { types: &["text/csv"], limit: 200_000, time: PATIENCE };
    Routes::new()
        .with(
            call(Method::POST, "/api/v1/{portal}/registrations", Auth::Public, "Apply for an account")
                .tag("Registration")
                .replies::<Applied>(StatusCode::ACCEPTED, "Taken down")
                .refuses(StatusCode::UNPROCESSABLE_ENTITY, &["claim_mismatch"])
                .refuses(StatusCode::TOO_MANY_REQUESTS, &["resend_too_early"])
                .handled_json(apply),
        )
        .with(
            call(Method::POST, "/api/v1/{portal}/resend", Auth::Public, "Send again")
                .replies_empty(StatusCode::NO_CONTENT, "Sent")
                .handled(resend),
        )
        .with(
            call(Method::GET, "/api/v1/{portal}/staff/records", Auth::Staff, "Search <records> & more")
                .tag("Staff")
                .query::<Search>()
                .replies::<Found>(StatusCode::OK, "What was found")
                .handled(search),
        )
        .with(
            call(Method::POST, "/api/v1/{portal}/staff/records/import", Auth::Staff, "Import records")
                .tag("Staff")
                .replies::<usize>(StatusCode::OK, "Bytes read")
                .handled_upload(upload, import),
        )
        .with(
            call(Method::GET, "/api/v1/{portal}/large", Auth::Public, "A long answer")
                .replies_with(StatusCode::OK, "16 MiB", "text/csv")
                .handled(large),
        )
        .with(
            call(Method::GET, "/api/v1/{portal}/session", Auth::Session, "The session")
                .replies_empty(StatusCode::NO_CONTENT, "Signed in")
                .handled(resend),
        )
        .with(call(Method::GET, "/api/v1/{portal}/panic", Auth::Session, "Panics").handled(panics))
        .with(call(Method::GET, "/api/v1/never", Auth::Public, "Never answers").handled(never))
}

pub(crate) const ABOUT: About = About { title: "Sample & <Co>", version: "1", description: "A sample." };

/// Texts that tell what they were asked for.
struct Texts;

impl ProblemTexts for Texts {
    fn problem(&self, language: Language, code: &str, _: &Facts) -> ProblemText {
        ProblemText { title: format!("{code} in {language}"), detail: Some("detail".to_owned()) }
    }

    fn field(&self, language: Language, error: &onboarding_http::problem::FieldError) -> String {
        let (field, code) = (&error.field, error.code);
        format!("{field}: {code} in {language}")
    }
}

/// Counts up: ids that differ, without chance.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0];
        }
    }
}

/// Limits that a test can wait for. Those at rest stay, so that nothing else is cut by their limit.
pub(crate) fn short() -> EdgeLimits {
    EdgeLimits {
        header_time: Duration::from_millis(300),
        body_time: Duration::from_millis(600),
        total_time: Duration::from_millis(900),
        idle_time: PATIENCE * 2,
        stall_time: Duration::from_millis(500),
        drain_time: Duration::from_secs(5),
        linger_time: Duration::from_millis(500),
        ..EdgeLimits::default()
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) state: Arc<Sample>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(EdgeLimits::default(), TrustedProxies::default()).await
    }

    pub(crate) async fn limited(limits: EdgeLimits) -> Self {
        Self::with(limits, TrustedProxies::default()).await
    }

    pub(crate) async fn behind_a_proxy() -> Self {
        let proxies = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()], ForwardedHeader::XForwardedFor);
        Self::with(EdgeLimits::default(), proxies).await
    }

    async fn with(limits: EdgeLimits, proxies: TrustedProxies) -> Self {
        log();
        let state = Arc::new(Sample { handled: AtomicU64::new(0) });
        let table = table();
        let document = openapi::document(&ABOUT, table.listings());
        let router = docs_page::add(table.router(&state).unwrap(), &document).unwrap();
        let parts = FrameParts { texts: Arc::new(Texts), entropy: Arc::new(Counting(AtomicU64::new(0))), proxies, pages: None };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(edge::serve(listener, Arc::new(Frame::new(router, parts)), limits, async {
            let _ = stopped.await;
        }));
        Self { address, state, stop: Some(stop), task }
    }

    pub(crate) fn tell_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn stopped(self) {
        timeout(PATIENCE, self.task).await.expect("the server stops").unwrap();
    }

    pub(crate) async fn connect(&self) -> Client {
        let (read, write) = TcpStream::connect(self.address).await.unwrap().into_split();
        Client { read, write, buffer: Vec::new() }
    }

    /// One request, written as it stands, on a connection of its own.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        let mut client = self.connect().await;
        client.send(request).await;
        client.reply().await.expect("an answer")
    }

    /// A POST of JSON.
    pub(crate) async fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Reply {
        self.ask(posted(path, "content-type: application/json\r\n", body)).await
    }
}

/// A POST with its length.
pub(crate) fn posted(path: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut request = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    request.extend_from_slice(body);
    request
}

pub(crate) struct Client {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    buffer: Vec<u8>,
}

impl Client {
    /// Writes as much as the server takes: it may answer and hang up before the end.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        timeout(PATIENCE, self.write.write_all(bytes.as_ref())).await.expect("the server reads or hangs up").is_ok()
    }

    /// The next answer; `None` when the connection ends before one is whole.
    pub(crate) async fn reply(&mut self) -> Option<Reply> {
        self.reply_to("GET").await
    }

    pub(crate) async fn reply_to(&mut self, method: &str) -> Option<Reply> {
        timeout(PATIENCE, async {
            let end = loop {
                if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                    break at + 4;
                }
                if !self.more().await {
                    return None;
                }
            };
            let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
            let mut lines = head.trim_end().split("\r\n");
            let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
            let headers: Vec<(String, String)> = lines
                .map(|line| line.split_once(": ").unwrap())
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
            let length = if method == "HEAD" { 0 } else { length };
            while self.buffer.len() < length {
                if !self.more().await {
                    return None;
                }
            }
            Some(Reply { status, headers, body: self.buffer.drain(..length).collect() })
        })
        .await
        .expect("the server answers or hangs up")
    }

    /// Waits until the server hangs up.
    pub(crate) async fn hung_up(&mut self) {
        timeout(PATIENCE, async { while self.more().await {} }).await.expect("the server hangs up");
    }

    /// Waits for the first bytes of an answer and takes no more.
    pub(crate) async fn first_bytes(&mut self) {
        assert!(timeout(PATIENCE, self.more()).await.expect("the server begins to answer"));
    }

    /// Waits until the server hangs up, and checks that it does so without a reset: one could cost the client the answer before it.
    pub(crate) async fn hung_up_in_order(&mut self) {
        let rest = timeout(PATIENCE, self.read.read_to_end(&mut self.buffer)).await.expect("the server hangs up");
        assert_eq!(rest.map_err(|error| error.kind()), Ok(0));
    }

    async fn more(&mut self) -> bool {
        matches!(self.read.read_buf(&mut self.buffer).await, Ok(read) if read > 0)
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Checks that this is a whole problem, and gives its code.
    pub(crate) fn problem(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(body["status"], self.status);
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"));
        let code = body["code"].as_str().unwrap().to_owned();
        assert_eq!(body["type"], format!("/problems/{code}"));
        assert!(body["title"].as_str().unwrap().starts_with(&code));
        (self.status, code)
    }
}

/// Everything logged by this process.
pub(crate) fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    })
}

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
