//! Does number and second value fit a record? A wrong guess is counted before it is told, and told alike for numbers that exist
//! and numbers that do not; a right one has to have had room.

use crate::engine::{Caller, Taken as Commit, allowed};
use crate::error::Error;
use crate::forms::{self, ClaimForm, TypedClaim};
use crate::ports::{Actor, Taken, ThrottleKey, Versioned};
use crate::{Onboarding, Portal};
use base64ct::{Base64UrlUnpadded, Encoding};
use chrono::{DateTime, Utc};
use onboarding_core::{Effect, MailTemplate, Page, Param, Record, RecordId, RecordNumber, Ref, Uuid, policy, record::SecondValue};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::net::Ipv6Addr;
use std::sync::Arc;

/// A claim that matched, sealed for the next page.
#[derive(Clone, Debug)]
pub struct ClaimTicket {
    /// The sealed claim.
    pub claim: SecretString,
    /// It is dead then.
    pub expires_at: DateTime<Utc>,
}

/// A ticket as it is laid down for a repeat: under the seal of the reply.
#[derive(Serialize, Deserialize)]
struct Told {
    claim: String,
    expires_at: DateTime<Utc>,
}

impl From<Told> for ClaimTicket {
    fn from(told: Told) -> Self {
        Self { claim: SecretString::from(told.claim), expires_at: told.expires_at }
    }
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    number: RecordNumber,
    values: Vec<SecondValue>,
    expires_at: DateTime<Utc>,
}

/// Counters with their limits.
type Counted = Vec<(ThrottleKey, policy::Limit)>;

/// A right guess: told only where a wrong one would have had room ([`Onboarding::pass`]).
pub(crate) struct Guess {
    counters: Counters,
    /// What it would have been counted by when it was looked up.
    room: Counted,
}

/// The counters of a guess.
struct Counters {
    /// Of whoever guesses.
    own: Counted,
    /// Of the number over all networks.
    number: (ThrottleKey, policy::Limit),
    /// What each network keeps of a number that is guessed at from many.
    kept: (ThrottleKey, policy::Limit),
}

impl Counters {
    fn with(&self, last: (ThrottleKey, policy::Limit)) -> Counted {
        self.own.iter().copied().chain([last]).collect()
    }
}

/// Guesses that a number has free over all networks.
const GUESSES_PER_NUMBER: u32 = match policy::CLAIMS_PER_NUMBER {
    policy::Limit::Window { most, .. } => most,
    policy::Limit::Backoff { free, .. } => free,
};

impl Onboarding {
    /// What is to be mended in a claim as typed, before anything is counted or looked up.
    pub fn claim_faults(&self, portal: &Portal, form: &ClaimForm) -> Vec<forms::FieldError> {
        forms::claim(&portal.journey, Some(form), None).err().unwrap_or_default()
    }

    /// Checks a claim and seals it for the register form.
    ///
    /// # Errors
    /// [`Error::ClaimMismatch`], the same whether the number exists; [`Error::Throttled`]; fields to mend.
    pub async fn claim(&self, portal: &str, caller: &Caller, form: &ClaimForm) -> Result<ClaimTicket, Error> {
        let portal = self.portal(portal)?;
        let _turn = self.turn(&portal, caller).await;
        let now = self.now().await?;
        if let Some(before) = self.replayed::<Told>(&portal, caller, now).await? {
            return Ok(before.into());
        }
        let typed = forms::claim(&portal.journey, Some(form), None).map_err(Error::Input)?.ok_or(Error::NotFound)?;
        let (_, guess) = self.matched(&portal, caller, &typed, now).await?;
        self.pass(Some(&guess), &[], now).await?;
        let expires_at = now + policy::CLAIM_TOKEN_LIFE;
        let plain = serde_json::to_vec(&Sealed { number: typed.number, values: typed.values, expires_at })
            .map_err(|error| Error::Internal(format!("could not seal a claim: {error}")))?;
        let sealed = self.ports.vault.seal(&context(&portal), &plain);
        let mut bytes = sealed.key.to_be_bytes().to_vec();
        bytes.extend(sealed.bytes);
        let told = Told { claim: Base64UrlUnpadded::encode_string(&bytes), expires_at };
        match self.note(&portal, caller, now, &told).await? {
            Commit::Yes => Ok(told.into()),
            // A repeat at another server was faster: its ticket is the answer.
            Commit::Again | Commit::Lost(_) => {
                self.replayed::<Told>(&portal, caller, now).await?.map(ClaimTicket::from).ok_or(Error::Contended)
            }
        }
    }

