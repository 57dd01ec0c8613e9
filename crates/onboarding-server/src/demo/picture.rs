//! A letter as a browser shows it: its pages as pictures, and what stands on them as text, for whoever reads with the ears and for a PIN
//! that is to be copied. Reads any PDF; one that cannot be read has no pages, and the file itself is there in any case.

use hayro_svg::hayro_interpret::font::Glyph;
use hayro_svg::hayro_interpret::hayro_cmap::BfString;
use hayro_svg::hayro_interpret::hayro_syntax::Pdf;
use hayro_svg::hayro_interpret::hayro_syntax::page::Page;
use hayro_svg::hayro_interpret::util::TransformExt as _;
use hayro_svg::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache, InterpreterSettings, Paint, PathDrawMode, SoftMask,
    interpret_page,
};
use hayro_svg::{RenderCache, SvgRenderSettings, convert};
use kurbo::{Affine, BezPath, Rect};
use onboarding_http::post_office::Sheet;

/// Paper, in red, green, blue and opacity: also where the page around it is dark.
const PAPER: [u8; 4] = [255, 255, 255, 255];
/// How far two lines of one paragraph may be apart, in points.
const LINE: f64 = 18.0;
/// Two glyphs whose baselines differ by less stand on one line, in points.
const SAME: f64 = 1.0;

/// The pages of a PDF, first to last; none of a file that is no PDF.
pub(super) fn sheets(pdf: Vec<u8>) -> Vec<Sheet> {
    let Ok(pdf) = Pdf::new(pdf) else { return Vec::new() };
    let (cache, settings) = (RenderCache::new(), InterpreterSettings::default());
    let look = SvgRenderSettings { bg_color: PAPER };
    pdf.pages().iter().map(|page| Sheet { picture: convert(page, &cache, &settings, &look), text: text(page) }).collect()
}

/// What stands on a page, in the order in which it was written: a letter's own order of reading.
fn text(page: &Page<'_>) -> String {
    let (cache, settings) = (InterpreterCache::new(), InterpreterSettings::default());
    let (width, height) = page.render_dimensions();
    let sheet = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let mut context = Context::new(page.initial_transform(true).to_kurbo(), sheet, &cache, page.xref(), settings);
    let mut reader = Reader { text: String::new(), last: None, apart: false };
    interpret_page(page, &mut context, &mut reader);
    reader.text.trim().to_owned()
}

/// Takes down glyphs and nothing else.
struct Reader {
    text: String,
    /// Where the last glyph stood: from the left, and down to its baseline.
    last: Option<(f64, f64)>,
    /// Whether what follows is a piece of its own, such as the text behind a step's number.
    apart: bool,
}

impl Reader {
    /// A line begins where the baseline is another one or the writing goes back to the left; a paragraph where the baseline is far from the
    /// last, or above it.
    fn moves_to(&mut self, x: f64, baseline: f64) {
        if let Some((before, last)) = self.last {
            let down = baseline - last;
            let mark = match down.abs() <= SAME {
                true if x >= before && self.apart => " ",
                true if x >= before => "",
                true => "\n",
                false if (0.0..=LINE).contains(&down) => "\n",
                false => "\n\n",
            };
            if !mark.is_empty() {
                let kept = self.text.trim_end().len();
                self.text.truncate(kept);
                self.text.push_str(mark);
            }
        }
        (self.last, self.apart) = (Some((x, baseline)), false);
    }
}

impl<'a> Device<'a> for Reader {
    fn draw_glyph(&mut self, glyph: &Glyph<'a>, transform: Affine, at: Affine, _: &Paint<'a>, _: &GlyphDrawMode) {
        let Some(written) = glyph.as_unicode() else { return };
        let at = (transform * at).translation();
        self.moves_to(at.x, at.y);
        match written {
            BfString::Char(letter) => self.text.push(letter),
            BfString::String(letters) => self.text.push_str(&letters),
        }
    }

    fn begin_marked_content(&mut self, _: &[u8], piece: Option<i32>) {
        self.apart |= piece.is_some();
    }

    fn set_soft_mask(&mut self, _: Option<SoftMask<'a>>) {}
    fn set_blend_mode(&mut self, _: BlendMode) {}
    fn draw_path(&mut self, _: &BezPath, _: Affine, _: &Paint<'a>, _: &PathDrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: Affine) {}
    fn pop_clip_path(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_pdf_has_no_pages() {
        assert!(sheets(b"%PDF-\xff\x00 letter".to_vec()).is_empty());
        assert!(sheets(Vec::new()).is_empty());
    }

    #[test]
    fn a_line_begins_below_or_at_the_left_and_a_paragraph_far_off() {
        let mut reader = Reader { text: "one ".to_owned(), last: Some((50.0, 100.0)), apart: false };
        let written = [(80.0, 100.4, "more"), (50.0, 112.0, "two"), (10.0, 112.0, "left"), (50.0, 160.0, "three"), (50.0, 90.0, "above")];
        for (x, baseline, word) in written {
            reader.moves_to(x, baseline);
            reader.text.push_str(word);
        }
        reader.begin_marked_content(b"P", Some(7));
        reader.moves_to(70.0, 90.0);
        reader.text.push_str("apart");
        assert_eq!(reader.text, "one more\ntwo\nleft\n\nthree\n\nabove apart");
    }
}
