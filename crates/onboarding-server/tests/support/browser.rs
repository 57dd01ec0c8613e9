//! A person's browser: Chromium without a window, driven by its own driver over the W3C's WebDriver protocol, on one site of this machine.
//!
//! What a person does stands in `browser/person.rs`. This file starts and ends the two programs and speaks to them. A browser resolves
//! no name but the site's own, and reaches nothing but loopback.

pub(crate) mod keyboard;
mod person;

use super::{Answer, Client, PATIENCE, Setup, Site, within};
use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The driver; the package of the same name's browser must be there too.
const DRIVER: &str = "chromedriver";
/// The key of an element's id in the protocol's answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scripts {
    /// The reader's browser runs none.
    Off,
    /// Comforts are added.
    On,
}

/// How a page is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Of the window, in CSS pixels.
    pub(crate) width: u32,
    /// Whether the reader prefers light on dark.
    pub(crate) dark: bool,
}

/// A browser at one site. Both programs end, and the profile goes, when it is dropped.
pub(crate) struct Browser<'a> {
    site: &'a Site,
    driver: Child,
    client: Client,
    session: String,
    profile: TempDir,
}

/// A site that a browser of this machine reaches by the address in its mails.
pub(crate) fn site(portals: Vec<&'static str>) -> Site {
    // The mails' address has the port in it, so it is chosen before the server starts.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base_url: &'static str = Box::leak(format!("http://{address}").into_boxed_str());
    let mut site = Site::prepared(&Setup { portals, twin: false, base_url, ..Setup::default() });
    site.reconfigure("127.0.0.1:0", &address.to_string());
    site.restart();
    site
}

/// The driver and where it listens; nothing where its port was taken.
fn start_driver(log: &Path) -> Option<(Child, SocketAddr)> {
    let writer = fs::File::create(log).unwrap();
    // A group of its own: what the driver starts ends with it, whatever happens.
    let mut driver = Command::new(DRIVER)
        .arg("--port=0")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .spawn()
        .unwrap_or_else(|error| panic!("{DRIVER}: {error}; `cargo xtask test` installs the packages chromium and chromium-driver"));
    let port = within(PATIENCE, "the browser's driver to say where it listens", || {
        // Looked at before the log is read: what ended has said everything.
        let ended = driver.try_wait().unwrap();
        let text = fs::read_to_string(log).unwrap_or_default();
        match ended {
            Some(_) if text.contains("Address already in use") => Some(None),
            Some(status) => panic!("the browser's driver ended with {status}:\n{text}"),
            None => text.split("successfully on port ").nth(1)?.split('.').next()?.parse().ok().map(Some),
        }
    })?;
    Some((driver, SocketAddr::from(([127, 0, 0, 1], port))))
}

impl<'a> Browser<'a> {
    /// Opens a page in a fresh browser of somebody who reads this language.
    pub(crate) fn at(site: &'a Site, scripts: Scripts, language: &str, path: &str) -> Self {
        let profile = tempfile::Builder::new().prefix("onboarding-browser-").tempdir().unwrap();
        // It has the system choose a port of IPv6 and then wants the same one of IPv4, which somebody else may have: a new start, a new port.
        let (driver, address) =
            within(PATIENCE, "the browser's driver to find a port", || start_driver(&profile.path().join("driver.log")));
        let client = Client::of(address, "");
        let mut browser = Self { site, driver, client, session: String::new(), profile };
        let opened = browser.ask("POST", "/session", &browser.wish(scripts, language));
        opened.expect("a session")["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        browser.open(path);
        browser
    }

    /// What kind of browser it is to be.
    fn wish(&self, scripts: Scripts, language: &str) -> Value {
        let mut arguments = vec![
            "--headless=new".to_owned(),
            format!("--user-data-dir={}", self.profile.path().join("profile").display()),
            format!("--host-resolver-rules=MAP {} 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", self.host()),
        ];
        let fixed = [
            "disable-gpu",
            "disable-dev-shm-usage",
            "disable-background-networking",
            "disable-component-update",
            "hide-scrollbars",
            "force-prefers-reduced-motion",
            "no-first-run",
        ];
        arguments.extend(fixed.map(|name| format!("--{name}")));
        // Chromium's own sandbox refuses to work for root.
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            arguments.push("--no-sandbox".to_owned());
        }
        let javascript = if scripts == Scripts::Off { 2 } else { 1 };
        let preferences = json!({
            "intl.accept_languages": language,
            "profile.managed_default_content_settings.javascript": javascript,
            "credentials_enable_service": false,
            "profile.password_manager_enabled": false,
        });
        // Certificates are the tests' own.
        json!({ "capabilities": { "alwaysMatch": {
            "acceptInsecureCerts": true, "goog:chromeOptions": { "args": arguments, "prefs": preferences }
        } } })
    }

    /// The name of the site's host, or its address.
    fn host(&self) -> &str {
        let (_, authority) = self.site.base_url().split_once("://").unwrap();
        authority.split(':').next().unwrap()
    }

    /// A command of the protocol, below the session.
    #[track_caller]
    pub(super) fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_command(method, path, body).unwrap_or_else(|error| panic!("{method} {path} {body}: {error}"))
    }

    /// The same, where a refusal is an answer too.
    pub(super) fn try_command(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.ask(method, &format!("/session/{}{path}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let call = self.client.call(method, path);
        let call = if body.is_null() { call } else { call.json(body) };
        let answer: Answer = call.try_send_to_a_hoarder().map_err(|error| error.to_string())?;
        let value = answer.json()["value"].take();
        if answer.status == 200 { Ok(value) } else { Err(format!("{}: {}", value["error"], value["message"])) }
    }

    /// A command of the browser's own protocol, which knows more than WebDriver.
    pub(super) fn inner(&self, command: &str, parameters: &Value) -> Value {
        self.command("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Runs a script from outside of the page: neither its policy nor the reader's settings forbid that.
    pub(crate) fn script(&self, script: &str, arguments: &[Value]) -> Value {
        self.command("POST", "/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// The same, with a script that calls its last argument once it is done.
    pub(crate) fn script_that_calls_back(&self, script: &str) -> Value {
        self.command("POST", "/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script within the page's only frame.
    pub(crate) fn within_frame(&self, script: &str) -> Value {
        self.command("POST", "/frame", &json!({ "id": 0 }));
        let found = self.script(script, &[]);
        self.command("POST", "/frame", &json!({ "id": null }));
        found
    }

    /// Sets the window's width and the reader's colours.
    pub(crate) fn look(&self, look: Look) {
        let window = json!({ "width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.inner("Emulation.setDeviceMetricsOverride", &window);
        let colours = json!([{ "name": "prefers-color-scheme", "value": if look.dark { "dark" } else { "light" } }]);
        self.inner("Emulation.setEmulatedMedia", &json!({ "features": colours }));
    }

    /// The whole page as a PNG.
    pub(crate) fn picture(&self) -> Vec<u8> {
        let taken = self.inner("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": true }));
        Base64::decode_vec(taken["data"].as_str().unwrap()).unwrap()
    }
}

impl Drop for Browser<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let shown = self.try_command("GET", "/url", &Value::Null);
            eprintln!("--- the browser stood at {shown:?} ---\n{}", self.try_text().unwrap_or_default());
        }
        // The browser goes with its session; whatever is left goes with the group.
        let _ = self.try_command("DELETE", "", &Value::Null);
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.driver.wait();
    }
}
