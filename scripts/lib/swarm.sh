# shellcheck shell=bash
# shellcheck disable=SC2034 # Much is read by those who source this.
# What the scripts that run Cineswarm on a Swarm have in common. Sourced; does nothing by itself.

# Exit statuses beside 0 and 1 (it failed): of wrong usage, of what was rolled back so that the earlier version runs, of
# what did not come about in time.
WRONG_USAGE=2
ROLLED_BACK=3 TOO_LATE=4

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Colours are for people.
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    GREEN=$'\e[32m' RED=$'\e[31m' DIM=$'\e[2m' BOLD=$'\e[1m' PLAIN=$'\e[0m'
else
    GREEN='' RED='' DIM='' BOLD='' PLAIN=''
fi

title() { printf '%s%s%s\n' "$BOLD" "$*" "$PLAIN"; }
good() { printf '  %s✓%s %s\n' "$GREEN" "$PLAIN" "$*"; }
bad() { printf '  %s✗%s %s\n' "$RED" "$PLAIN" "$*"; }
note() { printf '    %s%s%s\n' "$DIM" "$*" "$PLAIN"; }
fail() {
    printf '%serror:%s %s\n' "$RED" "$PLAIN" "$1" >&2
    exit "${2:-1}"
}
wrong_usage() {
    printf '%serror:%s %s\n\n' "$RED" "$PLAIN" "$1" >&2
    usage >&2
    exit "$WRONG_USAGE"
}
needs_value() { [ $# -ge 2 ] || wrong_usage "$1 needs a value"; }
needs_number() { [[ $2 =~ ^[0-9]{1,6}$ ]] || wrong_usage "$1 is '$2'; it must be a number"; }
needs_program() {
    command -v "$1" >/dev/null || fail "$1 is missing; install it (apt-get install ${2:-$1}) and run this again"
}

# No script ends without a word; what fails in a subshell is said once, by whoever waited for it.
set -E
trap '[ "$BASH_SUBSHELL" -gt 0 ] || printf "%serror:%s this failed, at line %s of %s: %s\n" "$RED" "$PLAIN" "$LINENO" "${BASH_SOURCE[0]##*/}" "$BASH_COMMAND" >&2' ERR

# -- Options that all scripts take ---------------------------------------------------------------------------------------

STACK=${STACK:-cineswarm}
CONTEXT='' STATE_CONTEXT=${STATE_CONTEXT:-} dry_run=false

COMMON_OPTIONS='  --stack NAME          name of the stack [env: STACK; default: cineswarm]
  --context NAME        Docker context of a manager of the Swarm [default: that of docker]
  --state-context NAME  Docker context of the node with the label cineswarm.state, where that is another one
                        [env: STATE_CONTEXT]
  --dry-run             say what would be done, change nothing
  --help                print this'

# Takes one option that all scripts have; `taken` is how many words it was, none if it was another one.
common_option() {
    taken=2
    case $1 in
    --stack) needs_value "$@"; STACK=$2 ;;
    --context) needs_value "$@"; CONTEXT=$2 ;;
    --state-context) needs_value "$@"; STATE_CONTEXT=$2 ;;
    --dry-run) dry_run=true; taken=1 ;;
    --help | -h) usage; exit ;;
    *) taken=0 ;;
    esac
    [[ $STACK =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] || wrong_usage "--stack is '$STACK'; a name has small letters, digits and '-'"
}

# Docker of a manager; and of the node that has the volumes.
swarm() { docker ${CONTEXT:+--context "$CONTEXT"} "$@"; }
state_node() {
    local context=${STATE_CONTEXT:-$CONTEXT}
    docker ${context:+--context "$context"} "$@"
}
# Carries out, or with --dry-run says, a command that changes something.
change() {
    if $dry_run; then
        printf '  %swould run:%s %s\n' "$DIM" "$PLAIN" "$*"
    else
        "$@"
    fi
}

