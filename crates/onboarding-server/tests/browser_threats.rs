//! Attacks as a browser meets them: a stranger's page that sends our forms or frames our pages, a way back that leads to a stranger, a link's
//! token that travels on, markup in data, and the way back after signing out. What needs TLS stands in `browser_secure.rs`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use serde_json::json;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::browser::{Browser, Scripts, site};
use support::{HOUSING, PASSWORD, PEOPLE, Site};

const EMAIL: &str = "kim@post.example";

/// A stranger's page at a port of the same machine: another origin, and to a browser the same site, so that it sends our cookies along.
fn stranger(html: String) -> String {
    stranger_who_counts(html).0
}

/// The same, with the number of times it was asked.
fn stranger_who_counts(html: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream.unwrap(), [0; 4096]);
            // A browser may connect ahead and say nothing.
            if stream.read(&mut head).is_ok_and(|count| count > 0) {
                count.fetch_add(1, Ordering::SeqCst);
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{html}",
                    html.len()
                );
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    (address, asked)
}

fn signed_in(site: &Site, scripts: Scripts) -> Browser<'_> {
    let browser = Browser::at(site, scripts, "de", "/housing/login");
    browser.fill(&[("login", EMAIL), ("password", PASSWORD)]);
    browser.arrives("/housing/area");
    browser
}

/// Threat 41: even with the right token and the right cookie, a form of a stranger's page does nothing.
#[test]
fn a_stranger_s_page_signs_nobody_out() {
    let site = site(vec![HOUSING]);
    site.register(HOUSING, &PEOPLE[0], EMAIL);
    let browser = signed_in(&site, Scripts::On);
    let token = browser.value("form");
    let action = format!("{}/housing/logout", site.base_url());
    for method in ["post", "get"] {
        let page = stranger(format!(
            "<main><form method=\"{method}\" action=\"{action}\"><input type=\"hidden\" name=\"form\" value=\"{token}\">\
             <button type=\"submit\">win</button></form></main>"
        ));
        browser.open(&page);
        browser.press(&[], None);
        if method == "post" {
            assert_eq!((browser.path().as_str(), browser.status()), ("/housing/logout", 403));
        }
        browser.open("/housing/area");
        browser.arrives("/housing/area");
    }
    // The same form of the page itself does what it says: the test could see the difference.
    browser.sign_out();
    browser.arrives("/housing/login");
}

/// Threat 43: no page of ours appears within a stranger's.
#[test]
fn a_stranger_s_page_frames_none_of_ours() {
    let site = site(vec![HOUSING]);
    for path in ["/housing/", "/housing/register", "/housing/login"] {
        let page = stranger(format!("<iframe src=\"{}{path}\"></iframe>", site.base_url()));
        let browser = Browser::at(&site, Scripts::On, "de", &page);
        let shown = browser.within_frame("return [location.protocol, document.querySelectorAll('form, a').length]");
        assert_eq!(shown, json!(["chrome-error:", 0]), "{path}");
    }
    // A page that may be framed is seen there: what is looked at is the frame.
    let harmless = stranger("<form></form>".to_owned());
    let browser = Browser::at(&site, Scripts::On, "de", &stranger(format!("<iframe src=\"{harmless}\"></iframe>")));
    assert_eq!(browser.within_frame("return document.querySelectorAll('form, a').length"), 1);
}

/// Threat 45: where a link leads on to learns nothing of the token in the address.
#[test]
fn a_token_in_an_address_travels_no_further() {
    let site = site(vec![HOUSING]);
    site.register(HOUSING, &PEOPLE[0], EMAIL);
    site.post("/housing/password-resets", &json!({ "login": EMAIL })).expect(202);
    let link = site.mail(HOUSING, EMAIL).link();
    let browser = Browser::at(&site, Scripts::On, "de", &link);
    assert_eq!(browser.script("return document.scripts.length", &[]), 0, "nothing else runs on the page that has it");
    browser.click("footer a[href^=\"/housing/documents/terms\"]");
    browser.arrives("/housing/documents/terms");
    assert_eq!(browser.script("return document.referrer", &[]), "");
    assert!(
        !browser.script("return document.documentElement.outerHTML", &[]).as_str().unwrap().contains(link.split("?t=").nth(1).unwrap())
    );
}

