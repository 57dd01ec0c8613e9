//! The driver: ports, portals, and the loop that every story runs.

use crate::error::Error;
use crate::idle::{Engaged, Idle};
use crate::ports::{
    Actor, Backoffice, Clock, CommandRecord, Commit, CommitError, DigestPurpose, Directory, Entropy, Lookup, Outbox, OutboxChange,
    PasswordHasher, Sessions, Settlement, Store, Throttle, ThrottleKey, Vault, Version, Versioned,
};
use crate::step::{Decides, Step};
use crate::{Aggregate, Portal, Portals};
use chrono::{DateTime, TimeDelta, Utc};
use onboarding_core::{
    Claim, EmailAddress, Language, PortalSlug, Presented, Ref,
    account::Account,
    policy::{Limit, Retention},
    registration::AddressOwner,
};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard, Notify};

/// Everything the engine asks of the outside.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port of its name")]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub sessions: Arc<dyn Sessions>,
    pub outbox: Arc<dyn Outbox>,
    pub directory: Arc<dyn Directory>,
    pub throttle: Arc<dyn Throttle>,
    pub backoffice: Arc<dyn Backoffice>,
    pub hasher: Arc<dyn PasswordHasher>,
    pub vault: Arc<dyn Vault>,
    pub entropy: Arc<dyn Entropy>,
    pub clock: Arc<dyn Clock>,
}

/// The onboarding engine. Cheap to clone.
#[derive(Clone)]
pub struct Onboarding {
    pub(crate) ports: Ports,
    pub(crate) portals: Portals,
    /// Rung after every commit that puts something into the outbox and hands it to nobody.
    pub(crate) bell: Arc<Notify>,
    /// Workers that a step may hand a mail to.
    pub(crate) idle: Arc<Idle>,
    turns: Arc<[Mutex<()>; TURNS]>,
    pub(crate) keep: Retention,
}

/// Who asks, as far as the engine wants to know.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The network: /24 or /64, or any stable word for it.
    pub network: String,
    /// The language of the answer.
    pub language: Language,
    /// The command's id, where the call may be repeated.
    pub command: Option<CommandId>,
    /// The mark of a browser that has signed in before, as it was sent.
    pub browser: Option<String>,
}

/// A repeatable command: who calls what, with which key and body.
#[derive(Clone, Debug)]
pub struct CommandId {
    /// The route, by its pattern and method.
    pub route: &'static str,
    /// Who calls: a word that no other caller has, made of the session's token where there is one.
    pub caller: String,
    /// The caller's key, at least 128 bit.
    pub key: String,
    /// The request's body, with the path's own values.
    pub body: Vec<u8>,
}

/// How often a step is decided anew when somebody else was faster.
pub(crate) const ATTEMPTS: usize = 4;

/// Repeatable commands that may be under way at once without waiting for another's turn by chance.
const TURNS: usize = 256;

/// What became of a commit.
pub(crate) enum Taken {
    /// Done.
    Yes,
    /// Somebody was faster: load and decide again.
    Again,
    /// Somebody holds this claim: decide again with that as a fact.
    Lost(Claim),
}

/// Who holds an address: a fact that the commit must still find so.
pub(crate) struct Ownership {
    fact: Held,
    owner: Option<AddressOwner>,
}

enum Held {
    By(Ref, Version),
    ByNobody(Claim),
}

impl Ownership {
    /// The fact for a decision; the step is taken only while it is true.
    pub(crate) fn stated_in(self, step: &mut Step) -> Option<AddressOwner> {
        match self.fact {
            Held::By(account, version) => step.commit.expects.push((account, version)),
            Held::ByNobody(claim) => step.commit.expects_free.push(claim),
        }
        self.owner
    }
}

impl Onboarding {
    /// An engine over these ports and portals.
    pub fn new(ports: Ports, portals: Portals) -> Self {
        let turns = Arc::new(std::array::from_fn(|_| Mutex::new(())));
        Self { ports, portals, bell: Arc::new(Notify::new()), idle: Arc::default(), turns, keep: Retention::default() }
    }

    /// Keeps things as long as this says.
    #[must_use]
    pub fn with_retention(mut self, keep: Retention) -> Self {
        self.keep = keep;
        self
    }

    /// The portals.
    pub fn portals(&self) -> &Portals {
        &self.portals
    }

    /// The ports, for doors that need one themselves.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// A portal by its slug.
    pub fn portal(&self, slug: &str) -> Result<Arc<Portal>, Error> {
        PortalSlug::parse(slug).and_then(|slug| self.portals.get(&slug).cloned()).ok_or(Error::UnknownPortal)
    }

