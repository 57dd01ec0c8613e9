//! The places of a letter: letterhead, window, date and subject above the first fold, the body below it, contact at the
//! foot. Decides where things stand and how an address shrinks; what they say is the letter's.

use super::Desk;
use crate::LetterFault;
use crate::code;
use crate::face::{Cut, Faces, Line};
use crate::flow::{self, LEADING, TIGHT, baseline, height, wrap};
use crate::sheet::{self, Block, Placed};
use crate::window::{FOLDS, MARGINS, Window};
use chrono::{DateTime, Utc};

/// Sizes of an address, from the one that sorting machines read best to the smallest that people do.
pub(super) const ADDRESS_SIZES: [f32; 7] = [10.5, 9.5, 8.5, 7.5, 7.0, 6.5, 6.0];
/// Sizes of the return line.
const RETURN_SIZES: [f32; 2] = [6.5, 5.5];
/// Free above the first and below the last line in the window: what ascenders and descenders need beyond their line's box.
const WINDOW_EDGE: f32 = 0.5;
/// From the return line to its rule, and from there to the address.
const RULE_GAPS: [f32; 2] = [0.2, 1.2];
/// Size of the subject.
const TITLE: f32 = 13.0;
/// Upper edge of the letterhead.
const HEAD: f32 = 14.0;
/// Width of the letterhead; right of it stands the number.
const HEAD_WIDTH: f32 = 105.0;
/// Upper edge of date and subject.
const SUBJECT: f32 = 93.0;
/// Upper edge of the body: everything of it is below the first fold.
const BODY: f32 = FOLDS[0] + 3.0;
/// Lower edge of the body, and upper edge of the foot.
const FOOT: f32 = 277.0;
/// Size of date, contact and labels.
const SMALL: f32 = 8.5;
/// Size of PIN and number; a long number shrinks to the width.
const BIG: f32 = 24.0;

fn width() -> f32 {
    MARGINS[1] - MARGINS[0]
}

/// Everything above the first fold.
pub(super) struct Page<'a> {
    faces: &'a Faces,
    blocks: Vec<Block>,
    /// Where the next line begins.
    y: f32,
}

impl<'a> Page<'a> {
    /// Letterhead, number, window and date.
    ///
    /// `address` has the ways in which the address may be written, the better first.
    pub(super) fn begin(desk: &Desk<'a>, address: &[Vec<String>], number: &str, at: DateTime<Utc>) -> Result<Self, LetterFault> {
        let mut page = Self { faces: &desk.letters.faces, blocks: Vec::new(), y: HEAD };
        page.head(&desk.portal.letters.sender)?;
        page.number(&desk.number_label()?, number)?;
        page.window(desk, address)?;
        page.y = SUBJECT;
        let date = page.faces.line(Cut::Regular, SMALL, &desk.date(at))?;
        let date = Placed { x: MARGINS[1] - date.width, baseline: page.y + baseline(TITLE, TIGHT), line: date };
        page.blocks.push(Block::Paragraph(vec![date]));
        Ok(page)
    }

    fn head(&mut self, sender: &[String]) -> Result<(), LetterFault> {
        let mut placed = Vec::new();
        for (at, text) in sender.iter().enumerate() {
            let (cut, size) = if at == 0 { (Cut::Bold, 12.0) } else { (Cut::Regular, SMALL) };
            let lines = wrap(self.faces, cut, size, HEAD_WIDTH, text)?;
            self.put(&mut placed, MARGINS[0], size, TIGHT, lines);
        }
        self.blocks.push(Block::Lines(placed));
        Ok(())
    }

    /// The number at the upper right, where the pages tell people to look for it.
    fn number(&mut self, label: &str, number: &str) -> Result<(), LetterFault> {
        let room = width() - HEAD_WIDTH;
        let (mut placed, mut y) = (Vec::new(), HEAD);
        for (cut, size, text) in [(Cut::Regular, SMALL, label), (Cut::Mono, 11.0, number)] {
            for line in wrap(self.faces, cut, size, room, text)? {
                placed.push(Placed { x: MARGINS[1] - line.width, baseline: y + baseline(size, TIGHT), line });
                y += height(size, TIGHT);
            }
        }
        self.blocks.push(Block::Lines(placed));
        Ok(())
    }

