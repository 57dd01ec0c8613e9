//! Somebody with a browser that runs no scripts: keeps cookies, follows redirects, fills in the forms that a page has, and nothing else.

use super::{Answer, Site};
use std::collections::BTreeMap;

/// A browser at one site.
pub(crate) struct Visitor<'a> {
    site: &'a Site,
    pub(crate) cookies: BTreeMap<String, String>,
    /// `Accept-Language`.
    pub(crate) language: &'static str,
    /// What is shown.
    pub(crate) page: Answer,
    /// Where.
    pub(crate) at: String,
    /// The last answer before redirects were followed.
    pub(crate) answered: Answer,
}

/// A form of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// Names and values as they stand: hidden ones, lines, and boxes that are ticked.
    pub(crate) values: Vec<(String, String)>,
    /// Boxes that may be ticked, with their values.
    pub(crate) boxes: Vec<(String, String)>,
    /// Buttons with a name.
    pub(crate) buttons: Vec<(String, String)>,
}

impl<'a> Visitor<'a> {
    /// Opens a page.
    pub(crate) fn at(site: &'a Site, language: &'static str, path: &str) -> Self {
        let nothing = Answer { status: 0, headers: Vec::new(), body: Vec::new() };
        let (page, answered) = (nothing.clone(), nothing);
        let mut visitor = Self { site, cookies: BTreeMap::new(), language, page, at: String::new(), answered };
        visitor.open(path);
        visitor
    }

    /// Goes to an address; a mailed link as well.
    pub(crate) fn open(&mut self, address: &str) {
        let path = address.strip_prefix(self.site.base_url()).unwrap_or(address).to_owned();
        let answer = self.send("GET", &path, None);
        self.follow(path, answer);
    }

    /// Fills in the form that has these fields, and presses its only button.
    pub(crate) fn fill(&mut self, fields: &[(&str, &str)]) {
        self.press(fields, None);
    }

    /// Fills in the form that has these fields and this button: its value.
    pub(crate) fn press(&mut self, fields: &[(&str, &str)], button: Option<&str>) {
        let form = self.form(fields, button);
        let body = filled(&form, fields, button);
        let action = form.action.split('#').next().unwrap_or_default().to_owned();
        let answer = self.send("POST", &action, Some(&body));
        self.follow(action, answer);
    }

    /// The form that has these fields and this button.
    pub(crate) fn form(&self, fields: &[(&str, &str)], button: Option<&str>) -> Form {
        let forms = forms(self.page.text());
        let has = |form: &&Form| {
            let named = |name: &str| form.values.iter().chain(&form.boxes).any(|(known, _)| known == name);
            fields.iter().all(|(name, _)| named(name))
                && button.is_none_or(|value| form.buttons.iter().any(|(_, known)| known == value))
                && (!fields.is_empty() || button.is_some() || !form.action.ends_with("/logout") && !form.action.contains("/session/extend"))
        };
        forms
            .iter()
            .find(has)
            .cloned()
            .unwrap_or_else(|| panic!("no form with {fields:?} and {button:?} at {}: {}", self.at, self.page.text()))
    }

    /// Signs out by the button at the top.
    pub(crate) fn sign_out(&mut self) {
        let form = forms(self.page.text()).into_iter().find(|form| form.action.ends_with("/logout")).expect("a button to sign out");
        let body: Vec<(&str, &str)> = form.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = self.send("POST", &form.action, Some(&body));
        self.follow(form.action.clone(), answer);
    }

    /// One request as the browser would send it, without following.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: Option<&[(&str, &str)]>) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut call = self.site.http().call(method, path).header("Accept-Language", self.language);
        if !cookies.is_empty() {
            call = call.header("Cookie", &cookies.join("; "));
        }
        if let Some(body) = body {
            call = call.header("Origin", self.site.base_url()).form(body);
        }
        let answer = call.send();
        for (name, value) in &answer.headers {
            if name == "set-cookie" {
                let (pair, _) = value.split_once(';').unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                if value.is_empty() {
                    self.cookies.remove(name)
                } else {
                    self.cookies.insert(name.to_owned(), value.to_owned())
                };
            }
        }
        answer
    }

    fn follow(&mut self, from: String, mut answer: Answer) {
        self.answered = answer.clone();
        self.at = from;
        for _ in 0..5 {
            if answer.status != 303 {
                break;
            }
            let to = answer.header("location").unwrap().to_owned();
            answer = self.send("GET", &to, None);
            self.at = to;
        }
        assert_ne!(answer.status, 303, "redirects without end at {}", self.at);
        self.page = answer;
    }

    /// The path without its query.
    pub(crate) fn path(&self) -> &str {
        self.at.split('?').next().unwrap_or_default()
    }

    /// The page's text without its tags.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for part in self.page.text().split('<').skip(1) {
            text.push_str(part.split_once('>').map_or("", |(_, after)| after));
        }
        plain(&text)
    }

    /// The value that stands in a line of the page.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let known = forms(self.page.text()).into_iter().flat_map(|form| form.values);
        known.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// What is sent: what stands in the form, what was typed over it, the boxes that were ticked, the button that was pressed.
pub(crate) fn filled<'f>(form: &'f Form, fields: &[(&'f str, &'f str)], button: Option<&'f str>) -> Vec<(&'f str, &'f str)> {
    let typed = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let mut body: Vec<(&str, &str)> =
        form.values.iter().map(|(name, value)| (name.as_str(), typed(name).unwrap_or(value.as_str()))).collect();
    // A box is ticked by its name alone: its value stands on the page.
    body.extend(form.boxes.iter().filter(|(name, _)| typed(name).is_some()).map(|(name, value)| (name.as_str(), value.as_str())));
    let pressed = form.buttons.iter().find(|(_, value)| button == Some(value.as_str()));
    body.extend(pressed.map(|(name, value)| (name.as_str(), value.as_str())));
    body
}

/// The forms of a page.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut found = Vec::new();
    for part in html.split("<form ").skip(1) {
        let (head, rest) = part.split_once('>').unwrap();
        let body = rest.split("</form>").next().unwrap();
        let mut form = Form { action: attribute(head, "action").unwrap(), ..Form::default() };
        for tag in body.split('<').skip(1).map(|part| part.split('>').next().unwrap()) {
            let Some(name) = attribute(tag, "name") else { continue };
            let value = attribute(tag, "value").unwrap_or_default();
            if tag.starts_with("button") {
                form.buttons.push((name, value));
            } else if tag.contains("type=\"radio\"") {
                if !form.values.iter().any(|(known, _)| *known == name) {
                    form.values.push((name, String::new()));
                }
            } else if tag.contains("type=\"checkbox\"") {
                assert!(!tag.contains(" checked"), "ticked beforehand: {tag}");
                form.boxes.push((name, value));
            } else if tag.starts_with("input") || tag.starts_with("textarea") {
                form.values.push((name, value));
            }
        }
        found.push(form);
    }
    found
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, after) =
        tag.split_once(&format!(" {name}=\"")).or_else(|| tag.split_once(&format!("{name}=\"")).filter(|(before, _)| before.is_empty()))?;
    Some(plain(after.split('"').next().unwrap()))
}

fn plain(text: &str) -> String {
    text.replace("&#x2f;", "/")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}
