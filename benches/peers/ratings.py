"""The ratings of a dataset version as matrices, read from its Arrow files."""

import os

import numpy
import pyarrow.ipc
import scipy.sparse


class Ratings:
    """U users and F films in ascending order of their ids; half-stars from 1 to 10."""

    def __init__(self, data_dir, name):
        folder = os.path.join(data_dir, "datasets", name)
        with open(os.path.join(folder, "latest"), encoding="utf-8") as latest:
            version = latest.read().strip()
        table = pyarrow.ipc.open_file(os.path.join(folder, version, "ratings.arrow")).read_all()
        column = {key: table[key].to_numpy() for key in ("user_id", "movie_id", "half_stars")}
        self.user_ids, rows = numpy.unique(column["user_id"], return_inverse=True)
        self.movie_ids, columns = numpy.unique(column["movie_id"], return_inverse=True)
        shape = (len(self.user_ids), len(self.movie_ids))
        half_stars = column["half_stars"].astype(numpy.float32)
        self.by_user = scipy.sparse.csr_matrix((half_stars, (rows, columns)), shape)
        self.by_user.sort_indices()

    def sample(self, count, seed=20):
        """Indexes of different users, the same on every run."""
        return numpy.random.default_rng(seed).choice(len(self.user_ids), count, replace=False)

    def profile(self, user):
        """Films of a user and the half-stars for them."""
        at = slice(self.by_user.indptr[user], self.by_user.indptr[user + 1])
        return self.by_user.indices[at], self.by_user.data[at]
