//! The portal as an app on a phone: its manifest, its start page, the page for when there is no network, and what shows that page.

use super::blocks::{Block, Way};
use super::brand::ICONS;
use super::view::View;
use super::{Chrome, Pages, Turn, Visit};
use crate::problem::Problem;
use onboarding::Portal;
use poem::Response;
use poem::http::{HeaderValue, header};
use serde_json::json;

/// Shows the offline page where there is no network, and keeps nothing else of anybody's.
const WORKER: &str = include_str!("../../assets/worker.js");

impl Pages {
    /// The start page of the app: what one may go to.
    pub(super) fn app(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let slug = &portal.slug;
        let to = if visit.session.is_some() { "area" } else { "login" };
        let items = vec![
            Way { href: format!("/{slug}/help"), text: text("common-help")?, note: None },
            Way { href: format!("/{slug}/{to}"), text: text("app-entry")?, note: None },
        ];
        Ok(View::new(portal.name.clone()).with(Block::Links { items }).into())
    }

    /// What a phone puts on its home screen.
    pub(super) fn manifest(&self, portal: &Portal) -> Result<Response, Problem> {
        let slug = &portal.slug;
        let brand = self.brands.get(slug).ok_or_else(Problem::not_found)?;
        let icons: Vec<_> = ICONS
            .iter()
            .zip(&brand.icons)
            .map(|(side, at)| json!({ "src": at, "sizes": format!("{side}x{side}"), "type": "image/png", "purpose": "any maskable" }))
            .collect();
        let manifest = json!({
            "id": format!("/{slug}/"),
            "name": portal.name,
            "short_name": portal.name,
            "lang": portal.journey.default_language().tag(),
            "start_url": format!("/{slug}/app"),
            "scope": format!("/{slug}/"),
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": brand.colours[0].to_string(),
            "icons": icons,
        });
        let content = serde_json::to_vec(&manifest).map_err(|_| Problem::internal())?;
        Ok(file(content, "application/manifest+json", "public, max-age=3600"))
    }

    /// In every language of the portal at once: which one its reader has is not known without a network.
    pub(super) fn offline(&self, portal: &Portal) -> Result<Response, Problem> {
        let own = portal.journey.default_language();
        let mut view = View::new(self.text(portal, own, "offline-title", &[])?);
        for language in &portal.journey.languages {
            let text = |key: &str| self.text(portal, *language, key, &[]);
            let title = Some(text("offline-title")?).filter(|_| *language != own);
            view = view.with(Block::Spoken { lang: language.tag(), title, text: text("offline-body")?, link: text("offline-retry")? });
        }
        let mut response = self.written(portal, own, &Chrome::default(), &view)?;
        // Nobody's own: kept by the worker.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
        Ok(response)
    }

    /// The worker, as new as the styles of the page that it keeps.
    pub(super) fn worker(&self, portal: &Portal) -> Response {
        let own = self.brands.get(&portal.slug).and_then(|brand| brand.styles.clone()).unwrap_or_default();
        let content = format!("// {} {own}\n{WORKER}", super::assets::STYLES_AT);
        let mut response = file(content.into_bytes(), "text/javascript; charset=utf-8", "no-cache");
        // What the worker itself may fetch: pages and files of this host.
        let policy = HeaderValue::from_static("default-src 'none'; connect-src 'self'");
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        response
    }
}

fn file(content: Vec<u8>, kind: &'static str, kept: &'static str) -> Response {
    Response::builder().header(header::CONTENT_TYPE, kind).header(header::CACHE_CONTROL, kept).body(content)
}
