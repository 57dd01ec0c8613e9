//! What a person does in a browser, and what they see: goes to an address, types into fields, ticks, presses, reads.

use super::{Browser, ELEMENT};
use crate::support::{PATIENCE, within};
use serde_json::{Value, json};

impl Browser<'_> {
    /// Goes to an address; a mailed link as well.
    pub(crate) fn open(&self, address: &str) {
        let url = if address.starts_with("http") { address.to_owned() } else { format!("{}{address}", self.site.base_url()) };
        self.command("POST", "/url", &json!({ "url": url }));
    }

    /// Fills in the form that has these fields, and presses its first button.
    pub(crate) fn fill(&self, fields: &[(&str, &str)]) {
        self.press(fields, None);
    }

    /// Fills in the form that has these fields and this button – its value – and presses it.
    pub(crate) fn press(&self, fields: &[(&str, &str)], button: Option<&str>) {
        let form = form(fields, button);
        self.type_in(&form, fields);
        self.leave_by(&submit(&form, button));
    }

    /// Clicks on what leads to another page, and waits for it.
    #[track_caller]
    pub(super) fn leave_by(&self, selector: &str) {
        let page = self.find("html");
        self.click(selector);
        self.waits_for_another_page_than(&page, selector);
    }

    /// An element of a page that was left is no longer known.
    #[track_caller]
    fn waits_for_another_page_than(&self, page: &str, how: &str) {
        within(PATIENCE, &format!("another page after {how}"), || {
            self.try_command("GET", &format!("/element/{page}/name"), &Value::Null).is_err().then_some(())
        });
    }

    /// The same, with a second press before the first one's answer is there.
    pub(crate) fn press_twice(&self, fields: &[(&str, &str)]) {
        let form = form(fields, None);
        self.type_in(&form, fields);
        let element = json!({ ELEMENT: self.find(&submit(&form, None)) });
        // In the middle of the window, where a person scrolls it to.
        self.script("arguments[0].scrollIntoView({ block: 'center' })", std::slice::from_ref(&element));
        let page = self.find("html");
        let button = |kind: &str| json!({ "type": kind, "button": 0 });
        let to = json!({ "type": "pointerMove", "origin": element, "x": 0, "y": 0, "duration": 0 });
        let strokes = [to, button("pointerDown"), button("pointerUp"), button("pointerDown"), button("pointerUp")];
        self.command("POST", "/actions", &json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": strokes }] }));
        self.waits_for_another_page_than(&page, "two presses");
    }

    fn type_in(&self, form: &str, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            let field = format!("{form} [name=\"{name}\"]");
            match self.property(&self.find(&field), "type").as_str() {
                // Ticked already where the browser has kept what was there.
                Some("checkbox") if self.property(&self.find(&field), "checked") == true => {}
                Some("checkbox") => self.click(&field),
                Some("radio") => self.click(&format!("{field}[value=\"{value}\"]")),
                _ => {
                    let element = self.find(&field);
                    self.command("POST", &format!("/element/{element}/clear"), &json!({}));
                    self.command("POST", &format!("/element/{element}/value"), &json!({ "text": value }));
                }
            }
        }
    }

    /// Signs out by the button at the top.
    pub(crate) fn sign_out(&self) {
        self.leave_by("header form button[type=\"submit\"]");
    }

    /// Follows the first link of the page's content that leads below this path.
    pub(crate) fn follow(&self, start: &str) {
        self.leave_by(&format!("main a[href^=\"{start}\"]"));
    }

    /// Clicks on an element.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.command("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Goes back, as by the browser's own button.
    pub(crate) fn back(&self) {
        self.command("POST", "/back", &json!({}));
    }

    /// Goes elsewhere and back, and finds the very same page: without that, nothing is proved by one that is not there any more.
    #[track_caller]
    pub(crate) fn keeps_pages(&self, elsewhere: impl FnOnce()) {
        let left = self.path();
        self.script("window.left = true", &[]);
        elsewhere();
        within(PATIENCE, "another page", || (self.path() != left).then_some(()));
        self.back();
        self.arrives(&left);
        assert_eq!(self.script("return window.left === true", &[]), true, "the browser keeps no pages");
    }

    /// The first element of this CSS selector, once it is there.
    #[track_caller]
    pub(super) fn find(&self, selector: &str) -> String {
        let found = within(PATIENCE, selector, || {
            self.try_command("POST", "/element", &json!({ "using": "css selector", "value": selector })).ok()
        });
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    fn property(&self, element: &str, name: &str) -> Value {
        self.command("GET", &format!("/element/{element}/property/{name}"), &Value::Null)
    }

    /// Whether a person sees such an element.
    pub(crate) fn sees(&self, selector: &str) -> bool {
        let element = self.find(selector);
        self.command("GET", &format!("/element/{element}/displayed"), &Value::Null) == true
    }

    /// What stands in a field.
    pub(crate) fn value(&self, name: &str) -> String {
        self.property(&self.find(&format!("[name=\"{name}\"]")), "value").as_str().unwrap().to_owned()
    }

    /// Where the browser stands, without origin and query.
    pub(crate) fn path(&self) -> String {
        let url = self.command("GET", "/url", &Value::Null);
        let url = url.as_str().unwrap();
        url.strip_prefix(self.site.base_url()).unwrap_or(url).split(['?', '#']).next().unwrap().to_owned()
    }

    /// The status of the answer that is shown.
    pub(crate) fn status(&self) -> u64 {
        self.script("return performance.getEntriesByType('navigation')[0].responseStatus", &[]).as_u64().unwrap()
    }

    /// Waits until this page is shown.
    #[track_caller]
    pub(crate) fn arrives(&self, path: &str) {
        let loaded = || self.script("return document.readyState", &[]) == "complete";
        within(PATIENCE, path, || (self.path() == path && loaded()).then_some(()));
    }

    /// Waits until the page says so.
    #[track_caller]
    pub(crate) fn reads(&self, words: &str) {
        within(PATIENCE, words, || self.try_text()?.contains(words).then_some(()));
    }

    /// Waits until the page is there again with a summary of what is wrong.
    #[track_caller]
    pub(crate) fn is_told_faults(&self, fields: &[&str]) {
        for field in fields {
            self.find(&format!("#errors a[href=\"#{field}\"]"));
        }
        self.find("#errors");
        assert_eq!(self.status(), 422);
    }

    /// The text that a person sees.
    pub(crate) fn text(&self) -> String {
        within(PATIENCE, "a page", || self.try_text())
    }

    /// The same; nothing where the page is just being left.
    pub(super) fn try_text(&self) -> Option<String> {
        let body = self.try_command("POST", "/element", &json!({ "using": "css selector", "value": "body" })).ok()?;
        let text = self.try_command("GET", &format!("/element/{}/text", body[ELEMENT].as_str()?), &Value::Null).ok()?;
        text.as_str().map(str::to_owned)
    }

    /// The window's title.
    pub(crate) fn title(&self) -> String {
        self.command("GET", "/title", &Value::Null).as_str().unwrap().to_owned()
    }

    /// The cookies that this page's server is sent: names and values.
    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        let text = |cookie: &Value, name: &str| cookie[name].as_str().unwrap().to_owned();
        self.whole_cookies().iter().map(|cookie| (text(cookie, "name"), text(cookie, "value"))).collect()
    }

    /// The same with everything that the browser keeps of them, in the protocol's words.
    pub(crate) fn whole_cookies(&self) -> Vec<Value> {
        self.command("GET", "/cookie", &Value::Null).as_array().unwrap().clone()
    }

    /// Has exactly these cookies from now on.
    pub(crate) fn wear<'c>(&self, cookies: impl IntoIterator<Item = (&'c String, &'c String)>) {
        self.command("DELETE", "/cookie", &Value::Null);
        let secure = self.site.base_url().starts_with("https:");
        for (name, value) in cookies {
            let cookie = json!({ "name": name, "value": value, "secure": secure, "httpOnly": true, "sameSite": "Lax" });
            self.command("POST", "/cookie", &json!({ "cookie": cookie }));
        }
    }
}

/// The form that has these fields and this button.
fn form(fields: &[(&str, &str)], button: Option<&str>) -> String {
    let fields: String = fields.iter().map(|(name, _)| format!(":has([name=\"{name}\"])")).collect::<Vec<_>>().concat();
    let button = button.map(|button| format!(":has(button[value=\"{button}\"])")).unwrap_or_default();
    format!("main form{fields}{button}")
}

fn submit(form: &str, button: Option<&str>) -> String {
    let wanted = button.map(|value| format!("[value=\"{value}\"]")).unwrap_or_default();
    format!("{form} button[type=\"submit\"]{wanted}")
}
