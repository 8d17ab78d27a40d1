#!/usr/bin/env bash
# Sets up other libraries in a virtual environment, measures the engine and them in turn, and prints Markdown.
# Called by `scripts/bench.sh --peers`; the environment and the dataset are kept beside the build from run to run.
#
#   benches/peers/run.sh [--shape SHAPE] [--only PART,...]
#
#   --shape SHAPE    which published dataset the invented one resembles [default: ml-20m]
#   --only PART,...  of neighbours, items, ials [default: all]
#
# PYTHON (environment) is the interpreter [python3; the pinned versions have wheels for 3.11]. PEERS_DATA is where the
# dataset is kept.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

shape=ml-20m
parts=neighbours,items,ials
while [ $# -gt 0 ]; do
    case $1 in
        --shape) shape=${2:?--shape needs a name}; shift 2 ;;
        --only) parts=${2:?--only needs names}; shift 2 ;;
        --help | -h) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
        *) echo "run.sh: unknown argument $1; see benches/peers/run.sh --help" >&2; exit 2 ;;
    esac
done
target=${CARGO_TARGET_DIR:-target}
data=${PEERS_DATA:-$target/peers-data}
venv=$target/peers-venv
mkdir -p "$target"

# A complete environment has a copy of what it was made from.
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    "${PYTHON:-python3}" -m venv --clear "$venv" >&2
    "$venv/bin/pip" install --quiet --only-binary :all: -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi
cargo build --release -p cineswarm-bench >&2
program=$target/release/cineswarm-bench
"$program" make "$data" "$shape" >&2

results=$(mktemp)
trap 'rm -f "$results"' EXIT
# Whoever uses more threads here says so: what is compared on one thread must not get a second one from its libraries.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 RAYON_NUM_THREADS=1
export LK_NUM_THREADS=1 LK_NUM_BACKEND_THREADS=1 PYTHONDONTWRITEBYTECODE=1
# Large arrays on large pages: numpy asks for them itself, so the engine's allocator is told to as well.
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
IFS=, read -ra names <<<"$parts"
for name in "${names[@]}"; do
    echo "run.sh: measuring $name" >&2
    "$venv/bin/python" -W ignore "$here/$name.py" "$program" "$data" "$shape" "$results" >&2
done
"$venv/bin/python" "$here/report.py" "$shape" <"$results"
