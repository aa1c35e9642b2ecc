//! The GraphQL schema. Resolvers read ids and arguments, call a service or a loader, and wrap
//! what comes back: there is no SQL here, and no rule.

#![allow(
    clippy::unused_async,
    reason = "async-graphql's resolvers are async, whether they wait or not"
)]

mod batching;
mod connection;
mod context;
mod dialing;
mod documents;
mod error;
mod filter;
mod guard;
mod id;
mod identity;
mod input;
mod lists;
mod loaders;
mod node;
mod order;
mod ordering;
mod plan;
mod scalars;
mod stats;
mod sync;
mod user_error;
mod variables;

pub use context::{RequestContext, Services};
pub use documents::is_nested_too_deep;
pub use error::code;

use async_graphql::{
    EmptySubscription, MergedObject, Name, Request, Response, SDLExportOptions, SchemaBuilder,
    Value,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType},
};

use self::{documents::Documents, order::Shape};
use crate::domain::viewer::Viewer;

/// Everything that can be read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct Query(
    lists::ListQuery,
    dialing::DialingQuery,
    stats::StatsQuery,
    sync::SyncQuery,
    identity::IdentityQuery,
    node::NodeQuery,
);

/// Everything that can be changed.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct Mutation(
    dialing::DialingMutation,
    sync::SyncMutation,
    identity::IdentityMutation,
);

type Inner = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema with the services behind it.
#[derive(Clone)]
pub struct Schema {
    inner: Inner,
    documents: Documents,
}

/// Deepest nesting of a query: GraphiQL's introspection needs 13.
const MAX_DEPTH: usize = 20;
/// Most fields that a query may come to when every list is as long as it may be: 20 packages with
/// 5 tasks with 10 calls with their tags come to some 10,000.
const MAX_COMPLEXITY: usize = 50_000;
/// Deepest nesting that the parser follows.
const MAX_RECURSION: usize = 64;

fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Inner::build(Query::default(), Mutation::default(), EmptySubscription)
        .register_output_type::<node::Node>()
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
        .limit_recursive_depth(MAX_RECURSION)
        .disable_suggestions()
}

impl Schema {
    /// The schema over `services`.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self {
            inner: builder().data(services).finish(),
            documents: Documents::default(),
        }
    }

    /// Executes a request for `viewer`. `request_id` is what an internal error refers to.
    pub async fn execute(
        &self,
        mut request: Request,
        viewer: Viewer,
        request_id: &str,
    ) -> Response {
        let operation = request.operation_name.clone();
        let document = match self.documents.read(&mut request) {
            Ok(document) => document,
            Err(message) => return error::too_complex(message),
        };
        let chosen = document
            .as_deref()
            .and_then(|document| chosen(document, operation.as_deref()));
        if let (Some(document), Some(operation)) = (document.as_deref(), chosen) {
            variables::set_defaults(&mut request.variables, operation);
            let unset = variables::unset(&request.variables, operation);
            if !unset.is_empty() {
                let mut document = document.clone();
                variables::leave_out(&mut document, &unset);
                request.set_parsed_query(document);
            }
        }
        let reads = chosen.is_none_or(|operation| operation.ty == OperationType::Query);
        let (spawner, batches) = batching::channel();
        let context = RequestContext { viewer };
        let request = match self.inner.data::<Services>() {
            Some(services) => request.data(loaders::loader(services.db.clone(), spawner, reads)),
            None => request,
        };
        let mut response =
            batching::drive(self.inner.execute(request.data(context)), batches).await;
        // Only what was executed has data, and was validated: without cycles, and not too large.
        if let (Some(document), Some(operation), Value::Object(_)) =
            (document.as_deref(), chosen, &response.data)
        {
            Shape::of(document, operation).arrange(&mut response.data);
        }
        error::finish(response, request_id)
    }
}

/// The operation that will be executed.
fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let chosen = |(operation, _): &(Option<&Name>, _)| match (operation, name) {
        (Some(operation), Some(name)) => operation.as_str() == name,
        _ => true,
    };
    operations
        .find(chosen)
        .map(|(_, operation)| &operation.node)
}

/// The schema as SDL, sorted: what `schema.graphql` holds.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items();
    builder().finish().sdl_with_options(options)
}
