//! What `serve` says of itself when it starts: what it runs on, and what is doubtful about that.

use crate::{
    config::{DatabaseArgs, Environment},
    domain::business_time::BusinessZone,
    store::Database,
    sync::Schedule,
    telemetry::with_sources,
};

/// Logs the version, the database, the time zone and, with a platform, the schedule.
pub(super) async fn announce(
    db: &Database,
    arguments: &DatabaseArgs,
    zone: BusinessZone,
    schedule: Option<&Schedule>,
    environment: Environment,
) {
    let (place, options) = (db.place(), arguments.options());
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        database.kind = place.kind,
        database.host = place.host,
        database.name = place.name,
        database.connections = options.max_connections,
        time_zone = %zone.tz(),
        "dialgraph starts"
    );
    for job in schedule.into_iter().flat_map(|schedule| &schedule.jobs) {
        tracing::info!(track = %job.track, window = %job.window, cron = job.cron(), "scheduled");
    }
    if !arguments.is_named() && environment == Environment::Production {
        tracing::warn!(
            "DATABASE_URL is not set: all data is in a SQLite file, for one instance on this machine"
        );
    }
    match db.sharing().await {
        Ok(Some(sharing)) => {
            // This process does not listen yet.
            let instances = sharing.instances + 1;
            tracing::info!(instances, "instances on this database, with this one");
            let wanted = instances * (i64::from(options.max_connections) + 1);
            if wanted > sharing.connections {
                tracing::warn!(
                    wanted,
                    available = sharing.connections,
                    "the instances may take more connections than PostgreSQL gives: lower DATABASE_MAX_CONNECTIONS, or raise max_connections there"
                );
            }
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(
            error = with_sources(&error),
            "could not count the instances on this database"
        ),
    }
}
