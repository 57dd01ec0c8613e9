//! The engine inside another Rust service, without HTTP: from the register form to a signed-in session.
use onboarding::core::{Language, PortalSlug};
use onboarding::forms::RegistrationForm;
use onboarding::ports::SessionKind;
use onboarding::stories::{Needs, SessionView};
use onboarding::{Onboarding, Portal, Portals};
use onboarding_testkit::{Bench, ReadMail};

pub(crate) async fn run() -> Result<SessionView, Box<dyn std::error::Error>> {
    let slug = PortalSlug::parse("club").ok_or("no slug")?;
    let portal = Portal::parse(slug, include_str!("club.toml"), &|_, _| None).map_err(|faults| format!("{faults:?}"))?;
    // Fakes of every port; a service says `Onboarding::new(Ports { .. }, portals)` with ports of its own.
    let bench = Bench::new();
    let engine = bench.engine(Portals::new([portal]));
    let worker = bench.worker(&engine);
    let caller = Onboarding::caller("192.0.2.0/24", Language::En);

    let password = "a long walk by the sea";
    let form = RegistrationForm { email: "kim@mail.example".into(), password: Some(password.into()), ..RegistrationForm::default() };
    let applied = engine.apply("club", &caller, &form).await?;
    // A service spawns `worker.run(stop)` and `engine.sweep(stop)` once instead.
    worker.run_once().await?;
    let code = bench.mailer.last_to("kim@mail.example").and_then(|mail| mail.code()).ok_or("no mail with a code")?;
    engine.confirm_code("club", &caller, &applied.registration.into(), &code).await?;
    let signed_in = engine.sign_in("club", &caller, SessionKind::Bearer, "kim@mail.example", &password.into()).await?;
    Ok(engine.session("club", &signed_in.token, Needs::Everything).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("signed in until {}", run().await?.facts.session.expires_at());
    Ok(())
}
