//! Portals that nobody has thought of: journeys drawn at random, declared by files alone, each walked through its pages to the area by
//! somebody without a script who knows nothing of the journey: whatever field a page has is filled in.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use support::visitor::{Form, forms};
use support::{PASSWORD, Setup, Site, Visitor};

/// How many are drawn, and how many of them must be journeys that can work.
const DRAWN: usize = 40;
const WALKED_AT_LEAST: usize = 25;
/// Of the draw. Another seed is another set of portals.
const SEED: u64 = 0x5eed_0fa1_1b0a_7d5e;
/// Who walk at once: most of a walk is waiting for mails.
const WALKERS: usize = 4;
/// Pages that a walk may take.
const PAGES_AT_MOST: usize = 24;

const RECORDS: &str = "number;name;first_name;last_name;street;postal_code;city;country;email;language;status\n\
    70-0042;Café «Zur Post»;Zoë;D’Angelo-Großmann;Hafenweg 3;01067;Dresden;DE;;de;open\n";

/// splitmix64: the same draw in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    fn coin(&mut self) -> bool {
        self.roll(2) == 0
    }
}

/// What a walk must know beside the pages: whom to ask for a decision.
struct Drawn {
    slug: String,
    declaration: String,
    documents: Vec<&'static str>,
    approval: &'static str,
}

fn draw(nth: usize, dice: &mut Dice) -> Drawn {
    let slug = format!("drawn-{nth}");
    let approval = dice.one(&["nobody", "nobody", "clerk", "super_admin"]);
    let claims = approval != "nobody" || dice.coin();
    let membership = match (approval, claims) {
        ("nobody", true) => "claim",
        ("nobody", false) => "posted_pin",
        _ => "approval",
    };
    // Mostly what goes together, so that much can be walked; now and then what may not.
    let decided = approval != "nobody";
    let password = dice.one(if decided { &["at_registration", "at_completion", "mailed"] } else { &["at_registration", "mailed"] });
    let accounts = if decided { "many" } else { dice.one(&["one", "one", "many"]) };
    let login = if decided || !claims { "email" } else { dice.one(&["email", "record_number"]) };
    let number = dice.one(&["registration_number", "customer_number", "business_number"]);
    let proof = dice.one(&["\"code\"", "\"link\"", "\"code\", \"link\""]);
    let mut text = format!(
        "name = \"Portal {nth}\"\nlanguages = [\"de\", \"fr\", \"it\", \"en\"]\ncountry = \"{}\"\n\n\
         [support]\nemail = \"help@{slug}.example\"\nphone = \"+49 30 5550 1\"\n\n\
         [mail]\nfrom = \"portal@{slug}.example\"\nfrom_name = \"Portal {nth}\"\n\n[documents]\n",
        dice.one(&["DE", "CH", "FR", "IT"])
    );
    let documents: Vec<_> = ["terms", "privacy", "news"].into_iter().filter(|_| dice.coin()).collect();
    for document in &documents {
        writeln!(text, "{document} = \"{}\"", dice.one(&["1", "2026-11"])).unwrap();
    }
    writeln!(
        text,
        "\n[journey]\nstart = \"person\"\nnumber = \"{number}\"\nemail_proof = [{proof}]\napproval = \"{approval}\"\npassword = \"{password}\"\n\
         login_with = \"{login}\"\nmembership = \"{membership}\"\naccounts_per_record = \"{accounts}\""
    )
    .unwrap();
    if claims {
        let must = dice.one(&["\"last_name\"", "\"postal_code\"", "\"last_name\", \"postal_code\""]);
        writeln!(text, "\n[journey.claim]\nmust_match = [{must}]").unwrap();
    }
    for field in ["first_name", "last_name", "birth_date"] {
        if dice.coin() {
            writeln!(text, "\n[[journey.fields]]\nname = \"{field}\"\nrequired = {}", dice.coin()).unwrap();
        }
    }
    for document in &documents {
        let kind = dice.one(&["agreement", "notice", "consent"]);
        let stage = dice.one(if decided { &["registration", "completion"] } else { &["registration"] });
        let required = kind != "consent" && dice.coin();
        writeln!(text, "\n[[journey.consents]]\ndocument = \"{document}\"\nkind = \"{kind}\"\nstage = \"{stage}\"\nrequired = {required}")
            .unwrap();
    }
    Drawn { slug, declaration: text, documents, approval }
}

