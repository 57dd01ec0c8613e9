//! PINs by letter and notice: asked for, printed, typed, refused, worked on by clerks. Each rule of "PINs" at least once.

use crate::scene::{GUILD, Scene, caller, guild_form, repeatable_by, secret};
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::Error;
use onboarding::Onboarding;
use onboarding::core::{account::Refusal, policy};
use onboarding::ports::{Actor, DeliveryKind, DeliveryStatus};
use onboarding::stories::{LetterView, Needs, PinLetterView, SessionView, StaffView};
use onboarding_testkit::ReadMail;
use secrecy::{ExposeSecret, SecretString};

const BOOKS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
    0001842,Malerei Köster,Sabine,Köster,Malweg 1,65189,Wiesbaden,DE,,de,open\n\
    0001843,Schreinerei Weiß,Johannes,Weiß,Holzweg 3,65195,Wiesbaden,DE,,en,open\n\
    0001844,Alte Schmiede,Uwe,Alt,Eisenweg 3,65195,Wiesbaden,DE,,de,closed\n";
const MALEREI: &str = "000 1842";
const SCHREINEREI: &str = "0001843";
const NOBODYS: &str = "9999999";

struct Guild {
    scene: Scene,
}

impl Guild {
    async fn new() -> Self {
        let scene = Scene::new().await;
        let portal = scene.engine.portal(GUILD).unwrap();
        scene.engine.import_records(&portal, BOOKS.as_bytes(), |_| ()).await.unwrap();
        Self { scene }
    }

    fn engine(&self) -> &Onboarding {
        &self.scene.engine
    }

    fn now(&self) -> DateTime<Utc> {
        self.scene.now()
    }

    async fn post(&self) {
        self.scene.post().await;
    }

    /// How many letters left the press.
    fn letters(&self) -> usize {
        self.scene.bench.press.letters().len()
    }

    /// An account with a session.
    async fn account(&self, email: &str) -> SessionView {
        self.engine().apply(GUILD, &caller(), &guild_form(email)).await.unwrap();
        let token = secret(&self.scene.mail_to(email).await.link_token().unwrap());
        self.engine().confirm_link(GUILD, &caller(), &token).await.unwrap();
        self.session(email).await
    }

    /// Another session of an account whose password was mailed.
    async fn session(&self, email: &str) -> SessionView {
        self.post().await;
        let password = self.password(email);
        let signed_in = self.scene.sign_in(GUILD, email, password.expose_secret()).await.unwrap();
        self.engine().session(GUILD, &signed_in.token, Needs::Everything).await.unwrap()
    }

    /// The last password that was mailed there.
    fn password(&self, email: &str) -> SecretString {
        secret(&self.scene.bench.mailer.to(email).iter().rev().find_map(ReadMail::password).unwrap())
    }

    async fn request(&self, by: &SessionView, number: &str) -> Result<PinLetterView, Error> {
        self.engine().request_pin_letter(&caller(), by, number).await
    }

    /// The PIN of the last letter that left the press.
    async fn printed(&self) -> SecretString {
        self.post().await;
        let (_, letter) = self.scene.bench.press.letters().pop().expect("a letter was printed");
        let text = String::from_utf8(letter.pdf).unwrap();
        let pin = text.lines().find(|line| line.len() == 14 && line.matches('-').count() == 2);
        secret(pin.expect("the letter has a PIN"))
    }

    async fn redeem(&self, by: &SessionView, number: &str, pin: &SecretString) -> Result<(), Error> {
        self.engine().redeem_pin(&caller(), by, number, pin).await.map(|_| ())
    }

    async fn clerk(&self) -> StaffView {
        self.scene.clerk(GUILD, "clerk@guild.example").await
    }

    async fn listed(&self, clerk: &StaffView, state: Option<&str>) -> Vec<LetterView> {
        self.engine().staff_letters(clerk, state, None).await.unwrap().rows
    }
}

fn wrong() -> SecretString {
    secret("2222-2222-2222")
}

