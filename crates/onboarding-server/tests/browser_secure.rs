//! What a browser does with the cookies of the real server, reached as it is in life: by https, through nginx with the delivered file. The
//! certificate is made here; the name resolves to this machine in the browser alone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use base64ct::{Base64, Encoding as _};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use support::browser::{Browser, Scripts};
use support::{HOUSING, PASSWORD, PATIENCE, PEOPLE, Setup, Site, within};

/// As the delivered file names it.
const HOST: &str = "portal.example.org";
const EMAIL: &str = "kim@post.example";
const SESSION: &str = "__Host-s-housing";

/// nginx with the delivered file: its addresses and places are changed, and nothing else.
struct Proxy(Child);

impl Proxy {
    fn before(site: &Site, door: SocketAddr) -> Self {
        let folder = site.folder().join("nginx");
        fs::create_dir_all(&folder).unwrap();
        let place = folder.display();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap().self_signed(&key).unwrap();
        fs::write(folder.join("own.pem"), pem("CERTIFICATE", certificate.der())).unwrap();
        fs::write(folder.join("own.key"), pem("PRIVATE KEY", &key.serialize_der())).unwrap();
        let temporary: Vec<_> =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].iter().map(|of| format!("{of}_temp_path {place}/{of};")).collect();
        let delivered = fs::read_to_string(support::repository().join("deploy/nginx.conf")).unwrap();
        let own = delivered
            .replacen("listen 443 ssl", &format!("listen {door} ssl"), 1)
            .replacen("listen 443 ssl", &format!("listen {} ssl", free()), 1)
            .replace("/etc/ssl/portal.example.org.pem", &format!("{place}/own.pem"))
            .replace("/etc/ssl/private/portal.example.org.key", &format!("{place}/own.key"))
            .replace("server 127.0.0.1:8080;", &format!("server {};", site.http().address()))
            .replace("/run/nginx.pid", &format!("{place}/pid"))
            .replace("/var/log/nginx/", &format!("{place}/"))
            .replace("http {", &format!("http {{\n{}", temporary.join("\n")));
        fs::write(folder.join("nginx.conf"), own).unwrap();
        let child = Command::new("nginx")
            .args(["-p", folder.to_str().unwrap(), "-c", "nginx.conf", "-g", "daemon off;"])
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("stderr.log")).unwrap())
            .spawn()
            .expect("nginx is installed by the test command");
        let proxy = Self(child);
        within(PATIENCE, "nginx", || TcpStream::connect(door).ok());
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Told, not killed: its workers end with it.
        drop(Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status());
        drop(self.0.wait());
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A site that people reach by https alone.
fn secure_site() -> (Site, Proxy) {
    let door = free();
    let base_url: &'static str = Box::leak(format!("https://{HOST}:{}", door.port()).into_boxed_str());
    let setup = Setup { portals: vec![HOUSING], twin: false, trusted_proxies: vec!["127.0.0.1"], base_url, ..Setup::default() };
    let site = Site::with(&setup);
    site.register(HOUSING, &PEOPLE[0], EMAIL);
    let proxy = Proxy::before(&site, door);
    (site, proxy)
}

fn sign_in(browser: &Browser<'_>, email: &str) {
    browser.open("/housing/login");
    browser.fill(&[("login", email), ("password", PASSWORD)]);
    browser.arrives("/housing/area");
}

/// Somebody else on the same host, without TLS: sets these cookies, and keeps what it is sent.
fn neighbour(sets: &[String]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{HOST}:{}/", listener.local_addr().unwrap().port());
    let sets: String = sets.iter().map(|cookie| format!("Set-Cookie: {cookie}\r\n")).collect::<Vec<_>>().concat();
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let kept = heads.clone();
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream.unwrap(), [0; 8192]);
            // A browser may connect ahead and say nothing.
            let Ok(count @ 1..) = stream.read(&mut head) else { continue };
            kept.lock().unwrap().push(String::from_utf8_lossy(&head[..count]).into_owned());
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{sets}Content-Length: 9\r\nConnection: close\r\n\r\n<p>hi</p>");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, heads)
}

fn session(browser: &Browser<'_>) -> Option<String> {
    let mut found = browser.cookies().into_iter().filter(|(name, _)| name == SESSION).map(|(_, value)| value);
    let first = found.next();
    assert_eq!(found.next(), None, "one of a name");
    first
}

