#!/usr/bin/env bash
# Spreads the workers over the nodes again, as after a node has returned: Swarm moves nothing back by itself.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/rebalance.sh [SERVICE...] [options]

Where a node has two workers more than another one could have, as many more as are missing there are started, which Swarm
puts where the fewest are, and then as many fewer are wanted again, which it takes from where the most are. Only what has to
move moves, and no worker goes before its successor is there.

options:
  --timeout SECONDS     how long to wait [default: 300]
$COMMON_OPTIONS

exit status: 0 spread, 1 it failed, 2 wrong usage, 4 not in time
HELP
}

timeout=300
names=()
while [ $# -gt 0 ]; do
    case $1 in
    --timeout) needs_value "$@"; needs_number "$@"; timeout=$2; shift 2 ;;
    --*)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    *) names+=("$1"); shift ;;
    esac
done
needs_stack
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(services | grep '^worker')

# How many tasks each node that could have some has: "COUNT NODE" a line.
spread_of() {
    { swarm node ls --filter availability=active --format '{{if eq .Status "Ready"}}{{.Hostname}}{{end}}' 2>/dev/null ||
        swarm node ls --format '{{.Hostname}}'; } | grep . | sort -u >"$work/nodes"
    swarm service ps "${STACK}_$1" --filter desired-state=running --format '{{.Node}}' | sort >"$work/tasks"
    while read -r node; do printf '%s %s\n' "$(grep -cFx "$node" "$work/tasks" || true)" "$node"; done <"$work/nodes" | sort -rn
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
title "Spreading ${names[*]} of $STACK"
for service in "${names[@]}"; do
    has_service "$service" || fail "there is no service $service; there are: $(services | paste -sd' ')"
    spread_of "$service" >"$work/spread"
    most=$(head -1 "$work/spread" | cut -d' ' -f1) least=$(tail -1 "$work/spread" | cut -d' ' -f1)
    note "$service: $(awk '{ print $2 ": " $1 }' "$work/spread" | paste -sd, | sed 's/,/, /g')"
    if [ $((most - least)) -lt 2 ]; then
        good "$service is spread evenly"
        continue
    fi
    wanted=$(replicas_of "$service")
    missing=$(awk '{ count[NR] = $1; all += $1 } END { for (n in count) if (count[n] < int(all / NR)) missing += int(all / NR) - count[n]; print (missing > 0 ? missing : 1) }' "$work/spread")
    if $dry_run; then
        change swarm service scale --detach "${STACK}_$service=$((wanted + missing))"
        change swarm service scale --detach "${STACK}_$service=$wanted"
        continue
    fi
    for replicas in $((wanted + missing)) "$wanted"; do
        # However this ends, there are as many as before.
        trap 'swarm service scale --detach "${STACK}_$service=$wanted" >/dev/null || true; rm -rf "$work"' EXIT
        swarm service scale --detach "${STACK}_$service=$replicas" >/dev/null
        status=0
        wait_settled "$timeout" "$service" || status=$?
        if [ "$status" -eq "$TOO_LATE" ]; then why_not "$service"; fail "$service was not spread" "$status"; fi
    done
    trap 'rm -rf "$work"' EXIT
    spread_of "$service" >"$work/spread"
    good "$service: $(awk '{ print $2 ": " $1 }' "$work/spread" | paste -sd, | sed 's/,/, /g')"
done
