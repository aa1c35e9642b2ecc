//! From checked parameters to a request: async-graphql-axum reads them, behind checks of our own.

use async_graphql::{Request, Value, value};
use async_graphql_axum::GraphQLRequest;
use axum::{body::Body, extract::FromRequest as _, http::Method};

use super::request::Malformed;
use crate::graphql::{PERSISTED_QUERY, bare};

/// A request whose parameters were checked. It has no others: whatever else a client sends would
/// take memory while it is read.
pub(super) struct Checked {
    json: String,
    document_id: Option<String>,
}

impl Checked {
    /// Of parameters that are JSON, but for `document_id`, which async-graphql does not know.
    pub fn new(
        query: Option<&str>,
        operation_name: Option<&str>,
        variables: Option<&str>,
        extensions: Option<&str>,
        document_id: Option<String>,
    ) -> Self {
        let json = format!(
            r#"{{"query":{},"operationName":{},"variables":{},"extensions":{}}}"#,
            query.unwrap_or(r#""""#),
            operation_name.unwrap_or("null"),
            variables.unwrap_or("null"),
            extensions.unwrap_or("null"),
        );
        Self { json, document_id }
    }

    /// The request. Nothing is waited for: the whole text is there.
    pub async fn extract(self) -> Result<Request, Malformed> {
        let mut message = axum::extract::Request::new(Body::from(self.json));
        *message.method_mut() = Method::POST;
        // On its own, so that no socket keeps its memory while it waits for messages.
        let extracted = Box::pin(GraphQLRequest::<Malformed>::from_request(message, &()));
        let mut request = extracted.await?.into_inner();
        if let Some(id) = self.document_id {
            name_document(&mut request, &id)?;
        }
        if request.query.trim().is_empty() {
            request.query.clear();
            let named = request.extensions.get(PERSISTED_QUERY);
            if named.is_none_or(|named| *named == Value::Null) {
                return Err(Malformed::NoQuery);
            }
        }
        Ok(request)
    }
}

/// Puts the id of the appendix on persisted documents where Apollo's clients put theirs.
fn name_document(request: &mut Request, id: &str) -> Result<(), Malformed> {
    let named = value!({ "version": 1, "sha256Hash": bare(id) });
    match request
        .extensions
        .insert(PERSISTED_QUERY.to_owned(), named.clone())
    {
        Some(other) if other != named => Err(Malformed::TwoDocuments),
        _ => Ok(()),
    }
}

/// What async-graphql-axum 7.2.1 does without our checks. Where one of these fails after an upgrade,
/// the check that it stands for can go, and its line in docs/async-graphql.md.
#[cfg(test)]
mod tests {
    use async_graphql::{ParseRequestError, Response, ServerError};
    use async_graphql_axum::{GraphQLResponse, rejection::GraphQLRejection};
    use axum::{
        body::to_bytes,
        http::{StatusCode, header},
        response::IntoResponse as _,
    };
    use http_body_util::Limited;
    use serde_json::json;

    use super::*;

    async fn alone(message: axum::extract::Request) -> Result<Request, ParseRequestError> {
        let extracted = GraphQLRequest::<GraphQLRejection>::from_request(message, &()).await;
        extracted
            .map(GraphQLRequest::into_inner)
            .map_err(|GraphQLRejection(error)| error)
    }

    async fn post(body: &str) -> Result<Request, String> {
        let message = axum::http::Request::post("/graphql")
            // Whatever the type is, but for forms with parts.
            .header(header::CONTENT_TYPE, "text/plain; charset=utf-16")
            .body(Body::from(body.to_owned()))
            .unwrap();
        alone(message).await.map_err(|error| error.to_string())
    }

    async fn get(query: &str) -> Result<Request, String> {
        let message = axum::http::Request::get(format!("/graphql?{query}"))
            .body(Body::empty())
            .unwrap();
        alone(message).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn bodies_are_read_in_another_way() {
        let twice = post(r#"{"query": "{ a }", "variables": {"n": 1, "n": 2}}"#).await;
        let variables = serde_json::to_value(twice.unwrap().variables).unwrap();
        assert_eq!(variables, json!({ "n": 2 }));
        let list = post(r#"["{ a }"]"#).await.unwrap();
        assert_eq!(list.query, "{ a }");
        let named = post(r#"{"documentId": "x"}"#).await.unwrap();
        assert!(named.query.is_empty() && named.extensions.is_empty());
        assert!(post("\u{feff}{\"query\": \"{ a }\"}").await.is_err());
        for wrong in [
            r#"{"query": null, "extensions": {"persistedQuery": {}}}"#,
            r#"{"query": "{ a }", "variables": [1]}"#,
            r#"{"query": "{ a }", "operationName": 1}"#,
        ] {
            let message = post(wrong).await.unwrap_err();
            assert!(message.contains("untagged enum"), "{message}");
        }
    }

    #[tokio::test]
    async fn urls_are_read_in_another_way() {
        let change = get("query=mutation%7Ba%7D&operationName=A").await.unwrap();
        assert_eq!(change.query, "mutation{a}");
        assert_eq!(change.operation_name, None);
        assert!(get("query=%7Ba%7D&variables=").await.is_err());
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_not_told_from_one_that_broke_off() {
        let body = Body::new(Limited::new(Body::from("x".repeat(100)), 10));
        let message = axum::http::Request::post("/graphql").body(body).unwrap();
        let error = alone(message).await.unwrap_err();
        assert!(matches!(error, ParseRequestError::Io(_)), "{error}");
        let status = GraphQLRejection(error).into_response().status();
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn an_answer_has_data_and_200_whatever_came_of_it() {
        let refused = Response::from_errors(vec![ServerError::new("x", None)]);
        let answer = GraphQLResponse::from(refused).into_response();
        assert_eq!(answer.status(), StatusCode::OK);
        let body = to_bytes(answer.into_body(), 1000).await.unwrap();
        assert!(body.starts_with(br#"{"data":null,"#));
    }
}
