// Recommendations computed the slow, obvious way, straight from ratings.csv and movies.csv, with none of the product's
// code: every pair of users, every film. docs/PROTOCOL.md has the order of operations that makes the bits equal.

import { readFileSync } from "node:fs";
import { join } from "node:path";

function* rows(file) {
  const [, ...lines] = readFileSync(file, "utf8").split(/\r?\n/);
  for (const line of lines) {
    if (line === "") continue;
    yield [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
  }
}

export class Reference {
  /** User id -> film id -> half-stars. */
  users = new Map();
  /** Film id -> {year, genres, ratings, halfStars}. */
  films = new Map();

  constructor(directory) {
    for (const [id, title, genres] of rows(join(directory, "movies.csv"))) {
      const year = /\((\d{4})\)\s*$/.exec(title)?.[1];
      this.films.set(Number(id), {
        title,
        year: year && Number(year),
        genres: genres === "(no genres listed)" ? [] : genres.split("|"),
        ratings: 0,
        halfStars: 0,
      });
    }
    for (const [user, film, stars] of rows(join(directory, "ratings.csv"))) {
      const known = this.films.get(Number(film));
      const halfStars = Number(stars) * 2;
      if (!this.users.has(Number(user))) this.users.set(Number(user), new Map());
      this.users.get(Number(user)).set(Number(film), halfStars);
      known.ratings += 1;
      known.halfStars += halfStars;
    }
  }

  /** A user gives a film so many half-stars, or takes the rating back with `null`. */
  rate(user, film, halfStars) {
    if (!this.users.has(user)) this.users.set(user, new Map());
    const [ratings, known] = [this.users.get(user), this.films.get(film)];
    if (ratings.has(film)) {
      known.ratings -= 1;
      known.halfStars -= ratings.get(film);
      ratings.delete(film);
    }
    if (halfStars === null) return;
    ratings.set(film, halfStars);
    known.ratings += 1;
    known.halfStars += halfStars;
  }

  forget(user) {
    for (const film of [...(this.users.get(user)?.keys() ?? [])]) this.rate(user, film, null);
  }

  neighbours(profile, { k = 40, shrink = 0, exclude = null } = {}) {
    const norm = (ratings) => [...ratings.values()].reduce((sum, halfStars) => sum + halfStars ** 2, 0);
    const own = norm(profile);
    const all = [];
    for (const [user, ratings] of this.users) {
      if (user === exclude) continue;
      let dot = 0;
      let overlap = 0;
      for (const [film, halfStars] of profile) {
        if (!ratings.has(film)) continue;
        dot += halfStars * ratings.get(film);
        overlap += 1;
      }
      if (overlap === 0) continue;
      const cosine = dot / Math.sqrt(own * norm(ratings));
      all.push({ user, ratings, dot, similarity: shrink === 0 ? cosine : cosine * (overlap / (overlap + shrink)) });
    }
    return all.sort((a, b) => b.similarity - a.similarity || a.user - b.user).slice(0, k);
  }

  /** The whole list, best first: {movie_id, score, predicted_rating, neighbours, because}. */
  recommendations(profile, neighbours, { allow = () => true, penalty = "none", genreWeight = 0, minRaters = 1 } = {}) {
    const total = neighbours.reduce((sum, { similarity }) => sum + similarity, 0);
    const candidates = new Set(neighbours.flatMap(({ ratings }) => [...ratings.keys()]));
    const list = [];
    for (const movieId of candidates) {
      const film = this.films.get(movieId);
      if (profile.has(movieId) || !allow(film, movieId)) continue;
      const raters = neighbours.filter(({ ratings }) => ratings.has(movieId));
      if (raters.length < minRaters) continue;
      const weighted = raters.reduce((sum, { similarity, ratings }) => sum + similarity * ratings.get(movieId), 0);
      let score = weighted / total;
      if (penalty === "mild") score /= Math.sqrt(Math.sqrt(film.ratings));
      if (genreWeight > 0) score *= 1 + genreWeight * this.#resemblance(film, profile);
      list.push({ movie_id: movieId, score, neighbours: raters.length, raters, weighted });
    }
    list.sort((a, b) => b.score - a.score || a.movie_id - b.movie_id);
    return list;
  }

  /** The viewer's mean plus the raters' mean deviation, both damped; in stars. */
  predictedRating(profile, { movie_id, raters }) {
    let ratings = 0;
    let halfStars = 0;
    for (const film of this.films.values()) {
      ratings += film.ratings;
      halfStars += film.halfStars;
    }
    const sum = (values) => [...values].reduce((total, value) => total + value, 0);
    const viewersMean = (sum(profile.values()) + 5 * (halfStars / ratings)) / (profile.size + 5);
    let deviation = 0;
    let similarities = 0;
    for (const rater of raters) {
      const mean = sum(rater.ratings.values()) / rater.ratings.size;
      deviation += rater.similarity * (rater.ratings.get(movie_id) - mean);
      similarities += rater.similarity;
    }
    return Math.min(5, Math.max(0.5, (viewersMean + deviation / (similarities + 1)) / 2));
  }

  /** The viewer's films a score goes back to, the largest share first. */
  because(profile, { movie_id, raters, weighted }) {
    const films = [...profile.keys()].sort((a, b) => a - b).map((own) => {
      let contribution = 0;
      let both = 0;
      for (const { similarity, ratings, dot } of raters) {
        if (!ratings.has(own)) continue;
        contribution += ((similarity * ratings.get(movie_id)) / dot) * (profile.get(own) * ratings.get(own));
        both += 1;
      }
      return { movie_id: own, share: contribution / weighted, neighbours: both };
    });
    return films.filter(({ neighbours }) => neighbours > 0).sort((a, b) => b.share - a.share || a.movie_id - b.movie_id);
  }

  /** Film ids, the most popular first. */
  popular(allow = () => true) {
    const rated = [...this.films].filter(([, film]) => film.ratings > 0);
    const total = rated.reduce((sum, [, film]) => sum + film.ratings, 0);
    const mean = rated.reduce((sum, [, film]) => sum + film.halfStars, 0) / total / 2;
    const scored = rated
      .filter(([, film]) => allow(film))
      .map(([movieId, film]) => ({ movieId, score: Math.sqrt(film.ratings) * ((film.halfStars / film.ratings / 2 - mean) * (film.ratings / (film.ratings + 5))) }));
    return scored.sort((a, b) => b.score - a.score || a.movieId - b.movieId).map(({ movieId }) => movieId);
  }

  #resemblance(film, profile) {
    const rarity = (genres) => [...genres].reduce((sum, genre) => sum + this.#rarity(genre), 0);
    let sum = 0;
    let weights = 0;
    for (const [movieId, halfStars] of profile) {
      const other = this.films.get(movieId).genres;
      const either = rarity(new Set([...film.genres, ...other]));
      sum += halfStars * (either > 0 ? rarity(film.genres.filter((genre) => other.includes(genre))) / either : 0);
      weights += halfStars;
    }
    return sum / weights;
  }

  #rarities = new Map();

  #rarity(genre) {
    if (!this.#rarities.has(genre)) {
      const films = [...this.films.values()].filter(({ genres }) => genres.includes(genre)).length;
      this.#rarities.set(genre, Math.log(this.films.size / films));
    }
    return this.#rarities.get(genre);
  }
}