fn laid_out(site: &Site, portal: &Drawn) {
    let folder = site.folder().join("portals").join(&portal.slug);
    fs::create_dir_all(folder.join("documents")).unwrap();
    fs::write(folder.join("portal.toml"), &portal.declaration).unwrap();
    for document in &portal.documents {
        for language in ["de", "fr", "it", "en"] {
            fs::write(folder.join(format!("documents/{document}.{language}.md")), format!("# {document} {language}\n\nText.\n")).unwrap();
        }
    }
}

/// What somebody types into a field of this name; `None` for one that pages fill in themselves.
fn typed(name: &str, email: &str, password: &str) -> Option<String> {
    let text = match name {
        "number" => " 70 0042 ",
        "last_name" => "D’Angelo-Großmann",
        "first_name" => "Zoë",
        "postal_code" => "01067",
        "email" => email,
        "birth_date_day" => "29",
        "birth_date_month" => "2",
        "birth_date_year" => "1980",
        "password" => password,
        _ => return None,
    };
    Some(text.to_owned())
}

/// The page's own form: neither the one at the top nor the one at the end.
fn own_form(visitor: &Visitor) -> Option<Form> {
    forms(visitor.page.text()).into_iter().find(|form| !form.action.contains("/logout") && !form.action.contains("/session/extend"))
}

