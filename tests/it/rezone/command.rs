//! The program itself: what it refuses to start with, and `dialgraph rezone`, killed at any moment.

use std::{
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rand::RngExt as _;

use super::*;
use crate::harness::SECRET;

fn command(arguments: &[&str], database: &str, zone: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialgraph"));
    command.args(arguments).env_clear().envs([
        ("DATABASE_URL", database),
        ("BUSINESS_TIMEZONE", zone),
        ("JWT_SECRET_KEY", SECRET),
        ("PORT", "0"),
        ("RUST_LOG", "warn"),
    ]);
    command
}

async fn run(arguments: &[&str], database: &str, zone: &str) -> Output {
    let mut command = command(arguments, database, zone);
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A process that is killed when it is dropped.
struct Process(Child);

impl Process {
    fn start(arguments: &[&str], database: &str, zone: &str) -> Self {
        let mut command = command(arguments, database, zone);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        Self(child.unwrap())
    }

    /// What it says once it has ended by itself, and whether that was well.
    async fn ended(mut self) -> (bool, String) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "it does not end");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let mut said = Vec::new();
        std::io::Read::read_to_end(self.0.stderr.as_mut().unwrap(), &mut said).unwrap();
        (status.success(), text(&said))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

on_both! {
    /// Whatever writes or answers refuses another zone than that of the database, names both and says
    /// what to do; after the command it is the other way round.
    another_zone_is_refused_at_every_start = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = settled(&database.db, "Asia/Shanghai").await.unwrap();
        ingest(&db, vec![call("1", "2026-11-19T16:30:00Z"), deal("2", "2026-11-19T15:30:00Z")]).await;
        let url = &database.url;
        let track = ["--track", "call-records", "--from", "2026-11-19", "--to", "2026-11-19"];
        let sync = [&["sync"][..], &track].concat();
        let commands: [&[&str]; 7] = [
            &["serve"],
            &sync,
            &["sync", "status"],
            &["sync", "replay", "--from", "2026-11-19", "--to", "2026-11-19"],
            &["retention", "run"],
            &["rollups", "verify"],
            &["rollups", "rebuild"],
        ];
        let refused = async |configured: &str, message: &str| {
            for arguments in commands {
                let mut command = command(arguments, url, configured);
                command.env("GUANKE_API_SECRET", "demo-secret");
                let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
                assert_eq!(output.status.code(), Some(1), "{arguments:?}");
                let said = text(&output.stderr);
                assert!(said.contains(message), "{arguments:?}: {said}");
            }
        };
        refused("America/New_York", "error: BUSINESS_TIMEZONE is America/New_York, and the business days of this database are those of Asia/Shanghai: set BUSINESS_TIMEZONE=Asia/Shanghai, or move all days with `dialgraph rezone --to America/New_York`").await;
        // Another name of the same zone is none.
        assert!(run(&["rollups", "verify"], url, "PRC").await.status.success());

        // Without --yes it is only said what it comes to.
        let asked = run(&["rezone", "--to", "America/New_York"], url, "Asia/Shanghai").await;
        let said = text(&asked.stderr);
        assert_eq!(asked.status.code(), Some(1));
        assert!(said.contains("the business days are those of Asia/Shanghai, and become those of America/New_York: 2 calls are counted again, and the days that were read are to be read from the platform again"), "{said}");
        assert!(said.contains("nothing was changed"), "{said}");
        assert_eq!(days(&db).await, counted([("2026-11-19", 1), ("2026-11-20", 1)]));

        let done = run(&["rezone", "--to", "America/New_York", "--yes"], url, "Asia/Shanghai").await;
        assert!(done.status.success(), "{}", text(&done.stderr));
        let said = text(&done.stdout);
        assert!(said.contains("the business days are those of America/New_York: 2 calls"), "{said}");
        assert!(said.contains("set BUSINESS_TIMEZONE=America/New_York"), "{said}");
        assert_eq!(days(&db).await, counted([("2026-11-19", 2)]));
        let verified = run(&["rollups", "verify"], url, "America/New_York").await;
        assert!(text(&verified.stdout).contains("every rollup equals a recount of the calls"), "{}", text(&verified.stderr));
        refused("Asia/Shanghai", "the business days of this database are those of America/New_York").await;
        let again = run(&["rezone", "--yes"], url, "America/New_York").await;
        assert_eq!((again.status.success(), text(&again.stdout).trim()), (true, "the business days are those of America/New_York already"));
        let nonsense = run(&["rezone", "--to", "Mars"], url, "America/New_York").await;
        assert_eq!(nonsense.status.code(), Some(2));
        assert!(text(&nonsense.stderr).contains("REZONE_TO"), "{}", text(&nonsense.stderr));
    };

    /// Killed at any moment it loses nothing, and the next one goes on; nothing else starts meanwhile.
    a_killed_rezone_loses_nothing = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = settled(&database.db, "Asia/Shanghai").await.unwrap();
        // Half of them are of the 20th in Shanghai, and all of the 19th in New York.
        for part in 0..12 {
            let time = if part % 2 == 0 { "2026-11-19T16:30:00Z" } else { "2026-11-19T15:30:00Z" };
            ingest(&db, (0..1_000).map(|id| call(&format!("{part}-{id}"), time)).collect()).await;
        }
        let url = &database.url;
        for _ in 0..4 {
            let rezone = Process::start(&["rezone", "--to", "America/New_York", "--yes"], url, "Asia/Shanghai");
            let moment = rand::rng().random_range(50..=700);
            tokio::time::sleep(Duration::from_millis(moment)).await;
            drop(rezone);
            let sum: i64 = days(&db).await.values().sum();
            assert_eq!(sum, 12_000);
            assert_counted(&db).await;
            let stored = business_zones::find(db.read()).await.unwrap().unwrap();
            if stored.moving.is_some() {
                let verify = run(&["rollups", "verify"], url, "Asia/Shanghai").await;
                let said = text(&verify.stderr);
                assert!(said.contains("finish with `dialgraph rezone`"), "{said}");
            }
        }
        // Whatever is configured, it goes on to where it began to go, and asks for nothing more.
        let begun = business_zones::find(db.read()).await.unwrap().unwrap().moving.is_some();
        let arguments: &[&str] = if begun { &["rezone"] } else { &["rezone", "--to", "America/New_York", "--yes"] };
        let done = run(arguments, url, "Asia/Tokyo").await;
        assert!(done.status.success(), "{}", text(&done.stderr));
        assert_eq!(days(&db).await, counted([("2026-11-19", 12_000)]));
        assert_counted(&db).await;
        assert_eq!(whose(&db).await, Some(zone("America/New_York")));
    };

    /// A service that was left running writes nothing by the old days, and stops by itself.
    a_running_service_stops = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = settled(&database.db, "Asia/Shanghai").await.unwrap();
        ingest(&db, vec![call("1", "2026-11-19T16:30:00Z")]).await;
        let service = Process::start(&["serve"], &database.url, "Asia/Shanghai");
        // It has looked once, and looks again every few seconds.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let done = run(&["rezone", "--to", "Asia/Tokyo", "--yes"], &database.url, "Asia/Shanghai").await;
        assert!(done.status.success(), "{}", text(&done.stderr));
        let (well, said) = service.ended().await;
        assert!(!well, "{said}");
        assert!(said.contains("the business days of this database are those of Asia/Tokyo"), "{said}");
    };
}

/// The demonstration's own database has a zone of its own.
#[tokio::test]
async fn a_demonstration_keeps_its_zone() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("dialgraph.db").display());
    let created = run(&["migrate", "up"], &url, "Asia/Shanghai").await;
    assert!(created.status.success(), "{}", text(&created.stderr));
    let options = dialgraph::store::ConnectOptions::default();
    let address = url.parse().unwrap();
    let database = Database::connect(&address, options).await.unwrap();
    settled(&database, "Asia/Tokyo").await.unwrap();
    database.close().await;
    let path = folder.path().to_str().unwrap();
    let output = run(
        &["demo", "--demo-dir", path],
        "sqlite://unused.db",
        "Asia/Shanghai",
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("the business days of this database are those of Asia/Tokyo"),
        "{said}"
    );
}
