"""Measures imports and what only reads the same files, in turn: `measure.py PROGRAM FOLDER ROWS RUNS`; prints Markdown."""

import importlib.metadata
import os
import statistics
import subprocess
import sys
import tempfile
import time

LAYOUTS = {
    "csv": ("CSV", "ratings.csv"),
    "dat": ("`.dat`", "ratings.dat"),
    "gz": ("CSV, gzip", "ratings.csv.gz"),
    "parquet-pandas": ("Parquet of pandas (Snappy)", "ratings.parquet"),
    "parquet-polars": ("Parquet of polars (zstd)", "ratings.parquet"),
}
SIDES = ("cineswarm", "pandas", "polars")


def measured(command):
    """Seconds, and MiB at the most, of a command that must succeed; and what it printed."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read()
    if process.returncode != 0:
        raise SystemExit(f"measure.py: {' '.join(command)} failed: {text}")
    return seconds, usage.ru_maxrss / 1024, text


def one(side, layout, program, folder):
    """One run of one side."""
    source = os.path.join(folder, layout)
    if side != "cineswarm":
        reader = os.path.join(os.path.dirname(os.path.abspath(__file__)), "read.py")
        seconds, memory, _ = measured([sys.executable, reader, side, layout, os.path.join(source, LAYOUTS[layout][1])])
        return seconds, memory
    with tempfile.TemporaryDirectory(dir=folder) as data_dir:
        seconds, memory, text = measured([program, "data", "import", source, "--name", "bench", "--data-dir", data_dir])
    if "bad rows  none" not in text:
        raise SystemExit(f"measure.py: the import of {layout} has bad rows: {text}")
    return seconds, memory


def main():
    """Everything once before anything a second time, so that what the machine does meanwhile meets all alike."""
    program, folder, rows, runs = sys.argv[1], os.path.join(sys.argv[2], sys.argv[3]), int(sys.argv[3]), int(sys.argv[4])
    found = {(side, layout): [] for layout in LAYOUTS for side in SIDES}
    for run in range(runs):
        for layout in LAYOUTS:
            # The file is in the page cache for all of them.
            with open(os.path.join(folder, layout, LAYOUTS[layout][1]), "rb") as file:
                while file.read(1 << 24):
                    pass
            for side in SIDES:
                found[side, layout].append(one(side, layout, program, folder))
                print(f"run {run + 1}: {layout}, {side}: {found[side, layout][-1]}", file=sys.stderr, flush=True)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("pandas", "polars", "pyarrow"))
    print(
        f"{rows:,} invented ratings, {os.cpu_count()} cores, medians of {runs} runs in turn, files in the page cache;"
        f" {versions}. Cineswarm checks, sorts and writes a dataset version; the others only read into memory."
    )
    print()
    print("| file | " + " | ".join(f"{side}, s | {side}, MiB" for side in SIDES) + " | of pandas' time | of polars' time |")
    print("|---|" + "---:|" * (2 * len(SIDES) + 2))
    for layout, (name, _) in LAYOUTS.items():
        medians = {side: [statistics.median(values) for values in zip(*found[side, layout])] for side in SIDES}
        cells = [f"{medians[side][0]:.2f} | {medians[side][1]:,.0f}" for side in SIDES]
        own = medians["cineswarm"][0]
        ratios = [f"{own / medians[side][0]:.2f}" for side in SIDES[1:]]
        print(f"| {name} | " + " | ".join(cells + ratios) + " |")


main()