fn left(answer: Result<(), Error>) -> u32 {
    match answer {
        Err(Error::PinMismatch { attempts_left }) => attempts_left,
        other => panic!("{other:?}"),
    }
}

// ---- Letters ----

#[tokio::test]
async fn a_letter_leads_to_a_membership_that_opens_with_the_next_sign_in() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    assert!(!kim.member);
    let asked = guild.request(&kim, MALEREI).await.unwrap();
    assert!(asked.valid_until >= guild.now() + policy::PIN_LIFE + policy::PIN_HANDLING);
    assert_eq!(asked.next_at, Some(guild.now() + policy::PIN_LETTER_EVERY));
    assert_eq!(Onboarding::pin_letters(&guild.session("kim@mail.example").await).unwrap(), [asked]);
    let pin = guild.printed().await;
    let typed = secret(&format!(" {}\u{a0}", pin.expose_secret().to_lowercase().replace('-', " ")));
    guild.redeem(&kim, "0001842", &typed).await.unwrap();
    let dead = guild.engine().session(GUILD, &secret("x"), Needs::Nothing).await;
    assert_eq!(dead.unwrap_err(), Error::SignInRequired);
    assert_eq!(guild.request(&kim, SCHREINEREI).await.unwrap_err(), Error::SignInRequired, "every session has ended");
    let again = guild.session("kim@mail.example").await;
    assert!(again.member);
    assert_eq!((again.memberships[0].record.as_str(), again.memberships[0].name.as_str()), ("0001842", "Malerei Köster"));
    let told = guild.scene.mail_to("kim@mail.example").await;
    assert!(told.subject == "linked" && told.text.contains("Malerei Köster"), "{}", told.text);
    assert_eq!(guild.redeem(&again, MALEREI, &pin).await.unwrap_err(), Error::AlreadyMember);
    assert_eq!(guild.request(&again, MALEREI).await.unwrap_err(), Error::AlreadyMember);
}

#[tokio::test]
async fn a_number_that_nobody_has_is_answered_like_one_that_is_in_the_books() {
    let guild = Guild::new().await;
    let mut answers = Vec::new();
    for (n, number) in [MALEREI, NOBODYS, "0001844"].into_iter().enumerate() {
        let by = guild.account(&format!("p{n}@mail.example")).await;
        let before = guild.scene.rows().await.len();
        let asked = guild.request(&by, number).await.unwrap();
        let rows = guild.scene.rows().await;
        let ordered: Vec<_> = rows[..rows.len() - before].iter().map(|row| (row.kind, row.template.clone(), row.language)).collect();
        let export = guild.engine().export(&guild.session(&format!("p{n}@mail.example")).await).await.unwrap();
        assert!(export.memberships.is_empty(), "what is asked for is no membership yet, whatever the number: {number}");
        answers.push((asked.valid_until - asked.requested_at, asked.next_at.map(|at| at - asked.requested_at), ordered));
        assert_eq!(left(guild.redeem(&by, number, &wrong()).await), policy::PIN_TRIES - 1);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    guild.post().await;
    assert_eq!(guild.letters(), 1, "only the book's number gets a letter");
    assert!(guild.scene.rows().await.iter().all(|row| row.status != DeliveryStatus::Queued));
}

#[tokio::test]
async fn an_account_gets_a_letter_a_week_and_four_in_thirty_days() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    for letter in 0..4 {
        guild.request(&kim, MALEREI).await.unwrap_or_else(|error| panic!("letter {letter}: {error}"));
        let Err(Error::Throttled { until, now }) = guild.request(&kim, SCHREINEREI).await else { panic!("two letters at once") };
        assert!(until >= now + policy::PIN_LETTER_EVERY);
        guild.scene.bench.clock.advance(policy::PIN_LETTER_EVERY);
    }
    // 28 days later the week is over, and the four are not.
    assert!(matches!(guild.request(&kim, MALEREI).await, Err(Error::Throttled { .. })));
    guild.scene.bench.clock.advance(TimeDelta::days(2) + TimeDelta::seconds(1));
    guild.request(&kim, MALEREI).await.unwrap();
}

