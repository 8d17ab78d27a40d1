# shellcheck shell=bash
# Whether the page is built as its sources are; to be sourced, with $root and $target set. A page that is built again is
# embedded again, which takes minutes.
: "${root:?}" "${target:?}"

page_hash() {
    (
        cd "$root/web" || exit
        find . \( -name node_modules -o -name dist -o -name test -o -name e2e -o -name test-results -o -name playwright-report \) -prune \
            -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    ) | sha256sum
}

page_is_built() { [ -f "$root/web/dist/index.html" ] && [ "$(cat "$target/page.sha256" 2>/dev/null)" = "$(page_hash)" ]; }

remember_page() {
    mkdir -p "$target"
    page_hash >"$target/page.sha256"
}
