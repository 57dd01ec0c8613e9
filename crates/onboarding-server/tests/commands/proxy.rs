//! The proxy's file as it is delivered, under a real nginx: who is let through to another application, what that one is told, and whose
//! address counts.

use crate::harness::{Installation, Server, eventually};
use serde_json::json;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

const PASSWORD: &str = "Seven lanterns on the stairs, 7";
const EMAIL: &str = "you@example.org";

/// An application behind the proxy; keeps the head of every request that reaches it.
struct Application {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Application {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, heads) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&heads);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    head.push(byte[0]);
                }
                kept.lock().unwrap().push(String::from_utf8(head).unwrap().to_ascii_lowercase());
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nours").unwrap();
            }
        });
        Self { address, heads }
    }
}

/// nginx with the delivered file, its names, addresses and places changed, and nothing else.
struct Proxy {
    child: Child,
    portal: SocketAddr,
    application: SocketAddr,
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Proxy {
    fn start(installation: &Installation, server: &Server, application: &Application) -> Self {
        let (portal, other) = (free(), free());
        let folder = installation.path("nginx");
        fs::create_dir_all(&folder).unwrap();
        let place = folder.display();
        let delivered = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/nginx.conf")).unwrap();
        let own: String = delivered
            .lines()
            .filter(|line| !line.trim().starts_with("ssl_certificate"))
            .map(|line| format!("{line}\n"))
            .collect::<Vec<_>>()
            .concat();
        let temporary: Vec<_> =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].iter().map(|of| format!("{of}_temp_path {place}/{of};")).collect();
        let own = own
            .replacen("listen 443 ssl http2;", &format!("listen {portal};"), 1)
            .replacen("listen 443 ssl http2;", &format!("listen {other};"), 1)
            .replace("server 127.0.0.1:8080;", &format!("server {};", server.address))
            .replace("server 127.0.0.1:9000;", &format!("server {};", application.address))
            .replace("/run/nginx.pid", &format!("{place}/pid"))
            .replace("/var/log/nginx/", &format!("{place}/"))
            .replace("http {", &format!("http {{\n{}", temporary.join("\n")));
        installation.write("nginx/nginx.conf", &own);
        let file = installation.path("nginx/nginx.conf");
        let child = Command::new("nginx")
            .args(["-p", folder.to_str().unwrap(), "-c", file.to_str().unwrap(), "-g", "daemon off;"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed by the test command");
        let proxy = Self { child, portal, application: other };
        eventually("nginx", || std::net::TcpStream::connect(portal).ok());
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Told, not killed: its workers end with it.
        drop(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status());
        drop(self.child.wait());
    }
}

/// A request from one of this machine's many addresses.
fn from(source: &str, to: SocketAddr, head: &str, body: &str) -> (u16, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
        let mut stream = socket.connect(to).await.unwrap();
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()) };
        stream.write_all(format!("{head}\r\n{length}Connection: close\r\n\r\n{body}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    })
}

fn installation() -> (Installation, Server) {
    let installation = Installation::new();
    installation.run(&["migrate"]);
    installation.run(&["records", "import", "housing", "portals/housing/records.csv"]);
    let server = installation.start(&["serve"], &[("ONBOARDING_SERVER__TRUSTED_PROXIES", "127.0.0.1")]);
    (installation, server)
}

fn signed_in(installation: &Installation, server: &Server) -> String {
    let given = |document: &str| json!({ "document": document, "version": "2026-10", "granted": true });
    let body = json!({
        "claim": { "number": "K7M4-9QXT-2HBP", "last_name": "Müller-Lüdenscheidt" }, "email": EMAIL, "password": PASSWORD,
        "consents": (["terms", "privacy", "edelivery"].map(given)),
    });
    assert_eq!(server.post("/api/v1/housing/registrations", &body.to_string()).status, 202);
    let mail = eventually("the mail", || installation.mails("mail/housing").pop());
    let link = mail.lines().find_map(|line| line.trim().split_once("?t=")).unwrap().1.to_owned();
    assert_eq!(server.post("/api/v1/housing/confirmations", &json!({ "token": link }).to_string()).status, 200);
    let answer = server.post("/api/v1/housing/sessions", &json!({ "login": EMAIL, "password": PASSWORD }).to_string());
    answer.json()["token"].as_str().unwrap().to_owned()
}

#[test]
fn another_application_sees_only_who_is_signed_in_and_is_told_who_by_the_proxy_alone() {
    let (installation, server) = installation();
    let token = signed_in(&installation, &server);
    let application = Application::new();
    let proxy = Proxy::start(&installation, &server, &application);
    let forged =
        "X-Account-Id: 00000000-0000-0000-0000-000000000001\r\nX-Access: member\r\nX-Memberships: A-1\r\nX-Forwarded-For: 203.0.113.9";
    let ask = |with: &str| {
        from("127.0.0.1", proxy.application, &format!("GET /reports?t=1 HTTP/1.1\r\nHost: application.example.org\r\n{forged}{with}"), "")
    };
    assert_eq!(ask("").0, 401);
    assert_eq!(ask("\r\nAuthorization: Bearer nobodys-token-0123456789").0, 401);
    assert_eq!(ask(&format!("\r\nCookie: __Host-s-housing={token}")).0, 401, "a program's token is no browser's");
    assert!(application.heads.lock().unwrap().is_empty(), "none of them reached the application");
    let (status, answer) = ask(&format!("\r\nAuthorization: Bearer {token}"));
    assert_eq!((status, answer.ends_with("ours")), (200, true), "{answer}");
    let head = application.heads.lock().unwrap().pop().unwrap();
    let value = |name: &str| {
        let lines: Vec<_> = head.lines().filter_map(|line| line.strip_prefix(&format!("{name}: "))).collect();
        assert!(lines.len() <= 1, "{name} stands twice: {head}");
        lines.first().map(|value| (*value).to_owned())
    };
    let account = value("x-account-id").unwrap();
    assert!(account.len() == 36 && !account.starts_with("00000000-0000-0000"), "{account}");
    assert_eq!(value("x-access").as_deref(), Some("member"));
    assert!(value("x-memberships").is_some_and(|records| !records.contains("a-1")), "{head}");
    assert_eq!(value("x-forwarded-for").as_deref(), Some("127.0.0.1"));
    assert_eq!(value("authorization"), None, "the token stays with the server");
    let delete = format!("DELETE /api/v1/housing/session HTTP/1.1\r\nHost: portal.example.org\r\nAuthorization: Bearer {token}");
    assert_eq!(from("127.0.0.1", proxy.portal, &delete, "").0, 204);
    assert_eq!(ask(&format!("\r\nAuthorization: Bearer {token}")).0, 401, "a session that ended opens nothing");
    let log = fs::read_to_string(installation.path("nginx/access.log")).unwrap();
    assert!(!log.contains(&token) && !log.contains("reports"), "{log}");
}

/// Row 25 through the proxy: its word counts, the client's does not.
#[test]
fn the_address_that_counts_is_the_one_the_proxy_saw() {
    let (installation, server) = installation();
    let application = Application::new();
    let proxy = Proxy::start(&installation, &server, &application);
    let guess = |source: &str, forged: usize| {
        let head = format!(
            "POST /api/v1/housing/claims HTTP/1.1\r\nHost: portal.example.org\r\nX-Forwarded-For: 198.51.{forged}.7\r\nForwarded: for=198.51.{forged}.7"
        );
        from(source, proxy.portal, &head, &json!({ "number": format!("NOBODY-{forged}"), "last_name": "Niemand" }).to_string()).0
    };
    let answers: Vec<u16> = (0..12).map(|n| guess("127.0.1.2", n)).collect();
    assert_eq!(answers, [[422; 10].as_slice(), &[429, 429]].concat(), "a new forged address with each try changes nothing");
    assert_eq!(guess("127.0.2.2", 99), 422, "somebody else's network has its own tries");
}
