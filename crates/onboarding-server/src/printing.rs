//! `letters print`: hands the letters that wait to the press. Which they are is the worker's to say; this file decides what is told of it.

use crate::config::Settings;
use crate::letters;
use crate::wiring::House;
use anyhow::{Result, bail};
use async_trait::async_trait;
use onboarding::Worker;
use onboarding::ports::{MailError, MailOrder, Mailer, Receipt, RenderedMail, Stationery, StationeryError};
use onboarding_core::DeliveryId;
use std::fmt::Write as _;
use std::sync::Arc;

/// Stands where mails are written and sent: this command has none.
struct NoMails;

impl Stationery for NoMails {
    fn mail(&self, order: &MailOrder) -> Result<RenderedMail, StationeryError> {
        Err(StationeryError::Text { template: order.template.word(), reason: "this command sends no mails".to_owned() })
    }
}

#[async_trait]
impl Mailer for NoMails {
    async fn send(&self, _id: DeliveryId, _mail: &RenderedMail) -> Result<Receipt, MailError> {
        Err(MailError::Transient { reason: "no_mails_here".to_owned(), retry_after: None })
    }
}

/// Prints what waits; tells how many.
///
/// # Errors
/// An unknown portal; letters that the press does not take.
pub(crate) async fn waiting(house: &House, settings: &Settings, slug: &str) -> Result<String> {
    let portal = house.called(slug)?;
    let press = letters::press(settings, Arc::clone(&house.engine.ports().clock))?;
    let worker = Worker::new(house.engine.clone(), Arc::new(NoMails), Arc::new(NoMails));
    let worker = worker.with_letters(Arc::new(letters::writer(&house.texts, settings)), press);
    let now = worker.print_waiting(&portal.slug).await?;
    let mut told = format!("{slug}: {} letters printed", now.printed);
    for (count, what) in [(now.void, "are void"), (now.parked, "wait for a clerk"), (now.waiting, "wait on")] {
        if count > 0 {
            // Writing into a text cannot fail.
            let _ = write!(told, ", {count} {what}");
        }
    }
    match now.reason {
        Some(reason) => bail!("{told}: {reason}"),
        None if now.waiting > 0 => bail!("{told}: another process is at them"),
        None => Ok(told + "\n"),
    }
}
