//! `GET` and `POST /graphql`, and GraphiQL.

use async_graphql::{Request, http::GraphiQLSource, parser::types::OperationType};
use async_graphql_axum::GraphQLResponse;
use axum::{
    Json,
    body::Bytes,
    extract::{Extension, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::json;
use tower_http::request_id::RequestId;

use super::{AppState, auth::Authenticated};
use crate::graphql::{code::BAD_USER_INPUT, is_nested_too_deep};

/// The page in which people try queries. It asks for no token itself; the queries it sends do.
pub(super) async fn graphiql() -> Html<String> {
    Html(
        GraphiQLSource::build()
            .endpoint("/graphql")
            .title("dialgraph")
            .finish(),
    )
}

/// A query in the URL. Only reads: a link must not change anything.
pub(super) async fn get(
    State(state): State<AppState>,
    Authenticated(viewer): Authenticated,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(mut request) =
        async_graphql::http::parse_query_string(query.as_deref().unwrap_or_default())
    else {
        return error_response(
            StatusCode::BAD_REQUEST,
            BAD_USER_INPUT,
            "a GraphQL request in a URL has `query`, and maybe `variables` (JSON) and `operationName`",
        );
    };
    if !is_nested_too_deep(&request.query) && changes_something(&mut request) {
        let body = error_response(
            StatusCode::METHOD_NOT_ALLOWED,
            BAD_USER_INPUT,
            "a mutation has to be sent with POST",
        );
        return ([(header::ALLOW, "POST")], body).into_response();
    }
    execute(&state, request, viewer, &id).await
}

/// A request as JSON.
pub(super) async fn post(
    State(state): State<AppState>,
    Authenticated(viewer): Authenticated,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        return error_response(
            StatusCode::PAYLOAD_TOO_LARGE,
            BAD_USER_INPUT,
            &format!(
                "the body is too large or broke off: at most {} bytes are taken",
                state.body_limit
            ),
        );
    };
    if !is_json(&headers) {
        return error_response(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            BAD_USER_INPUT,
            "a GraphQL request is sent as Content-Type: application/json",
        );
    }
    match serde_json::from_slice::<Request>(&body) {
        Ok(request) => execute(&state, request, viewer, &id).await,
        Err(_) => error_response(
            StatusCode::BAD_REQUEST,
            BAD_USER_INPUT,
            r#"the body must be JSON of the form {"query": "…", "variables": {…}, "operationName": "…"}"#,
        ),
    }
}

async fn execute(
    state: &AppState,
    request: Request,
    viewer: crate::domain::viewer::Viewer,
    id: &RequestId,
) -> Response {
    if request.query.trim().is_empty() {
        return error_response(
            StatusCode::BAD_REQUEST,
            BAD_USER_INPUT,
            "the request has no `query`",
        );
    }
    let id = id.header_value().to_str().unwrap_or_default();
    GraphQLResponse::from(state.schema.execute(request, viewer, id).await).into_response()
}

/// Whether the operation that would be executed is no query. A document that cannot be read
/// changes nothing, and is refused by the execution with the right message.
fn changes_something(request: &mut Request) -> bool {
    let name = request.operation_name.clone();
    request.parsed_query().is_ok_and(|document| {
        document
            .operations
            .iter()
            .filter(|(operation, _)| match (operation, &name) {
                (Some(operation), Some(name)) => operation.as_str() == name,
                _ => true,
            })
            .any(|(_, operation)| operation.node.ty != OperationType::Query)
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

/// An answer of the form that GraphQL clients read, for what never became a GraphQL request.
pub(super) fn error_response(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    (status, Json(body)).into_response()
}
