#!/usr/bin/env bash
# Feeds every reader of files with damaged ones, each for SECONDS (60 unless given), and stops at the first that panics.
#
#   scripts/fuzz.sh [--keep] [SECONDS]
#
# TARGETS (environment) names the fuzzers to run. It begins with the inputs of fuzz/corpus.tar.xz; those found are in
# fuzz/corpus, the one that failed in fuzz/artifacts. --keep makes the archive anew of the fewest that reach the same.
set -euo pipefail

keep=
[ "${1:-}" != --keep ] || { keep=yes; shift; }
seconds=${1:-60}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -d "$HOME/.cargo/bin" ] && PATH="$PATH:$HOME/.cargo/bin"
command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
read -ra targets <<<"${TARGETS:-$(sed -n '/^\[\[bin\]\]/{n;s/name = "\(.*\)"/\1/p}' fuzz/Cargo.toml | tr '\n' ' ')}"

# Each input is some files written and read; in memory that is fast.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

[ -d fuzz/corpus ] || tar -xJf fuzz/corpus.tar.xz -C fuzz
cargo run --quiet --release --manifest-path fuzz/Cargo.toml --example seeds
# The flags that count what was reached are for unstable compilers only; no sanitizer, which would need one.
export RUSTC_BOOTSTRAP=1
for target in "${targets[@]}"; do
    echo "== $target, $seconds s"
    cargo fuzz run --sanitizer none "$target" -- \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=65536 -print_final_stats=1
done
[ -n "$keep" ] || exit 0
for target in "${targets[@]}"; do
    cargo fuzz cmin --sanitizer none "$target"
done
tar -C fuzz --sort=name --owner=0 --group=0 --mtime=@0 -cJf fuzz/corpus.tar.xz corpus
