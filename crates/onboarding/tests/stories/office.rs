//! A portal whose records decide on their own people, its books, and the short words in which the tests speak of it.

use crate::scene::{Scene, caller, portal, secret};
use chrono::TimeDelta;
use onboarding::core::{MembershipId, RegistrationId, Role, consent::ConsentInput};
use onboarding::forms::{ClaimForm, RegistrationForm};
use onboarding::ports::{RenderedMail, SessionKind};
use onboarding::stories::{
    Applied, Completed, CompletionForm, InvitationForm, Invited, Needs, SessionView, SignedIn, TeamRequest, TeamView,
};
use onboarding::{Error, Onboarding, Portals, Worker};
use onboarding_testkit::ReadMail;

/// Claims by postal code; a super admin decides; the password comes last.
pub(crate) const OFFICE: &str = "office";
/// The same, with a password in the register form and nothing to complete.
pub(crate) const COUNTER: &str = "counter";

pub(crate) const OFFICE_TOML: &str = r#"
name = "Bürohaus am Kanal"
languages = ["de", "en"]
country = "DE"

[support]
email = "desk@office.example"
phone = "+49 40 5550 900"

[mail]
from = "portal@office.example"
from_name = "Bürohaus am Kanal"

[documents]
privacy = "1"
news = "1"
terms = "1"

[journey]
start = "person"
number = "customer_number"
email_proof = ["link"]
approval = "super_admin"
password = "at_completion"
login_with = "email"
membership = "approval"
accounts_per_record = "many"

[journey.claim]
must_match = ["postal_code"]

[[journey.fields]]
name = "first_name"

[[journey.fields]]
name = "last_name"

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

[[journey.consents]]
document = "terms"
kind = "agreement"
stage = "completion"
required = true
"#;

const BOOKS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language\n\
    K-100,Praxis Nord,,,Kanal 1,20095,Hamburg,DE,,de\n\
    K-200,Labor Süd,,,Kanal 2,80331,München,DE,,de\n";

pub(crate) const NORD: (&str, &str) = ("K-100", "20095");
pub(crate) const SUED: (&str, &str) = ("K-200", "80331");
pub(crate) const CLERKS: &str = "desk@office.example";
/// Long enough for whoever decides on others.
pub(crate) const PASSWORD: &str = "ein langer Spaziergang am Kanal";

pub(crate) struct Office {
    pub(crate) scene: Scene,
    pub(crate) engine: Onboarding,
    worker: Worker,
}

pub(crate) fn granted(documents: &[&str]) -> Vec<ConsentInput> {
    let given = |document: &&str| ConsentInput { document: (*document).to_owned(), version: "1".to_owned(), granted: true };
    documents.iter().map(given).collect()
}

/// Everything that an invited person is asked for.
pub(crate) fn everything() -> CompletionForm {
    CompletionForm {
        first_name: Some("Kim".to_owned()),
        last_name: Some("Kanal".to_owned()),
        consents: granted(&["privacy", "terms"]),
        password: Some(secret(PASSWORD)),
    }
}

/// What an approved person is asked for.
pub(crate) fn the_rest() -> CompletionForm {
    CompletionForm { consents: granted(&["terms"]), password: Some(secret(PASSWORD)), ..CompletionForm::default() }
}

pub(crate) fn form(email: &str, (number, postal_code): (&str, &str)) -> RegistrationForm {
    RegistrationForm {
        claim: Some(ClaimForm { number: Some(number.to_owned()), postal_code: Some(postal_code.to_owned()), ..ClaimForm::default() }),
        email: email.to_owned(),
        first_name: Some("Robin".to_owned()),
        last_name: Some("Reeder".to_owned()),
        consents: granted(&["privacy"]),
        ..RegistrationForm::default()
    }
}

impl Office {
    pub(crate) async fn new() -> Self {
        let scene = Scene::new().await;
        let counter = OFFICE_TOML.replace("at_completion", "at_registration").replace("\"completion\"", "\"registration\"");
        let portals = Portals::new([portal(OFFICE, OFFICE_TOML), portal(COUNTER, &counter)]);
        let engine = scene.replica_with(portals);
        let worker = scene.bench.worker(&engine);
        let office = Self { scene, engine, worker };
        office.import(OFFICE, BOOKS).await;
        office.import(COUNTER, BOOKS).await;
        office
    }

