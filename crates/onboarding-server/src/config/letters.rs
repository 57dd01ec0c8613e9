//! Where letters go: PINs to a printer or into the spool's folder, lists of registration numbers into the folder always.
//!
//! A list is for a printing house: a printer forgets its jobs after a while, and the next run over the same list would print it again.

use super::table::Table;
use onboarding_letter::IppAddress;
use std::path::PathBuf;

/// Where letters go.
#[derive(Clone, Debug)]
pub(crate) struct LetterPlaces {
    /// Holds a folder of letters per portal, for whoever prints them.
    pub(crate) folder: PathBuf,
    pub(crate) printer: Option<Printer>,
}

/// A printer, or a print server's queue.
#[derive(Clone, Debug)]
pub(crate) struct Printer {
    pub(crate) address: IppAddress,
    /// Who signs its certificate, where browsers don't know them.
    pub(crate) ca_file: Option<PathBuf>,
}

impl LetterPlaces {
    /// Reads the section. `folder`: the spool's without another one.
    pub(super) fn of(table: &mut Table, folder: PathBuf) -> Self {
        let folder = table.path("letters", "folder").unwrap_or(folder);
        let address = table.parsed("letters", "printer", IppAddress::parse);
        let ca_file = table.path("letters", "ca_file");
        if ca_file.is_some() && !address.as_ref().is_some_and(IppAddress::has_tls) {
            table.fault("letters", "ca_file", "is for a printer that is reached by ipps://");
        }
        Self { folder, printer: address.map(|address| Printer { address, ca_file }) }
    }
}