/// Fills in whatever the page has.
fn fill_in(visitor: &mut Visitor, email: &str, password: &str) {
    let form = own_form(visitor).unwrap_or_else(|| panic!("no form at {}: {}", visitor.at, visitor.page.text()));
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, _) in &form.values {
        fields.extend(typed(name, email, password).map(|text| (name.clone(), text)));
    }
    fields.extend(form.boxes.iter().map(|(name, _)| (name.clone(), String::new())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let button = form.buttons.first().map(|(_, value)| value.clone());
    visitor.press(&fields, button.as_deref());
    assert!([200, 303].contains(&visitor.page.status), "{} at {}: {}", visitor.page.status, visitor.at, visitor.text());
}

/// Clerks decide by the API; a record's super admin on the pages.
fn approve(site: &Site, portal: &Drawn, chief: Option<&mut Visitor>) {
    let slug = &portal.slug;
    if let Some(chief) = chief {
        chief.open(&format!("/{slug}/team"));
        let html = chief.page.text().replace("&#x2f;", "/");
        let request = html.split("href=\"").find(|part| part.starts_with(&format!("/{slug}/team/requests/"))).unwrap();
        let request = request.split('"').next().unwrap().to_owned();
        chief.open(&request);
        chief.press(&[], Some("approve"));
        return;
    }
    let clerk = site.clerk(slug, "clerk@works.example");
    let waiting = site.signed(&clerk, "GET", &format!("/{slug}/staff/registrations?state=awaiting_approval"), &Value::Null).expect(200);
    let id = waiting["registrations"][0]["id"].as_str().unwrap();
    let version = site.signed(&clerk, "GET", &format!("/{slug}/staff/registrations/{id}"), &Value::Null).expect(200)["version"].clone();
    site.signed(&clerk, "POST", &format!("/{slug}/staff/registrations/{id}/approve"), &json!({ "version": version })).expect(200);
}

/// The set-up behind a link, to its end.
fn set_up(visitor: &mut Visitor, slug: &str, email: &str) {
    for _ in 0..PAGES_AT_MOST {
        if visitor.path() == format!("/{slug}/login") {
            return;
        }
        fill_in(visitor, email, PASSWORD);
    }
    panic!("a set-up without an end at {}", visitor.at);
}

fn walk(site: &Site, portal: &Drawn, language: &'static str) {
    let slug = portal.slug.as_str();
    println!("{}", portal.declaration);
    let email = "zoe@mail.example";
    let mut chief = (portal.approval == "super_admin").then(|| {
        site.run(&["super-admin", slug, "70-0042", "chief@works.example"]);
        let mut chief = Visitor::at(site, "de", &format!("/{slug}/"));
        chief.open(&site.mail(slug, "chief@works.example").link());
        set_up(&mut chief, slug, "chief@works.example");
        let mailed = portal.declaration.contains("password = \"mailed\"");
        let password = if mailed { site.mail(slug, "chief@works.example").password() } else { PASSWORD.to_owned() };
        chief.open(&format!("/{slug}/login"));
        chief.fill(&[("login", "chief@works.example"), ("password", &password)]);
        if chief.path() == format!("/{slug}/password/first") {
            chief.fill(&[("current", &password), ("new", PASSWORD), ("repeat", PASSWORD)]);
        }
        chief
    });
    let mut visitor = Visitor::at(site, language, &format!("/{slug}/"));
    assert!(visitor.page.text().contains(&format!("<html lang=\"{language}\">")), "{slug}");
    visitor.open(&format!("/{slug}/register"));
    for _ in 0..PAGES_AT_MOST {
        if visitor.path() == format!("/{slug}/register/sent") {
            break;
        }
        fill_in(&mut visitor, email, PASSWORD);
    }
    assert_eq!(visitor.path(), format!("/{slug}/register/sent"), "{}", visitor.text());
    let proof = site.mail(slug, email);
    match proof.find_link() {
        Some(link) => {
            visitor.open(&link);
            visitor.press(&[], Some("confirm"));
        }
        None => {
            visitor.fill(&[("code", &proof.code())]);
        }
    }
    assert_eq!(visitor.page.status, 200, "{}", visitor.text());
    let mut mailed = None;
    if portal.approval != "nobody" {
        approve(site, portal, chief.as_mut());
        // Every approval is told: with a link to what is missing, with a password, or with the way to sign in.
        let told = site.mail(slug, email);
        match told.find_link() {
            Some(link) => {
                visitor.open(&link);
                set_up(&mut visitor, slug, email);
            }
            None if portal.declaration.contains("password = \"mailed\"") => mailed = Some(told.password()),
            None => assert!(told.text.contains(&format!("/{slug}/login")), "{}", told.text),
        }
    }
    let password = match mailed {
        Some(password) => password,
        None if portal.declaration.contains("password = \"mailed\"") => site.mail(slug, email).password(),
        None => PASSWORD.to_owned(),
    };
    let login = if portal.declaration.contains("login_with = \"record_number\"") { "70-0042" } else { email };
    visitor.open(&format!("/{slug}/login"));
    visitor.fill(&[("login", login), ("password", &password)]);
    if visitor.path() == format!("/{slug}/documents/accept") {
        fill_in(&mut visitor, email, PASSWORD);
    }
    assert_eq!(visitor.path(), format!("/{slug}/area"), "{}", visitor.text());
    visitor.open(&format!("/{slug}/account"));
    assert!(visitor.text().contains(email), "{}", visitor.text());
}

#[test]
fn whatever_journey_is_declared_its_pages_lead_to_the_area() {
    let mut site = Site::prepared(&Setup { portals: Vec::new(), twin: false, ..Setup::default() });
    let mut dice = Dice(SEED);
    let drawn: Vec<_> = (0..DRAWN).map(|nth| draw(nth, &mut dice)).collect();
    for portal in &drawn {
        laid_out(&site, portal);
    }
    // What cannot work is refused, with its file: the rest is served.
    let checked = site.command(&["check"]).output().unwrap();
    let faults = String::from_utf8(checked.stderr).unwrap();
    let refused = |portal: &&Drawn| faults.contains(&format!("/{}/", portal.slug));
    for portal in drawn.iter().filter(refused) {
        fs::remove_dir_all(site.folder().join("portals").join(&portal.slug)).unwrap();
    }
    let able: Vec<_> = drawn.iter().filter(|portal| !refused(portal)).collect();
    assert!(able.len() >= WALKED_AT_LEAST, "only {} of {DRAWN} can work: {faults}", able.len());
    let records = site.folder().join("records.csv");
    fs::write(&records, RECORDS).unwrap();
    for portal in &able {
        site.import(&portal.slug, &records);
    }
    site.restart();
    let site = &site;
    std::thread::scope(|scope| {
        for part in able.chunks(able.len().div_ceil(WALKERS)) {
            scope.spawn(move || part.iter().enumerate().for_each(|(nth, portal)| walk(site, portal, ["de", "fr", "it", "en"][nth % 4])));
        }
    });
    println!("{} portals walked", able.len());
}
