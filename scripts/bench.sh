#!/usr/bin/env bash
# Measures the farm as it is run: asks over Socket.IO, tasks over MQTT, results over gRPC, requests on disk.
# With a real Mosquitto and separate processes for master and workers, and as `up`, all in one process.
#
#   scripts/bench.sh [--data PATH] [--runs N] [--program FILE] [--write]
#   scripts/bench.sh --peers [--shape SHAPE] [--only PART,...] [--write]
#
#   --data PATH      MovieLens folder or zip, or "demo" [default: $CINESWARM_TEST_DATA, ../shared/data/ml-latest-small,
#                    else demo]
#   --runs N         how often everything is measured; the tables have the medians [default: 3]
#   --program FILE   a built `cineswarm`, instead of building it here
#   --peers          measure the engine alone instead, and other libraries in turn with it; see benches/peers/run.sh
#   --write          put the result into docs/BENCHMARKS.md as well as on standard output
#
# ASKS_ONE, ASKS_MANY and MANY (environment) change how many asks are measured one at a time (2000), how many with many
# under way (20000), and how many that is (64).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

data=${CINESWARM_TEST_DATA:-$root/../shared/data/ml-latest-small}
[ -e "$data" ] || data=demo
runs=3
program=
write=
peers=
peers_arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --data) data=${2:?--data needs a path}; shift 2 ;;
        --runs) runs=${2:?--runs needs a number}; shift 2 ;;
        --program) program=${2:?--program needs a file}; shift 2 ;;
        --peers) peers=yes; shift ;;
        --shape | --only) peers_arguments+=("$1" "${2:?$1 needs a value}"); shift 2 ;;
        --write) write=yes; shift ;;
        --help | -h) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
        *) echo "bench.sh: unknown argument $1; see scripts/bench.sh --help" >&2; exit 2 ;;
    esac
done
asks_one=${ASKS_ONE:-2000}
asks_many=${ASKS_MANY:-20000}
many=${MANY:-64}
# What was given is relative to the caller's folder.
[ "$data" = demo ] || data=$(realpath "$data")
[ -z "$program" ] || program=$(realpath "$program")
cd "$root"

# write_down NAME FILE: puts the file between the lines of docs/BENCHMARKS.md that are marked with the name.
write_down() {
    local marker new
    for marker in begin end; do
        grep -q "<!-- $1:$marker -->" docs/BENCHMARKS.md || {
            echo "bench.sh: docs/BENCHMARKS.md has no line <!-- $1:$marker -->" >&2
            return 1
        }
    done
    new=$(sed -e "/<!-- $1:begin -->/,/<!-- $1:end -->/{/<!-- $1:/!d}" \
        -e "/<!-- $1:begin -->/r $2" docs/BENCHMARKS.md)
    printf '%s\n' "$new" >docs/BENCHMARKS.md
}

if [ -n "$peers" ]; then
    result=$(mktemp)
    trap 'rm -f "$result"' EXIT
    benches/peers/run.sh "${peers_arguments[@]}" | tee "$result"
    [ -z "$write" ] || write_down peers "$result"
    exit
fi

mosquitto=$(PATH=$PATH:/usr/sbin command -v mosquitto) || {
    echo "bench.sh: mosquitto is not installed; on Debian: apt-get install mosquitto" >&2
    exit 1
}
target=${CARGO_TARGET_DIR:-target}
cargo build --release -p cineswarm-load >&2
load=$target/release/cineswarm-load
if [ -z "$program" ]; then
    cargo build --release -p cineswarm >&2
    program=$target/release/cineswarm
fi

