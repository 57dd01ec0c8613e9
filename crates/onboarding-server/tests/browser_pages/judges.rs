//! Who judges a page: its own measures, the focus, axe-core for accessibility, html-validate for the HTML. And the sheet that is left.

use crate::support::browser::{Browser, Look};
use crate::support::repository;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Everything that reaches over the right edge of the window.
const WIDE: &str = "
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const over = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1);
    return [`${root.scrollWidth} px: ` + over.slice(0, 4).map((one) => one.outerHTML.slice(0, 160)).join(' | ')];";

/// What belongs on one line and stands on two: codes, numbers, the parts of a date. And what lost the space before it, for its words are
/// laid out as boxes.
const TORN: &str = "
    const words = [...document.querySelectorAll('.whole')].filter((one) => one.getClientRects().length > 1);
    const rows = [...document.querySelectorAll('.parts')].filter((one) => new Set([...one.children].map((part) => part.offsetTop)).size > 1);
    const boxed = [...document.querySelectorAll('.whole')].filter((one) => getComputedStyle(one.parentElement).display.includes('flex'));
    return [...words, ...rows, ...boxed].map((one) => one.outerHTML.slice(0, 160));";

/// Everything that can have the focus and does not show it.
const UNSEEN: &str = "
    const kinds = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]';
    const found = [];
    for (const one of document.querySelectorAll(kinds)) {
        if (!one.checkVisibility() || one.disabled) continue;
        one.focus({ focusVisible: true });
        const drawn = getComputedStyle(one), at = one.getBoundingClientRect();
        const framed = drawn.outlineStyle !== 'none' && parseFloat(drawn.outlineWidth) >= 2;
        if (document.activeElement !== one || !framed || at.right <= 0 || at.left >= innerWidth) found.push(one.outerHTML.slice(0, 160));
    }
    document.activeElement?.blur();
    scrollTo(0, 0);
    return found;";

const AXE: &str = "
    const done = arguments[arguments.length - 1];
    const told = (one) => `${one.id}: ${one.help}: ` + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ');
    axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })
        .then((found) => done(found.violations.map(told)), (error) => done([String(error)]));";

/// What is wider than the window.
pub(crate) fn too_wide(browser: &Browser) -> Vec<String> {
    sentences("too wide", &browser.script(WIDE, &[]))
}

/// What stands on more lines than it should.
pub(crate) fn torn(browser: &Browser) -> Vec<String> {
    sentences("torn", &browser.script(TORN, &[]))
}

/// What does not show that it has the focus.
pub(crate) fn focus_unseen(browser: &Browser) -> Vec<String> {
    sentences("focus unseen", &browser.script(UNSEEN, &[]))
}

/// What axe-core finds, contrast included.
pub(crate) fn inaccessible(browser: &Browser) -> Vec<String> {
    let axe = tool("axe-core/axe.min.js");
    if browser.script("return typeof axe", &[]) != "object" {
        browser.script(&fs::read_to_string(axe).unwrap(), &[]);
    }
    sentences("inaccessible", &browser.script_that_calls_back(AXE))
}

fn sentences(kind: &str, found: &Value) -> Vec<String> {
    found.as_array().unwrap().iter().map(|one| format!("{kind}: {}", one.as_str().unwrap())).collect()
}

/// A file of the tools that judge pages.
fn tool(path: &str) -> PathBuf {
    let file = repository().join("target/page-checks/node_modules").join(path);
    assert!(file.is_file(), "{path} is missing; `cargo xtask test` and `cargo xtask screens` fetch it by npm, see docs/testing.md");
    file
}

/// The pictures of one scene, what was blamed, and the HTML as it was sent.
pub(crate) struct Sheet {
    name: String,
    folder: PathBuf,
    blamed: Vec<String>,
    seen: Vec<(String, String, String)>,
    validated: BTreeSet<String>,
}

impl Sheet {
    /// An empty sheet; what was there before goes.
    pub(crate) fn new(name: &str) -> Self {
        let folder = repository().join("target/screens").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(folder.join("html")).unwrap();
        Self { name: name.to_owned(), folder, blamed: Vec::new(), seen: Vec::new(), validated: BTreeSet::new() }
    }

    /// Adds what a judge has found.
    pub(crate) fn blame(&mut self, place: &str, found: Vec<String>) {
        self.blamed.extend(found.into_iter().map(|one| format!("{place}: {one}")));
    }

    /// Keeps a page as it was sent.
    pub(crate) fn keep_html(&mut self, sight: &str, language: &str, html: &str) {
        fs::write(self.folder.join(format!("html/{sight}-{language}.html")), html).unwrap();
        self.validated.insert(sight.to_owned());
    }

    /// Keeps a page as it was seen.
    pub(crate) fn keep_picture(&mut self, sight: &str, language: &str, look: Look, png: &[u8]) {
        let file = format!("{sight}-{language}-{}-{}.png", look.width, if look.dark { "dark" } else { "light" });
        fs::write(self.folder.join(&file), png).unwrap();
        self.seen.push((sight.to_owned(), language.to_owned(), file));
    }

    /// Writes the sheet, has the HTML judged, and fails with everything that was blamed.
    pub(crate) fn finish(mut self) {
        self.write();
        self.blamed.extend(invalid(&self.folder.join("html")));
        assert!(!self.seen.is_empty(), "nothing was looked at");
        let count = self.blamed.len();
        assert!(count == 0, "{count} faults in {}:\n{}", self.name, self.blamed.join("\n"));
    }

    fn write(&self) {
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{}</title>\n<style>body{{font:1rem sans-serif;background:#888}}\
             div{{display:flex;gap:1rem;align-items:start;overflow-x:auto}}img{{display:block}}</style>\n",
            self.name
        );
        let mut last = "";
        for (sight, language, file) in &self.seen {
            if last != sight {
                let closed = if last.is_empty() { "" } else { "</div>" };
                write!(html, "{closed}<h2>{sight}</h2><div>").unwrap();
                last = sight;
            }
            let width = if file.contains("-1280-") { 640 } else { 320 };
            writeln!(html, "<a href=\"{file}\"><img loading=\"lazy\" width=\"{width}\" src=\"{file}\" alt=\"{sight}, {language}\"></a>")
                .unwrap();
        }
        html.push_str("</div></html>\n");
        fs::write(self.folder.join("index.html"), html).unwrap();
    }
}

/// What is wrong with the HTML of a folder.
fn invalid(folder: &Path) -> Vec<String> {
    let settings = repository().join("tools/pages/html-validate.json");
    let program = tool("html-validate/bin/html-validate.mjs");
    let judged = Command::new("node").arg(program).args(["--formatter", "json", "--config"]).arg(settings).arg(folder).output();
    let judged = judged.expect("node is installed by the test command");
    let told: Value = serde_json::from_slice(&judged.stdout).unwrap_or_else(|error| panic!("{error}: {judged:?}"));
    let mut faults = Vec::new();
    for file in told.as_array().unwrap() {
        for one in file["messages"].as_array().unwrap() {
            let name = Path::new(file["filePath"].as_str().unwrap()).file_name().unwrap().to_string_lossy().into_owned();
            faults.push(format!("{name}:{}: {}: {}", one["line"], one["ruleId"], one["message"]));
        }
    }
    assert!(judged.status.success() || !faults.is_empty(), "{judged:?}");
    faults
}
