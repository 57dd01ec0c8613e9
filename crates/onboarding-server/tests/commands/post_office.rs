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
    send(server, &format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n"))
}

fn send(server: &Server, head: &str) -> Shown {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    Shown { head: String::from_utf8(bytes[..end].to_vec()).unwrap(), body: bytes[end + 4..].to_vec() }
}

fn get(server: &Server, path: &str) -> Shown {
    ask(server, "GET", path, &server.address)
}

/// A page as a browser asks that is set to a language and was told others.
fn read(server: &Server, path: &str, wishes: &str, cookies: &str) -> Shown {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept-Language: {wishes}\r\n", server.address);
    send(server, &if cookies.is_empty() { head } else { format!("{head}Cookie: {cookies}\r\n") })
}

/// What stands between two marks, for the first time.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(found, _)| found).unwrap_or_default()
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
    for portal in ["chamber", "customer", "housing", "partner"] {
        assert_eq!(links(&html, &format!("/demo/{portal}")), [format!("/demo/{portal}?lang=de")], "{html}");
        assert_eq!(links(&html, &format!("/{portal}/")), [format!("/{portal}/?lang=de")], "{html}");
    }

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
    let file = format!("/demo/chamber/letters/{name}");
    assert_eq!(links(&html, "/demo/chamber/letters/"), [format!("{file}/read"), file.clone()]);
    assert!(html.contains("Brief vom 22.11.2026 um 16:20 Uhr"), "{html}");
    // What is no PDF has no picture, and is there all the same.
    assert!(!html.contains("<img"), "{html}");
    assert_eq!(links(&get(&server, &format!("{file}/read")).html(), &file), [file.as_str()]);
    assert_eq!(get(&server, &format!("{file}/pages/1")).status(), "404");
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
        "/demo/chamber/letters/.b.pdf/read",
        "/demo/chamber/letters/.b.pdf/pages/1",
        "/demo/chamber/letters/..%2fkeys.toml/read",
        "/demo/chamber/mails/none.eml/html",
        "/demo/..%2fletters",
        "/demo/nobody",
        "/demo/housing/letters/20261122T152000.123Z-a.pdf",
    ] {
        assert_eq!(get(&server, path).status(), "404", "{path}");
    }
}

#[test]
fn the_first_letter_is_a_picture_with_its_text_and_tells_the_number_that_registers() {
    let installation = Installation::empty();
    let server = installation.demo();
    let guide = get(&server, "/demo/housing").html();
    let file = links(&guide, "/demo/housing/letters/").pop().unwrap();
    let page = get(&server, &format!("{file}/read"));
    let (policy, html) = (page.header("content-security-policy").to_owned(), page.html());
    assert!(policy.contains("img-src 'self'") && policy.contains("default-src 'none'"), "{policy}");
    assert!(html.contains(&format!("<img src=\"{file}/pages/1\" alt=\"Diese Seite des Briefs als Bild.")), "{html}");
    let text = between(&html, "<pre", "</pre>");
    assert!(text.contains("\nAm Lindenhof 3\n10999 Berlin\n") && text.contains("K7M4"), "{text}");
    let picture = get(&server, &format!("{file}/pages/1"));
    assert_eq!((picture.header("content-type"), picture.header("cache-control")), ("image/svg+xml", "no-store"));
    assert!(picture.header("content-security-policy").starts_with("sandbox; default-src 'none';"), "{}", picture.head);
    assert!(picture.html().starts_with("<svg") && !picture.html().contains("<script"), "{}", &picture.html()[..200]);
    for other in ["0", "2", "-1", "x", "18446744073709551616"] {
        assert_eq!(get(&server, &format!("{file}/pages/{other}")).status(), "404", "{other}");
    }
}

