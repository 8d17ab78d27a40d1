//! Trains what tells by its words which act a sentence is, on `data/patterns.tsv` and `data/examples.tsv`: a few seconds, and
//! only when those change. See `src/acts.rs`, which reads what is written here.

#[path = "src/acts/examples.rs"]
mod examples;
#[path = "src/acts/features.rs"]
mod features;
#[path = "src/acts/slots.rs"]
mod slots;
#[path = "src/acts/stored.rs"]
mod stored;
#[path = "src/acts/training.rs"]
mod training;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in ["build.rs", "data/patterns.tsv", "data/examples.tsv", "src/acts"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let read = examples::Examples::read(include_str!("data/patterns.tsv"), include_str!("data/examples.tsv"));
    let said: Vec<(Vec<u64>, usize)> = read
        .all
        .iter()
        .map(|example| (features::features(example.words.iter().map(String::as_str)), example.act))
        .collect();
    if read.acts.len() > 256 {
        return Err("acts are stored in a byte each: at most 256".into());
    }
    let trained = training::train(&said, read.acts.len());
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    std::fs::write(Path::new(&folder).join("acts.bin"), stored::weights(&trained))?;
    std::fs::write(Path::new(&folder).join("acts.tsv"), stored::meanings(&read.acts))?;
    Ok(())
}
