//! The GraphQL schema. Resolvers read ids and arguments, call a service or a loader, and wrap
//! what comes back: there is no SQL here, and no rule.

#![allow(
    clippy::unused_async,
    reason = "async-graphql's resolvers are async, whether they wait or not"
)]

mod audit;
pub mod code;
mod context;
mod dialing;
mod documents;
mod error;
mod id;
mod identity;
mod input;
mod lists;
mod node;
mod permissions;
mod running;
mod scalars;
mod stats;
mod sync;
mod user_error;

pub use code::OUR_FAULT;
pub use context::{RequestContext, Services};
pub use documents::{
    limits::{Limits, late, refused_for_number},
    persisted::{PERSISTED_QUERY, bare},
    trusted::{BadDocument, FoundDocument, TrustedDocuments},
};
pub use running::Started;

// Areas name the parts of lists without the folder.
use lists::{connection, filter, guard, loaders, plan};

use async_graphql::{
    MergedObject, MergedSubscription, OutputType, Request, Response, SDLExportOptions,
    SchemaBuilder, ServerError, ValidationMode, Value,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType},
};

use std::{sync::Arc, time::Duration};

use self::{
    documents::{
        answers, batching, chosen, collecting,
        cost::Extent,
        events::{BoundEvents, EventBounds},
        input_types::InputTypes,
        limits::{self, Refusal},
        outline::Outline,
        persisted::Persisted,
        purse::Purse,
        reading::{Documents, Known, Read, Unreadable},
        validation::{self, Validator},
        variables::{self, LeftOut},
    },
    guard::Lookups,
    running::{Finish, Ready},
};
use crate::domain::{audit::Origin, viewer::Viewer};

/// Everything that can be read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct Query(
    lists::ListQuery,
    dialing::DialingQuery,
    dialing::PackageRuleQuery,
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

/// Everything that is told when it happens.
#[derive(MergedSubscription, Default)]
#[graphql(name = "Subscription")]
pub struct Subscription(stats::StatsSubscription, sync::SyncSubscription);

type Inner = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema with the services behind it.
#[derive(Clone)]
pub struct Schema {
    inner: Inner,
    /// The same for subscriptions. Its extension would make each field of other operations slower.
    events: Inner,
    documents: Documents,
    persisted: Persisted,
    takes_introspection: bool,
    validator: Arc<Validator>,
    input_types: Arc<InputTypes>,
    outline: Arc<Outline>,
    limits: Limits,
    purse: Purse,
}

/// What is open to clients.
#[derive(Debug, Clone)]
pub struct SchemaOptions {
    /// Whether the schema tells about itself.
    pub introspection: bool,
    /// The only documents that are executed; any if there is no list of them.
    pub trusted: Option<Arc<TrustedDocuments>>,
}

impl Default for SchemaOptions {
    fn default() -> Self {
        Self {
            introspection: true,
            trusted: None,
        }
    }
}

/// What is known of a request that may be executed.
struct Prepared {
    /// Its document.
    document: Arc<ExecutableDocument>,
    /// What was left out of filters of it.
    left_out: LeftOut,
    /// What it costs, or each event of it.
    price: u64,
    /// What the answer says of its cost.
    cost: Value,
}

/// Deepest nesting that the parser follows.
const MAX_RECURSION: usize = 64;

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    let subscription = Subscription::default();
    Inner::build(Query::default(), Mutation::default(), subscription)
        .register_output_type::<node::Node>()
        .limit_recursive_depth(MAX_RECURSION)
        .disable_suggestions()
        // What a document says is checked before, once, and variables are coerced.
        .validation_mode(ValidationMode::Fast)
}

impl Schema {
    /// The schema over `services`.
    #[must_use]
    pub fn new(services: Services, limits: Limits, options: SchemaOptions) -> Self {
        let lookups = Lookups::default();
        let purse = Purse::new(&limits, services.clock.clone());
        let events = builder().data(services.clone()).data(lookups.clone());
        let inner = builder().data(services).data(lookups).finish();
        let sdl = inner.sdl_with_options(SDLExportOptions::new().include_specified_by());
        let outline = Outline::of(&sdl).with_days(
            &<sync::SyncCoverageDay as OutputType>::type_name(),
            sync::MOST_COVERED_DAYS,
        );
        let validator = Validator::of(&sdl);
        Self {
            outline: Arc::new(outline),
            input_types: Arc::new(validator.input_types()),
            validator: Arc::new(validator),
            inner,
            events: events.extension(BoundEvents).finish(),
            documents: Documents::new(limits.tokens),
            persisted: Persisted::new(options.trusted),
            takes_introspection: options.introspection,
            purse,
            limits,
        }
    }

