//! Somebody who has a keyboard and nothing else: goes from one thing to the next, types, and sees where they are.

use super::Browser;
use serde_json::{Value, json};

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const SPACE: &str = " ";

/// Longer than any page is.
const MOST_STEPS: usize = 60;

/// What has the focus.
#[derive(Clone, Debug)]
pub(crate) struct Focus {
    pub(crate) tag: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) text: String,
    /// Whether a frame is drawn around it, and it lies in the window.
    pub(crate) is_visible: bool,
}

const FOCUS: &str = "
    const one = document.activeElement, drawn = getComputedStyle(one), at = one.getBoundingClientRect();
    const framed = drawn.outlineStyle !== 'none' && parseFloat(drawn.outlineWidth) >= 2;
    const inside = at.width > 0 && at.height > 0 && at.bottom > 0 && at.right > 0 && at.top < innerHeight && at.left < innerWidth;
    return { tag: one.localName, id: one.id, name: one.name ?? '', text: one.innerText.trim(), visible: framed && inside };";

impl Browser<'_> {
    /// Types, wherever the focus is.
    pub(crate) fn keys(&self, text: &str) {
        let stroke = |key: char| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }));
        let strokes: Vec<Value> = text.chars().flat_map(stroke).collect();
        self.command("POST", "/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }));
    }

    /// Presses a key while others are held.
    pub(crate) fn command_keys(&self, held: &[char], key: &str) {
        let stroke = |kind: &str, key: &str| json!({ "type": kind, "value": key });
        let mut strokes: Vec<_> = held.iter().map(|held| stroke("keyDown", &held.to_string())).collect();
        strokes.extend([stroke("keyDown", key), stroke("keyUp", key)]);
        strokes.extend(held.iter().map(|held| stroke("keyUp", &held.to_string())));
        self.command("POST", "/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }));
    }

    /// What has the focus.
    pub(crate) fn focus(&self) -> Focus {
        let found = self.script(FOCUS, &[]);
        let text = |name: &str| found[name].as_str().unwrap().to_owned();
        Focus { tag: text("tag"), id: text("id"), name: text("name"), text: text("text"), is_visible: found["visible"] == true }
    }

    /// Goes on from one thing to the next until this one; every one of them is seen to have the focus.
    #[track_caller]
    pub(crate) fn tab_to(&self, what: &str, wanted: impl Fn(&Focus) -> bool) -> Focus {
        let mut passed = Vec::new();
        for _ in 0..MOST_STEPS {
            self.keys(TAB);
            let focus = self.focus();
            assert!(focus.tag == "body" || focus.is_visible, "nobody sees that this has the focus: {focus:?}");
            if wanted(&focus) {
                return focus;
            }
            passed.push(focus);
        }
        panic!("no {what} within {MOST_STEPS} steps: {passed:#?}");
    }

    /// Goes on to a field of this name.
    #[track_caller]
    pub(crate) fn tab_to_field(&self, name: &str) {
        self.tab_to(name, |focus| focus.name == name);
    }
}
