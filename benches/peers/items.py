"""Item-item cosine, the 50 most similar films of every film: the engine and other libraries in turn, on two threads.

Usage: items.py PROGRAM DATA_DIR NAME RESULTS
"""

import sys
import tempfile

import implicit.nearest_neighbours
import numpy
import scipy.sparse
import similaripy

from engine import Engine
from measure import begin, timed, write
from ratings import Ratings

K = 50
THREADS = 2
ROUNDS = 3
# The libraries compute in single precision, in part.
CLOSE = 1e-5


def without_itself(row, film):
    """Similarities of a row of a matrix, the largest first, but for that of the film with itself."""
    others = row.indices != film
    return numpy.sort(row.data[others])[::-1]


def compare(found, similarities, name):
    """Raises unless the similarities of the films in the matrix are those found, but for the last, which may be cut."""
    similarities = scipy.sparse.csr_matrix(similarities)
    for film in range(0, similarities.shape[0], 50):
        expected = without_itself(similarities[film], film)[: K - 1]
        own = found[film]["similarity"][: len(expected)]
        if not numpy.allclose(own, expected, rtol=0, atol=CLOSE):
            raise AssertionError(f"film {film}: {own} instead of {expected} by {name}")


def main():
    program, data_dir, name, results = sys.argv[1:]
    begin(results)
    ratings = Ratings(data_dir, name)
    by_film = ratings.by_user.T.tocsr()
    engine = Engine(program, data_dir, name, THREADS)
    with tempfile.NamedTemporaryFile() as file:

        def own():
            seconds = engine.seconds("items", K, file.name)
            found = numpy.fromfile(file.name, [("column", "<u4"), ("similarity", "<f4")])
            return seconds, found.reshape(len(ratings.movie_ids), K)

        def by_implicit():
            # Each film's list begins with itself.
            model = implicit.nearest_neighbours.CosineRecommender(K=K, num_threads=THREADS)
            return timed(model.fit, ratings.by_user, False)[0], model.similarity

        def by_similaripy():
            return timed(lambda: similaripy.cosine(by_film, k=K, num_threads=THREADS, verbose=False))

        times = {"engine": [], "implicit": [], "similaripy": []}
        for _ in range(ROUNDS):
            seconds, found = own()
            times["engine"].append(seconds)
            for peer, run in (("implicit", by_implicit), ("similaripy", by_similaripy)):
                seconds, similarities = run()
                times[peer].append(seconds)
                compare(found, similarities, peer)
    for side, taken in times.items():
        write(results, what="items", side=side, k=K, rounds=ROUNDS, seconds=float(numpy.median(taken)))
    engine.close()


if __name__ == "__main__":
    main()