#[tokio::test]
async fn two_requests_at_once_are_one_letter() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (engine, kim) = (guild.engine().clone(), kim.clone());
        asking.spawn(async move { engine.request_pin_letter(&caller(), &kim, MALEREI).await.map(|_| ()) });
    }
    let answers = asking.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    guild.post().await;
    assert_eq!(guild.letters(), 1);
}

#[tokio::test]
async fn a_repeated_request_is_answered_alike_and_counts_once() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    let by = repeatable_by("kim", "0123456789abcdef0123456789abcdef", "{}");
    let first = guild.engine().request_pin_letter(&by, &kim, MALEREI).await.unwrap();
    assert_eq!(guild.engine().request_pin_letter(&by, &kim, MALEREI).await.unwrap(), first);
    let wrong_once = repeatable_by("kim", "fedcba9876543210fedcba9876543210", "{}");
    for _ in 0..3 {
        let tried = guild.engine().redeem_pin(&wrong_once, &kim, MALEREI, &wrong()).await;
        assert_eq!(tried.unwrap_err(), Error::PinMismatch { attempts_left: policy::PIN_TRIES - 1 });
    }
}

#[tokio::test]
async fn a_strangers_letter_neither_voids_nor_blocks_the_owners_pin() {
    let guild = Guild::new().await;
    let owner = guild.account("owner@mail.example").await;
    let stranger = guild.account("stranger@mail.example").await;
    guild.request(&owner, MALEREI).await.unwrap();
    let pin = guild.printed().await;
    guild.request(&stranger, MALEREI).await.unwrap();
    let strangers = guild.printed().await;
    for _ in 0..policy::PIN_TRIES {
        guild.redeem(&stranger, MALEREI, &pin).await.unwrap_err();
    }
    left(guild.redeem(&owner, MALEREI, &strangers).await);
    guild.redeem(&owner, MALEREI, &pin).await.unwrap();
}

#[tokio::test]
async fn ones_own_newer_letter_voids_the_older_pin() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    guild.request(&kim, MALEREI).await.unwrap();
    let old = guild.printed().await;
    guild.scene.bench.clock.advance(policy::PIN_LETTER_EVERY);
    guild.request(&kim, MALEREI).await.unwrap();
    let new = guild.printed().await;
    left(guild.redeem(&kim, MALEREI, &old).await);
    guild.redeem(&kim, MALEREI, &new).await.unwrap();
}

#[tokio::test]
async fn a_pin_is_good_to_the_end_of_the_day_on_its_letter_and_not_longer() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    let asked = guild.request(&kim, MALEREI).await.unwrap();
    let pin = guild.printed().await;
    guild.scene.bench.clock.advance(asked.valid_until - guild.now());
    let kim = guild.session("kim@mail.example").await;
    assert_eq!(guild.redeem(&kim, MALEREI, &pin).await.unwrap_err(), Error::PinExpired);
    left(guild.redeem(&kim, MALEREI, &wrong()).await);
}

