//! The one stylesheet and the one script, at addresses that change with their content: kept for ever, and never stale. And a file that has a
//! browser forget.

use poem::http::{HeaderValue, header};
use poem::{IntoResponse, Response, Route, endpoint::make, error::RouteError};

const STYLES: &str = include_str!("../../assets/portal.css");
const SCRIPT: &str = include_str!("../../assets/portal.js");

/// Where the stylesheet is.
pub(crate) const STYLES_AT: &str = concat!("/assets/", env!("PORTAL_CSS"), ".css");
/// Where the script is.
pub(super) const SCRIPT_AT: &str = concat!("/assets/", env!("PORTAL_JS"), ".js");
/// Where the file is that has a browser forget the pages it keeps for the way back.
pub(super) const FORGET_AT: &str = "/assets/signed-out.css";

fn file(content: &'static str, kind: &'static str) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}

/// No rules, and a word to the browser: whole pages that it keeps in its memory go. The answer to the form of signing out comes too early for
/// that: the page that it was pressed on is still shown then, and is kept afterwards. Chromium takes such a page for one that may be shown
/// again, whatever its `no-store` says and though its cookie is gone, where the way to it had itself set cookies, as signing in does.
fn forget() -> Response {
    let kind = Response::builder().header(header::CONTENT_TYPE, "text/css; charset=utf-8").header(header::CACHE_CONTROL, "no-store");
    kind.header("clear-site-data", "\"cache\"").finish()
}

/// Adds them to the router.
pub(super) fn add(router: Route) -> Result<Route, RouteError> {
    let styles = make(|_| async { Ok::<_, poem::Error>(file(STYLES, "text/css; charset=utf-8")) });
    let script = make(|_| async { Ok::<_, poem::Error>(file(SCRIPT, "text/javascript; charset=utf-8")) });
    let forgetting = make(|_| async { Ok::<_, poem::Error>(forget()) });
    router.try_at(STYLES_AT, poem::get(styles))?.try_at(SCRIPT_AT, poem::get(script))?.try_at(FORGET_AT, poem::get(forgetting))
}
