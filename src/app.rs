//! The one place where the parts are put together.

use std::{convert::Infallible, sync::Arc};

use axum::Router;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    auth::JwtKeys,
    clock::Clock,
    domain::{alert::AlertRules, business_time::BusinessZone, seal::Seal, veil::Veil},
    graphql::{Schema, Services},
    guanke::{self, ClientConfig},
    http::{HttpOptions, LargeRequests, Server, Shared, Streams, Webhooks, router},
    lifecycle::GRACE,
    metrics::{Metrics, Pace},
    random::SystemEntropy,
    service::{
        accounts::{AccountOptions, Accounts},
        alerts::{AlertParts, Alerts, Channels, Timetable},
        business_zone,
        housekeeping::Housekeeping,
        live::Live,
        observed::Observer,
        passwords::HashError,
        push::Pushes,
        readiness::Readiness,
        refresh::{NoPlatform, Refresher},
        retention::RetentionOptions,
    },
    store::Database,
    sync::{DatabaseTokenStore, PlatformPushes, Schedule, SyncOptions, Syncer},
};

/// What everything stands on.
#[derive(Clone)]
pub struct Base {
    /// The database.
    pub db: Database,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The zone of business days.
    pub zone: BusinessZone,
    /// The service's own secret.
    pub secret: SecretString,
    /// What is counted.
    pub metrics: Metrics,
}

/// The platform, and how to keep in step with it.
pub struct PlatformConfig {
    /// The client's settings.
    pub client: ClientConfig,
    /// Who logs in: what tells one account from another.
    pub login: SecretString,
    /// When which days are read.
    pub schedule: Schedule,
    /// How runs go about their work.
    pub options: SyncOptions,
}

/// A syncer for `config`.
///
/// # Errors
/// [`guanke::Error::Config`] or [`guanke::Error::TokenStore`] for settings that cannot work.
pub fn syncer(base: &Base, config: PlatformConfig) -> Result<Syncer, guanke::Error> {
    let instance = instance(base.clock.now());
    let tokens = DatabaseTokenStore::new(
        base.db.clone(),
        base.clock.clone(),
        instance.clone(),
        config.client.base_url.as_str(),
        &config.login,
        &base.secret,
    )?;
    let client = guanke::Client::new(config.client, base.clock.clone(), Arc::new(tokens))?
        .with_metrics(base.metrics.clone());
    let syncer = Syncer::new(
        base.db.clone(),
        client,
        base.clock.clone(),
        base.zone,
        config.schedule,
        config.options,
        instance,
    );
    let pace = syncer.pace();
    base.metrics.watch_pace(move || {
        pace().map(|pace| Pace {
            limit: pace.limit,
            in_flight: pace.in_flight,
            waiting: pace.waiting,
        })
    });
    Ok(syncer)
}

/// A name no other process has, now or later.
#[must_use]
pub fn instance(started: DateTime<Utc>) -> String {
    let random: u64 = rand::random();
    format!(
        "{}-{}-{random:016x}",
        std::process::id(),
        started.timestamp()
    )
}

/// What watches the database of `base` and the synchronisation that `syncer` carries out, if there is a
/// platform, and tells people by `channels`.
#[must_use]
pub fn alerts<'a>(
    base: &Base,
    syncer: impl Into<Option<&'a Syncer>>,
    rules: AlertRules,
    channels: Channels,
) -> Alerts {
    let syncer: Option<&Syncer> = syncer.into();
    let timetable = syncer.map(|syncer| Arc::new(syncer.clone()) as Arc<dyn Timetable>);
    Alerts::new(AlertParts {
        db: base.db.clone(),
        clock: base.clock.clone(),
        zone: base.zone,
        rules,
        timetable,
        channels,
        instance: instance(base.clock.now()),
    })
}

/// Users and their tokens in the database of `base`.
///
/// # Errors
/// [`HashError`] for a cost of hashing that cannot be.
pub fn accounts(base: &Base, options: AccountOptions) -> Result<Accounts, HashError> {
    let entropy = Arc::new(SystemEntropy);
    let (db, clock) = (base.db.clone(), base.clock.clone());
    Accounts::new(db, clock, entropy, &base.secret, options)
}

/// What answers requests.
#[derive(Clone)]
pub struct Service {
    /// The routes.
    pub router: Router,
    /// The WebSockets and event streams that they open.
    pub streams: Streams,
}

/// The HTTP service over `base`; `syncer` is what refreshes go to, if there is a platform.
#[must_use]
pub fn http(
    base: &Base,
    keys: JwtKeys,
    accounts: Accounts,
    syncer: Option<&Syncer>,
    options: HttpOptions,
) -> Service {
    let refresher: Arc<dyn Refresher> = match syncer {
        Some(syncer) => Arc::new(syncer.clone()),
        None => Arc::new(NoPlatform),
    };
    let services = Services {
        db: base.db.clone(),
        clock: base.clock.clone(),
        zone: base.zone,
        live: Live::new(
            base.db.clone(),
            base.clock.clone(),
            base.zone,
            refresher.clone(),
        ),
        refresher,
        accounts: accounts.clone(),
        seal: Seal::new(&base.secret),
        veil: Veil::new(&base.secret),
    };
    let schema = Schema::new(services, options.limits, options.schema.clone());
    let streams = Streams::new(&options.streams);
    let webhooks = options.webhook_secret.clone().map(|secret| {
        let non_seats = syncer.map(Syncer::non_seat_names).unwrap_or_default();
        let reader = Arc::new(PlatformPushes::new(non_seats.to_vec()));
        let pushes = Pushes::new(base.db.clone(), base.clock.clone(), base.zone, reader);
        Webhooks::new(secret, pushes)
    });
    let shared = Shared {
        schema,
        keys,
        accounts,
        clock: base.clock.clone(),
        streams: streams.clone(),
        metrics: base.metrics.clone(),
        observed: Observer::new(base.db.clone(), base.clock.clone(), base.zone),
        readiness: Readiness::new(base.db.clone(), base.clock.clone()),
        db: base.db.clone(),
        webhooks,
        large: LargeRequests::default(),
        options,
    };
    Service {
        router: router(shared.into()),
        streams,
    }
}