#[tokio::test]
async fn the_eleventh_letter_to_a_business_waits_for_a_clerk() {
    let guild = Guild::new().await;
    let mut last = None;
    for n in 0..=policy::PIN_LETTERS_PER_RECORD {
        let by = guild.account(&format!("p{n}@mail.example")).await;
        guild.request(&by, MALEREI).await.unwrap();
        last = Some(by);
    }
    let held_by = last.unwrap();
    guild.post().await;
    assert_eq!(guild.letters(), policy::PIN_LETTERS_PER_RECORD);
    let clerk = guild.clerk().await;
    let held = guild.listed(&clerk, Some("held")).await;
    assert_eq!((held.len(), held[0].record.as_str(), held[0].account), (1, "0001842", held_by.account()));
    assert_eq!(guild.listed(&clerk, Some("printed")).await.len(), policy::PIN_LETTERS_PER_RECORD);

    guild.scene.bench.clock.advance(TimeDelta::days(3));
    let clerk = guild.clerk().await;
    let released = guild.engine().release_letter(&caller(), &clerk, held[0].id).await.unwrap();
    assert!(released.valid_until >= guild.now() + policy::PIN_LIFE, "its life begins now");
    let pin = guild.printed().await;
    let held_by = guild.session(&format!("p{}@mail.example", policy::PIN_LETTERS_PER_RECORD)).await;
    guild.redeem(&held_by, MALEREI, &pin).await.unwrap();
    assert_eq!(guild.engine().release_letter(&caller(), &clerk, held[0].id).await.unwrap_err(), Error::NotFound);
}

#[tokio::test]
async fn a_refused_letter_does_not_go_out() {
    let guild = Guild::new().await;
    for n in 0..=policy::PIN_LETTERS_PER_RECORD {
        let by = guild.account(&format!("p{n}@mail.example")).await;
        guild.request(&by, MALEREI).await.unwrap();
    }
    let clerk = guild.clerk().await;
    let held = guild.listed(&clerk, Some("held")).await;
    guild.engine().refuse_letter(&caller(), &clerk, held[0].id).await.unwrap();
    guild.post().await;
    assert_eq!(guild.letters(), policy::PIN_LETTERS_PER_RECORD);
    assert!(guild.listed(&clerk, Some("held")).await.is_empty());
    let printed = guild.listed(&clerk, Some("printed")).await;
    assert!(guild.engine().refuse_letter(&caller(), &clerk, printed[0].id).await.is_err(), "what is printed cannot be kept back");
}

#[tokio::test]
async fn a_clerk_marks_and_writes_letters_again_and_never_sees_a_pin() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    guild.request(&kim, MALEREI).await.unwrap();
    let first = guild.printed().await;
    let clerk = guild.clerk().await;
    let letter = guild.listed(&clerk, None).await.remove(0);
    assert!(!format!("{letter:?}").contains(first.expose_secret()));
    assert_eq!(guild.engine().letter_posted(&caller(), &clerk, letter.id).await.unwrap().state, "posted");
    assert_eq!(guild.engine().letter_returned(&caller(), &clerk, letter.id).await.unwrap().state, "returned");
    let again = guild.engine().reissue_letter(&caller(), &clerk, letter.id).await.unwrap();
    assert_ne!(again.id, letter.id);
    let second = guild.printed().await;
    left(guild.redeem(&kim, MALEREI, &first).await);
    guild.redeem(&kim, MALEREI, &second).await.unwrap();
    let foreign = guild.scene.clerk(crate::scene::GARDEN, "clerk@garden.example").await;
    assert_eq!(guild.engine().letter_posted(&caller(), &foreign, again.id).await.unwrap_err(), Error::NotFound);
}

#[tokio::test]
async fn a_letter_that_still_waits_is_not_written_once_a_newer_one_voids_its_pin() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    guild.request(&kim, MALEREI).await.unwrap();
    guild.scene.bench.clock.advance(policy::PIN_LETTER_EVERY);
    guild.request(&kim, MALEREI).await.unwrap();
    let clerk = guild.clerk().await;
    let waiting = guild.listed(&clerk, Some("queued")).await.remove(0);
    guild.engine().reissue_letter(&caller(), &clerk, waiting.id).await.unwrap();
    let pin = guild.printed().await;
    assert_eq!(guild.letters(), 1, "only the last one has a living PIN");
    guild.redeem(&kim, MALEREI, &pin).await.unwrap();
}

