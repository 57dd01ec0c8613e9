//! Handing mails over. The one crate that knows lettre.
//!
//! - [`message`]: a rendered mail as the bytes of a MIME message, the same for every way of sending.
//! - [`FolderMailer`]: one `.eml` file per mail, for the demo and for tests.
//! - [`SmtpMailer`]: a mail server, encrypted or on this machine.
//!
//! It decides nothing about when and how often a mail is sent: the outbox does.

mod folder;
pub mod message;
pub mod smtp;

pub use folder::FolderMailer;
pub use smtp::SmtpMailer;
