//! The document to read: `/api/openapi.json`, and the same as a page without any script at `/api/docs`, its style at its own address.
//!
//! Nothing is fetched from elsewhere, so the page's content policy allows its own style and nothing else.

use poem::{Response, Route, endpoint::make_sync, error::RouteError, get, http::header};
use serde_json::Value;
use std::fmt::Write;

const STYLE: &str = include_str!("docs_page/docs.css");
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The same for everybody; a new release shows within five minutes.
const CACHING: &str = "public, max-age=300";

/// Adds the three addresses to a router.
pub fn add(router: Route, document: &Value) -> Result<Route, RouteError> {
    let page = page(document);
    let text = document.to_string();
    router
        .try_at("/api/openapi.json", get(served("application/json", text)))
        .and_then(|router| router.try_at("/api/docs", get(served("text/html; charset=utf-8", page))))
        .and_then(|router| router.try_at("/api/docs.css", get(served("text/css; charset=utf-8", STYLE.to_owned()))))
}

fn served(content_type: &'static str, text: String) -> impl poem::Endpoint<Output = Response> {
    make_sync(move |_| {
        Response::builder()
            .content_type(content_type)
            .header(header::CACHE_CONTROL, CACHING)
            .header(header::CONTENT_SECURITY_POLICY, POLICY)
            .body(text.clone())
    })
}

/// The page for a document.
pub fn page(document: &Value) -> String {
    let mut html = Html(String::new());
    let title = document["info"]["title"].as_str().unwrap_or_default();
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html.text(title);
    html.raw("</title>\n<link rel=\"stylesheet\" href=\"/api/docs.css\">\n</head>\n<body>\n<header>\n<h1>");
    html.text(title);
    html.raw("</h1>\n<p>Version ");
    html.text(document["info"]["version"].as_str().unwrap_or_default());
    html.raw(" · <a href=\"/api/openapi.json\">OpenAPI document</a></p>\n</header>\n");
    contents(&mut html, document);
    html.raw("<main>\n<p>");
    html.text(document["info"]["description"].as_str().unwrap_or_default());
    html.raw("</p>\n");
    for tag in tags(document) {
        html.raw("<h2 id=\"");
        html.text(&anchor(tag));
        html.raw("\">");
        html.text(tag);
        html.raw("</h2>\n");
        for (path, method, operation) in operations(document).filter(|(_, _, operation)| operation["tags"][0] == tag) {
            section(&mut html, path, method, operation);
        }
    }
    html.raw("<h2 id=\"schemas\">Shapes</h2>\n");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        html.raw("<h3 id=\"schema-");
        html.text(name);
        html.raw("\">");
        html.text(name);
        html.raw("</h3>\n<pre tabindex=\"0\"><code>");
        html.text(&format!("{schema:#}"));
        html.raw("</code></pre>\n");
    }
    html.raw("</main>\n</body>\n</html>\n");
    html.0
}

fn contents(html: &mut Html, document: &Value) {
    html.raw("<nav aria-label=\"Contents\">\n<ul>\n");
    for tag in tags(document) {
        html.raw("<li><a href=\"#");
        html.text(&anchor(tag));
        html.raw("\">");
        html.text(tag);
        html.raw("</a></li>\n");
    }
    html.raw("<li><a href=\"#schemas\">Shapes</a></li>\n</ul>\n</nav>\n");
}

fn section(html: &mut Html, path: &str, method: &str, operation: &Value) {
    html.raw("<section>\n<h3 id=\"");
    html.text(operation["operationId"].as_str().unwrap_or_default());
    html.raw("\"><code>");
    html.text(&method.to_ascii_uppercase());
    html.raw(" ");
    html.text(path);
    html.raw("</code></h3>\n<p>");
    html.text(operation["summary"].as_str().unwrap_or_default());
    html.raw("</p>\n<dl>\n<dt>Who may call it</dt><dd>");
    html.text(operation["x-auth"].as_str().unwrap_or_default());
    html.raw("</dd>\n");
    for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query") {
        html.raw("<dt>Query</dt><dd><code>");
        html.text(parameter["name"].as_str().unwrap_or_default());
        html.raw(if parameter["required"] == true { "</code></dd>\n" } else { "</code> (optional)</dd>\n" });
    }
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        html.raw("<dt>Body</dt><dd>");
        shapes(html, content);
        html.raw("</dd>\n");
    }
    html.raw("</dl>\n<table>\n<caption>Answers</caption>\n<thead><tr><th scope=\"col\">Status</th><th scope=\"col\">Meaning</th><th scope=\"col\">Shape</th></tr></thead>\n<tbody>\n");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        html.raw("<tr><th scope=\"row\">");
        html.text(status);
        html.raw("</th><td>");
        html.text(&response["description"].as_str().unwrap_or_default().replace('`', ""));
        html.raw("</td><td>");
        if let Some(content) = response["content"].as_object() {
            shapes(html, content);
        }
        html.raw("</td></tr>\n");
    }
    html.raw("</tbody>\n</table>\n</section>\n");
}

/// Each content type with a link to its shape, or the shape itself where it has no name.
fn shapes(html: &mut Html, content: &serde_json::Map<String, Value>) {
    for (kind, media) in content {
        html.text(kind);
        let schema = &media["schema"];
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            html.raw(": <a href=\"#schema-");
            html.text(name);
            html.raw("\">");
            html.text(name);
            html.raw("</a> ");
        } else if !schema.is_null() {
            html.raw(": <code>");
            html.text(&schema.to_string());
            html.raw("</code> ");
        }
    }
}

fn tags(document: &Value) -> impl Iterator<Item = &str> {
    document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str())
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn anchor(tag: &str) -> String {
    tag.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .fold("tag-".to_owned(), |id, c| id + c.encode_utf8(&mut [0; 4]))
}

/// A growing page: markup as it is, everything else escaped.
struct Html(String);

impl Html {
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' | '\'' => {
                    // Writing to a string cannot fail.
                    let _ = write!(self.0, "&#{};", u32::from(c));
                }
                _ => self.0.push(c),
            }
        }
    }
}
