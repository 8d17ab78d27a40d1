#!/usr/bin/env bash
# Deploys the stack, or what has changed of it, waits until it works, and rolls back what does not.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/deploy.sh [options]

Deploys Cineswarm on the Swarm, or brings what runs there up to date, and waits until it answers. What is there already
stays: data, passwords, how far the workers were scaled. What does not come up is rolled back.

options:
  --tag TAG             the images [default: this commit, as scripts/build.sh names them]
  --data NAME|PATH      what to recommend from: a folder or archive, which is imported; the name of a dataset that is
                        imported, or that "cineswarm data get" knows; "demo" [default: as before; demo at first]
  --workers N           replicas of the worker [default: as before; at first WORKER_REPLICAS, or 2]
  --secrets DIR         where scripts/secrets.sh put keys and passwords; made if it is not there [default: secrets]
  --state-node NODE     the node that keeps the volumes [default: the one with the label cineswarm.state; the only one]
  --with FILE           a further stack file, as in --with stack.encrypted.yml; may be repeated
  --settings FILE       variables for the stack, NAME=VALUE a line [default: deploy.env if it is there]
  --timeout SECONDS     how long to wait [default: 240]
$COMMON_OPTIONS

settings: REGISTRY, PAGE_PORT (8888), MQTT_PORT (1883), MQTT_TLS_PORT (8883), TOPIC_PREFIX, REPLICATION, REQUEST_TIMEOUT,
  UPDATE_PARALLELISM (1), UPDATE_DELAY (10s), PUBLISH_MODE (ingress, or host), ENDPOINT_MODE (vip, or dnsrr where the
  kernel has no IPVS), POSTGRES_IMAGE, and others: see stack.yml

exit status: 0 it runs, 1 it failed, 2 wrong usage, 3 it was rolled back and runs as before, 4 it was not ready in time
HELP
}

tag='' data='' workers='' secrets=$root/secrets state_node='' settings='' timeout=240
files=()
while [ $# -gt 0 ]; do
    case $1 in
    --tag) needs_value "$@"; tag=$2; shift 2 ;;
    --data) needs_value "$@"; data=$2; shift 2 ;;
    --workers) needs_value "$@"; needs_number "$@"; workers=$2; shift 2 ;;
    --secrets) needs_value "$@"; secrets=$2; shift 2 ;;
    --state-node) needs_value "$@"; state_node=$2; shift 2 ;;
    --with) needs_value "$@"; files+=("$2"); shift 2 ;;
    --settings) needs_value "$@"; settings=$2; shift 2 ;;
    --timeout) needs_value "$@"; needs_number "$@"; timeout=$2; shift 2 ;;
    *)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    esac
done
[ -n "$settings" ] || [ ! -f deploy.env ] || settings=deploy.env
if [ -n "$settings" ]; then
    [ -f "$settings" ] || fail "there is no $settings"
    # Variables of the environment come before those of the file.
    while IFS='=' read -r name value; do
        [[ $name =~ ^[A-Z_]+$ ]] || continue
        [ -n "${!name:-}" ] || export "$name=$value"
    done <"$settings"
fi
for file in ${files[@]+"${files[@]}"}; do [ -f "$file" ] || fail "there is no stack file $file"; done
export STACK
needs_program curl
needs_program jq
needs_swarm
tag=${tag:-${TAG:-$(commit_tag)}}
check_tag "$tag"
export TAG=$tag REGISTRY=${REGISTRY:-127.0.0.1:5000}
image=$REGISTRY/cineswarm-master:$tag
work=$(mktemp -d)
chmod 700 "$work"
trap 'rm -rf "$work"' EXIT

title "Deploying $STACK, images $tag from $REGISTRY"

# -- Where the volumes are ------------------------------------------------------------------------------------------------

