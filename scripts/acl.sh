#!/usr/bin/env bash
# Makes the broker's ACL of the table of roles and topics.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<'HELP'
usage: scripts/acl.sh [--prefix PREFIX] [--check]

Prints the ACL file for Mosquitto that mosquitto/roles.tsv describes.

options:
  --prefix PREFIX  the first part of every topic [default: cineswarm]
  --check          fail if mosquitto/acl is not what would be printed
  --help           print this
HELP
}

prefix=cineswarm check=false
while [ $# -gt 0 ]; do
    case $1 in
    --prefix) needs_value "$@"; prefix=$2; shift 2 ;;
    --check) check=true; shift ;;
    --help | -h) usage; exit ;;
    *) wrong_usage "what is $1?" ;;
    esac
done

acl() {
    echo "# Made by scripts/acl.sh from roles.tsv; change that, and run it again."
    awk -F '\t' -v prefix="$prefix" '
        /^#/ || NF < 3 { next }
        {
            sub(/^P\//, prefix "/", $3)
            if ($1 == "self") { patterns = patterns "pattern " $2 " " $3 "\n"; next }
            if ($1 != user) { print "\nuser " $1; user = $1 }
            print "topic " $2 " " $3
        }
        END { printf "\n# For every client, on the topics of its own.\n%s", patterns }
    ' "$root/mosquitto/roles.tsv"
}

if $check; then
    acl | diff - "$root/mosquitto/acl" >&2 || fail "mosquitto/acl is not what roles.tsv says: run scripts/acl.sh >mosquitto/acl"
else
    acl
fi
