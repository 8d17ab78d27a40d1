# Short names for what is done often; `just` lists them. Everything is a script that also works without it.

_default:
    @just --list

# the farm on this machine, with invented viewers or with DATA
run *OPTIONS:
    scripts/run.sh {{OPTIONS}}

# all tests, or only these sections
test *SECTIONS:
    scripts/test.sh {{SECTIONS}}

# what a change has to pass before it is looked at
check:
    scripts/test.sh fmt shellcheck clippy page-check

# what the terminal and the wire show, taken as it is now
snapshots:
    INSTA_UPDATE=always UPDATE_SCHEMAS=1 cargo test --workspace --test cli_shown --test wire --test schemas

# accidents, two at a time
chaos *OPTIONS:
    scripts/chaos.sh {{OPTIONS}}

# three processes that follow the log of ratings, killed at random with the master and the broker
kill-consumers SECONDS="60":
    E2E_BROKER=mosquitto EVENTS_KILL_SECONDS={{SECONDS}} node --test --test-name-pattern "whatever is killed" tests/e2e/events.test.mjs

# a Swarm in network namespaces, and everything on it
swarm *OPTIONS:
    sudo scripts/test-swarm.sh {{OPTIONS}}

# answers a second, and how long one takes
bench *OPTIONS:
    scripts/bench.sh {{OPTIONS}}

# how much of the code the tests run
coverage *OPTIONS:
    scripts/coverage.sh {{OPTIONS}}

# circles between the files of a crate
circles:
    node scripts/circles.mjs

# licences, advisories and versions of what is used
deny:
    cargo deny --workspace check
