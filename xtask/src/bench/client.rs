//! A client on one connection: plain HTTP/1.1, and the mails as files.

use crate::sample;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub(super) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    pub(super) fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).context("could not connect")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// One call.
    fn call(&mut self, method: &str, path: &str, bearer: Option<&str>, body: Option<&Value>) -> Result<(u16, Value)> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n", body.len());
        if !body.is_empty() {
            head.push_str("Content-Type: application/json\r\n");
        }
        if let Some(token) = bearer {
            head.push_str("Authorization: Bearer ");
            head.push_str(token);
            head.push_str("\r\n");
        }
        let request = format!("{head}\r\n{body}");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).context("no status line")?.parse()?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok((status, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or(Value::Null) }))
    }

    /// Waits until the server is ready.
    pub(super) fn ready(&mut self) -> Result<()> {
        let (status, _) = self.call("GET", "/health/ready", None, None)?;
        ensure!(status == 200, "the server is not ready: {status}");
        Ok(())
    }

    /// The register page, the largest that anybody gets.
    pub(super) fn page(&mut self, portal: &str) -> Result<()> {
        let (status, _) = self.call("GET", &format!("/{portal}/register?lang=de"), None, None)?;
        ensure!(status == 200, "the register page was answered {status}");
        Ok(())
    }

    /// The documents to agree to, all granted.
    pub(super) fn documents(&mut self, portal: &str) -> Result<Value> {
        let (_, list) = self.call("GET", &format!("/api/v1/{portal}/documents"), None, None)?;
        let all = list.as_array().context("no list of documents")?;
        Ok(all
            .iter()
            .map(|document| json!({ "document": document["document"], "version": document["version"], "granted": true }))
            .collect())
    }

    /// Registers and proves the address by the code in the mail.
    pub(super) fn sign_up(&mut self, portal: &str, number: u32, consents: &Value, mails: &Path) -> Result<()> {
        let body = json!({
            "claim": { "number": sample::record(number), "last_name": sample::last_name(number) },
            "email": sample::email(number), "password": sample::PASSWORD, "consents": consents,
        });
        let (status, applied) = self.call("POST", &format!("/api/v1/{portal}/registrations"), None, Some(&body))?;
        ensure!(status == 202, "a sign-up was answered {status}: {applied}");
        let handle = applied["registration"].as_str().context("no handle")?;
        let code = code_for(&sample::email(number), mails)?;
        let path = format!("/api/v1/{portal}/registrations/{handle}/confirm");
        let (status, confirmed) = self.call("POST", &path, None, Some(&json!({ "code": code })))?;
        ensure!(status == 200, "a code was answered {status}: {confirmed}");
        Ok(())
    }

    /// Signs in; the token.
    pub(super) fn sign_in(&mut self, portal: &str, number: u32) -> Result<String> {
        let body = json!({ "login": sample::email(number), "password": sample::PASSWORD });
        let (status, session) = self.call("POST", &format!("/api/v1/{portal}/sessions"), None, Some(&body))?;
        ensure!(status == 201, "a sign-in was answered {status}: {session}");
        Ok(session["token"].as_str().context("no token")?.to_owned())
    }

    /// One session check.
    pub(super) fn check(&mut self, portal: &str, token: &str) -> Result<()> {
        let (status, _) = self.call("GET", &format!("/api/v1/{portal}/session"), Some(token), None)?;
        ensure!(status == 200, "a session check was answered {status}");
        Ok(())
    }
}

/// The code in the mail to this address: four characters, a hyphen, four characters, alone on a line. Read mails are
/// removed, so that the folder stays small.
fn code_for(address: &str, mails: &Path) -> Result<String> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        for entry in std::fs::read_dir(mails).into_iter().flatten() {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "eml") {
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            let code = text
                .lines()
                .map(str::trim)
                .find(|line| line.len() == 9 && line.as_bytes()[4] == b'-' && line.bytes().filter(u8::is_ascii_alphanumeric).count() == 8);
            if let (true, Some(code)) = (text.contains(address), code) {
                let code = code.to_owned();
                std::fs::remove_file(&path)?;
                return Ok(code);
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    bail!("no mail with a code came for {address}")
}
