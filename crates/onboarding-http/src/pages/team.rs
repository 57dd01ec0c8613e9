//! `/{p}/team`: what a record's super admin decides: requests, members, invitations. What was shown is what is decided on.

use super::blocks::{Block, Button, Choice, Field, Line, Row, Way};
use super::view::{View, Wrong};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::stories::{InvitationForm, MemberChange, SessionView, TeamInvitation, TeamMember, TeamRequest, TeamView};
use onboarding_core::registration::Refusal;
use onboarding_core::{MembershipId, RegistrationId, Role, Uuid};
use onboarding_text::{Zone, moments};
use poem::http::StatusCode;

fn named(first: Option<&String>, last: Option<&String>, email: &str) -> String {
    let name: Vec<&str> = [first, last].into_iter().flatten().map(String::as_str).collect();
    if name.is_empty() { email.to_owned() } else { name.join(" ") }
}

impl Pages {
    fn decider(visit: &Visit) -> Result<&SessionView, Problem> {
        visit.session.as_ref().ok_or_else(|| Problem::unauthorized("sign_in_required"))
    }

    async fn own_team(&self, visit: &Visit) -> Result<TeamView, Problem> {
        self.api.engine().team(Self::decider(visit)?).await.map_err(problem_of)
    }

    /// The id in the address.
    fn id(visit: &Visit) -> Result<Uuid, Problem> {
        visit.part.as_deref().and_then(|text| Uuid::parse_str(text).ok()).ok_or_else(Problem::not_found)
    }

    fn role(&self, visit: &Visit, role: Role) -> Result<String, Problem> {
        let key = match role {
            Role::Member => "admin-role-member",
            Role::SuperAdmin => "admin-role-super",
        };
        self.text(&visit.portal, visit.language, key, &[])
    }

    pub(super) async fn team(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let team = self.own_team(visit).await?;
        let zone = Zone::of_country(&portal.country);
        let slug = &portal.slug;
        let me = Self::decider(visit)?.facts.account.value.email().as_str();
        let mut view = View::new(text("team-title")?);
        if visit.done.as_deref() == Some("saved") {
            view.done = Some(text("account-saved")?);
        }
        for record in &team.records {
            view = view.says(format!("{} · {}", record.name, record.number));
        }
        view = view.with(Block::Heading { text: text("team-requests")? });
        if team.requests.is_empty() {
            view = view.says(text("admin-empty-approvals")?);
        }
        let mut items = Vec::new();
        for request in &team.requests {
            let date = moments::date(language, zone, request.requested_at);
            let asked = self.text(portal, language, "team-request-date", &[("date", date.as_str().into())])?;
            items.push(Way {
                href: format!("/{slug}/team/requests/{}", request.id),
                text: named(request.first_name.as_ref(), request.last_name.as_ref(), &request.email),
                note: Some(format!("{} · {asked}", request.email)),
            });
        }
        view = view.with(Block::Links { items }).with(Block::Heading { text: text("team-members")? });
        let mut items = Vec::new();
        for member in &team.members {
            let role = self.role(visit, member.role)?;
            let own = if member.email == me { format!(" {}", text("team-you")?) } else { String::new() };
            let closed = if member.suspended { format!(" · {}", text("state-locked")?) } else { String::new() };
            items.push(Way {
                href: format!("/{slug}/team/members/{}", member.id),
                text: named(member.first_name.as_ref(), member.last_name.as_ref(), &member.email),
                note: Some(format!("{} · {role}{closed}{own}", member.email)),
            });
        }
        view = view.with(Block::Links { items }).with(Block::Heading { text: text("team-invitations")? });
        if team.invitations.is_empty() {
            view = view.says(text("team-invitations-empty")?);
        }
        let mut items = Vec::new();
        for invitation in &team.invitations {
            let role = self.role(visit, invitation.role)?;
            items.push(Way {
                href: format!("/{slug}/team/invitations/{}", invitation.id),
                text: invitation.email.clone(),
                note: Some(role),
            });
        }
        view = view.with(Block::Links { items });
        let invite = Block::Button { href: format!("/{slug}/team/invite"), text: text("admin-invite")?, quiet: false };
        Ok(view.with(invite).with(Block::Link { href: format!("/{slug}/area"), text: text("area-title")? }).into())
    }

