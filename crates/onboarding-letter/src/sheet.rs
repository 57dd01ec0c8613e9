//! The page itself: lines, codes and marks put where they belong, with the tags a screen reader follows. Decides what each
//! thing is to such a reader; what stands where is decided before.

use crate::LetterFault;
use crate::face::{Faces, Line, MM_PER_PT};
use crate::window::{FOLDS, PUNCH, SHEET};
use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::configure::{Accessibility, ConfigurationBuilder, ValidationError};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{self, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, SpanTag, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};
use onboarding_core::Language;
use std::num::NonZeroU16;

/// A line where it stands: millimetres from the upper left corner.
pub(crate) struct Placed {
    pub(crate) x: f32,
    pub(crate) baseline: f32,
    pub(crate) line: Line,
}

/// One thing on the page, in the order in which it is read.
pub(crate) enum Block {
    /// The subject.
    Heading(Vec<Placed>),
    /// Lines that are one text.
    Paragraph(Vec<Placed>),
    /// Lines that are each a text of their own, such as an address.
    Lines(Vec<Placed>),
    /// Numbered steps: the number, then the text.
    Steps(Vec<(Placed, Vec<Placed>)>),
    /// A picture, with what it says in words.
    Figure { alt: String, path: Path },
    /// Nothing that is read: marks, rules and frames.
    Ornament(Path),
}

/// What a letter says about itself.
pub(crate) struct Cover<'a> {
    pub(crate) title: &'a str,
    pub(crate) language: Language,
    pub(crate) author: &'a str,
    pub(crate) written_at: DateTime<Utc>,
    /// The same for the same letter.
    pub(crate) id: &'a str,
}

/// Writes a letter of one page as PDF/UA-1. The same blocks give the same bytes.
///
/// # Errors
/// What the standard forbids; what the fonts lack was found before.
pub(crate) fn pdf(faces: &Faces, cover: &Cover<'_>, blocks: &[Block]) -> Result<Vec<u8>, LetterFault> {
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| LetterFault::Pdf("the library has no PDF/UA-1".to_owned()))?;
    let mut document = Document::new_with(SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() });
    document.set_metadata(
        Metadata::new()
            .title(cover.title.to_owned())
            .language(cover.language.tag().to_owned())
            .authors(vec![cover.author.to_owned()])
            .creation_date(day_and_time(cover.written_at))
            .document_id(cover.id.to_owned()),
    );
    let settings = PageSettings::from_wh(SHEET[0] / MM_PER_PT, SHEET[1] / MM_PER_PT);
    let mut page = document.start_page_with(settings.ok_or_else(|| LetterFault::Pdf("the sheet has no size".to_owned()))?);
    let mut surface = page.surface();
    let mut tags = TagTree::new().with_lang(Some(cover.language.tag().to_owned()));
    let mut outline = Outline::new();
    ornament(&mut surface, &marks()?);
    for block in blocks {
        draw(faces, &mut surface, cover, block, &mut tags, &mut outline);
    }
    surface.finish();
    page.finish();
    document.set_outline(outline);
    document.set_tag_tree(tags);
    document.finish().map_err(|error| LetterFault::Pdf(told(&error)))
}

