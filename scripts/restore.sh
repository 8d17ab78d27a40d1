#!/usr/bin/env bash
# Brings a backup back, on a Swarm where the stack is not there, and deploys it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/restore.sh BACKUP [options] [-- options of scripts/deploy.sh]

Checks that the backup is whole, makes the volumes anew with its data, and deploys the stack as it was deployed then.
Sessions, ratings, requests, datasets and models are as at the backup. Nothing of the stack may be there: no service and
no volume (scripts/stop.sh --volumes).

options:
  --secrets DIR         where to put the backup's secrets if that folder has none; without secrets in the backup, new
                        ones are made [default: secrets]
  --tag TAG             other images than those of the backup, as of a later version
$COMMON_OPTIONS

exit status: 0 restored and running, 1 it failed, 2 wrong usage, 4 restored, but not ready in time
HELP
}

backup='' secrets=$root/secrets tag=''
further=()
while [ $# -gt 0 ]; do
    case $1 in
    --secrets) needs_value "$@"; secrets=$2; shift 2 ;;
    --tag) needs_value "$@"; tag=$2; shift 2 ;;
    --) shift; further=("$@"); break ;;
    --*)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    *) [ -z "$backup" ] || wrong_usage "what is $1?"; backup=${1%/}; shift ;;
    esac
done
[ -n "$backup" ] || wrong_usage "say which backup"
[ -f "$backup/SHA256SUMS" ] || fail "$backup is no backup: it has no SHA256SUMS"
needs_swarm

title "Restoring $STACK from $backup"
(cd "$backup" && sha256sum --quiet -c SHA256SUMS) || fail "the backup is damaged; take another one"
good "the backup is whole"
setting() { sed -n "s/^$1=//p" "$backup/settings.env"; }
tag=${tag:-$(setting TAG)}
image=${REGISTRY:-$(setting REGISTRY)}/cineswarm-master:$tag
postgres_image=${POSTGRES_IMAGE:-$(setting POSTGRES_IMAGE)}
[ -z "$(swarm stack services -q "$STACK" 2>/dev/null)" ] || fail "$STACK runs here; stop it and remove its volumes first (scripts/stop.sh --volumes)"
for volume in master-data postgres-data; do
    if state_node volume inspect "${STACK}_$volume" >/dev/null 2>&1; then
        fail "there is a volume ${STACK}_$volume already, with data that this would mix with; remove it first (scripts/stop.sh --volumes)"
    fi
done
if $dry_run; then
    echo "Would make the volumes ${STACK}_master-data and ${STACK}_postgres-data, and deploy $tag with $(setting WORKER_REPLICAS) workers on $(setting DATASET)."
    exit
fi
# It is looked for before anything is made.
for one in "$image" "$postgres_image"; do
    state_node image inspect "$one" >/dev/null 2>&1 || state_node pull -q "$one" >/dev/null || fail "there is no image $one; build it (scripts/build.sh) or give --tag"
done

if [ ! -s "$secrets/ca.crt" ]; then
    if [ -f "$backup/secrets.tar" ]; then
        (umask 077 && mkdir -p "$secrets" && tar -C "$secrets" -xf "$backup/secrets.tar")
        good "secrets are in $secrets"
    else
        "$root/scripts/secrets.sh" --dir "$secrets" >/dev/null
        good "the backup has no secrets: new ones are in $secrets"
    fi
fi

made=()
# What was made half does not look like what was restored.
undo() {
    local status=$?
    if [ "$status" -ne 0 ] && [ ${#made[@]} -gt 0 ]; then
        state_node rm -f "${made[@]}" >/dev/null 2>&1 || true
        state_node volume rm "${STACK}_master-data" "${STACK}_postgres-data" >/dev/null 2>&1 || true
    fi
}
trap undo EXIT

container=$(state_node create -v "${STACK}_master-data:/data" --network none "$image")
made+=("$container")
state_node cp - "$container:/data" <"$backup/data.tar" || fail "the data were not copied"
state_node rm "$container" >/dev/null
good "datasets and models are in the volume ${STACK}_master-data"

container=$(state_node create -v "${STACK}_postgres-data:/var/lib/postgresql/data" --network none --user 999:999 \
    -e POSTGRES_USER=cineswarm -e POSTGRES_DB=cineswarm -e POSTGRES_PASSWORD_FILE=/tmp/postgres.password \
    -e POSTGRES_INITDB_ARGS="--auth-host=scram-sha-256 --data-checksums" -e PGDATA=/var/lib/postgresql/data/pgdata "$postgres_image")
made+=("$container")
# Its owner in the archive is the one who will read it.
tar -C "$secrets" --owner=999 --group=999 --mode=0400 -c postgres.password | state_node cp - "$container:/tmp"
state_node start "$container" >/dev/null
deadline=$((SECONDS + 90))
# Over TCP: while the database is made, a server listens on the socket alone.
until state_node exec "$container" pg_isready -q -h 127.0.0.1 -U cineswarm -d cineswarm >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then state_node logs --tail 5 "$container" >&2; fail "PostgreSQL does not start" "$TOO_LATE"; fi
    sleep 0.3
done
state_node exec -i "$container" pg_restore -h /var/run/postgresql -U cineswarm -d cineswarm --exit-on-error --single-transaction \
    <"$backup/database.dump" || fail "the database was not restored"
state_node stop -t 30 "$container" >/dev/null
state_node rm "$container" >/dev/null
made=()
good "the database is in the volume ${STACK}_postgres-data"

arguments=(--stack "$STACK" --settings "$backup/settings.env" --secrets "$secrets" --tag "$tag")
[ -z "$CONTEXT" ] || arguments+=(--context "$CONTEXT")
[ -z "$STATE_CONTEXT" ] || arguments+=(--state-context "$STATE_CONTEXT")
"$root/scripts/deploy.sh" "${arguments[@]}" ${further[@]+"${further[@]}"}
