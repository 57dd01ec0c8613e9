//! How long two servers on one database take to answer a stranger: as long for what exists as for what does not, and as long for a guess that is
//! almost right as for one that is all wrong. Row 69 of the threat model, by the method of dudect (Reparaz, Balasch, Verbauwhede 2017): two classes
//! of input in an order drawn at random, Welch's t of the times, with the slow tail cropped at several places.
//!
//! The times are a client's, on a machine that does other things too: what slows it down falls on both classes alike. That a leak would be seen is
//! shown beside, with a class that is answered later by a part of what a hash takes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/replicas.rs"]
mod replicas;
#[path = "support/support.rs"]
mod support;

use replicas::Replicas;
use serde_json::{Value, json};
use std::fmt;
use std::iter;
use std::time::{Duration, Instant};
use support::{Call, HOUSING, PASSWORD, PEOPLE, form, typed};

/// Beyond this t two classes differ. Chance exceeds it once in a hundred million runs; dudect calls 4.5 suspicious and 10 a leak.
const DIFFERENT: f64 = 6.0;
/// And beyond this part of an answer's time a piece of work was left out: a hash, a look at the database, a row written. Reading a row that is there
/// into memory takes less, even where nothing is optimised.
const PART: f64 = 0.2;
/// Past every window of a day.
const DAY: Duration = Duration::from_hours(25);
/// A sign-in is delayed from the 21st failure of a login in an hour on, and the client has to stay below.
const FREE: usize = 18;

/// One call of a class, and how it is answered.
struct Try {
    class: usize,
    call: Call,
    status: u16,
}

/// What a class took, in microseconds.
#[derive(Default)]
struct Times([Vec<f64>; 2]);

impl Times {
    /// Sends all of them, one at a time, in an order drawn from the seed. The second class is held up by as much.
    fn take(&mut self, mut tries: Vec<Try>, seed: u64, held_up: Duration) {
        let mut random = random(seed);
        for last in (1..tries.len()).rev() {
            let other = usize::try_from(random() % (u64::try_from(last).unwrap() + 1)).unwrap();
            tries.swap(last, other);
        }
        for Try { class, call, status } in tries {
            let began = Instant::now();
            let answer = call.send();
            if class == 1 {
                std::thread::sleep(held_up);
            }
            self.0[class].push(began.elapsed().as_secs_f64() * 1e6);
            assert_eq!(answer.status, status, "{answer}");
        }
    }

    /// The time that so many of both together stayed below.
    fn below(&self, part: f64) -> f64 {
        let mut all: Vec<_> = self.0.concat();
        all.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundreds of them")]
        let place = ((all.len() - 1) as f64 * part) as usize;
        all[place]
    }

    /// Welch's t and by how much of an answer's time the second class took longer, of all times and of those that the slowest are cropped from: half
    /// of them, a quarter, an eighth, …
    fn signals(&self) -> impl Iterator<Item = (f64, f64)> {
        let usual = self.below(0.5);
        let crops = (1..=8).map(|halved| self.below(1.0 - 0.5_f64.powi(halved))).chain([f64::INFINITY]);
        crops.filter_map(move |crop| {
            let kept = self.0.each_ref().map(|class| class.iter().copied().filter(|time| *time <= crop).collect::<Vec<_>>());
            let [first, second] = kept.each_ref().map(|class| (class.len() >= 30).then(|| moments(class)));
            let ((mean, error), (other, other_error)) = (first?, second?);
            Some(((other - mean) / (error + other_error).sqrt(), (other - mean) / usual))
        })
    }

    /// Whether the classes can be told apart by a piece of work that only one of them costs.
    fn tell(&self) -> bool {
        self.signals().any(|(t, part)| t.abs() > DIFFERENT && part.abs() > PART)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.0.each_ref().map(|class| Self([class.clone(), Vec::new()]).below(0.5));
        let (t, part) = self.signals().max_by(|(one, _), (other, _)| one.abs().total_cmp(&other.abs())).unwrap_or_default();
        let [tries, others] = self.0.each_ref().map(Vec::len);
        write!(f, "t = {t:.1}, {:.1} %; medians {first:.0} and {second:.0} µs of {tries} and {others} answers", 100.0 * part)
    }
}

/// Mean, and the square of its standard error.
#[expect(clippy::cast_precision_loss, reason = "some hundreds of them")]
fn moments(times: &[f64]) -> (f64, f64) {
    let count = times.len() as f64;
    let mean = times.iter().sum::<f64>() / count;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance / count)
}