#[tokio::test]
async fn a_letter_that_still_waits_is_not_written_once_its_account_is_linked_or_closed() {
    let guild = Guild::new().await;
    let linked = guild.account("linked@mail.example").await;
    let closed = guild.account("closed@mail.example").await;
    guild.request(&linked, MALEREI).await.unwrap();
    guild.request(&closed, SCHREINEREI).await.unwrap();
    let notice = guild.engine().issue_notices(GUILD, Actor::Operator, &[MALEREI.to_owned()], None).await.unwrap();
    guild.redeem(&linked, MALEREI, &notice[0].pin).await.unwrap();
    guild.engine().close_account(&caller(), &closed, &guild.password("closed@mail.example")).await.unwrap();
    guild.post().await;
    assert_eq!(guild.letters(), 0);
}

#[tokio::test]
async fn no_letter_is_written_to_a_record_that_was_closed_meanwhile() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    guild.request(&kim, MALEREI).await.unwrap();
    let portal = guild.engine().portal(GUILD).unwrap();
    let now_closed = BOOKS.replacen(",open\n", ",closed\n", 1);
    guild.engine().import_records(&portal, now_closed.as_bytes(), |_| ()).await.unwrap();
    let clerk = guild.clerk().await;
    let waiting = guild.listed(&clerk, Some("queued")).await.remove(0);
    assert_eq!(guild.engine().reissue_letter(&caller(), &clerk, waiting.id).await.unwrap_err(), Error::NotFound);
    guild.post().await;
    assert_eq!(guild.letters(), 0);
    let rows = guild.scene.rows().await;
    let letter = rows.iter().find(|row| row.id == waiting.id).unwrap();
    assert_eq!(letter.status, DeliveryStatus::Failed, "and its PIN is wiped");

    guild.engine().import_records(&portal, BOOKS.as_bytes(), |_| ()).await.unwrap();
    let kept = guild.listed(&clerk, Some("parked")).await.remove(0);
    guild.engine().reissue_letter(&caller(), &clerk, kept.id).await.unwrap();
    let pin = guild.printed().await;
    guild.redeem(&kim, MALEREI, &pin).await.unwrap();
}

// ---- Tries ----

#[tokio::test]
async fn five_wrong_pins_close_the_number_for_thirty_days_whatever_letter_comes() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    guild.request(&kim, MALEREI).await.unwrap();
    let pin = guild.printed().await;
    for used in 1..=policy::PIN_TRIES {
        assert_eq!(left(guild.redeem(&kim, "0001842", &wrong()).await), policy::PIN_TRIES - used);
    }
    let used_up = Error::Account(Refusal::PinUsedUp);
    assert_eq!(guild.redeem(&kim, MALEREI, &pin).await.unwrap_err(), used_up);
    guild.scene.bench.clock.advance(policy::PIN_LETTER_EVERY);
    guild.request(&kim, MALEREI).await.unwrap();
    let newer = guild.printed().await;
    assert_eq!(guild.redeem(&kim, MALEREI, &newer).await.unwrap_err(), used_up, "a newer letter gives no new tries");
    assert_eq!(left(guild.redeem(&kim, SCHREINEREI, &wrong()).await), policy::PIN_TRIES - 1, "another number has its own");
    guild.scene.bench.clock.advance(policy::PIN_WINDOW - policy::PIN_LETTER_EVERY);
    let kim = guild.session("kim@mail.example").await;
    assert_eq!(left(guild.redeem(&kim, MALEREI, &wrong()).await), policy::PIN_TRIES - 1);
}

#[tokio::test]
async fn of_fifty_guesses_at_once_no_more_than_five_are_judged() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    guild.request(&kim, MALEREI).await.unwrap();
    guild.post().await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (engine, kim) = (guild.engine().clone(), kim.clone());
        guesses.spawn(async move { engine.redeem_pin(&caller(), &kim, MALEREI, &wrong()).await.unwrap_err() });
    }
    let answers = guesses.join_all().await;
    let judged = answers.iter().filter(|error| matches!(error, Error::PinMismatch { .. })).count();
    assert!(judged <= policy::PIN_TRIES as usize, "{judged} were judged");
    let Error::Account(Refusal::PinUsedUp) = guild.redeem(&kim, MALEREI, &wrong()).await.map_or_else(|error| error, |()| panic!()) else {
        // Fewer than five were judged where the others gave way to one another.
        return;
    };
    assert_eq!(judged, policy::PIN_TRIES as usize);
}

