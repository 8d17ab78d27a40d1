"""Has pandas, pyarrow, polars and duckdb write the same ratings as Parquet in the ways they know, and imports each:
`writers.py PROGRAM`, in an environment that has them. Fails unless all are the dataset that the CSV file is."""

import json
import os
import subprocess
import sys
import tempfile

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pyarrow.parquet

ROWS = 20_000
PROGRAM = os.path.abspath(sys.argv[1])


def invented():
    """Ratings with a time each, sorted by nothing."""
    chance = numpy.random.default_rng(7)
    table = pandas.DataFrame(
        {
            "userId": chance.integers(1, 300, ROWS),
            "movieId": chance.integers(1, 900, ROWS),
            "rating": chance.integers(1, 11, ROWS) / 2,
            "timestamp": chance.integers(789_652_009, 1_427_784_002, ROWS),
        }
    )
    return table.drop_duplicates(["userId", "movieId"]).reset_index(drop=True)


def hash_of(folder):
    """What an import makes of it."""
    with tempfile.TemporaryDirectory() as data_dir:
        where = ("--name", "x", "--data-dir", data_dir)
        done = subprocess.run([PROGRAM, "data", "import", folder, *where], capture_output=True, text=True, check=False)
        if done.returncode != 0 or "bad rows  none" not in done.stdout:
            return f"{done.stdout}{done.stderr}"
        info = [PROGRAM, "data", "info", "x", "--json", "--data-dir", data_dir]
        return json.loads(subprocess.run(info, capture_output=True, check=True).stdout)["content_sha256"]


def ways(table):
    """A name, and what writes the file to a path."""
    dates = pandas.to_datetime(table["timestamp"], unit="s")
    arrow = pyarrow.Table.from_pandas(table, preserve_index=False)
    for codec in ("snappy", "gzip", "zstd", "none"):
        yield f"pandas, {codec}", lambda path, codec=codec: table.to_parquet(path, compression=None if codec == "none" else codec)
        for version, pages in (("1.0", "1.0"), ("2.6", "2.0")):
            yield f"pyarrow {version}, pages {pages}, {codec}", lambda path, codec=codec, version=version, pages=pages: (
                pyarrow.parquet.write_table(arrow, path, compression=codec, version=version, data_page_version=pages)
            )
    yield "pyarrow, no dictionary, groups of 1,000", lambda path: pyarrow.parquet.write_table(
        arrow, path, use_dictionary=False, row_group_size=1000
    )
    yield "pyarrow, delta and byte stream split", lambda path: pyarrow.parquet.write_table(
        arrow, path, use_dictionary=False,
        column_encoding={"userId": "DELTA_BINARY_PACKED", "movieId": "DELTA_BINARY_PACKED", "rating": "BYTE_STREAM_SPLIT",
                         "timestamp": "DELTA_BINARY_PACKED"},
    )
    yield "pandas, narrow types", lambda path: table.astype(
        {"userId": "int32", "movieId": "uint16", "rating": "float32"}
    ).to_parquet(path)
    yield "pandas, ids as floats", lambda path: table.astype({"userId": "float64", "movieId": "float32"}).to_parquet(path)
    yield "pandas, ids as texts", lambda path: table.astype({"userId": "str", "movieId": "str"}).to_parquet(path)
    yield "pandas, categories", lambda path: table.astype({"userId": "str", "rating": "str"}).astype("category").to_parquet(path)
    yield "pandas, nullable", lambda path: table.convert_dtypes().to_parquet(path)
    for unit in ("s", "ms", "us", "ns"):
        yield f"pandas, times in {unit}", lambda path, unit=unit: table.assign(
            timestamp=dates.astype(f"datetime64[{unit}]")
        ).to_parquet(path)
    yield "pyarrow, times as Spark's older ones", lambda path: pyarrow.parquet.write_table(
        pyarrow.Table.from_pandas(table.assign(timestamp=dates)), path, use_deprecated_int96_timestamps=True
    )
    yield "pandas, times with a zone", lambda path: table.assign(
        timestamp=dates.dt.tz_localize("UTC").dt.tz_convert("America/Lima")
    ).to_parquet(path)
    yield "pandas, other names and columns", lambda path: table.rename(
        columns={"userId": "User ID", "movieId": "item_id", "rating": "Stars", "timestamp": "date"}
    ).assign(note="so, so").to_parquet(path)
    own = polars.from_pandas(table)
    for codec in ("zstd", "snappy", "gzip", "uncompressed"):
        yield f"polars, {codec}", lambda path, codec=codec: own.write_parquet(path, compression=codec)
    yield "polars, dates", lambda path: own.with_columns(
        polars.from_epoch("timestamp", time_unit="s")
    ).write_parquet(path)
    yield "polars, decimals", lambda path: own.with_columns(polars.col("rating").cast(polars.Decimal(5, 2))).write_parquet(path)
    yield "polars, categories", lambda path: own.with_columns(
        polars.col("userId").cast(polars.String).cast(polars.Categorical)
    ).write_parquet(path)
    duckdb.register("own", table)
    for codec in ("snappy", "zstd", "gzip", "uncompressed"):
        yield f"duckdb, {codec}", lambda path, codec=codec: duckdb.sql(
            f"COPY (SELECT * FROM own) TO '{path}' (FORMAT parquet, COMPRESSION {codec})"
        )
    yield "duckdb, times and small numbers", lambda path: duckdb.sql(
        "COPY (SELECT userId::UINTEGER AS userId, movieId::USMALLINT AS movieId, rating::DECIMAL(3,1) AS rating, "
        f"to_timestamp(timestamp) AS timestamp FROM own) TO '{path}' (FORMAT parquet, PARQUET_VERSION v2)"
    )
    yield "a folder of parts", lambda path: write_parts(arrow, path)


def write_parts(arrow, path):
    """As Spark does."""
    os.makedirs(path)
    for part, start in enumerate(range(0, arrow.num_rows, 5000)):
        name = os.path.join(path, f"part-{part:05}-c000.snappy.parquet")
        pyarrow.parquet.write_table(arrow.slice(start, 5000), name)
    open(os.path.join(path, "_SUCCESS"), "w", encoding="utf-8").close()


def main():
    """Says of each way whether it is read the same."""
    table = invented()
    films = "".join(f"{film},Film {film} (1990),Drama\n" for film in range(1, 900))
    found, others = {}, 0

    def imported(name, write):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "movies.csv"), "w", encoding="utf-8") as out:
                out.write("movieId,title,genres\n" + films)
            write(os.path.join(folder, name))
            return hash_of(folder)

    expected = imported("ratings.csv", lambda path: table.to_csv(path, index=False))
    for name, write in ways(table):
        found[name] = imported("ratings.parquet", write)
        is_same = found[name] == expected
        others += not is_same
        print(f"{'same' if is_same else 'OTHER: ' + found[name]}  {name}", flush=True)
    print(f"{len(found) - others} of {len(found)} are read as the CSV file is: {expected}")
    sys.exit(others > 0)


main()
