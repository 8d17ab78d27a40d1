#!/usr/bin/env bash
# Builds the images of the farm and of its broker, and pushes them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/swarm.sh"

usage() {
    cat <<HELP
usage: scripts/build.sh [options]

Builds cineswarm-master, cineswarm-worker and cineswarm-mosquitto, named after the commit, and pushes them to REGISTRY.

options:
  --prebuilt [PROGRAM]  pack a program that was built here instead of building it in a container
                        [default: target/release/cineswarm]
  --tag TAG             tag of the images [default: the commit, with -changed if not all is committed]
  --registry HOST:PORT  where to push to [env: REGISTRY; default: 127.0.0.1:5000]
  --no-push             leave the images on this Docker
  --context NAME        Docker context to build with [default: that of docker]
  --dry-run             say what would be done, change nothing
  --help                print this

exit status: 0 built and pushed, 1 it failed, 2 wrong usage
HELP
}

registry=${REGISTRY:-127.0.0.1:5000} tag='' prebuilt='' push=true
while [ $# -gt 0 ]; do
    case $1 in
    --prebuilt)
        prebuilt=$root/target/release/cineswarm
        if [ $# -ge 2 ] && [[ $2 != --* ]]; then prebuilt=$2; shift; fi
        shift
        ;;
    --tag) needs_value "$@"; tag=$2; shift 2 ;;
    --registry) needs_value "$@"; registry=$2; shift 2 ;;
    --no-push) push=false; shift ;;
    *)
        common_option "$@"
        [ "$taken" -gt 0 ] || wrong_usage "what is $1?"
        shift "$taken"
        ;;
    esac
done
tag=${tag:-$(commit_tag)}
check_tag "$tag"
needs_program docker docker.io
swarm version >/dev/null 2>&1 || fail "Docker cannot be reached${CONTEXT:+ by the context $CONTEXT}"

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -1)
revision=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs a step, shows what it said only if it failed, and says how long it took.
step() {
    local what=$1 started=$SECONDS
    shift
    if $dry_run; then
        change "$@"
        return
    fi
    "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; fail "this failed: $*"; }
    good "$(printf '%-52s %4d s' "$what" $((SECONDS - started)))"
}
build() {
    local name=$1
    shift
    step "built $name" swarm build --build-arg "REVISION=$revision" --build-arg "VERSION=$version" \
        -t "$registry/cineswarm-$name:$tag" "$@"
}

title "Images of $tag for $registry"
context=$root file=$root/Dockerfile
if [ -n "$prebuilt" ]; then
    [ -x "$prebuilt" ] || fail "there is no program $prebuilt; build it (cargo build --release --bin cineswarm) or leave --prebuilt out"
    needs_program strip binutils
    context=$work/context file=$work/context/Dockerfile
    mkdir "$context"
    # The stages that run are the same; the program comes from this folder.
    { printf 'FROM scratch AS program\nCOPY cineswarm sbom.cdx.json /\nCOPY film-facts /film-facts\n'; sed -n '/^# -- What runs/,$p' "$root/Dockerfile"; } >"$file"
    strip -o "$context/cineswarm" "$prebuilt"
    cp -r "$root/film-facts" "$context/"
    host=$(rustc -vV | sed -n 's/^host: //p')
    (cd "$root" && cargo metadata --locked --format-version 1 --filter-platform "$host" 2>"$work/said") >"$work/metadata.json" ||
        { cat "$work/said" >&2; fail "cargo cannot say what is in the program"; }
    node "$root/scripts/sbom.mjs" <"$work/metadata.json" >"$context/sbom.cdx.json"
fi
for name in worker master; do
    build "$name" --target "$name" -f "$file" "$context"
done
build mosquitto -f "$root/mosquitto/Dockerfile" "$root/mosquitto"
# A program that was built against a newer C library does not start in the image.
step "the program runs in its image" swarm run --rm --network none --read-only "$registry/cineswarm-master:$tag" --version

if $push; then
    for name in worker master mosquitto; do
        step "pushed cineswarm-$name" swarm push "$registry/cineswarm-$name:$tag"
    done
fi
if ! $dry_run; then
    for name in master worker mosquitto; do
        bytes=$(swarm image inspect --format '{{.Size}}' "$registry/cineswarm-$name:$tag")
        note "$(printf '%-32s %6.1f MB' "cineswarm-$name:$tag" "$(awk "BEGIN { print $bytes / 1e6 }")")"
    done
    echo "To deploy: REGISTRY=$registry scripts/deploy.sh --tag $tag"
fi
