use clap::Args;

use super::whole;
use crate::graphql::Limits;

/// The largest value of a limit: more than anybody needs, and far from overflowing anything.
const LARGEST: u64 = 1_000_000_000;

fn limit() -> impl Fn(&str) -> Result<u64, String> + Clone + Send + Sync + 'static {
    whole(1..=LARGEST)
}

/// What one query may ask for, and one caller over time.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Limits of queries")]
pub struct LimitArgs {
    /// Most that one query may cost: the fields that it comes to when every page is as long as it
    /// may be, and 20 for each totalCount
    #[arg(long, env = "MAX_QUERY_COST", default_value_t = Limits::default().cost, value_parser = limit())]
    max_query_cost: u64,

    /// Deepest nesting of fields; introspection needs 13
    #[arg(long, env = "MAX_QUERY_DEPTH", default_value_t = Limits::default().depth, value_parser = whole::<u64>(1..=60))]
    max_query_depth: u64,

    /// Most fields of a query's outermost selection
    #[arg(long, env = "MAX_QUERY_ROOT_FIELDS", default_value_t = Limits::default().roots, value_parser = limit())]
    max_query_root_fields: u64,

    /// Most aliases of a query
    #[arg(long, env = "MAX_QUERY_ALIASES", default_value_t = Limits::default().aliases, value_parser = limit())]
    max_query_aliases: u64,

    /// Most directives of a query
    #[arg(long, env = "MAX_QUERY_DIRECTIVES", default_value_t = Limits::default().directives, value_parser = limit())]
    max_query_directives: u64,

    /// Most words and signs of a query's text; variables do not count
    #[arg(long, env = "MAX_QUERY_TOKENS", default_value_t = 20_000, value_parser = whole::<u32>(100..=10_000_000))]
    max_query_tokens: u32,

    /// The cost that one caller may ask for at once
    #[arg(long, env = "QUERY_BUDGET", default_value_t = Limits::default().budget, value_parser = limit())]
    query_budget: u64,

    /// How much of a caller's budget comes back in a second
    #[arg(long, env = "QUERY_BUDGET_PER_SECOND", default_value_t = Limits::default().budget_per_second, value_parser = limit())]
    query_budget_per_second: u64,
}

impl LimitArgs {
    /// The limits.
    #[must_use]
    pub fn limits(self) -> Limits {
        Limits {
            cost: self.max_query_cost,
            depth: self.max_query_depth,
            roots: self.max_query_root_fields,
            aliases: self.max_query_aliases,
            directives: self.max_query_directives,
            tokens: self.max_query_tokens as usize,
            budget: self.query_budget,
            budget_per_second: self.query_budget_per_second,
        }
    }
}
