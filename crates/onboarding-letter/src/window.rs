//! Where an envelope's window shows the address, and where the sheet is folded. What stands in it is left to others.

use onboarding::portal::LetterLayout;

/// Where the sheet is folded, from its top. Source: DIN 5008 form B; the other envelopes take the same thirds.
pub const FOLDS: [f32; 2] = [105.0, 210.0];
/// Where the sheet is punched, from its top.
pub(crate) const PUNCH: f32 = 148.5;
/// Size of the sheet, A4.
pub(crate) const SHEET: [f32; 2] = [210.0, 297.0];
/// Left and right edge of everything that does not stand in the window.
pub(crate) const MARGINS: [f32; 2] = [25.0, 190.0];

/// The field that the window shows, wherever the sheet lies in its envelope. Millimetres from the sheet's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// Height of the zone for return line and remarks, where the standard fixes one; else the return line takes what it needs.
    pub remarks: Option<f32>,
}

impl Window {
    /// The window of an envelope.
    ///
    /// # Source
    /// DIN 5008 form B: field 85 × 45 mm, 20 mm from the left, 45 mm from the top, 17.7 mm of it for remarks and 27.3 mm for
    /// the address. Swiss Post, windows of C5/6 envelopes left and right. France: window 35 × 100 mm of a 110 × 220 mm
    /// envelope. Italy: window 35 × 100 mm of a 110 × 230 mm envelope, 20 mm from its right and lower edge: what of it stays
    /// visible when the sheet slips to either side.
    pub fn of(layout: LetterLayout) -> Self {
        let free = |x, y, width, height| Self { x, y, width, height, remarks: None };
        match layout {
            LetterLayout::Din => Self { x: 20.0, y: 45.0, width: 85.0, height: 45.0, remarks: Some(17.7) },
            LetterLayout::ChLeft => free(22.0, 60.0, 85.5, 25.5),
            LetterLayout::ChRight => free(118.0, 60.0, 85.0, 25.5),
            LetterLayout::Fr => free(110.0, 55.0, 85.0, 33.0),
            LetterLayout::It => free(110.0, 55.0, 80.0, 30.0),
        }
    }

    /// Left edge of the text: 5 mm within the field, as DIN 5008 has it.
    pub(crate) fn text_x(self) -> f32 {
        self.x + 5.0
    }

    /// Width of the text.
    pub(crate) fn text_width(self) -> f32 {
        self.width - 5.0 - 2.0
    }

    /// Lower edge.
    pub(crate) fn bottom(self) -> f32 {
        self.y + self.height
    }
}
