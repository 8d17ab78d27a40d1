#!/usr/bin/env bash
# Machines for a test of Swarm on one host: network namespaces on a bridge of their own, each with a Docker daemon, and a
# registry. Nothing of the host's own network or Docker is touched.
#
#   cluster.sh up N          N nodes, all in one Swarm, the first one its manager
#   cluster.sh cut N         takes node N's cable out; `mend N` puts it back
#   cluster.sh outside CMD   runs a command where no overlay reaches, as a browser or an attacker would
#   cluster.sh docker N ARG  docker of node N
#   cluster.sh down          ends and removes all of it
#
# CLUSTER is the folder for everything (required); SUBNET the first three numbers of its network.
set -euo pipefail
CLUSTER=${CLUSTER:?set CLUSTER to a scratch folder}
SUBNET=${SUBNET:-172.31.78}
# Names of this cluster alone: another one may run beside it, and whoever takes this one down must not touch that.
name=cs-$(basename "$CLUSTER" | tr -dc 'A-Za-z0-9' | tail -c 10)
LAN=$name-lan
registry=$SUBNET.1:5000

client=$(command -v docker)
docker_of() {
    local node=$1
    shift
    "$client" -H "unix://$CLUSTER/n$node/docker.sock" "$@"
}
inside() {
    local namespace=$1
    shift
    nsenter --net="/run/netns/$namespace" "$@"
}

# Waits for a command to succeed, for so many tenths of a second.
await() {
    local tenths=$1
    shift
    for _ in $(seq "$tenths"); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "error: this never succeeded: $*" >&2
    return 1
}

network() {
    ip netns add "$LAN"
    ip -n "$LAN" link set lo up
    ip -n "$LAN" link add br0 type bridge
    ip -n "$LAN" addr add "$SUBNET.254/24" dev br0
    ip -n "$LAN" link set br0 up
    # Otherwise the bridge drops what the daemons' firewalls do not know.
    inside "$LAN" sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null || true
    # A name that is nobody's is refused at once, as by any resolver; without one each costs five seconds.
    # Not by way of a function: the process that is noted would be the shell around it, and end alone.
    nsenter --net=/run/netns/"$LAN" python3 "$(dirname "${BASH_SOURCE[0]}")/no_such_name.py" "$SUBNET.254" &
    echo $! >"$CLUSTER/resolver.pid"
}

node_up() {
    local n=$1
    ip netns add "$name-n$n"
    ip -n "$name-n$n" link set lo up
    ip -n "$name-n$n" link add eth0 type veth peer name "v$n" netns "$LAN"
    ip -n "$name-n$n" addr add "$SUBNET.$n/24" dev eth0
    ip -n "$name-n$n" link set eth0 up
    ip -n "$LAN" link set "v$n" master br0 up
    ip -n "$name-n$n" route add default via "$SUBNET.254"
    inside "$name-n$n" sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=0 2>/dev/null || true
    mkdir -p "$CLUSTER/n$n"
    # `ip netns exec` would hide the mounts of the control groups.
    nsenter --net="/run/netns/$name-n$n" unshare --mount --uts --propagation private sh -c "
        hostname n$n
        exec dockerd -H unix://$CLUSTER/n$n/docker.sock --data-root $CLUSTER/n$n/data --exec-root $CLUSTER/n$n/exec \
            --pidfile $CLUSTER/n$n/docker.pid --insecure-registry $registry --dns $SUBNET.254 --log-level warn
    " >"$CLUSTER/n$n/log" 2>&1 &
    echo $! >"$CLUSTER/n$n/pid"
    await 300 docker_of "$n" version || { tail -20 "$CLUSTER/n$n/log" >&2; return 1; }
}

registry_up() {
    mkdir -p "$CLUSTER/registry"
    cat >"$CLUSTER/registry/config.yml" <<CONFIG
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $CLUSTER/registry/data}}
http: {addr: "$registry"}
CONFIG
    nsenter --net=/run/netns/"$name"-n1 docker-registry serve "$CLUSTER/registry/config.yml" >"$CLUSTER/registry/log" 2>&1 &
    echo $! >"$CLUSTER/registry.pid"
    await 100 inside "$LAN" curl -fs "http://$registry/v2/"
}

up() {
    mkdir -p "$CLUSTER"
    network
    for n in $(seq "$1"); do node_up "$n" & done
    wait_for_jobs "$1"
    registry_up
    docker_of 1 swarm init --advertise-addr "$SUBNET.1" >/dev/null
    local token
    token=$(docker_of 1 swarm join-token -q worker)
    for n in $(seq 2 "$1"); do docker_of "$n" swarm join --token "$token" "$SUBNET.1:2377" >/dev/null; done
}

# `wait` alone would wait for the daemons as well.
wait_for_jobs() {
    for n in $(seq "$1"); do
        await 400 docker_of "$n" version || { tail -20 "$CLUSTER/n$n/log" >&2; return 1; }
    done
}

ended() { ! kill -0 "$1" 2>/dev/null; }

down() {
    local n pid file
    for n in 3 2 1; do
        [ -S "$CLUSTER/n$n/docker.sock" ] || continue
        timeout 20 "$client" -H "unix://$CLUSTER/n$n/docker.sock" swarm leave --force >/dev/null 2>&1 || true
    done
    for file in "$CLUSTER"/n?/pid "$CLUSTER"/registry.pid "$CLUSTER"/resolver.pid; do
        [ -f "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || true
        await 300 ended "$pid" || kill -9 "$pid" 2>/dev/null || true
    done
    for n in 1 2 3; do ip netns del "$name-n$n" 2>/dev/null || true; done
    ip netns del "$LAN" 2>/dev/null || true
    rm -rf "$CLUSTER"
}

command=${1:?what to do: up, cut, mend, outside, docker or down}
shift
case $command in
up) up "$1" ;;
down) down ;;
cut) ip -n "$LAN" link set "v$1" down ;;
mend) ip -n "$LAN" link set "v$1" up ;;
outside) exec nsenter --net="/run/netns/$LAN" "$@" ;;
docker) n=$1; shift; exec "$client" -H "unix://$CLUSTER/n$n/docker.sock" "$@" ;;
*) echo "error: what is $command?" >&2; exit 2 ;;
esac
