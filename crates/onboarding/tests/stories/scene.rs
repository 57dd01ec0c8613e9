//! Three portals as data, their books, and the short words in which the tests speak of them.

use crate::watched::Watched;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::core::{
    AccountId, DeliveryId, EmailAddress, Language, Minted, PortalSlug, RecordNumber, Ref, SessionId,
    account::{self, Account, ProvisionInput},
    consent::ConsentInput,
    registration::Applicant,
};
use onboarding::forms::{ClaimForm, RegistrationForm};
use onboarding::portal::DocumentText;
use onboarding::ports::{
    Actor, Clock, Commit, DigestPurpose, MailError, Mailer, Outbox, OutboxFilter, OutboxRow, PasswordHasher, Receipt, RenderedMail,
    SessionKind, Store, Vault, Version, Write,
};
use onboarding::stories::{Applied, Needs, SessionView, SignedIn, StaffView};
use onboarding::{Aggregate, Caller, CommandId, Error, Onboarding, Portal, Portals, Ports, Worker};
use onboarding_testkit::{Bench, ReadMail, sample};
use secrecy::SecretString;
use std::sync::Arc;

/// A claim, a password of one's own, proof by code and link.
pub(crate) const GARDEN: &str = "garden";
/// Anybody; proof by link; the password is mailed.
pub(crate) const GUILD: &str = "guild";
/// The company opens accounts with an initial password.
pub(crate) const WORKS: &str = "works";

const GARDEN_TOML: &str = r#"
name = "Wohnpark Obstgarten"
languages = ["de", "en"]
country = "DE"

[support]
email = "service@garden.example"
phone = "+49 30 5550 900"

[mail]
from = "portal@garden.example"
from_name = "Wohnpark Obstgarten"

[documents]
terms = "2026-10"
privacy = "2026-10"
news = "1"

[journey]
start = "person"
number = "registration_number"
email_proof = ["code", "link"]
approval = "nobody"
password = "at_registration"
login_with = "email"
membership = "claim"
accounts_per_record = "one"

[journey.claim]
must_match = ["last_name"]

[[journey.consents]]
document = "terms"
kind = "agreement"
stage = "registration"
required = true

[[journey.consents]]
document = "privacy"
kind = "notice"
stage = "registration"
required = true

[[journey.consents]]
document = "news"
kind = "consent"
stage = "registration"
required = false
"#;

const GUILD_TOML: &str = r#"
name = "Zunft zum Zirkel"
languages = ["de", "en"]
country = "DE"

[support]
email = "help@guild.example"
phone = "+49 611 5550 900"

[mail]
from = "portal@guild.example"
from_name = "Zunft zum Zirkel"

[documents]
privacy = "2026-09"

[letters]
dispatch = "when_posted"

[journey]
start = "person"
number = "business_number"
email_proof = ["link"]
approval = "nobody"
password = "mailed"
login_with = "email"
membership = "posted_pin"
accounts_per_record = "many"

[[journey.fields]]
name = "first_name"

[[journey.fields]]
name = "last_name"

[[journey.consents]]
document = "privacy"
kind = "notice"
stage = "registration"
required = true
"#;

const WORKS_TOML: &str = r#"
name = "Stadtwerk Au"
languages = ["de", "en"]
country = "CH"

[support]
email = "info@works.example"
phone = "+41 44 555 09 00"

[mail]
from = "portal@works.example"
from_name = "Stadtwerk Au"

[journey]
start = "company"
number = "customer_number"
approval = "nobody"
password = "initial"
login_with = "record_number"
membership = "record"
accounts_per_record = "one"
after_first_password = "sign_in_again"
after_reset = "signed_in"

[journey.password_policy]
min_length = 8
require = ["upper", "lower", "digit", "symbol"]
"#;

const BOOKS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language\n\
    A-100,,Zoë,O’Neill,Gartenweg 1,10999,Berlin,DE,,de\n\
    A-200,,Björn,Großmann,Gartenweg 2,10999,Berlin,DE,,de\n\
    A-300,,Ayşe,Yılmaz,Gartenweg 3,10999,Berlin,DE,,de\n";