#[tokio::test]
async fn twenty_numbers_are_enough_for_thirty_days() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    for n in 0..policy::PIN_NUMBERS {
        left(guild.redeem(&kim, &format!("7000{n}"), &wrong()).await);
    }
    assert!(matches!(guild.redeem(&kim, "80000", &wrong()).await, Err(Error::Throttled { .. })));
    assert_eq!(left(guild.redeem(&kim, "70000", &wrong()).await), policy::PIN_TRIES - 2, "a number that is counted goes on");
}

#[tokio::test]
async fn what_cannot_be_a_pin_costs_no_try() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    for (typed, code) in [("", "required"), ("2222-2222", "code_length"), ("2222-2222-222A", "code_characters")] {
        let Err(Error::Input(faults)) = guild.redeem(&kim, MALEREI, &secret(typed)).await else { panic!("{typed} was judged") };
        assert_eq!((faults[0].field.as_str(), faults[0].code), ("pin", code));
    }
    assert_eq!(left(guild.redeem(&kim, MALEREI, &wrong()).await), policy::PIN_TRIES - 1);
}

#[tokio::test]
async fn many_wrong_pins_over_many_accounts_are_told_to_the_clerks_once() {
    let guild = Guild::new().await;
    let mut wrongs = 0;
    for person in 0.. {
        let by = guild.account(&format!("p{person}@mail.example")).await;
        for n in 0..policy::PIN_NUMBERS {
            left(guild.redeem(&by, &format!("7{person}00{n}"), &wrong()).await);
            wrongs += 1;
        }
        if wrongs > policy::PIN_ALARM + 20 {
            break;
        }
    }
    guild.post().await;
    let told = guild.scene.bench.mailer.to("help@guild.example").into_iter().filter(|mail| mail.subject == "guessing-alarm").count();
    assert_eq!(told, 1);
}

// ---- Notices ----

#[tokio::test]
async fn a_notices_pin_is_the_records_own_and_good_once() {
    let guild = Guild::new().await;
    let numbers = ["0001842".to_owned(), "0001843".to_owned()];
    let issued = guild.engine().issue_notices(GUILD, Actor::Operator, &numbers, None).await.unwrap();
    assert_eq!((issued[0].number.as_str(), issued[0].name.as_str()), ("0001842", "Malerei Köster"));
    assert_ne!(issued[0].pin.expose_secret(), issued[1].pin.expose_secret());
    let kim = guild.account("kim@mail.example").await;
    let jo = guild.account("jo@mail.example").await;
    left(guild.redeem(&kim, SCHREINEREI, &issued[0].pin).await);
    guild.redeem(&kim, MALEREI, &issued[0].pin).await.unwrap();
    assert!(guild.session("kim@mail.example").await.member);
    left(guild.redeem(&jo, MALEREI, &issued[0].pin).await);
    // Whoever asked for a letter may use the notice as well.
    guild.request(&jo, SCHREINEREI).await.unwrap();
    guild.redeem(&jo, SCHREINEREI, &issued[1].pin).await.unwrap();
}

