"""The engine's side: a `cineswarm-bench` process that is asked a line at a time and times itself."""

import os
import subprocess


class Engine:
    """A running `cineswarm-bench serve`."""

    def __init__(self, program, data_dir, name, threads=None):
        environment = os.environ | ({} if threads is None else {"RAYON_NUM_THREADS": str(threads)})
        self.process = subprocess.Popen(
            [program, "serve", data_dir, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def ask(self, *words):
        """The words of the answer to a request."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        outcome, *answer = self.process.stdout.readline().split() or ["error", "it has ended"]
        if outcome != "ok":
            raise RuntimeError(f"cineswarm-bench, asked {words[:4]}: {' '.join(answer)}")
        return answer

    def memory(self):
        """Bytes of the index, bytes with the rows, seconds it took to build, names of the kernels."""
        index, with_rows, seconds, *kernels = self.ask("neighbours", "memory")
        return int(index), int(with_rows), float(seconds), kernels

    def neighbours(self, users, k, kernel="best", threads=1, at_once=1):
        """For each user the seconds of the queries it was among, and a list of (neighbour, similarity), best first."""
        answers = []
        for part in " ".join(self.ask("neighbours", "query", at_once, kernel, threads, k, *users)).split(" ; "):
            nanoseconds, *found = part.split()
            pairs = (word.split(":") for word in found)
            answers.append((int(nanoseconds) / 1e9, [(int(user), float(similarity)) for user, similarity in pairs]))
        return answers

    def streams(self, users, k, kernel="best", threads=2):
        """Seconds of single queries, where every thread asks all of them, each its own."""
        return [int(word) / 1e9 for word in self.ask("neighbours", "streams", kernel, threads, k, *users)]

    def seconds(self, *words):
        """The time, in seconds, that the answer to a request begins with."""
        return int(self.ask(*words)[0]) / 1e9

    def close(self):
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()
