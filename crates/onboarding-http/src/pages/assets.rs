//! The one stylesheet and the one script, at addresses that change with their content: kept for ever, and never stale.

use poem::http::{HeaderValue, header};
use poem::{IntoResponse, Response, Route, endpoint::make, error::RouteError};

const STYLES: &str = include_str!("../../assets/portal.css");
const SCRIPT: &str = include_str!("../../assets/portal.js");

/// Where the stylesheet is.
pub(crate) const STYLES_AT: &str = concat!("/assets/", env!("PORTAL_CSS"), ".css");
/// Where the script is.
pub(super) const SCRIPT_AT: &str = concat!("/assets/", env!("PORTAL_JS"), ".js");

fn file(content: &'static str, kind: &'static str) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}

/// Adds both to the router.
pub(super) fn add(router: Route) -> Result<Route, RouteError> {
    let styles = make(|_| async { Ok::<_, poem::Error>(file(STYLES, "text/css; charset=utf-8")) });
    let script = make(|_| async { Ok::<_, poem::Error>(file(SCRIPT, "text/javascript; charset=utf-8")) });
    router.try_at(STYLES_AT, poem::get(styles))?.try_at(SCRIPT_AT, poem::get(script))
}
