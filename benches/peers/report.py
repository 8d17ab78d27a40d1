"""Makes Markdown tables of what was measured, read from standard input; `ratio` says how many times the engine is faster.

Usage: report.py SHAPE < RESULTS
"""

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys

LIBRARIES = ("numpy", "scipy", "scikit-learn", "implicit", "similaripy", "lenskit")


def output(*command):
    """What a command says, or that it is unknown."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def from_file(path, key):
    """The value of the first line with this key in a file as under /proc."""
    with open(path, encoding="utf-8") as lines:
        found = [line.split(":", 1)[1].strip() for line in lines if line.startswith(key)]
    return found[0] if found else "unknown"


def head(shape):
    """When, where and with what was measured."""
    gibibytes = round(int(from_file("/proc/meminfo", "MemTotal").split()[0]) / 2**20)
    versions = ", ".join(f"{library} {importlib.metadata.version(library)}" for library in LIBRARIES)
    print(
        f"Measured on {datetime.datetime.now(datetime.UTC):%Y-%m-%d} at {output('git', 'rev-parse', '--short', 'HEAD')},"
        f" with an invented dataset of the shape {shape}: {os.cpu_count()} cores of"
        f" {from_file('/proc/cpuinfo', 'model name')}, {gibibytes} GiB, Linux {platform.release()},"
        f" {' '.join(output('rustc', '--version').split()[:2])}, Python {platform.python_version()}, {versions}."
    )


def table(header, alignment, rows):
    """A table, with an empty line before it."""
    print()
    for row in (header, alignment, *rows):
        print("|", " | ".join(map(str, row)), "|")


def figure(value):
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def bold(side, text):
    """The engine's own figures stand out."""
    return f"**{text}**" if side.startswith("engine") else text


def queries(measured):
    """One query at a time."""
    rows = [one for one in measured if one["what"] == "query"]
    if not rows:
        return
    facts = next(one for one in measured if one["what"] == "queries")
    own = next(one for one in rows if one["side"] == "engine")
    table(
        (f"one query, {facts['k']} neighbours", "queries", "median, ms", "p95, ms", "ratio of medians"),
        ("---", "---:", "---:", "---:", "---:"),
        [
            (
                bold(one["side"], one["side"]),
                one["queries"],
                bold(one["side"], figure(one["median_ms"])),
                figure(one["p95_ms"]),
                figure(one["median_ms"] / own["median_ms"]),
            )
            for one in rows
        ],
    )
    print(f"\nA query goes to {facts['postings_median']:,.0f} ratings at the median.")


def memory(measured):
    """What is kept to answer queries."""
    rows = [one for one in measured if one["what"] == "memory"]
    if not rows:
        return
    own = rows[0]
    table(
        ("memory of the index", "MB", "ratio"),
        ("---", "---:", "---:"),
        [(bold(one["side"], one["side"]), f"{one['bytes'] / 1e6:.1f}", f"{one['bytes'] / own['bytes']:.2g}") for one in rows],
    )
    print(
        f"\nWith the ratings by user, from which answers are explained, the engine takes {own['with_rows'] / 1e6:.0f} MB."
        f" It builds the index in {own['build_s']:.1f} s. Kernels here: {', '.join(own['kernels'])}."
    )


def batches(measured):
    """Many queries at a time."""
    rows = [one for one in measured if one["what"] == "batch"]
    if not rows:
        return
    own = rows[0]["per_second"]
    table(
        (f"{rows[0]['batch']} queries, 2 cores", "queries a second", "ratio", "the first after a pause"),
        ("---", "---:", "---:", "---:"),
        [
            (
                bold(one["side"], one["side"]),
                f"{one['per_second']:,.0f}",
                figure(own / one["per_second"]),
                f"{one['after_pause']:,.0f}",
            )
            for one in rows
        ],
    )


def seconds(measured, what, title, more=()):
    """What takes seconds, on two threads."""
    rows = [one for one in measured if one["what"] == what]
    if not rows:
        return
    own = rows[0]["seconds"]
    table(
        (title, "seconds", "ratio", *more),
        ("---", "---:", "---:", *("---:" for _ in more)),
        [
            (
                bold(one["side"], one["side"]),
                bold(one["side"], figure(one["seconds"])),
                figure(one["seconds"] / own),
                *(f"{one[key]:,.0f}" for key in more),
            )
            for one in rows
        ],
    )


def folds(measured):
    """One rating more."""
    rows = [one for one in measured if one["what"] == "fold"]
    if not rows:
        return
    table(
        ("one rating more in a user's ALS factors", "median, µs", "p95, µs"),
        ("---", "---:", "---:"),
        [(bold(one["side"], one["side"]), figure(one["median_us"]), figure(one["p95_us"])) for one in rows],
    )
    difference = next(one for one in measured if one["what"] == "fold difference")["largest"]
    print(f"\nThe engine's two ways differ by at most {difference:.1e} of the largest factor.")


def main():
    measured = [json.loads(line) for line in sys.stdin]
    head(sys.argv[1])
    queries(measured)
    memory(measured)
    batches(measured)
    seconds(measured, "items", "the 50 most similar films of every film, 2 threads")
    seconds(measured, "ials", "implicit ALS, 64 factors, 2 threads, an iteration", ("loss",))
    folds(measured)
    loads = [one["average"] for one in measured if one["what"] == "load"]
    print(f"\nLoad average when a part began: {', '.join(f'{load:.1f}' for load in loads)}.")


if __name__ == "__main__":
    main()