needs_swarm() {
    needs_program docker docker.io
    local state
    state=$(swarm info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}' 2>&1) ||
        fail "Docker cannot be reached${CONTEXT:+ by the context $CONTEXT}: ${state##*$'\n'}"
    case $state in
    'active true') ;;
    'active false') fail "this node is a worker of the Swarm; give a manager's Docker with --context" ;;
    *) fail "this Docker is in no Swarm; run: docker swarm init" ;;
    esac
}
needs_stack() {
    needs_swarm
    [ -n "$(swarm stack services -q "$STACK" 2>/dev/null)" ] ||
        fail "there is no stack $STACK on this Swarm; scripts/deploy.sh deploys it, --stack names another"
}

# -- What runs --------------------------------------------------------------------------------------------------------------

# The names of the stack's services, without the stack's.
services() { swarm stack services --format '{{.Name}}' "$STACK" | sed "s/^${STACK}_//" | sort; }
has_service() { swarm service inspect "${STACK}_$1" >/dev/null 2>&1; }
# One setting of a service's environment; nothing if there is none.
setting_of() {
    swarm service inspect "${STACK}_$1" --format '{{range .Spec.TaskTemplate.ContainerSpec.Env}}{{println .}}{{end}}' 2>/dev/null |
        sed -n "s/^$2=//p" || true
}
replicas_of() { swarm service inspect "${STACK}_$1" --format '{{with .Spec.Mode.Replicated}}{{.Replicas}}{{end}}' 2>/dev/null || true; }
# Tasks of a service that run, and are healthy if they have a check.
running_of() {
    swarm service ps "${STACK}_$1" --filter desired-state=running --format '{{.CurrentState}}' 2>/dev/null | grep -c '^Running' || true
}
# How the last update of a service went: "none" if there was none.
update_of() { swarm service inspect "${STACK}_$1" --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{else}}none{{end}}'; }

# The container of a state service on its node's Docker.
container_of() {
    local found
    found=$(state_node ps -q --filter "label=com.docker.swarm.service.name=${STACK}_$1" | head -1)
    if [ -z "$found" ]; then
        local where
        where=$(swarm service ps "${STACK}_$1" --filter desired-state=running --format '{{.Node}} ({{.CurrentState}})' 2>/dev/null | head -1)
        fail "there is no container of $1 on this Docker; it runs on ${where:-no node}. Give that node's Docker with --state-context"
    fi
    printf '%s\n' "$found"
}

# Subscribes at the broker as the operator, in the broker's own container; the rest goes to mosquitto_sub.
subscribe() {
    state_node exec "$(container_of broker)" /usr/bin/mosquitto_sub -p "$(setting_of broker MQTT_PORT)" "$@"
}
topic_prefix() { setting_of master TOPIC_PREFIX; }

# A line for each worker that is there: its id, state, shards that it holds, and tasks done.
workers() {
    # There is no telling when the last retained status has come, but that they come first and at once.
    subscribe -t "$(topic_prefix)/workers/+/status" --retained-only -W 1 2>/dev/null |
        jq -r 'select(.state != "offline") | [.worker_id, .state, (.shards | length), .tasks_done] | @tsv' | sort || true
}

# Where the page can be reached.
page_url() {
    local address port
    port=$(swarm service inspect "${STACK}_master" --format '{{range .Spec.EndpointSpec.Ports}}{{if eq .TargetPort 8888}}{{.PublishedPort}}{{end}}{{end}}')
    # With the ingress mesh every node answers; without it the master's.
    local node
    node=$(swarm service ps "${STACK}_master" --filter desired-state=running --format '{{.Node}}' | head -1)
    address=$(swarm node inspect "${node:-self}" --format '{{.Status.Addr}}' 2>/dev/null || true)
    case $address in '' | 0.0.0.0 | 127.*) address=$(swarm info --format '{{.Swarm.NodeAddr}}') ;; esac
    printf 'http://%s:%s\n' "$address" "$port"
}

