//! Migrations out of files that are part of the program. sqlx has a macro for it, which would have both databases' drivers
//! compiled a second time, for the compiler's own use.

use std::borrow::Cow;

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// The files of a folder of the calling crate's `migrations/`, by name and in order:
/// `migrations!("sqlite": "0001_what_it_makes", "0002_what_it_adds")`.
#[macro_export]
macro_rules! migrations {
    ($folder:literal: $($name:literal),+) => {
        $crate::migrator(&[$((
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $folder, "/", $name, ".sql")),
        )),+])
    };
}

/// Migrations by the names of their files, each a number and what it does, and their statements; see
/// [`migrations!`](crate::migrations).
pub fn migrator(files: &[(&'static str, &'static str)]) -> Migrator {
    let migration = |&(name, sql): &(&'static str, &'static str)| {
        let (number, description) = name.split_once('_').unwrap_or((name, ""));
        let description = Cow::Owned(description.replace('_', " "));
        // A name without a number would come first; the test of the folder's files finds it.
        let version = number.parse().unwrap_or_default();
        Migration::new(version, description, MigrationType::Simple, SqlStr::from_static(sql), false)
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_known_by_its_number_and_by_what_is_in_its_file() {
        let migrations = migrator(&[("0002_b", "SELECT 2"), ("0001_what_it_makes", "SELECT 1")]);
        let known: Vec<_> = migrations.iter().map(|one| (one.version, &*one.description, one.sql.as_str())).collect();
        assert_eq!(known, [(1, "what it makes", "SELECT 1"), (2, "b", "SELECT 2")]);
        // `printf %s 'SELECT 1' | sha384sum`: what databases that were migrated before have beside the number.
        let checksum: String =
            migrations.iter().next().unwrap().checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            checksum,
            "a87be5ea59a50f1537b8361d62582b67f0f8665b89a1afa8f5f5ccc3ec84e9b8c62649fb92c16783942166f392ecc20e"
        );
    }

    #[test]
    fn every_file_of_every_folder_is_in_its_list() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (folder, source) in [
            ("master", "master/src/store/migrations.rs"),
            ("events", "events/src/database.rs"),
            ("services/ratings", "services/ratings/src/store/mod.rs"),
        ] {
            let source = std::fs::read_to_string(root.join(source)).unwrap();
            for database in ["sqlite", "postgres"] {
                let files = std::fs::read_dir(root.join(folder).join("migrations").join(database)).unwrap();
                let mut names: Vec<String> = files
                    .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
                    .collect();
                names.sort();
                let listed = format!("migrations!(\"{database}\": \"{}\")", names.join("\", \""));
                let spaceless = |text: &str| text.split_whitespace().collect::<String>();
                assert!(spaceless(&source).contains(&spaceless(&listed)), "{folder} does not have {listed}");
            }
        }
    }
}
