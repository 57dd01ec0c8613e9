//! The one table of calls: path, method, who may call it, what it takes and answers, and its handler.
//!
//! Routing, authorisation and the OpenAPI document are all read from it, so none of them can say something else than the others. A handler
//! can't be listed without a statement of who may call it, and sees no request before the [`Gate`] has admitted it.

mod answer;
mod context;
mod dispatch;

pub use answer::Answer;
pub(crate) use context::bearer;
pub use context::{Ctx, Head, IdempotencyKey};
pub(crate) use dispatch::parameters;

use crate::{edge::client::ClientNetwork, problem::Problem};
use async_trait::async_trait;
use futures_util::{FutureExt, future::BoxFuture};
use onboarding_core::Language;
use poem::http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use std::{future::Future, sync::Arc, time::Duration};

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Anybody.
    Public,
    /// Whoever is signed in and owes nothing.
    Session,
    /// Whoever is signed in with a password that need not be changed first; documents may wait to be agreed to.
    SessionBeforeDocuments,
    /// Whoever is signed in, also with a session that may do nothing yet but change its password, accept documents or sign out.
    RestrictedSession,
    /// A super admin of a record of the portal.
    SuperAdmin,
    /// A clerk of the portal, with a staff session.
    Staff,
}

/// What is known about whoever asks to be admitted.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Who may make this call.
    pub auth: Auth,
    /// The portal's slug, where the path names one; it exists.
    pub portal: Option<&'a str>,
    /// The bearer token, as sent; present for every call that isn't public.
    pub bearer: Option<&'a SecretString>,
    /// The client's network.
    pub network: &'a ClientNetwork,
    /// Whether it may be the repeat of a call that ended its own session: then an ended one is let in, to be answered alike.
    pub repeat: bool,
}

/// What the table needs from the state behind it: which portals there are, and who is admitted.
#[async_trait]
pub trait Gate: Send + Sync + 'static {
    /// Who was admitted: an account, a clerk, nobody in particular.
    type Caller: Send + 'static;

    /// The languages of a portal, its first one by default; `None` where there is no such portal (404).
    fn portal_languages(&self, slug: &str) -> Option<&[Language]>;

    /// Admits or refuses: 401 `sign_in_required` without a valid session, 403 with too little.
    async fn admit(&self, asking: Asking<'_>) -> Result<Self::Caller, Problem>;
}

/// Adds a type's schema to the document.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

type Handler<S> = Arc<dyn Fn(Ctx<S>) -> BoxFuture<'static, Result<Answer, Problem>> + Send + Sync>;

/// A body that is read piece by piece.
#[derive(Clone, Copy, Debug)]
pub struct UploadRule {
    /// The content types it may have.
    pub types: &'static [&'static str],
    /// Its largest size in bytes.
    pub limit: u64,
    /// How long it may take to arrive, and to be answered.
    pub time: Duration,
}

/// What a call takes as its body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Takes {
    /// Nothing (an empty JSON object is let pass).
    Nothing,
    /// JSON of this shape, at most 64 KiB.
    Json(SchemaOf),
    /// A stream.
    Upload(UploadRule),
}

/// One answer a call may give.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) description: &'static str,
    pub(crate) content: Content,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    Empty,
    Json(SchemaOf),
    Other(&'static str),
}

/// All that is told about a call, without its handler.
#[derive(Clone, Debug)]
pub struct Listing {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) auth: Auth,
    pub(crate) ends_session: bool,
    pub(crate) summary: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) query: Option<SchemaOf>,
    pub(crate) takes: Takes,
    pub(crate) replies: Vec<Reply>,
    pub(crate) refusals: Vec<(StatusCode, &'static [&'static str])>,
}

/// A call with its handler: one row of the table.
pub struct Route<S: Gate> {
    pub(crate) listing: Listing,
    handler: Handler<S>,
}

/// Begins a row: `call(Method::POST, "/api/v1/{portal}/registrations", Auth::Public, "Apply for an account")`.
///
/// A piece of the path in braces is a parameter. The one called `portal` is a portal's slug: an unknown one is 404 before anything else.
pub fn call(method: Method, path: &'static str, auth: Auth, summary: &'static str) -> Listing {
    Listing {
        method,
        path,
        auth,
        ends_session: false,
        summary,
        tag: "General",
        query: None,
        takes: Takes::Nothing,
        replies: Vec::new(),
        refusals: Vec::new(),
    }
}

