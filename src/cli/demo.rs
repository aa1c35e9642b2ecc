//! `dialgraph demo`.

use std::{
    fs::{File, TryLockError},
    io::Write as _,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{NaiveDate, TimeDelta};
use clap::Args;
use indicatif::MultiProgress;
use reqwest::Url;
use secrecy::SecretString;
use tokio::net::TcpListener;

use super::{simulator::SimulatedData, sync::run_shown};
use crate::{
    app::{self, Base, PlatformConfig},
    auth::JwtKeys,
    clock::SystemClock,
    config::{ServerArgs, SyncArgs},
    domain::{
        business_time::DayRange,
        sync::SyncTrack,
        viewer::{Role, Viewer},
    },
    guanke::{
        ClientConfig, Credentials,
        simulator::{Simulator, SimulatorConfig, serve},
    },
    http::{GraphiQl, Server},
    lifecycle,
    metrics::Metrics,
    service::{accounts::AccountOptions, business_zone::settle, demo, retention::RetentionOptions},
    store::{ConnectOptions, Database, DatabaseUrl, make_private_folder, schema, sync_days},
    sync::Syncer,
};

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder for the demonstration's own SQLite database and secret; delete it to start afresh.
    /// DATABASE_URL and JWT_SECRET_KEY are not used
    #[arg(long, env = "DEMO_DIR", default_value = "data/demo")]
    demo_dir: PathBuf,
    #[command(flatten)]
    data: SimulatedData,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    sync: SyncArgs,
}

/// How long the printed token is good for.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::days(7);

