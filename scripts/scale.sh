#!/usr/bin/env bash
# Scales a service and waits until what is new does its part; or keeps the workers at what the load needs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/scale.sh SERVICE N [options]
       scripts/scale.sh worker --auto [options]

Scales a service, as in "scripts/scale.sh worker 5", and waits until new workers hold their shards. Workers that go hand
over what they hold first. The master, the broker and the database have one replica each.

With --auto, looks at the farm every few seconds and keeps the wait for an answer under a target: up at once, by as many
as the queue asks for; down by one, and only after a while of quiet. Runs until it is stopped.

options:
  --auto                scale by the load
  --min N               never fewer [default: 2]
  --max N               never more [default: 10]
  --target MS           how long a request may wait in the queue [default: 500]
  --interval SECONDS    how often to look [default: 5]
  --cooldown SECONDS    how long nothing is changed after a change; down needs four times as much of quiet [default: 30]
  --rounds N            stop after so many looks [default: never]
  --url URL             the page [default: found out from the Swarm]
  --timeout SECONDS     how long to wait for new replicas [default: 120]
$COMMON_OPTIONS

exit status: 0 scaled, 1 it failed, 2 wrong usage, 4 the new replicas were not of use in time
HELP
}

service='' count='' auto=false min=2 max=10 target=500 interval=5 cooldown=30 rounds=0 url='' timeout=120
while [ $# -gt 0 ]; do
    case $1 in
    --auto) auto=true; shift ;;
    --min | --max | --target | --interval | --cooldown | --rounds | --timeout)
        needs_value "$@"
        needs_number "$@"
        declare "${1#--}=$2"
        shift 2
        ;;
    --url) needs_value "$@"; url=${2%/}; shift 2 ;;
    --*)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    *)
        if [ -z "$service" ]; then service=$1; elif [ -z "$count" ]; then count=$1; else wrong_usage "what is $1?"; fi
        shift
        ;;
    esac
done
[ -n "$service" ] || wrong_usage "say which service"
case $service in
master | broker | postgres) fail "$service has one replica: it owns what no second one could share" "$WRONG_USAGE" ;;
esac
needs_program jq
needs_program curl
needs_stack
has_service "$service" || fail "there is no service $service; there are: $(services | paste -sd' ')"

# The workers of the tasks that Swarm runs now; and the others, which hand over what they hold and go.
of_running_tasks() { workers | { grep -Ff <(swarm service ps "${STACK}_$service" --no-trunc -q --filter desired-state=running) || true; }; }
leaving() { workers | { grep -vcFf <(swarm service ps "${STACK}_$service" --no-trunc -q --filter desired-state=running) || true; }; }
useful() { of_running_tasks | awk -F '\t' '$3 > 0' | wc -l; }

# Scales, waits, and says how long it took.
scale_to() {
    local wanted=$1 before=$SECONDS was
    was=$(replicas_of "$service")
    if [ "$was" = "$wanted" ]; then
        good "$service has $wanted replicas already"
    elif $dry_run; then
        change swarm service scale --detach "${STACK}_$service=$wanted"
        return
    else
        swarm service scale --detach "${STACK}_$service=$wanted" >/dev/null
    fi
    wait_settled "$timeout" "$service" || { bad "$service has $(running_of "$service") of $wanted replicas"; why_not "$service"; return "$TOO_LATE"; }
    if [[ $service == worker* ]]; then
        until [ "$(useful)" -ge "$wanted" ]; do
            if [ $((SECONDS - before)) -ge "$timeout" ]; then
                bad "$(useful) of $wanted workers have said that they hold shards"
                why_not "$service"
                return "$TOO_LATE"
            fi
            sleep 0.5
        done
        until [ "$(leaving)" -eq 0 ]; do
            if [ $((SECONDS - before)) -ge "$timeout" ]; then bad "$(leaving) workers have not said good-bye"; return "$TOO_LATE"; fi
            sleep 0.5
        done
        url=${url:-$(page_url)}
        wait_ready "$url" "$timeout" || { bad "the farm is not ready: $not_ready"; return "$TOO_LATE"; }
    fi
    good "$service: $was -> $wanted replicas, of use after $((SECONDS - before)) s"
}

