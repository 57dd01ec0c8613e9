//! What somebody reads in a copy of the database: the values in the leaves of a SQLite file and of its write-ahead log, also those that are
//! deleted but not yet overwritten. Follows the file format as far as whole values go; what spills into overflow pages is seen as raw bytes.

use std::collections::BTreeSet;

const PAGE: usize = 2048;
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// A value that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Found {
    Text(String),
    Bytes(Vec<u8>),
}

/// Every text and every run of bytes in a database file and its write-ahead log.
pub(crate) fn values(database: &[u8], log: &[u8]) -> BTreeSet<Found> {
    assert_eq!(&database[..16], b"SQLite format 3\0");
    assert_eq!(usize::from(u16::from_be_bytes([database[16], database[17]])), PAGE);
    let logged = log.get(LOG_HEADER..).unwrap_or_default().chunks_exact(FRAME_HEADER + PAGE).map(|frame| &frame[FRAME_HEADER..]);
    let mut found = BTreeSet::new();
    for (at, page) in database.chunks_exact(PAGE).enumerate().chain(logged.map(|page| (usize::MAX, page))) {
        let header = if at == 0 || page.starts_with(b"SQLite format 3\0") { 100 } else { 0 };
        leaf(page, header, &mut found);
    }
    found
}

fn leaf(page: &[u8], header: usize, found: &mut BTreeSet<Found>) {
    const TABLE: u8 = 0x0d;
    const INDEX: u8 = 0x0a;
    let kind = page[header];
    if kind != TABLE && kind != INDEX {
        return;
    }
    let cells = usize::from(u16::from_be_bytes([page[header + 3], page[header + 4]]));
    for cell in 0..cells {
        let Some(pointer) = page.get(header + 8 + 2 * cell..header + 10 + 2 * cell) else { return };
        let mut at = usize::from(u16::from_be_bytes([pointer[0], pointer[1]]));
        let whole = varint(page, &mut at).and_then(|_| if kind == TABLE { varint(page, &mut at) } else { Some(0) });
        if whole.is_some() {
            // A cell that spills ends early; its values up to there are read.
            let _ = record(&page[at.min(page.len())..], found);
        }
    }
}

fn record(bytes: &[u8], found: &mut BTreeSet<Found>) -> Option<()> {
    let mut at = 0;
    let head = varint(bytes, &mut at)?;
    let mut body = head;
    while at < head {
        let kind = varint(bytes, &mut at)?;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => kind.checked_sub(12)? / 2,
        };
        let value = bytes.get(body..body + length)?;
        body += length;
        if kind >= 12 {
            found.insert(if kind % 2 == 0 {
                Found::Bytes(value.to_vec())
            } else {
                Found::Text(String::from_utf8_lossy(value).into_owned())
            });
        }
    }
    Some(())
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0_usize;
    for _ in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value = (value << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
