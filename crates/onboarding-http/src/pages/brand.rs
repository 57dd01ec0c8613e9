//! What a portal's pages look like beyond the common stylesheet: its colours, its logo, its icon on a phone. Made once, at the start; kept by
//! browsers for ever under a name of the content.

use super::content_name;
use onboarding::Portal;
use onboarding::portal::Look;
use onboarding_core::{Colour, PortalSlug};
use poem::http::{HeaderValue, header};
use poem::{IntoResponse, Response};
use std::collections::HashMap;

/// The built-in brand, by day. As in the common stylesheet.
const BRAND: Colour = Colour::new(0x0b, 0x53, 0x94);
/// The built-in brand, by night.
const BRAND_DARK: Colour = Colour::new(0x8e, 0xc5, 0xff);
/// Sides of icons in pixels: a phone's home screen, its splash screen, Apple's.
pub(super) const ICONS: [u32; 3] = [192, 512, 180];
/// Of a logo: it may run and load nothing, also for whoever opens it by itself.
const IMAGE: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

/// A file of one portal.
struct File {
    kind: &'static str,
    content: Vec<u8>,
}

/// What one portal has of its own.
pub(super) struct Brand {
    /// By name.
    files: HashMap<String, File>,
    /// Where its colours are, if they are its own.
    pub(super) styles: Option<String>,
    /// Where its logo is, if it has one.
    pub(super) logo: Option<String>,
    /// Where its icons are, in the order of [`ICONS`].
    pub(super) icons: Vec<String>,
    /// For the frame of a browser, by day and by night.
    pub(super) colours: [Colour; 2],
}

/// Those of all portals.
pub(super) struct Brands(HashMap<PortalSlug, Brand>);

impl Brands {
    pub(super) fn of<'a>(portals: impl IntoIterator<Item = &'a Portal>) -> Self {
        let doors = ICONS.map(Door::drawn);
        Self(portals.into_iter().map(|portal| (portal.slug.clone(), Brand::of(portal, &doors))).collect())
    }

    pub(super) fn get(&self, slug: &PortalSlug) -> Option<&Brand> {
        self.0.get(slug)
    }
}

impl Brand {
    fn of(portal: &Portal, doors: &[Door]) -> Self {
        let colours = portal.look.map_or([BRAND, BRAND_DARK], |look| [look.brand, look.brand_dark]);
        let mut brand = Self { files: HashMap::new(), styles: None, logo: None, icons: Vec::new(), colours };
        let slug = &portal.slug;
        brand.styles = portal.look.map(|look| brand.keep(slug, "css", "text/css; charset=utf-8", styles(look).into_bytes()));
        brand.logo = portal.logo.as_ref().map(|svg| brand.keep(slug, "svg", "image/svg+xml", svg.clone().into_bytes()));
        brand.icons = doors.iter().map(|door| brand.keep(slug, "png", "image/png", door.icon(colours[0]))).collect();
        brand
    }

    /// Keeps a file under a name of its content, and tells where.
    fn keep(&mut self, slug: &PortalSlug, ending: &str, kind: &'static str, content: Vec<u8>) -> String {
        let name = format!("{}.{ending}", content_name::of(&content));
        let at = format!("/{slug}/look/{name}");
        self.files.insert(name, File { kind, content });
        at
    }

    /// A file by its name.
    pub(super) fn file(&self, name: &str) -> Option<Response> {
        let file = self.files.get(name)?;
        let mut response = file.content.clone().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(IMAGE));
        Some(response)
    }
}

fn styles(look: Look) -> String {
    let [strong, strong_dark] = look.strong();
    let radius = if look.square { " --radius: 0;" } else { "" };
    format!(
        ":root {{ --brand: light-dark({}, {}); --brand-strong: light-dark({strong}, {strong_dark});{radius} }}\n",
        look.brand, look.brand_dark
    )
}

/// Points that each side of a pixel is looked at.
const SAMPLES: u32 = 4;
/// Those of a whole pixel.
const ALL: u8 = 16;

/// An open door within the circle that launchers cut out: how many points of each pixel lie on it.
struct Door {
    side: u32,
    inside: Vec<u8>,
}

impl Door {
    fn drawn(side: u32) -> Self {
        Self { side, inside: (0..side * side).map(|pixel| covered(side, pixel % side, pixel / side)).collect() }
    }

    /// The picture of it on this colour.
    fn icon(&self, ground: Colour) -> Vec<u8> {
        let (back, front) = (ground.parts(), ground.opposite().parts());
        let mix = |inside: u8, part: usize| {
            let sum = u32::from(back[part]) * u32::from(ALL - inside) + u32::from(front[part]) * u32::from(inside);
            u8::try_from(sum / u32::from(ALL)).unwrap_or(u8::MAX)
        };
        let mixed: Vec<[u8; 3]> = (0..=ALL).map(|inside| [0, 1, 2].map(|part| mix(inside, part))).collect();
        let mut pixels = Vec::with_capacity(self.inside.len() * 3);
        for inside in &self.inside {
            pixels.extend_from_slice(&mixed[usize::from(*inside)]);
        }
        encoded(self.side, &pixels)
    }
}

/// How many points of a pixel lie on the door. Nothing of it is as narrow as a pixel: what holds of the corners holds between them.
fn covered(side: u32, x: u32, y: u32) -> u8 {
    const LAST: u32 = SAMPLES - 1;
    let at = |pixel: u32, part: u32| f64::from(pixel * SAMPLES + part) / f64::from(side * SAMPLES);
    let lies_on = |across: u32, down: u32| is_door(at(x, across), at(y, down));
    let corners = [(0, 0), (LAST, 0), (0, LAST), (LAST, LAST)].map(|(across, down)| lies_on(across, down));
    if corners == [corners[0]; 4] {
        return if corners[0] { ALL } else { 0 };
    }
    (0..SAMPLES * SAMPLES).map(|point| u8::from(lies_on(point % SAMPLES, point / SAMPLES))).sum()
}

/// An arch with a door that stands ajar, in a square of side 1.
fn is_door(x: f64, y: f64) -> bool {
    if !(0.29..=0.71).contains(&x) || !(0.2..=0.86).contains(&y) {
        return false;
    }
    let within = |across: f64, down: f64, radius: f64| across * across + down * down <= radius * radius;
    let arch = |half: f64, top: f64, bottom: f64| {
        (x - 0.5).abs() <= half && y <= bottom && (y >= top + half || within(x - 0.5, y - top - half, half))
    };
    let frame = arch(0.21, 0.2, 0.78) && !arch(0.165, 0.245, 0.79);
    // The leaf: narrower at its far side.
    let leaf = (0.4..=0.6).contains(&x) && {
        let lean = (0.6 - x) * 0.45;
        y >= 0.27 + lean && y <= 0.86 - lean
    };
    let knob = within(x - 0.44, y - 0.57, 0.018);
    frame || leaf && !knob
}

fn encoded(side: u32, pixels: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut encoder = png::Encoder::new(&mut content, side, side);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels));
    // Into memory, of the size that the header says.
    written.expect("a picture in memory can be written");
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_is_a_small_picture_of_its_size_in_two_colours() {
        for side in ICONS {
            let file = Door::drawn(side).icon(BRAND);
            assert!(file.starts_with(b"\x89PNG") && file.len() < 12_000, "{side}: {}", file.len());
            assert_eq!(file[16..20], side.to_be_bytes());
        }
        assert!(is_door(0.5, 0.5) && !is_door(0.05, 0.5), "a door in the middle, nothing at the edge");
    }
}
