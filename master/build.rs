//! Puts the built page where it is embedded from; without one, a page that says how to build it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const NO_PAGE: &str = "<!doctype html><title>Cineswarm</title><h1>Cineswarm is running without its page</h1>\
    <p>It was built before the page was. Run <code>scripts/run.sh</code>, or <code>npm ci &amp;&amp; npm run build</code> \
    in <code>web/</code>, and build again.</p>";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=../web/dist");
    let page = PathBuf::from(env::var("OUT_DIR")?).join("page");
    if page.exists() {
        fs::remove_dir_all(&page)?;
    }
    let built = Path::new("../web/dist");
    if built.join("index.html").exists() {
        copy(built, &page)?;
    } else {
        fs::create_dir_all(&page)?;
        fs::write(page.join("index.html"), NO_PAGE)?;
        println!("cargo:warning=web/dist is missing: the binary will serve a page that says how to build it");
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
