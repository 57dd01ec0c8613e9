//! How a portal looks and where it is reached, as far as it has its own: colours that can be read, a logo, a host, sites with its button.

use super::PortalFault;
use onboarding_core::Colour;
use serde::Deserialize;
use toml::Spanned;

/// Behind text by day and by night, and behind its panels. As in the pages' stylesheet.
const GROUNDS: [[Colour; 2]; 2] =
    [[Colour::new(0xff, 0xff, 0xff), Colour::new(0xf4, 0xf6, 0xf8)], [Colour::new(0x10, 0x15, 0x1c), Colour::new(0x19, 0x21, 0x2b)]];
/// Text on a button by day and by night.
const ON_BRAND: [Colour; 2] = [Colour::new(0xff, 0xff, 0xff), Colour::new(0x0c, 0x14, 0x20)];
/// What a button becomes under a pointer is a quarter of the way to this.
const INK: [Colour; 2] = [Colour::new(0x1b, 0x1f, 0x24), Colour::new(0xf0, 0xf3, 0xf6)];
/// The least contrast of text. Source: WCAG 2.2, 1.4.3.
const READABLE: f64 = 4.5;
/// Most bytes of a logo.
const LOGO: usize = 16 * 1024;
/// Longest example of a number, in characters.
const EXAMPLE: usize = 40;

/// The colours of buttons, links and the line at the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// By day.
    pub brand: Colour,
    /// Where the reader prefers dark.
    pub brand_dark: Colour,
    /// Corners without a curve.
    pub square: bool,
}

impl Look {
    /// Under a pointer: by day, by night.
    pub fn strong(&self) -> [Colour; 2] {
        [self.brand.towards(INK[0]), self.brand_dark.towards(INK[1])]
    }
}

/// `[look]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LookTable {
    brand: Spanned<String>,
    brand_dark: Spanned<String>,
    #[serde(default)]
    square: bool,
}

impl LookTable {
    /// The colours, if each can be read on what it stands on.
    pub(super) fn look(&self, at: &dyn Fn(usize, String) -> PortalFault) -> Result<Look, Vec<PortalFault>> {
        let mut faults = Vec::new();
        let mut colours = Vec::new();
        for (index, written) in [&self.brand, &self.brand_dark].into_iter().enumerate() {
            let offset = written.span().start;
            let Some(colour) = Colour::parse(written.get_ref()) else {
                faults.push(at(offset, "a colour is `#` and six hexadecimal digits".to_owned()));
                continue;
            };
            let strong = colour.towards(INK[index]);
            let [page, panel] = GROUNDS[index];
            let pairs = [(colour, page), (colour, panel), (ON_BRAND[index], colour), (ON_BRAND[index], strong)];
            if let Some((text, ground)) = pairs.into_iter().find(|(text, ground)| text.contrast(*ground) < READABLE) {
                let contrast = text.contrast(ground);
                let reason = format!("{text} on {ground} has a contrast of {contrast:.1}:1, and text needs {READABLE}:1 (WCAG 2.2, 1.4.3)");
                faults.push(at(offset, reason));
            }
            colours.push(colour);
        }
        match colours[..] {
            [brand, brand_dark] if faults.is_empty() => Ok(Look { brand, brand_dark, square: self.square }),
            _ => Err(faults),
        }
    }
}

/// `[site]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteTable {
    host: Option<Spanned<String>>,
    #[serde(default)]
    button_on: Vec<Spanned<String>>,
}

/// Where a portal is reached, and which sites show its button.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Its own host, by https: `portal.works.example`. Its mails and letters lead there.
    pub host: Option<String>,
    /// Origins that may ask whether somebody is signed in: `https://www.works.example`.
    pub button_on: Vec<String>,
}

