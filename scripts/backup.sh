#!/usr/bin/env bash
# Backs the farm up while it runs: the database, datasets and models, how it was deployed and, if wanted, its secrets.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/backup.sh [options]

Writes a folder with
  database.dump   the whole database as at one moment: sessions, ratings, requests, answers
  data.tar        datasets and models; their versions never change, so they are whole
  settings.env    tag, dataset, replicas and settings of the stack, as scripts/deploy.sh takes them
  services.json   the services as Docker has them
  secrets.tar     with --secrets: keys and passwords. Whoever has them is in: keep the folder where the keys may be
  SHA256SUMS      to know that it is whole

options:
  --to DIR              where to make the folder [default: backups]
  --secrets [DIR]       keys and passwords as well [default: secrets]
  --keep N              afterwards remove all but the latest N backups of this stack [default: keep all]
$COMMON_OPTIONS

exit status: 0 backed up, 1 it failed and nothing is left of it, 2 wrong usage
HELP
}

to=backups secrets='' keep=0
while [ $# -gt 0 ]; do
    case $1 in
    --to) needs_value "$@"; to=$2; shift 2 ;;
    --secrets)
        secrets=$root/secrets
        if [ $# -ge 2 ] && [[ $2 != --* ]]; then secrets=$2; shift; fi
        shift
        ;;
    --keep) needs_value "$@"; needs_number "$@"; keep=$2; shift 2 ;;
    *)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    esac
done
needs_program jq
needs_stack
[ -z "$secrets" ] || [ -s "$secrets/ca.crt" ] || fail "there are no secrets in $secrets"
name=$STACK-$(date -u +%Y%m%dT%H%M%SZ)
target=$to/$name
title "Backing up $STACK to $target"
if $dry_run; then
    echo "Would write the database, data.tar of the volume ${STACK}_master-data, the settings${secrets:+ and the secrets of $secrets}."
    exit
fi

umask 077
mkdir -p "$to"
# Under another name until it is whole.
work=$(mktemp -d "$to/.making.XXXXXX")
trap 'rm -rf "$work"' EXIT
postgres=$(container_of postgres)
master=$(container_of master)
size() { du -h "$1" | cut -f1; }

state_node exec "$postgres" pg_dump -h /var/run/postgresql -U cineswarm -d cineswarm --format=custom >"$work/database.dump" ||
    fail "the database was not dumped"
# It reads the whole list of contents, and so sees a dump that was cut off.
state_node exec -i "$postgres" pg_restore --list <"$work/database.dump" >/dev/null || fail "the dump cannot be read"
good "database     $(size "$work/database.dump")"

state_node cp "$master:/data/." - >"$work/data.tar" || fail "the data of the master were not copied"
tar -tf "$work/data.tar" >/dev/null || fail "the copy of the data cannot be read"
good "data         $(size "$work/data.tar")"

{
    echo "# How $STACK was deployed at $(date -u +%FT%TZ); for scripts/deploy.sh --settings."
    image=$(swarm service inspect "${STACK}_master" --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}')
    image=${image%@*}
    echo "REGISTRY=${image%/cineswarm-master:*}"
    echo "TAG=${image##*:}"
    postgres_image=$(swarm service inspect "${STACK}_postgres" --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}')
    echo "POSTGRES_IMAGE=${postgres_image%@*}"
    echo "WORKER_REPLICAS=$(replicas_of worker)"
    echo "ENDPOINT_MODE=$(swarm service inspect "${STACK}_master" --format '{{.Spec.EndpointSpec.Mode}}')"
    swarm service inspect "${STACK}_master" --format '{{range .Spec.EndpointSpec.Ports}}{{if eq .TargetPort 8888}}PAGE_PORT={{.PublishedPort}}{{println}}PUBLISH_MODE={{.PublishMode}}{{end}}{{end}}'
    echo "MQTT_PORT=$(setting_of broker MQTT_PORT)"
    for setting in DATASET TRAIN TOPIC_PREFIX REPLICATION REQUEST_TIMEOUT MAX_REQUESTS KEEP_DAYS KEEP_MIB ALLOWED_ORIGINS TRUSTED_PROXIES POSTERS_URL CONNECTIONS_PER_ADDRESS; do
        value=$(setting_of master $setting)
        [ -z "$value" ] || echo "$setting=$value"
    done
} >"$work/settings.env"
swarm stack services -q "$STACK" | xargs docker ${CONTEXT:+--context "$CONTEXT"} service inspect >"$work/services.json"
good "settings     tag $(sed -n 's/^TAG=//p' "$work/settings.env"), dataset $(sed -n 's/^DATASET=//p' "$work/settings.env")"
if [ -n "$secrets" ]; then
    tar -C "$secrets" -cf "$work/secrets.tar" .
    good "secrets      keep this backup as safe as the keys themselves"
else
    note "without the secrets; --secrets adds them"
fi
(cd "$work" && sha256sum -- * >SHA256SUMS)
mv "$work" "$target"
if [ "$keep" -gt 0 ]; then
    find "$to" -maxdepth 1 -type d -name "$STACK-????????T??????Z" | sort -r | tail -n +$((keep + 1)) | while read -r old; do
        rm -rf "$old"
        note "removed $old"
    done
fi
echo "Backed up in $SECONDS s. To bring it back: scripts/restore.sh $target"
