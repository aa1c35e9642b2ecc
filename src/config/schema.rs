use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use clap::{ArgAction, Args, builder::BoolishValueParser};

use super::trusted_documents;
use crate::{
    graphql::TrustedDocuments,
    http::{GraphiQl, HttpOptions},
};

/// What of the schema is open to clients.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Schema")]
pub struct SchemaArgs {
    /// Whether the schema tells about itself (`__schema`, `__type`), on or off; off is off for
    /// every role
    #[arg(long, env = "INTROSPECTION", value_name = "on|off", default_value = "on", hide_possible_values = true, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    introspection: bool,

    /// Whether there is GraphiQL, the page to try queries in, at /graphiql, on or off
    #[arg(long, env = "GRAPHIQL", value_name = "on|off", default_value = "on", hide_possible_values = true, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    graphiql: bool,

    /// Folder of the only documents that are executed: files *.graphql, and lists *.json as GraphQL
    /// Code Generator, Relay and Apollo write them. Any document is executed if this is empty
    #[arg(
        long,
        env = "TRUSTED_DOCUMENTS",
        value_name = "DIR",
        default_value = "",
        hide_default_value = true
    )]
    trusted_documents: String,
}

impl SchemaArgs {
    /// Puts these settings into those of the service, which have the limits already.
    ///
    /// # Errors
    /// What is wrong with which trusted document.
    pub fn set(&self, options: &mut HttpOptions) -> anyhow::Result<()> {
        options.schema.introspection = self.introspection;
        options.graphiql = if self.graphiql {
            GraphiQl::On
        } else {
            GraphiQl::Off
        };
        if let Some(folder) = super::given(Some(&self.trusted_documents)) {
            let trusted = trusted_documents::read(Path::new(folder))
                .map_err(anyhow::Error::from)
                .and_then(|found| Ok(TrustedDocuments::new(&found, options.limits)?))
                .context("TRUSTED_DOCUMENTS")?;
            tracing::info!(
                documents = trusted.len(),
                "only trusted documents are executed"
            );
            options.schema.trusted = Some(Arc::new(trusted));
        }
        Ok(())
    }
}
