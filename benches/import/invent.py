"""Invents ratings and writes them in every layout that is measured: `invent.py FOLDER ROWS`. The same rows for the same
count; what is there already stays."""

import gzip
import os
import shutil
import sys

import numpy
import pandas
import polars

# As in MovieLens 20M: ratings of a user, and films.
ROWS_OF_A_USER = 144
FILMS = 27_278


def ratings(rows):
    """Sorted by user, a film once for each, popular films more often."""
    chance = numpy.random.default_rng(20)
    wanted, rows = rows, rows + rows // 8
    users = max(1, rows // ROWS_OF_A_USER)
    user = numpy.sort(chance.integers(1, users + 1, rows, dtype=numpy.int32))
    film = (FILMS * chance.random(rows) ** 3).astype(numpy.int32) + 1
    half_stars = numpy.clip(numpy.rint(chance.normal(7, 2, rows)), 1, 10)
    time = chance.integers(789_652_009, 1_427_784_002, rows)
    table = pandas.DataFrame({"userId": user, "movieId": film, "rating": half_stars / 2, "timestamp": time})
    return table.drop_duplicates(["userId", "movieId"]).head(wanted)


def write_films(path, separator, header):
    """A film a line."""
    with open(path, "w", encoding="utf-8") as out:
        out.write(header)
        for film in range(1, FILMS + 1):
            out.write(separator.join((str(film), f"Film {film} ({1920 + film % 100})", "Drama|Comedy")) + "\n")


def write(folder, rows):
    """All layouts, a folder each."""
    table = ratings(rows)
    for layout in ("csv", "dat", "gz", "parquet-pandas", "parquet-polars"):
        os.makedirs(os.path.join(folder, layout))
        if layout == "dat":
            write_films(os.path.join(folder, layout, "movies.dat"), "::", "")
        else:
            write_films(os.path.join(folder, layout, "movies.csv"), ",", "movieId,title,genres\n")
    csv = os.path.join(folder, "csv", "ratings.csv")
    polars.from_pandas(table).write_csv(csv)
    with open(csv, "rb") as plain, gzip.open(os.path.join(folder, "gz", "ratings.csv.gz"), "wb", compresslevel=6) as out:
        shutil.copyfileobj(plain, out, 1 << 20)
    with open(csv, "rb") as plain, open(os.path.join(folder, "dat", "ratings.dat"), "wb") as out:
        next(plain)
        while lines := plain.readlines(1 << 24):
            out.write(b"".join(lines).replace(b",", b"::"))
    table.to_parquet(os.path.join(folder, "parquet-pandas", "ratings.parquet"), index=False)
    polars.from_pandas(table).write_parquet(os.path.join(folder, "parquet-polars", "ratings.parquet"))


def main():
    """Under another name until it is whole."""
    folder = os.path.join(sys.argv[1], sys.argv[2])
    if os.path.isdir(folder):
        return
    print(f"invent.py: writing {sys.argv[2]} ratings", flush=True)
    unfinished = folder + ".unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    write(unfinished, int(sys.argv[2]))
    os.rename(unfinished, folder)


main()
