#!/usr/bin/env bash
# Follows what the farm says: its log lines from the broker, or the output of a service.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/logs.sh [SERVICE] [options]

Follows the log lines that master and workers publish at the broker, in one order, until Ctrl-C. With the name of a
service follows what its containers print instead, from the last lines on.

options:
  --level LEVEL         only this and graver: debug, info, warn, error [default: info]
  --source NAME         only from a source that begins so: master, or a worker's id
  --request ID          only about one request
  --last N              with SERVICE: how many lines from before [default: 50]
  --no-follow           with SERVICE: stop after these
  --for SECONDS         stop after so long [default: never]
$COMMON_OPTIONS

exit status: 0 it was stopped, 1 it failed, 2 wrong usage
HELP
}

service='' level=info source='' request='' last=50 follow=true seconds=''
while [ $# -gt 0 ]; do
    case $1 in
    --level) needs_value "$@"; level=$2; shift 2 ;;
    --source) needs_value "$@"; source=$2; shift 2 ;;
    --request) needs_value "$@"; request=$2; shift 2 ;;
    --last) needs_value "$@"; needs_number "$@"; last=$2; shift 2 ;;
    --no-follow) follow=false; shift ;;
    --for) needs_value "$@"; needs_number "$@"; seconds=$2; shift 2 ;;
    --*)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    *) [ -z "$service" ] || wrong_usage "what is $1?"; service=$1; shift ;;
    esac
done
case $level in
debug) rank=0 ;;
info) rank=1 ;;
warn) rank=2 ;;
error) rank=3 ;;
*) wrong_usage "--level is '$level'; it must be debug, info, warn or error" ;;
esac
needs_program jq
needs_stack
within=()
if [ -n "$seconds" ]; then within=(timeout --foreground "$seconds"); fi
# To be stopped is how it ends.
ends_well() { local status=$?; case $status in 0 | 124 | 130 | 143) exit 0 ;; *) exit "$status" ;; esac; }

if [ -n "$service" ]; then
    has_service "$service" || fail "there is no service $service; there are: $(services | paste -sd' ')"
    arguments=(--raw --timestamps --tail "$last")
    if $follow; then arguments+=(--follow); fi
    if $dry_run; then change docker service logs "${arguments[@]}" "${STACK}_$service"; exit; fi
    # Postgres and Mosquitto have levels of their own, so a line without a level counts as information.
    ${within[@]+"${within[@]}"} docker ${CONTEXT:+--context "$CONTEXT"} service logs "${arguments[@]}" "${STACK}_$service" 2>&1 |
        sed -uE 's/\x1b\[[0-9;]*m//g; s/^([^ ]+Z) [0-9-]+T[0-9:.]+Z +/\1 /; s/^([^ ]+T[^ ]+)\.[0-9]+Z/\1Z/' | awk -v rank="$rank" -v source="$source" -v request="$request" '
            { line = 1 }
            / (DEBUG|TRACE) |DEBUG:/ { line = 0 }
            / WARN |WARNING:|Warning:/ { line = 2 }
            / ERROR |ERROR:|FATAL:|PANIC:|[Ee]rror:/ { line = 3 }
            line >= rank && (source == "" || index($0, source)) && (request == "" || index($0, request)) { print; fflush() }' || ends_well
    exit
fi

arguments=(-t "$(topic_prefix)/logs")
if $dry_run; then change mosquitto_sub "${arguments[@]}"; exit; fi
container=$(container_of broker)
port=$(setting_of broker MQTT_PORT)
printf '%sFollowing %s at the broker; Ctrl-C stops it.%s\n' "$DIM" "$(topic_prefix)/logs" "$PLAIN" >&2
context=${STATE_CONTEXT:-$CONTEXT}
# A payload that is no log line is somebody's mistake, and no reason to stop.
${within[@]+"${within[@]}"} docker ${context:+--context "$context"} exec "$container" /usr/bin/mosquitto_sub -p "$port" "${arguments[@]}" |
    jq -rR --unbuffered --argjson rank "$rank" --arg source "$source" --arg request "$request" \
        --arg red "$RED" --arg dim "$DIM" --arg plain "$PLAIN" '
        fromjson? | select(type == "object" and .level)
        | select(({debug: 0, info: 1, warn: 2, error: 3}[.level] // 1) >= $rank)
        | select($source == "" or (.source | startswith($source)))
        | select($request == "" or .request_id == $request)
        | "\($dim)\(.timestamp / 1000 | todate)\($plain) \(if .level == "error" or .level == "warn" then $red else "" end)\(.level)\($plain) \(.source): \(.message)\(if .request_id then "  \($dim)request \(.request_id)\($plain)" else "" end)"
    ' || ends_well
