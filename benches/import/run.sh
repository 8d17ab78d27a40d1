#!/usr/bin/env bash
# Measures how long an import takes and how much memory, of the same invented ratings as CSV, `.dat`, gzipped CSV and
# Parquet, beside pandas and polars that only read them, all in turn in one run; prints Markdown.
#
#   benches/import/run.sh [--rows N] [--runs N] [--program FILE]
#
#   --rows N         how many ratings [default: 20000000; some 2 GB of files]
#   --runs N         how often each is measured; the table has the medians [default: 3]
#   --program FILE   a built `cineswarm`, instead of building it here
#
# PYTHON (environment) is the interpreter [python3]. IMPORT_BENCH_DATA is where the files are kept from run to run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

rows=20000000
runs=3
program=
while [ $# -gt 0 ]; do
    case $1 in
        --rows) rows=${2:?--rows needs a number}; shift 2 ;;
        --runs) runs=${2:?--runs needs a number}; shift 2 ;;
        --program) program=${2:?--program needs a file}; shift 2 ;;
        --help | -h) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
        *) echo "run.sh: unknown argument $1; see benches/import/run.sh --help" >&2; exit 2 ;;
    esac
done
# What was given is relative to the caller's folder.
[ -z "$program" ] || program=$(realpath "$program")
cd "$here/../.."
target=${CARGO_TARGET_DIR:-target}
data=${IMPORT_BENCH_DATA:-$target/import-bench-data}
venv=$target/import-bench-venv
mkdir -p "$target"

# A complete environment has a copy of what it was made from.
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    "${PYTHON:-python3}" -m venv --clear "$venv" >&2
    "$venv/bin/pip" install --quiet --only-binary :all: -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi
if [ -z "$program" ]; then
    cargo build --release --workspace --bins >&2
    program=$target/release/cineswarm
fi
export PYTHONDONTWRITEBYTECODE=1
"$venv/bin/python" "$here/invent.py" "$data" "$rows" >&2
exec "$venv/bin/python" "$here/measure.py" "$program" "$data" "$rows" "$runs"
