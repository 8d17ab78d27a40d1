"""Neighbour queries: the engine and other libraries in turn, on the same users, with the answers compared.

Usage: neighbours.py PROGRAM DATA_DIR NAME RESULTS
"""

import multiprocessing
import sys

import numpy

import user_peers
from engine import Engine
from measure import begin, timed, write
from ratings import Ratings

K = 40
QUERIES = 200
# A block of queries of one side, then the next side; some at the beginning of each block are repeated, and count only
# then. Which side is first changes from block to block.
BLOCK = 40
WARM_UP = 4
# So many batches of one side in a row, then the next side. The first counts only as one that comes after a pause.
BATCH = 64
IN_A_ROW = 5
ROUNDS = 8
# How many times fewer queries the slow ones get.
FEWER = {"BruteForce": 10, "LensKit": 10, "LensKitAll": 10, "Product": 2}


def same(found, expected, ids):
    """Raises unless both answers have the same neighbours, but for equals at the end, with the same similarities."""
    users, similarities = ids[expected[0]].tolist(), expected[1]
    found_users = [user for user, _ in found]
    found_similarities = numpy.array([similarity for _, similarity in found])
    if len(found) != len(users) or not numpy.allclose(found_similarities, similarities, rtol=0, atol=user_peers.EXACT):
        raise AssertionError(f"other similarities: {found_similarities} instead of {similarities}")
    last = similarities[-1] + user_peers.EXACT
    certain = {user for user, similarity in zip(users, similarities) if similarity > last}
    if not certain <= set(found_users):
        raise AssertionError(f"other neighbours: {certain - set(found_users)} are missing")


def one_at_a_time(engine, ratings, results):
    """Every side answers the same users, a block of them at a time."""
    peers = [
        peer(ratings, K)
        for peer in (
            user_peers.SlicedColumns,
            user_peers.ColumnSums,
            user_peers.InnerColumns,
            user_peers.Product,
            user_peers.BruteForce,
            user_peers.LensKit,
            user_peers.LensKitAll,
        )
    ]
    sample = ratings.sample(QUERIES)
    answers = {}

    def own(kernel, threads):
        def ask(users):
            answered = engine.neighbours(ratings.user_ids[users], K, kernel, threads)
            for user, (_, neighbours) in zip(users, answered, strict=True):
                if answers.setdefault(user, neighbours) != neighbours:
                    raise AssertionError(f"{kernel} on {threads} threads finds other neighbours of {user}")
            return [seconds for seconds, _ in answered]

        return ask

    def two_streams(users):
        """What a query takes longer then is the machine's doing, and two threads on one query cannot do better."""
        return engine.streams(ratings.user_ids[users], K)

    def of_peer(peer):
        def ask(users):
            answered = [timed(peer.query, user) for user in users]
            if getattr(peer, "comparable", True):
                for user, (_, answer) in zip(users, answered, strict=True):
                    same(answers[user], answer, ratings.user_ids)
            return [seconds for seconds, _ in answered]

        return ask

    sides = [
        ("engine", own("best", 1), 1),
        ("engine, 2 threads", own("best", 2), 1),
        ("engine, 1 thread while another is at other queries", two_streams, 1),
        ("engine, portable", own("Portable", 1), 1),
    ]
    sides += [(peer.name, of_peer(peer), FEWER.get(type(peer).__name__, 1)) for peer in peers]
    times = {name: [] for name, _, _ in sides}
    # What peers answer is held against the engine's answers.
    own("best", 1)(sample)
    for block in range(0, QUERIES, BLOCK):
        first = block // BLOCK % len(sides)
        for name, ask, fewer in sides[first:] + sides[:first]:
            users = sample[block : block + BLOCK : fewer]
            ask(users[: WARM_UP // fewer + 1])
            times[name] += ask(users)
    touched = numpy.diff(ratings.by_user.tocsc().indptr)
    postings = [int(touched[ratings.profile(user)[0]].sum()) for user in sample]
    write(results, what="queries", k=K, postings_median=float(numpy.median(postings)))
    for name, taken in times.items():
        median, high = numpy.percentile(taken, [50, 95])
        write(results, what="query", side=name, queries=len(taken), median_ms=1e3 * float(median), p95_ms=1e3 * float(high))
    index, with_rows, seconds, kernels = engine.memory()
    write(results, what="memory", side="engine", bytes=index, with_rows=with_rows, build_s=seconds, kernels=kernels)
    for peer in peers:
        write(results, what="memory", side=peer.name, bytes=int(peer.memory()))
    return peers


def worker(queue, answered, peer):
    """Answers users from a queue until there are no more."""
    while (user := queue.get()) is not None:
        answered.put(len(peer.query(user)[0]))


def many_at_a_time(engine, ratings, peers, results):
    """Batches of queries with both cores, in turn; the peers as a process on each core."""
    fork = multiprocessing.get_context("fork")
    streams = []
    for peer in peers[:3]:
        queue, answered = fork.SimpleQueue(), fork.SimpleQueue()
        processes = [fork.Process(target=worker, args=(queue, answered, peer), daemon=True) for _ in range(2)]
        for process in processes:
            process.start()
        streams.append((peer.name, queue, answered, processes))

    def own(users):
        answered = engine.neighbours(ratings.user_ids[users], K, "best", threads=2, at_once=BATCH)
        return [seconds for seconds, _ in answered[::BATCH]]

    def of_peer(queue, answered):
        def batch(users):
            for user in users:
                queue.put(user)
            for _ in users:
                answered.get()

        return lambda users: [timed(batch, users[at : at + BATCH])[0] for at in range(0, len(users), BATCH)]

    sides = [("engine, a batch", own)] + [(name, of_peer(queue, answered)) for name, queue, answered, _ in streams]
    rates = {name: ([], []) for name, _ in sides}
    for at in range(ROUNDS):
        users = ratings.sample(BATCH * IN_A_ROW, seed=at)
        first = at % len(sides)
        for name, ask in sides[first:] + sides[:first]:
            after_pause, *in_a_row = ask(users)
            rates[name][0].append(BATCH / after_pause)
            rates[name][1].append(BATCH * len(in_a_row) / sum(in_a_row))
    for name, measured in rates.items():
        after_pause, in_a_row = (float(numpy.median(rate)) for rate in measured)
        write(results, what="batch", side=name, batch=BATCH, after_pause=after_pause, per_second=in_a_row)
    for _, queue, _, processes in streams:
        for process in processes:
            queue.put(None)
        for process in processes:
            process.join()


def main():
    program, data_dir, name, results = sys.argv[1:]
    begin(results)
    ratings = Ratings(data_dir, name)
    engine = Engine(program, data_dir, name, threads=2)
    peers = one_at_a_time(engine, ratings, results)
    many_at_a_time(engine, ratings, peers, results)
    engine.close()


if __name__ == "__main__":
    main()
