//! That no `POST` forgets `Idempotency-Key`: read from the handlers' own text, because a row cannot say it of itself.
//! What a repeat does is tested with the stories.

use poem::http::Method;
use std::path::Path;

/// Calls that ignore the key, and why they may.
const IGNORED: [(&str, &str); 6] = [
    ("/api/v1/{portal}/sessions", "answers a session token"),
    ("/api/v1/{portal}/password-resets/confirm", "answers a session token where the portal signs in at once"),
    ("/api/v1/{portal}/staff/setup", "answers a clerk's session token"),
    ("/api/v1/{portal}/staff/sessions", "answers a clerk's session token"),
    ("/api/v1/{portal}/staff/pin-batches", "answers PINs"),
    ("/api/v1/{portal}/staff/records/import", "reads its body piece by piece; the same file again changes nothing"),
];

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("repeats.rs") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Path and handler of every `POST` row in a file.
fn rows(source: &str) -> Vec<(String, String)> {
    let row = |after: &str| {
        let path = after.split('"').nth(1)?.to_owned();
        let handled = after.split_once(".handled")?.1;
        let arguments = handled.split_once('(')?.1.split_once(')')?.0;
        Some((path, arguments.rsplit(',').next()?.trim().to_owned()))
    };
    source.split("Method::POST,").skip(1).filter_map(row).collect()
}

/// Whether a function asks who repeats what, itself or through a function of its own file.
fn honours(source: &str, function: &str, seen: &mut Vec<String>) -> bool {
    if seen.iter().any(|before| before == function) {
        return false;
    }
    seen.push(function.to_owned());
    let Some((_, after)) = source.split_once(&format!("fn {function}(")) else { return false };
    let body = after.split("\n}").next().unwrap_or_default();
    let called = |part: &str| {
        let name = part.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default().to_owned();
        Some(name).filter(|name| !name.is_empty())
    };
    body.contains(".repeatable(") || body.split('(').filter_map(called).any(|name| honours(source, &name, seen))
}

#[test]
fn every_post_honours_the_idempotency_key_or_is_listed_with_its_reason() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api"), &mut files);
    let read: Vec<(String, bool)> = files
        .iter()
        .flat_map(|source| rows(source).into_iter().map(|(path, handler)| (path, honours(source, &handler, &mut Vec::new()))))
        .collect();
    for listing in super::routes().listings().filter(|listing| listing.method == Method::POST) {
        let path = listing.path;
        let found = read.iter().find(|(read, _)| read == path);
        let (_, honoured) = found.unwrap_or_else(|| panic!("POST {path}: its row was not found in the text"));
        let reason = IGNORED.iter().find(|(ignored, _)| *ignored == path).map(|(_, reason)| *reason);
        match (honoured, reason) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(_)) => panic!("POST {path} honours the key, and is listed as ignoring it"),
            (false, None) => panic!("POST {path} neither honours the key nor says why not"),
        }
    }
    for (path, _) in IGNORED {
        assert!(read.iter().any(|(read, _)| read == path), "there is no POST {path}");
    }
}
