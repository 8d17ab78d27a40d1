"""Implicit ALS with 64 factors: an iteration of the engine, then one of implicit, with the same confidences and the same
regularisation; at the end the loss of both by one function, and what one more rating of a user costs.

Usage: ials.py PROGRAM DATA_DIR NAME RESULTS
"""

import os
import sys
import tempfile

import implicit.als
import numpy

from engine import Engine
from measure import begin, timed, write
from ratings import Ratings

FACTORS = 64
ITERATIONS = 8
REGULARISATION = 0.05
# A rating has the confidence 1 + PER_STAR * stars.
PER_STAR = 2.0
THREADS = 2
FOLDED = 200
# So many ratings at a time, for the sake of memory.
CHUNK = 1 << 19


def loss(confidences, users, films):
    """Hu, Koren and Volinsky 2008, equation 3: over all pairs, of which those without a rating have confidence 1."""
    matrix = confidences.tocoo()
    total = 0.0
    for start in range(0, matrix.nnz, CHUNK):
        part = slice(start, start + CHUNK)
        scores = numpy.einsum("rf,rf->r", users[matrix.row[part]], films[matrix.col[part]], dtype=numpy.float64)
        weights = matrix.data[part].astype(numpy.float64)
        total += (weights * (1.0 - scores) ** 2 - scores**2).sum()
    users, films = users.astype(numpy.float64), films.astype(numpy.float64)
    total += ((users.T @ users) * (films.T @ films)).sum()
    return total + REGULARISATION * ((users**2).sum() + (films**2).sum())


def factors_of(engine, shape):
    """The factors of users and films."""
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, side) for side in ("users", "films")]
        engine.ask("ials", "factors", *files)
        read = [numpy.fromfile(file, "<f4").reshape(-1, FACTORS) for file in files]
    if tuple(map(len, read)) != shape:
        raise AssertionError(f"factors of {len(read[0])} users and {len(read[1])} films instead of {shape}")
    return read


def main():
    program, data_dir, name, results = sys.argv[1:]
    begin(results)
    ratings = Ratings(data_dir, name)
    confidences = ratings.by_user.copy()
    confidences.data = 1.0 + PER_STAR * confidences.data / 2.0
    confidences.data = confidences.data.astype(numpy.float32)
    engine = Engine(program, data_dir, name, THREADS)
    engine.ask("ials", "start", FACTORS, REGULARISATION, PER_STAR)
    peer = implicit.als.AlternatingLeastSquares(
        FACTORS, regularization=REGULARISATION, alpha=1.0, iterations=1, num_threads=THREADS, random_state=1
    )
    times = {"engine": [], "implicit": []}
    for _ in range(ITERATIONS):
        times["engine"].append(engine.seconds("ials", "step"))
        # Goes on from the factors it has; the time given to the callback is that of the iteration alone.
        callback = lambda _iteration, seconds, _loss: times["implicit"].append(seconds)
        peer.fit(confidences, show_progress=False, callback=callback)
    factors = {"engine": factors_of(engine, confidences.shape), "implicit": (peer.user_factors, peer.item_factors)}
    for side, taken in times.items():
        lost = float(loss(confidences, *factors[side]))
        median = float(numpy.median(taken))
        write(results, what="ials", side=side, factors=FACTORS, iterations=ITERATIONS, seconds=median, loss=lost)

    engine.ask("ials", "finish")
    fold, anew, by_implicit, differences = [], [], [], []
    # A second thread has nothing to do for one user. The first solve makes what later ones find made.
    peer.num_threads = 1
    peer.recalculate_user(0, confidences[0])
    for user in ratings.sample(FOLDED):
        fold_time, solve_time, difference = engine.ask("ials", "fold", user)
        fold.append(int(fold_time) / 1e9)
        anew.append(int(solve_time) / 1e9)
        differences.append(float(difference))
        row = confidences[user]
        by_implicit.append(timed(peer.recalculate_user, user, row)[0])
    for side, taken in (("engine", fold), ("engine, solved anew", anew), ("implicit, solved anew", by_implicit)):
        median, high = numpy.percentile(taken, [50, 95])
        write(results, what="fold", side=side, users=FOLDED, median_us=1e6 * float(median), p95_us=1e6 * float(high))
    write(results, what="fold difference", largest=max(differences))
    engine.close()


if __name__ == "__main__":
    main()