    /// Gives a request that names its document the text of it, if it is known.
    pub fn recall(&self, request: &mut Request) {
        // Why one is refused, its execution says.
        let _refused_again = self.persisted.complete(request);
    }

    /// Whether an operation that a request may be about is of such a type. A text that cannot be read
    /// has none; its execution says what is wrong with it.
    pub fn is_operation(&self, request: &Request, is_such: impl Fn(OperationType) -> bool) -> bool {
        let wanted = request.operation_name.as_deref();
        let mut operations = self.documents.operations(&request.query).into_iter();
        operations.any(|(name, ty)| {
            let is_meant = match (name.as_deref(), wanted) {
                (Some(name), Some(wanted)) => name == wanted,
                _ => true,
            };
            is_meant && is_such(ty)
        })
    }

    /// Executes a request for `viewer`, who asks from `origin`, other than a subscription. An internal
    /// error refers to the origin's id.
    pub async fn execute(&self, request: Request, viewer: Viewer, origin: Origin) -> Response {
        match self.ready(request, viewer, origin) {
            Err(refused) => *refused,
            Ok(ready) if ready.is_subscription => {
                let id = ready.finish.context.origin.request_id();
                let error = "subscriptions go over a WebSocket at /graphql/ws, or as server-sent events at /graphql/stream";
                let response = Response::from_errors(vec![ServerError::new(error, None)]);
                answers::finish(response, id.unwrap_or_default())
            }
            Ok(ready) => ready.execute(&self.inner).await,
        }
    }

    /// Begins to answer a request for `viewer`, whatever its operation. Each event of a
    /// subscription is charged to them, and takes at most `patience` once it is there.
    pub async fn start(
        &self,
        request: Request,
        viewer: Viewer,
        origin: Origin,
        patience: Duration,
    ) -> Started {
        match self.ready(request, viewer, origin) {
            Err(refused) => Started::Answer(refused),
            Ok(ready) if ready.is_subscription => {
                let bounds = EventBounds {
                    purse: self.purse.clone(),
                    viewer: ready.finish.context.viewer.clone(),
                    cost: ready.price,
                    patience,
                };
                Started::Stream(ready.subscribe(&self.events, bounds))
            }
            Ok(ready) => Started::Answer(Box::new(ready.execute(&self.inner).await)),
        }
    }

    /// Makes a request ready to be executed, or refuses it.
    fn ready(
        &self,
        mut request: Request,
        viewer: Viewer,
        origin: Origin,
    ) -> Result<Ready, Box<Response>> {
        let context = RequestContext::new(viewer, origin);
        let operation = request.operation_name.clone();
        let prepared = self.prepare(&mut request, &context.viewer);
        let mut finish = Finish {
            outline: self.outline.clone(),
            document: None,
            operation,
            context,
            cost: None,
        };
        let price = match prepared {
            Ok(Prepared {
                document,
                left_out,
                price,
                cost,
            }) => {
                (finish.document, finish.cost) = (Some(document), Some(cost));
                request = request.data(left_out);
                price
            }
            Err(refused) => return Err(Box::new(finish.touch(*refused))),
        };
        let ty = finish
            .chosen()
            .map_or(OperationType::Query, |(_, operation)| operation.ty);
        let (spawner, batches) = batching::channel();
        let request = match self.inner.data::<Services>() {
            Some(services) => {
                let reads = ty == OperationType::Query;
                let viewer = finish.context.viewer.clone();
                request.data(loaders::loader(services.db.clone(), viewer, spawner, reads))
            }
            None => request,
        };
        Ok(Ready {
            is_subscription: ty == OperationType::Subscription,
            request: request.data(finish.context.clone()),
            price,
            batches,
            finish,
        })
    }

