"""Reads a data lake with pyarrow and duckdb, and holds what they count against its manifest: `readers.py LAKE`, in an
environment that has both. Fails unless all agree."""

import glob
import json
import os
import sys

import duckdb
import pyarrow.compute
import pyarrow.dataset

LAKE = os.path.abspath(sys.argv[1])


def entries_of(*folder):
    """All entries in a folder of the manifest."""
    entries = []
    for path in glob.glob(os.path.join(LAKE, "manifest", *folder, "*.json")):
        with open(path, encoding="utf-8") as entry:
            entries.append(json.load(entry))
    return entries


def by_manifest():
    """Rows in all, the last event's number and the files."""
    entries = sorted(entries_of(), key=lambda entry: entry["after"]["seq"])
    return sum(entry["rows"] for entry in entries), entries[-1]["last"]["seq"], len(entries)


def by_pyarrow():
    """The same, with counts by kind and of different events."""
    lake = pyarrow.dataset.dataset(os.path.join(LAKE, "ratings"), format="parquet", partitioning="hive")
    table = lake.to_table()
    kinds = {one["values"]: one["counts"] for one in pyarrow.compute.value_counts(table["kind"]).to_pylist()}
    print(table.schema.to_string())
    return (
        (table.num_rows, pyarrow.compute.max(table["seq"]).as_py(), len(lake.files)),
        kinds,
        pyarrow.compute.count_distinct(table["event_id"]).as_py(),
        pyarrow.compute.sum(table["rating"]).as_py(),
        sorted({(str(day), int(hour)) for day, hour in zip(table["day"].to_pylist(), table["hour"].to_pylist())}),
    )


def by_duckdb():
    """The same."""
    where = f"read_parquet('{LAKE}/ratings/**/*.parquet', hive_partitioning = true, filename = true)"

    def ask(columns, rest=""):
        return duckdb.sql(f"SELECT {columns} FROM {where} {rest}").fetchall()

    (rows, last, files, events, stars) = ask(
        "COUNT(*), MAX(seq), COUNT(DISTINCT filename), COUNT(DISTINCT event_id), SUM(rating)"
    )[0]
    hours = sorted({(str(day), int(hour)) for day, hour in ask("DISTINCT day, hour")})
    return (rows, last, files), dict(ask("kind, COUNT(*)", "GROUP BY kind")), events, stars, hours


def raw_lines():
    """Raw lines by manifest, pyarrow and duckdb: rows, files, different lines, and rows by fate."""
    entries, fates = entries_of("raw"), {}
    for entry in entries:
        for fate, rows in entry["fates"].items():
            fates[fate] = fates.get(fate, 0) + rows
    rows = sum(entry["rows"] for entry in entries)
    listed = (rows, len(entries), rows, {fate: rows for fate, rows in fates.items() if rows})
    if not entries:
        return [listed]
    lake = pyarrow.dataset.dataset(os.path.join(LAKE, "raw"), format="parquet", partitioning="hive")
    table = lake.to_table()
    print(table.schema.to_string())
    lines = set(zip(table["batch_id"].to_pylist(), table["line_number"].to_pylist()))
    counts = {one["values"]: one["counts"] for one in pyarrow.compute.value_counts(table["fate"]).to_pylist()}
    where = f"read_parquet('{LAKE}/raw/**/*.parquet', hive_partitioning = true, filename = true)"
    columns = "COUNT(*), COUNT(DISTINCT filename), COUNT(DISTINCT (batch_id, line_number))"
    duck = duckdb.sql(f"SELECT {columns} FROM {where}").fetchall()[0]
    by_fate = dict(duckdb.sql(f"SELECT fate, COUNT(*) FROM {where} GROUP BY fate").fetchall())
    return [listed, (table.num_rows, len(lake.files), len(lines), counts), (*duck, by_fate)]


def main():
    """Says what is counted."""
    listed, arrow, duck = by_manifest(), by_pyarrow(), by_duckdb()
    for name, found in (("manifest", (listed,)), ("pyarrow", arrow), ("duckdb", duck)):
        print(f"{name}: rows, last event, files {found[0]}", *found[1:])
    raw = raw_lines()
    for found in raw:
        print("raw lines: rows, files, different ones, by fate", *found)
    agree = listed == arrow[0] and arrow == duck and arrow[2] == listed[0] and all(found == raw[0] for found in raw)
    print("all agree" if agree else "THEY DIFFER")
    sys.exit(not agree)


main()
