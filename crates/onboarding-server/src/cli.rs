//! The command line: which commands there are, what they take, and how their help reads.

use crate::config::{Environment, Settings};
use crate::fault::Faults;
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where the demo listens and where its data lie, unless told otherwise.
const DEMO_LISTEN: &str = "127.0.0.1:8080";
const DEMO_DATA: &str = "onboarding-data";
const CONFIG: &str = "onboarding.toml";

/// Registration, sign-in and accounts for customer portals whose customers are in the books already
#[derive(Parser)]
#[command(name = "onboarding", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Try it: sample portals with sample records, mails as files, everything in one folder
    Demo {
        /// Where to listen; loopback only, port 0 takes a free one
        #[arg(long, value_name = "ADDRESS", default_value = DEMO_LISTEN, value_parser = loopback)]
        listen: SocketAddr,
        /// The folder that holds everything the demo writes; made if missing
        #[arg(long, value_name = "DIR", default_value = DEMO_DATA)]
        data: PathBuf,
    },
    /// Serve the portals of a configuration until told to stop
    Serve {
        /// The configuration
        #[arg(long, value_name = "FILE", default_value = CONFIG)]
        config: PathBuf,
    },
    /// Make the keys of a new installation and bring its database to the newest schema
    Migrate(Installation),
    /// Read configuration, portals, texts, layouts of mails, keys and database, and tell every fault with file, line and reason
    Check(Installation),
    /// Master data
    #[command(subcommand)]
    Records(Records),
    /// Clerks
    #[command(subcommand)]
    Staff(Staff),
    /// Open the accounts of records: the number by one mail, the initial password by another. All numbers are looked at before the first
    /// mail is ordered; records that have an account are skipped
    Provision {
        /// The portal's slug
        portal: String,
        /// The records' numbers
        #[arg(required_unless_present = "numbers", conflicts_with = "numbers")]
        number: Vec<String>,
        /// A file with the numbers, one a line
        #[arg(long, value_name = "FILE")]
        numbers: Option<PathBuf>,
        #[command(flatten)]
        installation: Installation,
    },
    /// PINs for the yearly notice
    #[command(subcommand)]
    Pins(Pins),
    /// Letters
    #[command(subcommand)]
    Letters(Letters),
    /// Invite a super admin for a record: adds to those it has, by a mail with a link
    SuperAdmin {
        /// The portal's slug
        portal: String,
        /// The record's number
        number: String,
        /// The address
        email: String,
        #[command(flatten)]
        installation: Installation,
    },
    /// The keys of the installation
    #[command(subcommand)]
    Secrets(Secrets),
    /// Print the OpenAPI document
    Openapi {
        /// Taken like everywhere, and read where given; the document is the same for every installation
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub(crate) enum Records {
    /// Take records over from a CSV file: all of it, or nothing and the first fault with row, column and reason
    Import {
        /// The portal's slug
        portal: String,
        /// The file: a header row, UTF-8, `,` or `;`
        file: PathBuf,
        #[command(flatten)]
        installation: Installation,
    },
}

#[derive(Subcommand)]
pub(crate) enum Staff {
    /// Name a clerk and print a one-use token, good for 24 hours; for an address that has one, its password and sessions end at once
    Add {
        /// The portal's slug
        portal: String,
        /// The clerk's address, which signs in
        email: String,
        #[command(flatten)]
        installation: Installation,
    },
}

#[derive(Subcommand)]
pub(crate) enum Secrets {
    /// Put a new key before the others: servers read it within seconds, and digest and seal with it once the wait is over. The old ones go on
    /// opening what they sealed and recognising their tokens, codes and PINs
    Rotate {
        /// Minutes until the new key is used: long enough for every server to have the file
        #[arg(long, value_name = "MINUTES", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=10_080))]
        wait: u32,
        #[command(flatten)]
        installation: Installation,
    },
}

#[derive(Subcommand)]
pub(crate) enum Letters {
    /// Print the letters with PINs that wait: those of a portal that the printer, or the spool, did not take so far, without waiting for their
    /// next try. For the mail room, once the printer works again; a server may run beside it, and each letter is printed once. Ends with
    /// exit code 1 while letters wait on. Letters that wait for a clerk stay where they are
    Print {
        /// The portal's slug
        portal: String,
        #[command(flatten)]
        installation: Installation,
    },
    /// Lay a letter with the registration number into the spool for each number of a file: the whole list, or nothing and every line that
    /// cannot be printed; a number whose letter was laid there before is left out
    Registration {
        /// The portal's slug
        portal: String,
        /// The file: one number a line
        #[arg(long, value_name = "FILE")]
        numbers: PathBuf,
        #[command(flatten)]
        installation: Installation,
    },
}

#[derive(Subcommand)]
pub(crate) enum Pins {
    /// Issue a PIN for each number, into a new CSV file that only its owner reads; older notices' PINs are void
    Issue {
        /// The portal's slug
        portal: String,
        /// A file with the numbers, one a line; all of them must be in the books
        #[arg(long, value_name = "FILE")]
        numbers: PathBuf,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The last day of the PINs, at most 400 days away; a year without it
        #[arg(long, value_name = "YYYY-MM-DD")]
        valid_until: Option<String>,
        #[command(flatten)]
        installation: Installation,
    },
}

/// Which installation a command works on.
#[derive(Args)]
pub(crate) struct Installation {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = CONFIG)]
    config: PathBuf,
    /// The demo's folder, instead of a configuration
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,
}

impl Installation {
    /// Its settings.
    pub(crate) fn settings(&self, environment: Environment) -> Result<Settings, Faults> {
        match &self.data {
            None => Settings::of_file(&self.config, environment),
            Some(data) => {
                let listen = DEMO_LISTEN.parse().expect("the demo's address is one");
                Settings::of_demo(data, listen, environment)
            }
        }
    }

    /// Whether it is the demo's.
    pub(crate) fn is_demo(&self) -> bool {
        self.data.is_some()
    }
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| format!("expected an address and a port, such as {DEMO_LISTEN}"))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("the demo speaks plain http and shows its mails, so it listens on loopback only".to_owned())
    }
}
