//! Executing what was admitted, and the last touch to each answer.

use std::sync::Arc;

use async_graphql::{
    Request, Response, Value,
    parser::types::{ExecutableDocument, OperationDefinition},
};
use futures_util::{
    StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{
    Inner, RequestContext,
    documents::{
        answers, batching, chosen, events::EventBounds, limits, nulls, order::Shape,
        outline::Outline, privacy,
    },
};
use crate::domain::viewer::Capability;

/// How a request is answered.
pub enum Started {
    /// Once: a query or a mutation, or a refusal.
    Answer(Box<Response>),
    /// Again and again: a subscription. A first answer without data says why there are no others.
    Stream(BoxStream<'static, Response>),
}

/// A request that was admitted.
pub(super) struct Ready {
    pub is_subscription: bool,
    pub request: Request,
    /// What it costs, or each event of it.
    pub price: u64,
    /// What its loaders ask for.
    pub batches: UnboundedReceiver<BoxFuture<'static, ()>>,
    pub finish: Finish,
}

/// What is done to each answer before it goes out.
pub(super) struct Finish {
    pub outline: Arc<Outline>,
    pub document: Option<Arc<ExecutableDocument>>,
    /// The operation's name, if one was named.
    pub operation: Option<String>,
    pub context: RequestContext,
    /// What the first answer says of the cost, unless it says that of an event.
    pub cost: Option<Value>,
}

impl Ready {
    /// Executes a query or a mutation.
    pub async fn execute(mut self, schema: &Inner) -> Response {
        let execution = schema.execute(self.request);
        let response = batching::drive(execution, &mut self.batches).await;
        self.finish.touch(response)
    }

    /// Executes a subscription.
    pub fn subscribe(self, schema: &Inner, bounds: EventBounds) -> BoxStream<'static, Response> {
        let responses = schema.execute_stream(self.request.data(bounds));
        // What is done to an answer is needed between answers, and moved with each.
        let state = (responses, self.batches, Box::new(self.finish));
        stream::unfold(state, async |(mut responses, mut batches, mut finish)| {
            let response = batching::drive(responses.next(), &mut batches).await?;
            Some((finish.touch(response), (responses, batches, finish)))
        })
        .boxed()
    }
}

impl Finish {
    /// The operation that is executed, and the document that it stands in.
    pub fn chosen(&self) -> Option<(&ExecutableDocument, &OperationDefinition)> {
        let document = self.document.as_deref()?;
        Some((document, chosen(document, self.operation.as_deref())?))
    }

    /// Puts an answer in order, and leaves out of it what its reader may not see.
    pub fn touch(&mut self, mut response: Response) -> Response {
        let mut shape = Shape::default();
        // Of what was executed only: other documents may go round in circles.
        let has_failed = || response.errors.iter().any(|error| !error.path.is_empty());
        let was_executed = response.data != Value::Null || has_failed();
        if let (Some((document, operation)), true) = (self.chosen(), was_executed) {
            nulls::put_in(&mut response, &self.outline, document, operation);
            shape = Shape::of(&self.outline, document, operation);
            shape.arrange(&mut response.data);
        }
        if !self.context.viewer.may(Capability::SeePhoneNumbers) {
            privacy::hide(&mut response, &shape, &self.context.revealed());
        }
        limits::tell_cost(&mut response, self.cost.take());
        let id = self.context.origin.request_id().unwrap_or_default();
        answers::finish(response, id)
    }
}
