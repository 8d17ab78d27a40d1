#!/usr/bin/env bash
# Installs what the tests need and runs all of them, section by section, stopping at the first that fails.
# With names of sections (scripts/test.sh fmt clippy) runs only these; --list names them.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
self=$root/scripts/test.sh
cd "$root"
[ -d "$HOME/.cargo/bin" ] && PATH="$PATH:$HOME/.cargo/bin"
target=${CARGO_TARGET_DIR:-$root/target}
export CINESWARM_BIN=${CINESWARM_BIN:-$target/release/cineswarm}
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
# What makes the next build faster takes as much disk as the build.
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0}
# A test says by itself where it failed; line numbers for the rest would take minutes to compile.
export CARGO_PROFILE_DEV_DEBUG=${CARGO_PROFILE_DEV_DEBUG:-0}
venv=$target/test-venv
sample=${CINESWARM_TEST_DATA:-$root/../shared/data/ml-latest-small}

# What a section exits with that cannot run here.
SKIPPED=77

sections=(
    install shellcheck fmt
    page-check page-unit page-build page-alone
    clippy rust doc release
    e2e-embedded e2e-mosquitto run-script chaos
    browser-demo browser-sample
    monitoring swarm
)

section_install() {
    local packages=()
    missing() { ! command -v "$1" >/dev/null; }
    missing cc && packages+=(gcc libc6-dev)
    missing make && packages+=(make)
    missing mosquitto && packages+=(mosquitto)
    missing mosquitto_sub && packages+=(mosquitto-clients)
    missing sqlite3 && packages+=(sqlite3)
    compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || packages+=(libfaketime)
    [ -n "$(find /usr/lib/postgresql -name initdb -print -quit 2>/dev/null)" ] || packages+=(postgresql)
    [ -x "$CHROMIUM" ] || packages+=(chromium)
    python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
    missing openssl && packages+=(openssl)
    missing shellcheck && packages+=(shellcheck)
    missing promtool && packages+=(prometheus)
    missing amtool && packages+=(prometheus-alertmanager)
    missing dockerd && packages+=(docker.io)
    missing docker-registry && packages+=(docker-registry)
    missing ip && packages+=(iproute2)
    missing iptables && packages+=(iptables)
    missing jq && packages+=(jq)
    missing curl && packages+=(curl)
    if [ ${#packages[@]} -gt 0 ]; then
        echo "installing ${packages[*]}"
        local as_root=()
        [ "$(id -u)" -eq 0 ] || as_root=(sudo)
        "${as_root[@]}" apt-get update -qq
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
    fi
    (cd web && npm ci --no-audit --no-fund)
    (cd tests/e2e && npm ci --no-audit --no-fund)
    (cd tests/chaos && npm ci --no-audit --no-fund)
    if ! "$venv/bin/python" -c 'import grpc_tools, moto.server, paho.mqtt' 2>/dev/null; then
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet -r tests/python_worker/requirements.txt -r tests/s3/requirements.txt
    fi
}

section_shellcheck() {
    shellcheck scripts/*.sh scripts/lib/*.sh tests/swarm/*.sh benches/peers/*.sh benches/import/*.sh .ci/run
    scripts/acl.sh --check
}
section_fmt() {
    cargo fmt --all --check
    node scripts/circles.mjs
}
section_page-check() { cd web && npm run check; }
section_page-unit() { cd web && npm test; }
section_page-build() {
    (cd web && npm run build)
    # So that scripts/run.sh does not build it again.
    . "$root/scripts/lib/page.sh"
    remember_page
}
section_page-alone() { cd web && CI=1 npm run page; }
section_clippy() { cargo clippy --locked --workspace --all-targets -- -D warnings; }

section_rust() {
    if command -v cargo-nextest >/dev/null; then
        cargo nextest run --locked --workspace
    else
        cargo test --locked --workspace --lib --bins --tests
    fi
}

section_doc() { cargo test --locked --workspace --doc; }

section_release() {
    # A binary that was named is tested as it is.
    [ "$CINESWARM_BIN" = "$target/release/cineswarm" ] || exit "$SKIPPED"
    cargo build --locked --release --bin cineswarm
}

# A file at a time: farms side by side would compete for the machine. What a failed test left running ends with it.
node_tests() { node --test --test-concurrency=1 --test-force-exit --test-reporter=spec "$@"; }

# The whole suite on Mosquitto, the worker in Python included; on the embedded broker what has to do with a broker.
e2e() {
    local broker=$1
    shift
    E2E_BROKER=$broker PYTHON=$venv/bin/python node_tests "$@"
}
section_e2e-embedded() { e2e embedded tests/e2e/{answers,events,failover,live,operators}.test.mjs tests/python_worker/*.test.mjs; }
section_e2e-mosquitto() { e2e mosquitto tests/e2e/*.test.mjs tests/python_worker/*.test.mjs; }
section_run-script() { node_tests tests/e2e/run_script.mjs; }

# The ledger itself, that docs/GUARANTEES.md names tests that exist, and the main kinds of accidents; scripts/chaos.sh has more.
section_chaos() {
    node_tests tests/chaos/*.test.mjs
    scripts/chaos.sh --seed 1 --accident worker-killed+sqlite-locked --accident master-killed+grpc-delayed \
        --accident broker-killed+postgres-connections-terminated --accident gray-worker+worker-clock-ahead \
        --accident postgres-switchover+assignments-forged-empty --accident disk-full+master-status-cleared \
        --accident lying-worker+browsers-cut
    scripts/chaos.sh --everybody --kills --seconds 8 --rate 500
}

free_port() {
    node -e 'const server = require("node:net").createServer().listen(0, () => { console.log(server.address().port); server.close(); })'
}

# Runs the browser tests of the page against a farm with the given data; what else is given is for their runner.
browser() {
    local port grpc_port
    port=$(free_port)
    grpc_port=$(free_port)
    farm_directory=$(mktemp -d)
    # What one test's viewer rates is nothing to another's.
    "$CINESWARM_BIN" up --port "$port" --grpc-port "$grpc_port" --workers 2 --data "$1" --data-dir "$farm_directory/data" \
        --ratings-shared none \
        >"$farm_directory/log" 2>&1 &
    farm=$!
    trap 'kill "$farm" 2>/dev/null || true; wait "$farm" 2>/dev/null || true; rm -rf "$farm_directory"' EXIT
    local waited=0
    until "$CINESWARM_BIN" health --url "http://127.0.0.1:$port" >/dev/null 2>&1; do
        waited=$((waited + 1))
        if [ "$waited" -gt 300 ] || ! kill -0 "$farm" 2>/dev/null; then
            echo "the farm did not become ready:" >&2
            cat "$farm_directory/log" >&2
            return 1
        fi
        sleep 0.2
    done
    local outcome=0
    (cd web && CI=1 BASE_URL="http://127.0.0.1:$port" npm run e2e -- "${@:2}") || outcome=$?
    if grep -n panicked "$farm_directory/log"; then
        outcome=1
    fi
    return "$outcome"
}

section_browser-demo() { browser demo; }
section_browser-sample() {
    if [ ! -f "$sample/ratings.csv" ]; then
        echo "SKIPPED: there is no $sample; set CINESWARM_TEST_DATA"
        exit "$SKIPPED"
    fi
    # What real films and their titles make another of.
    browser "$sample" e2e/asking.spec.ts e2e/access.spec.ts --grep-invert 'axe finds nothing|no motion'
}

# Rules, receivers and dashboards by the programs that will read them, and against a farm that runs.
section_monitoring() {
    promtool check rules monitoring/rules.yml
    promtool test rules monitoring/rules.test.yml
    promtool check config --syntax-only monitoring/prometheus.yml
    # Docker fills these in.
    sed -E 's/\{\{ env "ALERT_RECEIVER" \}\}/nobody/; s/\{\{ env "ALERT_WEBHOOK_URL" \}\}/http:\/\/example.org/; s/\{\{ env "[A-Z_]+" \}\}/a@example.org:25/' \
        monitoring/alertmanager.yml >"${TMPDIR:-/tmp}/cineswarm-alertmanager.yml"
    amtool check-config "${TMPDIR:-/tmp}/cineswarm-alertmanager.yml"
    node monitoring/dashboards.mjs --check
    node_tests tests/monitoring/*.test.mjs
}

# The images and the stack on a Swarm of one node that is made for it, which needs root; scripts/test-swarm.sh by itself
# does more, also on three nodes.
section_swarm() {
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n "--preserve-env=PATH,CINESWARM_BIN,CINESWARM_TEST_DATA,GREEN_WITHIN_S")
    CINESWARM_TEST_DATA=$sample GREEN_WITHIN_S=${GREEN_WITHIN_S:-60} "${as_root[@]}" scripts/test-swarm.sh --short --only one
}

# Sums up what the test runners said; a section without tests of its own counts as one.
count_tests() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | awk -v status="$2" '
        # cargo test
        /^test result:/ { passed += $4; failed += $6; skipped += $8; found = 1 }
        # nextest
        /^ +Summary \[/ {
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) passed += $(i - 1)
                if ($i ~ /^(failed|timed)/) failed += $(i - 1)
                if ($i ~ /^skipped/) skipped += $(i - 1)
            }
            found = 1
        }
        # node
        /^(ℹ|#) pass [0-9]+$/ { passed += $3; found = 1 }
        /^(ℹ|#) fail [0-9]+$/ { failed += $3 }
        /^(ℹ|#) skipped [0-9]+$/ { skipped += $3 }
        # vitest
        /^ +Tests +[0-9]/ {
            for (i = 2; i <= NF; i++) {
                if ($i == "passed") passed += $(i - 1)
                if ($i == "failed") failed += $(i - 1)
                if ($i == "skipped") skipped += $(i - 1)
            }
            found = 1
        }
        # playwright
        /^ +[0-9]+ passed \(/ { passed += $1; found = 1 }
        /^ +[0-9]+ failed$/ { failed += $1; found = 1 }
        /^ +[0-9]+ skipped$/ { skipped += $1 }
        END {
            if (!found) { passed = status == 0; skipped = status == 77 }
            if (status != 0 && status != 77 && failed == 0) failed = 1
            print passed + 0, failed + 0, skipped + 0
        }'
}

case ${1:-} in
--list)
    printf '%s\n' "${sections[@]}"
    exit
    ;;
--section)
    # Each section is a process of its own, so that a failing command ends it.
    "section_$2"
    exit
    ;;
esac

[ $# -eq 0 ] || sections=("$@")
for name in "${sections[@]}"; do
    if [ "$(type -t "section_$name")" != function ]; then
        echo "there is no section $name; scripts/test.sh --list names them" >&2
        exit 2
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
summary=()
for name in "${sections[@]}"; do
    printf '\n=== %s\n' "$name"
    started=$SECONDS
    status=0
    "$self" --section "$name" 2>&1 | tee "$work/output" || status=$?
    read -r section_passed section_failed section_skipped < <(count_tests "$work/output" "$status")
    passed=$((passed + section_passed)) failed=$((failed + section_failed)) skipped=$((skipped + section_skipped))
    outcome=passed
    [ "$status" -eq 0 ] || outcome=FAILED
    [ "$status" -ne "$SKIPPED" ] || outcome=skipped
    line=$(printf '%-16s %-8s %5d s  %4d passed %3d failed %3d skipped' \
        "$name" "$outcome" $((SECONDS - started)) "$section_passed" "$section_failed" "$section_skipped")
    summary+=("$line")
    printf '=== %s\n' "$line"
    [ "$outcome" != FAILED ] || break
done

printf '\n=== in all, %d s\n' "$SECONDS"
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
