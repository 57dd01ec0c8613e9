//! What an account says of itself: name, language, everything held.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::ports::{Actor, AuditRow, MembershipFact};
use crate::stories::consents::ConsentView;
use crate::stories::session::{MembershipView, Needs, SessionListEntry, SessionView};
use crate::{Onboarding, forms};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, Language, Ref, RegistrationId, Uuid,
    account::{self, Account, Command},
    membership::Standing,
    registration::Registration,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// An account as its person sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// The proved address.
    pub email: String,
    /// An address that waits for its proof.
    pub pending_email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// The person's language.
    pub language: Language,
    /// When it opened.
    pub opened_at: DateTime<Utc>,
    /// When somebody last signed in.
    pub last_sign_in: Option<DateTime<Utc>>,
}

impl AccountView {
    pub(crate) fn of(account: &Account) -> Self {
        let person = account.person();
        Self {
            id: account.id(),
            email: account.email().as_str().to_owned(),
            pending_email: account.new_email().map(|pending| pending.email.as_str().to_owned()),
            first_name: person.first_name.as_ref().map(|name| name.as_str().to_owned()),
            last_name: person.last_name.as_ref().map(|name| name.as_str().to_owned()),
            language: account.language(),
            opened_at: account.opened_at(),
            last_sign_in: account.last_sign_in(),
        }
    }
}

/// What a person changes.
#[derive(Clone, Debug, Default)]
pub struct Amendment {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Language, BCP 47.
    pub language: Option<String>,
}

/// Everything held about an account.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    /// When it was made.
    pub exported_at: DateTime<Utc>,
    /// The account.
    pub account: AccountView,
    /// Birth date.
    pub birth_date: Option<chrono::NaiveDate>,
    /// The memberships, ended ones too, oldest first.
    pub memberships: Vec<HeldMembership>,
    /// The registration that it came from; `None` once retention no longer keeps a trace of it, or where there was none.
    pub registration: Option<HeldRegistration>,
    /// Every decision on a document, oldest first.
    pub consents: Vec<ConsentView>,
    /// The living sessions.
    pub sessions: Vec<SessionListEntry>,
    /// The audit trail, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// A membership in whatever state.
#[derive(Clone, Debug, Serialize)]
pub struct HeldMembership {
    /// What it is of.
    pub view: MembershipView,
    /// `requested`, `active`, `suspended`, `ended`.
    pub state: &'static str,
    /// When it began.
    pub since: DateTime<Utc>,
}

/// What is kept of a registration.
#[derive(Clone, Debug, Serialize)]
pub struct HeldRegistration {
    /// Its id.
    pub id: RegistrationId,
    /// What was typed; `None` once the registration itself is purged.
    pub typed: Option<Typed>,
    /// Its audit trail, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// What was typed into the register form, as far as it is kept.
#[derive(Clone, Debug, Serialize)]
pub struct Typed {
    /// The address.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Birth date.
    pub birth_date: Option<chrono::NaiveDate>,
    /// The claimed record's number.
    pub record: Option<String>,
}

/// One line of the audit trail.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What, in the past tense.
    pub kind: String,
}

/// Under which name an account's first audit entry tells the registration it came from.
pub(crate) const REGISTRATION: &str = "registration";

fn told(history: Vec<AuditRow>) -> Vec<HistoryEntry> {
    history.into_iter().map(|row| HistoryEntry { at: row.at, kind: row.kind }).collect()
}

impl Onboarding {
    /// The caller's account.
    pub fn account_view(session: &SessionView) -> AccountView {
        AccountView::of(&session.facts.account.value)
    }

