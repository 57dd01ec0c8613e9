//! The page that a metrics collector reads: one text at `/metrics`, meant for a listener of its own. What stands in it is not decided here.

use async_trait::async_trait;
use poem::{
    Endpoint, Request, Response,
    http::{HeaderValue, Method, StatusCode, header},
};
use std::sync::Arc;

/// Writes the figures of this moment.
#[async_trait]
pub trait Figures: Send + Sync {
    /// In the text format of Prometheus, version 0.0.4.
    async fn text(&self) -> String;
}

/// Serves figures at `/metrics`, and nothing else.
pub struct Exposition(Arc<dyn Figures>);

impl Exposition {
    /// Over these figures.
    pub fn new(figures: Arc<dyn Figures>) -> Self {
        Self(figures)
    }
}

impl Endpoint for Exposition {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let refused = |status: StatusCode| Response::builder().status(status).finish();
        if request.uri().path() != "/metrics" {
            return Ok(refused(StatusCode::NOT_FOUND));
        }
        if request.method() != Method::GET {
            return Ok(refused(StatusCode::METHOD_NOT_ALLOWED));
        }
        let mut response = Response::builder().body(self.0.text().await);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
        Ok(response)
    }
}
