#!/usr/bin/env bash
# Makes what a farm with locked doors needs: a CA, a certificate for each part, passwords, Mosquitto's password file.
# Run again it makes only what is missing; --renew makes the certificates anew, and programs that run take them as they are.
set -euo pipefail
umask 077

usage() {
    cat <<'END'
usage: scripts/secrets.sh [options]

Makes, in a folder:
  ca.crt ca.key                      the CA; keep ca.key off the machines of the farm
  NAME.crt NAME.key                  for broker, master, worker and postgres, signed by the CA
  master.password worker.password    at the broker, for the users of these names
  operator.password                  at the broker, for people: may read everything and write orders
  postgres.password                  of the user cineswarm in PostgreSQL
  grafana.password                   of the user admin in Grafana
  ingest.password                    the token of who sends ratings to /ingest
  mosquitto.passwd                   the broker's password file, with these three users
  mosquitto_sub                      options for mosquitto_sub in the broker's container: the operator, over TLS

What is there already is left as it is.

options:
  --dir DIR        the folder [default: secrets]
  --host NAME      a further name or IP address under which a server is reached; may be repeated
                   [always: the part's own name, localhost, 127.0.0.1, ::1 and this machine's name]
  --days N         how long certificates are good for [default: 90]; the CA: ten years
  --renew          make the certificates anew, signed by the same CA; passwords stay
  --new-passwords  make the passwords anew; certificates stay
  --help           print this

On a Swarm, scripts/deploy.sh hands out what was made anew.
END
}

give_up() {
    printf 'error: %s\n' "$*" >&2
    exit "${2:-1}"
}

dir=secrets days=90 renew=false new_passwords=false
hosts=()
while [ $# -gt 0 ]; do
    case $1 in
    --dir | --host | --days)
        [ $# -ge 2 ] || { usage >&2; exit 2; }
        case $1 in
        --dir) dir=$2 ;;
        --host) hosts+=("$2") ;;
        --days) days=$2 ;;
        esac
        shift 2
        ;;
    --renew) renew=true; shift ;;
    --new-passwords) new_passwords=true; shift ;;
    --help | -h) usage; exit ;;
    *) printf 'error: what is %s?\n\n' "$1" >&2; usage >&2; exit 2 ;;
    esac
done
[[ $days =~ ^[1-9][0-9]{0,4}$ ]] || { echo "error: --days is '$days'; it must be a number of days from 1" >&2; exit 2; }
for host in ${hosts[@]+"${hosts[@]}"}; do
    # It goes into a file of OpenSSL's, where a comma or an end of line would begin something else.
    [[ $host =~ ^[A-Za-z0-9*._:-]+$ ]] || { echo "error: --host is '$host', which is neither a name nor an IP address" >&2; exit 2; }
done
command -v openssl >/dev/null || give_up "openssl is missing; install it (apt-get install openssl) and run this again"
command -v mosquitto_passwd >/dev/null ||
    give_up "mosquitto_passwd is missing; install Mosquitto (apt-get install mosquitto) and run this again"

mkdir -p "$dir"
cd "$dir"
# Files are made under another name and moved, so that nobody reads half of one.
work=$(mktemp -d ./.making.XXXXXX)
trap 'rm -rf "$work"' EXIT
quietly() { "$@" 2>"$work/said" || { cat "$work/said" >&2; give_up "this failed: $*"; }; }

if [ ! -s ca.key ] || [ ! -s ca.crt ]; then
    [ ! -s ca.crt ] || give_up "there is a ca.crt without its ca.key in $dir; bring the key back, or remove both and every .crt"
    quietly openssl ecparam -name prime256v1 -genkey -noout -out "$work/ca.key"
    # A name of its own, so that a certificate of another CA is told from one that is damaged.
    quietly openssl req -x509 -new -key "$work/ca.key" -sha256 -days 3650 -subj "/CN=Cineswarm CA $(openssl rand -hex 4)" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$work/ca.crt"
    mv "$work/ca.key" ca.key
    mv "$work/ca.crt" ca.crt
    renew=true
    echo "made ca.crt and ca.key"
fi

alternative_names() {
    local name
    for name in "$1" localhost 127.0.0.1 ::1 "$(uname -n)" ${hosts[@]+"${hosts[@]}"}; do
        if [[ $name == *:* || $name =~ ^[0-9.]+$ ]]; then printf 'IP:%s\n' "$name"; else printf 'DNS:%s\n' "$name"; fi
    done | sort -u | paste -sd,
}

certificate() {
    local name=$1
    if ! $renew && [ -s "$name.crt" ] && [ -s "$name.key" ]; then return; fi
    quietly openssl ecparam -name prime256v1 -genkey -noout -out "$work/key"
    quietly openssl pkcs8 -topk8 -nocrypt -in "$work/key" -out "$work/$name.key"
    quietly openssl req -new -key "$work/$name.key" -subj "/CN=$name" -out "$work/request"
    cat >"$work/extensions" <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = $(alternative_names "$name")
END
    quietly openssl x509 -req -in "$work/request" -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" \
        -sha256 -days "$days" -extfile "$work/extensions" -out "$work/$name.crt"
    # Whoever reads between the two moves finds a pair that does not fit, and reads again when the second one comes.
    mv "$work/$name.key" "$name.key"
    mv "$work/$name.crt" "$name.crt"
    echo "made $name.crt and $name.key, good for $days days"
}
for name in broker master worker postgres; do certificate "$name"; done

password() {
    if ! $new_passwords && [ -s "$1.password" ]; then return; fi
    # Hexadecimal stands for itself in a URL, a configuration file and a shell.
    openssl rand -hex 24 >"$work/password"
    mv "$work/password" "$1.password"
    echo "made $1.password"
}
for name in master worker operator postgres grafana ingest; do password "$name"; done

# The file holds salted hashes, so it is made again when a password is newer than it, and only then.
stale=false
for name in master worker operator; do
    if [ ! -s mosquitto.passwd ] || [ "$name.password" -nt mosquitto.passwd ]; then stale=true; fi
done
if $stale; then
    for name in master worker operator; do printf '%s:%s\n' "$name" "$(cat "$name.password")"; done >"$work/mosquitto.passwd"
    # -U hashes the file in place; a password on the command line would be everybody's to read.
    quietly mosquitto_passwd -U "$work/mosquitto.passwd"
    mv "$work/mosquitto.passwd" mosquitto.passwd
    echo "made mosquitto.passwd"
fi

# The broker's certificate is good for a client as well; whom it lets do what is the user's.
options=$(printf '%s\n' '-h 127.0.0.1' '--cafile /run/secrets/ca.crt' '--cert /run/secrets/broker.crt' '--key /run/secrets/broker.key' \
    '-u operator' "-P $(cat operator.password)")
if [ "$options" != "$(cat mosquitto_sub 2>/dev/null)" ]; then
    printf '%s\n' "$options" >"$work/mosquitto_sub"
    mv "$work/mosquitto_sub" mosquitto_sub
    echo "made mosquitto_sub"
fi
