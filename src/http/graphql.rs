//! `GET` and `POST /graphql` after the GraphQL-over-HTTP specification.

use std::collections::BTreeMap;

use async_graphql::{Request, ServerError, Value, parser::types::OperationType};
use async_graphql_axum::GraphQLResponse;
use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    extract::{Extension, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    AppState,
    auth::Authenticated,
    client::RequestOrigin,
    error::{refusal, unreadable_body},
    media_type::{self, AnswerType},
    request,
};
use crate::{
    domain::{audit::Origin, viewer::Viewer},
    graphql::code::{INTROSPECTION_DISABLED, RATE_LIMITED, TRUSTED_DOCUMENTS_ONLY},
};

/// A query in the URL. Only reads: a link must not change anything. A subscription is refused as in a POST.
pub(super) async fn get(
    State(state): State<AppState>,
    Authenticated(viewer): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    Extension(answer_type): Extension<AnswerType>,
    uri: Uri,
) -> Response {
    match linked(&state, &uri).await {
        Ok(request) => execute(&state, request, viewer, origin, answer_type).await,
        Err(refused) => *refused,
    }
}

/// A request as JSON.
pub(super) async fn post(
    State(state): State<AppState>,
    Authenticated(viewer): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    Extension(answer_type): Extension<AnswerType>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let body = match posted(&state, &headers, body).await {
        Ok(body) => body,
        Err(refused) => return *refused,
    };
    let length = body.len();
    let answer = Box::pin(async {
        match request::from_body(body).await {
            Ok(request) => execute(&state, request, viewer, origin, answer_type).await,
            Err(malformed) => malformed.into_response(),
        }
    });
    state.large.read(length, answer).await
}

/// The request in a URL, which must not be a mutation: a link must not change anything.
pub(super) async fn linked(state: &AppState, uri: &Uri) -> Result<Request, Box<Response>> {
    let mut request = request::from_url(uri)
        .await
        .map_err(IntoResponse::into_response)?;
    // A link that only names a change is one as well.
    state.schema.recall(&mut request);
    if state
        .schema
        .is_operation(&request, |ty| ty == OperationType::Mutation)
    {
        let message = "a mutation has to be sent with POST";
        let body = refusal(StatusCode::METHOD_NOT_ALLOWED, message);
        return Err(Box::new(([(header::ALLOW, "POST")], body).into_response()));
    }
    Ok(request)
}

/// The whole of a body that is JSON. Who reads it waits for a [turn](super::LargeRequests::read).
pub(super) async fn posted(
    state: &AppState,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, Box<Response>> {
    media_type::check_body(headers)
        .map_err(|error| refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, &error.to_string()))?;
    // A layer bounds the length.
    to_bytes(body, usize::MAX)
        .await
        .map_err(|error| Box::new(unreadable_body(&error, &state.options)))
}

/// What is sent for a request that was not executed: no entry `data`, which would say that it was.
#[derive(Serialize)]
pub(super) struct NotExecuted<'a> {
    pub errors: &'a [ServerError],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: &'a BTreeMap<String, Value>,
}

async fn execute(
    state: &AppState,
    request: Request,
    viewer: Viewer,
    origin: Origin,
    answer_type: AnswerType,
) -> Response {
    let response = state.schema.execute(request, viewer, origin).await;
    if was_executed(&response) {
        return GraphQLResponse::from(response).into_response();
    }
    let status = match answer_type {
        AnswerType::GraphQlResponse => status_of(&response.errors),
        AnswerType::Json => StatusCode::OK,
    };
    let body = NotExecuted {
        errors: &response.errors,
        extensions: &response.extensions,
    };
    (status, Json(body)).into_response()
}

/// Whether any field was resolved. Errors of a document, its operation or its variables have no
/// path; errors of fields have one.
pub(super) fn was_executed(response: &async_graphql::Response) -> bool {
    response.data != Value::Null
        || response.errors.is_empty()
        || response.errors.iter().any(|error| !error.path.is_empty())
}

/// The status of a request that was not executed: whether it is wrong, came too soon, or asks for
/// what is closed.
fn status_of(errors: &[ServerError]) -> StatusCode {
    let has_code = |code: &str| {
        errors.iter().any(|error| {
            let extensions = error.extensions.as_ref();
            let given = extensions.and_then(|extensions| extensions.get("code"));
            given == Some(&Value::from(code))
        })
    };
    if has_code(RATE_LIMITED) {
        StatusCode::TOO_MANY_REQUESTS
    } else if has_code(TRUSTED_DOCUMENTS_ONLY) || has_code(INTROSPECTION_DISABLED) {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::BAD_REQUEST
    }
}
