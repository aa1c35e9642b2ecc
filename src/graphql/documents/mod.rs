//! What is done with a document before and after it is executed: it is read, remembered, checked,
//! priced and put into a form that async-graphql executes by the specification, and its answer is
//! put in order. Nothing here knows a type of this schema: what there is to know comes from the SDL.

pub(in crate::graphql) mod answers;
pub(in crate::graphql) mod batching;
pub(in crate::graphql) mod budget;
mod coercion;
pub(in crate::graphql) mod collecting;
pub(in crate::graphql) mod cost;
pub(in crate::graphql) mod events;
pub(in crate::graphql) mod input_types;
pub(in crate::graphql) mod limits;
pub(in crate::graphql) mod nulls;
pub(in crate::graphql) mod order;
pub(in crate::graphql) mod outline;
mod parsing;
pub(in crate::graphql) mod persisted;
pub(in crate::graphql) mod privacy;
pub(in crate::graphql) mod purse;
pub(in crate::graphql) mod reading;
pub(in crate::graphql) mod trusted;
pub(in crate::graphql) mod validation;
mod values;
pub(in crate::graphql) mod variables;

pub(in crate::graphql) use reading::chosen;
