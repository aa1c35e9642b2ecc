//! The program itself: what it prints where, and with which exit status it ends.

use std::process::{Command, Output};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Runs the program in an empty folder with nothing in its environment but `variables`.
pub fn dialgraph(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_dialgraph"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .output()
        .unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_token_stands_alone_on_standard_output() {
    let output = dialgraph(&["token", "--role", "admin"], &[("JWT_SECRET_KEY", SECRET)]);
    assert!(output.status.success());
    let token = text(&output.stdout);
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
    assert_eq!(token.lines().count(), 1);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn the_older_name_of_the_secret_works_too() {
    let output = dialgraph(&["token", "--role", "analyst"], &[("SECRET_KEY", SECRET)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn nothing_starts_without_a_secret_or_with_a_short_one() {
    let output = dialgraph(&["serve"], &[]);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("JWT_SECRET_KEY"),
        "{}",
        text(&output.stderr)
    );
    let output = dialgraph(&["serve"], &[("JWT_SECRET_KEY", "short")]);
    let message = text(&output.stderr);
    assert!(!output.status.success());
    assert!(
        message.contains("at least 32 bytes") && !message.contains("short"),
        "{message}"
    );
}

#[test]
fn a_weak_secret_is_for_development_only() {
    for weak in ["short", "your-secret-key-change-it-in-production"] {
        let run = |environment: &str| {
            let variables = [("JWT_SECRET_KEY", weak), ("DIALGRAPH_ENV", environment)];
            let output = dialgraph(&["token", "--role", "admin"], &variables);
            (output.status.success(), text(&output.stderr))
        };
        let (taken, message) = run("production");
        assert!(
            !taken && message.contains("openssl rand -base64 48"),
            "{message}"
        );
        let (taken, message) = run("development");
        assert!(taken && message.contains("is weak"), "{message}");
        assert!(!message.contains(weak), "{message}");
    }
}

#[test]
fn nothing_starts_with_keys_that_cannot_be() {
    for (variables, expected) in [
        (
            &[("JWKS_URL", "http://sso.example.com/jwks")][..],
            "error: JWKS_URL: it must begin with https://; http:// is for this machine itself only",
        ),
        (
            &[
                ("JWKS_FILE", "missing.json"),
                ("JWT_ISSUER", "https://a"),
                ("JWT_AUDIENCE", "dialgraph"),
            ],
            "error: JWKS_FILE: the file cannot be read: No such file or directory (os error 2)",
        ),
        (
            &[("JWKS_URL", "https://a/jwks"), ("JWKS_FILE", "b.json")],
            "error: JWKS_URL and JWKS_FILE: only one of them can be set",
        ),
    ] {
        let variables = [&[("JWT_SECRET_KEY", SECRET)], variables].concat();
        let output = dialgraph(&["serve"], &variables);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr).trim(), expected);
    }
}

#[test]
fn keys_of_others_need_an_issuer_and_an_audience_in_production() {
    let run = |variables: &[(&str, &str)]| {
        let variables = [&[("JWT_SECRET_KEY", SECRET)], variables].concat();
        let output = dialgraph(&["serve"], &variables);
        assert_eq!(output.status.code(), Some(1), "{variables:?}");
        text(&output.stderr)
    };
    let (issuer, audience) = (("JWT_ISSUER", "https://a"), ("JWT_AUDIENCE", "dialgraph"));
    // An address is not asked before it is known whose keys they are.
    for keys in [
        ("JWKS_FILE", "missing.json"),
        ("JWKS_URL", "https://192.0.2.1/jwks"),
    ] {
        for (given, missing) in [
            (&[][..], "JWT_ISSUER and JWT_AUDIENCE"),
            (&[issuer], "JWT_AUDIENCE"),
            (&[audience], "JWT_ISSUER"),
            (&[issuer, ("JWT_AUDIENCE", " ")], "JWT_AUDIENCE"),
            (&[("JWT_ISSUER", ""), audience], "JWT_ISSUER"),
            (
                &[("DIALGRAPH_ENV", "production")],
                "JWT_ISSUER and JWT_AUDIENCE",
            ),
        ] {
            let message = run(&[&[keys], given].concat());
            let said = format!("error: {missing} must be set with JWKS_URL or JWKS_FILE");
            assert!(message.starts_with(&said), "{given:?}: {message}");
        }
    }
    // On one's own machine it is warned of, and what is wrong next is said.
    let message = run(&[
        ("JWKS_FILE", "missing.json"),
        ("DIALGRAPH_ENV", "development"),
    ]);
    assert!(
        message.contains("JWT_ISSUER and JWT_AUDIENCE must be set") && message.contains("WARN"),
        "{message}"
    );
    assert!(
        message.contains("error: JWKS_FILE: the file cannot be read"),
        "{message}"
    );
}

#[test]
fn nothing_starts_with_a_trusted_document_that_means_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.graphql"), "{\n  nothing\n}\n").unwrap();
    let variables = [
        ("JWT_SECRET_KEY", SECRET),
        ("TRUSTED_DOCUMENTS", folder.path().to_str().unwrap()),
    ];
    let output = dialgraph(&["serve", "--port", "0"], &variables);
    let message = text(&output.stderr);
    assert!(!output.status.success());
    assert!(message.contains("TRUSTED_DOCUMENTS"), "{message}");
    assert!(
        message.contains("a.graphql: line 2, column 3: ") && message.contains("nothing"),
        "{message}"
    );
    let nowhere = [("JWT_SECRET_KEY", SECRET), ("TRUSTED_DOCUMENTS", "nowhere")];
    let message = text(&dialgraph(&["serve"], &nowhere).stderr);
    assert!(message.contains("nowhere cannot be read"), "{message}");
}

#[test]
fn a_malformed_variable_is_refused_by_name() {
    for (name, value, allowed) in [
        (
            "DIALGRAPH_ENV",
            "test",
            "[possible values: production, development]",
        ),
        ("PORT", "http", "PORT"),
        ("GUANKE_CDR_API", "cdr", "`call_record` or `task_cdr`"),
        ("BUSINESS_TIMEZONE", "Mars", "IANA"),
        ("SYNC_CALL_RECORDS_T3", "often", "cron expression"),
        ("REQUEST_TIMEOUT", "0s", "longer than none"),
        ("INTROSPECTION", "maybe", "--introspection"),
        ("GRAPHIQL", "cdn", "--graphiql"),
        ("IDLE_TIMEOUT", "soon", "longer than none"),
        ("CORS_ALLOW_ORIGINS", "*", "is no origin"),
        (
            "CORS_ALLOW_ORIGINS",
            "https://a.example/path",
            "is no origin",
        ),
        (
            "CORS_ALLOW_ORIGINS",
            "https://a.example, null",
            "is no origin",
        ),
    ] {
        let output = dialgraph(&["serve"], &[("JWT_SECRET_KEY", SECRET), (name, value)]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.contains(name) && message.contains(allowed),
            "{message}"
        );
    }
}

#[test]
fn a_malformed_database_address_is_refused_without_repeating_its_password() {
    let variables = [
        ("JWT_SECRET_KEY", SECRET),
        ("DATABASE_URL", "postgress://me:pa55word@host/db"),
    ];
    let output = dialgraph(&["serve"], &variables);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message.contains("DATABASE_URL") && message.contains("sqlite://PATH"),
        "{message}"
    );
    assert!(!message.contains("pa55word"), "{message}");
}