    /// A word, and what is said of it.
    fn labelled(&self, visit: &Visit, name: &str, value: &str) -> Result<String, Problem> {
        self.text(&visit.portal, visit.language, "common-labelled", &[("name", name.into()), ("value", value.into())])
    }

    fn row(name: String, value: &str) -> Row {
        Row { name, value: value.to_owned(), href: None, change: String::new() }
    }

    /// One request, with the version that is decided on.
    pub(super) async fn request(&self, visit: &Visit) -> Result<Turn, Problem> {
        let id = RegistrationId(Self::id(visit)?);
        let team = self.own_team(visit).await?;
        let request = team.requests.iter().find(|request| request.id == id).ok_or_else(Problem::not_found)?;
        let view = self.ask_decision(visit, request)?;
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let version = posted.text("version").parse().map_err(|_| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"))?;
        let (engine, session) = (self.api.engine(), Self::decider(visit)?);
        let decided = match posted.decision() {
            Some("approve") => engine.approve(&visit.caller, session, id, version).await,
            Some("reject") => engine.reject(&visit.caller, session, id, version, posted.filled("reason").as_deref()).await,
            Some(_) | None => return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed").field("decision", "unknown")),
        };
        let text = |key: &str| self.text(&visit.portal, visit.language, key, &[]);
        match decided {
            Ok(_) => Ok(Turn::go(format!("team?done=saved&lang={}", visit.language))),
            Err(Error::Registration(Refusal::Outdated)) => {
                Ok(view.wrong(vec![Wrong::here(text("team-request-changed")?)]).status(StatusCode::CONFLICT).into())
            }
            Err(Error::Registration(Refusal::OwnRequest)) => Ok(view.wrong(vec![Wrong::here(text("err-ownRequest")?)]).into()),
            Err(Error::Input(faults)) => Ok(view.wrong(self.faults(&visit.portal, visit.language, &faults)?).into()),
            Err(error) => Err(problem_of(error)),
        }
    }

    fn ask_decision(&self, visit: &Visit, request: &TeamRequest) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let name = named(request.first_name.as_ref(), request.last_name.as_ref(), &request.email);
        let rows = vec![
            Self::row(text("field-firstName")?, request.first_name.as_deref().unwrap_or_default()),
            Self::row(text("field-lastName")?, request.last_name.as_deref().unwrap_or_default()),
            Self::row(text("field-email")?, &request.email),
            Self::row(text(&format!("field-{}", super::fields::number_word(portal.journey.number)))?, &request.record),
        ];
        let mut hidden = self.carried(visit);
        hidden.push(("version".into(), request.version.to_string()));
        let reason = Field::Sentences(Line {
            name: "reason",
            label: text("admin-reject-reason")?,
            hint: Some(text("admin-reject-hint")?),
            value: Self::typed(visit, "reason"),
            kind: "text",
            autocomplete: "off",
            optional: true,
            ..Line::default()
        });
        let title = self.text(portal, language, "admin-review", &[("name", name.as_str().into())])?;
        let view = View::new(title).says(text("team-request-check")?).with(Block::Rows { rows }).asks(Form {
            action: Self::here(visit, &format!("team/requests/{}", request.id)),
            hidden,
            fields: vec![reason],
            buttons: vec![
                Button::decides(text("admin-approve")?, "approve"),
                Button::decides(text("admin-reject")?, "reject").look("second"),
            ],
        });
        Ok(view.with(Block::Link { href: format!("/{}/team", portal.slug), text: text("common-back")? }))
    }

