//! A domain that is one slip away from one that many people have. A question, never a refusal: whoever says it again is taken at their word.

/// Domains that many people have in the countries of the built-in languages, and those that look like them and are real.
const COMMON: [&str; 46] = [
    "aol.com",
    "aol.de",
    "bluewin.ch",
    "email.de",
    "email.it",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hispeed.ch",
    "hotmail.ch",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "hotmail.it",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "live.de",
    "live.fr",
    "live.it",
    "mail.com",
    "mail.de",
    "mail.ru",
    "me.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "outlook.it",
    "protonmail.com",
    "sfr.fr",
    "sunrise.ch",
    "t-online.de",
    "tiscali.it",
    "virgilio.it",
    "web.de",
    "yahoo.com",
    "yahoo.de",
    "ymail.com",
];

/// The common domain that this one is a slip away from; `None` for a common one, and for one that is like none of them.
pub(super) fn meant(domain: &str) -> Option<&'static str> {
    let domain = domain.to_ascii_lowercase();
    if COMMON.contains(&domain.as_str()) {
        return None;
    }
    COMMON.into_iter().find(|known| is_a_slip(domain.as_bytes(), known.as_bytes()))
}

/// Whether one letter is missing, too many, wrong, or two neighbours are swapped.
fn is_a_slip(typed: &[u8], known: &[u8]) -> bool {
    let start = typed.iter().zip(known).take_while(|(a, b)| a == b).count();
    let (typed, known) = (&typed[start..], &known[start..]);
    match (typed, known) {
        ([_, typed @ ..], [_, known @ ..]) if typed == known => true,
        ([_, rest @ ..], _) if rest == known => true,
        (_, [_, rest @ ..]) if rest == typed => true,
        ([a, b, typed @ ..], [c, d, known @ ..]) => a == d && b == c && typed == known,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_seen_and_a_domain_of_its_own_is_not_doubted() {
        for (typed, known) in [
            ("gmial.com", "gmail.com"),
            ("gmail.con", "gmail.com"),
            ("gmil.com", "gmail.com"),
            ("gmaill.com", "gmail.com"),
            ("GMX.dee", "gmx.de"),
            ("tonline.de", "t-online.de"),
            ("bluewin.hc", "bluewin.ch"),
        ] {
            assert_eq!(meant(typed), Some(known), "{typed}");
        }
        for own in ["gmail.com", "mail.com", "works.example", "lindenhof.example", "gmx.de", "praxis-weber.de", "", "xn--bcher-kva.example"]
        {
            assert_eq!(meant(own), None, "{own}");
        }
    }
}
