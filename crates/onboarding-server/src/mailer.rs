//! The mailer that the settings ask for: a mail server, with what is read from files, or a folder.

use crate::config::{MailPlace, Settings};
use anyhow::{Context as _, Result, anyhow};
use onboarding::ports::Mailer;
use onboarding_mail::smtp::{Login, Patience, SmtpSettings};
use onboarding_mail::{FolderMailer, SmtpMailer};
use secrecy::SecretString;
use std::path::Path;
use std::sync::Arc;

/// Nothing is connected yet.
///
/// # Errors
/// A file that cannot be read, or certificates that are none.
pub(crate) fn mailer(settings: &Settings) -> Result<Arc<dyn Mailer>> {
    let server = match &settings.mail {
        MailPlace::Folder(folder) => return Ok(Arc::new(FolderMailer::new(folder))),
        MailPlace::Server(server) => server,
    };
    let password = match (&server.password, &server.password_file) {
        (Some(password), _) => Some(password.clone()),
        (None, Some(path)) => Some(password_in(path)?),
        (None, None) => None,
    };
    let login = server.username.clone().zip(password).map(|(user, password)| Login { user, password });
    let roots = match &server.ca_file {
        None => Vec::new(),
        Some(path) => onboarding_mail::smtp::certificates(path).with_context(|| format!("could not use {}", path.display()))?,
    };
    let hello = server.hello_name.clone().unwrap_or_else(|| settings.server.base_url.host().to_owned());
    let mailer = SmtpMailer::new(SmtpSettings {
        host: server.host.clone(),
        port: server.port,
        security: server.security,
        login,
        roots,
        hello,
        per_minute: server.per_minute,
        patience: Patience::default(),
    });
    Ok(Arc::new(mailer.context("could not use the mail server")?))
}

fn password_in(path: &Path) -> Result<SecretString> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow!("could not read the mail server's password from {}: {}", path.display(), error.kind()))?;
    // An editor ends a file with a line break; a password has none.
    Ok(text.trim_end_matches(['\r', '\n']).into())
}
