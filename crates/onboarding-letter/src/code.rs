//! QR codes as paths: one path for the whole code, so that no hairline shows between two modules.

use crate::LetterFault;
use crate::face::MM_PER_PT;
use fast_qr::{ECL, QRBuilder};
use krilla::geom::{Path, PathBuilder, Rect};

/// Side of a code in millimetres, without the quiet zone of four modules, which the page keeps free around it.
pub(crate) const SIDE: f32 = 30.0;
/// Smallest module in millimetres that every phone reads from paper; bounds the length of a link.
const SMALLEST: f32 = 0.4;

/// The code of a link, its upper left corner at `x`, `y`.
///
/// # Errors
/// A link too long to be scanned.
pub(crate) fn path(link: &str, x: f32, y: f32) -> Result<Path, LetterFault> {
    let code = QRBuilder::new(link).ecl(ECL::M).build().map_err(|_| LetterFault::Code)?;
    let size = u16::try_from(code.size).map_err(|_| LetterFault::Code)?;
    let module = SIDE / f32::from(size);
    if module < SMALLEST {
        return Err(LetterFault::Code);
    }
    let mut path = PathBuilder::new();
    let point = |value: f32| value / MM_PER_PT;
    for row in 0..size {
        let dark = |column: u16| column < size && code[usize::from(row)][usize::from(column)].value();
        let mut column = 0;
        while column < size {
            let mut end = column;
            while dark(end) {
                end += 1;
            }
            if end > column {
                let (left, top) = (x + f32::from(column) * module, y + f32::from(row) * module);
                let width = f32::from(end - column) * module;
                let run = Rect::from_xywh(point(left), point(top), point(width), point(module));
                path.push_rect(run.ok_or(LetterFault::Code)?);
            }
            column = end + 1;
        }
    }
    path.finish().ok_or(LetterFault::Code)
}
