//! Text as glyphs: shaped once, so that what is measured is what is drawn. Decides which fonts there are and which
//! characters never reach a letter; where a line ends is left to `flow`.
//!
//! The fonts are in the binary: Noto Sans for what is read, Noto Sans Mono for what is typed, because it tells `0` from `O`
//! and `1` from `l`. Both have the Latin letters of DIN 91379.

use crate::LetterFault;
use krilla::Data;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{BufferFlags, Direction, Feature, UnicodeBuffer, ttf_parser::Tag};

/// Millimetres in a point.
pub(crate) const MM_PER_PT: f32 = 25.4 / 72.0;

/// A cut of the fonts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Running text.
    Regular,
    /// Headings.
    Bold,
    /// Numbers and PINs.
    Mono,
}

struct Face {
    font: Font,
    shaper: rustybuzz::Face<'static>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Self {
        let font = Font::new(Data::from(bytes), 0).expect("a test opens every embedded font");
        let shaper = rustybuzz::Face::from_slice(bytes, 0).expect("a test opens every embedded font");
        Self { font, shaper }
    }
}

/// The fonts, parsed once and shared by all letters.
pub(crate) struct Faces {
    regular: Face,
    bold: Face,
    mono: Face,
}

/// One shaped line. No `Debug`: it may be a PIN or a name.
#[derive(Clone)]
pub(crate) struct Line {
    /// The cut.
    pub(crate) cut: Cut,
    /// Size in points.
    pub(crate) size: f32,
    /// What it reads, as the text layer of the PDF has it.
    pub(crate) text: String,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// Width in millimetres.
    pub(crate) width: f32,
}

impl Faces {
    pub(crate) fn new() -> Self {
        Self {
            regular: Face::new(include_bytes!("../assets/NotoSans-Regular.ttf")),
            bold: Face::new(include_bytes!("../assets/NotoSans-Bold.ttf")),
            mono: Face::new(include_bytes!("../assets/NotoSansMono-Bold.ttf")),
        }
    }

    fn face(&self, cut: Cut) -> &Face {
        match cut {
            Cut::Regular => &self.regular,
            Cut::Bold => &self.bold,
            Cut::Mono => &self.mono,
        }
    }

    /// The font of a cut, for drawing.
    pub(crate) fn font(&self, cut: Cut) -> Font {
        self.face(cut).font.clone()
    }

    /// Shapes one line from left to right.
    ///
    /// # Errors
    /// A character that must not or cannot be printed.
    pub(crate) fn line(&self, cut: Cut, size: f32, text: &str) -> Result<Line, LetterFault> {
        if let Some(c) = text.chars().find(|c| steers(*c)) {
            return Err(LetterFault::Character(u32::from(c)));
        }
        let face = self.face(cut);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        buffer.set_flags(BufferFlags::BEGINNING_OF_TEXT | BufferFlags::END_OF_TEXT);
        buffer.guess_segment_properties();
        // Set again: the guess looks at the script, and every font here is for scripts that run to the right.
        buffer.set_direction(Direction::LeftToRight);
        // A ligature is one glyph for several letters, which some readers of the text layer do not take apart again.
        let plain = Feature::new(Tag::from_bytes(b"liga"), 0, ..);
        let shaped = rustybuzz::shape(&face.shaper, &[plain], buffer);
        let em = upem(&face.shaper);
        let infos = shaped.glyph_infos();
        let mut glyphs = Vec::with_capacity(infos.len());
        let mut advance = 0.0;
        for (at, (info, position)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
            let start = info.cluster as usize;
            if info.glyph_id == 0 {
                let missing = text[start..].chars().next().map_or(0, u32::from);
                return Err(LetterFault::Glyph(missing));
            }
            // A cluster may have several glyphs; all of them stand for the whole of it.
            let end = infos[at..].iter().map(|next| next.cluster as usize).find(|next| *next > start).unwrap_or(text.len());
            let x_advance = units(position.x_advance) / em;
            advance += x_advance;
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                x_advance,
                units(position.x_offset) / em,
                units(position.y_offset) / em,
                units(position.y_advance) / em,
                start..end,
                None,
            ));
        }
        Ok(Line { cut, size, text: text.to_owned(), glyphs, width: advance * size * MM_PER_PT })
    }
}

fn upem(face: &rustybuzz::Face<'_>) -> f32 {
    units(face.units_per_em())
}

#[expect(clippy::cast_precision_loss, reason = "units of a font are far below 2^24, where every whole number has its float")]
fn units(units: i32) -> f32 {
    units as f32
}

/// Whether a character steers or hides text: controls, and all of Unicode's `Default_Ignorable_Code_Point` but the soft hyphen, for which
/// a shaper draws nothing where the font has nothing.
fn steers(c: char) -> bool {
    let directs = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    let marks =
        matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{ffa0}');
    let selects = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    c.is_control() || directs || marks || selects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_steers_is_refused_and_what_no_font_has_is_named() {
        let faces = Faces::new();
        for c in ['\u{202e}', '\u{200b}', '\n', '\u{1b}', '\u{feff}', '\u{2066}', '\u{e0041}', '\u{fe0f}'] {
            assert_eq!(faces.line(Cut::Regular, 10.0, &format!("A{c}B")).err(), Some(LetterFault::Character(u32::from(c))));
        }
        for c in ['中', '🙂', 'א'] {
            assert_eq!(faces.line(Cut::Regular, 10.0, &format!("A{c}B")).err(), Some(LetterFault::Glyph(u32::from(c))), "{c}");
        }
    }

    #[test]
    fn the_letters_of_european_names_are_in_every_cut() {
        // A part of each block of DIN 91379, with the combining sequences that have no letter of their own.
        let names = "ÄÖÜẞäöüß ÀÉÎÕÅÆŒØÞÐ àéîõåæœøþð ĀĂĄĆĈĊČĎĐĒĔĖĘĚ ĜĞĠĢĤĦĨĪĬĮİĲ ĴĶĸĹĻĽĿŁŃŅŇŊ ŌŎŐŔŖŘŚŜŞŠȘŢŤŦȚ ŨŪŬŮŰŲŴŶŸŹŻŽ \
                     ơưƠƯ ǍǏǑǓ ǪǬ Ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ ḂḊḞṀṖṠṪẀẂẄ ʹʺʾʿˈˌ əƏ ʼ’ \
                     A\u{30b} C\u{328}\u{306} K\u{302} M\u{302} N\u{302} S\u{302}\u{331} Z\u{30c}\u{323} l\u{325} r\u{325} k\u{315} \
                     γ Ж €§–„“«»‹›";
        let faces = Faces::new();
        for cut in [Cut::Regular, Cut::Bold, Cut::Mono] {
            assert!(faces.line(cut, 10.0, names).is_ok(), "{cut:?}");
        }
    }

    #[test]
    fn every_cluster_covers_its_text_once() {
        let faces = Faces::new();
        let Ok(line) = faces.line(Cut::Regular, 10.0, "Affi M\u{302}x") else { panic!("not shaped") };
        let mut end = 0;
        for glyph in &line.glyphs {
            assert!(glyph.text_range.start <= end && glyph.text_range.end >= end, "{:?}", glyph.text_range);
            end = glyph.text_range.end;
        }
        assert_eq!(end, line.text.len());
    }
}