    /// Return line and address, in the largest sizes that fit.
    fn window(&mut self, desk: &Desk<'_>, address: &[Vec<String>]) -> Result<(), LetterFault> {
        let window = Window::of(desk.portal.letters.layout);
        let (x, room) = (window.text_x(), window.text_width());
        let sender = &desk.portal.letters.sender;
        let to_whom = desk.text("letter-return", &[])?;
        let (whole, name) = (sender.join(" · "), sender.first().cloned().unwrap_or_default());
        // Where room is short the name has to do: the whole address stands in the letterhead.
        for (return_size, sender) in [(RETURN_SIZES[0], &whole), (RETURN_SIZES[1], &whole), (RETURN_SIZES[1], &name)] {
            let remark = wrap(self.faces, Cut::Regular, return_size, room, &format!("{to_whom} {sender}"))?;
            let needed = WINDOW_EDGE + rows(&remark) * height(return_size, TIGHT) + RULE_GAPS[0] + RULE_GAPS[1];
            let zone = window.remarks.unwrap_or(needed);
            if needed > zone {
                continue;
            }
            for (size, way) in ADDRESS_SIZES.into_iter().flat_map(|size| address.iter().map(move |way| (size, way))) {
                let mut lines = Vec::new();
                for text in way {
                    lines.extend(wrap(self.faces, Cut::Regular, size, room, text)?);
                }
                if window.y + zone + rows(&lines) * height(size, TIGHT) + WINDOW_EDGE > window.bottom() {
                    continue;
                }
                // The return line lies at the lower edge of its zone, with a thin rule below.
                self.y = window.y + zone - needed + WINDOW_EDGE;
                let mut placed = Vec::new();
                self.put(&mut placed, x, return_size, TIGHT, remark);
                self.blocks.push(Block::Paragraph(placed));
                self.blocks.push(Block::Ornament(sheet::bars(&[[x, self.y + RULE_GAPS[0], room, 0.1]])?));
                self.y = window.y + zone;
                let mut placed = Vec::new();
                self.put(&mut placed, x, size, TIGHT, lines);
                self.blocks.push(Block::Lines(placed));
                return Ok(());
            }
        }
        Err(LetterFault::AddressTooLong)
    }

    /// The subject, beside which the date stands.
    pub(super) fn subject(&mut self, subject: &str) -> Result<(), LetterFault> {
        let lines = wrap(self.faces, Cut::Bold, TITLE, width() - 35.0, subject)?;
        let mut placed = Vec::new();
        self.put(&mut placed, MARGINS[0], TITLE, TIGHT, lines);
        self.blocks.push(Block::Heading(placed));
        Ok(())
    }

    fn put(&mut self, placed: &mut Vec<Placed>, x: f32, size: f32, leading: f32, lines: Vec<Line>) {
        for line in lines {
            placed.push(Placed { x, baseline: self.y + baseline(size, leading), line });
            self.y += height(size, leading);
        }
    }
}

/// The body of one size, from the first fold to the foot.
pub(super) struct Body<'a> {
    page: Page<'a>,
    faces: &'a Faces,
    size: f32,
}

impl<'a> Body<'a> {
    /// Begins below the first fold, and below a subject that is longer than usual.
    pub(super) fn below(mut page: Page<'a>, faces: &'a Faces, size: f32) -> Self {
        page.y = BODY.max(page.y + 2.0);
        Self { page, faces, size }
    }

    fn gap(&mut self, lines: f32) {
        self.page.y += height(self.size, LEADING) * lines;
    }

    /// A paragraph over the whole width.
    pub(super) fn paragraph(&mut self, text: &str) -> Result<(), LetterFault> {
        let lines = wrap(self.faces, Cut::Regular, self.size, width(), text)?;
        let mut placed = Vec::new();
        self.page.put(&mut placed, MARGINS[0], self.size, LEADING, lines);
        self.page.blocks.push(Block::Paragraph(placed));
        self.gap(0.5);
        Ok(())
    }