/// Tells subscribers what changes, here and on other instances, until `stop`.
pub async fn follow_changes(base: Base, accounts: Accounts, stop: CancellationToken) {
    let changes = base.db.follow_changes(stop.clone());
    let access = stop.run_until_cancelled(accounts.follow_changes());
    tokio::join!(changes, access);
}

/// Deletes once a day what is older than it has to be kept, until `stop`.
fn housekeeping(
    base: &Base,
    options: RetentionOptions,
    stop: CancellationToken,
) -> impl Future<Output = ()> + use<> {
    let housekeeping = Housekeeping {
        db: base.db.clone(),
        clock: base.clock.clone(),
        zone: base.zone,
        options,
        instance: instance(base.clock.now()),
    };
    async move { housekeeping.follow(stop).await }
}

/// Something that was to go on for as long as the service does has ended badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} ended badly in the background")]
pub struct BackgroundFailed(&'static str);

/// What goes on beside the requests until `stop`.
struct Background {
    stop: CancellationToken,
    tasks: JoinSet<Result<(), BackgroundFailed>>,
}

impl Background {
    fn new(stop: CancellationToken) -> Self {
        Self {
            stop,
            tasks: JoinSet::new(),
        }
    }

    /// Does `work`. If it panics the service stops, so that whoever looks after it starts it again:
    /// half of a service is harder to notice than none.
    fn start(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.start_checked(name, async move {
            work.await;
            Ok::<_, Infallible>(())
        });
    }

    /// Does `work`, which may find a reason why the service has to stop.
    fn start_checked<E: std::error::Error + Send + 'static>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let stop = self.stop.clone();
        let work = AbortOnDropHandle::new(tokio::spawn(work));
        self.tasks.spawn(async move {
            let error = match work.await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            tracing::error!(
                error,
                name,
                "a background task ended badly: the service stops"
            );
            stop.cancel();
            Err(BackgroundFailed(name))
        });
    }

    /// Waits until all have ended, and says which one did so badly.
    async fn ended(self) -> Result<(), BackgroundFailed> {
        let ended = self.tasks.join_all().await;
        ended.into_iter().collect()
    }
}

/// Serves until `stop`, with the schedule in the background; then ends in order: no new
/// connections, requests finished and days at work given back, the database closed.
///
/// # Errors
/// [`BackgroundFailed`] when it stopped by itself because of that.
pub async fn serve(
    base: Base,
    accounts: Accounts,
    server: Server,
    syncer: Option<Syncer>,
    alerts: Option<Alerts>,
    retention: RetentionOptions,
    stop: CancellationToken,
) -> Result<(), BackgroundFailed> {
    let mut background = Background::new(stop.clone());
    let last = syncer.clone();
    background.start(
        "telling changes",
        follow_changes(base.clone(), accounts, stop.clone()),
    );
    background.start("housekeeping", housekeeping(&base, retention, stop.clone()));
    let zone = business_zone::watch(base.db.clone(), base.zone, base.clock.clone(), stop.clone());
    background.start_checked("the watch over the business time zone", zone);
    if let Some(syncer) = syncer {
        let scheduled = syncer.clone();
        background.start("the schedule", async move {
            scheduled.follow_schedule().await;
        });
        let sharing = syncer.clone();
        background.start("sharing work", async move { sharing.share_work().await });
        // Beside the requests that are finished, because both take their time.
        let stop = stop.clone();
        background.start("ending synchronisation", async move {
            stop.cancelled().await;
            syncer.stop().await;
        });
    }
    if let Some(alerts) = alerts {
        let stop = stop.clone();
        background.start("watching for alerts", async move {
            alerts.follow(&stop).await;
        });
    }
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = server.serve(stop.clone()) => stop.cancel(),
        () = late => {
            tracing::warn!("requests were still at work when the time to stop was over");
        }
    }
    let ended = background.ended().await;
    if let Some(syncer) = last {
        // Runs that the last requests have started meanwhile.
        syncer.stop().await;
    }
    base.db.close().await;
    tracing::info!("stopped");
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_breaks_in_the_background_stops_the_service_and_is_told() {
        let stop = CancellationToken::new();
        let mut background = Background::new(stop.clone());
        let patient = stop.clone();
        background.start("patience", async move { patient.cancelled().await });
        background.start("something brief", async {});
        background.start("bad luck", async { panic!("on purpose") });
        assert_eq!(background.ended().await, Err(BackgroundFailed("bad luck")));
        assert!(stop.is_cancelled());
    }

    #[tokio::test]
    async fn a_reason_to_stop_stops_the_service() {
        let stop = CancellationToken::new();
        let mut background = Background::new(stop.clone());
        let patient = stop.clone();
        background.start("patience", async move { patient.cancelled().await });
        background.start_checked("a watch", async { Err(std::fmt::Error) });
        assert_eq!(background.ended().await, Err(BackgroundFailed("a watch")));
        assert!(stop.is_cancelled());
    }
}