pub(crate) const ZOE: (&str, &str) = ("A-100", "O'Neill");
pub(crate) const BJOERN: (&str, &str) = ("A-200", "Grossmann");

/// Good enough everywhere but at the company's portal.
pub(crate) const PASSWORD: &str = "ein langer Spaziergang am See";
pub(crate) const OTHER_PASSWORD: &str = "noch ein Spaziergang, bei Regen";

/// Never comes back from handing over: what a crash looks like from outside.
pub(crate) struct Silent;

#[async_trait]
impl Mailer for Silent {
    async fn send(&self, _id: DeliveryId, _mail: &RenderedMail) -> Result<Receipt, MailError> {
        std::future::pending().await
    }
}

pub(crate) struct Scene {
    pub(crate) bench: Bench,
    pub(crate) engine: Onboarding,
    pub(crate) worker: Worker,
    /// What the engine asked of the store, with a hand in it.
    pub(crate) watched: Arc<Watched>,
}

pub(crate) fn portal(slug: &str, text: &str) -> Portal {
    let documents = |name: &str, language: Language| {
        let text = format!("# {name}\n\nIn {language}.\n");
        Some(DocumentText { title: name.to_owned(), sha256: [u8::try_from(text.len()).unwrap(); 32], text })
    };
    Portal::parse(PortalSlug::parse(slug).unwrap(), text, &documents).unwrap()
}

fn portals() -> Portals {
    Portals::new([portal(GARDEN, GARDEN_TOML), portal(GUILD, GUILD_TOML), portal(WORKS, WORKS_TOML)])
}

/// The garden's portal with its terms in another version.
pub(crate) fn portals_with_new_terms() -> Portals {
    Portals::new([portal(GARDEN, &GARDEN_TOML.replace("terms = \"2026-10\"", "terms = \"2027-01\""))])
}

/// A caller of this network, reading German.
pub(crate) fn from(network: &str) -> Caller {
    Caller { network: network.to_owned(), language: Language::De, command: None, browser: None }
}

/// A caller of the usual network.
pub(crate) fn caller() -> Caller {
    from("192.0.2.0/24")
}

/// A caller whose command may be repeated.
pub(crate) fn repeatable(key: &str, body: &str) -> Caller {
    repeatable_by("anonymous", key, body)
}

pub(crate) fn repeatable_by(who: &str, key: &str, body: &str) -> Caller {
    let command = CommandId { route: "POST /x", caller: who.to_owned(), key: key.to_owned(), body: body.as_bytes().to_vec() };
    Caller { command: Some(command), ..caller() }
}

pub(crate) fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn consents(documents: &[(&str, &str)]) -> Vec<ConsentInput> {
    let given = |(document, version): &(&str, &str)| ConsentInput {
        document: (*document).to_owned(),
        version: (*version).to_owned(),
        granted: true,
    };
    documents.iter().map(given).collect()
}

/// The garden's register form, filled in rightly.
pub(crate) fn garden_form(email: &str, (number, last_name): (&str, &str)) -> RegistrationForm {
    RegistrationForm {
        claim: Some(ClaimForm { number: Some(number.to_owned()), last_name: Some(last_name.to_owned()), ..ClaimForm::default() }),
        email: email.to_owned(),
        password: Some(secret(PASSWORD)),
        consents: consents(&[("terms", "2026-10"), ("privacy", "2026-10")]),
        ..RegistrationForm::default()
    }
}

/// The guild's register form, filled in rightly.
pub(crate) fn guild_form(email: &str) -> RegistrationForm {
    RegistrationForm {
        email: email.to_owned(),
        first_name: Some("Kim".to_owned()),
        last_name: Some("Meister".to_owned()),
        consents: consents(&[("privacy", "2026-09")]),
        ..RegistrationForm::default()
    }
}

impl Scene {
    /// Fresh fakes, the three portals, the garden's books.
    pub(crate) async fn new() -> Self {
        let bench = Bench::new();
        let watched = Arc::new(Watched::new(&bench));
        let engine = bench_engine(&bench, &watched, portals());
        let worker = bench.worker(&engine);
        let scene = Self { bench, engine, worker, watched };
        scene.import(BOOKS).await;
        scene
    }

