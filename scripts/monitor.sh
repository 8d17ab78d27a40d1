#!/usr/bin/env bash
# A live view of the farm in the terminal.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/monitor.sh [options]

Shows, anew every few seconds until Ctrl-C: whether the farm is ready and why not; workers, what each does and holds;
the queue; requests and tasks a second; how long answers take; what the containers of this Docker's node use.

options:
  --interval SECONDS    how often [default: 2]
  --once                show it once and stop
  --url URL             the page [default: found out from the Swarm]
$COMMON_OPTIONS

exit status: 0 it was stopped (with --once: the farm is ready), 1 it failed (with --once: the farm is not ready), 2 wrong usage
HELP
}

interval=2 once=false url=''
while [ $# -gt 0 ]; do
    case $1 in
    --interval) needs_value "$@"; needs_number "$@"; interval=$2; shift 2 ;;
    --once) once=true; shift ;;
    --url) needs_value "$@"; url=${2%/}; shift 2 ;;
    *)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    esac
done
needs_program jq
needs_program curl
needs_stack
url=${url:-$(page_url)}
if $dry_run; then
    echo "Would show $STACK at $url; nothing is changed by that."
    exit
fi

# Tasks done in all, and when they were counted, at the last look.
counted='' counted_at=0
tasks_a_second() {
    local done_now now
    done_now=$(awk -F '\t' '{ sum += $4 } END { print sum + 0 }' <<<"$1") now=$(date +%s%N)
    if [ -n "$counted" ] && [ "$done_now" -ge "$counted" ]; then
        awk -v done="$((done_now - counted))" -v ns="$((now - counted_at))" 'BEGIN { printf "%.1f", done * 1e9 / ns }'
    else
        printf -- '-'
    fi
    counted=$done_now counted_at=$now
}

# How long requests took that were answered since the last look, or since the master started: half of them, 99 of 100.
latencies() {
    local master
    master=$(state_node ps -q --filter "label=com.docker.swarm.service.name=${STACK}_master" | head -1)
    { [ -n "$master" ] && state_node exec "$master" /usr/bin/cineswarm health --metrics --url http://127.0.0.1:8889 2>/dev/null; } |
        sed -nE 's/^cineswarm_request_duration_seconds_bucket\{(.*)\} ([0-9.e+]+)$/\1 \2/p' | grep 'outcome="answered"' |
        sed -E 's/.*le="([^"]+)".* ([0-9.e+]+)$/\1 \2/; s/^\+Inf /1e9 /' | sort -g >"$work/buckets" || true
    touch "$work/buckets.before"
    awk '
        NR == FNR { before[$1] = $2; next }
        { bound[++n] = $1; count[n] = $2 - before[$1] }
        function below(part, i, wanted, from, least) {
            wanted = part * count[n]
            for (i = 1; i <= n && count[i] < wanted; i++) { from = count[i]; least = bound[i] }
            if (bound[i] >= 1e9) return "over " least * 1000
            return sprintf("%.1f", 1000 * (least + (bound[i] - least) * (count[i] > from ? (wanted - from) / (count[i] - from) : 1)))
        }
        END { if (n && count[n] > 0) printf "half within %s ms, 99 of 100 within %s ms", below(0.5), below(0.99); else printf "nothing was answered" }
    ' "$work/buckets.before" "$work/buckets"
    mv "$work/buckets" "$work/buckets.before"
}

show() {
    local report farm status usage_of
    report=$(curl -s --max-time 4 "$url/health") || true
    status=$(jq -r .status <<<"$report" 2>/dev/null) || status=''
    farm=$(workers)
    tasks_a_second "$farm" >"$work/rate"
    latencies >"$work/latencies"
    usage_of=$(state_node ps -q --filter "label=com.docker.stack.namespace=$STACK" | xargs -r docker ${CONTEXT:+--context "$CONTEXT"} stats --no-stream \
        --format '{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}' 2>/dev/null | sed -E "s/^${STACK}_//; s/\.[a-z0-9]{25}\t/\t/" | sort) || true
    {
        printf '%s%s%s  %s  %s\n\n' "$BOLD" "$STACK" "$PLAIN" "$url" "$(date '+%F %T')"
        case $status in
        ready) printf '  %sready%s\n' "$GREEN" "$PLAIN" ;;
        '') printf '  %sno answer from %s%s\n' "$RED" "$url" "$PLAIN" ;;
        *) printf '  %s%s%s  %s\n' "$RED" "$status" "$PLAIN" "$(jq -r '.reasons | join("\n            ")' <<<"$report")" ;;
        esac
        if [ -n "$status" ]; then
            jq -r --arg rate "$(cat "$work/rate")" --arg latencies "$(cat "$work/latencies")" '
                "  requests   \(.requests) under way, \(.queue_depth) in the queue; the last minute: \(.last_minute.complete) answered, \(.last_minute.partial) in part, \(.last_minute.timed_out) timed out",
                "  answers    \($latencies)",
                "  tasks      \($rate) a second",
                "  shards     \(.shards.ready) of \(.shards.total) with a worker; dataset \(.dataset.name)",
                "  browsers   \(.connections.open) connections of \(.connections.bound)"' <<<"$report"
        fi
        printf '\n  %-44s %-9s %7s %10s\n' worker state shards 'tasks done'
        awk -F '\t' 'NF >= 4 { printf "  %-44s %-9s %7d %10d\n", $1, $2, $3, $4 }' <<<"$farm"
        printf '\n  %-16s %8s %24s %8s\n' container cpu memory 'of limit'
        awk -F '\t' 'NF >= 4 { printf "  %-16s %8s %24s %8s\n", $1, $2, $3, $4 }' <<<"$usage_of"
    } >"$work/screen"
    cat "$work/screen"
    [ "$status" = ready ]
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if $once; then
    show || exit 1
    exit
fi
trap 'exit 0' INT TERM
while :; do
    # Made whole before the old one goes, so that nothing flickers.
    seen=$(show || true)
    if [ -t 1 ]; then printf '\e[H\e[2J'; fi
    printf '%s\n' "$seen"
    sleep "$interval"
done