    /// Somebody is invited into one of the own records.
    pub(super) async fn invite_member(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let team = self.own_team(visit).await?;
        let typed = |name: &str| Self::typed(visit, name);
        let line = |name, key: &str, kind, optional| -> Result<Field, Problem> {
            Ok(Field::Line(Line { name, label: text(key)?, value: typed(name), kind, autocomplete: "off", optional, ..Line::default() }))
        };
        let mut fields = vec![
            line("email", "field-email", "email", false)?,
            line("first_name", "field-firstName", "text", true)?,
            line("last_name", "field-lastName", "text", true)?,
        ];
        let mut hidden = self.carried(visit);
        match team.records.as_slice() {
            [only] => hidden.push(("record".into(), only.number.clone())),
            all => {
                let options = all.iter().map(|record| (record.number.clone(), format!("{} · {}", record.name, record.number))).collect();
                let label = text("field-company")?;
                fields.push(Field::Choice(Choice { name: "record", label, hint: None, options, chosen: typed("record") }));
            }
        }
        let labelled = |name: &str, hint: &str| self.labelled(visit, &text(name)?, &text(hint)?);
        let options = vec![
            ("member".to_owned(), labelled("admin-role-member", "team-role-hint-member")?),
            ("super_admin".to_owned(), labelled("admin-role-super", "team-role-hint-super")?),
        ];
        fields.push(Field::Choice(Choice { name: "role", label: text("team-role")?, hint: None, options, chosen: typed("role") }));
        let days = u32::try_from(onboarding_core::policy::COMPLETION_LINK_LIFE.num_days()).unwrap_or_default();
        let view = View::new(text("admin-invite")?)
            .says(self.text(portal, language, "team-invite-intro", &[("days", days.into())])?)
            .asks(Form { action: Self::here(visit, "team/invite"), hidden, fields, buttons: vec![Button::new(text("admin-invite")?)] })
            .with(Block::Link { href: format!("/{}/team", portal.slug), text: text("common-back")? });
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let form = InvitationForm {
            record: posted.text("record").to_owned(),
            email: posted.text("email").to_owned(),
            first_name: posted.filled("first_name"),
            last_name: posted.filled("last_name"),
            role: posted.text("role").to_owned(),
        };
        match self.api.engine().invite(&visit.caller, Self::decider(visit)?, &form).await {
            Ok(_) => Ok(Turn::go(format!("team?done=saved&lang={language}"))),
            Err(Error::Input(faults)) => {
                let mut told = Vec::new();
                for fault in &faults {
                    if fault.field == "role" {
                        told.push(Wrong::at("role", text("err-role-empty")?));
                    } else {
                        told.extend(self.faults(portal, language, std::slice::from_ref(fault))?);
                    }
                }
                Ok(view.wrong(told).into())
            }
            Err(Error::Throttled { until, now }) => Ok(self.too_soon(visit, view, until, now)?.into()),
            Err(error) => Err(problem_of(error)),
        }
    }

    /// An invitation that waits: sent again, or taken back.
    pub(super) async fn invitation(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let id = RegistrationId(Self::id(visit)?);
        let team = self.own_team(visit).await?;
        let found: &TeamInvitation = team.invitations.iter().find(|invitation| invitation.id == id).ok_or_else(Problem::not_found)?;
        let mut rows = vec![Self::row(text("team-role")?, &self.role(visit, found.role)?)];
        if let Some(until) = found.expires_at {
            let date = moments::date(language, Zone::of_country(&portal.country), until);
            rows.push(Self::row(text("device-until")?, &date));
        }
        let view = View::new(found.email.clone()).with(Block::Rows { rows }).asks(Form {
            action: Self::here(visit, &format!("team/invitations/{id}")),
            hidden: self.carried(visit),
            fields: Vec::new(),
            buttons: vec![
                Button::decides(text("team-invite-resend")?, "resend"),
                Button::decides(text("team-invite-revoke")?, "revoke").look("danger"),
            ],
        });
        let view = view.with(Block::Link { href: format!("/{}/team", portal.slug), text: text("common-back")? });
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let (engine, session) = (self.api.engine(), Self::decider(visit)?);
        let done = match posted.decision() {
            Some("resend") => engine.resend_invitation(&visit.caller, session, id).await,
            Some("revoke") => engine.revoke_invitation(session, id).await,
            Some(_) | None => return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed").field("decision", "unknown")),
        };
        match done {
            Ok(()) => Ok(Turn::go(format!("team?done=saved&lang={language}"))),
            Err(Error::Throttled { until, now }) => Ok(self.too_soon(visit, view, until, now)?.into()),
            Err(error) => Err(problem_of(error)),
        }
    }

