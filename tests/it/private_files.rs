//! The files of a SQLite database are their owner's alone.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use dialgraph::store::{ConnectOptions, Database, DatabaseUrl, schema};

use crate::{
    cli::{dialgraph, text},
    harness::SECRET,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The files of the database, which has been written.
async fn files(file: &Path) -> (Database, Vec<(String, u32)>) {
    let url = DatabaseUrl::sqlite_file(file);
    let db = Database::connect(&url, ConnectOptions::default())
        .await
        .unwrap();
    schema::up(&db, None).await.unwrap();
    let mut files: Vec<_> = fs::read_dir(file.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                mode(&path),
            )
        })
        .collect();
    files.sort();
    (db, files)
}

fn private(names: &[&str]) -> Vec<(String, u32)> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), 0o600))
        .collect()
}

/// The folders and files that are made, with the log and its index.
#[tokio::test]
async fn what_is_made_is_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    let file = folder.path().join("a/b/x.db");
    let (db, files) = files(&file).await;
    assert_eq!(files, private(&["x.db", "x.db-shm", "x.db-wal"]));
    assert_eq!(mode(&folder.path().join("a")), 0o700);
    assert_eq!(mode(&folder.path().join("a/b")), 0o700);
    // A folder that was there may be for others, too.
    assert_eq!(mode(folder.path()), 0o755);
    db.close().await;
}

/// A database of an older version is narrowed, with the log that it has at the moment.
#[tokio::test]
async fn wider_files_are_narrowed() {
    for wide in [0o644, 0o666, 0o640, 0o604] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.db");
        let (older, made) = files(&file).await;
        for (name, _) in made {
            set_mode(&folder.path().join(name), wide);
        }
        let (db, files) = files(&file).await;
        assert_eq!(
            files,
            private(&["x.db", "x.db-shm", "x.db-wal"]),
            "{wide:o}"
        );
        db.close().await;
        older.close().await;
    }
}

/// A link leads to a file that is as private, whether there is one or not.
#[tokio::test]
async fn a_link_is_followed() {
    for exists in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        fs::create_dir(&real).unwrap();
        let target = real.join("y.db");
        if exists {
            fs::write(&target, "").unwrap();
            set_mode(&target, 0o644);
        }
        let file = folder.path().join("x.db");
        symlink(&target, &file).unwrap();
        let url = DatabaseUrl::sqlite_file(&file);
        let db = Database::connect(&url, ConnectOptions::default())
            .await
            .unwrap();
        schema::up(&db, None).await.unwrap();
        assert_eq!(mode(&target), 0o600, "{exists}");
        db.close().await;
    }
}

/// A folder that is missing is rather a mistake in the address; a new file is made, and said to be new.
#[test]
fn a_named_file_is_made_in_a_folder_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such");
    let migrate = |file: &Path, environment: &str| {
        let url = format!("sqlite://{}", file.display());
        let variables = [
            ("DATABASE_URL", url.as_str()),
            ("DIALGRAPH_ENV", environment),
            ("NO_COLOR", "1"),
            ("RUST_LOG", "info"),
        ];
        let output = dialgraph(&["migrate", "up"], &variables);
        (output.status.success(), text(&output.stderr))
    };
    let (done, said) = migrate(&missing.join("x.db"), "production");
    let refused = format!(
        "error: DATABASE_URL: there is no folder {}: make it with `mkdir -p`, or set DATA_DIR in its place, whose folder is made",
        missing.display()
    );
    assert_eq!((done, said.trim_end()), (false, refused.as_str()));
    assert!(!folder.path().join("no").exists());

    let file = folder.path().join("x.db");
    let new = "DATABASE_URL names a SQLite file that was not there: a new, empty one was made";
    let (done, said) = migrate(&file, "production");
    assert!(
        done && said.contains("WARN") && said.contains(new),
        "{said}"
    );
    let (done, said) = migrate(&file, "production");
    assert!(done && !said.contains("new, empty"), "{said}");
    let (done, said) = migrate(&folder.path().join("y.db"), "development");
    assert!(
        done && said.contains("made a new, empty SQLite file") && !said.contains(new),
        "{said}"
    );
}

/// The program does it, too, and says which file others could read.
#[test]
fn the_program_says_what_it_narrowed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let variables = [
        ("DATA_DIR", data.to_str().unwrap()),
        ("JWT_SECRET_KEY", SECRET),
        ("NO_COLOR", "1"),
    ];
    let migrate = || {
        let output = dialgraph(&["migrate", "up"], &variables);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert!(!migrate().contains("owner's alone"));
    let file = data.join("dialgraph.db");
    assert_eq!((mode(&data), mode(&file)), (0o700, 0o600));
    set_mode(&file, 0o644);
    let said = migrate();
    assert_eq!(mode(&file), 0o600);
    assert!(
        said.contains("dialgraph.db") && said.contains("0644"),
        "{said}"
    );
}