    /// What the letter is about: its label, and in a frame the characters to type.
    pub(super) fn framed(&mut self, label: &str, text: &str) -> Result<(), LetterFault> {
        const AROUND: f32 = 5.0;
        self.gap(0.3);
        let label = wrap(self.faces, Cut::Bold, self.size, width(), label)?;
        let mut placed = Vec::new();
        self.page.put(&mut placed, MARGINS[0], self.size, LEADING, label);
        self.page.blocks.push(Block::Paragraph(placed));
        self.page.y += 1.0;
        let natural = self.faces.line(Cut::Mono, BIG, text)?;
        let size = BIG * ((width() - 2.0 * AROUND) / natural.width).min(1.0);
        let line = self.faces.line(Cut::Mono, size, text)?;
        let (x, y, tall) = (MARGINS[0], self.page.y, height(size, TIGHT) + AROUND);
        self.page.blocks.push(Block::Ornament(sheet::frame(x, y, line.width + 2.0 * AROUND, tall)?));
        let placed = Placed { x: x + AROUND, baseline: y + AROUND / 2.0 + baseline(size, TIGHT), line };
        self.page.blocks.push(Block::Paragraph(vec![placed]));
        self.page.y += tall;
        self.gap(0.8);
        Ok(())
    }

    /// Numbered steps.
    pub(super) fn steps(&mut self, steps: &[String]) -> Result<(), LetterFault> {
        const INDENT: f32 = 6.0;
        let mut items = Vec::new();
        for (number, text) in (1..).zip(steps) {
            let number = self.faces.line(Cut::Bold, self.size, &format!("{number}."))?;
            let number = Placed { x: MARGINS[0], baseline: self.page.y + baseline(self.size, LEADING), line: number };
            let lines = wrap(self.faces, Cut::Regular, self.size, width() - INDENT, text)?;
            let mut placed = Vec::new();
            self.page.put(&mut placed, MARGINS[0] + INDENT, self.size, LEADING, lines);
            items.push((number, placed));
        }
        self.page.blocks.push(Block::Steps(items));
        self.gap(0.5);
        Ok(())
    }

    /// Codes side by side, each with what it is for and where it leads.
    pub(super) fn codes(&mut self, codes: &[(String, String)]) -> Result<(), LetterFault> {
        /// Between a code and what stands beside it: more than its quiet zone.
        const BESIDE: f32 = 6.0;
        /// Size of the link.
        const LINK: f32 = 7.5;
        self.gap(0.3);
        let column = if codes.len() > 1 { width() / 2.0 } else { width() };
        let (top, mut lowest) = (self.page.y, self.page.y + code::SIDE);
        for (at, (text, link)) in codes.iter().enumerate() {
            let x = MARGINS[0] + if at == 0 { 0.0 } else { column };
            let alt = format!("{text} {link}");
            self.page.blocks.push(Block::Figure { alt, path: code::path(link, x, top)? });
            let (beside, room) = (x + code::SIDE + BESIDE, column - code::SIDE - 2.0 * BESIDE);
            self.page.y = top + 1.0;
            for (cut, size, text) in [(Cut::Bold, self.size, text), (Cut::Regular, LINK, link)] {
                let lines = wrap(self.faces, cut, size, room, text)?;
                let mut placed = Vec::new();
                self.page.put(&mut placed, beside, size, LEADING, lines);
                self.page.blocks.push(Block::Paragraph(placed));
                self.page.y += 1.0;
            }
            lowest = lowest.max(self.page.y);
        }
        self.page.y = lowest;
        self.gap(0.8);
        Ok(())
    }

    /// The foot, and with it the whole page.
    ///
    /// # Errors
    /// A body that reaches into the foot.
    pub(super) fn end(mut self, desk: &Desk<'_>) -> Result<Vec<Block>, LetterFault> {
        if self.page.y > FOOT {
            return Err(LetterFault::TooLong);
        }
        let support = &desk.portal.support;
        let mut parts = vec![format!("{}: {}", desk.text("help-email", &[])?, support.email.as_str())];
        if !support.phone.trim().is_empty() {
            let phone = format!("{}: {}", desk.text("help-phone", &[])?, support.phone.trim());
            parts.insert(0, support.hours.get(&desk.language).map_or(phone.clone(), |hours| format!("{phone} ({hours})")));
        }
        self.page.blocks.push(Block::Ornament(sheet::bars(&[[MARGINS[0], FOOT + 1.0, width(), 0.15]])?));
        self.page.y = FOOT + 2.0;
        let lines = flow::wrap(self.faces, Cut::Regular, SMALL, width(), &parts.join(" · "))?;
        let mut placed = Vec::new();
        self.page.put(&mut placed, MARGINS[0], SMALL, TIGHT, lines);
        self.page.blocks.push(Block::Paragraph(placed));
        Ok(self.page.blocks)
    }
}

#[expect(clippy::cast_precision_loss, reason = "an address has a few lines")]
fn rows(lines: &[Line]) -> f32 {
    lines.len() as f32
}