    pub(crate) async fn import(&self, portal: &str, csv: &str) {
        let portal = self.engine.portal(portal).unwrap();
        self.engine.import_records(&portal, csv.as_bytes(), |_| ()).await.unwrap();
    }

    pub(crate) async fn post(&self) {
        while self.worker.run_once().await.unwrap() > 0 {}
    }

    pub(crate) async fn mail_to(&self, address: &str) -> RenderedMail {
        self.post().await;
        self.scene.bench.mailer.last_to(address).unwrap_or_else(|| panic!("no mail to {address}"))
    }

    /// The templates mailed to this address since the last look at all mails, oldest first.
    pub(crate) async fn templates_to(&self, address: &str) -> Vec<String> {
        self.post().await;
        self.scene.bench.mailer.to(address).into_iter().map(|mail| mail.subject).collect()
    }

    pub(crate) async fn forget_mails(&self) {
        self.post().await;
        self.scene.bench.mailer.clear();
    }

    pub(crate) fn later(&self, by: TimeDelta) {
        self.scene.bench.clock.advance(by);
    }

    pub(crate) async fn token_to(&self, address: &str) -> secrecy::SecretString {
        secret(&self.mail_to(address).await.link_token().expect("the mail has a link"))
    }

    /// Applies at a record.
    pub(crate) async fn apply(&self, email: &str, record: (&str, &str)) -> Applied {
        self.engine.apply(OFFICE, &caller(), &form(email, record)).await.unwrap()
    }

    /// Applies and proves the address: waits for a decision.
    pub(crate) async fn asks(&self, email: &str, record: (&str, &str)) -> Applied {
        let applied = self.apply(email, record).await;
        let token = self.token_to(email).await;
        assert_eq!(self.engine.confirm_link(OFFICE, &caller(), &token).await.unwrap().state, "awaiting_approval");
        applied
    }

    pub(crate) async fn complete(&self, token: &secrecy::SecretString, form: &CompletionForm) -> Result<Completed, Error> {
        self.engine.complete(OFFICE, &caller(), token, form, None).await
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Result<SignedIn, Error> {
        self.engine.sign_in(OFFICE, &caller(), SessionKind::Bearer, email, &secret(PASSWORD)).await
    }

    pub(crate) async fn session(&self, email: &str) -> SessionView {
        let signed_in = self.sign_in(email).await.unwrap();
        self.engine.session(OFFICE, &signed_in.token, Needs::Everything).await.unwrap()
    }

    /// A super admin of a record, named by the operator, with a session.
    pub(crate) async fn boss(&self, email: &str, record: (&str, &str)) -> SessionView {
        self.engine.name_super_admin(OFFICE, None, record.0, email).await.unwrap();
        let token = self.token_to(email).await;
        assert_eq!(self.complete(&token, &everything()).await.unwrap().state, "active");
        self.session(email).await
    }

    /// Somebody invited into the boss's record, who came.
    pub(crate) async fn colleague(&self, boss: &SessionView, email: &str, record: (&str, &str), role: Role) {
        self.invite(boss, email, record, role).await.unwrap();
        let token = self.token_to(email).await;
        assert_eq!(self.complete(&token, &everything()).await.unwrap().state, "active");
    }

    pub(crate) async fn invite(&self, boss: &SessionView, email: &str, record: (&str, &str), role: Role) -> Result<Invited, Error> {
        let form = InvitationForm {
            record: record.0.to_owned(),
            email: email.to_owned(),
            role: role.word().to_owned(),
            ..InvitationForm::default()
        };
        self.engine.invite(&caller(), boss, &form).await
    }

    pub(crate) async fn team(&self, boss: &SessionView) -> TeamView {
        self.engine.team(boss).await.unwrap()
    }

    /// The only request that waits.
    pub(crate) async fn request(&self, boss: &SessionView) -> TeamRequest {
        let mut team = self.team(boss).await;
        assert_eq!(team.requests.len(), 1, "{team:?}");
        team.requests.remove(0)
    }

    pub(crate) async fn approve(&self, boss: &SessionView, id: RegistrationId, version: u32) -> Result<String, Error> {
        self.engine.approve(&caller(), boss, id, version).await.map(|decided| decided.state)
    }

    pub(crate) async fn member_id(&self, boss: &SessionView, email: &str) -> MembershipId {
        let team = self.team(boss).await;
        team.members.iter().find(|member| member.email == email).unwrap_or_else(|| panic!("no {email} in {team:?}")).id
    }
}
