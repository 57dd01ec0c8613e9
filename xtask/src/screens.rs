//! `screens`: every page in every language in a browser, judged and photographed; and what judges them, which `test` needs too. Which pages
//! there are, and what is a fault, the tests of the server decide.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// Where the list of the judges stands, each with its version and the digest of what is fetched.
const LISTED: &str = "tools/pages";
/// Where they are laid: built, not kept.
const LAID: &str = "target/page-checks";
/// What npm goes by. The lock is copied last: it stands for a fetch that went to its end.
const LISTS: [&str; 3] = [".npmrc", "package.json", "package-lock.json"];

/// Looks at all pages, and says where the pictures are.
pub(crate) fn run(root: &Path) -> Result<()> {
    crate::test::require_tools()?;
    require_judges(root)?;
    let looked = process::run(&mut process::cargo(root, &["test", "--locked", "-p", "onboarding-server", "--test", "browser_pages"]));
    println!("the pages as they were seen: {}", root.join("target/screens").display());
    looked
}

/// Lays the judges as they are listed, unless they lie there already.
pub(crate) fn require_judges(root: &Path) -> Result<()> {
    let (listed, laid) = (root.join(LISTED), root.join(LAID));
    if is_laid(&listed, &laid) {
        return Ok(());
    }
    fs::create_dir_all(&laid).with_context(|| format!("could not make {LAID}"))?;
    for name in LISTS {
        fs::copy(listed.join(name), laid.join(name)).with_context(|| format!("could not copy {LISTED}/{name}"))?;
    }
    let fetched = process::run(Command::new("npm").current_dir(&laid).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]));
    if fetched.is_err() {
        // A lock beside nothing would pass for a fetch the next time.
        fs::remove_file(laid.join(LISTS[2])).with_context(|| format!("could not take back {LAID}/{}", LISTS[2]))?;
    }
    fetched.with_context(|| {
        format!(
            "the pages are judged by the packages of {LISTED}/package.json, which could not be fetched; without a network, lay a folder \
             `node_modules` that `npm ci` made from the same lock into {LAID}, with a copy of the lock beside it"
        )
    })
}

fn is_laid(listed: &Path, laid: &Path) -> bool {
    let lock = |folder: &Path| fs::read(folder.join(LISTS[2])).ok();
    laid.join("node_modules").is_dir() && lock(listed).is_some() && lock(listed) == lock(laid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_are_laid_anew_when_their_list_changes() {
        let house = tempfile::tempdir().expect("a folder");
        let (listed, laid) = (house.path().join("listed"), house.path().join("laid"));
        fs::create_dir_all(&listed).expect("a folder");
        fs::create_dir_all(laid.join("node_modules")).expect("a folder");
        fs::write(listed.join(LISTS[2]), "one").expect("a lock");
        assert!(!is_laid(&listed, &laid), "no lock lies beside them");
        fs::write(laid.join(LISTS[2]), "one").expect("a lock");
        assert!(is_laid(&listed, &laid));
        fs::write(listed.join(LISTS[2]), "two").expect("a lock");
        assert!(!is_laid(&listed, &laid));
    }
}