    /// Changes name or language.
    ///
    /// # Errors
    /// Fields to mend.
    pub async fn amend(&self, session: &SessionView, amendment: &Amendment) -> Result<AccountView, Error> {
        if amendment.first_name.is_some() || amendment.last_name.is_some() {
            // Only the language may change before a session's duties are done.
            session.may(Needs::Everything)?;
        }
        let mut faults = Vec::new();
        let mut name =
            |field: &str, text: Option<&String>| text.and_then(|text| forms::name(field, text).map_err(|fault| faults.push(fault)).ok());
        let first_name = name("first_name", amendment.first_name.as_ref());
        let last_name = name("last_name", amendment.last_name.as_ref());
        let language = amendment
            .language
            .as_deref()
            .map(|tag| Language::from_tag(tag).filter(|language| session.portal.journey.languages.contains(language)));
        if language == Some(None) {
            faults.push(forms::FieldError::new("language", "unknown"));
        }
        if !faults.is_empty() {
            return Err(Error::Input(faults));
        }
        for _ in 0..ATTEMPTS {
            let before = self.account(session.account()).await?;
            session.lives_beside(&before.value)?;
            let mut step = self.step(&session.portal, Actor::Account(session.account()), self.now().await?);
            let command = Command::Amend { first_name: first_name.clone(), last_name: last_name.clone(), language: language.flatten() };
            let (after, _) = step.decide(Some(&before), command)?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(AccountView::of(after.as_ref().unwrap_or(&before.value)));
            }
        }
        Err(Error::Contended)
    }

    /// The same for whoever also knows the password: a page stays open on a desk.
    ///
    /// # Errors
    /// A wrong password as a refusal of the account; [`Error::Throttled`].
    pub async fn export_to(&self, caller: &Caller, session: &SessionView, password: &SecretString) -> Result<Export, Error> {
        if !self.confirm_identity(caller, session, password).await? {
            return Err(account::Refusal::WrongPassword.into());
        }
        self.export(session).await
    }

    /// Everything held about the caller's account.
    pub async fn export(&self, session: &SessionView) -> Result<Export, Error> {
        let account = &session.facts.account.value;
        let history = self.ports.store.history(Ref::Account(account.id())).await?;
        // A letter is asked for alike whether the number is in the books: what that began is told once it was granted.
        let granted = |fact: &&MembershipFact| fact.membership.value.standing() != Standing::Requested;
        let held = |fact: &MembershipFact| {
            let membership = &fact.membership.value;
            HeldMembership { view: MembershipView::of(fact), state: membership.word(), since: membership.since() }
        };
        Ok(Export {
            exported_at: session.now,
            account: AccountView::of(account),
            birth_date: account.person().birth_date,
            memberships: session.facts.memberships.iter().filter(granted).map(held).collect(),
            registration: self.held_registration(&history).await?,
            consents: self.consents(session).await?,
            sessions: self.sessions(session).await?,
            history: told(history),
        })
    }

    /// The registration that an account's trail names as its beginning.
    async fn held_registration(&self, history: &[AuditRow]) -> Result<Option<HeldRegistration>, Error> {
        let named = |row: &AuditRow| {
            let details: serde_json::Value = serde_json::from_str(&row.details).ok()?;
            Uuid::parse_str(details.get(REGISTRATION)?.as_str()?).ok().map(RegistrationId)
        };
        let Some(id) = history.iter().find_map(named) else { return Ok(None) };
        let kept = self.load::<Registration>(Ref::Registration(id)).await?;
        let typed = kept.map(|kept| {
            let dossier = kept.value.dossier();
            let person = &dossier.applicant.0;
            Typed {
                email: dossier.email.as_str().to_owned(),
                first_name: person.first_name.as_ref().map(|name| name.as_str().to_owned()),
                last_name: person.last_name.as_ref().map(|name| name.as_str().to_owned()),
                birth_date: person.birth_date,
                record: kept.value.record().map(|number| number.as_str().to_owned()),
            }
        });
        Ok(Some(HeldRegistration { id, typed, history: told(self.ports.store.history(Ref::Registration(id)).await?) }))
    }

    /// Who asks, for calls that need nothing else.
    pub fn caller(network: impl Into<String>, language: Language) -> Caller {
        Caller { network: network.into(), language, command: None, browser: None }
    }
}
