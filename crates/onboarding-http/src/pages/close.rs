//! `/{p}/account/export` and `/{p}/account/close`: everything that is held as a file, and the end of it; both ask for the password.

use super::blocks::{Block, Button};
use super::cookies::Purpose;
use super::view::View;
use super::{Form, Pages, Turn, Visit};
use crate::problem::Problem;

impl Pages {
    /// Everything held about the account, to keep.
    pub(super) async fn export(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = Self::signed_in(visit)?;
        let view = View::new(text("account-export")?).says(text("account-export-intro")?).asks(Form {
            action: Self::here(visit, "account/export"),
            hidden: self.carried(visit),
            fields: vec![self.own_password(visit)?],
            buttons: vec![Button::new(text("account-export")?)],
        });
        let view = view.with(self.back_to_account(visit)?);
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        if let Some(missing) = self.no_password(visit)? {
            return Ok(view.wrong(vec![missing]).into());
        }
        match self.api.engine().export_to(&visit.caller, session, &posted.secret("password")).await {
            Ok(export) => {
                let name = format!("{}-{}.json", portal.slug, export.exported_at.date_naive());
                let content = serde_json::to_vec_pretty(&crate::api::exported(export)).map_err(|_| Problem::internal())?;
                Ok(Turn::File { name, kind: "application/json", content })
            }
            Err(error) => self.told_at_password(visit, view, error),
        }
    }

    /// Closes the account for good.
    pub(super) async fn close(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = Self::signed_in(visit)?;
        let warning = format!("{} {}", text("account-delete-warn")?, text("account-delete-final")?);
        let view = View::new(text("account-delete")?).with(Block::Warning { text: warning }).asks(Form {
            action: Self::here(visit, "account/close"),
            hidden: self.carried(visit),
            fields: vec![self.own_password(visit)?],
            buttons: vec![Button::new(text("account-delete")?).look("danger")],
        });
        let view = view.with(self.back_to_account(visit)?);
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        if let Some(missing) = self.no_password(visit)? {
            return Ok(view.wrong(vec![missing]).into());
        }
        match self.api.engine().close_account(&visit.caller, session, &posted.secret("password")).await {
            Ok(()) => {
                let slug = portal.slug.as_str();
                let cookies = [Purpose::Session, Purpose::Flow, Purpose::Browser].map(|purpose| self.jar.delete(purpose, slug)).to_vec();
                Ok(Turn::Go { to: format!("login?done=closed&lang={language}"), cookies, clear: true })
            }
            Err(error) => self.told_at_password(visit, view, error),
        }
    }
}