/// Every cookie of ours is kept for https, for this host alone and from scripts; a door without TLS sees none.
#[test]
fn a_browser_keeps_our_cookies_for_https_and_for_this_host_alone() {
    let (site, _proxy) = secure_site();
    let browser = Browser::at(&site, Scripts::On, "de", "/housing/help?lang=de");
    sign_in(&browser, EMAIL);
    let cookies = browser.whole_cookies();
    let mut names: Vec<_> = cookies.iter().map(|cookie| cookie["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["__Host-d-housing", "__Host-l-housing", SESSION]);
    for cookie in &cookies {
        let kept = ["secure", "httpOnly", "sameSite", "path", "domain"].map(|name| cookie[name].clone());
        // The name of a host, without the dot that stands for the hosts below it.
        assert_eq!(kept, [json!(true), json!(true), json!("Lax"), json!("/"), json!(HOST)], "{cookie}");
        assert_eq!(cookie["expiry"].is_null(), cookie["name"] == SESSION, "a session ends with the browser: {cookie}");
    }
    assert_eq!(browser.script("return document.cookie", &[]), "");
    // Of a neighbour without TLS on the same host, and of the server's own door behind the proxy.
    let (address, heads) = neighbour(&["seen=1; Path=/".to_owned(), format!("wide=1; Path=/; Domain={HOST}")]);
    browser.open(&address);
    let dotted = browser.whole_cookies().into_iter().find(|cookie| cookie["name"] == "wide").unwrap();
    assert_eq!(dotted["domain"], format!(".{HOST}"), "a browser says which is which");
    browser.open(&address);
    let told = heads.lock().unwrap().join("\n");
    assert!(told.contains("seen=1") && !told.contains("__Host-"), "{told}");
    browser.open(&format!("http://{HOST}:{}/housing/area", site.http().address().port()));
    browser.reads("Melden Sie sich an, um diese Seite zu öffnen.");
    browser.open("/housing/area");
    browser.arrives("/housing/area");
}

/// Threat 39: nobody plants a session's cookie from a door without TLS, from a page below, or beside the one that is there.
#[test]
fn a_browser_takes_no_session_s_cookie_from_anybody_else() {
    let (site, _proxy) = secure_site();
    let browser = Browser::at(&site, Scripts::On, "de", "/housing/help");
    let set = |attributes: &str| format!("{SESSION}=planted; {attributes}");
    let forged: Vec<_> = ["Path=/", "Path=/; HttpOnly", "Path=/; Secure", "Path=/housing; Secure"]
        .into_iter()
        .map(set)
        .chain([set(&format!("Path=/; Secure; Domain={HOST}"))])
        .collect();
    let (address, _) = neighbour(&[forged.clone(), vec!["s-housing=planted; Path=/housing".to_owned()]].concat());
    let plant = || {
        browser.open(&address);
        browser.open("/housing/help");
        // By a script of a page of this very host: all that are not as a host's cookie must be.
        for cookie in forged.iter().filter(|cookie| !cookie.ends_with("Path=/; Secure")) {
            browser.script("document.cookie = arguments[0]", &[Value::from(cookie.as_str())]);
        }
    };
    plant();
    assert_eq!(session(&browser), None);
    assert_eq!(browser.cookies(), [("s-housing".to_owned(), "planted".to_owned())], "one without the prefix is taken");
    // Where a script may write for the whole host it may plant one; signing in replaces it.
    let whole = Value::from(set("Path=/; Secure"));
    browser.script("document.cookie = arguments[0]", std::slice::from_ref(&whole));
    assert_eq!(session(&browser).as_deref(), Some("planted"));
    sign_in(&browser, EMAIL);
    let own = session(&browser).unwrap();
    assert_ne!(own, "planted");
    plant();
    browser.script("document.cookie = arguments[0]", &[whole]);
    assert_eq!(session(&browser), Some(own));
    browser.open("/housing/area");
    browser.arrives("/housing/area");
}

/// Threat 39: a session that was planted, and one that was copied, are worth nothing after signing in and after a new password.
#[test]
fn cookies_of_before_open_nothing_after_a_sign_in_and_a_new_password() {
    const STRANGER: &str = "zoe@post.example";
    const NEW: &str = "Neun Lampen im Treppenhaus 9!";
    let (site, _proxy) = secure_site();
    site.register(HOUSING, &PEOPLE[1], STRANGER);
    let stranger = Browser::at(&site, Scripts::Off, "de", "/housing/help");
    let opens_nothing = |cookies: &BTreeMap<String, String>| {
        stranger.open("/housing/help");
        stranger.wear(cookies);
        stranger.open("/housing/area");
        stranger.arrives("/housing/login");
    };
    let of = |browser: &Browser<'_>| browser.cookies().into_iter().collect::<BTreeMap<_, _>>();
    sign_in(&stranger, STRANGER);
    let planted = of(&stranger);
    let browser = Browser::at(&site, Scripts::Off, "de", "/housing/help");
    browser.wear(&planted);
    browser.open("/housing/area");
    browser.reads("Abmelden");
    browser.sign_out();
    sign_in(&browser, EMAIL);
    assert_ne!(session(&browser).unwrap(), planted[SESSION]);
    opens_nothing(&planted);
    // Somebody has copied everything now.
    let copied = of(&browser);
    stranger.wear(&copied);
    stranger.open("/housing/area");
    stranger.arrives("/housing/area");
    browser.open("/housing/account/password");
    browser.fill(&[("current", PASSWORD), ("new", NEW), ("repeat", NEW)]);
    browser.open("/housing/area");
    browser.arrives("/housing/area");
    assert_ne!(session(&browser).unwrap(), copied[SESSION]);
    opens_nothing(&copied);
}

/// Threat 44 over https, without scripts.
#[test]
fn back_after_signing_out_of_https_shows_nothing_of_before() {
    let (site, _proxy) = secure_site();
    let browser = Browser::at(&site, Scripts::Off, "de", "/housing/login");
    sign_in(&browser, EMAIL);
    browser.keeps_pages(|| browser.click("footer a[href^=\"/housing/documents/terms\"]"));
    for _ in 0..2 {
        browser.sign_out();
        browser.reads("Sie sind abgemeldet.");
        assert_eq!(session(&browser), None);
        browser.back();
        browser.arrives("/housing/login");
        sign_in(&browser, EMAIL);
    }
}
