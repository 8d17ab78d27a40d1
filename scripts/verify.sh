#!/usr/bin/env bash
# Looks the deployed farm over, from the services to the answer to a real question.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/verify.sh [options]

Checks, and says as each check passes, that services run, that the page is there, that the farm is ready, that a question
asked through the page is answered from all ratings, that nothing is open or readable that should not be.

options:
  --url URL             the page [default: found out from the Swarm]
  --question TEXT       what to ask [default: films like Toy Story]
  --workers N           how many workers must have had a part in the answer [default: 1]
  --timeout SECONDS     how long an answer, and workers on their way, may take [default: 40]
$COMMON_OPTIONS

exit status: 0 all is well, 1 a check failed, 2 wrong usage
HELP
}

url='' question='films like Toy Story' workers_wanted=1 timeout=40
while [ $# -gt 0 ]; do
    case $1 in
    --url) needs_value "$@"; url=${2%/}; shift 2 ;;
    --question) needs_value "$@"; question=$2; shift 2 ;;
    --workers) needs_value "$@"; needs_number "$@"; workers_wanted=$2; shift 2 ;;
    --timeout) needs_value "$@"; needs_number "$@"; timeout=$2; shift 2 ;;
    *)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    esac
done
needs_program curl
needs_program jq
needs_stack
url=${url:-$(page_url)}
failed=0
check_failed() {
    bad "$1"
    failed=$((failed + 1))
}
if $dry_run; then
    echo "Would check the services of $STACK and ask \"$question\" at $url; nothing is changed by that, but a session is made."
    exit
fi

title "$STACK at $url"

# -- Services -------------------------------------------------------------------------------------------------------------

mapfile -t all < <(services)
for service in "${all[@]}"; do
    running=$(running_of "$service") wanted=$(replicas_of "$service")
    image=$(swarm service inspect "${STACK}_$service" --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}')
    image=${image%@*}
    if [ "$running" = "$wanted" ]; then
        good "$(printf '%-10s %s of %s running, %s' "$service" "$running" "$wanted" "${image##*/}")"
    else
        check_failed "$service: $running of $wanted running"
        why_not "$service"
    fi
done

# -- The page ---------------------------------------------------------------------------------------------------------------

page=$(curl -s --max-time 10 "$url/" || true)
if grep -q '<title>Cineswarm' <<<"$page"; then good "the page is there"; else check_failed "the page is not at $url: ${page:0:80}"; fi
# A worker that has just started takes its shards first.
settled=$((SECONDS + timeout))
while :; do
    report=$(curl -s --max-time 10 "$url/health" || true)
    there=$(jq -r 'if .status == "ready" then .workers.total else 0 end' <<<"$report" 2>/dev/null) || there=0
    if [ "${there:-0}" -ge "$workers_wanted" ] || [ "$SECONDS" -ge "$settled" ]; then break; fi
    sleep 0.5
done
if [ "$(jq -r .status <<<"$report" 2>/dev/null)" = ready ]; then
    good "$(jq -r '"the farm is ready: \(.workers.total) workers, \(.shards.ready) of \(.shards.total) shards, dataset \(.dataset.name) \(.dataset.version)"' <<<"$report")"
else
    check_failed "the farm is not ready: $(jq -r '.reason // "it does not say why"' <<<"$report" 2>/dev/null || echo "$url/health does not answer")"
fi

# -- A question, as the page asks it: Socket.IO over HTTP ---------------------------------------------------------------------

ask() {
    local deadline=$((SECONDS + timeout)) connection packets packet sent=false
    connection=$(curl -s --max-time 10 "$polling" | sed 's/^0//' | jq -r .sid) || return 1
    [ -n "$connection" ] || return 1
    polling+="&sid=$connection"
    curl -s --max-time 10 -o /dev/null --data-binary '40{}' "$polling"
    while [ "$SECONDS" -lt "$deadline" ]; do
        packets=$(curl -s --max-time "$timeout" "$polling") || return 1
        # Packets are separated by a character that is in none of them.
        while IFS= read -r -d $'\x1e' packet || [ -n "$packet" ]; do
            case $packet in
            2) curl -s --max-time 10 -o /dev/null --data-binary 3 "$polling" ;;
            '42["session",'*)
                $sent || curl -s --max-time 10 -o /dev/null --data-binary \
                    "421[\"ask\",$(jq -nc --arg text "$question" --arg key "verify-$$" '{text: $text, n: 5, key: $key}')]" "$polling"
                sent=true
                ;;
            431*) acknowledged=${packet#431} ;;
            '42["answer",'* | '42["failed",'*)
                answered=${packet#42}
                curl -s --max-time 10 -o /dev/null --data-binary 1 "$polling" || true
                return
                ;;
            esac
        done <<<"$packets"
        if [[ ${acknowledged:-} == *'"error"'* ]]; then return 1; fi
    done
    return 1
}
# How many workers had a part in the answer: of one from the model, which one worker computes alone, how many are there.
source_of() { jq -r '.[1].meta.source' <<<"$answered" 2>/dev/null || true; }
computed_by() {
    if [ "$(source_of)" = model ]; then
        curl -s --max-time 10 "$url/health" | jq '.workers.total' 2>/dev/null || echo 0
    else
        jq '[.[1].meta.workers[].worker_id] | unique | length' <<<"$answered" 2>/dev/null || echo 0
    fi
}
while :; do
    polling="$url/socket.io/?EIO=4&transport=polling" acknowledged='' answered='' started=$(date +%s%N)
    ask || break
    if [ "$(computed_by)" -ge "$workers_wanted" ] || [ "$SECONDS" -ge "$settled" ]; then break; fi
    sleep 1
