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

    def neighbours(self, users, k, kernel="best", threads=1):
        """Seconds, and for each user a list of (neighbour, similarity), best first."""
        how = "one" if len(users) == 1 else "many"
        nanoseconds, *words = self.ask("neighbours", how, kernel, threads, k, *users)
        answers = [[]]
        for word in words:
            if word == ";":
                answers.append([])
            else:
                user, similarity = word.split(":")
                answers[-1].append((int(user), float(similarity)))
        return int(nanoseconds) / 1e9, answers

    def seconds(self, *words):
        """The time, in seconds, that the answer to a request begins with."""
        return int(self.ask(*words)[0]) / 1e9

    def close(self):
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()
