//! Where mails go: a mail server, or a folder of files.

use super::table::Table;
use onboarding_mail::smtp::Security;
use secrecy::SecretString;
use std::path::PathBuf;

/// Where mails go.
#[derive(Clone, Debug)]
pub(crate) enum MailPlace {
    /// Holds a folder of `.eml` files per portal.
    Folder(PathBuf),
    /// A mail server.
    Server(Box<MailServer>),
}

/// A mail server. Files are read when it is first needed.
#[derive(Clone, Debug)]
pub(crate) struct MailServer {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) password_file: Option<PathBuf>,
    /// Who signs its certificate, where browsers don't know them.
    pub(crate) ca_file: Option<PathBuf>,
    /// What we call ourselves; without it the host of our own address.
    pub(crate) hello_name: Option<String>,
    /// Mails a minute to one domain.
    pub(crate) per_minute: Option<u32>,
}

/// What only a mail server has.
const OF_A_SERVER: [&str; 6] = ["username", "password", "password_file", "ca_file", "hello_name", "per_minute"];

impl MailPlace {
    /// Reads the section.
    pub(super) fn of(table: &mut Table) -> Option<Self> {
        let folder = table.path("mail", "folder");
        let server = table.parsed("mail", "smtp", address);
        let username = table.parsed("mail", "username", |text| Ok(text.to_owned()));
        let password = table.parsed("mail", "password", |text| Ok(SecretString::from(text)));
        let password_file = table.path("mail", "password_file");
        let ca_file = table.path("mail", "ca_file");
        let hello_name = table.parsed("mail", "hello_name", |text| Ok(text.to_owned()));
        let per_minute = table.number("mail", "per_minute", 1..=100_000);
        match (folder, server) {
            (Some(_), Some(_)) => {
                table.fault("mail", "smtp", "mails go to a server or into a folder; name one of them");
                None
            }
            (Some(folder), None) => {
                let given = [
                    username.is_some(),
                    password.is_some(),
                    password_file.is_some(),
                    ca_file.is_some(),
                    hello_name.is_some(),
                    per_minute.is_some(),
                ];
                for (key, _) in OF_A_SERVER.into_iter().zip(given).filter(|(_, given)| *given) {
                    table.fault("mail", key, "is for a mail server; mails go into a folder here");
                }
                Some(Self::Folder(folder))
            }
            (None, Some((security, host, port))) => {
                if password.is_some() && password_file.is_some() {
                    table.fault("mail", "password_file", "the password is given already");
                }
                if username.is_some() != (password.is_some() || password_file.is_some()) {
                    table.fault("mail", "username", "a mail server wants a user and a password, or neither");
                }
                if security == Security::Loopback && username.is_some() {
                    table.fault("mail", "username", "a password is sent only under TLS");
                }
                if security == Security::Loopback && ca_file.is_some() {
                    table.fault("mail", "ca_file", "without TLS there is no certificate");
                }
                let server = MailServer { host, port, security, username, password, password_file, ca_file, hello_name, per_minute };
                Some(Self::Server(Box::new(server)))
            }
            // A wrong address was told already; none at all is told at the folder.
            (None, None) => table.required("mail", "folder", None).map(Self::Folder),
        }
    }
}

const FORM: &str = "expected smtps://host (TLS, port 465), smtp://host (STARTTLS, port 587), or smtp+plain://127.0.0.1:25 on this machine";

/// Nothing of an address is quoted: somebody may have put a password into it.
fn address(text: &str) -> Result<(Security, String, u16), String> {
    let (scheme, rest) = text.split_once("://").ok_or(FORM)?;
    let (security, usual) = match scheme {
        "smtps" => (Security::Tls, 465),
        "smtp" => (Security::StartTls, 587),
        "smtp+plain" => (Security::Loopback, 25),
        _ => return Err(FORM.to_owned()),
    };
    if rest.contains('@') {
        return Err("user and password are settings of their own".to_owned());
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Ok(usual), |port| port.parse().ok().filter(|port| *port > 0).ok_or("expected a port from 1 to 65535"))?;
    let plain = host.parse::<std::net::IpAddr>().is_ok()
        || (!host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')));
    if !plain {
        return Err(FORM.to_owned());
    }
    if security == Security::Loopback && !(host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())) {
        return Err("without TLS mails go only to a server on this machine".to_owned());
    }
    Ok((security, host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_is_encrypted_or_on_this_machine() {
        for (text, security, host, port) in [
            ("smtps://mail.example", Security::Tls, "mail.example", 465),
            ("smtp://mail.example/", Security::StartTls, "mail.example", 587),
            ("smtp://[2001:db8::1]:2525", Security::StartTls, "2001:db8::1", 2525),
            ("smtp+plain://127.0.0.1:1025", Security::Loopback, "127.0.0.1", 1025),
            ("smtp+plain://[::1]", Security::Loopback, "::1", 25),
        ] {
            assert_eq!(address(text), Ok((security, host.to_owned(), port)), "{text}");
        }
        for text in [
            "mail.example",
            "smtp+plain://mail.example",
            "smtp+plain://192.0.2.1",
            "smtps://eva:s3cret@mail.example",
            "smtp://mail.example:0",
            "smtp://mail.example:99999",
            "smtp://",
            "smtp://a b",
            "http://mail.example",
        ] {
            let reason = address(text).unwrap_err();
            assert!(!reason.contains("s3cret"), "{reason}");
        }
    }
}
