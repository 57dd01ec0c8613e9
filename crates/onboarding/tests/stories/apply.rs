//! The register form and the claim in it.

use crate::scene::{BJOERN, GARDEN, GUILD, PASSWORD, Scene, WORKS, ZOE, caller, from, garden_form, guild_form, handle, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{journey::EmailProof, policy, registration::Refusal};
use onboarding::forms::{ClaimForm, FieldError, RegistrationForm};
use onboarding::stories::Applied;
use onboarding_testkit::ReadMail;
use secrecy::ExposeSecret;

fn claim((number, last_name): (&str, &str)) -> ClaimForm {
    ClaimForm { number: Some(number.to_owned()), last_name: Some(last_name.to_owned()), ..ClaimForm::default() }
}

fn faults(result: Result<Applied, Error>) -> Vec<(String, &'static str)> {
    match result.unwrap_err() {
        Error::Input(faults) => faults.into_iter().map(|FieldError { field, code, .. }| (field, code)).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_form_leads_to_a_registration_that_waits_for_its_proof() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    assert_eq!(applied.state, "awaiting_email");
    assert_eq!(applied.email_proof, [EmailProof::Code, EmailProof::Link]);
    assert_eq!(applied.expires_at, scene.now() + policy::CODE_LIFE);
    assert_eq!(applied.resend_at, scene.now() + policy::RESEND_AFTER);
    assert_eq!((applied.registration.len(), scene.bench.hasher.hashes()), (43, 1));
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", crate::scene::PASSWORD).await.unwrap_err(), Error::SignInFailed);
    let view = scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap();
    assert_eq!((view.state.as_str(), view.mail.as_str(), view.attempts_left), ("awaiting_email", "queued", Some(5)));
    assert_eq!(scene.templates_to("zoe@mail.example").await, ["activation-code"]);
    assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap().mail, "sent");
}

#[tokio::test]
async fn every_fault_of_a_field_is_told_at_once_and_costs_nothing() {
    let scene = Scene::new().await;
    let form = RegistrationForm {
        email: "zoe at mail".to_owned(),
        password: Some(secret("kurz")),
        language: Some("fr".to_owned()),
        birth_date: Some("31.12.1990".to_owned()),
        ..garden_form("", ZOE)
    };
    let told = faults(scene.engine.apply(GARDEN, &caller(), &form).await);
    let expected = [("email", "format"), ("birth_date", "format"), ("language", "unknown"), ("password", "too_short")];
    assert_eq!(told, expected.map(|(field, code)| (field.to_owned(), code)));
    let form = RegistrationForm {
        consents: Vec::new(),
        first_name: Some("Zoë".to_owned()),
        password: None,
        ..garden_form("zoe@mail.example", ("A-100", "Wrong"))
    };
    let told = faults(scene.engine.apply(GARDEN, &caller(), &form).await);
    let expected =
        [("first_name", "unexpected"), ("password", "required"), ("consents.terms", "required"), ("consents.privacy", "required")];
    assert_eq!(told, expected.map(|(field, code)| (field.to_owned(), code)));
    assert_eq!((scene.bench.hasher.hashes(), scene.rows().await.len()), (0, 0));
}

#[tokio::test]
async fn a_wrong_pair_is_refused_alike_whether_the_number_exists() {
    let scene = Scene::new().await;
    for wrong in [("A-100", "Großmann"), ("A-999", "O'Neill"), ("A-100", "O")] {
        let refused = scene.engine.apply(GARDEN, &caller(), &garden_form("zoe@mail.example", wrong)).await;
        assert_eq!(refused.unwrap_err(), Error::ClaimMismatch, "{wrong:?}");
        assert_eq!(scene.engine.claim(GARDEN, &caller(), &claim(wrong)).await.unwrap_err(), Error::ClaimMismatch);
    }
    assert_eq!((scene.bench.hasher.hashes(), scene.rows().await.len()), (0, 0));
}

#[tokio::test]
async fn a_guess_at_the_books_is_limited_per_network_and_matches_are_not_counted() {
    let scene = Scene::new().await;
    for _ in 0..12 {
        scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.unwrap();
    }
    for guess in 0..10 {
        let refused = scene.engine.claim(GARDEN, &caller(), &claim((&format!("B-{guess}"), "O'Neill"))).await;
        assert_eq!(refused.unwrap_err(), Error::ClaimMismatch);
    }
    let refused = scene.engine.apply(GARDEN, &caller(), &garden_form("zoe@mail.example", ZOE)).await.unwrap_err();
    let Error::Throttled { until, now } = refused else { panic!("{refused:?}") };
    assert_eq!(until - now, TimeDelta::hours(24), "both doors share the count, for the right pair too");
    scene.engine.claim(GARDEN, &from("198.51.100.0/24"), &claim(ZOE)).await.unwrap();
    scene.bench.clock.advance(TimeDelta::hours(24));
    scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.unwrap();
}

#[tokio::test]
async fn a_number_guessed_at_from_many_networks_keeps_one_try_a_day_for_each() {
    let scene = Scene::new().await;
    for network in 0..10 {
        let refused = scene.engine.claim(GARDEN, &from(&format!("10.0.{network}.0/24")), &claim(("A-100", "Wrong"))).await;
        assert_eq!(refused.unwrap_err(), Error::ClaimMismatch);
    }
    let wrong = scene.engine.claim(GARDEN, &from("10.1.0.0/24"), &claim(("A-100", "Wrong"))).await;
    assert_eq!(wrong.unwrap_err(), Error::ClaimMismatch);
    let second = scene.engine.claim(GARDEN, &from("10.1.0.0/24"), &claim(ZOE)).await;
    assert!(matches!(second, Err(Error::Throttled { .. })), "its one try is used: {second:?}");
    scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.unwrap();
    scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.unwrap();
}

#[tokio::test]
async fn the_clerks_hear_once_of_a_number_that_is_guessed_at() {
    let scene = Scene::new().await;
    for network in 0..9 {
        let refused = scene.engine.claim(GARDEN, &from(&format!("10.0.{network}.0/24")), &claim(("A-100", "Wrong"))).await;
        assert_eq!(refused.unwrap_err(), Error::ClaimMismatch);
    }
    // The owner is nobody who guesses, however often.
    for _ in 0..3 {
        scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.unwrap();
    }
    assert_eq!(scene.templates_to("service@garden.example").await, Vec::<String>::new());
    for network in 9..12 {
        let refused = scene.engine.claim(GARDEN, &from(&format!("10.0.{network}.0/24")), &claim(("A-100", "Wrong"))).await;
        assert_eq!(refused.unwrap_err(), Error::ClaimMismatch);
    }
    scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.unwrap();
    assert_eq!(scene.templates_to("service@garden.example").await, ["guessing-alarm"]);
}

/// A wrong guess at a number that is there, which is still answered.
async fn wrong(engine: onboarding::Onboarding, network: String) {
    assert_eq!(engine.claim(GARDEN, &from(&network), &claim(("A-100", "Wrong"))).await.unwrap_err(), Error::ClaimMismatch);
}

fn network(number: usize) -> String {
    format!("10.0.{number}.0/24")
}

#[tokio::test]
async fn a_right_pair_whose_number_is_used_up_meanwhile_goes_on_by_what_its_network_keeps() {
    let scene = Scene::new().await;
    for number in 0..9 {
        wrong(scene.engine.clone(), network(number)).await;
    }
    // The number's tenth wrong guess falls between the look and the answer.
    scene.watched.after("record", wrong(scene.engine.clone(), network(9)));
    scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.unwrap();
    scene.apply("zoe@mail.example", ZOE).await;
    assert_eq!(scene.templates_to("service@garden.example").await, ["guessing-alarm"]);
}

#[tokio::test]
async fn of_guesses_at_once_a_right_one_is_refused_until_the_same_moment_as_a_wrong_one() {
    for by_form in [false, true] {
        let scene = Scene::new().await;
        for number in 0..9 {
            wrong(scene.engine.clone(), network(number)).await;
        }
        // The number's day is nearly over, that of the try which the network keeps has just begun.
        scene.bench.clock.advance(TimeDelta::hours(20));
        let engine = scene.engine.clone();
        scene.watched.after("record", async move {
            wrong(engine.clone(), network(9)).await;
            wrong(engine, caller().network).await;
        });
        let right = if by_form {
            scene.engine.apply(GARDEN, &caller(), &garden_form("zoe@mail.example", ZOE)).await.map(drop)
        } else {
            scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.map(drop)
        };
        let refused = right.unwrap_err();
        assert!(matches!(refused, Error::Throttled { .. }), "{refused:?}");
        assert_eq!(refused, scene.engine.claim(GARDEN, &caller(), &claim(("A-100", "Wrong"))).await.unwrap_err());
    }
}

#[tokio::test]
async fn a_sealed_claim_opens_the_form_for_an_hour_at_its_own_portal() {
    let scene = Scene::new().await;
    let ticket = scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.unwrap();
    assert_eq!(ticket.expires_at, scene.now() + policy::CLAIM_TOKEN_LIFE);
    let sealed = |token: &str| RegistrationForm {
        claim: Some(ClaimForm { token: Some(token.to_owned()), ..ClaimForm::default() }),
        ..garden_form("zoe@mail.example", ZOE)
    };
    scene.engine.apply(GARDEN, &caller(), &sealed(ticket.claim.expose_secret())).await.unwrap();
    let mut altered = ticket.claim.expose_secret().to_owned();
    altered.replace_range(30..31, if altered.as_bytes()[30] == b'A' { "B" } else { "A" });
    for dead in [altered.as_str(), "", "AAAA", &"A".repeat(5_000)] {
        assert_eq!(faults(scene.engine.apply(GARDEN, &caller(), &sealed(dead)).await), [("claim.token".to_owned(), "expired")], "{dead}");
    }
    scene.bench.clock.advance(policy::CLAIM_TOKEN_LIFE);
    let late = scene.engine.apply(GARDEN, &caller(), &sealed(ticket.claim.expose_secret())).await;
    assert_eq!(faults(late), [("claim.token".to_owned(), "expired")]);
}

#[tokio::test]
async fn a_record_that_changed_meanwhile_is_looked_at_again() {
    let scene = Scene::new().await;
    let engine = scene.engine.clone();
    let books = |street: &str, status: &str| {
        format!(
            "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\nA-100,,Zoë,O’Neill,{street},10999,Berlin,DE,,de,{status}\n"
        )
    };
    let import = |engine: onboarding::Onboarding, csv: String| async move {
        let garden = engine.portal(GARDEN).unwrap();
        engine.import_records(&garden, csv.as_bytes(), |_| ()).await.unwrap();
    };
    scene.watched.after("hash", import(engine.clone(), books("Neuer Weg 1", "open")));
    let applied = scene.engine.apply(GARDEN, &caller(), &garden_form("zoe@mail.example", ZOE)).await.unwrap();
    assert_eq!(applied.state, "awaiting_email", "the record still fits");
    scene.watched.after("hash", import(engine, books("Neuer Weg 1", "closed")));
    let refused = scene.engine.apply(GARDEN, &caller(), &garden_form("other@mail.example", ZOE)).await;
    assert_eq!(refused.unwrap_err(), Error::ClaimMismatch, "a closed record fits nothing");
}

#[tokio::test]
async fn a_flood_of_registrations_to_one_address_ends_with_its_daily_share() {
    let scene = Scene::new().await;
    for network in 0..5 {
        let from = from(&format!("10.2.{network}.0/24"));
        scene.engine.apply(GUILD, &from, &guild_form("victim@mail.example")).await.unwrap();
    }
    for (at, spelling) in ["victim@mail.example", "VICTIM@mail.example", " victim@MAIL.example "].into_iter().enumerate() {
        let refused = scene.engine.apply(GUILD, &from(&format!("10.3.{at}.0/24")), &guild_form(spelling)).await;
        assert!(matches!(refused, Err(Error::Throttled { .. })), "{spelling}: {refused:?}");
    }
    scene.post().await;
    assert_eq!(scene.bench.mailer.to("victim@mail.example").len(), 5);
    scene.bench.clock.advance(TimeDelta::hours(24));
    scene.apply_at_guild("victim@mail.example").await;
}

#[tokio::test]
async fn a_throttled_or_mistaken_form_is_never_hashed() {
    let scene = Scene::new().await;
    for _ in 0..5 {
        scene.apply("zoe@mail.example", ZOE).await;
    }
    let before = scene.bench.hasher.hashes();
    let refused = scene.engine.apply(GARDEN, &caller(), &garden_form("zoe@mail.example", ZOE)).await;
    assert!(matches!(refused, Err(Error::Throttled { .. })));
    let long = RegistrationForm { password: Some(secret(&"x".repeat(1_000_000))), ..garden_form("new@mail.example", BJOERN) };
    assert_eq!(faults(scene.engine.apply(GARDEN, &caller(), &long).await), [("password".to_owned(), "too_long")]);
    assert_eq!(scene.bench.hasher.hashes(), before);
}

#[tokio::test]
async fn an_unknown_portal_and_a_closed_form_say_so() {
    let scene = Scene::new().await;
    assert_eq!(scene.engine.apply("nowhere", &caller(), &guild_form("a@mail.example")).await.unwrap_err(), Error::UnknownPortal);
    let closed =
        scene.engine.apply(WORKS, &caller(), &RegistrationForm { email: "a@mail.example".to_owned(), ..RegistrationForm::default() }).await;
    assert_eq!(closed.unwrap_err(), Error::Registration(Refusal::RegistrationClosed));
}

#[tokio::test]
async fn a_busy_hasher_turns_the_form_away_and_leaves_nothing_behind() {
    let scene = Scene::new().await;
    scene.bench.hasher.overload(Some(std::time::Duration::from_secs(2)));
    let busy = scene.engine.apply(GARDEN, &caller(), &garden_form("zoe@mail.example", ZOE)).await;
    assert_eq!(busy.unwrap_err(), Error::Overloaded { retry_after: std::time::Duration::from_secs(2) });
    scene.bench.hasher.overload(None);
    scene.bench.store.set_down(true);
    assert!(matches!(scene.engine.apply(GARDEN, &caller(), &garden_form("zoe@mail.example", ZOE)).await, Err(Error::Store(_))));
    scene.bench.store.set_down(false);
    assert!(scene.rows().await.is_empty());
}

#[tokio::test]
async fn an_address_taken_between_look_and_commit_makes_a_shadow_and_one_freed_makes_none() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let link = secret(&scene.mail_to("zoe@mail.example").await.link_token().unwrap());
    let other = scene.replica();
    // Its owner proves the address at another server, right after this one looked and found nobody.
    scene.watched.after("load", async move {
        assert_eq!(other.confirm_link(GARDEN, &caller(), &link).await.unwrap().state, "active");
    });
    scene.apply("zoe@mail.example", BJOERN).await;
    assert_eq!(scene.templates_to("zoe@mail.example").await, ["activation-code", "account-exists"]);

    let session = scene.session(GARDEN, &scene.signed_in("zoe@mail.example").await).await.unwrap();
    let other = scene.replica();
    scene.watched.after("load", async move {
        other.close_account(&caller(), &session, &secret(PASSWORD)).await.unwrap();
    });
    scene.apply("zoe@mail.example", BJOERN).await;
    let told = scene.templates_to("zoe@mail.example").await;
    assert_eq!(told.iter().filter(|template| *template == "activation-code").count(), 2, "{told:?}");
}

