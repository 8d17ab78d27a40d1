"""A worker that makes its results up, for tests: worker.py but for what it says of the neighbours it found.

    python liar.py LIE --broker-port PORT --id NAME --stubs FOLDER
"""

import sys

import worker

LIES = {
    "the same user three times": lambda found: [found[0]] * 3 + found[3:],
    "an overlap of four billion": lambda found: [(*one[:2], 4_000_000_000, *one[3:]) for one in found],
    "a dot product that does not fit": lambda found: [(*one[:3], one[3] + 1, *one[4:]) for one in found],
    "everybody is as near as can be": lambda found: [(1.0, *one[1:]) for one in sorted(found, key=lambda one: one[1])],
}

lie = LIES[sys.argv.pop(1)]
honest = worker.neighbours
worker.neighbours = lambda shards, query: lie(honest(shards, query))
worker.main()