impl SiteTable {
    pub(super) fn site(self, at: &dyn Fn(usize, String) -> PortalFault) -> Result<Site, Vec<PortalFault>> {
        let mut faults = Vec::new();
        if let Some(host) = self.host.as_ref().filter(|host| !is_host(host.get_ref())) {
            faults.push(at(
                host.span().start,
                "a host is a name of labels with dots, in lower case, such as portal.works.example".to_owned(),
            ));
        }
        for origin in &self.button_on {
            let good = origin.get_ref().strip_prefix("https://").is_some_and(|rest| {
                let (host, port) = rest.split_once(':').unwrap_or((rest, "443"));
                is_host(host) && port.parse::<u16>().is_ok()
            });
            if !good {
                faults.push(at(origin.span().start, "an origin is https:// and a host, and nothing behind it".to_owned()));
            }
        }
        if faults.is_empty() {
            Ok(Site { host: self.host.map(Spanned::into_inner), button_on: self.button_on.into_iter().map(Spanned::into_inner).collect() })
        } else {
            Err(faults)
        }
    }
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

/// Whether an example of a number is one short line.
pub(super) fn is_example(text: &str) -> bool {
    let length = text.chars().count();
    (1..=EXAMPLE).contains(&length) && !text.chars().any(char::is_control) && text.trim() == text
}

/// Why a logo cannot be shown; `None` for one that can. It is served as an image that may load and run nothing, and is refused all the same
/// where it tries to.
pub fn logo_fault(svg: &str) -> Option<&'static str> {
    let lower = svg.to_ascii_lowercase();
    if svg.len() > LOGO {
        Some("a logo has at most 16 KiB")
    } else if !lower.trim_start_matches('\u{feff}').trim_start().starts_with("<svg") {
        Some("a logo is an SVG file that begins with <svg")
    } else if !lower.contains("viewbox=") {
        Some("a logo has a viewBox, so that it can be scaled")
    } else if ["<script", "<foreignobject", "javascript:", "<!entity", "<!doctype"].iter().any(|word| lower.contains(word)) {
        Some("a logo has no script, no foreign object and no entities")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(brand: &str, dark: &str) -> Result<Look, Vec<PortalFault>> {
        let table: LookTable = toml::from_str(&format!("brand = \"{brand}\"\nbrand_dark = \"{dark}\"\n")).unwrap();
        table.look(&|offset, reason| PortalFault { line: offset, reason })
    }

    #[test]
    fn colours_that_cannot_be_read_are_refused_with_their_contrast() {
        assert!(look("#1d6b3a", "#8fd9a8").is_ok());
        let faults = look("#ffd54f", "#333333").unwrap_err();
        assert!(faults.len() == 2 && faults[0].reason.contains("#ffd54f on #ffffff has a contrast of 1.4:1"), "{faults:?}");
        assert_eq!(look("green", "#8fd9a8").unwrap_err().len(), 1);
    }

    #[test]
    fn a_host_is_a_name_and_an_origin_has_nothing_behind_it() {
        for good in ["portal.works.example", "a.b"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "works", "Works.example", "works.example/", "-a.example", "a..b", "works.example:1", "ä.example"] {
            assert!(!is_host(bad), "{bad}");
        }
        let site = |text: &str| toml::from_str::<SiteTable>(text).unwrap().site(&|line, reason| PortalFault { line, reason });
        assert!(site("button_on = [\"https://www.works.example\", \"https://a.b:8443\"]").is_ok());
        for bad in ["http://a.b", "https://a.b/", "https://*.a.b", "https://a.b:x", "null", "*"] {
            assert!(site(&format!("button_on = [\"{bad}\"]")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_logo_that_runs_something_is_refused() {
        assert_eq!(logo_fault("<svg viewBox='0 0 1 1'></svg>"), None);
        for bad in [
            "<svg></svg>",
            "<html></html>",
            "<svg viewBox='0 0 1 1'><SCRIPT/></svg>",
            "<svg viewBox='0 0 1 1'><a href='javascript:x'/></svg>",
        ] {
            assert!(logo_fault(bad).is_some(), "{bad}");
        }
    }
}
