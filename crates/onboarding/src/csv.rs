//! Cells of files that somebody opens in a spreadsheet: text stays text, whoever wrote it.
//!
//! Source: OWASP "CSV Injection". Reading files is another matter and stands with the imports.

use crate::stories::IssuedNotice;
use secrecy::ExposeSecret;

/// A cell as it goes into a CSV file with `,` between its cells: quoted where need be, and never the beginning of a formula.
pub fn csv_cell(text: &str) -> String {
    let starts_formula = text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', ';', '＝', '＋', '－', '＠']);
    // A quotation mark is the one sign that every spreadsheet takes for "text follows".
    let plain = if starts_formula { format!("'{text}") } else { text.to_owned() };
    if plain.contains([',', ';', '"', '\n', '\r', '\t']) || plain.starts_with('\'') {
        format!("\"{}\"", plain.replace('"', "\"\""))
    } else {
        plain
    }
}

/// A row of cells, ended as RFC 4180 says.
pub fn csv_row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(csv_cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// The PINs of a batch: `number,name,pin,valid_until`, the last as the day on which the PIN is good for the last time.
pub fn notices(issued: &[IssuedNotice]) -> String {
    let mut file = csv_row(["number", "name", "pin", "valid_until"]);
    for notice in issued {
        let day = notice.valid_until.date_naive().to_string();
        file.push_str(&csv_row([notice.number.as_str(), &notice.name, notice.pin.expose_secret(), &day]));
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_a_formula() {
        for typed in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", ";=1", "＝1", "＋1", "－1", "＠x", " =1"] {
            let cell = csv_cell(typed);
            assert!(cell.starts_with("\"'") && cell.ends_with('"'), "{typed:?}: {cell:?}");
        }
    }

    #[test]
    fn what_would_end_a_cell_is_quoted_and_everything_else_stays() {
        assert_eq!(csv_row(["00-17", "Müller, \"Söhne\"", "", "a=b"]), "00-17,\"Müller, \"\"Söhne\"\"\",,a=b\r\n");
    }
}
