"""What all comparisons need: taking times, and writing down what was measured, one JSON object a line."""

import json
import os
import time


def timed(function, *arguments):
    """Seconds, and what the function returned."""
    started = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - started, result


def write(path, **measured):
    """Adds a measurement to the file that `report.py` reads."""
    with open(path, "a", encoding="utf-8") as out:
        out.write(json.dumps(measured) + "\n")
    print(measured, flush=True)


def begin(path):
    """Writes down how busy the machine is; called before a part does anything itself."""
    write(path, what="load", average=os.getloadavg()[0])