    pub(crate) async fn now(&self) -> Result<DateTime<Utc>, Error> {
        Ok(self.ports.store.now().await?)
    }

    pub(crate) fn step(&self, portal: &Arc<Portal>, actor: Actor, now: DateTime<Utc>) -> Step {
        Step::new(self.clone(), portal.clone(), actor, now)
    }

    /// Commits a step; nothing of it was revealed before.
    pub(crate) async fn take(&self, mut step: Step) -> Result<Taken, Error> {
        let engaged = self.idle.engage(&mut step.commit);
        let rings = step.commit.outbox.iter().any(|change| !matches!(change, OutboxChange::HandOver(_) | OutboxChange::Withdraw { .. }));
        let committed = match engaged {
            // To its end, although whoever asked may go away: what is handed over in the commit has to reach its worker.
            Some(engaged) => {
                let engine = self.clone();
                let handing_over = tokio::spawn(async move {
                    let committed = engine.ports.store.commit(step.commit).await;
                    if committed.is_ok() {
                        engine.hand_over(engaged).await;
                    }
                    committed
                });
                handing_over.await.map_err(|_| Error::Internal("a step broke off".to_owned()))?
            }
            None => self.ports.store.commit(step.commit).await,
        };
        match committed {
            Ok(()) => {
                if rings {
                    self.bell.notify_one();
                }
                Ok(Taken::Yes)
            }
            // A duplicate is found by the next round's look at the replies.
            Err(CommitError::Conflict | CommitError::Duplicate) => Ok(Taken::Again),
            Err(CommitError::Claimed(claim)) => Ok(Taken::Lost(claim)),
            Err(CommitError::Fenced) => Err(Error::Internal("a step without a lease was fenced".to_owned())),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    /// A worker that is gone meanwhile is told by its place: what it would have begun is anybody's at once.
    async fn hand_over(&self, engaged: Engaged) {
        let Some(lease) = engaged.begin() else { return };
        let given_back = async {
            let now = self.now().await?;
            let mut commit = Commit::new(now, lease.delivery.portal.clone(), Actor::System);
            let result = Settlement::Retry { at: now, reason: "not_reached".to_owned() };
            commit.outbox.push(OutboxChange::Settle { id: lease.delivery.id, fence: lease.fence, result });
            self.ports.store.commit(commit).await.map_err(|error| Error::Internal(error.to_string()))
        };
        match given_back.await {
            Ok(()) => self.bell.notify_one(),
            // As after a crash: another takes it over once the lease has run out.
            Err(error) => tracing::warn!(delivery = %lease.delivery.id, %error, "could not give back what nobody began"),
        }
    }

    pub(crate) async fn load<A: Decides>(&self, what: Ref) -> Result<Option<Versioned<A>>, Error> {
        let Some(found) = self.ports.store.load(what).await? else { return Ok(None) };
        narrowed(found).map(Some).ok_or_else(|| Error::Internal(format!("{} is something else", what.kind())))
    }

    /// The account behind a claim: the same work whether or not there is one.
    pub(crate) async fn account_by(&self, claim: Claim) -> Result<Option<Versioned<Account>>, Error> {
        let found = self.ports.store.behind(&Lookup::Claim(claim)).await?;
        found
            .map(|found| narrowed(found).ok_or_else(|| Error::Internal("an account's claim is held by something else".to_owned())))
            .transpose()
    }

    /// Whose address this is. Nobody's also where the portal signs in by number: two may share an address there.
    pub(crate) async fn owner_of(&self, portal: &Portal, email: &EmailAddress) -> Result<Ownership, Error> {
        let claim = Claim::Email(portal.slug.clone(), email.key());
        let account = self.account_by(claim.clone()).await?;
        Ok(match account {
            Some(account) => Ownership {
                fact: Held::By(Ref::Account(account.value.id()), account.version),
                owner: Some(AddressOwner { email: account.value.email().clone(), language: account.value.language() }),
            },
            None => Ownership { fact: Held::ByNobody(claim), owner: None },
        })
    }

    pub(crate) fn throttle_key(&self, portal: &PortalSlug, what: &str, parts: &[&str]) -> ThrottleKey {
        let mut all = vec![portal.as_str().as_bytes(), what.as_bytes()];
        all.extend(parts.iter().map(|part| part.as_bytes()));
        ThrottleKey(self.ports.vault.digest(DigestPurpose::Throttle, &all))
    }

    /// Takes one, or refuses until the limit allows another.
    pub(crate) async fn limit(&self, key: ThrottleKey, limit: Limit, now: DateTime<Utc>) -> Result<(), Error> {
        allowed(&[self.ports.throttle.take(key, limit, now).await?], now)
    }

    /// Takes one of each, or none of them, and refuses until the first that is used up allows another.
    pub(crate) async fn limits(&self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Result<(), Error> {
        allowed(&self.ports.throttle.take_all(takes, now).await?, now)
    }

    /// Waits while the same command is under way, and holds its turn until dropped, after the commit: repeats that overlap then find the first
    /// one's reply, instead of counting against its limits or being refused by what it did. Between servers the store's unique command id
    /// decides.
    pub(crate) async fn turn(&self, portal: &Portal, caller: &Caller) -> Option<MutexGuard<'_, ()>> {
        let command = caller.command.as_ref()?;
        let digest = self.ports.vault.digest(DigestPurpose::Command, &command.key(portal));
        Some(self.turns[usize::from(digest.bytes[0]) % TURNS].lock().await)
    }

    /// The reply to a command that was carried out before.
    pub(crate) async fn replayed<T: DeserializeOwned>(
        &self,
        portal: &Portal,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<Option<T>, Error> {
        let Some(command) = &caller.command else { return Ok(None) };
        let vault = &self.ports.vault;
        let Some(replay) = self.ports.store.replay(&vault.presented(DigestPurpose::Command, &command.key(portal)), now).await? else {
            return Ok(None);
        };
        let body = vault.presented(DigestPurpose::CommandBody, &[&command.body]);
        if !body.matches(&replay.body) {
            return Err(Error::IdempotencyMismatch);
        }
        let plain = vault.open(COMMAND_CONTEXT, &replay.reply).map_err(|error| Error::Internal(error.to_string()))?;
        serde_json::from_slice(&plain).map(Some).map_err(|error| Error::Internal(format!("could not read a stored reply: {error}")))
    }

    /// Lays the reply down with the step, so that a repeat is answered alike.
    pub(crate) fn remember<T: Serialize>(&self, step: &mut Step, portal: &Portal, caller: &Caller, reply: &T) -> Result<(), Error> {
        if let Some(command) = &caller.command {
            let vault = &self.ports.vault;
            let plain = serde_json::to_vec(reply).map_err(|error| Error::Internal(format!("could not store a reply: {error}")))?;
            step.commit.command = Some(CommandRecord {
                key: vault.digest(DigestPurpose::Command, &command.key(portal)),
                body: vault.digest(DigestPurpose::CommandBody, &[&command.body]),
                reply: vault.seal(COMMAND_CONTEXT, &plain),
            });
        }
        Ok(())
    }

    /// Lays down the reply of a command that commits nothing of its own. Without a key there is nothing to lay down.
    pub(crate) async fn note<T: Serialize>(
        &self,
        portal: &Arc<Portal>,
        caller: &Caller,
        now: DateTime<Utc>,
        reply: &T,
    ) -> Result<Taken, Error> {
        if caller.command.is_none() {
            return Ok(Taken::Yes);
        }
        let mut step = self.step(portal, Actor::Anonymous, now);
        self.remember(&mut step, portal, caller, reply)?;
        self.take(step).await
    }

    /// Where a token leads.
    pub(crate) async fn behind(&self, token: Presented) -> Result<Option<Ref>, Error> {
        Ok(self.ports.store.find(&Lookup::Token(token)).await?)
    }
}

/// Refuses what a limit refused.
pub(crate) fn allowed(taken: &[crate::ports::Taken], now: DateTime<Utc>) -> Result<(), Error> {
    match taken.iter().find_map(|taken| taken.refused_until) {
        None => Ok(()),
        Some(until) => Err(Error::Throttled { until: until.max(now + TimeDelta::seconds(1)), now }),
    }
}

/// Binds a stored reply's seal.
const COMMAND_CONTEXT: &[u8] = b"command-reply";

impl CommandId {
    fn key<'a>(&'a self, portal: &'a Portal) -> [&'a [u8]; 4] {
        [portal.slug.as_str().as_bytes(), self.route.as_bytes(), self.caller.as_bytes(), self.key.as_bytes()]
    }
}

/// Narrows one thing to a kind; `None` for another kind.
pub(crate) fn narrowed<A: TryFrom<Aggregate>>(found: Versioned<Aggregate>) -> Option<Versioned<A>> {
    Some(Versioned { value: A::try_from(found.value).ok()?, version: found.version })
}

/// Narrows what the store gave to one kind of aggregate.
pub(crate) fn only<A: TryFrom<Aggregate>>(found: Vec<Versioned<Aggregate>>) -> Vec<Versioned<A>> {
    found.into_iter().filter_map(narrowed).collect()
}
