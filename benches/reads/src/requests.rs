//! `requests`: what a load generator sends.

use std::{fmt::Write as _, fs, path::PathBuf};

use anyhow::{Context as _, bail};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use serde_json::json;

use crate::database::DatabaseArgs;

/// What is asked; see `queries` beside this folder.
const QUERIES: [&str; 6] = [
    "nested",
    "page",
    "point",
    "dashboard",
    "gradeStats",
    "trend",
];

/// Arguments of `requests`.
#[derive(Debug, Args)]
pub struct RequestsArgs {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The folder of the queries, nested.graphql and others; a folder postgraphile in it has some of
    /// them as PostGraphile takes them
    #[arg(long)]
    queries: PathBuf,

    /// The folder to write to: QUERY.bodies with a body of POST a line, and QUERY.paths with the
    /// path of the same on the floor in the same line; QUERY.postgraphile with a body for PostGraphile
    #[arg(long)]
    out: PathBuf,

    /// How many different calls the point query asks for
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..))]
    points: i64,
}

/// Writes the files.
pub async fn run(arguments: RequestsArgs) -> anyhow::Result<()> {
    for query in QUERIES {
        let file = arguments.queries.join(format!("{query}.graphql"));
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let file = arguments.queries.join("postgraphile");
        // Figures it has none.
        let other = fs::read_to_string(file.join(format!("{query}.graphql"))).unwrap_or_default();
        let mut others = String::new();
        let (mut bodies, mut paths) = (String::new(), String::new());
        if query == "point" {
            for id in points(&arguments).await? {
                let global = URL_SAFE_NO_PAD.encode(format!("Call:{id}"));
                let body = json!({ "query": text, "variables": { "id": global } });
                writeln!(bodies, "{body}")?;
                let body = json!({ "query": other, "variables": { "id": id.to_string() } });
                writeln!(others, "{body}")?;
                writeln!(paths, "/point?id={id}")?;
            }
        } else {
            bodies = format!("{}\n", json!({ "query": text }));
            others = format!("{}\n", json!({ "query": other }));
            paths = format!("/{query}\n");
        }
        if !other.is_empty() {
            fs::write(arguments.out.join(format!("{query}.postgraphile")), others)?;
        }
        fs::write(arguments.out.join(format!("{query}.bodies")), bodies)?;
        fs::write(arguments.out.join(format!("{query}.paths")), paths)?;
    }
    Ok(())
}

/// Ids of connected calls, which have tags, from all over the table.
async fn points(arguments: &RequestsArgs) -> anyhow::Result<Vec<i64>> {
    let mut connection = arguments.database.connect().await?;
    let last = connection
        .number("SELECT coalesce(max(id), 0) FROM calls")
        .await?;
    let step = (last / arguments.points).max(1);
    let ids = connection
        .numbers(&format!(
            "SELECT min(id) FROM calls WHERE result = 'CONNECTED' GROUP BY id / {step} ORDER BY 1"
        ))
        .await?;
    if ids.is_empty() {
        bail!("there are no connected calls");
    }
    Ok(ids)
}
