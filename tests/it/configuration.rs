//! What is wrong with the configuration is said by the program itself: the variable, the value, what is
//! allowed, once. And what it says of itself when it starts, and of those who cannot come in.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use sea_orm::ConnectionTrait as _;

use crate::{
    cli::{dialgraph, text},
    harness::{Backend, SECRET, TestDatabase},
    on_both,
};

/// What the program says when it is started with `variables`, and ends for.
fn refusal(variables: &[(&str, &str)]) -> String {
    let variables = [&[("JWT_SECRET_KEY", SECRET)], variables].concat();
    let output = dialgraph(&["serve"], &variables);
    assert!(!output.status.success(), "{variables:?}");
    text(&output.stderr)
}

/// How often `part` stands in `text`.
fn times(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn a_cron_expression_is_refused_for_the_field_that_is_wrong() {
    for (value, said) in [
        (
            "0 25 * * *",
            "`25` is no hour of a cron expression: 0 to 23",
        ),
        (
            "61 * * * *",
            "`61` is no minute of a cron expression: 0 to 59",
        ),
        (
            "0 7 * 13 *",
            "`13` is no month of a cron expression: 1 to 12",
        ),
        ("0 */10 9-23 * * *", "has five fields"),
        ("0 0 31 2 *", "names a day that never comes"),
        ("often", "has five fields"),
    ] {
        let message = refusal(&[("SYNC_CALL_RECORDS_T10", value)]);
        assert!(message.contains(said), "{value}: {message}");
        assert_eq!(times(&message, &format!("'{value}'")), 1, "{message}");
        assert!(message.contains("SYNC_CALL_RECORDS_T10"), "{message}");
    }
}

#[test]
fn a_setting_without_a_value_or_below_its_range_is_refused_by_name() {
    for (name, value, allowed) in [
        ("SYNC_CALL_RECORDS_TODAY", "", "five fields"),
        ("BUSINESS_TIMEZONE", "Asia/Peking", "Asia/Shanghai"),
        ("BUSINESS_TIMEZONE", "+08:00", "Asia/Shanghai"),
        ("SYNC_OVERLAP_MINUTES", "-5", "from 0 to 1440"),
        ("SYNC_PAGE_CONCURRENCY", "eight", "from 1 to 32"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "-1", "from 1 to 525600"),
        ("FOREIGN_ACCESS_TOKEN_MAX_DAYS", "0", "from 1 to 366"),
        ("FOREIGN_ACCESS_TOKEN_MAX_DAYS", "367", "from 1 to 366"),
        ("MAX_QUERY_COST", "1e6", "from 1 to 1000000000"),
        ("DATABASE_MAX_CONNECTIONS", "-1", "from 2 to 200"),
        ("DATABASE_MAX_CONNECTIONS", "1", "from 2 to 200"),
        ("DATABASE_WRITE_QUEUE", "0", "from 1 to 100000"),
        ("PORT", "-1", "from 0 to 65535"),
        ("PORT", "http", "from 0 to 65535"),
        ("HOST", "nosuchhost", "it must be an IP address"),
        ("HOST", "127.0.0.1:8080", "it must be an IP address"),
        ("TRUSTED_PROXIES", "-1", "from 0 to 100"),
        ("TRUSTED_PROXIES", "two", "from 0 to 100"),
        ("GUANKE_BASE_URL", "foo", "an http or https address"),
        ("GUANKE_BASE_URL", "ftp://foo", "an http or https address"),
    ] {
        let message = refusal(&[(name, value)]);
        assert!(message.contains(allowed), "{name}={value}: {message}");
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn a_setting_of_other_commands_is_refused_by_name_value_and_what_is_allowed() {
    for (command, name, value, allowed) in [
        ("migrate up", "MIGRATE_STEPS", "abc", "from 1 to 1000"),
        ("migrate down", "MIGRATE_STEPS", "0", "from 1 to 1000"),
        (
            "guanke-simulator",
            "SIMULATOR_HOST",
            "nosuchhost",
            "an IP address",
        ),
        ("guanke-simulator", "SIMULATOR_SEED", "x7", "a whole number"),
        (
            "guanke-simulator",
            "SIMULATOR_LATENCY",
            "fast",
            "a span of time",
        ),
        ("token --role admin", "TOKEN_EXPIRES", "soon", "from 1s"),
        ("token --role admin", "TOKEN_EXPIRES", "0s", "from 1s"),
    ] {
        let command: Vec<&str> = command.split(' ').collect();
        let output = dialgraph(&command, &[("JWT_SECRET_KEY", SECRET), (name, value)]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert_eq!(times(&message, &format!("'{value}'")), 1, "{message}");
        assert!(message.contains(allowed), "{message}");
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn what_is_logged_is_refused_once() {
    for value in ["bogus=xx", "dialgraph=loud", "a=b=c"] {
        let message = refusal(&[("RUST_LOG", value)]);
        assert!(
            message.starts_with(&format!(
                "error: RUST_LOG: `{value}` cannot be read: it must be a level"
            )),
            "{message}"
        );
        assert_eq!(times(&message, value), 1, "{message}");
        assert_eq!(times(&message, "invalid"), 0, "{message}");
    }
}

#[test]
fn the_secret_that_is_weak_is_named_by_the_variable_that_it_is_in() {
    for name in ["SECRET_KEY", "JWT_SECRET_KEY"] {
        let output = dialgraph(&["token", "--role", "admin"], &[(name, "zz")]);
        let message = text(&output.stderr);
        let expected = format!("error: {name}: it must have at least 32 bytes");
        assert!(message.starts_with(&expected), "{message}");
        assert_eq!(times(&message, "SECRET_KEY"), 1, "{message}");
    }
}

#[test]
fn an_address_of_a_database_is_refused_with_what_is_wrong_and_without_its_password() {
    for (url, said) in [
        ("postgress://me:pa55word@host/db", "`postgress` is no kind"),
        ("postgres:/x", "`postgres:` must be followed by two slashes"),
        (
            "postgres://me:pa55word@host",
            "the name of the database is missing",
        ),
        ("postgres://me:pa55word@host:70000/db", "1 to 65535"),
        ("postgres://me:pa55word@host/d b", "write %20"),
        ("postgres://me:pa55#word@host/db", "# as %23"),
        ("postgres://me:pa55word@host/db?sslmode=on", "verify-full"),
        ("postgres://127.0.0.1:5432/postgres", "it names no user"),
        ("postgres:///x", "it names no user"),
        (
            "postgres:///postgres?host=/var/run/postgresql",
            "write postgres://USER:PASSWORD@HOST/NAME, or set PGUSER",
        ),
        ("postgres://:pa55word@host/db", "it names no user"),
        ("postgres://me:pa55word@/db", "the host is missing"),
        (
            "postgres://me:pa55word@host/db?sslrootcert=/nosuch.pem",
            "sslrootcert: `/nosuch.pem` cannot be read: No such file or directory (os error 2)",
        ),
        (
            "postgres://me:pa55word@host/db?sslcert=/nosuch.pem&sslkey=/nosuch.key",
            "sslcert: `/nosuch.pem` cannot be read",
        ),
    ] {
        let message = refusal(&[("DATABASE_URL", url)]);
        assert!(message.starts_with("error: DATABASE_URL: "), "{message}");
        assert!(message.contains(said), "{url}: {message}");
        assert!(!message.contains("pa55"), "{message}");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    }
}

#[test]
fn a_variable_of_postgresql_that_would_be_passed_over_is_refused() {
    let url = "postgres://me:pa55word@127.0.0.1:1/db";
    for (name, value, said) in [
        (
            "PGSSLMODE",
            "verify_full",
            "`verify_full` is not taken: it must be disable, allow, prefer, require, verify-ca or verify-full",
        ),
        (
            "PGPORT",
            "x",
            "`x` is not taken: it must be a number of 1 to 65535",
        ),
        (
            "PGHOSTADDR",
            "localhost",
            "`localhost` is not taken: it must be an IP address (names are for PGHOST)",
        ),
        (
            "PGSSLROOTCERT",
            "/nosuch.pem",
            "`/nosuch.pem` cannot be read: No such file or directory (os error 2)",
        ),
    ] {
        let message = refusal(&[("DATABASE_URL", url), (name, value)]);
        assert_eq!(message.trim_end(), format!("error: {name}: {said}"));
    }
    // The user may be named there, and blanks around the address are nobody's.
    let message = refusal(&[
        ("DATABASE_URL", " postgres://127.0.0.1:1/db\n"),
        ("PGUSER", "anonymous"),
    ]);
    assert!(
        message.starts_with("error: DATABASE_URL: cannot open the PostgreSQL database db at 127.0.0.1:1 as anonymous: "),
        "{message}"
    );
}

#[test]
fn a_database_that_cannot_be_opened_is_named_once() {
    let message = refusal(&[("DATABASE_URL", "postgres://me:pa55word@127.0.0.1:1/db")]);
    assert_eq!(
        message.trim_end(),
        "error: DATABASE_URL: cannot open the PostgreSQL database db at 127.0.0.1:1 as me: Connection refused (os error 111)"
    );
    let message = refusal(&[
        ("DATABASE_URL", "sqlite:///nowhere/x.db"),
        ("NO_MIGRATE", "1"),
    ]);
    assert_eq!(times(&message, "/nowhere/x.db"), 1, "{message}");
    assert_eq!(
        times(&message, "unable to open database file"),
        1,
        "{message}"
    );
    // Where no database is named, it is the folder that cannot be used.
    let message = refusal(&[("DATA_DIR", "/proc/nowhere")]);
    assert!(
        message.starts_with("error: DATA_DIR: cannot open the SQLite file"),
        "{message}"
    );
}

#[test]
fn what_the_server_refuses_is_said_without_the_lines_of_its_source() {
    let Some(Backend::Postgres(server)) = Backend::postgres() else {
        return;
    };
    let (_, place) = server.rsplit_once('@').unwrap();
    let (host, _) = place.split_once('/').unwrap();
    let url = format!("postgres://no_such_role@{host}/postgres");
    let message = refusal(&[("DATABASE_URL", &url)]);
    assert_eq!(
        message.trim_end(),
        format!(
            "error: DATABASE_URL: cannot open the PostgreSQL database postgres at {host} as no_such_role: role \"no_such_role\" does not exist"
        )
    );
    let (base, _) = server.rsplit_once('/').unwrap();
    let url = format!("{base}/no_such_database");
    let message = refusal(&[("DATABASE_URL", &url)]);
    assert_eq!(times(&message, "no_such_database"), 2, "{message}");
    assert!(!message.contains("at line"), "{message}");
}

/// Ends a process with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service, and the lines of its log.
fn start(variables: &[(&str, &str)]) -> (Ended, impl Iterator<Item = String> + use<>) {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dialgraph"))
        .args(["serve", "--port", "0"])
        .env_clear()
        .env("JWT_SECRET_KEY", SECRET)
        .env("NO_COLOR", "1")
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(child.stderr.take().unwrap());
    let lines = log.lines().map(move |line| {
        // The folder goes with the log.
        let _ = &folder;
        line.unwrap()
    });
    (Ended(child), lines)
}

#[test]
fn the_start_says_what_it_runs_on() {
    let variables = [
        ("GUANKE_API_SECRET", "x"),
        ("SYNC_CALL_RECORDS_T10", "7 6 * * *"),
    ];
    let (_service, mut log) = start(&variables);
    let said: Vec<String> = log
        .by_ref()
        .take_while(|line| !line.contains("listening"))
        .collect();
    let said = said.join("\n");
    for part in [
        "version=\"0.1.0\"",
        "database.kind=\"SQLite\"",
        "database.name=\"data/dialgraph.db\"",
        "time_zone=Asia/Shanghai",
        "track=CALL_RECORDS window=T10 cron=\"7 6 * * *\"",
        "WARN",
        "DATABASE_URL is not set: all data is in a SQLite file",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (_service, mut log) = start(&[("DIALGRAPH_ENV", "development")]);
    let said: Vec<String> = log
        .by_ref()
        .take_while(|line| !line.contains("listening"))
        .collect();
    assert!(!said.join("\n").contains("DATABASE_URL"), "{said:?}");
}

#[test]
fn the_start_counts_the_instances_on_its_database_and_the_connections_they_may_take() {
    let Some(server) = Backend::postgres() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(TestDatabase::migrated(&server));
    let (host, _) = database
        .url
        .rsplit_once('@')
        .map(|(_, rest)| rest.split_once('/').unwrap())
        .unwrap();
    let starting = |connections: &str| {
        let variables = [
            ("DATABASE_URL", database.url.as_str()),
            ("DATABASE_MAX_CONNECTIONS", connections),
        ];
        let (service, mut log) = start(&variables);
        let said: Vec<String> = log
            .by_ref()
            .take_while(|line| !line.contains("listening"))
            .collect();
        (service, said.join("\n"))
    };
    let (_one, said) = starting("6");
    assert!(
        said.contains(&format!("database.host=\"{host}\"")),
        "{said}"
    );
    assert!(
        said.contains("instances=1") && !said.contains("more connections"),
        "{said}"
    );
    let sharing = || runtime.block_on(database.db.sharing()).unwrap().unwrap();
    while sharing().instances < 1 {
        std::thread::yield_now();
    }
    let (_two, said) = starting("200");
    assert!(said.contains("instances=2"), "{said}");
    // Two instances, each with 200 and one that listens: this server may have more.
    let warning = "more connections than PostgreSQL gives: lower DATABASE_MAX_CONNECTIONS";
    let is_too_many = sharing().connections < 402;
    assert_eq!(said.contains(warning), is_too_many, "{said}");
}

fn sign_in(address: &str, name: &str) -> String {
    let form = format!("grant_type=password&username={name}&password=pa55word");
    ask_for_token(address, &form)
}

/// Asks for a token over HTTP/1.1.
fn ask_for_token(address: &str, form: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    let request = format!(
        "POST /api/v1/auth/token HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn whoever_cannot_sign_in_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("x.db").display());
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("USER_PASSWORD", "correct horse battery"),
        ("JWT_SECRET_KEY", SECRET),
    ];
    let create = ["user", "create", "--name", "limei", "--role", "admin"];
    let created = dialgraph(&create, &variables);
    assert!(created.status.success(), "{}", text(&created.stderr));
    let (_service, mut log) = start(&variables);
    let listening = log.find(|line| line.contains("listening")).unwrap();
    let (_, address) = listening.rsplit_once("address=").unwrap();
    for (name, said) in [
        (
            "limei",
            "name=\"l***\" address=\"127.0.0.1\" reason=\"wrong password\"",
        ),
        (
            "nobody",
            "name=\"n***\" address=\"127.0.0.1\" reason=\"no such user\"",
        ),
        (
            "li%40example.com",
            "name=\"l***@example.com\" address=\"127.0.0.1\" reason=\"no such user\"",
        ),
    ] {
        // Clients are not answered whether there is such a user.
        assert!(sign_in(address, name).contains("the name or the password is wrong"));
        let line = log.find(|line| line.contains("sign-in failed")).unwrap();
        assert!(line.contains(said), "{line}");
        assert!(!line.contains("pa55word"), "{line}");
    }
    ask_for_token(address, "grant_type=refresh_token&refresh_token=dgr_secret");
    let line = log.find(|line| line.contains("sign-in failed")).unwrap();
    let said = "address=\"127.0.0.1\" reason=\"no such refresh token\"";
    assert!(line.contains(said) && !line.contains("dgr_"), "{line}");
}

on_both! {
    /// A database that may only be read is said to be so, once, without the lines of its source.
    a_command_says_once_that_it_may_not_write = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let parameter = match backend {
            Backend::Sqlite => "mode=ro",
            Backend::Postgres(_) => "options[default_transaction_read_only]=on",
        };
        let url = format!("{}?{parameter}", database.url);
        let output = dialgraph(&["rollups", "rebuild"], &[("DATABASE_URL", &url)]);
        assert!(!output.status.success());
        let message = text(&output.stderr);
        let said = message.lines().last();
        assert_eq!(said, Some("error: the database is read-only: somebody has to look at it"), "{message}");
    };

    /// A step back that deletes something says what, and how much of it, and does nothing until it is
    /// told to; one that deletes nothing asks nothing.
    a_step_back_asks_before_it_deletes = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let url = database.url.clone();
        let run = move |arguments: &[&str]| {
            let arguments = [&["migrate"], arguments].concat();
            let output = dialgraph(&arguments, &[("DATABASE_URL", &url)]);
            (output.status.success(), text(&output.stdout), text(&output.stderr))
        };
        let db = &database.db;
        let entry = "INSERT INTO audit_log (id, at, actor, role, operation, object_type, changes) VALUES (1, '2026-11-20 04:00:00+00:00', 'x', 'ADMIN', 'y', 'Package', '{}')";
        db.write().execute_unprepared(entry).await.unwrap();
        let (done, status, _) = run(&["status"]);
        assert!(done);
        let (done, _, refused) = run(&["down", "--all"]);
        assert!(!done);
        assert!(refused.contains("nothing was changed, because this would delete:"), "{refused}");
        assert!(refused.contains("\n  1 row of audit_log, which nobody can change or delete otherwise"), "{refused}");
        assert!(refused.contains("add --yes"), "{refused}");
        assert_eq!(run(&["status"]).1, status);

        let (done, applied, deleted) = run(&["down", "--all", "--yes"]);
        assert!(done, "{deleted}");
        assert!(deleted.contains("deleted:") && deleted.contains("1 row of audit_log"), "{deleted}");
        assert_eq!(times(&applied, "applied"), 0, "{applied}");
        assert!(run(&["up"]).0);
        // The last migration made a table in which nothing of anybody's is.
        let (done, _, said) = run(&["down"]);
        assert!(done, "{said}");
    };
}