label=cineswarm.state
mapfile -t labelled < <(swarm node ls -q --filter "node.label=$label=true")
if [ -n "$state_node" ]; then
    id=$(swarm node inspect "$state_node" --format '{{.ID}}' 2>/dev/null) || fail "there is no node $state_node; docker node ls lists them"
    if [ ${#labelled[@]} -gt 0 ] && [ "${labelled[*]}" != "$id" ]; then
        fail "another node has the label $label, and the volumes with it; move them, then: docker node update --label-rm $label ${labelled[0]}"
    fi
    [ ${#labelled[@]} -gt 0 ] || change swarm node update --label-add "$label=true" "$id" >/dev/null
elif [ ${#labelled[@]} -eq 0 ]; then
    mapfile -t nodes < <(swarm node ls -q)
    [ ${#nodes[@]} -eq 1 ] || fail "no node has the label $label, so it is open where the volumes are to be; say it with --state-node"
    id=${nodes[0]}
    change swarm node update --label-add "$label=true" "$id" >/dev/null
elif [ ${#labelled[@]} -gt 1 ]; then
    fail "${#labelled[@]} nodes have the label $label, but a volume is on one; remove it from the others: docker node update --label-rm $label NODE"
else
    id=${labelled[0]}
fi
good "the volumes are on node $(swarm node inspect "$id" --format '{{.Description.Hostname}}')"

# -- Keys and passwords ------------------------------------------------------------------------------------------------------

first_time=true
if [ -n "$(swarm stack services -q "$STACK" 2>/dev/null)" ]; then first_time=false; fi
if [ ! -s "$secrets/ca.crt" ]; then
    $first_time || fail "$secrets has no keys, but $STACK runs with some; bring the folder back (scripts/restore.sh), or make new ones with scripts/secrets.sh"
    change "$root/scripts/secrets.sh" --dir "$secrets" >"$work/said" || { cat "$work/said"; exit 1; }
    $dry_run || good "made keys and passwords in $secrets; keep ca.key elsewhere"
fi
# With --dry-run a file may not be there yet.
version_of() { { sha256sum "$1" 2>/dev/null || echo 000000000000; } | cut -c1-12; }
variable_of() { printf 'V_%s' "$(tr '[:lower:].' '[:upper:]_' <<<"$1")"; }
secret_names=(ca.crt broker.crt broker.key master.crt master.key worker.crt worker.key postgres.crt postgres.key
    master.password worker.password postgres.password ingest.password mosquitto.passwd mosquitto_sub)
# Monitoring has some of its own; of those who can be told, one is chosen, and the others need no secret.
for file in ${files[@]+"${files[@]}"}; do
    [[ $file == *monitoring/stack.yml ]] || continue
    receivers=(alert_webhook_token alert_slack_url alert_pagerduty_key alert_mail_password)
    secret_names+=(grafana.password "${receivers[@]}")
    for name in "${receivers[@]}"; do $dry_run || [ -s "$secrets/$name" ] || (umask 077 && echo none >"$secrets/$name"); done
done
new_secrets=0
for name in "${secret_names[@]}"; do
    [ -s "$secrets/$name" ] || $dry_run || fail "$secrets/$name is missing; scripts/secrets.sh --dir $secrets makes what is missing"
    version=$(version_of "$secrets/$name")
    export "$(variable_of "$name")=$version"
    swarm secret inspect "${STACK}_${name}_$version" >/dev/null 2>&1 || new_secrets=$((new_secrets + 1))
done
SECRETS=$(cd "$secrets" 2>/dev/null && pwd) || true
export SECRETS
good "secrets: $new_secrets new, $((${#secret_names[@]} - new_secrets)) as they are"
for name in broker master worker postgres; do
    ! $dry_run || break
    openssl x509 -in "$secrets/$name.crt" -noout -checkend $((14 * 86400)) >/dev/null ||
        bad "the certificate of $name ends $(openssl x509 -in "$secrets/$name.crt" -noout -enddate | cut -d= -f2): scripts/secrets.sh --renew, then deploy again"
done

ACL=$work/acl
"$root/scripts/acl.sh" --prefix "${TOPIC_PREFIX:-cineswarm}" >"$ACL"
MOSQUITTO_CONF=$root/mosquitto/swarm.conf
V_ACL=$(version_of "$ACL") V_MOSQUITTO_CONF=$(version_of "$MOSQUITTO_CONF")
MONITORING=$root/monitoring
V_MONITORING=$(cat "$MONITORING"/*.yml "$MONITORING"/dashboards/*.json | sha256sum | cut -c1-12)
export ACL MOSQUITTO_CONF V_ACL V_MOSQUITTO_CONF MONITORING V_MONITORING

# -- Data -----------------------------------------------------------------------------------------------------------------

volume=${STACK}_master-data
on_volume() { state_node run --rm -v "$volume:/data" "$@"; }
imported() { on_volume --network none "$image" data info "$1" >/dev/null 2>&1; }
import_path() {
    local path=$1 container
    container=$(state_node create -v "$volume:/data" --network none "$image" data import "/tmp/$(basename "$path")" --name "$DATASET")
    # Into the container's own layer, which goes away with it; the volume gets what is made of it.
    if ! { state_node cp "$path" "$container:/tmp/" && state_node start -a "$container"; } >"$work/said" 2>&1; then
        cat "$work/said" >&2
        state_node rm -f "$container" >/dev/null
        fail "$path was not imported"
    fi
    state_node rm -f "$container" >/dev/null
    grep -iE 'already|imported' "$work/said" | head -1 || true
}
DATASET=${DATASET:-$(setting_of master DATASET)}
case $data in
'') DATASET=${DATASET:-demo} ;;
demo) DATASET=demo ;;
*)
    state_id=$(state_node info --format '{{.Swarm.NodeID}}')
    [ "$state_id" = "$id" ] || fail "data is imported on the node with the volumes; give its Docker with --state-context"
    if [ -e "$data" ]; then
        DATASET=$(basename "${data%.zip}" | tr -c 'A-Za-z0-9._\n-' '-')
        if $dry_run; then change import "$data" as "$DATASET"; else said=$(import_path "$data") && good "data: ${said:-$DATASET}"; fi
    elif imported "$data"; then
        DATASET=$data
        good "data: $data is imported already"
    else
        DATASET=$data
        change on_volume "$image" data get "$data" >"$work/said" 2>&1 || { cat "$work/said" >&2; fail "$data was not downloaded; is it a path that does not exist?"; }
        $dry_run || good "data: downloaded and imported $data"
    fi
    ;;
esac
export DATASET

# -- The stack ------------------------------------------------------------------------------------------------------------

WORKER_REPLICAS=${workers:-$($first_time || replicas_of worker)}
export WORKER_REPLICAS=${WORKER_REPLICAS:-2}
arguments=(-c "$root/stack.yml")
for file in ${files[@]+"${files[@]}"}; do arguments+=(-c "$file"); done
# Newer clients want to hear that this script waits by itself.
if swarm stack deploy --help | grep -q -- --detach; then arguments+=(--detach=true); fi
arguments+=(--with-registry-auth --resolve-image always)

if $dry_run; then
    change swarm stack deploy "${arguments[@]}" "$STACK"
    echo "Nothing was changed: $STACK would have $WORKER_REPLICAS workers on $DATASET."
    exit
fi

# The owner of a password must know it before those who show it.
postgres_sql() { state_node exec -i "$(container_of postgres)" psql -q -h /var/run/postgresql -U cineswarm -d cineswarm; }
old_password=''
if has_service postgres && ! swarm service inspect "${STACK}_postgres" --format '{{json .Spec}}' | grep -q "postgres.password_$V_POSTGRES_PASSWORD"; then
    old_password=$(state_node exec "$(container_of postgres)" cat /run/secrets/postgres.password)
    echo "ALTER ROLE cineswarm PASSWORD '$(cat "$secrets/postgres.password")'" | postgres_sql || fail "PostgreSQL did not take its new password"
    good "PostgreSQL has its new password"
fi

spec_of() { swarm service inspect "${STACK}_$1" --format '{{json .Spec}}' 2>/dev/null | sha256sum; }
declare -A spec_before
for service in $($first_time || services); do spec_before[$service]=$(spec_of "$service"); done
before=$SECONDS
SINCE=$(date -u +%FT%TZ)
swarm stack deploy "${arguments[@]}" "$STACK" >"$work/said" 2>&1 || { cat "$work/said" >&2; fail "Docker did not take the stack"; }
changed=()
mapfile -t deployed < <(services)
for service in "${deployed[@]}"; do
    if [ "${spec_before[$service]:-}" != "$(spec_of "$service")" ]; then changed+=("$service"); fi
done
good "Docker has the stack; ${#changed[@]} of ${#deployed[@]} services change: ${changed[*]:-none}"

roll_back() {
    local service rolled=()
    for service in "${changed[@]}"; do
        [ -n "${spec_before[$service]:-}" ] || continue
        case $(update_of "$service") in rollback_*) continue ;; esac
        if swarm service rollback --detach "${STACK}_$service" >/dev/null 2>&1; then rolled+=("$service"); fi
    done
    if [ -n "$old_password" ]; then
        echo "ALTER ROLE cineswarm PASSWORD '$old_password'" | postgres_sql || bad "PostgreSQL did not take its old password again"
    fi
    [ ${#rolled[@]} -eq 0 ] || note "rolling back with it: ${rolled[*]}"
    wait_settled "$timeout" "${deployed[@]}" >/dev/null || true
}

outcome=0
wait_settled "$timeout" "${deployed[@]}" || outcome=$?
if [ "$outcome" -ne 0 ]; then
    for service in "${unsettled[@]}"; do
        if [ "$outcome" -eq "$ROLLED_BACK" ]; then bad "$service was rolled back by Swarm:"; else bad "$service does not run:"; fi
        why_not "$service"
    done
    if $first_time; then
        fail "$STACK did not come up within $timeout s; it is left as it is, to be looked at. scripts/stop.sh removes it" "$TOO_LATE"
    fi
    roll_back
    fail "$STACK was rolled back and runs as before: ${unsettled[*]:-} did not come up, see above" "$ROLLED_BACK"
fi
url=$(page_url)
if ! wait_ready "$url" "$((timeout < 60 ? timeout : 60))"; then
    bad "all services run, but the farm is not ready: $not_ready"
    why_not master
    why_not worker
    if $first_time; then fail "$STACK is not ready; it is left as it is, to be looked at" "$TOO_LATE"; fi
    roll_back
    fail "$STACK was rolled back and runs as before: $not_ready" "$ROLLED_BACK"
fi

# What nothing names any more goes, but for the latest of each name: a service may still be rolled back to it.
forget_old() {
    local kind=$1 name
    swarm "$kind" ls --format '{{.Name}}' | grep "^${STACK}_" | sed -E 's/_[0-9a-f]{12}$//' | sort -u | while read -r name; do
        swarm "$kind" ls -q --filter "name=${name}_" | xargs -r docker ${CONTEXT:+--context "$CONTEXT"} "$kind" inspect \
            --format '{{.CreatedAt.Unix}} {{.Spec.Name}}' | awk -v name="$name" 'substr($2, 1, length($2) - 13) == name' | sort -rn | tail -n +3 | cut -d' ' -f2 |
            while read -r old; do swarm "$kind" rm "$old" >/dev/null 2>&1 || true; done
    done
}
forget_old secret
forget_old config
good "ready after $((SECONDS - before)) s, with $WORKER_REPLICAS workers on $DATASET"
echo "The page: $url    To look it over: scripts/verify.sh"