#[test]
fn half_a_login_is_refused() {
    let output = dialgraph(
        &["serve"],
        &[("JWT_SECRET_KEY", SECRET), ("GUANKE_USERNAME", "x")],
    );
    assert!(
        text(&output.stderr).contains("GUANKE_PASSWORD"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn the_schema_is_printed() {
    let output = dialgraph(&["schema"], &[]);
    assert!(text(&output.stdout).contains("type Query"));
}

/// A simulated platform in a process of its own, ended with the test.
struct Simulator(std::process::Child);

impl Simulator {
    /// Starts it on a free port, and returns what it says about itself: variables to use it with.
    fn start() -> (Self, Vec<(String, String)>) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dialgraph"))
            .args([
                "guanke-simulator",
                "--port",
                "0",
                "--days",
                "2",
                "--calls-per-day",
                "250",
            ])
            .env_clear()
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let output = std::io::BufReader::new(child.stdout.take().unwrap());
        let variables = std::io::BufRead::lines(output)
            .map(|line| line.unwrap())
            .take_while(|line| !line.starts_with('#'))
            .map(|line| {
                line.split_once('=')
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .unwrap()
            })
            .filter(|(name, _)| name != "GUANKE_API_SECRET")
            .collect();
        (Self(child), variables)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_exit_status_of_a_sync_says_whether_its_days_are_complete() {
    let (_simulator, variables) = Simulator::start();
    let mut variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    variables.push(("JWT_SECRET_KEY", SECRET));
    // Long before the simulated days: nothing was dialled, and that is all of it.
    let day = [
        "sync",
        "--track",
        "call-records",
        "--from",
        "2025-11-19",
        "--to",
        "2025-11-19",
    ];
    let output = dialgraph(&day, &variables);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("1 day, 0 rows"),
        "{}",
        text(&output.stderr)
    );

    variables.push(("GUANKE_API_SECRET", "wrong"));
    let output = dialgraph(&day, &variables);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains("2025-11-19 could not be read: Guanke"),
        "{message}"
    );
    assert!(!message.contains("wrong"), "{message}");
}

#[test]
fn a_sync_that_cannot_begin_says_what_is_missing() {
    let days = [
        "sync",
        "--track",
        "task-stats",
        "--from",
        "2025-11-19",
        "--to",
        "2025-11-18",
    ];
    let output = dialgraph(&days, &[("JWT_SECRET_KEY", SECRET)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("--to must not lie before --from"),
        "{}",
        text(&output.stderr)
    );
    let days = [
        "sync",
        "--track",
        "task-stats",
        "--from",
        "2025-11-19",
        "--to",
        "2025-11-19",
    ];
    let output = dialgraph(&days, &[("JWT_SECRET_KEY", SECRET)]);
    assert!(
        text(&output.stderr).contains("GUANKE_API_SECRET"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn where_synchronisation_stands_is_told_without_the_platform() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("x.db").display());
    // What is set for a synchronisation stands in nobody's way.
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("SYNC_TRACK", "call-records"),
        ("SYNC_CALL_RECORDS_TODAY", "0 3 * * *"),
    ];
    let output = dialgraph(&["sync", "status"], &variables);
    assert_eq!(output.status.code(), Some(1), "there is no database yet");
    assert!(dialgraph(&["migrate", "up"], &variables).status.success());

    let output = dialgraph(&["sync", "status", "--days", "3"], &variables);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert_eq!(told.matches("never read").count(), 6, "{told}");
    assert!(
        told.contains("CALL_RECORDS: the platform is asked"),
        "{told}"
    );
    assert!(
        told.contains("tasks without a package: 0, of which more than one package claims: 0"),
        "{told}"
    );
    let today = told
        .lines()
        .find(|line| line.starts_with("CALL_RECORDS  TODAY"));
    assert!(today.unwrap().contains(" 03:00:00"), "{told}");

    let output = dialgraph(&["sync", "status", "--days", "1", "--json"], &variables);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["coverage"].as_array().unwrap().len(), 2);
    for count in ["tasksWithoutPackage", "tasksClaimedTwice", "rowsKeptApart"] {
        assert_eq!(told[count], 0, "{count}");
    }
    assert_eq!(
        told["tracks"][1]["windows"][2]["lastRun"],
        serde_json::Value::Null
    );
    let output = dialgraph(&["sync", "status", "--days", "401"], &variables);
    assert_eq!(output.status.code(), Some(2));
    // The same words as ever where days are to be read.
    let output = dialgraph(&["sync"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("--from <DATE>"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn migrations_can_be_shown_applied_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("x.db").display());
    let run = |arguments: &[&str]| {
        let output = dialgraph(arguments, &[("DATABASE_URL", &url)]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let count =
        |text: &str, state: &str| text.lines().filter(|line| line.starts_with(state)).count();
    let missing = dialgraph(&["rollups", "verify"], &[("DATABASE_URL", &url)]);
    assert!(
        text(&missing.stderr).contains("unable to open database file"),
        "{}",
        text(&missing.stderr)
    );
    assert!(
        !folder.path().join("x.db").exists(),
        "looking must not make a database"
    );
    let up = run(&["migrate", "up"]);
    assert_eq!(count(&up, "pending"), 0);
    assert_eq!(count(&up, "applied"), up.lines().count());
    assert_eq!(count(&run(&["migrate", "down"]), "pending"), 1);
    assert_eq!(
        count(&run(&["migrate", "down", "--all", "--yes"]), "applied"),
        0
    );
    run(&["migrate", "up"]);
    assert!(run(&["rollups", "verify"]).contains("equals a recount"));
}
