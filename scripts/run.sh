#!/usr/bin/env bash
# Builds what is not built yet and starts the whole farm in one process, in the foreground; Ctrl-C stops it.
# Every argument goes to `cineswarm up`, for example: scripts/run.sh --data path/to/ml-latest-small --workers 2
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

give_up() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# The caller's folder stays the current one, so that relative paths among the arguments hold.
[ -d "$HOME/.cargo/bin" ] && PATH="$PATH:$HOME/.cargo/bin"
command -v cargo >/dev/null || give_up "Rust is missing. Install it with rustup (https://rustup.rs), open a new shell and run this again."
command -v npm >/dev/null || give_up "Node.js is missing. Install version 20.19 or later with npm (https://nodejs.org) and run this again."
node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    give_up "Node.js $(node --version) is too old to build the page. Install version 20.19 or later (https://nodejs.org) and run this again."

if ! command -v cc >/dev/null || ! command -v make >/dev/null; then
    command -v apt-get >/dev/null || give_up "a C compiler or make is missing. Install both, as cc and make, and run this again."
    echo "Installing a C compiler and make"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || give_up "a C compiler or make is missing. As root, run: apt-get install gcc libc6-dev make"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends gcc libc6-dev make
fi

# The page is built again only when one of its sources has changed.
. "$root/scripts/lib/page.sh"
if ! page_is_built; then
    echo "Building the page"
    (cd "$root/web" && npm ci --no-audit --no-fund && npm run build)
    remember_page
fi

echo "Building the farm; the first time this takes some minutes"
cargo build --release --locked --manifest-path "$root/Cargo.toml" --bin cineswarm

export DATA_DIR=${DATA_DIR:-$root/data}
export FACTS=${FACTS:-$root/film-facts/film-facts.tsv.gz}

# Prints the address when it is ready.
exec "$target/release/cineswarm" up "$@"
