//! Files for spreadsheets: text stays text. A cell that begins like a formula would be carried out by whoever opens the file.

use crate::stories::IssuedNotice;
use secrecy::ExposeSecret;
use std::borrow::Cow;

/// A text as a cell that no spreadsheet takes for a formula: an apostrophe before what would begin one, full-width forms and what a
/// spreadsheet skips over included.
pub fn cell(text: &str) -> Cow<'_, str> {
    let begins = text.trim_start_matches(|c: char| c.is_whitespace() && !matches!(c, '\t' | '\r' | '\n')).chars().next();
    let formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '|' | '%' | ';' | '＝' | '＋' | '－' | '＠' | '；');
    if begins.is_some_and(formula) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Rows as CSV (RFC 4180, `,`), every cell quoted and none a formula.
pub fn csv<'a>(rows: impl IntoIterator<Item = Vec<Cow<'a, str>>>) -> String {
    let mut text = String::new();
    for row in rows {
        for (column, value) in row.iter().enumerate() {
            if column > 0 {
                text.push(',');
            }
            text.push('"');
            text.push_str(&cell(value).replace('"', "\"\""));
            text.push('"');
        }
        text.push_str("\r\n");
    }
    text
}

/// The PINs of a batch: `number,name,pin,valid_until`, the last as the day on which the PIN is good for the last time.
pub fn notices(issued: &[IssuedNotice]) -> String {
    let header = ["number", "name", "pin", "valid_until"].map(Cow::Borrowed).to_vec();
    let rows = issued.iter().map(|notice| {
        vec![
            Cow::Borrowed(notice.number.as_str()),
            Cow::Borrowed(notice.name.as_str()),
            Cow::Borrowed(notice.pin.expose_secret()),
            Cow::Owned(notice.valid_until.date_naive().to_string()),
        ]
    });
    csv(std::iter::once(header).chain(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_like_a_formula() {
        for text in ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "\r=1", "; rm", "＝1", " =1", "|calc", "\u{a0}+1"] {
            assert!(cell(text).starts_with('\''), "{text:?}");
        }
        for text in ["Bäckerei =Süd=", "0042", "", "O'Neill"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn quotes_and_separators_stay_within_their_cell() {
        let text = csv([vec![Cow::Borrowed("a\"b"), Cow::Borrowed("c,d;e"), Cow::Borrowed("=f")]]);
        assert_eq!(text, "\"a\"\"b\",\"c,d;e\",\"'=f\"\r\n");
    }
}
