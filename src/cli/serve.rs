//! `dialgraph serve`.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use clap::{Args, builder::BoolishValueParser};
use tokio::net::TcpListener;

use super::announce::announce;
use crate::{
    app::{self, Base, PlatformConfig},
    auth::{JwtKeys, PublicKeys},
    clock::SystemClock,
    config::{
        AlertArgs, AuthArgs, ClaimArgs, DatabaseArgs, Environment, GuankeArgs, KeyArgs,
        MetricsArgs, RetentionArgs, SchemaArgs, ServerArgs, SessionArgs, SyncArgs, WebhookArgs,
    },
    guanke::ClientConfig,
    http::Server,
    lifecycle,
    metrics::Metrics,
    service::{accounts::AccountOptions, business_zone::settle},
    store::{ConnectOptions, Database, schema},
    sync::{SyncOptions, Syncer},
    telemetry::with_sources,
};

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Do not apply migrations at start; the service is not ready until somebody does
    #[arg(long, env = "NO_MIGRATE", value_parser = BoolishValueParser::new())]
    no_migrate: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    schema: SchemaArgs,
    #[command(flatten)]
    auth: AuthArgs,
    #[command(flatten)]
    sessions: SessionArgs,
    #[command(flatten)]
    claims: ClaimArgs,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    guanke: GuankeArgs,
    #[command(flatten)]
    webhooks: WebhookArgs,
    #[command(flatten)]
    sync: SyncArgs,
    #[command(flatten)]
    alerts: AlertArgs,
    #[command(flatten)]
    metrics: MetricsArgs,
    #[command(flatten)]
    retention: RetentionArgs,
}

/// The SQLite file where no database is named.
const FILE: &str = "dialgraph.db";