/// Threat 70: what looks like markup in the company's data is text, on every page that shows it.
#[test]
fn markup_in_a_name_is_text() {
    let portal = "partner";
    let site = site(vec![portal]);
    let name = "<img src=x onerror=document.title='won'>Praxis";
    let records = site.folder().join("records.csv");
    fs::write(
        &records,
        format!("number;name;first_name;last_name;street;postal_code;city;country;email;language\n100777;{name};;;Am Markt 1;56068;Koblenz;DE;;de\n"),
    )
    .unwrap();
    site.import(portal, &records);
    let boss = "boss@praxis.example";
    site.run(&["super-admin", portal, "100777", boss]);
    let browser = Browser::at(&site, Scripts::On, "de", &site.mail(portal, boss).link());
    let is_harmless = |browser: &Browser| {
        browser.reads("<img src=x");
        assert_eq!(
            browser.script("return [document.querySelectorAll('main img').length, document.title.includes('won>')]", &[]),
            json!([0, false])
        );
        assert_ne!(browser.title(), "won");
    };
    is_harmless(&browser);
    browser.fill(&[("first_name", "Ada"), ("last_name", "Chefin")]);
    for document in ["privacy", "terms"] {
        browser.arrives(&format!("/partner/setup/{document}"));
        browser.press(&[], None);
    }
    browser.arrives("/partner/setup/password");
    browser.fill(&[("password", PASSWORD)]);
    browser.arrives("/partner/login");
    browser.fill(&[("login", boss), ("password", PASSWORD)]);
    browser.arrives("/partner/area");
    is_harmless(&browser);
    browser.open("/partner/team");
    is_harmless(&browser);
    // What is typed comes back as text, too.
    browser.open("/partner/team/invite");
    browser.fill(&[("email", "\"><img src=x onerror=document.title='won'>")]);
    browser.is_told_faults(&["email"]);
    assert_eq!(browser.script("return document.querySelectorAll('main img').length", &[]), 0);
}

/// Threat 20: what a browser makes of an address is what counts, not what it looks like. The stranger is one whom it would reach.
#[test]
fn signing_in_leads_a_browser_to_no_stranger() {
    let site = site(vec![HOUSING]);
    site.register(HOUSING, &PEOPLE[0], EMAIL);
    let (evil, asked) = stranger_who_counts("<p>won</p>".to_owned());
    let authority = evil.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
    let own = site.base_url().strip_prefix("http://").unwrap();
    let browser = Browser::at(&site, Scripts::Off, "de", "/housing/login");
    for wish in [
        format!("//{authority}"),
        format!("/%5C{authority}"),
        format!("%5C%5C{authority}"),
        format!("/%09/{authority}"),
        format!("%09//{authority}"),
        format!("/%0D%0A/{authority}"),
        format!("http:{authority}"),
        format!("http://{own}@{authority}/housing/area"),
        format!("//{own}%5C@{authority}"),
        format!("/housing/..//{authority}"),
        format!("/housing/%2e%2e//{authority}"),
        format!("/housing/%252f%252f{authority}"),
        format!("/housing/%5C..%5C%5C{authority}"),
        "javascript:document.title='won'".to_owned(),
    ] {
        browser.open(&format!("/housing/login?return_to={wish}"));
        browser.fill(&[("login", EMAIL), ("password", PASSWORD)]);
        browser.arrives("/housing/area");
        assert_eq!(asked.load(Ordering::SeqCst), 0, "{wish}");
        browser.wear([]);
    }
    // A page of the portal is led to, and the stranger would have been reached.
    browser.open("/housing/login?return_to=/housing/account/profile");
    browser.fill(&[("login", EMAIL), ("password", PASSWORD)]);
    browser.arrives("/housing/account/profile");
    browser.open(&evil);
    assert!(asked.load(Ordering::SeqCst) > 0);
}

/// Threat 44: a browser that keeps whole pages for the way back shows none of somebody who has signed out.
#[test]
fn back_after_signing_out_shows_nothing_of_before() {
    let site = site(vec![HOUSING]);
    site.register(HOUSING, &PEOPLE[0], EMAIL);
    let browser = signed_in(&site, Scripts::On);
    browser.reads("Mitgliederbereich");
    browser.sign_out();
    browser.reads("Sie sind abgemeldet.");
    browser.back();
    browser.arrives("/housing/login");
    assert!(!browser.text().contains("Mitgliederbereich"), "{}", browser.text());
}

/// Threat 44, where nothing but the browser's own memory can forget: pages in it go, too, the one that signing in led to among them.
#[test]
fn back_after_signing_out_shows_nothing_of_before_where_no_script_runs() {
    let site = site(vec![HOUSING]);
    site.register(HOUSING, &PEOPLE[0], EMAIL);
    let browser = signed_in(&site, Scripts::Off);
    browser.keeps_pages(|| browser.click("footer a[href^=\"/housing/documents/terms\"]"));
    for _ in 0..3 {
        browser.sign_out();
        browser.reads("Sie sind abgemeldet.");
        browser.back();
        browser.arrives("/housing/login");
        browser.fill(&[("login", EMAIL), ("password", PASSWORD)]);
        browser.arrives("/housing/area");
    }
    // Nor a page further back.
    browser.open("/housing/account");
    browser.sign_out();
    browser.back();
    browser.arrives("/housing/login");
    browser.back();
    browser.arrives("/housing/login");
}