    /// The record behind a claim as typed, or behind a sealed one.
    pub(crate) async fn claimed(
        &self,
        portal: &Arc<Portal>,
        caller: &Caller,
        form: Option<&ClaimForm>,
        last_name: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<Versioned<Record>>, Error> {
        let (record, guess) = self.guessed(portal, caller, form, last_name, now).await?;
        self.pass(guess.as_ref(), &[], now).await?;
        Ok(record)
    }

    /// The record behind a claim with the guess that it was. Nothing is told of it before the guess has passed: the caller makes
    /// sure ([`Onboarding::pass`]).
    pub(crate) async fn guessed(
        &self,
        portal: &Arc<Portal>,
        caller: &Caller,
        form: Option<&ClaimForm>,
        last_name: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(Option<Versioned<Record>>, Option<Guess>), Error> {
        if let Some(token) = form.and_then(|form| form.token.as_ref()) {
            let claim = self.unsealed(portal, token, now).map_err(|dead| Error::Input(vec![dead]))?;
            let record = self.ports.directory.find(&portal.slug, &claim.number).await?;
            return match record.filter(|record| record.value.matches(&claim.values)) {
                Some(record) => Ok((Some(record), None)),
                None => Err(Error::ClaimMismatch),
            };
        }
        match forms::claim(&portal.journey, form, last_name).map_err(Error::Input)? {
            Some(typed) => self.matched(portal, caller, &typed, now).await.map(|(record, guess)| (Some(record), Some(guess))),
            None => Ok((None, None)),
        }
    }

    /// The claim in a ticket: what was typed for it.
    pub(crate) fn unsealed(&self, portal: &Portal, token: &str, now: DateTime<Utc>) -> Result<TypedClaim, forms::FieldError> {
        let dead = || forms::FieldError::new("claim.token", "expired");
        if token.len() > 2048 {
            return Err(dead());
        }
        let bytes = Base64UrlUnpadded::decode_vec(token).map_err(|_| dead())?;
        let (key, rest) = bytes.split_first_chunk::<4>().ok_or_else(dead)?;
        let sealed = crate::ports::Sealed { key: u32::from_be_bytes(*key), bytes: rest.to_vec() };
        let plain = self.ports.vault.open(&context(portal), &sealed).map_err(|_| dead())?;
        let claim: Sealed = serde_json::from_slice(&plain).map_err(|_| dead())?;
        if claim.expires_at > now { Ok(TypedClaim { number: claim.number, values: claim.values }) } else { Err(dead()) }
    }

    /// The record that fits. A wrong guess is counted before it is answered: of many at once no more are judged than there
    /// is room for. Where there is none, nothing is looked up.
    async fn matched(
        &self,
        portal: &Arc<Portal>,
        caller: &Caller,
        typed: &TypedClaim,
        now: DateTime<Utc>,
    ) -> Result<(Versioned<Record>, Guess), Error> {
        let counters = self.counters(portal, caller, typed);
        let room = self.room(&counters, now).await?;
        let record = self.ports.directory.find(&portal.slug, &typed.number).await?;
        if let Some(record) = record.filter(|record| record.value.matches(&typed.values)) {
            return Ok((record, Guess { counters, room }));
        }
        if self.count_guess(&counters, now).await? {
            self.tell_of_guessing(portal, typed, now).await?;
        }
        Err(Error::ClaimMismatch)
    }

    fn counters(&self, portal: &Portal, caller: &Caller, typed: &TypedClaim) -> Counters {
        let network = caller.network.as_str();
        let number = typed.number.as_str();
        let mut own = vec![(self.throttle_key(&portal.slug, "claim-network", &[network]), policy::CLAIMS_PER_NETWORK)];
        let line = line_of(network);
        // On a line of one network the second limit is implied by the first.
        if line != network {
            let second: Vec<String> = typed.values.iter().map(SecondValue::folded).collect();
            let second = second.join("\u{1f}");
            own.push((self.throttle_key(&portal.slug, "claim-second", &[&line, &second]), policy::CLAIMS_PER_SECOND_VALUE));
        }
        Counters {
            own,
            number: (self.throttle_key(&portal.slug, "claim-number", &[number]), policy::CLAIMS_PER_NUMBER),
            kept: (self.throttle_key(&portal.slug, "claim-number-network", &[number, network]), policy::CLAIMS_PER_NUMBER_AND_NETWORK),
        }
    }

    /// Counts what a right guess leads to, if that guess had room. Where the number was used up since it was looked up, it goes on as a wrong
    /// one does: by what its network keeps, or refused until the same moment.
    pub(crate) async fn pass(
        &self,
        guess: Option<&Guess>,
        takes: &[(ThrottleKey, policy::Limit)],
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Some(Guess { counters, room }) = guess else {
            return self.limits(takes, now).await;
        };
        let found = self.ports.throttle.take_beside(room, takes, now).await?;
        let Err(refused) = allowed(&found, now) else { return Ok(()) };
        let room_now = self.room(counters, now).await?;
        if room_now == *room {
            return Err(refused);
        }
        allowed(&self.ports.throttle.take_beside(&room_now, takes, now).await?, now)
    }

    /// What a guess would be counted by at this moment.
    async fn room(&self, counters: &Counters, now: DateTime<Utc>) -> Result<Counted, Error> {
        let guess = counters.with(counters.number);
        let found = self.ports.throttle.look(&guess, now).await?;
        if is_only_number_used_up(&found, &guess) {
            let guess = counters.with(counters.kept);
            allowed(&self.ports.throttle.look(&guess, now).await?, now)?;
            return Ok(guess);
        }
        allowed(&found, now)?;
        Ok(guess)
    }

    /// Counts a wrong guess. Whether it was the last that the number has free over all networks.
    async fn count_guess(&self, counters: &Counters, now: DateTime<Utc>) -> Result<bool, Error> {
        let guess = counters.with(counters.number);
        let found = self.ports.throttle.take_all(&guess, now).await?;
        if is_only_number_used_up(&found, &guess) {
            // The number is being guessed at from many networks: each keeps one try a day, the owner's own too.
            self.limits(&counters.with(counters.kept), now).await?;
            return Ok(false);
        }
        allowed(&found, now)?;
        Ok(found.last().is_some_and(|taken| taken.count == GUESSES_PER_NUMBER))
    }

    /// Tells the clerks, once a day: a window that ends and is used up anew within it would tell them twice.
    async fn tell_of_guessing(&self, portal: &Arc<Portal>, typed: &TypedClaim, now: DateTime<Utc>) -> Result<(), Error> {
        let told = self.throttle_key(&portal.slug, "claim-number-told", &[typed.number.as_str()]);
        if self.ports.throttle.take(told, policy::CLAIMS_PER_NUMBER_AND_NETWORK, now).await?.refused_until.is_some() {
            return Ok(());
        }
        let mut step = self.step(portal, Actor::System, now);
        step.effect(
            Ref::Record(RecordId(Uuid::nil())),
            Effect::TellClerks(MailTemplate::GuessingAlarm, vec![Param::Count(GUESSES_PER_NUMBER), Param::PageLink(Page::Staff)]),
        );
        self.take(step).await.map(|_| ())
    }
}

fn is_only_number_used_up(found: &[Taken], guess: &[(ThrottleKey, policy::Limit)]) -> bool {
    found.len() == guess.len() && found.last().is_some_and(|number| number.refused_until.is_some())
}

/// The line that a network belongs to: whoever has one IPv6 network of 64 bits mostly has all 65,536 of its 48 bits, and could
/// try one name from each. Any other network is a line of its own.
fn line_of(network: &str) -> Cow<'_, str> {
    let address = network.strip_suffix("/64").and_then(|address| address.parse::<Ipv6Addr>().ok());
    address.map_or(Cow::Borrowed(network), |address| format!("{}/48", Ipv6Addr::from_bits(address.to_bits() >> 80 << 80)).into())
}

fn context(portal: &Portal) -> Vec<u8> {
    format!("claim:{}", portal.slug).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_48_bits_of_ipv6_and_any_other_network_itself() {
        assert_eq!(line_of("2001:db8:1:2::/64"), "2001:db8:1::/48");
        assert_eq!(line_of("2001:db8:1:ffff::/64"), "2001:db8:1::/48");
        assert_eq!(line_of("2001:db8:2:2::/64"), "2001:db8:2::/48");
        assert_eq!(line_of("192.0.2.0/24"), "192.0.2.0/24");
        assert_eq!(line_of("local"), "local");
    }
}
