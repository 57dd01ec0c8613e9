//! A journey of one's own, tried the way an embedding service tries it: nothing but public names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::TimeDelta;
use onboarding::core::{Language, PortalSlug, registration::Refusal};
use onboarding::forms::RegistrationForm;
use onboarding::{Error, Onboarding, Portal, Portals};
use onboarding_testkit::{Bench, MailFate, ReadMail};

#[tokio::test]
async fn a_late_code_is_refused_and_the_renewed_link_opens_the_account() {
    let slug = PortalSlug::parse("club").unwrap();
    let portal = Portal::parse(slug, include_str!("../examples/club.toml"), &|_, _| None).unwrap();
    let bench = Bench::new();
    let engine = bench.engine(Portals::new([portal]));
    let worker = bench.worker(&engine);
    let caller = Onboarding::caller("192.0.2.0/24", Language::En);
    let form = RegistrationForm {
        email: "kim@mail.example".into(),
        password: Some("a long walk by the sea".into()),
        ..RegistrationForm::default()
    };

    // The mail server is away at first.
    bench.mailer.next(MailFate::Transient(None), 1);
    let applied = engine.apply("club", &caller, &form).await.unwrap();
    worker.run_once().await.unwrap();
    assert!(bench.mailer.all().is_empty());
    bench.clock.advance(TimeDelta::minutes(1));
    worker.run_once().await.unwrap();
    let mail = bench.mailer.last_to("kim@mail.example").unwrap();

    // A day later code and link are dead, and the link's page offers another.
    bench.clock.advance(TimeDelta::hours(24));
    let late = engine.confirm_code("club", &caller, &applied.registration.into(), &mail.code().unwrap()).await;
    assert_eq!(late.unwrap_err(), Error::Registration(Refusal::CodeExpired));
    engine.renew_link("club", &caller, &mail.link_token().unwrap().into()).await.unwrap();
    worker.run_once().await.unwrap();
    let fresh = bench.mailer.last_to("kim@mail.example").unwrap().link_token().unwrap();
    assert_eq!(engine.confirm_link("club", &caller, &fresh.into()).await.unwrap().state, "active");
}