#[tokio::test]
async fn of_two_who_redeem_the_same_notice_at_once_one_is_linked() {
    let guild = Guild::new().await;
    let issued = guild.engine().issue_notices(GUILD, Actor::Operator, &["0001842".to_owned()], None).await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for n in 0..6 {
        let by = guild.account(&format!("p{n}@mail.example")).await;
        let (engine, pin) = (guild.engine().clone(), issued[0].pin.clone());
        asking.spawn(async move { engine.redeem_pin(&caller(), &by, MALEREI, &pin).await.map(|_| ()) });
    }
    let answers = asking.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_newer_notice_voids_the_older_one_and_a_dead_one_is_told() {
    let guild = Guild::new().await;
    let issue = async |day: &str| {
        guild.engine().issue_notices(GUILD, Actor::Operator, &["0001842".to_owned()], Some(day)).await.map(|mut issued| issued.remove(0))
    };
    let day = |days: i64| (guild.now() + TimeDelta::days(days)).date_naive().to_string();
    let old = issue(&day(30)).await.unwrap();
    let new = issue(&day(10)).await.unwrap();
    let kim = guild.account("kim@mail.example").await;
    left(guild.redeem(&kim, MALEREI, &old.pin).await);
    guild.scene.bench.clock.advance(TimeDelta::days(11));
    let kim = guild.session("kim@mail.example").await;
    let dead = guild.redeem(&kim, MALEREI, &new.pin).await.unwrap_err();
    assert!(matches!(dead, Error::PinExpired | Error::PinMismatch { .. }), "{dead:?}");
    for wrong_day in [day(-1), day(401), "31.12.2026".to_owned()] {
        let Err(Error::Input(faults)) = issue(&wrong_day).await else { panic!("{wrong_day} was taken") };
        assert_eq!(faults[0].field, "valid_until");
    }
}

#[tokio::test]
async fn a_batch_with_one_wrong_number_issues_nothing() {
    let guild = Guild::new().await;
    let numbers: Vec<String> = ["0001842", "0001844", "000 1842", "9999999", "?"].map(str::to_owned).into();
    let Err(Error::Input(faults)) = guild.engine().issue_notices(GUILD, Actor::Operator, &numbers, None).await else { panic!("issued") };
    let told: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
    assert_eq!(told, [("numbers[1]", "unknown"), ("numbers[2]", "repeated"), ("numbers[3]", "unknown"), ("numbers[4]", "format")]);
    let elsewhere = guild.engine().issue_notices(crate::scene::GARDEN, Actor::Operator, &["A-100".to_owned()], None).await;
    assert_eq!(elsewhere.unwrap_err(), Error::Account(Refusal::NotInThisJourney));
}

// ---- Leaving ----

#[tokio::test]
async fn a_member_leaves_and_needs_another_pin_to_come_back() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    let other = guild.account("other@mail.example").await;
    guild.request(&kim, MALEREI).await.unwrap();
    let pin = guild.printed().await;
    guild.redeem(&kim, MALEREI, &pin).await.unwrap();
    let kim = guild.session("kim@mail.example").await;
    let membership = kim.memberships[0].id;
    assert_eq!(guild.engine().leave(&other, membership).await.unwrap_err(), Error::NotFound);
    guild.engine().leave(&kim, membership).await.unwrap();
    assert_eq!(guild.engine().leave(&kim, membership).await.unwrap_err(), Error::NotFound);
    assert!(!guild.session("kim@mail.example").await.member);
    left(guild.redeem(&kim, MALEREI, &pin).await);
}

#[tokio::test]
async fn a_closed_record_opens_nothing_and_answers_like_any_other() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    guild.request(&kim, MALEREI).await.unwrap();
    let pin = guild.printed().await;
    let portal = guild.engine().portal(GUILD).unwrap();
    let closed = BOOKS.replace("Wiesbaden,DE,,de,open", "Wiesbaden,DE,,de,closed");
    guild.engine().import_records(&portal, closed.as_bytes(), |_| ()).await.unwrap();
    left(guild.redeem(&kim, MALEREI, &pin).await);
}

#[tokio::test]
async fn letters_rows_tell_nothing_of_their_pin_once_printed() {
    let guild = Guild::new().await;
    let kim = guild.account("kim@mail.example").await;
    guild.request(&kim, MALEREI).await.unwrap();
    guild.post().await;
    for row in guild.scene.rows().await.into_iter().filter(|row| row.kind == DeliveryKind::Letter) {
        assert_eq!((row.status, guild.scene.bench.store.sealed_text(row.id)), (DeliveryStatus::Sent, None));
    }
}
