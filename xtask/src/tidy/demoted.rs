//! Files that are compiled for tests only because the file above declares them so (`#[cfg(test)] mod walks;`). Decides only which; what
//! such a file is spared of, the rules decide.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::source::Source;

/// The files and folders of test-only modules.
pub(crate) struct Demoted(BTreeSet<PathBuf>);

impl Demoted {
    /// Whether this file is such a module, or lies below one.
    pub(crate) fn covers(&self, path: &Path) -> bool {
        path.ancestors().any(|above| self.0.contains(&above.with_extension("")))
    }
}

/// Collects the test-only modules that these files declare.
pub(crate) fn test_modules<'a>(files: impl Iterator<Item = (&'a Path, &'a str)>) -> Demoted {
    let mut modules = BTreeSet::new();
    for (path, text) in files {
        let source = Source::new(text);
        for item in source.test_items() {
            if let Some(name) = declared_elsewhere(&source.code[item]) {
                modules.insert(folder_of(path).join(name));
            }
        }
    }
    Demoted(modules)
}

/// The name in `… mod name;`.
fn declared_elsewhere(item: &str) -> Option<&str> {
    let before = item.trim_end().strip_suffix(';')?;
    let mut words = before.split_whitespace().rev();
    let name = words.next()?;
    (words.next() == Some("mod")).then_some(name)
}

/// Where the modules that a file declares lie.
fn folder_of(path: &Path) -> PathBuf {
    let is_root = path.file_stem().is_some_and(|stem| stem == "lib" || stem == "main");
    if is_root { path.parent().unwrap_or(Path::new("")).to_path_buf() } else { path.with_extension("") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demoted(path: &str, text: &str) -> Demoted {
        test_modules(std::iter::once((Path::new(path), text)))
    }

    #[test]
    fn a_declared_test_module_is_found_beside_the_root_and_below_others() {
        assert!(demoted("a/src/lib.rs", "#[cfg(test)]\nmod walks;\n").covers(Path::new("a/src/walks.rs")));
        assert!(demoted("a/src/story.rs", "#[cfg(test)]\npub(crate) mod walks;\n").covers(Path::new("a/src/story/walks.rs")));
        assert!(demoted("a/src/lib.rs", "#[cfg(test)]\nmod walks;\n").covers(Path::new("a/src/walks/far.rs")));
    }

    #[test]
    fn an_ordinary_module_is_not() {
        let demoted = demoted("a/src/lib.rs", "mod story;\n#[cfg(test)]\nmod tests { fn f() {} }\n");
        assert!(!demoted.covers(Path::new("a/src/story.rs")));
        assert!(!demoted.covers(Path::new("a/src/lib.rs")));
    }
}
