//! Against a real mail server: Postfix with a configuration, queue and mailboxes in a folder of the test's own, ended with it.

use super::{PATIENCE, mail, read, sample};
use onboarding::ports::{MailError, Mailer, RenderedMail};
use onboarding_mail::smtp::{Patience, Security, SmtpMailer, SmtpSettings};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Postfix {
    folder: TempDir,
    port: u16,
}

impl Postfix {
    /// Starts one that takes mails for `post.example` into files, with a certificate for this machine.
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("onboarding-postfix-").tempdir().unwrap();
        let dir = folder.path();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (config, data) = (dir.join("config"), dir.join("data"));
        for sub in ["config", "queue", "data", "mailboxes"] {
            fs::create_dir(dir.join(sub)).unwrap();
        }
        let shown = dir.display();
        run(Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ])
            .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(dir.join("key.pem"))
            .arg("-out")
            .arg(dir.join("certificate.pem")));
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {shown}/queue\ndata_directory = {shown}/data\nmail_owner = postfix\n\
             setgid_group = postdrop\nmyhostname = mail.post.example\nmydestination =\nmynetworks = 127.0.0.0/8\ninet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\nalias_maps =\nlocal_recipient_maps =\nsmtputf8_enable = yes\nmaillog_file = {shown}/data/log\n\
             maillog_file_prefixes = {shown}\nvirtual_mailbox_domains = post.example\nvirtual_mailbox_base = {shown}/mailboxes\n\
             virtual_mailbox_maps = inline:{{ zoe@post.example=zoe/, kim@post.example=kim/ }}\nvirtual_minimum_uid = 1\n\
             virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\nsmtpd_tls_cert_file = {shown}/certificate.pem\n\
             smtpd_tls_key_file = {shown}/key.pem\nsmtpd_tls_security_level = encrypt\nsmtpd_recipient_restrictions = permit_mynetworks, reject\n\
             default_transport = error:nowhere\nrelay_transport = error:nowhere\n"
        );
        fs::write(config.join("main.cf"), main).unwrap();
        let services = [
            format!("127.0.0.1:{port} inet n - n - - smtpd"),
            "pickup unix n - n 60 1 pickup".to_owned(),
            "cleanup unix n - n - 0 cleanup".to_owned(),
            "qmgr unix n - n 300 1 qmgr".to_owned(),
            "rewrite unix - - n - - trivial-rewrite".to_owned(),
            "bounce unix - - n - 0 bounce".to_owned(),
            "defer unix - - n - 0 bounce".to_owned(),
            "trace unix - - n - 0 bounce".to_owned(),
            "tlsmgr unix - - n 1000? 1 tlsmgr".to_owned(),
            "proxymap unix - - n - - proxymap".to_owned(),
            "error unix - - n - - error".to_owned(),
            "retry unix - - n - - error".to_owned(),
            "virtual unix - n n - - virtual".to_owned(),
            "anvil unix - - n - 1 anvil".to_owned(),
            "postlog unix-dgram n - n - 1 postlogd".to_owned(),
        ];
        fs::write(config.join("master.cf"), services.join("\n") + "\n").unwrap();
        // Its parts change to users of their own, who must reach the folder.
        run(Command::new("chmod").arg("755").arg(dir));
        run(Command::new("chown").arg("postfix").arg(&data));
        run(Command::new("chown").arg("nobody").arg(dir.join("mailboxes")));
        let postfix = Self { folder, port };
        let output = postfix.control("start");
        assert!(output.status.success(), "Postfix did not start (it must be started by root): {output:?}\n{}", postfix.log());
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "Postfix does not listen: {}", postfix.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        postfix
    }

    fn control(&self, verb: &str) -> std::process::Output {
        Command::new("postfix").arg("-c").arg(self.path("config")).arg(verb).output().expect("the tests need the package postfix")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("data/log")).unwrap_or_default()
    }

    fn mailer(&self) -> SmtpMailer {
        let root = CertificateDer::from_pem_file(self.path("certificate.pem")).unwrap();
        SmtpMailer::new(SmtpSettings {
            host: "localhost".to_owned(),
            port: self.port,
            security: Security::StartTls,
            login: None,
            roots: vec![root],
            hello: "portal.example".to_owned(),
            per_minute: None,
            patience: Patience { answer: Duration::from_secs(8), delivery: Duration::from_secs(16), ..PATIENCE },
        })
        .unwrap()
    }

    /// The mails in somebody's box, once there are as many.
    fn mails(&self, person: &str, count: usize) -> Vec<Vec<u8>> {
        let begun = Instant::now();
        loop {
            let mut files: Vec<PathBuf> = fs::read_dir(self.path("mailboxes").join(person).join("new"))
                .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
                .unwrap_or_default();
            files.sort();
            if files.len() >= count {
                return files.iter().map(|file| fs::read(file).unwrap()).collect();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "the mails did not come: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // Nothing is left to say if it is gone already.
        drop(self.control("abort"));
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("could not start {command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What the real server makes of it is what was sent; whom it does not know it refuses for good.
#[tokio::test]
async fn postfix_takes_mails_and_refuses_whom_it_does_not_know() {
    let postfix = Postfix::start();
    let mailer = postfix.mailer();
    let first = mail("zoe@post.example");
    mailer.send(sample::delivery_id(1), &first).await.unwrap_or_else(|error| panic!("{error:?}\n{}", postfix.log()));
    let second = RenderedMail { message_id: "0193@sample.example".to_owned(), ..mail("kim@post.example") };
    mailer.send(sample::delivery_id(2), &second).await.unwrap();
    let refused = mailer.send(sample::delivery_id(3), &mail("nobody@post.example")).await;
    assert_eq!(refused, Err(MailError::Permanent { reason: "smtp_to_550".to_owned() }));
    for (person, sent) in [("zoe", &first), ("kim", &second)] {
        let mails = postfix.mails(person, 1);
        assert_eq!(mails.len(), 1);
        let arrived = read(&mails[0], &[sent.to.as_str().to_owned()]);
        assert_eq!((arrived.subject.as_str(), arrived.message_id.as_str()), (sent.subject.as_str(), sent.message_id.as_str()));
        assert_eq!((arrived.text, arrived.html), (sent.text.clone(), sent.html.clone()));
    }
}