pub async fn run(arguments: DemoArgs, bars: &MultiProgress) -> anyhow::Result<()> {
    let clock = Arc::new(SystemClock);
    let stop = lifecycle::shutdown_on_signal();
    let folder = &arguments.demo_dir;
    let address = (arguments.server.host, arguments.server.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {}:{}: try --port", address.0, address.1))?;

    make_private_folder(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let _alone = lock(&folder.join("lock"))?;
    let is_first = remember(&folder.join("settings"), arguments.data)?;
    let secret = secret(&folder.join("secret"))?;
    let keys = JwtKeys::new(&secret, clock.clone());
    let url = DatabaseUrl::sqlite_file(&folder.join("dialgraph.db"));
    let db = Database::connect(&url, ConnectOptions::default())
        .await
        .context("cannot open the database")?;
    schema::up(&db, None).await?;
    let db = settle(db, arguments.sync.zone(), &*clock)
        .await
        .with_context(|| format!("the data in {} cannot be used", folder.display()))?;
    if !is_first {
        demo::recover(&db, clock.as_ref()).await?;
        eprintln!(
            "the data in {} is used again; delete the folder to start afresh",
            folder.display()
        );
    }
    let base = Base {
        db,
        clock,
        zone: arguments.sync.zone(),
        secret,
        metrics: Metrics::default(),
    };

    let platform = arguments.data.config();
    let days = DayRange::new(platform.first_day, platform.last_day).context("no days")?;
    let syncer = start_platform(
        &base,
        platform,
        &arguments.sync,
        stop.clone().cancelled_owned(),
    )
    .await?;
    let stopping = syncer.clone();
    let stopped = stop.clone();
    let watch = tokio::spawn(async move {
        stopped.cancelled().await;
        stopping.stop().await;
    });
    prepare(&base, &syncer, days, bars).await?;
    if stop.is_cancelled() {
        watch.await?;
        base.db.close().await;
        eprintln!("stopped; the next start goes on from here");
        return Ok(());
    }
    watch.abort();

    let viewer = Viewer::named("demo", Role::Admin);
    let token = keys.issue(&viewer, TOKEN_LIFETIME)?;
    let day = days.iter().rev().nth(1).unwrap_or(days.to());
    let address = format!("http://{}", listener.local_addr()?);
    print_welcome(&address, &token, folder, day);
    let accounts = app::accounts(&base, AccountOptions::default())?;
    let mut options = arguments.server.options();
    if listener.local_addr()?.ip().is_loopback() {
        options.graphiql = GraphiQl::WithToken(token.into());
    }
    let service = app::http(
        &base,
        keys,
        accounts.clone(),
        Some(&syncer),
        options.clone(),
    );
    let server = Server {
        listener,
        idle_timeout: options.idle_timeout,
        router: service.router,
        streams: service.streams,
    };
    let retention = RetentionOptions::default();
    app::serve(base, accounts, server, Some(syncer), None, retention, stop).await?;
    Ok(())
}

/// The simulated platform on a loopback port, and a syncer that asks it.
async fn start_platform(
    base: &Base,
    config: SimulatorConfig,
    sync: &SyncArgs,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<Syncer> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = Url::parse(&format!("http://{}", listener.local_addr()?))?;
    let credentials = Credentials::Password {
        username: config.username.clone(),
        password: config.password.clone(),
    };
    let mut client = ClientConfig::new(address, credentials);
    client.non_seat_names.push("管理员".to_owned());
    // It is ours: nobody else waits for it.
    client.max_requests_per_second = 1_000;
    let platform = PlatformConfig {
        client,
        login: config.username.clone().into(),
        schedule: sync.schedule()?,
        options: sync.options(),
    };
    let simulator = Simulator::new(config, base.clock.clone());
    tokio::spawn(async move {
        if let Err(error) = serve(simulator, listener, stop).await {
            tracing::error!(%error, "the simulated platform stopped");
        }
    });
    Ok(app::syncer(base, platform)?)
}

/// Reads the days that are not complete yet, and makes packages for their tasks.
async fn prepare(
    base: &Base,
    syncer: &Syncer,
    days: DayRange,
    bars: &MultiProgress,
) -> anyhow::Result<()> {
    for track in [SyncTrack::CallRecords, SyncTrack::TaskStats] {
        // West of Beijing its last day has perhaps not begun.
        let today = track.zone(base.zone).day_of(base.clock.now());
        let begun = DayRange::new(days.from(), days.to().min(today)).unwrap_or(days);
        for days in incomplete(base, track, begun).await? {
            let outcome = run_shown(syncer, track, days, bars).await?;
            if syncer.is_stopped() {
                return Ok(());
            }
            if let Some((day, reason)) = outcome.failed.first() {
                anyhow::bail!("{day} could not be read from the simulated platform: {reason}");
            }
        }
    }
    let made = demo::make_packages(&base.db, base.clock.as_ref(), base.zone).await?;
    if made > 0 {
        eprintln!("packages: {made} made, whose rules claim the tasks by their names");
    }
    Ok(())
}

/// The days of `days` that are not complete, in ranges.
async fn incomplete(
    base: &Base,
    track: SyncTrack,
    days: DayRange,
) -> anyhow::Result<Vec<DayRange>> {
    let known = sync_days::list(base.db.read(), track, days).await?;
    let is_complete = |day: NaiveDate| {
        known
            .iter()
            .any(|known| known.day == day && known.completed_at.is_some() && !known.is_stale)
    };
    let mut ranges: Vec<DayRange> = Vec::new();
    for day in days.iter().filter(|day| !is_complete(*day)) {
        let extended = ranges
            .last()
            .filter(|range| range.to().succ_opt() == Some(day))
            .and_then(|range| DayRange::new(range.from(), day));
        match (extended, ranges.last_mut()) {
            (Some(extended), Some(last)) => *last = extended,
            _ => ranges.push(DayRange::day(day)),
        }
    }
    Ok(ranges)
}

/// Keeps a second demonstration out of the folder, as long as the file is held.
fn lock(file: &Path) -> anyhow::Result<File> {
    let held = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => {
            bail!("another demonstration is running on this folder: stop it, or give --demo-dir")
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", file.display()))
        }
    }
}

/// Notes what the folder's calls are made of, or refuses settings that would mix other calls in.
/// Returns whether this is the first start.
fn remember(file: &Path, data: SimulatedData) -> anyhow::Result<bool> {
    let settings = format!(
        "--seed {} --calls-per-day {}",
        data.seed, data.calls_per_day
    );
    if !file.exists() {
        std::fs::write(file, &settings)
            .with_context(|| format!("cannot write {}", file.display()))?;
        return Ok(true);
    }
    let before =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    if before.trim() != settings {
        bail!(
            "this folder's data was made with {before}: give the same, delete the folder, or give another --demo-dir"
        );
    }
    Ok(false)
}

/// The demonstration's own secret: made at the first start, so that tokens stay good at the next.
fn secret(file: &Path) -> anyhow::Result<SecretString> {
    if file.exists() {
        let secret = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        return Ok(secret.trim().into());
    }
    let secret = STANDARD.encode(rand::random::<[u8; 48]>());
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(file)
        .and_then(|mut file| file.write_all(secret.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(secret.into())
}

fn print_welcome(address: &str, token: &str, folder: &Path, day: NaiveDate) {
    let program = std::env::current_exe().unwrap_or_else(|_| "dialgraph".into());
    let (program, folder) = (program.display(), folder.display());
    let from = day.checked_sub_days(chrono::Days::new(6)).unwrap_or(day);
    println!(
        r#"
dialgraph is running with demonstration data. Press Ctrl-C to stop; the data stays.

  GraphiQL   {address}/graphiql
  Database   {folder}/dialgraph.db
  Token      {token}
  Headers    {{"Authorization": "Bearer {token}"}}

GraphiQL has the token and some queries filled in: open it and press play. Elsewhere than on this
machine, paste the line of headers into its "Headers" tab, and click "Re-fetch GraphQL schema" for
documentation and completion. To try:

1. How did yesterday go, and the month so far?

  {{ dashboard {{ yesterday {{ calls connectedCalls connectRate totalSuccess successRate activeSeats }}
                thisMonth {{ calls activeDays dailyAverageCalls revenue cost roi }} }} }}

2. Which grades did calls earn, and how did the week go?

  {{ gradeStats(date: "{day}") {{ grade9 grade1 totalSuccess totalRecords complete grades {{ label count revenue }} }}
    trend(from: "{from}", to: "{day}") {{ date calls connectRate totalSuccess }} }}

3. Packages, their tasks, the newest calls of each, and their tags:

  {{ packages(first: 3) {{ nodes {{ name totalCalls contactRate
      tasks(first: 2) {{ nodes {{ taskName totalCalls
        calls(first: 10) {{ nodes {{ callTime result grade agent {{ name }} tags {{ tagName tagValue }} }} }} }} }} }} }} }}

The token is an administrator's. To see what others see (manager, agent, analyst):

  JWT_SECRET_KEY="$(cat '{folder}/secret')" '{program}' token --role analyst

From a shell:

  curl -s {address}/graphql -H 'Authorization: Bearer {token}' \
    -H 'Content-Type: application/json' -d '{{"query": "{{ dashboard {{ yesterday {{ calls }} }} }}"}}'
"#
    );
}