    /// One member: closed and opened again, another role, removed.
    pub(super) async fn member(&self, visit: &Visit) -> Result<Turn, Problem> {
        let id = MembershipId(Self::id(visit)?);
        let team = self.own_team(visit).await?;
        let found = team.members.iter().find(|member| member.id == id).ok_or_else(Problem::not_found)?;
        let view = self.ask_member(visit, found)?;
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let (engine, session) = (self.api.engine(), Self::decider(visit)?);
        let change = |role, suspended| MemberChange { role, suspended };
        let done = match posted.decision() {
            Some("suspend") => engine.change_member(session, id, change(None, Some(true))).await.map(|_| ()),
            Some("unsuspend") => engine.change_member(session, id, change(None, Some(false))).await.map(|_| ()),
            Some("super_admin") => engine.change_member(session, id, change(Some(Role::SuperAdmin), None)).await.map(|_| ()),
            Some("member") => engine.change_member(session, id, change(Some(Role::Member), None)).await.map(|_| ()),
            Some("remove") => engine.remove_member(session, id).await,
            Some(_) | None => return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed").field("decision", "unknown")),
        };
        match done {
            Ok(()) => {
                // Whoever gave the own role away has no team to come back to.
                let own = found.email == session.facts.account.value.email().as_str();
                let to = if own { "area" } else { "team" };
                Ok(Turn::go(format!("{to}?done=saved&lang={}", visit.language)))
            }
            Err(Error::LastSuperAdmin) => {
                let told = self.text(&visit.portal, visit.language, "err-lastSuperAdmin", &[])?;
                Ok(view.wrong(vec![Wrong::here(told)]).status(StatusCode::CONFLICT).into())
            }
            Err(error) => Err(problem_of(error)),
        }
    }

    fn ask_member(&self, visit: &Visit, member: &TeamMember) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let mut rows = vec![Self::row(text("field-email")?, &member.email), Self::row(text("team-role")?, &self.role(visit, member.role)?)];
        if member.suspended {
            rows.push(Self::row(text("admin-col-state")?, &text("state-locked")?));
        }
        let mut buttons = Vec::new();
        buttons.push(if member.suspended {
            Button::decides(text("team-unsuspend")?, "unsuspend")
        } else {
            Button::decides(text("team-suspend")?, "suspend").look("second")
        });
        if !member.suspended {
            let (to, value) = match member.role {
                Role::Member => (Role::SuperAdmin, "super_admin"),
                Role::SuperAdmin => (Role::Member, "member"),
            };
            let words = self.labelled(visit, &text("team-role-change")?, &self.role(visit, to)?)?;
            buttons.push(Button::decides(words, value).look("second"));
        }
        buttons.push(Button::decides(text("team-remove")?, "remove").look("danger"));
        let name = named(member.first_name.as_ref(), member.last_name.as_ref(), &member.email);
        let view = View::new(name).with(Block::Rows { rows }).asks(Form {
            action: Self::here(visit, &format!("team/members/{}", member.id)),
            hidden: self.carried(visit),
            fields: Vec::new(),
            buttons,
        });
        Ok(view.with(Block::Link { href: format!("/{}/team", portal.slug), text: text("common-back")? }))
    }
}
