#!/usr/bin/env bash
# Puts a farm of real processes through accidents, two at a time, under load, and compares what was promised with what
# happened and with what is on disk. Ends with an error if anything acknowledged was lost, doubled, wrong or not stored.
#
#   scripts/chaos.sh [--rounds N] [--seed S] [--minutes M] [--accident NAME[+NAME]]... [--each] [--alone N] [--database KIND] [--data PATH]
#   scripts/chaos.sh --list
#   scripts/chaos.sh --asks N [--data PATH]
#   scripts/chaos.sh --everybody [--kills] [--seconds N] [--rate N] [--asks-a-second N] [--data PATH]
#   scripts/chaos.sh --compaction [--events N] [--data PATH]
#   scripts/chaos.sh --crowd [--only KIND] [--seconds N] [--data PATH]
#
#   --rounds N       how many rounds [default: 20, one for each --accident, or what --minutes has time for]
#   --seed S         of the first round; each next round has the next seed [default: any]. A round that failed is had
#                    again with its seed and --rounds 1
#   --minutes M      begin no round after so many minutes
#   --accident NAME  this accident, or NAME+NAME two at once, instead of drawn ones; of several such, one a round in turn
#   --each           every accident once, with nothing beside it
#   --alone N        afterwards, so many rounds of each accident that has a bound on its recovery, with nothing beside it
#   --database KIND  sqlite or postgres, instead of both in turn
#   --per-second N   asks and ratings in a second [default: 30]
#   --data PATH      MovieLens folder [default: a small invented one]
#   --logs FOLDER    where what is known of a failed round goes [default: target/chaos]
#   --verbose        keep what is known of every round
#   --list           the accidents, and which this machine cannot have
#   --asks N         instead of accidents: N asks in a row, and the memory of every part and the size of the database
#                    on the way, as CSV on standard output
#   --everybody      instead of accidents: 2,000 ratings a second by /ingest beside 50 asks, for 60 s; what it costs the
#                    asks, how soon others know a rating, and whether the answers afterwards are those of a fresh import;
#                    with --kills, master, worker and broker are killed meanwhile
#   --compaction     instead of accidents: a million ratings by /ingest on top of a dataset (--events N), what they cost in
#                    memory and time to ask until they are made part of it, and that beside asks
#   --crowd          instead of accidents: a flood, sockets that do not read, idle ones and slow ones, and what they cost;
#                    --only flood, deaf, idle or slow is one of them, --seconds N how long the flood is [default: 60]
#
# Run as root, it also fills disks, limits memory and remounts; without, it says what it skips. CINESWARM_BIN names a
# built program; without it, one is built.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case ${1:-} in
--help | -h) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
[ -d "$HOME/.cargo/bin" ] && PATH="$PATH:$HOME/.cargo/bin"
PATH=$PATH:/usr/sbin

for program in node mosquitto sqlite3; do
    command -v "$program" >/dev/null || {
        echo "chaos.sh: $program is missing; on Debian: apt-get install nodejs mosquitto sqlite3 postgresql libfaketime" >&2
        exit 1
    }
done
for folder in tests/e2e tests/chaos; do
    [ -d "$root/$folder/node_modules" ] || (cd "$root/$folder" && npm ci --no-audit --no-fund >&2)
done
if [ -z "${CINESWARM_BIN:-}" ]; then
    (cd "$root" && cargo build --locked --release --bin cineswarm >&2)
    CINESWARM_BIN=${CARGO_TARGET_DIR:-$root/target}/release/cineswarm
fi
export CINESWARM_BIN

for argument in "$@"; do
    case $argument in
    --asks | --asks=*) exec node "$root/tests/chaos/soak.mjs" "$@" ;;
    --everybody) exec node "$root/tests/chaos/everybody.mjs" "$@" ;;
    --compaction) exec node "$root/tests/chaos/compaction.mjs" "$@" ;;
    --crowd) exec node "$root/tests/chaos/crowd.mjs" "$@" ;;
    esac
done
exec node "$root/tests/chaos/chaos.mjs" "$@"
