//! A SQLite file is its owner's alone: there is personal data in it, and hashes of passwords. SQLite
//! makes the files beside it, such as the log, with the same permissions.

use std::{io, path::Path};

/// Makes a folder that is missing, with those above it: nobody but its owner looks into what is made
/// here. One that exists stays as it is.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes an empty file where there is none, which nobody but its owner reads. What goes wrong is left
/// to SQLite, which says it better.
pub(in crate::store) fn make(file: &Path) {
    let mut options = std::fs::OpenOptions::new();
    // Also where a link leads to that leads nowhere yet.
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    if let Err(error) = options.open(file) {
        tracing::debug!(%error, "the SQLite file could not be made");
    }
}

/// Takes others' permissions from a SQLite file and the files beside it, which older versions let
/// everybody read. Where that is refused, it is warned of.
#[cfg(unix)]
pub(in crate::store) fn narrow(file: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        narrow_one(Path::new(&path));
    }
}

#[cfg(not(unix))]
pub(in crate::store) const fn narrow(_: &Path) {}

#[cfg(unix)]
fn narrow_one(path: &Path) {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    const OF_OTHERS: u32 = 0o077;
    let Ok(known) = fs::metadata(path) else {
        return;
    };
    let mode = known.permissions().mode();
    if !known.is_file() || mode & OF_OTHERS == 0 {
        return;
    }
    let file = path.display().to_string();
    let was = format!("{:04o}", mode & 0o7777);
    let narrowed = fs::Permissions::from_mode(mode & !OF_OTHERS);
    match fs::set_permissions(path, narrowed) {
        Ok(()) => tracing::warn!(
            file,
            was,
            "others on this machine could read a file of the database: it is its owner's alone now"
        ),
        Err(error) => tracing::warn!(
            file,
            was,
            %error,
            "others on this machine can read a file of the database: run chmod 600 on it"
        ),
    }
}
