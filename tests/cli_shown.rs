//! What the terminal shows, to the letter: whoever changes it sees what people will. INSTA_UPDATE=always takes what is
//! shown now.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::path::{Path, PathBuf};

use common::{command_in, ended};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli_shown-{}", std::process::id()))
}

#[test]
fn an_answer_on_the_terminal() {
    let directory = directory();
    let _ = std::fs::remove_dir_all(&directory);
    let shown = |arguments: &[&str]| ended(command_in(&directory, arguments)).success();
    insta::assert_snapshot!("for_a_user", shown(&["recommend", "--user", "1", "--n", "3"]));
    insta::assert_snapshot!("for_films", shown(&["recommend", "--like", "Heat; Alien (1979)", "--n", "3"]));
    insta::assert_snapshot!("neighbours", shown(&["neighbours", "--user", "1", "--k", "3"]));
    let unknown = ended(command_in(&directory, &["recommend", "--like", "No Such Film Anywhere"])).failure(1);
    insta::assert_snapshot!("unknown_film", unknown);
    std::fs::remove_dir_all(&directory).unwrap();
}