/// splitmix64.
fn random(mut state: u64) -> impl FnMut() -> u64 {
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Nothing of a class can be told from the other.
#[track_caller]
fn alike(what: &str, times: &Times) {
    eprintln!("{what}: {times}");
    assert!(!times.tell(), "{what}: {times}");
}

/// Two servers on which a hash takes some milliseconds, and with it most of a sign-in.
fn servers() -> Replicas {
    Replicas::start(|site| site.reconfigure("memory_kib = 64\n", "memory_kib = 8192\n"))
}

/// A login that somebody has, or one that nobody has.
fn login(class: usize, nth: usize) -> String {
    format!("{}-{nth:02}@y.example", ["owners", "nobody"][class])
}

/// Calls by turns at either server, each from a network of its own.
struct Calls<'a> {
    replicas: &'a Replicas,
    networks: usize,
    random: Box<dyn FnMut() -> u64>,
}

impl<'a> Calls<'a> {
    fn of(replicas: &'a Replicas) -> Self {
        Self { replicas, networks: 0, random: Box::new(random(7)) }
    }

    /// At a server that the class says nothing about.
    fn post(&mut self, path: &str, body: &Value) -> Call {
        self.call("POST", path).json(body)
    }

    fn call(&mut self, method: &str, path: &str) -> Call {
        self.networks += 1;
        let site = self.replicas.nth(usize::try_from((self.random)() % 2).unwrap());
        site.http().call(method, &format!("/api/v1/housing{path}")).from(&format!("10.{}.{}.1", self.networks / 250, self.networks % 250))
    }

    fn sign_in(&mut self, login: &str, password: &str) -> Call {
        self.post("/sessions", &json!({ "login": login, "password": password }))
    }
}

/// The moments of both servers go on by a day.
fn next_day(replicas: &mut Replicas) {
    for site in &mut replicas.sites {
        site.advance(DAY);
    }
    replicas.sent_everything();
}

/// The test of the tests: of two classes that are the same nothing is told; one that is answered later by two fifths of an
/// answer's time, which is half a hash, is told.
#[test]
fn a_part_of_a_hash_is_seen_in_the_time_of_an_answer_and_nothing_where_there_is_nothing() {
    let replicas = servers();
    let mut calls = Calls::of(&replicas);
    let mut tries = |round: usize| -> Vec<_> {
        let pairs = (0..2).flat_map(|class| (0..250).map(move |nth| (class, nth)));
        pairs
            .map(|(class, nth)| Try {
                class,
                call: calls.sign_in(&format!("nobody-{round}-{class}-{nth:03}@y.example"), PASSWORD),
                status: 401,
            })
            .collect()
    };
    let mut equal = Times::default();
    equal.take(tries(0), 1, Duration::ZERO);
    alike("twice the same", &equal);
    let mut leaking = Times::default();
    leaking.take(tries(1), 2, Duration::from_secs_f64(equal.below(0.5) * 0.4e-6));
    assert!(leaking.tell(), "it was not seen: {leaking}");
}

/// Threat 69: logins that somebody has and logins that nobody has, at signing in and at asking for a reset; then a password that is right but for
/// its last character, and one that is wrong from the first.
#[test]
fn the_time_of_an_answer_does_not_tell_whether_a_login_exists_or_how_right_a_password_is() {
    let mut replicas = servers();
    for (nth, person) in PEOPLE.iter().enumerate() {
        replicas.register(person, &login(0, nth));
    }
    let each = |times: usize| {
        let all = (0..2).flat_map(move |class| (0..PEOPLE.len()).map(move |nth| (class, nth)));
        all.flat_map(move |which| iter::repeat_n(which, times)).collect::<Vec<_>>()
    };
    let mut existing = Times::default();
    for round in 0..2 {
        next_day(&mut replicas);
        let mut calls = Calls::of(&replicas);
        let tries = each(FREE).into_iter().map(|(class, nth)| Try {
            class,
            call: calls.sign_in(&login(class, nth), "Drei Kamele am Pol 5!"),
            status: 401,
        });
        existing.take(tries.collect(), round, Duration::ZERO);
    }
    alike("signing in with a login of somebody and of nobody", &existing);

    next_day(&mut replicas);
    let mut right = Times::default();
    let mut calls = Calls::of(&replicas);
    let typed = [PASSWORD.replace('!', "?"), PASSWORD.replacen('V', "W", 1)];
    let tries =
        each(FREE / 2).into_iter().map(|(class, nth)| Try { class, call: calls.sign_in(&login(0, nth), &typed[class]), status: 401 });
    right.take(tries.collect(), 3, Duration::ZERO);
    alike("signing in with a password that is right but for its end and one that is wrong from its beginning", &right);

    let mut reset = Times::default();
    for round in 0..4 {
        next_day(&mut replicas);
        let mut calls = Calls::of(&replicas);
        let ask = |(class, nth)| Try { class, call: calls.post("/password-resets", &json!({ "login": login(class, nth) })), status: 202 };
        reset.take(each(5).into_iter().map(ask).collect(), round, Duration::ZERO);
    }
    alike("asking for a reset of a login of somebody and of nobody", &reset);
}