    /// Another server over the same store.
    pub(crate) fn replica(&self) -> Onboarding {
        self.replica_with(self.engine.portals().clone())
    }

    /// Another server over the same store, with these portals.
    pub(crate) fn replica_with(&self, portals: Portals) -> Onboarding {
        bench_engine(&self.bench, &self.watched, portals)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.bench.clock.now()
    }

    /// Takes a file into the garden's books.
    pub(crate) async fn import(&self, csv: &str) {
        let garden = self.engine.portal(GARDEN).unwrap();
        self.engine.import_records(&garden, csv.as_bytes(), |_| ()).await.unwrap();
    }

    /// Sends everything that is due.
    pub(crate) async fn post(&self) {
        while self.worker.run_once().await.unwrap() > 0 {}
    }

    /// Sends, and gives the last mail to this address.
    pub(crate) async fn mail_to(&self, address: &str) -> RenderedMail {
        self.post().await;
        self.bench.mailer.last_to(address).unwrap_or_else(|| panic!("no mail to {address}"))
    }

    /// The templates mailed to this address, oldest first.
    pub(crate) async fn templates_to(&self, address: &str) -> Vec<String> {
        self.post().await;
        self.bench.mailer.to(address).into_iter().map(|mail| mail.subject).collect()
    }

    pub(crate) async fn rows(&self) -> Vec<OutboxRow> {
        self.bench.store.list(&OutboxFilter::default(), 1_000).await.unwrap()
    }

    /// Applies at the garden.
    pub(crate) async fn apply(&self, email: &str, who: (&str, &str)) -> Applied {
        self.engine.apply(GARDEN, &caller(), &garden_form(email, who)).await.unwrap()
    }

    /// Applies at the guild.
    pub(crate) async fn apply_at_guild(&self, email: &str) -> Applied {
        self.engine.apply(GUILD, &caller(), &guild_form(email)).await.unwrap()
    }

    /// Confirms with the code of the last mail.
    pub(crate) async fn confirm(&self, applied: &Applied, email: &str) -> Result<String, Error> {
        let code = self.mail_to(email).await.code().expect("the mail has a code");
        let confirmed = self.engine.confirm_code(GARDEN, &caller(), &handle(applied), &code).await?;
        Ok(confirmed.state)
    }

    /// An account at the garden.
    pub(crate) async fn member(&self, email: &str, who: (&str, &str)) {
        let applied = self.apply(email, who).await;
        assert_eq!(self.confirm(&applied, email).await.unwrap(), "active");
    }

    /// Signs in at the garden with the usual password.
    pub(crate) async fn signed_in(&self, email: &str) -> SignedIn {
        self.sign_in(GARDEN, email, PASSWORD).await.unwrap()
    }

    pub(crate) async fn sign_in(&self, portal: &str, login: &str, password: &str) -> Result<SignedIn, Error> {
        self.engine.sign_in(portal, &caller(), SessionKind::Bearer, login, &secret(password)).await
    }

    /// The living session behind a token.
    pub(crate) async fn session(&self, portal: &str, signed_in: &SignedIn) -> Result<SessionView, Error> {
        self.engine.session(portal, &signed_in.token, Needs::Nothing).await
    }

    /// A member of the garden with a session.
    pub(crate) async fn member_session(&self, email: &str, who: (&str, &str)) -> SessionView {
        self.member(email, who).await;
        self.session(GARDEN, &self.signed_in(email).await).await.unwrap()
    }

    /// Asks for a reset and gives the token that was mailed.
    pub(crate) async fn reset_token(&self, email: &str) -> SecretString {
        self.post().await;
        self.engine.request_reset(GARDEN, &caller(), email).await.unwrap();
        let mail = self.mail_to(email).await;
        assert_eq!(mail.subject, "password-reset");
        secret(&mail.link_token().unwrap())
    }