#[tokio::test]
async fn a_registration_by_ticket_is_the_one_by_typed_values() {
    let scene = Scene::new().await;
    let ticket = scene.engine.claim(GARDEN, &caller(), &claim(ZOE)).await.unwrap();
    let sealed = |email: &str| RegistrationForm {
        claim: Some(ClaimForm { token: Some(ticket.claim.expose_secret().to_owned()), ..ClaimForm::default() }),
        ..garden_form(email, ZOE)
    };
    // The name that opened the claim is a word that no password may be made of.
    let grossmann = scene.engine.claim(GARDEN, &caller(), &claim(BJOERN)).await.unwrap();
    let weak = RegistrationForm {
        claim: Some(ClaimForm { token: Some(grossmann.claim.expose_secret().to_owned()), ..ClaimForm::default() }),
        password: Some(secret("Grossmann-1234")),
        ..garden_form("bjoern@mail.example", BJOERN)
    };
    assert_eq!(faults(scene.engine.apply(GARDEN, &caller(), &weak).await), [("password".to_owned(), "personal")]);
    let other = RegistrationForm { last_name: Some("Grossmann".to_owned()), ..sealed("zoe@mail.example") };
    assert_eq!(faults(scene.engine.apply(GARDEN, &caller(), &other).await), [("last_name".to_owned(), "unexpected")]);
    let applied = scene.engine.apply(GARDEN, &caller(), &sealed("zoe@mail.example")).await.unwrap();
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
    let session = scene.session(GARDEN, &scene.signed_in("zoe@mail.example").await).await.unwrap();
    assert_eq!(onboarding::Onboarding::account_view(&session).last_name.as_deref(), Some("O'Neill"));
}

#[tokio::test]
async fn one_name_tried_from_many_networks_of_one_line_is_refused() {
    let scene = Scene::new().await;
    for network in 0..20 {
        let (number, network) = (format!("B-{network}"), format!("2001:db8:1:{network:x}::/64"));
        let refused = scene.engine.claim(GARDEN, &from(&network), &claim((&number, "Maier"))).await;
        assert_eq!(refused.unwrap_err(), Error::ClaimMismatch);
    }
    let further = scene.engine.claim(GARDEN, &from("2001:db8:1:ff::/64"), &claim(("B-99", "MAIER"))).await;
    assert!(matches!(further, Err(Error::Throttled { .. })), "{further:?}");
    scene.engine.claim(GARDEN, &from("2001:db8:1:ff::/64"), &claim(ZOE)).await.unwrap();
    let elsewhere = scene.engine.claim(GARDEN, &from("2001:db8:2::/64"), &claim(("B-99", "Maier"))).await;
    assert_eq!(elsewhere.unwrap_err(), Error::ClaimMismatch);
}
