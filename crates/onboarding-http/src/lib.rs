//! The HTTP door: a JSON API described by its own OpenAPI document, and server-rendered pages, over the same use cases.
//!
//! This crate parses, calls one use case and renders; it decides nothing of the domain. `edge` bounds what a connection may cost,
//! `middleware` frames every answer, `routes` is the one table of calls, `json` and `problem` say what goes in and what refusals look like.

pub mod api;
pub mod app;
mod auth_request;
pub mod docs_page;
pub mod edge;
mod embed;
pub mod exposition;
pub mod json;
pub mod language;
pub mod middleware;
pub mod openapi;
pub mod pages;
pub mod post_office;
pub mod problem;
pub mod routes;
