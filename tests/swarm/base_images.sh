#!/usr/bin/env bash
# Stands in for the images that the Dockerfiles begin with, where no registry of images can be reached: makes
# debian:bookworm-slim and postgres:15-bookworm of this machine's own programs, for the Docker of DOCKER_HOST.
# usage: base_images.sh
set -euo pipefail
postgres_home=$(find /usr/lib/postgresql -maxdepth 1 -mindepth 1 | sort -V | tail -1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Copies programs with the libraries that ldd names; a path stays what it is.
# An empty folder is a system with merged /usr first.
begin() {
    mkdir -p "$1"/{usr/bin,usr/sbin,usr/lib,usr/lib64,etc/ssl/certs,tmp,var/run,run}
    for merged in bin sbin lib lib64; do ln -s "usr/$merged" "$1/$merged"; done
    chmod 1777 "$1/tmp"
    echo 'root:x:0:0::/:/bin/sh' >"$1/etc/passwd"
    echo 'root:x:0:' >"$1/etc/group"
    echo 'hosts: files dns' >"$1/etc/nsswitch.conf"
    programs "$1" sh bash ls cat cp mv rm mkdir chmod chown dirname test install sort uniq head tail tr id awk sed grep env ldd
}
programs() {
    local root=$1 name path
    shift
    for name in "$@"; do
        path=$(command -v "/usr/bin/$name" || command -v "/usr/sbin/$name" || command -v "$name")
        mkdir -p "$root$(dirname "$path")"
        cp -L "$path" "$root$path"
        { ldd "$path" 2>/dev/null || true; } | sed -nE 's/.* => (\/[^ ]+) .*/\1/p; s/^\s*(\/[^ ]+) .*/\1/p'
    done | sort -u | while read -r path; do
        mkdir -p "$root$(dirname "$path")"
        [ -e "$root$path" ] || cp -L "$path" "$root$path"
    done
}
import() {
    local root=$1 name=$2
    shift 2
    tar -C "$root" --numeric-owner --sort=name -c . | docker import "$@" - "$name" >/dev/null
    echo "made a stand-in for $name"
}

debian=$work/debian
begin "$debian"
programs "$debian" mosquitto mosquitto_sub mosquitto_pub
cp -L /etc/ssl/certs/ca-certificates.crt "$debian/etc/ssl/certs/"
# What every Debian has, and a program in Rust needs.
for library in libgcc_s.so.1 libm.so.6 libc.so.6; do
    path=$(ldconfig -p | sed -nE "s/.*$library .*=> (\/.*)/\1/p" | head -1)
    mkdir -p "$debian$(dirname "$path")"
    [ -e "$debian$path" ] || cp -L "$path" "$debian$path"
done
import "$debian" debian:bookworm-slim

# What the official image does with its environment, as far as the stack uses it.
postgres=$work/postgres
begin "$postgres"
for name in "$postgres_home"/bin/{postgres,initdb,psql,pg_isready,pg_dump,pg_restore,createdb,dropdb,pg_ctl}; do programs "$postgres" "$name"; done
mkdir -p "$postgres$postgres_home" "$postgres/usr/share/postgresql"
cp -r "$postgres_home/lib" "$postgres$postgres_home/"
rm -rf "$postgres$postgres_home/lib/bitcode"
cp -r "/usr/share/postgresql/${postgres_home##*/}" "$postgres/usr/share/postgresql/"
mkdir -p "$postgres/usr/lib/locale"
cp -r /usr/lib/locale/C.u* "$postgres/usr/lib/locale/"
cp -r /usr/share/zoneinfo "$postgres/usr/share/zoneinfo"
echo 'postgres:x:999:999::/var/lib/postgresql:/bin/sh' >>"$postgres/etc/passwd"
echo 'postgres:x:999:' >>"$postgres/etc/group"
mkdir -p "$postgres/var/lib/postgresql/data" "$postgres/var/run/postgresql"
chown -R 999:999 "$postgres/var/lib/postgresql" "$postgres/var/run/postgresql"
chmod 3777 "$postgres/var/run/postgresql"
cat >"$postgres/usr/bin/entrypoint" <<'ENTRYPOINT'
#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" -E UTF8 --locale=C.UTF-8 ${POSTGRES_INITDB_ARGS:-} --auth-local=trust
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
    [ "$POSTGRES_DB" = postgres ] || createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@" -c listen_addresses='*'
ENTRYPOINT
chmod +x "$postgres/usr/bin/entrypoint"
import "$postgres" postgres:15-bookworm -c 'ENTRYPOINT ["/usr/bin/entrypoint"]' -c 'CMD ["postgres"]' -c 'ENV LANG=C.UTF-8' \
    -c "ENV PATH=$postgres_home/bin:/usr/bin:/usr/sbin" -c 'VOLUME /var/lib/postgresql/data'
