//! Every number the rules name, with its unit and source, in one place.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

macro_rules! spans {
    ($($(#[$doc:meta])* $name:ident = $unit:ident($n:expr);)*) => {
        $($(#[$doc])* pub const $name: TimeDelta = spans!(@ $unit $n);)*
    };
    (@ seconds $n:expr) => { TimeDelta::seconds($n) };
    (@ minutes $n:expr) => { TimeDelta::minutes($n) };
    (@ hours $n:expr) => { TimeDelta::hours($n) };
    (@ days $n:expr) => { TimeDelta::days($n) };
}

spans! {
    /// Life of an e-mail code and its link. Source: NIST SP 800-63A-4 (24 h by e-mail).
    CODE_LIFE = hours(24);
    /// Time before another code may be asked for. Source: threats.md "Values".
    RESEND_AFTER = seconds(60);
    /// An unproven registration ends this long after its last mail. Source: rules.md "Registrations" 3.
    UNPROVEN_AFTER_MAIL = days(7);
    /// An unproven registration ends this long after it was made, whatever was resent. Source: rules.md "Registrations" 3.
    UNPROVEN_AT_MOST = days(30);
    /// Super admins are reminded of a request. Source: seed 001, rules.md "Registrations" 3.
    APPROVAL_REMINDER = days(3);
    /// A request falls to the clerks.
    APPROVAL_ESCALATION = days(7);
    /// A request nobody decided expires.
    APPROVAL_EXPIRY = days(30);
    /// Life of a completion or invitation link; the link can be renewed. Source: threats.md "Values".
    COMPLETION_LINK_LIFE = days(14);
    /// A registration not completed this long after approval or invitation expires.
    COMPLETION_EXPIRY = days(30);
    /// Life of a reset link. Source: ASVS 5.0 6.4.
    RESET_LIFE = hours(1);
    /// Life of the link that confirms a new address.
    NEW_EMAIL_LIFE = hours(24);
    /// Life of an initial or unused generated password, from the mail server's acceptance. Source: ASVS 5.0 6.4.1.
    MAILED_PASSWORD_LIFE = days(14);
    /// Life of a sealed claim between the claim page and the details page.
    CLAIM_TOKEN_LIFE = hours(1);
    /// Life of a PIN from hand-over. Source: NIST SP 800-63A-4 (21 days by post).
    PIN_LIFE = days(21);
    /// Added for printing and posting; the default of `letters.handling_days`.
    PIN_HANDLING = days(3);
    /// Window in which PIN tries and letters are counted.
    PIN_WINDOW = days(30);
    /// An account waits this long between two letters.
    PIN_LETTER_EVERY = days(7);
    /// Life of a yearly notice's PIN, where the batch says nothing else.
    NOTICE_PIN_LIFE = days(365);
    /// Longest life of a yearly notice's PIN.
    NOTICE_PIN_AT_MOST = days(400);
    /// Bearer sessions die after this long without use; a portal may say less.
    BEARER_IDLE = days(30);
    /// Page sessions die after this long without use.
    PAGE_IDLE = minutes(30);
    /// Page sessions die after this long in any case.
    PAGE_AT_MOST = hours(12);
    /// Life of a clerk's one-use token. Source: rules.md "Staff".
    STAFF_SETUP_LIFE = hours(24);
    /// A clerk's session dies after this long without use: long enough for a telephone call between two looks, short
    /// enough for a desk that was left. Source: ASVS 5.0 7.3.1, our choice.
    STAFF_IDLE = hours(1);
    /// A clerk's session dies after this long in any case: one working day. Source: NIST SP 800-63B-4 2.2.3 (12 h).
    STAFF_AT_MOST = hours(12);
    /// `last_seen` is written at most this often. A write a request would cost more than the request.
    TOUCH_EVERY = seconds(60);
    /// Replies of repeatable commands are kept this long.
    REPLAY_LIFE = hours(24);
    /// Closed registrations are purged.
    RETAIN_REGISTRATIONS = days(30);
    /// Tokens in an account's links are forgotten: a later click is told that the link is unknown.
    RETAIN_TOKENS = days(30);
    /// Outbox rows are purged.
    RETAIN_OUTBOX = days(30);
    /// Audit entries are purged.
    RETAIN_AUDIT = days(730);
    /// Reports of imports are purged.
    RETAIN_IMPORTS = days(30);
    /// Consent proofs are pseudonymised.
    RETAIN_CONSENTS = days(1095);
}

/// How long things are kept, where an installation may say otherwise. Source: rules.md "Commit".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Ended registrations, and what led to them.
    pub registrations: TimeDelta,
    /// Settled deliveries.
    pub outbox: TimeDelta,
    /// The audit trail.
    pub audit: TimeDelta,
    /// Proofs of consent whose owner is gone keep their owner's id for so long.
    pub consents: TimeDelta,
}

impl Default for Retention {
    fn default() -> Self {
        Self { registrations: RETAIN_REGISTRATIONS, outbox: RETAIN_OUTBOX, audit: RETAIN_AUDIT, consents: RETAIN_CONSENTS }
    }
}

/// So many whole days.
pub fn days(n: u32) -> TimeDelta {
    TimeDelta::days(i64::from(n))
}

/// Length of an e-mail code in characters of the code alphabet: 38 bit. Source: threats.md "Values".
pub const CODE_CHARS: usize = 8;
/// Length of a PIN: 57 bit in three groups of four.
pub const PIN_CHARS: usize = 12;
/// Length of an initial or generated password: 67 bit.
pub const MAILED_PASSWORD_CHARS: usize = 14;
/// Bytes of randomness in link tokens, handles and session tokens: 256 bit. Source: ASVS 5.0 11.5.1.
pub const TOKEN_BYTES: usize = 32;
/// Wrong codes per registration, over all its codes and addresses. Source: rules.md "Registrations" 4.
pub const CODE_TRIES: u32 = 5;
/// PIN tries per (account, typed number) in [`PIN_WINDOW`].
pub const PIN_TRIES: u32 = 5;
/// Numbers an account may try in [`PIN_WINDOW`].
pub const PIN_NUMBERS: usize = 20;
/// Letters per account in [`PIN_WINDOW`].
pub const PIN_LETTERS_PER_ACCOUNT: usize = 4;
/// Letters per record in [`PIN_WINDOW`]; more wait for a clerk.
pub const PIN_LETTERS_PER_RECORD: usize = 10;
/// Wrong PINs of a portal in 24 h at which the clerks are told, once a day. Far above what people mistype.
pub const PIN_ALARM: u32 = 50;
/// Numbers whose notices one call gives PINs to: what one transaction takes, and what one answer holds.
pub const NOTICES_AT_ONCE: usize = 10_000;
/// Approval mails per record and day before they become a digest.
pub const APPROVER_MAILS_PER_DAY: u32 = 5;

/// How often something may happen, and what happens beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// At most `most` in every window of length `per`, counted from the first.
    Window {
        /// How many.
        most: u32,
        /// Length of the window.
        per: TimeDelta,
    },
    /// `free` at once; then a wait that begins with `first` and doubles up to `longest`. Forgotten after `forget` without another.
    Backoff {
        /// How many before the first wait.
        free: u32,
        /// The first wait.
        first: TimeDelta,
        /// The longest wait.
        longest: TimeDelta,
        /// Counters older than this are gone.
        forget: TimeDelta,
    },
}

/// Mismatched claims per network: 10 in 24 h. Source: rules.md "Claim guesses".
pub const CLAIMS_PER_NETWORK: Limit = Limit::Window { most: 10, per: TimeDelta::hours(24) };
/// Mismatched claims per (network, second value): 20 in 24 h.
pub const CLAIMS_PER_SECOND_VALUE: Limit = Limit::Window { most: 20, per: TimeDelta::hours(24) };
/// Mismatched claims per typed number over all networks: 10 in 24 h, then one try a day for each network.
pub const CLAIMS_PER_NUMBER: Limit = Limit::Window { most: 10, per: TimeDelta::hours(24) };
/// What each network keeps of a number that is guessed at.
pub const CLAIMS_PER_NUMBER_AND_NETWORK: Limit = Limit::Window { most: 1, per: TimeDelta::hours(24) };
/// Failed sign-ins per (login, network): 5 free, then 1 s doubling to 15 min. Source: ASVS 5.0 6.3.1, rules.md "Sign-in throttle".
pub const SIGN_IN_PER_NETWORK: Limit =
    Limit::Backoff { free: 5, first: TimeDelta::seconds(1), longest: TimeDelta::minutes(15), forget: TimeDelta::hours(24) };
/// Failed sign-ins per login over all networks, before a delay (never a refusal) of at most [`SIGN_IN_DELAY_AT_MOST`].
pub const SIGN_IN_FREE_OF_DELAY: u32 = 20;
/// The longest delay that strangers can put upon an owner's sign-in.
pub const SIGN_IN_DELAY_AT_MOST: TimeDelta = TimeDelta::seconds(2);
/// Mails of one purpose to one address: 5 a day. Source: threats.md "Values", Mastodon CVE-2025-54879.
pub const MAILS_PER_ADDRESS: Limit = Limit::Window { most: 5, per: TimeDelta::hours(24) };
/// Barriers reported per network: 5 a day. Whoever meets more of them has said whom to answer.
pub const REPORTS_PER_NETWORK: Limit = Limit::Window { most: 5, per: TimeDelta::hours(24) };
/// Barriers reported at one portal: 100 a day, so that many networks together do not fill its people's mailbox.
pub const REPORTS_PER_PORTAL: Limit = Limit::Window { most: 100, per: TimeDelta::hours(24) };
/// Invitations that one account sends: 50 a day. Far above what a company needs; below what makes a portal a mailer.
pub const INVITATIONS_PER_ACCOUNT: Limit = Limit::Window { most: 50, per: TimeDelta::hours(24) };
/// Mails that strangers start per network: 3,000 an hour. Far above what a company behind one address needs; below what
/// fills an outbox.
pub const MAILS_PER_NETWORK: Limit = Limit::Window { most: 3_000, per: TimeDelta::hours(1) };

/// The last moment of a letter's PIN: the end of a day in Central Europe, so that the date on the letter is the last one on which
/// the PIN is good, and never earlier than the rule says. `handling` is what printing and posting take.
pub fn pin_valid_until(now: DateTime<Utc>, handling: TimeDelta) -> DateTime<Utc> {
    let least = now + PIN_LIFE + handling;
    let end = end_of_day(least.date_naive());
    if end < least { end + TimeDelta::days(1) } else { end }
}

/// The last second of a day in Central Europe's summer; in winter an hour earlier, on the same date all the same.
pub fn end_of_day(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(22) - TimeDelta::seconds(1)
}

/// The delay before a password is looked at, from the failures of its login over all networks.
pub fn sign_in_delay(failures: u32) -> TimeDelta {
    let beyond = failures.saturating_sub(SIGN_IN_FREE_OF_DELAY);
    TimeDelta::milliseconds(i64::from(beyond) * 100).min(SIGN_IN_DELAY_AT_MOST)
}
