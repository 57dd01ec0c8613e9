//! Every word a person reads: texts in four languages, dates in the reader's form, and mails in the portal's dress.
//!
//! Texts are Fluent messages in `locales/<language>/*.ftl`. A key of the wording (`mail.code.subject`) becomes a message
//! by one rule: dots become hyphens, everything else stays (`mail-code-subject`, `mail-customerNumber-body`). An operator may
//! override any text of a portal, and the two layouts of its mails.
//!
//! Pages and letters have their layouts elsewhere; this crate gives them their words.

pub mod mail;
pub mod moments;
pub mod texts;

pub use mail::{Contact, FaceFault, MailFace, MailForm, MailPreview, MailStationery, MailTheme};
pub use moments::Zone;
pub use texts::{Arg, Problem, TextFault, Texts};