if ! $auto; then
    needs_number "the number of replicas" "${count:-none}"
    title "Scaling $service of $STACK"
    status=0
    scale_to "$count" || status=$?
    if [ "$status" -ne 0 ]; then exit "$status"; fi
    of_running_tasks | awk -F '\t' '{ printf "    %-42s %-9s %3d shards\n", $1, $2, $3 }'
    exit
fi

# -- By the load ------------------------------------------------------------------------------------------------------------

[ -z "$count" ] || wrong_usage "with --auto the number is found out"
[[ $service == worker* ]] || wrong_usage "--auto is for workers"
if [ "$min" -lt 1 ] || [ "$min" -gt "$max" ]; then wrong_usage "--min $min and --max $max leave nothing to choose"; fi
url=${url:-$(page_url)}
title "Keeping $service of $STACK between $min and $max, for a wait under $target ms"
changed_at=$((SECONDS - cooldown)) quiet_since=$SECONDS round=0
say() { printf '%s  %s\n' "$(date +%T)" "$*"; }
while [ "$rounds" -eq 0 ] || [ "$round" -lt "$rounds" ]; do
    [ "$round" -eq 0 ] || sleep "$interval"
    round=$((round + 1))
    report=$(curl -s --max-time 4 "$url/health") || true
    if ! read -r queue answered busy total < <(jq -r '[.queue_depth, .last_minute.complete + .last_minute.partial, .workers.busy, .workers.total] | map(floor) | @tsv' <<<"$report" 2>/dev/null); then
        say "the farm does not say how it is; nothing is changed"
        quiet_since=$SECONDS
        continue
    fi
    now=$(replicas_of "$service")
    # By Little's law a queue of so many, at the rate at which they are answered now, waits so long.
    per_second=$((answered / 60 > 0 ? answered / 60 : 1))
    wait_ms=$((queue * 1000 / per_second))
    wanted=$now why='as it is'
    if [ "$now" -lt "$min" ]; then
        wanted=$min why="fewer than --min"
    elif [ "$now" -gt "$max" ]; then
        wanted=$max why="more than --max"
    elif [ "$wait_ms" -gt "$target" ]; then
        quiet_since=$SECONDS
        # As many more as the wait is too long, but at the most twice as many at a time.
        wanted=$(((now * wait_ms + target - 1) / target))
        if [ "$wanted" -gt $((now * 2)) ]; then wanted=$((now * 2)); fi
        if [ "$wanted" -gt "$max" ]; then wanted=$max; fi
        why="a wait of $wait_ms ms"
    elif [ "$queue" -gt 0 ] || [ $((busy * 2)) -gt "$total" ]; then
        quiet_since=$SECONDS
    elif [ $((SECONDS - quiet_since)) -ge $((cooldown * 4)) ] && [ "$now" -gt "$min" ]; then
        wanted=$((now - 1)) why="quiet for $((SECONDS - quiet_since)) s"
    fi
    if [ "$wanted" = "$now" ]; then
        say "$now workers ($busy busy), $queue waiting, $per_second/s: $why"
    elif [ $((SECONDS - changed_at)) -lt "$cooldown" ] && [ "$now" -ge "$min" ] && [ "$now" -le "$max" ]; then
        say "$now workers, $queue waiting: would be $wanted ($why), after the cooldown"
    else
        say "$now -> $wanted workers: $why"
        changed_at=$SECONDS quiet_since=$SECONDS
        if $dry_run; then say "(left as it is: --dry-run)"; continue; fi
        swarm service scale --detach "${STACK}_$service=$wanted" >/dev/null || say "Docker did not take it"
    fi
done