    /// An account at the company's portal with this initial password, mailed.
    pub(crate) async fn provisioned(&self, number: &str, password: &str) -> AccountId {
        let works = self.engine.portal(WORKS).unwrap();
        let id = sample::account_id(7_001);
        let input = ProvisionInput {
            id,
            email: EmailAddress::parse("kunde@mail.example").unwrap(),
            person: Applicant::default(),
            language: Language::De,
            record: RecordNumber::parse(number).unwrap(),
            written: number.to_owned(),
            password: Minted { plain: secret(password), digest: self.bench.vault.digest(DigestPurpose::Code, &[b"unused"]) },
            hash: self.bench.hasher.hash(secret(password)).await.unwrap(),
            deliveries: [sample::delivery_id(7_001), sample::delivery_id(7_002)],
        };
        let decision = account::decide(None, account::Command::Provision { input: Box::new(input) }, &works.journey, self.now()).unwrap();
        let account = decision.events.iter().fold(None, account::evolve).unwrap();
        let mut commit = Commit::new(self.now(), works.slug.clone(), Actor::Operator);
        commit.claims = decision.claims;
        commit.writes.push(Write { aggregate: account.into(), expected: Version(0) });
        self.bench.store.commit(commit).await.unwrap();
        // The mail server took the mail: the password's life begins.
        self.change_account(
            id,
            account::Command::Settle { delivery: sample::delivery_id(7_002), fate: onboarding::core::registration::MailFate::Sent },
        )
        .await;
        id
    }

    /// A clerk of a portal, set up, with its token and a session.
    pub(crate) async fn clerk(&self, portal: &str, email: &str) -> StaffView {
        let prepared = self.engine.prepare_clerk(portal, email).await.unwrap();
        // The company's portal asks its clerks for every kind of character too.
        let password = if portal == WORKS { "Ein langer Spaziergang am See, 7" } else { PASSWORD };
        let signed_in = self.engine.set_up_clerk(portal, &prepared.token, &secret(password)).await.unwrap();
        self.engine.staff_session(portal, &signed_in.token).await.unwrap()
    }

    /// An account as stored.
    pub(crate) async fn account(&self, id: AccountId) -> Account {
        match self.bench.store.load(Ref::Account(id)).await.unwrap().unwrap().value {
            Aggregate::Account(account) => *account,
            other => panic!("{other:?} is no account"),
        }
    }

    /// What a clerk or the sweeper does to an account, where the driver has no story of it.
    pub(crate) async fn change_account(&self, id: AccountId, command: account::Command) {
        let found = self.bench.store.load(Ref::Account(id)).await.unwrap().unwrap();
        let account = self.account(id).await;
        let journey = self.engine.portals().get(account.portal()).unwrap().journey.clone();
        let decision = account::decide(Some(&account), command, &journey, self.now()).unwrap();
        let after = decision.events.iter().fold(Some(account.clone()), account::evolve).unwrap();
        let mut commit = Commit::new(self.now(), account.portal().clone(), Actor::Operator);
        commit.writes.push(Write { aggregate: after.into(), expected: found.version });
        self.bench.store.commit(commit).await.unwrap();
    }
}

fn bench_engine(bench: &Bench, watched: &Arc<Watched>, portals: Portals) -> Onboarding {
    let ports = Ports {
        store: watched.clone(),
        sessions: watched.clone(),
        outbox: watched.clone(),
        directory: watched.clone(),
        throttle: watched.clone(),
        backoffice: watched.clone(),
        hasher: watched.clone(),
        vault: watched.clone(),
        entropy: watched.clone(),
        clock: bench.clock.clone(),
    };
    Onboarding::new(ports, portals)
}

pub(crate) fn handle(applied: &Applied) -> SecretString {
    secret(&applied.registration)
}

/// A code that is not this one.
pub(crate) fn wrong(code: &str) -> String {
    let first = if code.starts_with('2') { "3" } else { "2" };
    format!("{first}{}", &code[1..])
}

/// The ids of what waits or was sent, newest first.
pub(crate) fn ids(rows: &[OutboxRow]) -> Vec<DeliveryId> {
    rows.iter().map(|row| row.id).collect()
}

/// The id of a session.
pub(crate) fn id_of(session: &SessionView) -> SessionId {
    session.facts.session.id
}
