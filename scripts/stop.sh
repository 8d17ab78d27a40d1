#!/usr/bin/env bash
# Stops the stack and removes everything of it but its volumes.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/stop.sh [options]

Stops the services of the stack, waits until they have ended, and removes them with their networks, secrets and
configurations. Volumes stay: scripts/deploy.sh finds everything as it was.

options:
  --volumes             remove the volumes as well: sessions, ratings, requests, datasets and models are gone
  --yes                 do not ask before volumes are removed
  --timeout SECONDS     how long to wait [default: 90]
$COMMON_OPTIONS

exit status: 0 it is stopped, 1 it failed, 2 wrong usage, 4 something was still there when the time was over
HELP
}

volumes=false yes=false timeout=90
while [ $# -gt 0 ]; do
    case $1 in
    --volumes) volumes=true; shift ;;
    --yes) yes=true; shift ;;
    --timeout) needs_value "$@"; needs_number "$@"; timeout=$2; shift 2 ;;
    *)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    esac
done
needs_swarm

namespace=label=com.docker.stack.namespace=$STACK
# What is left of the stack, a line each; volumes aside.
left() {
    swarm service ls --filter "$namespace" --format 'service {{.Name}}'
    swarm network ls --filter "$namespace" --format 'network {{.Name}}'
    swarm secret ls --filter "$namespace" --format 'secret {{.Name}}'
    swarm config ls --filter "$namespace" --format 'configuration {{.Name}}'
    state_node ps -a --filter "$namespace" --format 'container {{.Names}}'
}
# By name: those that scripts/restore.sh or an import made have no label.
its_volumes() { state_node volume ls -q | { grep -Ex "${STACK}_(master|postgres|prometheus|grafana)-data" || true; } | sort; }

title "Stopping $STACK"
mapfile -t kept < <(its_volumes)
if $volumes && ! $yes && ! $dry_run && [ ${#kept[@]} -gt 0 ]; then
    [ -t 0 ] || fail "--volumes removes ${kept[*]} for good; say --yes as well" "$WRONG_USAGE"
    read -r -p "Remove ${kept[*]} for good? Type the name of the stack: " answer
    [ "$answer" = "$STACK" ] || fail "nothing was changed"
fi

if [ -z "$(left)" ]; then
    good "nothing of it was running"
else
    # Workers first: they hand over what they hold, and nobody is left waiting for their answers.
    change swarm stack rm "$STACK" >/dev/null 2>&1 || fail "Docker did not remove the stack"
    if $dry_run; then
        change swarm stack rm "$STACK"
    else
        deadline=$((SECONDS + timeout))
        while [ -n "$(left)" ]; do
            if [ "$SECONDS" -ge "$deadline" ]; then
                left | while read -r what; do bad "still there: $what"; done
                fail "after $timeout s not all of it has ended" "$TOO_LATE"
            fi
            # Networks and secrets are refused as long as a container still uses them.
            swarm stack rm "$STACK" >/dev/null 2>&1 || true
            sleep 0.5
        done
        # Older versions that no service named any more.
        for kind in secret config; do
            swarm "$kind" ls --format '{{.Name}}' | { grep -E "^${STACK}_[a-z_.]+_[0-9a-f]{12}$" || true; } | while read -r old; do swarm "$kind" rm "$old" >/dev/null; done
        done
        good "services, containers, networks, secrets and configurations are gone, after $SECONDS s"
    fi
fi
if $volumes; then
    for volume in ${kept[@]+"${kept[@]}"}; do
        change state_node volume rm "$volume" >/dev/null
        bad "volume $volume is gone for good"
    done
elif [ ${#kept[@]} -gt 0 ]; then
    good "kept, with all data: ${kept[*]}"
    note "scripts/deploy.sh starts with them again; scripts/stop.sh --volumes removes them"
else
    good "nothing is left, and there are no volumes"
fi
