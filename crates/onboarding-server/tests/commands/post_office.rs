//! The demo's post office from outside: what it shows, what it takes from a mail's HTML, and whom it shows nothing.

use crate::harness::{Installation, Server, eventually};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// An answer to the byte: a letter is no text.
struct Shown {
    head: String,
    body: Vec<u8>,
}

impl Shown {
    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or_default()
    }

    /// The page, with the escapes of its addresses undone.
    fn html(&self) -> String {
        assert_eq!(self.status(), "200", "{}", self.head);
        String::from_utf8(self.body.clone()).unwrap().replace("&#x2f;", "/")
    }
}

fn ask(server: &Server, method: &str, path: &str, host: &str) -> Shown {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    Shown { head: String::from_utf8(bytes[..end].to_vec()).unwrap(), body: bytes[end + 4..].to_vec() }
}

fn get(server: &Server, path: &str) -> Shown {
    ask(server, "GET", path, &server.address)
}

/// The addresses that a page leads to below a path.
fn links(html: &str, below: &str) -> Vec<String> {
    html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).filter(|to| to.starts_with(below)).map(str::to_owned).collect()
}

#[test]
fn from_the_first_page_links_lead_to_every_mail_and_from_a_mail_to_its_page() {
    let installation = Installation::empty();
    let mut server = installation.demo();
    let said = server.announcement_until("Ctrl+C");
    assert!(said.contains(&format!("post     http://{}/demo\n", server.address)), "{said}");
    let start = get(&server, "/demo");
    assert_eq!(start.header("cache-control"), "no-store");
    let html = start.html();
    assert_eq!(links(&html, "/demo/").len(), 5, "{html}");
    assert!(html.contains("K7M4-9QXT-2HBP") && html.contains("super-admin@example.org"), "{html}");

    let mails = eventually("the mails of the sample account", || {
        let html = get(&server, "/demo/customer").html();
        Some((links(&html, "/demo/customer/mails/"), html)).filter(|(mails, _)| mails.len() == 2)
    });
    assert!(mails.1.contains("urs.zuercher@post.example"), "{}", mails.1);
    // Newest first: the password was ordered after the number.
    let texts: Vec<String> = mails.0.iter().map(|mail| get(&server, mail).html()).collect();
    assert!(!texts[0].contains("7000101") && texts[1].contains("7000101"), "{texts:?}");

    let invitation = links(&get(&server, "/demo/partner").html(), "/demo/partner/mails/").remove(0);
    let mail = get(&server, &invitation);
    assert_eq!(mail.header("referrer-policy"), "no-referrer");
    let link = links(&mail.html(), "http").remove(0);
    let path = link.strip_prefix(&format!("http://{}", server.address)).unwrap();
    assert_eq!(get(&server, path).status(), "200", "{path}");
}

#[test]
fn a_mails_html_is_shown_without_scripts_forms_or_an_origin_and_a_script_in_a_subject_is_text() {
    let installation = Installation::empty();
    let server = installation.demo();
    eventually("the invitation", || installation.mails("data/mail/partner").pop());
    let name = "20991231T235959.000Z-odd.eml";
    let odd = "From: x <x@x.example>\r\nTo: y@y.example\r\nSubject: <script>alert(1)</script>\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<html><head></head><body><script>alert(1)</script></body></html>\r\n";
    fs::write(installation.path("data/mail/partner").join(name), odd).unwrap();
    let html = get(&server, "/demo/partner").html();
    assert!(html.contains("&lt;script&gt;alert(1)&lt;") && !html.contains("<script"), "{html}");
    let page = get(&server, &format!("/demo/partner/mails/{name}"));
    assert!(!page.html().contains("<script"), "{}", page.html());
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"), "{}", page.head);
    assert!(page.html().contains("sandbox=\"allow-top-navigation-by-user-activation\""), "{}", page.html());
    let alone = get(&server, &format!("/demo/partner/mails/{name}/html"));
    let policy = alone.header("content-security-policy");
    assert!(policy.starts_with("sandbox allow-top-navigation-by-user-activation; default-src 'none';"), "{policy}");
    assert!(policy.contains("form-action 'none'") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert_eq!((alone.header("x-frame-options"), alone.header("x-content-type-options")), ("SAMEORIGIN", "nosniff"));
    assert!(alone.html().contains("<base target=\"_top\">"));
}

#[test]
fn a_letter_is_the_file_in_the_spool_and_nothing_else_of_the_disk_is_shown() {
    let installation = Installation::empty();
    let server = installation.demo();
    let (folder, name) = (installation.path("data/letters/chamber"), "20261122T152000.123Z-a.pdf");
    fs::create_dir_all(&folder).unwrap();
    for file in [name, ".b.pdf", "manifest.jsonl"] {
        fs::write(folder.join(file), b"%PDF-\xff\x00 letter").unwrap();
    }
    let html = get(&server, "/demo/chamber").html();
    assert_eq!(links(&html, "/demo/chamber/letters/"), [format!("/demo/chamber/letters/{name}")]);
    assert!(html.contains("Letter 2026-11-22 15:20:00 UTC (PDF)"), "{html}");
    let letter = get(&server, &format!("/demo/chamber/letters/{name}"));
    assert_eq!(
        (letter.status(), letter.header("content-type"), &letter.body[..]),
        ("200", "application/pdf", &b"%PDF-\xff\x00 letter"[..])
    );
    assert_eq!(letter.header("cache-control"), "no-store");
    for path in [
        "/demo/chamber/letters/.b.pdf",
        "/demo/chamber/letters/manifest.jsonl",
        "/demo/chamber/letters/..%2f..%2fkeys.toml",
        "/demo/chamber/letters/../../keys.toml",
        "/demo/chamber/letters/..%2fchamber%2f20261122T152000.123Z-a.pdf",
        "/demo/chamber/mails/..%2f..%2fletters%2fchamber%2f20261122T152000.123Z-a.pdf",
        "/demo/chamber/mails/none.eml/html",
        "/demo/..%2fletters",
        "/demo/nobody",
        "/demo/housing/letters/20261122T152000.123Z-a.pdf",
    ] {
        assert_eq!(get(&server, path).status(), "404", "{path}");
    }
}

#[test]
fn the_post_is_shown_under_this_machines_own_names_alone_and_changes_by_no_method() {
    let installation = Installation::empty();
    let server = installation.demo();
    for path in ["/demo", "/demo/housing", "/demo/demo.css"] {
        assert_eq!(ask(&server, "GET", path, "localhost:8080").status(), "200", "{path}");
        assert_eq!(ask(&server, "GET", path, "rebound.example").status(), "404", "{path}");
        assert_eq!(ask(&server, "POST", path, &server.address).status(), "405", "{path}");
    }
}

#[test]
fn a_server_that_is_no_demo_has_no_post_office() {
    let installation = Installation::new();
    assert_eq!(installation.run(&["migrate", "--config", "onboarding.toml"]).code, 0);
    let server = installation.start(&["serve", "--config", "onboarding.toml"], &[]);
    for path in ["/demo", "/demo/housing", "/demo/demo.css"] {
        assert_eq!(get(&server, path).status(), "404", "{path}");
    }
}