pub async fn run(arguments: ServeArgs, environment: Environment) -> anyhow::Result<()> {
    let secret = arguments.auth.secret(environment)?;
    let clock = Arc::new(SystemClock);
    let public_keys = public_keys(&arguments, environment, &clock).await?;
    let keys = JwtKeys::new(&secret, clock.clone())
        .with_rules(arguments.claims.rules())
        .with_public_keys(public_keys);
    let sign_in = AccountOptions {
        access_lifetime: arguments.auth.lifetime(),
        refresh_lifetime: arguments.sessions.refresh_lifetime(),
        foreign_token_lifetime: arguments.sessions.foreign_token_lifetime(),
        refresh_grace: arguments.sessions.refresh_grace(),
        ..AccountOptions::default()
    };
    // Before anything is opened or changed.
    let mut options = arguments.server.options();
    arguments.schema.set(&mut options)?;
    options.metrics_token = arguments.metrics.token()?;
    let channels = arguments.alerts.channels()?;
    options.webhook_secret = arguments.webhooks.secret()?;
    let client = arguments.guanke.client()?;
    let migrate = (!arguments.no_migrate).then_some(environment);
    let db = open(&arguments.database, migrate).await?;
    let base = Base {
        db: settle(db, arguments.sync.zone(), &*clock).await?,
        clock,
        zone: arguments.sync.zone(),
        secret,
        metrics: Metrics::default(),
    };
    let schedule = arguments.sync.schedule()?;
    let schedule = client.as_ref().map(|_| &schedule);
    let (database, zone) = (&arguments.database, base.zone);
    announce(&base.db, database, zone, schedule, environment).await;
    let syncer = client
        .map(|client| {
            let options = SyncOptions {
                keeps_raw: arguments.retention.options().keeps_raw(),
                ..arguments.sync.options()
            };
            syncer(&base, client, &arguments.guanke, &arguments.sync, options)
        })
        .transpose()?;
    if syncer.is_some() {
        tracing::info!("the background synchronisation follows its schedule");
    } else {
        tracing::warn!(
            "no background synchronisation: set GUANKE_USERNAME and GUANKE_PASSWORD, or GUANKE_API_SECRET"
        );
    }
    let address = (arguments.server.host, arguments.server.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {}:{} (HOST, PORT)", address.0, address.1))?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let accounts = app::accounts(&base, sign_in)?;
    let service = app::http(
        &base,
        keys,
        accounts.clone(),
        syncer.as_ref(),
        options.clone(),
    );
    let server = Server {
        listener,
        idle_timeout: options.idle_timeout,
        router: service.router,
        streams: service.streams,
    };
    let rules = arguments.alerts.rules();
    // Without a platform, too: the database is watched in every process.
    let alerts = Some(app::alerts(&base, syncer.as_ref(), rules, channels));
    let stop = lifecycle::shutdown_on_signal();
    let retention = arguments.retention.options();
    app::serve(base, accounts, server, syncer, alerts, retention, stop).await?;
    Ok(())
}

/// The public keys that are configured, read once. A file has to be there; an address that does not
/// answer now may later.
async fn public_keys(
    arguments: &ServeArgs,
    environment: Environment,
    clock: &Arc<SystemClock>,
) -> anyhow::Result<Option<PublicKeys>> {
    let Some(source) = arguments.keys.source()? else {
        return Ok(None);
    };
    arguments.claims.check_parties(environment)?;
    let is_file = source.is_file();
    let keys = PublicKeys::new(source, clock.clone());
    match keys.load().await {
        Err(error) if is_file => return Err(error).context("JWKS_FILE"),
        Err(error) => {
            let error = with_sources(&error);
            tracing::warn!(error, "JWKS_URL could not be read; it is tried again");
        }
        Ok(()) => {}
    }
    Ok(Some(keys))
}

/// Opens the database, which must be there, unless it is to be brought to the present schema, in this
/// environment.
pub(super) async fn open(
    arguments: &DatabaseArgs,
    migrate: Option<Environment>,
) -> anyhow::Result<Database> {
    let Some(environment) = migrate else {
        return connect(arguments, false).await;
    };
    let db = create(arguments, environment).await?;
    schema::up(&db, None).await.context("a migration failed")?;
    Ok(db)
}

/// Opens the database; a SQLite file is made when missing, and its folder, unless somebody named the
/// file: then a folder that is missing is rather a mistake.
pub(super) async fn create(
    arguments: &DatabaseArgs,
    environment: Environment,
) -> anyhow::Result<Database> {
    let url = arguments.url(FILE)?;
    let new = url.file().filter(|file| !file.exists());
    let folder = new.and_then(Path::parent).filter(|_| arguments.is_named());
    if let Some(folder) = folder
        && !folder.as_os_str().is_empty()
        && !folder.is_dir()
    {
        let folder = folder.display();
        bail!(
            "DATABASE_URL: there is no folder {folder}: make it with `mkdir -p`, or set DATA_DIR in its place, whose folder is made"
        );
    }
    let db = connect(arguments, true).await?;
    if let Some(file) = new {
        let file = file.display().to_string();
        if arguments.is_named() && environment == Environment::Production {
            tracing::warn!(
                file,
                "DATABASE_URL names a SQLite file that was not there: a new, empty one was made"
            );
        } else {
            tracing::info!(file, "made a new, empty SQLite file");
        }
    }
    Ok(db)
}

async fn connect(arguments: &DatabaseArgs, create: bool) -> anyhow::Result<Database> {
    let variable = if arguments.is_named() {
        "DATABASE_URL"
    } else {
        "DATA_DIR"
    };
    let url = arguments.url(FILE)?;
    let options = ConnectOptions {
        create,
        ..arguments.options()
    };
    Database::connect(&url, options).await.context(variable)
}

/// A syncer that asks as `client` says, and goes about it as `options` say.
pub(super) fn syncer(
    base: &Base,
    client: ClientConfig,
    guanke: &GuankeArgs,
    sync: &SyncArgs,
    options: SyncOptions,
) -> anyhow::Result<Syncer> {
    let config = PlatformConfig {
        client,
        login: guanke.login(),
        schedule: sync.schedule()?,
        options,
    };
    Ok(app::syncer(base, config)?)
}
