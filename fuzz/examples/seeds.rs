//! Writes the valid files from which the fuzzers begin into `corpus/TARGET/` beside the manifest.

use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let targets = [
        ("movielens", cineswarm_fuzz::movielens::seeds()),
        ("dataset", cineswarm_fuzz::dataset::seeds()),
        ("evaluation", cineswarm_fuzz::evaluation::seeds()),
        ("model", cineswarm_fuzz::model::seeds()),
        ("viewer_files", cineswarm_fuzz::viewer_files::seeds()),
    ];
    for (target, seeds) in targets {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        fs::create_dir_all(&directory)?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(directory.join(format!("valid-{number:03}")), seed)?;
        }
    }
    Ok(())
}
