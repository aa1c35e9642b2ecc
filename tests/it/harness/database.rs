//! A database of its own for each test.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        LazyLock, Once,
        atomic::{AtomicU32, Ordering},
    },
};

use dialgraph::store::{ConnectOptions, Database, schema};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use tokio::sync::OnceCell;

/// Which database a test runs on.
#[derive(Debug, Clone)]
pub enum Backend {
    Sqlite,
    /// A server, by the URL of a database on it from which others can be created.
    Postgres(String),
}

impl Backend {
    /// The server of `TEST_POSTGRES_URL`; says that tests are skipped when there is none.
    pub fn postgres() -> Option<Self> {
        let url = std::env::var("TEST_POSTGRES_URL")
            .ok()
            .filter(|url| !url.is_empty());
        if url.is_none() {
            // Past the capture of a passing test's output, once.
            SKIPPED.call_once(|| {
                let _ = writeln!(
                    std::io::stderr(),
                    "SKIPPED: tests on PostgreSQL, because TEST_POSTGRES_URL is not set"
                );
            });
        }
        url.map(Self::Postgres)
    }
}

/// A database that goes when the test ends.
pub struct TestDatabase {
    pub db: Database,
    pub url: String,
    _files: Option<tempfile::TempDir>,
    drop_on: Option<(String, String)>,
}

static SKIPPED: Once = Once::new();
/// How many names were given out.
static NAMES: AtomicU32 = AtomicU32::new(0);
/// What tells this process's databases from those of others, now and before.
static RUN: LazyLock<u32> = LazyLock::new(rand::random);
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

impl TestDatabase {
    /// With all migrations.
    pub async fn migrated(backend: &Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let database = Self::empty(backend).await;
                schema::up(&database.db, None).await.unwrap();
                database
            }
            Backend::Postgres(server) => {
                let template = TEMPLATE.get_or_init(|| template(server)).await;
                Self::create(server, Some(template)).await
            }
        }
    }

    /// Without any.
    pub async fn empty(backend: &Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let files = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", file(&files).display());
                let db = connect(&url).await;
                Self {
                    db,
                    url,
                    _files: Some(files),
                    drop_on: None,
                }
            }
            Backend::Postgres(server) => Self::create(server, None).await,
        }
    }

    async fn create(server: &str, template: Option<&String>) -> Self {
        let name = name();
        let template = template
            .map(|template| format!(" TEMPLATE {template}"))
            .unwrap_or_default();
        execute(server, &format!("CREATE DATABASE {name}{template}")).await;
        let url = on_server(server, &name);
        let db = connect(&url).await;
        Self {
            db,
            url,
            _files: None,
            drop_on: Some((server.to_owned(), name)),
        }
    }

    /// Another program's connections to the same database.
    pub async fn connect_again(&self) -> Database {
        connect(&self.url).await
    }

    /// Another program's connections, opened in another way.
    pub async fn connect_as(&self, options: ConnectOptions) -> Database {
        open(&self.url, options).await
    }

    /// Another program's only connection to the same database.
    pub async fn connect_narrowly(&self) -> Database {
        connect_with(&self.url, 1).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.drop_on.take() else {
            return;
        };
        // Dropping is not async, and the test's own runtime may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(execute(
                &server,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            ));
        });
        let _ = dropped.join();
    }
}

/// Takes back the migration of this name, and every later one.
pub async fn down_to(db: &Database, name: &str) {
    let steps = steps_to(db, name).await;
    schema::down(db, Some(steps)).await.unwrap();
}

/// How many migrations have to be taken back for the one of this name to be.
pub async fn steps_to(db: &Database, name: &str) -> u32 {
    let known = schema::status(db).await.unwrap();
    let place = known.iter().position(|migration| migration.name == name);
    u32::try_from(known.len() - place.unwrap()).unwrap()
}

/// A migrated database to copy, made once for each state of the migrations and kept.
async fn template(server: &str) -> String {
    let name = format!("dialgraph_template_zh_{:016x}", migrations());
    let admin = connect_with(server, 1).await;
    // One connection: the lock is the session's.
    admin
        .write()
        .execute_unprepared("SELECT pg_advisory_lock(7231946)")
        .await
        .unwrap();
    let known = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let known = Statement::from_string(DatabaseBackend::Postgres, known);
    if admin.write().query_one_raw(known).await.unwrap().is_none() {
        let unfinished = format!("{name}_new");
        execute(
            server,
            &format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)"),
        )
        .await;
        // In a language whose order is not that of the characters' numbers: answers must not depend
        // on it. A server without ICU does not know it.
        let language = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'zh-CN'";
        let create = format!("CREATE DATABASE {unfinished}");
        let created = admin
            .write()
            .execute_unprepared(&format!("{create} {language}"))
            .await;
        if created.is_err() {
            execute(server, &create).await;
        }
        let db = connect(&on_server(server, &unfinished)).await;
        schema::up(&db, None).await.unwrap();
        db.close().await;
        execute(
            server,
            &format!("ALTER DATABASE {unfinished} RENAME TO {name}"),
        )
        .await;
    }
    admin.close().await;
    name
}

/// A fingerprint of the migrations' sources.
fn migrations() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migration/src");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read(file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

fn name() -> String {
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    format!("dialgraph_test_{:08x}_{number}", *RUN)
}

fn on_server(server: &str, name: &str) -> String {
    let (base, _) = server
        .rsplit_once('/')
        .expect("a URL with a database in it");
    format!("{base}/{name}")
}

async fn connect(url: &str) -> Database {
    connect_with(url, 12).await
}

async fn connect_with(url: &str, max_connections: u32) -> Database {
    let options = ConnectOptions {
        max_connections,
        ..ConnectOptions::default()
    };
    open(url, options).await
}

async fn open(url: &str, options: ConnectOptions) -> Database {
    Database::connect(&url.parse().unwrap(), options)
        .await
        .unwrap()
}

async fn execute(server: &str, sql: &str) {
    let db = connect_with(server, 1).await;
    db.write().execute_unprepared(sql).await.unwrap();
    db.close().await;
}

fn file(files: &tempfile::TempDir) -> PathBuf {
    files.path().join("test.db")
}
