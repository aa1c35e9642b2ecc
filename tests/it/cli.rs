//! The program itself: what it prints where, and with which exit status it ends.

use std::process::{Command, Output};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Runs the program in an empty folder with nothing in its environment but `variables`.
fn dialgraph(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_dialgraph"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
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
fn a_malformed_variable_is_refused_by_name() {
    for (name, value, allowed) in [
        ("PORT", "http", "PORT"),
        ("GUANKE_CDR_API", "cdr", "`call_record` or `task_cdr`"),
        ("BUSINESS_TIMEZONE", "Mars", "IANA"),
        ("SYNC_CALL_RECORDS_T3", "often", "cron expression"),
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

#[test]
fn a_days_sync_that_fails_has_a_failing_exit_status() {
    // Nothing listens on port 1.
    let variables = [
        ("JWT_SECRET_KEY", SECRET),
        ("GUANKE_BASE_URL", "http://127.0.0.1:1"),
        ("GUANKE_API_SECRET", "x"),
    ];
    let backwards = [
        "sync",
        "--track",
        "call-records",
        "--from",
        "2026-11-19",
        "--to",
        "2026-11-18",
    ];
    let output = dialgraph(&backwards, &variables);
    assert!(
        text(&output.stderr).contains("--to must not lie before --from"),
        "{}",
        text(&output.stderr)
    );
    let unconfigured = [
        "sync",
        "--track",
        "task-stats",
        "--from",
        "2025-11-19",
        "--to",
        "2025-11-19",
    ];
    let output = dialgraph(&unconfigured, &[("JWT_SECRET_KEY", SECRET)]);
    assert!(
        text(&output.stderr).contains("GUANKE_API_SECRET"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(1));
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
    assert_eq!((count(&up, "applied"), count(&up, "pending")), (9, 0));
    assert_eq!(count(&run(&["migrate", "down"]), "pending"), 1);
    assert_eq!(count(&run(&["migrate", "down", "--all"]), "applied"), 0);
    run(&["migrate", "up"]);
    assert!(run(&["rollups", "verify"]).contains("equals a recount"));
}
