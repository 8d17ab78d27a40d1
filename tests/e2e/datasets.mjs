// Ratings to test with: an invented set that every run has, and the MovieLens sample where it is there.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The MovieLens sample's folder, or null. */
export function sample() {
  const beside = fileURLToPath(new URL("../../../shared/data/ml-latest-small", import.meta.url));
  const path = resolve(process.env.CINESWARM_TEST_DATA ?? beside);
  if (existsSync(join(path, "ratings.csv"))) return path;
  console.log(`SKIPPED tests on the MovieLens sample: there is no ${path}; set CINESWARM_TEST_DATA`);
  return null;
}

// Titles that the sentences in the tests name. All others are invented.
const NAMED = [
  ["Toy Story (1995)", "Animation|Children|Comedy"], ["Heat (1995)", "Action|Crime|Thriller"],
  ["Fargo (1996)", "Comedy|Crime|Drama"], ["Alien (1979)", "Horror|Sci-Fi"],
  ["Matrix, The (1999)", "Action|Sci-Fi|Thriller"], ["Cape Fear (1962)", "Thriller"],
  ["Cape Fear (1991)", "Thriller"], ["Good, the Bad and the Ugly, The (1966)", "Western"],
];
const GENRES = ["Action", "Comedy", "Drama", "Horror", "Romance", "Sci-Fi", "Western"];
const WORDS = ["Amber", "Borrowed", "Crooked", "Distant", "Eleventh", "Frozen", "Gilded", "Hollow", "Idle", "Jagged"];
const NOUNS = ["Lantern", "Orchard", "Harbour", "Corridor", "Meadow", "Furnace", "Attic", "Quarry", "Viaduct", "Ferry"];

/** The film ids of the titles that tests name. */
export const FILMS = { toyStory: 1, heat: 2, fargo: 3, alien: 4, matrix: 5, capeFear1962: 6, capeFear1991: 7 };

/** Numbers from 0 to 1 from a seed (mulberry32, public domain). */
function numbersFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes ratings.csv and movies.csv of 400 users with three tastes, and of 300 films, into a new folder. */
export function invent() {
  const directory = mkdtempSync(join(tmpdir(), "cineswarm-ratings-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const random = numbersFrom(20_261);
  const films = NAMED.map(([title, genres]) => ({ title, genres }));
  while (films.length < 300) {
    const number = films.length;
    const title = `${WORDS[number % 10]} ${NOUNS[Math.floor(number / 10) % 10]} ${["", "Road", "Hill", "Sea"][Math.floor(number / 100)]}`;
    const genres = [GENRES[number % 7], GENRES[(number * 3 + 1) % 7]];
    films.push({ title: `${title.trim()} (${1940 + (number % 80)})`, genres: [...new Set(genres)].sort().join("|") });
  }
  const quoted = (title) => (title.includes(",") ? `"${title}"` : title);
  const movies = films.map(({ title, genres }, at) => `${at + 1},${quoted(title)},${genres}`);
  const users = [];
  for (let user = 1; user <= 200; user += 1) {
    const taste = user % 3;
    const own = new Map();
    for (let film = 1; film <= films.length; film += 1) {
      // Low numbers are known to more people, as in life.
      if (random() > 0.06 + 0.5 / Math.sqrt(film)) continue;
      const liked = film % 3 === taste ? 7 : 4;
      own.set(film, Math.max(1, Math.min(10, Math.round(liked + (random() - 0.5) * 6))));
    }
    users.push(own);
  }
  // Each has a twin who gave the same ratings, three of them to other films: to most viewers both are equally similar,
  // and it makes a difference which of them is taken.
  for (const original of users.slice()) {
    const twin = new Map(original);
    for (const [film, halfStars] of [...original].slice(-3)) {
      let other = film;
      while (twin.has(other)) other = 1 + Math.floor(random() * films.length);
      twin.delete(film);
      twin.set(other, halfStars);
    }
    users.push(twin);
  }
  const ratings = users.flatMap((own, at) => [...own].map(([film, halfStars]) => `${at + 1},${film},${(halfStars / 2).toFixed(1)},${1_000_000_000 + film}`));
  writeFileSync(join(directory, "movies.csv"), ["movieId,title,genres", ...movies, ""].join("\n"));
  writeFileSync(join(directory, "ratings.csv"), ["userId,movieId,rating,timestamp", ...ratings, ""].join("\n"));
  return directory;
}