# Why tasks of a service do not run: what Swarm says, then what they said themselves last, from SINCE on.
why_not() {
    local service=$1
    swarm service ps "${STACK}_$service" --no-trunc --format '{{.Name}} on {{.Node}}: {{.CurrentState}}{{if .Error}}: {{.Error}}{{end}}' |
        grep -E 'Failed|Rejected|Pending|Shutdown.*:|Starting|Preparing' | head -3 | while read -r line; do note "$line"; done || true
    # A broken task says it again and again; each sentence once, the latest.
    timeout 10 docker ${CONTEXT:+--context "$CONTEXT"} service logs --raw --no-trunc --tail 60 ${SINCE:+--since "$SINCE"} "${STACK}_$service" 2>&1 |
        grep -E 'ERROR|WARN|error:|[Ee]rror|FATAL|refused' | sed -E 's/\x1b\[[0-9;]*m//g; s/^[^ ]+Z +//' | tail -8 |
        sed -E 's/retry_in_ms=[0-9]+//' | sort -u | tail -4 | while read -r line; do note "it says: ${line:0:300}"; done || true
}

# Waits until services have as many running tasks as they should and no update is under way.
# wait_settled SECONDS SERVICE...; 0, or ROLLED_BACK, or TOO_LATE, with `unsettled` the services that are to blame.
wait_settled() {
    local deadline=$((SECONDS + $1)) service state running wanted calm=0
    shift
    declare -A told=()
    while :; do
        unsettled=()
        local rolled_back=()
        for service in "$@"; do
            state=$(update_of "$service") running=$(running_of "$service") wanted=$(replicas_of "$service")
            case $state in
            rollback_completed | rollback_paused | paused) rolled_back+=("$service") ;;
            esac
            if [ "$running" != "$wanted" ] || [[ $state == updating || $state == rollback_started ]]; then
                unsettled+=("$service")
            fi
            local line="$running/$wanted"
            [[ $state == none || $state == completed ]] || line+=", ${state//_/ }"
            if [ "${told[$service]:-}" != "$line" ]; then
                note "$(printf '%4d s  %-10s %s' "$SECONDS" "$service" "$line")"
                told[$service]=$line
            fi
        done
        if [ ${#unsettled[@]} -eq 0 ]; then
            if [ ${#rolled_back[@]} -gt 0 ]; then
                unsettled=("${rolled_back[@]}")
                return "$ROLLED_BACK"
            fi
            # Swarm takes a moment to begin with what it was told.
            calm=$((calm + 1))
            if [ "$calm" -ge 2 ]; then return 0; fi
        else
            calm=0
        fi
        if [ "$SECONDS" -ge "$deadline" ]; then return "$TOO_LATE"; fi
        sleep 0.7
    done
}

# Waits until the farm itself says that it is ready: every shard with a worker, broker and database there.
wait_ready() {
    local deadline=$((SECONDS + $2)) url=$1 said=''
    while :; do
        said=$(curl -s --max-time 4 "$url/health/ready" 2>/dev/null) || true
        if [ "$(jq -r '.status' <<<"$said" 2>/dev/null)" = ready ]; then return 0; fi
        if [ "$SECONDS" -ge "$deadline" ]; then
            not_ready=$(jq -r '.reason // empty' <<<"$said" 2>/dev/null || true)
            not_ready=${not_ready:-"$url does not answer"}
            return "$TOO_LATE"
        fi
        sleep 0.3
    done
}

# The tag of images of what is checked out; with what is not committed it says so.
commit_tag() {
    local commit
    commit=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null) || fail "this is no checkout, so the images have no commit to be named after; give --tag"
    git -C "$root" diff --quiet HEAD -- 2>/dev/null || commit+=-changed
    printf '%s\n' "$commit"
}
check_tag() {
    [ "$1" != latest ] || fail "the tag 'latest' says nothing of what it is, so it is not deployed; scripts/build.sh names images after the commit" "$WRONG_USAGE"
    [[ $1 =~ ^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$ ]] || wrong_usage "--tag is '$1', which is no tag"
}
