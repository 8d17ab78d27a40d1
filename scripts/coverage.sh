#!/usr/bin/env bash
# How much of the code the tests of the workspace run: lines by crate, and the files with the most that none runs. A report,
# no gate: 80 of 100 lines are aimed at, and a line that was run is not yet one that was looked at.
#
#   scripts/coverage.sh [--html FOLDER] [-- ARGUMENTS OF CARGO TEST]
#
# Uses cargo-llvm-cov if it is installed, else the compiler's own counters with rustup's llvm-tools
# (`rustup component add llvm-tools`). The end-to-end tests are not counted: they run a program of their own.
# CARGO_TARGET_DIR (environment) says where it is built [default: target/coverage], apart from what else is built.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
aim=80
html=
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --html) html=${2:?--html needs a folder}; shift 2 ;;
        --) shift; arguments=("$@"); break ;;
        -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) echo "coverage.sh: $1 is not known; --help says what is" >&2; exit 2 ;;
    esac
done
[ ${#arguments[@]} -gt 0 ] || arguments=(--workspace)
# Not counted: what others wrote, what is generated, what measures and what tests.
others='(/\.cargo/|/rustc/|/rustup/|/tests/|/benches/|/examples/|tests\.rs$|/target/)'
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/coverage}
export CARGO_INCREMENTAL=0

report() {
    # shellcheck disable=SC2016 # the dollars are JavaScript's
    AIM=$aim ROOT=$root node -e '
        const { totals, files } = JSON.parse(require("fs").readFileSync(0, "utf8")).data[0];
        const crates = new Map();
        const add = (name, { count, covered }) => {
            const sum = crates.get(name) ?? { count: 0, covered: 0 };
            crates.set(name, { count: sum.count + count, covered: sum.covered + covered });
        };
        const named = files.map(({ filename, summary }) => ({ name: filename.replace(process.env.ROOT + "/", ""), lines: summary.lines }));
        for (const { name, lines } of named) add(name.split("/src/")[0].replace(/^src\/.*/, "cineswarm"), lines);
        const share = ({ count, covered }) => count ? (100 * covered / count).toFixed(1) : "-";
        const row = (name, lines) => console.log(`${name.padEnd(40)} ${String(lines.covered).padStart(7)} of ${String(lines.count).padStart(7)} lines ${share(lines).padStart(6)} %`);
        for (const [name, lines] of [...crates].sort()) row(name, lines);
        row("all", totals.lines);
        console.log("\nmost lines that no test runs:");
        const missing = ({ lines }) => lines.count - lines.covered;
        for (const file of named.sort((a, b) => missing(b) - missing(a)).slice(0, 15)) row(file.name, file.lines);
        console.log(`\n${share(totals.lines)} % of the lines are run; ${process.env.AIM} % are aimed at`);'
}

if command -v cargo-llvm-cov >/dev/null; then
    cargo llvm-cov --no-report --locked "${arguments[@]}"
    cargo llvm-cov report --json --summary-only --ignore-filename-regex "$others" | report
    [ -z "$html" ] || cargo llvm-cov report --html --output-dir "$html" --ignore-filename-regex "$others"
    exit 0
fi

tools=$(rustc --print sysroot)/lib/rustlib/$(rustc --print host-tuple)/bin
if [ ! -x "$tools/llvm-profdata" ]; then
    echo "coverage.sh: neither cargo-llvm-cov nor llvm-tools is installed; rustup component add llvm-tools" >&2
    exit 1
fi
counts=$CARGO_TARGET_DIR/counts
rm -rf "$counts" && mkdir -p "$counts"
export RUSTFLAGS="${RUSTFLAGS:-} -Cinstrument-coverage"
export LLVM_PROFILE_FILE="$counts/%m-%p.profraw"
programs=()
while IFS= read -r program; do
    programs+=(--object "$program")
done < <(cargo test --locked --no-run --message-format json "${arguments[@]}" | jq -r 'select(.executable != null) | .executable' | sort -u)
failed=
cargo test --locked --no-fail-fast "${arguments[@]}" || failed=1
find "$counts" -name '*.profraw' >"$counts/list"
"$tools/llvm-profdata" merge --sparse --input-files "$counts/list" --output "$counts/all.profdata"
read_counts=(--instr-profile "$counts/all.profdata" --ignore-filename-regex "$others" "${programs[@]}")
"$tools/llvm-cov" export --format text --summary-only "${read_counts[@]}" | report
[ -z "$html" ] || "$tools/llvm-cov" show --format html --output-dir "$html" "${read_counts[@]}"
[ -z "$failed" ] || { echo "coverage.sh: some tests failed, so less was run than could be" >&2; exit 1; }