# Beside the build rather than in /tmp, which may be memory: a request is acknowledged when it is on disk.
mkdir -p "$target"
work=$(mktemp -d "$target/bench.XXXXXX")
started=()
stop_all() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    started=()
}
leave() {
    local status=$?
    stop_all
    [ "$status" -eq 0 ] || tail -n 5 "$work"/*.log >&2
    rm -rf "$work"
}
trap leave EXIT

# start NAME COMMAND...: in the background, its output in NAME.log; the process id is left in $pid.
start() {
    local name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 &
    pid=$!
    started+=("$pid")
}

# Below the range that the kernel takes ports for outgoing connections from.
free_port() {
    local port
    while port=$((20000 + RANDOM % 10000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

ready() {
    for _ in $(seq 300); do
        if "$program" health --url "http://127.0.0.1:$http_port" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "bench.sh: the farm was not ready in time" >&2
    return 1
}

# measure SETUP BROKER WATCH...: one ask at a time, many at a time, and the broker alone.
measure() {
    local setup=$1 broker=$2 watch=() part
    shift 2
    for part in "$@"; do watch+=(--watch "$part"); done
    "$load" asks --server "ws://127.0.0.1:$http_port" --setup "$setup" "${watch[@]}" --count "$asks_one"
    "$load" asks --server "ws://127.0.0.1:$http_port" --setup "$setup" "${watch[@]}" \
        --count "$asks_many" --concurrency "$many" --warm-up 2000
    "$load" qos1 --broker "$broker" --setup "$setup"
}

name=demo
[ "$data" = demo ] || name=bench
[ "$data" = demo ] || "$program" data import "$data" --name "$name" --data-dir "$work" >&2
# `up` would train a model meanwhile, on the same cores.
export NO_TRAINING=true
export RUST_LOG=${RUST_LOG:-info} EVENTS_PER_SECOND=100000 DATA_DIR=$work DATASET=$name LISTEN=127.0.0.1
unset BROKER_URL DATABASE_URL GRPC_ENDPOINT TOPIC_PREFIX WORKER_ID

for run in $(seq "$runs"); do
    echo "bench.sh: run $run of $runs" >&2
    http_port=$(free_port) grpc_port=$(free_port) broker_port=$(free_port)
    sed "s/^listener .*/listener $broker_port 127.0.0.1/" mosquitto/mosquitto.conf >"$work/mosquitto.conf"
    rm -f "$work"/cineswarm.db*
    start mosquitto "$mosquitto" -c "$work/mosquitto.conf"
    broker_pid=$pid
    broker=mqtt://127.0.0.1:$broker_port
    start master "$program" master --port "$http_port" --grpc-port "$grpc_port" \
        --grpc-endpoint "http://127.0.0.1:$grpc_port" --broker "$broker"
    master_pid=$pid
    start worker-1 "$program" worker --id worker-1 --broker "$broker"
    worker_1_pid=$pid
    start worker-2 "$program" worker --id worker-2 --broker "$broker"
    worker_2_pid=$pid
    ready
    measure Mosquitto "$broker" "master=$master_pid" "worker-1=$worker_1_pid" "worker-2=$worker_2_pid" \
        "mosquitto=$broker_pid" >>"$work/measured"
    stop_all

    rm -f "$work"/cineswarm.db*
    start up "$program" up --workers 2 --port "$http_port" --grpc-port "$grpc_port" --broker-port "$broker_port"
    ready
    measure embedded "$broker" "up=$pid" >>"$work/measured"
    stop_all
    rm -f "$work"/cineswarm.db*
    "$load" first-answer --server "ws://127.0.0.1:$http_port" --setup "\`up\`, 2 workers" -- \
        "$program" up --workers 2 --port "$http_port" --grpc-port "$grpc_port" >>"$work/measured"
done

result() {
    echo "Measured on $(date -u +%Y-%m-%d) at $(git rev-parse --short HEAD 2>/dev/null || echo "an unknown commit"), with" \
        "$(basename "$data"), 2 workers, $runs runs: $(nproc) cores of$(sed -n 's/^model name.*:/ /p' /proc/cpuinfo |
            head -n 1 | tr -s ' '), $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)," \
        "Linux $(uname -r), data on $(findmnt -n -o FSTYPE -T "$work" 2>/dev/null || echo "an unknown file system")," \
        "$("$mosquitto" -h | sed -n 's/^mosquitto version/Mosquitto/p'), $(rustc --version | cut -d ' ' -f 1,2)."
    echo
    "$load" report <"$work/measured"
}
result | tee "$work/result.md"
[ -z "$write" ] || write_down bench "$work/result.md"