/// Threat 69: numbers that are in the records and numbers that are not, with a name that does not belong to them; addresses that have an account
/// and addresses that have none, with a claim that is right.
#[test]
fn the_time_of_an_answer_does_not_tell_whether_a_number_or_an_address_is_known() {
    let mut replicas = servers();
    for (nth, person) in PEOPLE.iter().enumerate() {
        replicas.register(person, &login(0, nth));
    }
    let mut numbers = Times::default();
    for round in 0..3 {
        next_day(&mut replicas);
        let mut calls = Calls::of(&replicas);
        let mut tries = Vec::new();
        for (class, nth) in (0..2).flat_map(|class| (0..PEOPLE.len() * 9).map(move |nth| (class, nth / 9))) {
            let number = PEOPLE[nth].number();
            // Another one of the same shape, that nobody has.
            let number = if class == 0 { number } else { number.chars().rev().collect() };
            let body = json!({ "number": number, "last_name": "Niemand-Sonst" });
            tries.push(Try { class, call: calls.post("/claims", &body), status: 422 });
        }
        numbers.take(tries, round, Duration::ZERO);
    }
    alike("claiming a number of the records and one that is not in them", &numbers);

    let mut addresses = Times::default();
    for round in 0..4 {
        next_day(&mut replicas);
        let mut calls = Calls::of(&replicas);
        let all = (0..2).flat_map(|class| (0..PEOPLE.len() * 5).map(move |nth| (class, nth / 5)));
        let tries: Vec<_> = all
            .map(|(class, nth)| {
                let body = form(&PEOPLE[nth], &login(class, nth));
                Try { class, call: calls.post("/registrations", &body), status: 202 }
            })
            .collect();
        addresses.take(tries, round, Duration::ZERO);
    }
    alike("registering an address that has an account and one that has none", &addresses);
}

/// Threat 69: a code and a session's token that are right but for the end, and such that are wrong from the beginning.
#[test]
fn the_time_of_an_answer_does_not_tell_how_much_of_a_code_or_a_token_is_right() {
    let replicas = servers();
    let mut calls = Calls::of(&replicas);
    let mut codes = Vec::new();
    for nth in 0..60 {
        let email = format!("pending-{nth:02}@y.example");
        let person = &PEOPLE[nth % PEOPLE.len()];
        let body = typed(&person.number(), person.last_name, &email);
        let applied = calls.post("/registrations", &body).send().expect(202);
        let code = replicas.sites[0].mail(HOUSING, &email).code();
        let path = format!("/registrations/{}/confirm", applied["registration"].as_str().unwrap());
        for turn in 0..4 {
            // Another character at the end, or at the beginning.
            let class = turn % 2;
            let mut guess: Vec<_> = code.chars().collect();
            let place = if class == 0 { guess.len() - 1 } else { 0 };
            let other = "23456789BCDFGHJKMNPQRSTVWXYZ".chars().filter(|letter| *letter != guess[place]).nth(turn);
            guess[place] = other.unwrap();
            codes.push(Try { class, call: calls.post(&path, &json!({ "code": guess.iter().collect::<String>() })), status: 422 });
        }
    }
    let mut times = Times::default();
    times.take(codes, 1, Duration::ZERO);
    alike("a code that is right but for its end and one that is wrong from its beginning", &times);

    replicas.register(&PEOPLE[0], &login(0, 0));
    let token = replicas.sites[0].sign_in(HOUSING, &login(0, 0), PASSWORD);
    let turned = |place: usize| {
        let mut letters: Vec<_> = token.chars().collect();
        letters[place] = if letters[place] == 'A' { 'B' } else { 'A' };
        letters.into_iter().collect::<String>()
    };
    // The last character carries bits that mean nothing.
    let tokens = [turned(token.len() - 2), turned(0)];
    let tries = (0..800).map(|nth| Try { class: nth % 2, call: calls.call("GET", "/session").bearer(&tokens[nth % 2]), status: 401 });
    let mut times = Times::default();
    times.take(tries.collect(), 2, Duration::ZERO);
    alike("a token that is right but for its end and one that is wrong from its beginning", &times);
}
