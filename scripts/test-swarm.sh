#!/usr/bin/env bash
# Tests the images, the stack and its scripts on a real Swarm, which it makes on this machine and takes down again.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

SKIPPED=77

usage() {
    cat <<HELP
usage: scripts/test-swarm.sh [options]

Starts Docker daemons in network namespaces of their own and a registry, builds the images from a program that is built
already, deploys, and tests: on one node, then on three of which each is cut off in turn. Takes up to twelve minutes.
Nothing of this machine's own network or Docker is touched. Needs root.

options:
  --short               the main things only, in less than eight minutes
  --only one|three      the tests on one node, or on three
  --keep                leave the Swarm as it is at the end, to be looked at
  --help                print this

environment: CINESWARM_BIN, the program [default: target/release/cineswarm]; CINESWARM_TEST_DATA, ml-latest-small

exit status: 0 passed, 1 failed, 2 wrong usage, 77 skipped, as this machine cannot run it
HELP
}

only='' keep=false
export SHORT=0
while [ $# -gt 0 ]; do
    case $1 in
    --short) SHORT=1; shift ;;
    --only) needs_value "$@"; only=$2; shift 2 ;;
    --keep) keep=true; shift ;;
    --help | -h) usage; exit ;;
    *) wrong_usage "what is $1?" ;;
    esac
done
case $only in '' | one | three) ;; *) wrong_usage "--only is '$only'; it must be one or three" ;; esac

skip() {
    echo "SKIPPED: $1"
    exit "$SKIPPED"
}
[ "$(id -u)" -eq 0 ] || skip "network namespaces and Docker daemons need root"
for program in dockerd docker docker-registry ip nsenter iptables curl jq node mosquitto mosquitto_sub strip openssl; do
    command -v "$program" >/dev/null || skip "$program is missing; scripts/test.sh install brings it"
done
[ -d "$root/tests/e2e/node_modules" ] || skip "the packages of tests/e2e are missing; scripts/test.sh install brings them"
program=${CINESWARM_BIN:-$root/target/release/cineswarm}
[ -x "$program" ] || fail "there is no program $program; build it (cargo build --release --bin cineswarm)"
sample=${CINESWARM_TEST_DATA:-$root/../shared/data/ml-latest-small}
if [ -f "$sample/ratings.csv" ]; then
    TEST_DATA=$(cd "$sample" && pwd)
else
    echo "There is no $sample, so the demo's data are used; CINESWARM_TEST_DATA names another folder."
    TEST_DATA=demo
fi
export TEST_DATA

CLUSTER=$(mktemp -d)
export CLUSTER SUBNET=172.31.78
cluster=$root/tests/swarm/cluster.sh
export DOCKER_HOST=unix://$CLUSTER/n1/docker.sock
export REGISTRY=$SUBNET.1:5000
export POSTGRES_IMAGE=$REGISTRY/postgres:15
# Nobody's settings but those of this test.
unset STACK STATE_CONTEXT DOCKER_CONTEXT TAG DATASET WORKER_REPLICAS
# Without IPVS in the kernel there are no virtual addresses and no ingress mesh.
if [ ! -e /proc/net/ip_vs ] && ! modprobe -q ip_vs 2>/dev/null; then export ENDPOINT_MODE=dnsrr PUBLISH_MODE=host; fi

# shellcheck disable=SC2317 # The trap calls it.
finish() {
    local status=$?
    if $keep; then
        echo "Left as it is: CLUSTER=$CLUSTER DOCKER_HOST=$DOCKER_HOST; $cluster down takes it down."
    else
        "$cluster" down || true
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

outside() { "$cluster" outside "$@"; }
measured() { printf 'MEASURED %-40s %4d s\n' "$1" $((SECONDS - $2)); }

run() {
    local nodes=$1 file=$2 started=$SECONDS status=0
    "$cluster" up "$nodes" >"$CLUSTER/up.log" 2>&1 || {
        cat "$CLUSTER/up.log"
        # A container, say, may not start daemons; that is no fault of what is tested.
        skip "a Docker daemon does not run here"
    }
    measured "Swarm of $nodes up" "$started"
    started=$SECONDS
    "$root/tests/swarm/base_images.sh"
    docker tag postgres:15-bookworm "$POSTGRES_IMAGE"
    docker push -q "$POSTGRES_IMAGE" >/dev/null
    measured "stand-ins for the base images" "$started"
    started=$SECONDS
    "$root/scripts/build.sh" --tag "$TAG" --prebuilt "$program"
    measured "images built and pushed" "$started"
    started=$SECONDS
    # The clients are where no overlay reaches.
    outside node --test --test-concurrency=1 --test-force-exit --test-reporter=spec "$root/tests/swarm/$file" || status=$?
    measured "$file" "$started"
    return "$status"
}

TAG=$(commit_tag)
export TAG
status=0
if [ "$only" != three ]; then run 1 one.test.mjs || status=$?; fi
if [ "$status" -eq 0 ] && [ "$only" != one ]; then
    if [ -z "$only" ]; then "$cluster" down; mkdir -p "$CLUSTER"; fi
    run 3 three.test.mjs || status=$?
fi
printf 'In all %d s\n' "$SECONDS"
exit "$status"