done
if [ "$(jq -r '.[0]' <<<"$answered")" = answer ]; then
    milliseconds=$((($(date +%s%N) - started) / 1000000))
    good "\"$question\" was answered in $milliseconds ms, its connection included:"
    jq -r '.[1].recommendations[:5][] | "\(.title)"' <<<"$answered" | while read -r film; do note "$film"; done
    films=$(jq '.[1].recommendations | length' <<<"$answered")
    coverage=$(jq '.[1].meta.coverage' <<<"$answered")
    by=$(computed_by)
    [ "$films" -gt 0 ] || check_failed "the answer has no films"
    if [ "$coverage" = 1 ]; then good "from all ratings"; else check_failed "from a part of the ratings only: coverage $coverage"; fi
    how="computed by $by workers"
    [ "$(source_of)" != model ] || how="computed by the model on one of $by workers"
    if [ "$by" -ge "$workers_wanted" ]; then good "$how"; else check_failed "$how instead of $workers_wanted"; fi
else
    check_failed "\"$question\" was not answered: ${answered:-${acknowledged:-no connection to $url}}"
fi

# -- What must not be ---------------------------------------------------------------------------------------------------------

open=$(for service in "${all[@]}"; do
    swarm service inspect "${STACK}_$service" --format "{{range .Endpoint.Spec.Ports}}$service:{{.TargetPort}} {{end}}"
done | tr -d '\n')
unexpected=$(tr ' ' '\n' <<<"$open" | { grep -vE "^(master:8888|broker:$(setting_of broker MQTT_PORT)|prometheus:9090|grafana:3000|alertmanager:9093|jaeger:16686)?$" || true; } | tr '\n' ' ')
if [ -z "$unexpected" ]; then good "open to the outside: ${open:-nothing}"; else check_failed "open to the outside, and should not be: $unexpected"; fi
readable=$(for service in "${all[@]}"; do
    swarm service inspect "${STACK}_$service" --format '{{range .Spec.TaskTemplate.ContainerSpec.Env}}{{println .}}{{end}}' |
        { grep -E '(PASSWORD|SECRET|TOKEN|API_KEY)=.|://[^/@ ]*:[^/@ ]+@' || true; } | sed "s/=.*//; s/^/$service: /"
done)
if [ -z "$readable" ]; then good "no password is in a service's settings"; else check_failed "in plain sight in the settings of $readable"; fi

if [ "$failed" -gt 0 ]; then fail "$failed checks failed"; fi
echo "All is well."
