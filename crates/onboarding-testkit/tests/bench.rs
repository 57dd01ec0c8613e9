//! The fakes together carry a journey: what an embedder's own test looks like.

use chrono::TimeDelta;
use onboarding::forms::RegistrationForm;
use onboarding::ports::{Outbox, OutboxFilter};
use onboarding::{Caller, Onboarding, Portal, Portals};
use onboarding_core::{Language, policy};
use onboarding_testkit::{Bench, MailFate, ReadMail, sample};
use secrecy::SecretString;

const PORTAL: &str = r#"
name = "Sample"
languages = ["en", "de"]
country = "DE"

[support]
email = "help@sample.example"
phone = "+49 30 5550 100"

[mail]
from = "post@sample.example"
from_name = "Sample"

[journey]
start = "person"
number = "customer_number"
email_proof = ["code", "link"]
approval = "nobody"
password = "at_registration"
login_with = "email"
membership = "posted_pin"
accounts_per_record = "many"
"#;

fn engine(bench: &Bench) -> Onboarding {
    let portal = Portal::parse(sample::portal(), PORTAL, &|_, _| None).expect("the sample portal works");
    bench.engine(Portals::new([portal]))
}

fn caller() -> Caller {
    Caller { network: "192.0.2.0/24".to_owned(), language: Language::En, command: None, browser: None }
}

fn form(email: &str) -> RegistrationForm {
    let password = Some(SecretString::from("a long walk by the sea"));
    RegistrationForm { email: email.to_owned(), password, ..RegistrationForm::default() }
}

#[tokio::test]
async fn a_person_registers_with_the_code_from_the_mail() {
    let bench = Bench::new();
    let engine = engine(&bench);
    let worker = bench.worker(&engine);
    let applied = engine.apply("sample", &caller(), &form("zoe@mail.example")).await.unwrap();
    assert_eq!((bench.mailer.all().len(), bench.hasher.hashes()), (0, 1), "nothing leaves before the worker, and one password was hashed");
    assert_eq!(worker.run_once().await.unwrap(), 1);
    let mail = bench.mailer.last_to("zoe@mail.example").unwrap();
    let handle = SecretString::from(applied.registration);
    let confirmed = engine.confirm_code("sample", &caller(), &handle, &mail.code().unwrap()).await.unwrap();
    assert_eq!(confirmed.state, "active");
    assert_eq!(worker.run_once().await.unwrap(), 0);
}

#[tokio::test]
async fn the_link_confirms_after_a_rotation_and_at_another_replica() {
    let bench = Bench::new();
    let (one, other) = (engine(&bench), engine(&bench));
    one.apply("sample", &caller(), &form("zoe@mail.example")).await.unwrap();
    bench.worker(&one).run_once().await.unwrap();
    bench.vault.rotate();
    let token = SecretString::from(bench.mailer.last_to("zoe@mail.example").unwrap().link_token().unwrap());
    assert_eq!(other.confirm_link("sample", &caller(), &token).await.unwrap().state, "active");
}

#[tokio::test]
async fn a_late_code_is_refused_once_the_clock_was_moved() {
    let bench = Bench::new();
    let engine = engine(&bench);
    let applied = engine.apply("sample", &caller(), &form("zoe@mail.example")).await.unwrap();
    bench.worker(&engine).run_once().await.unwrap();
    let code = bench.mailer.last_to("zoe@mail.example").unwrap().code().unwrap();
    bench.clock.advance(policy::CODE_LIFE + TimeDelta::seconds(1));
    let handle = SecretString::from(applied.registration);
    assert!(engine.confirm_code("sample", &caller(), &handle, &code).await.is_err());
}

#[tokio::test]
async fn a_mail_of_unknown_outcome_goes_out_once_more_under_its_message_id() {
    let bench = Bench::new();
    let engine = engine(&bench);
    let worker = bench.worker(&engine);
    bench.mailer.next(MailFate::UnknownTaken, 1);
    engine.apply("sample", &caller(), &form("zoe@mail.example")).await.unwrap();
    worker.run_once().await.unwrap();
    assert_eq!(worker.run_once().await.unwrap(), 0, "not before its time");
    bench.clock.advance(TimeDelta::minutes(1));
    worker.run_once().await.unwrap();
    let ids: Vec<_> = bench.mailer.all().into_iter().map(|mail| mail.message_id).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
    let rows = bench.store.list(&OutboxFilter::default(), 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].attempts), (1, 2));
}
