#!/usr/bin/env bash
# How much of the code the tests of the workspace run: lines by crate, and the files with the most that none runs. A report,
# no gate: 80 of 100 lines are aimed at, and a line that was run is not yet one that was looked at. What only tests are is not
# counted, wherever it stands.
#
#   scripts/coverage.sh [--end-to-end] [--html FOLDER] [-- ARGUMENTS OF CARGO TEST]
#
# --end-to-end also counts what the end-to-end tests run (scripts/test.sh e2e-mosquitto; `install` before it): masters, workers
# and commands as processes. What is killed in them has not said what it ran.
#
# Uses the compiler's own counters and LLVM's tools of the same version: rustup's (`rustup component add llvm-tools`), or what
# LLVM_COV and LLVM_PROFDATA name. Only the workspace's own crates count, so what others wrote is built as for any test.
# Doc tests are not counted.
# CARGO_TARGET_DIR (environment) says where it is built [default: target/coverage], apart from what else is built.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
html=
end_to_end=
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --end-to-end) end_to_end=1; shift ;;
        --html) html=${2:?--html needs a folder}; shift 2 ;;
        --) shift; arguments=("$@"); break ;;
        -h | --help) sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) echo "coverage.sh: $1 is not known; --help says what is" >&2; exit 2 ;;
    esac
done
[ ${#arguments[@]} -gt 0 ] || arguments=(--workspace --lib --bins --tests)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/coverage}
export CARGO_INCREMENTAL=0

llvm=$(rustc --version --verbose | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
# The path of a tool: as it was named, rustup's, or the system's of the compiler's own version.
tool() {
    local named=$1 name=$2
    if [ -n "$named" ]; then echo "$named"; return; fi
    command -v "$(rustc --print sysroot)/lib/rustlib/$(rustc --print host-tuple)/bin/$name" "$name-$llvm" | head -n 1 || true
}
cov=$(tool "${LLVM_COV:-}" llvm-cov)
profdata=$(tool "${LLVM_PROFDATA:-}" llvm-profdata)
if [ -z "$cov" ] || [ -z "$profdata" ]; then
    echo "coverage.sh: LLVM's tools are not installed: rustup component add llvm-tools, or name llvm-cov and llvm-profdata of" \
        "LLVM $llvm in LLVM_COV and LLVM_PROFDATA" >&2
    exit 1
fi

counts=$CARGO_TARGET_DIR/counts
rm -rf "$counts" && mkdir -p "$counts"
# shellcheck disable=SC2016 # for the shell that runs it
printf '%s\n' '#!/bin/sh' 'exec "$@" -Cinstrument-coverage' >"$counts/rustc"
chmod +x "$counts/rustc"
export RUSTC_WORKSPACE_WRAPPER=$counts/rustc
# A program's runs add to a few files; one for each of thousands would fill the disk.
export LLVM_PROFILE_FILE="$counts/%4m.profraw"
cargo test --locked --no-run --message-format json-render-diagnostics "${arguments[@]}" >"$counts/built.json"
programs=()
while IFS= read -r program; do
    programs+=(--object "$program")
done < <(jq -r 'select(.executable != null) | .executable' "$counts/built.json" | sort -u)
failed=
cargo test --locked --no-fail-fast "${arguments[@]}" || failed=1
if [ -n "$end_to_end" ]; then
    cargo build --locked --bin cineswarm
    program=$CARGO_TARGET_DIR/debug/cineswarm
    programs+=(--object "$program")
    CINESWARM_BIN=$program env -u CARGO_TARGET_DIR scripts/test.sh e2e-mosquitto || failed=1
fi
find "$counts" -name '*.profraw' >"$counts/list"
"$profdata" merge --sparse --input-files "$counts/list" --output "$counts/all.profdata"
# What the build makes is nobody's to test.
read_counts=(--instr-profile "$counts/all.profdata" --ignore-filename-regex "^$CARGO_TARGET_DIR/|/build/[^/]+/out/" "${programs[@]}")
"$cov" export --format lcov "${read_counts[@]}" | node scripts/coverage.mjs
[ -z "$html" ] || "$cov" show --format html --output-dir "$html" "${read_counts[@]}"
[ -z "$failed" ] || { echo "coverage.sh: some tests failed, so less was run than could be" >&2; exit 1; }
