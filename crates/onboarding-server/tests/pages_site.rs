//! The portal among a company's other sites and on a phone: the button, forward auth by cookie, the app, its own colours, its own host.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use std::fs;
use support::{HOUSING, PASSWORD, PEOPLE, Setup, Site, Visitor};

const EMAIL: &str = "kim@post.example";
const WWW: &str = "https://www.lindenhof.example";

/// A site whose portal has a table more.
fn site_with(table: &str) -> Site {
    let mut site = Site::start();
    let file = site.folder().join("portals").join(HOUSING).join("portal.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\n[journey]", &format!("\n{table}\n[journey]"))).unwrap();
    site.restart();
    site
}

fn signed_in(site: &Site) -> Visitor<'_> {
    site.register(HOUSING, &PEOPLE[3], EMAIL);
    let mut visitor = Visitor::at(site, "de", "/housing/login");
    visitor.fill(&[("login", EMAIL), ("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/housing/area", "{}", visitor.text());
    visitor
}

#[test]
fn a_listed_site_learns_whether_somebody_is_signed_in_and_nothing_else() {
    let site = site_with(&format!("[site]\nbutton_on = [\"{WWW}\"]\n"));
    let visitor = signed_in(&site);
    let cookie = format!("__Host-s-housing={}", visitor.cookies["__Host-s-housing"]);
    let ask = |origin: Option<&str>, cookie: Option<&str>, site_of: Option<&str>| {
        let mut call = site.http().get("/embed/housing/state");
        for (name, value) in [("Origin", origin), ("Cookie", cookie), ("Sec-Fetch-Site", site_of)] {
            if let Some(value) = value {
                call = call.header(name, value);
            }
        }
        call.send()
    };
    let told = ask(Some(WWW), Some(&cookie), Some("same-site"));
    assert_eq!((told.status, told.text()), (200, "{\"signed_in\":true}"));
    assert_eq!(told.header("access-control-allow-origin"), Some(WWW));
    assert_eq!(told.header("access-control-allow-credentials"), Some("true"));
    assert!(told.header("vary").unwrap().contains("Origin") && told.header("cache-control") == Some("no-store"));
    assert_eq!(ask(Some(WWW), None, None).text(), "{\"signed_in\":false}");
    assert_eq!(ask(Some(WWW), Some("__Host-s-housing=made-up"), None).text(), "{\"signed_in\":false}");
    assert_eq!(ask(None, Some(&cookie), Some("same-origin")).text(), "{\"signed_in\":true}");
    for (origin, from) in [
        (Some("https://evil.example"), None),
        (Some("https://www.lindenhof.example.evil.example"), None),
        (Some("http://www.lindenhof.example"), None),
        (Some("null"), None),
        (None, None),
        (None, Some("cross-site")),
        (None, Some("same-site")),
    ] {
        let refused = ask(origin, Some(&cookie), from);
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (403, None), "{origin:?} {from:?}");
        assert!(!refused.text().contains("signed_in"));
    }
    let script = site.http().get("/embed/housing/button.js").send();
    assert!(
        script.status == 200 && script.text().contains("Abmelden") && script.text().contains("data-portal-button"),
        "{}",
        script.text()
    );
    assert_eq!(script.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(site.http().get("/embed/nobody/button.js").send().status, 404);
}

#[test]
fn a_proxy_may_ask_with_the_cookie_of_the_pages() {
    let site = Site::start();
    let mut visitor = signed_in(&site);
    let cookie = format!("__Host-s-housing={}", visitor.cookies["__Host-s-housing"]);
    let ask = |cookie: &str| site.http().get("/auth/housing").header("Cookie", cookie).send();
    let told = ask(&cookie);
    assert_eq!((told.status, told.header("x-access")), (204, Some("member")));
    assert_eq!(ask("__Host-s-gartenstadt=x").status, 401);
    assert_eq!(ask(&format!("{cookie}; {cookie}")).status, 401, "two of one name are none");
    let both = site.http().get("/auth/housing").header("Cookie", &cookie).header("Authorization", "Bearer nonsense").send();
    assert_eq!(both.status, 401, "a token that is sent counts");
    visitor.open("/housing/area");
    visitor.sign_out();
    assert_eq!(ask(&cookie).status, 401);
}

#[test]
fn the_portal_is_an_app_with_an_icon_a_start_page_and_a_page_without_a_network() {
    let site = Site::start();
    let mut visitor = Visitor::at(&site, "de", "/housing/app");
    assert!(visitor.text().contains("Kundenportal"), "{}", visitor.text());
    let manifest = site.http().get("/housing/app.webmanifest").send();
    assert_eq!(manifest.header("content-type"), Some("application/manifest+json"));
    let read: serde_json::Value = serde_json::from_str(manifest.text()).unwrap();
    assert_eq!((&read["start_url"], &read["scope"]), (&"/housing/app".into(), &"/housing/".into()));
    for icon in read["icons"].as_array().unwrap() {
        let file = site.http().get(icon["src"].as_str().unwrap()).send();
        assert_eq!((file.status, file.header("content-type")), (200, Some("image/png")));
        assert!(file.body.starts_with(b"\x89PNG"));
    }
    let offline = site.http().get("/housing/offline").send().text().to_owned();
    for lang in ["en", "fr", "it"] {
        assert!(offline.contains(&format!("<section lang=\"{lang}\">")), "{offline}");
    }
    assert!(!offline.contains("<script"), "it needs nothing that is not kept");
    let worker = site.http().get("/housing/worker.js").send();
    assert!(worker.status == 200 && worker.header("content-type").unwrap().starts_with("text/javascript"));
    assert_eq!(worker.header("cache-control"), Some("no-cache"));
    visitor.open("/housing/login");
    assert!(visitor.page.text().contains("rel=\"manifest\""));
}

#[test]
fn a_portal_has_its_own_colours_and_its_logo_runs_nothing() {
    let site = Site::start();
    let page = Visitor::at(&site, "de", "/housing/").page.text().replace("&#x2f;", "/");
    let at = |ending: &str| {
        let found = page.split('"').find(|part| part.starts_with("/housing/look/") && part.ends_with(ending));
        found.unwrap_or_else(|| panic!("no {ending} in {page}")).to_owned()
    };
    let styles = site.http().get(&at(".css")).send();
    assert!(styles.text().contains("--brand: light-dark(#1d6b3a, #8fd9a8)"), "{}", styles.text());
    let logo = site.http().get(&at(".svg")).send();
    assert_eq!(logo.header("content-type"), Some("image/svg+xml"));
    assert!(logo.header("content-security-policy").unwrap().contains("sandbox"));
    assert_eq!(site.http().get("/housing/look/none.css").send().status, 404);
    // Colours that cannot be read are refused before anything is served.
    let file = site.folder().join("portals").join(HOUSING).join("portal.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("#1d6b3a", "#c0ffc0")).unwrap();
    let refused = site.command(&["check"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("has a contrast of 1.1:1") && said.contains("portal.toml:"), "{said}");
}

#[test]
fn a_portal_with_a_host_of_its_own_is_reached_and_linked_there() {
    let site = site_with("[site]\nhost = \"wohnen.lindenhof.example\"\n");
    let at = |host: &str, path: &str| site.http().get(path).header("Host", host).send();
    let led = at("wohnen.lindenhof.example", "/");
    assert_eq!((led.status, led.header("location")), (303, Some("/housing/")));
    let led = at("wohnen.lindenhof.example:443", "/.well-known/change-password");
    assert_eq!((led.status, led.header("location")), (302, Some("/housing/account/password")));
    assert_eq!(at("other.example", "/").status, 200, "all portals");
    assert_eq!(at("other.example", "/.well-known/change-password").status, 404, "of which of them?");
    let mut visitor = Visitor::at(&site, "de", "/housing/register");
    visitor.fill(&[
        ("number", &PEOPLE[0].number()),
        ("last_name", PEOPLE[0].last_name),
        ("email", EMAIL),
        ("password", PASSWORD),
        ("consent_terms", ""),
        ("consent_privacy", ""),
        ("consent_edelivery", ""),
    ]);
    let mail = site.mail(HOUSING, EMAIL);
    assert!(mail.link().starts_with("https://wohnen.lindenhof.example/housing/confirm?t="), "{}", mail.link());
    // A form from a page of that host is one of ours.
    let sent = |origin: &str| site.http().post("/housing/password/forgot").header("Origin", origin).form(&[("login", "")]).send().status;
    assert_eq!(sent("https://wohnen.lindenhof.example"), 422);
    assert_eq!(sent("http://wohnen.lindenhof.example"), 403);
}

#[test]
fn the_list_of_portals_speaks_the_language_that_is_asked_for_and_hands_it_on() {
    let site = Site::start();
    let page = site.http().get("/?lang=fr").header("Accept-Language", "de").send();
    let html = page.text().replace("&#x2f;", "/");
    assert!(html.contains("<html lang=\"fr\">") && html.contains("/housing/?lang=fr"), "{html}");
    assert!(site.http().get("/").header("Accept-Language", "it").send().text().contains("<html lang=\"it\">"));
    assert!(site.http().get("/?lang=xx").header("Accept-Language", "it").send().text().contains("<html lang=\"it\">"));
}

#[test]
fn only_portal_of_an_installation_is_what_its_root_leads_to() {
    let site = Site::with(&Setup { twin: false, ..Setup::default() });
    let led = site.http().get("/.well-known/change-password").send();
    assert_eq!((led.status, led.header("location")), (302, Some("/housing/account/password")));
}

/// Everything that a browser fetches at the first view, uncompressed. Source of the figure: budgets of the pages, 30 kB compressed.
#[test]
fn a_first_view_is_small() {
    let site = Site::start();
    for path in ["/housing/", "/housing/register", "/housing/login"] {
        let page = site.http().get(path).send();
        let html = page.text().replace("&#x2f;", "/");
        let mut sum = page.body.len();
        let mut seen = Vec::new();
        for part in html.split("href=\"").chain(html.split("src=\"")).skip(1) {
            let Some(at) =
                part.split('"').next().filter(|at| at.starts_with("/assets/") || at.contains("/look/") || at.ends_with(".webmanifest"))
            else {
                continue;
            };
            if !seen.contains(&at.to_owned()) {
                seen.push(at.to_owned());
                sum += site.http().get(at).send().body.len();
            }
        }
        assert!(seen.len() >= 6, "styles, script, manifest, icons, logo: {seen:?}");
        assert!(sum <= 30_000, "{path}: {sum} bytes in {seen:?}");
    }
}
