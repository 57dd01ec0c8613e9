//! Letters: accessible PDF for window envelopes, and a spool folder that prints each one once. The one crate that knows
//! how a PDF is made.
//!
//! # A tour
//! - [`PdfLetters`]: writes the letter with a PIN, and the one with a registration number. Same order, same bytes.
//! - [`LetterTexts`]: where its words and dates come from. Adapters never depend on one another, so whoever wires the
//!   house puts the texts behind this trait.
//! - [`Window`]: where on the sheet an envelope shows the address, one for each layout that a portal may choose.
//! - [`SpoolPress`]: the letter press whose printer is a folder; a manifest tells a printing house what lies in it.
//! - [`IppPress`]: the letter press that is a printer, by IPP; the same letter once.
//! - [`LetterFault`]: why a letter is not written. A character that no font has is a fault, never an empty box.
//!
//! Inside, a letter goes through four hands: `address` says what stands in the window, `face` shapes and measures text,
//! `flow` breaks it into lines and shrinks it within bounds, `sheet` puts lines, codes and marks onto the page with the tags
//! that a screen reader follows (PDF/UA-1).
//!
//! Lengths are millimetres from the upper left corner of the sheet; sizes of type are points.
//!
//! It decides nothing about when and how often a letter is printed: the outbox does.

mod address;
mod code;
mod face;
mod fault;
mod flow;
mod ipp;
mod letters;
mod sheet;
mod spool;
mod texts;
mod window;

pub use fault::LetterFault;
pub use ipp::{IppAddress, IppError, IppPatience, IppPress};
pub use letters::PdfLetters;
pub use spool::SpoolPress;
pub use texts::LetterTexts;
pub use window::{FOLDS, Window};