impl Listing {
    /// Names the chapter of the document.
    #[must_use]
    pub fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    /// Says that the call ends the session it is made with: a repeat under the same key comes with an ended one.
    #[must_use]
    pub fn ends_session(mut self) -> Self {
        self.ends_session = true;
        self
    }

    /// Lists the query's parameters; the handler reads them with [`Ctx::query`]. A query on any other call is ignored.
    #[must_use]
    pub fn query<Q: DeserializeOwned + JsonSchema>(mut self) -> Self {
        self.query = Some(SchemaGenerator::subschema_for::<Q>);
        self
    }

    /// Lists an answer with a JSON body.
    #[must_use]
    pub fn replies<T: Serialize + JsonSchema>(self, status: StatusCode, description: &'static str) -> Self {
        self.reply(status, description, Content::Json(SchemaGenerator::subschema_for::<T>))
    }

    /// Lists an answer without a body.
    #[must_use]
    pub fn replies_empty(self, status: StatusCode, description: &'static str) -> Self {
        self.reply(status, description, Content::Empty)
    }

    /// Lists an answer with a body of another type, such as `text/csv`.
    #[must_use]
    pub fn replies_with(self, status: StatusCode, description: &'static str, content_type: &'static str) -> Self {
        self.reply(status, description, Content::Other(content_type))
    }

    fn reply(mut self, status: StatusCode, description: &'static str, content: Content) -> Self {
        self.replies.push(Reply { status, description, content });
        self
    }

    /// Lists refusals of its own by their codes. Those that any call may give (401, 404, 413, 415, 422 `validation_failed`…) are listed anyway.
    #[must_use]
    pub fn refuses(mut self, status: StatusCode, codes: &'static [&'static str]) -> Self {
        self.refusals.push((status, codes));
        self
    }

    /// Ends the row with a handler that takes no body.
    pub fn handled<S, F, Fut>(self, handler: F) -> Route<S>
    where
        S: Gate,
        F: Fn(Ctx<S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer, Problem>> + Send + 'static,
    {
        Route { listing: self, handler: Arc::new(move |ctx| handler(ctx).boxed()) }
    }

    /// Ends the row with a handler that takes a JSON body. The type should `deny_unknown_fields`.
    pub fn handled_json<S, B, F, Fut>(mut self, handler: F) -> Route<S>
    where
        S: Gate,
        B: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(Ctx<S>, B) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer, Problem>> + Send + 'static,
    {
        self.takes = Takes::Json(SchemaGenerator::subschema_for::<B>);
        let handler = move |ctx: Ctx<S>| match ctx.json::<B>() {
            Ok(body) => handler(ctx, body).boxed(),
            Err(problem) => std::future::ready(Err(problem)).boxed(),
        };
        Route { listing: self, handler: Arc::new(handler) }
    }

    /// Ends the row with a handler that reads its body piece by piece, through [`Ctx::take_upload`].
    pub fn handled_upload<S, F, Fut>(mut self, rule: UploadRule, handler: F) -> Route<S>
    where
        S: Gate,
        F: Fn(Ctx<S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer, Problem>> + Send + 'static,
    {
        self.takes = Takes::Upload(rule);
        self.handled(handler)
    }
}

/// Why a table can't be served.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Two rows have the same method and path.
    #[error("could not list {method} {path}: it stands twice in the table")]
    Twice {
        /// The method.
        method: Method,
        /// The path.
        path: &'static str,
    },
    /// The router does not take the path.
    #[error("could not route {path}")]
    Path {
        /// The path.
        path: &'static str,
        /// What the router says.
        #[source]
        source: poem::error::RouteError,
    },
}

/// The table.
pub struct Routes<S: Gate> {
    rows: Vec<Route<S>>,
}

impl<S: Gate> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Gate> Routes<S> {
    /// An empty table.
    pub fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a row.
    #[must_use]
    pub fn with(mut self, row: Route<S>) -> Self {
        self.rows.push(row);
        self
    }

    /// Adds the rows of a story.
    #[must_use]
    pub fn with_all(mut self, rows: impl IntoIterator<Item = Route<S>>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// What is listed, in the table's order.
    pub fn listings(&self) -> impl Iterator<Item = &Listing> {
        self.rows.iter().map(|row| &row.listing)
    }

    /// The table as endpoints of poem's router.
    pub fn router(self, state: &Arc<S>) -> Result<poem::Route, TableError> {
        dispatch::router(self.rows, state)
    }
}