fn draw(faces: &Faces, surface: &mut Surface<'_>, cover: &Cover<'_>, block: &Block, tags: &mut TagTree, outline: &mut Outline) {
    let text = |surface: &mut Surface<'_>, lines: &[Placed], group: &mut TagGroup| {
        for line in lines {
            group.push(write(faces, surface, line));
        }
    };
    match block {
        Block::Heading(lines) => {
            let mut heading = TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(cover.title.to_owned())));
            text(surface, lines, &mut heading);
            tags.push(heading);
            if let Some(first) = lines.first() {
                let above = Point::from_xy(first.x / MM_PER_PT, first.baseline / MM_PER_PT - first.line.size);
                outline.push_child(OutlineNode::new(cover.title.to_owned(), XyzDestination::new(0, above)));
            }
        }
        Block::Paragraph(lines) => {
            let mut paragraph = TagGroup::new(Tag::P);
            text(surface, lines, &mut paragraph);
            tags.push(paragraph);
        }
        Block::Lines(lines) => {
            let mut division = TagGroup::new(Tag::Div);
            for line in lines {
                let mut paragraph = TagGroup::new(Tag::P);
                paragraph.push(write(faces, surface, line));
                division.push(paragraph);
            }
            tags.push(division);
        }
        Block::Steps(steps) => {
            let mut list = TagGroup::new(Tag::L(ListNumbering::Decimal));
            for (number, lines) in steps {
                let mut label = TagGroup::new(Tag::Lbl);
                label.push(write(faces, surface, number));
                let mut body = TagGroup::new(Tag::LBody);
                text(surface, lines, &mut body);
                let mut item = TagGroup::new(Tag::LI);
                item.push(label);
                item.push(body);
                list.push(item);
            }
            tags.push(list);
        }
        Block::Figure { alt, path } => {
            let mut figure = TagGroup::new(Tag::Figure(Some(alt.clone())));
            let id = surface.start_tagged(ContentTag::Other);
            surface.draw_path(path);
            surface.end_tagged();
            figure.push(id);
            tags.push(figure);
        }
        Block::Ornament(path) => ornament(surface, path),
    }
}

fn write(faces: &Faces, surface: &mut Surface<'_>, placed: &Placed) -> Identifier {
    let line = &placed.line;
    let id = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
    let start = Point::from_xy(placed.x / MM_PER_PT, placed.baseline / MM_PER_PT);
    surface.draw_glyphs(start, &line.glyphs, faces.font(line.cut), &line.text, line.size, false);
    surface.end_tagged();
    id
}

fn ornament(surface: &mut Surface<'_>, path: &Path) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    surface.draw_path(path);
    surface.end_tagged();
}

/// Fold marks and punch mark at the left edge.
fn marks() -> Result<Path, LetterFault> {
    let folds = FOLDS.map(|y| [5.0, y - 0.1, 5.0, 0.2]);
    bars(&[folds[0], [5.0, PUNCH - 0.1, 7.0, 0.2], folds[1]])
}

/// Filled bars, each with left edge, upper edge, width and height in millimetres.
pub(crate) fn bars(bars: &[[f32; 4]]) -> Result<Path, LetterFault> {
    let broken = || LetterFault::Pdf("a rule has no size".to_owned());
    let mut path = PathBuilder::new();
    for [x, y, width, height] in bars.iter().map(|bar| bar.map(|length| length / MM_PER_PT)) {
        path.push_rect(Rect::from_xywh(x, y, width, height).ok_or_else(broken)?);
    }
    path.finish().ok_or_else(broken)
}

/// A frame of thin rules around a rectangle.
pub(crate) fn frame(x: f32, y: f32, width: f32, height: f32) -> Result<Path, LetterFault> {
    const RULE: f32 = 0.25;
    bars(&[
        [x, y, width, RULE],
        [x, y + height - RULE, width, RULE],
        [x, y + RULE, RULE, height - 2.0 * RULE],
        [x + width - RULE, y + RULE, RULE, height - 2.0 * RULE],
    ])
}

fn day_and_time(at: DateTime<Utc>) -> metadata::DateTime {
    let small = |value: u32| u8::try_from(value).unwrap_or_default();
    metadata::DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// The library's own words quote the text of the letter, so only the kind of fault is told.
fn told(error: &KrillaError) -> String {
    match error {
        KrillaError::Validation(faults) => {
            let kind = |fault: &ValidationError| format!("{fault:?}").split(['(', ' ', '{']).next().unwrap_or_default().to_owned();
            let kinds: Vec<_> = faults.iter().map(|(fault, _)| kind(fault)).collect();
            kinds.join(", ")
        }
        _ => "the library could not finish it".to_owned(),
    }
}