#[test]
fn each_guide_leads_from_the_first_step_to_the_area_and_its_pages_are_there() {
    let installation = Installation::empty();
    let server = installation.demo();
    for (portal, steps, end) in [("housing", 5, "area"), ("partner", 7, "area"), ("customer", 4, "area"), ("chamber", 8, "login")] {
        let guide = get(&server, &format!("/demo/{portal}")).html();
        let list = between(&guide, "<ol class=\"steps\">", "</ol>");
        let ways = links(list, "");
        assert_eq!(ways.len(), steps, "{list}");
        assert_eq!(ways.last().unwrap(), &format!("/{portal}/{end}?lang=de"));
        for way in ways {
            let leads = match way.strip_prefix('#') {
                Some(part) => guide.contains(&format!(" id=\"{part}\"")),
                // Behind the door there is the way to sign in.
                None => ["200", "303"].contains(&get(&server, &way).status()),
            };
            assert!(leads, "{portal}: {way}");
        }
        assert!(!guide.contains("curl"), "{guide}");
    }
    let sample = |portal: &str| between(&get(&server, &format!("/demo/{portal}")).html(), "<dl class=\"rows\">", "</dl>").to_owned();
    assert!(sample("housing").contains("K7M4-9QXT-2HBP") && sample("housing").contains("Müller-Lüdenscheidt"), "{}", sample("housing"));
    assert!(sample("partner").contains("65183") && sample("partner").contains("super-admin@example.org"), "{}", sample("partner"));
    assert!(sample("customer").contains("7000101") && sample("chamber").contains("0001842"), "{}", sample("chamber"));
}

#[test]
fn whoever_has_registered_is_no_sample_any_more() {
    let installation = Installation::empty();
    let mut server = installation.demo();
    server.announcement_until("Ctrl+C");
    let body = |number: &str, name: &str| {
        format!(
            r#"{{"claim": {{"number": "{number}", "last_name": "{name}"}}, "email": "you@example.org", "password": "zwei Schwäne am Ufer", "consents": [
            {{"document": "terms", "version": "2026-10", "granted": true}}, {{"document": "privacy", "version": "2026-10", "granted": true}},
            {{"document": "edelivery", "version": "2026-10", "granted": true}}]}}"#
        )
    };
    let begun = server.post("/api/v1/housing/registrations", &body("K7M4-9QXT-2HBP", "Müller-Lüdenscheidt"));
    assert_eq!(begun.status, 202, "{begun:?}");
    let mail = eventually("the mail with the code", || links(&get(&server, "/demo/housing").html(), "/demo/housing/mails/").pop());
    let html = get(&server, &mail).html();
    let code = between(&html, "<code class=\"take\">", "</code>");
    let button = between(&html, "class=\"button\" href=\"", "\"");
    assert!(code.len() == 9 && button.contains("/housing/confirm?t="), "{code} {button}");
    let registration = begun.json()["registration"].as_str().unwrap().to_owned();
    let confirmed = server.post(&format!("/api/v1/housing/registrations/{registration}/confirm"), &format!(r#"{{"code": "{code}"}}"#));
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
    let guide = get(&server, "/demo/housing").html();
    let sample = between(&guide, "<dl class=\"rows\">", "</dl>");
    assert!(sample.contains("PM9R-GSQ3-3RGX") && !sample.contains("K7M4-9QXT-2HBP"), "{sample}");
}

#[test]
fn the_reader_chooses_the_language_and_the_portals_own_pages_go_on_in_it() {
    let installation = Installation::empty();
    let server = installation.demo();
    let speaks = |shown: &Shown| shown.header("content-language").to_owned();
    assert_eq!(speaks(&read(&server, "/demo", "it-CH, en;q=0.5", "")), "it");
    assert_eq!(speaks(&read(&server, "/demo", "it", "l-demo=fr")), "fr");
    assert_eq!(speaks(&read(&server, "/demo/housing", "it", "l-demo=fr; l-housing=en")), "en");
    assert_eq!(speaks(&read(&server, "/demo/housing?lang=de", "it", "l-demo=fr; l-housing=en")), "de");
    let chosen = read(&server, "/demo/housing?lang=fr", "it", "");
    let cookies: Vec<_> = chosen.head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")).collect();
    assert!(cookies.len() == 2 && cookies[0].starts_with("l-demo=fr;") && cookies[1].starts_with("l-housing=fr;"), "{}", chosen.head);
    // A language that is none changes nothing and is not kept.
    let odd = read(&server, "/demo?lang=xx%0d%0aSet-Cookie:a=b", "it", "");
    assert_eq!((speaks(&odd), odd.head.contains("set-cookie")), ("it".to_owned(), false), "{}", odd.head);
    for (language, title) in [("de", "Postamt"), ("fr", "Bureau de poste"), ("it", "Ufficio postale"), ("en", "Demo post office")] {
        for path in ["/demo", "/demo/housing", "/demo/partner", "/demo/customer", "/demo/chamber"] {
            let html = read(&server, &format!("{path}?lang={language}"), "", "").html();
            assert!(html.contains(&format!("<html lang=\"{language}\">")) && html.contains(title), "{html}");
            assert!(html.contains(&format!("hreflang=\"{language}\" aria-current=\"true\"")), "{html}");
        }
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