    /// Reads the request's document and looks at it from all sides; the answer to a request that
    /// is not executed, if something is wrong with it.
    fn prepare(&self, request: &mut Request, viewer: &Viewer) -> Result<Prepared, Box<Response>> {
        let refused = |refusal| Box::new(answers::refused(&refusal));
        let digest = self.persisted.complete(request).map_err(refused)?;
        let read = self.documents.read(&request.query);
        let read = read.map_err(|reason| self.unreadable(reason))?;
        let document = read.document().clone();
        let name = request.operation_name.as_deref();
        if name.is_none() && document.operations.iter().len() > 1 {
            return Err(refused(Refusal::NoOperationName));
        }
        let operation =
            chosen(&document, name).ok_or_else(|| refused(Refusal::UnknownOperation))?;
        // What is wrong with the variables is told of a document that is good.
        let coerced = self
            .input_types
            .coerce(operation, &mut request.variables)
            .and_then(|()| variables::look_at_conditions(&document, operation, &request.variables));
        let (price, cost) = self.admit(&document, operation, request, viewer)?;
        let known = match read {
            Read::Known(known) => known,
            Read::New(document, tree) => {
                let mistakes = self.validator.mistakes(&tree);
                if !mistakes.is_empty() {
                    return Err(refused_for(mistakes, &cost));
                }
                let is_collected = collecting::is_needed(&self.outline, &document);
                let known = Known {
                    document,
                    is_collected,
                };
                self.documents.remember(&request.query, &known);
                known
            }
        };
        if let Some(digest) = digest {
            self.persisted.remember(digest, &request.query, &document);
        }
        coerced.map_err(|problems| refused_for(problems, &cost))?;
        let (executable, left_out) = self.executable(&known, operation, request);
        request.set_parsed_query(executable);
        Ok(Prepared {
            document,
            left_out,
            price,
            cost,
        })
    }

    /// The document as it is executed, with the variables that were sent, and what was left out of filters.
    fn executable(
        &self,
        known: &Known,
        operation: &OperationDefinition,
        request: &Request,
    ) -> (ExecutableDocument, LeftOut) {
        let document = &known.document;
        let variables = &request.variables;
        let mut executable = if known.is_collected {
            collecting::collected(&self.outline, document, operation, variables)
        } else {
            ExecutableDocument::clone(document)
        };
        let unset = variables::unset(variables, operation);
        let left_out = if unset.is_empty() {
            LeftOut::default()
        } else {
            variables::leave_out(&mut executable, &unset)
        };
        (executable, left_out)
    }

    /// The answer to a text that is not executed.
    fn unreadable(&self, reason: Unreadable) -> Box<Response> {
        Box::new(match reason {
            Unreadable::Refused(refusal) => answers::refused(&refusal),
            Unreadable::Broken(mistakes) => Response::from_errors(validation::told(&mistakes)),
            Unreadable::NotExecutable(tree, reason) => {
                let mut mistakes = self.validator.mistakes(&tree);
                if mistakes.is_empty() {
                    mistakes.push(ServerError::new(reason.to_string(), None));
                }
                Response::from_errors(mistakes)
            }
        })
    }

    /// Takes what the operation costs from the caller's budget: how much, and what the answer says of
    /// it, or the answer to one that asks for too much.
    fn admit(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        request: &Request,
        viewer: &Viewer,
    ) -> Result<(u64, Value), Box<Response>> {
        let extent = Extent::of(&self.outline, document, operation, &request.variables);
        let refuse = |refusal: Refusal| self.purse.refuse(&refusal, extent.cost, None);
        if extent.introspects && !self.takes_introspection {
            return Err(refuse(Refusal::NoIntrospection));
        }
        self.limits.check(&extent).map_err(refuse)?;
        let told = self.purse.spend(viewer, extent.cost)?;
        Ok((extent.cost, told))
    }
}

/// The answer to a request with such mistakes, and what it costs.
fn refused_for(mistakes: Vec<ServerError>, cost: &Value) -> Box<Response> {
    let mut response = Response::from_errors(mistakes);
    limits::tell_cost(&mut response, Some(cost.clone()));
    Box::new(response)
}

impl TrustedDocuments {
    /// Of these documents.
    ///
    /// # Errors
    /// [`BadDocument`] for the first that is none, that is not of this schema, that is larger than
    /// any may be, or that has another's id.
    pub fn new(found: &[FoundDocument], limits: Limits) -> Result<Self, BadDocument> {
        let options = SDLExportOptions::new().include_specified_by();
        Self::of(found, limits, &builder().finish().sdl_with_options(options))
    }
}

/// The schema as SDL, sorted: what `schema.graphql` holds.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    builder().finish().sdl_with_options(options)
}
