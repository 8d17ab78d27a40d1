#!/usr/bin/env bash
# Feeds every reader of files with damaged ones, each for SECONDS (60 unless given), and stops at the first that panics.
# TARGETS names the fuzzers to run. Inputs found are kept in fuzz/corpus, the one that failed in fuzz/artifacts.
set -euo pipefail

seconds=${1:-60}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -d "$HOME/.cargo/bin" ] && PATH="$PATH:$HOME/.cargo/bin"
command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
read -ra targets <<<"${TARGETS:-$(sed -n '/^\[\[bin\]\]/{n;s/name = "\(.*\)"/\1/p}' fuzz/Cargo.toml | tr '\n' ' ')}"

# Each input is some files written and read; in memory that is fast.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

cargo run --quiet --release --manifest-path fuzz/Cargo.toml --example seeds
# The flags that count what was reached are for unstable compilers only; no sanitizer, which would need one.
export RUSTC_BOOTSTRAP=1
for target in "${targets[@]}"; do
    echo "== $target, $seconds s"
    cargo fuzz run --sanitizer none "$target" -- \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=65536 -print_final_stats=1
done
