"""Ways to find the users most similar to a user (cosine of all half-stars) with other libraries.

Each takes the index of a user and gives the indexes of the neighbours with their similarities, best first.
"""

import numpy
import scipy.sparse

EXACT = 1e-9


class Cosine:
    """What the ways that add up dot products themselves have in common."""

    def __init__(self, ratings, k):
        self.ratings, self.k = ratings, k
        squares = ratings.by_user.multiply(ratings.by_user).sum(axis=1)
        self.norms = numpy.sqrt(numpy.asarray(squares, dtype=numpy.float64).ravel())

    def best(self, products, user):
        """The K best of the dot products with all users."""
        similarities = products / (self.norms * self.norms[user])
        similarities[user] = -1.0
        k = min(self.k, len(similarities) - 1)
        best = numpy.argpartition(similarities, -k)[-k:]
        best = best[numpy.lexsort((best, -similarities[best]))]
        return best, similarities[best]


class ColumnSums(Cosine):
    """numpy: for each film of the profile, its raters' sums grow by the product of both ratings.

    Row numbers are kept as 64-bit integers, although that takes more memory, because numpy otherwise converts them
    each time; of the ways to write this it was the fastest.
    """

    name = "NumPy, column slices added up"

    def __init__(self, ratings, k):
        super().__init__(ratings, k)
        columns = ratings.by_user.tocsc()
        self.offsets, self.rows, self.values = columns.indptr, columns.indices.astype(numpy.int64), columns.data

    def memory(self):
        return self.offsets.nbytes + self.rows.nbytes + self.values.nbytes + self.norms.nbytes

    def query(self, user):
        sums = numpy.zeros(len(self.norms), numpy.float32)
        films, ratings = self.ratings.profile(user)
        for film, rating in zip(films, ratings):
            column = slice(self.offsets[film], self.offsets[film + 1])
            sums[self.rows[column]] += rating * self.values[column]
        return self.best(sums, user)


class SlicedColumns(Cosine):
    """scipy: the columns of the profile's films as a matrix, times the profile."""

    name = "SciPy, column slices"

    def __init__(self, ratings, k):
        super().__init__(ratings, k)
        self.columns = ratings.by_user.tocsc()

    def memory(self):
        parts = (self.columns.indptr, self.columns.indices, self.columns.data, self.norms)
        return sum(part.nbytes for part in parts)

    def query(self, user):
        films, ratings = self.ratings.profile(user)
        return self.best(self.columns[:, films] @ ratings, user)


class InnerColumns(SlicedColumns):
    """scipy's inner loop, which no public function leads to, on slices of the columns that are not copied."""

    name = "SciPy, its private inner loop on column slices"

    def query(self, user):
        from scipy.sparse import _sparsetools

        columns, users = self.columns, len(self.norms)
        sums = numpy.zeros(users, numpy.float32)
        films, ratings = self.ratings.profile(user)
        for at, film in enumerate(films):
            start, end = columns.indptr[film], columns.indptr[film + 1]
            ends = numpy.array([0, end - start], columns.indptr.dtype)
            column = (columns.indices[start:end], columns.data[start:end])
            _sparsetools.csc_matvec(users, 1, ends, *column, ratings[at : at + 1], sums)
        return self.best(sums, user)


class Product(Cosine):
    """scipy: the whole matrix in compressed rows times the profile."""

    name = "SciPy, CSR product"

    def memory(self):
        parts = (self.ratings.by_user.indptr, self.ratings.by_user.indices, self.ratings.by_user.data, self.norms)
        return sum(part.nbytes for part in parts)

    def query(self, user):
        films, ratings = self.ratings.profile(user)
        profile = numpy.zeros(len(self.ratings.movie_ids), numpy.float32)
        profile[films] = ratings
        return self.best(self.ratings.by_user @ profile, user)


class BruteForce:
    """scikit-learn's NearestNeighbors; it finds the user too, who is taken out of the answer."""

    name = "scikit-learn, brute force"

    def __init__(self, ratings, k):
        from sklearn.neighbors import NearestNeighbors

        # In double precision, as it would otherwise normalise in single.
        self.matrix = ratings.by_user.astype(numpy.float64)
        self.found = NearestNeighbors(n_neighbors=k + 1, metric="cosine", algorithm="brute", n_jobs=1)
        self.found.fit(self.matrix)

    def memory(self):
        return sum(part.nbytes for part in (self.matrix.indptr, self.matrix.indices, self.matrix.data))

    def query(self, user):
        distances, neighbours = self.found.kneighbors(self.matrix[user])
        others = neighbours[0] != user
        return neighbours[0][others], 1.0 - distances[0][others]


class LensKit:
    """LensKit's user kNN, which offers no list of neighbours: it is asked to score one film, so that it does little else.

    It takes the mean off each user's ratings first, so its neighbours are others, and are not compared.
    """

    name = "LensKit, user kNN asked for one film"
    comparable = False

    def __init__(self, ratings, k):
        import pandas
        from lenskit.data import ItemList, from_interactions_df
        from lenskit.knn import UserKNNScorer

        matrix = ratings.by_user.tocoo()
        frame = pandas.DataFrame({"user_id": matrix.row, "item_id": matrix.col, "rating": matrix.data})
        self.scorer = UserKNNScorer(max_nbrs=k)
        self.scorer.train(from_interactions_df(frame))
        self.ratings, self.items = ratings, ItemList

    def memory(self):
        vectors, rows = self.scorer.user_vectors, self.scorer.user_ratings
        parts = (vectors.indptr, vectors.indices, vectors.data)
        return sum(part.nbytes for part in parts) + rows.nbytes

    def score(self, user, films):
        """Scores the films for the user, whose ratings are given with the query."""
        from lenskit.data import RecQuery

        own, ratings = self.ratings.profile(user)
        query = RecQuery(user_id=int(user), user_items=self.items(item_ids=own, rating=ratings))
        return self.scorer(query, self.items(item_ids=films))

    def query(self, user):
        self.score(user, [0])
        return None


class LensKitAll(LensKit):
    """The same, asked to score all films."""

    name = "LensKit, user kNN asked for all films"

    def query(self, user):
        self.score(user, numpy.arange(len(self.ratings.movie_ids)))
        return None
