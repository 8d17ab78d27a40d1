// What a viewer's file holds, row by row, and what of it they choose: pure. Nothing is taken that is not known to be the
// film, and what was rated here already stays unless the viewer says otherwise.

import type { Film, FilmIdentity, Preview, Stars, WhyMissed } from "./protocol";

export interface Row {
  key: number;
  /** The title and year as the file has them. */
  said: string;
  place: string;
  /** null: no film was found, or chosen. */
  movie: FilmIdentity | null;
  why: WhyMissed | null;
  candidates: readonly Film[];
  rating: Stars | null;
  seen: boolean;
  wanted: boolean;
  ratedAt: number | null;
  /** What the viewer has given the film here, where it differs. */
  own: Stars | null;
  taken: boolean;
}

type RatingHere = (movieId: number) => Stars | null;

export function rowsOf(preview: Preview, ratingHere: RatingHere): Row[] {
  const found = preview.films.map(({ movie, ...said }) => ({ ...said, movie, why: null, candidates: [] }));
  const missed = preview.missed.map((row) => ({ ...row, movie: null }));
  return [...missed, ...found].map((row, key) => decided({ ...row, key, own: null, taken: false }, ratingHere));
}

/** A film is worth taking if something is said of it that counts: a wish has no influence. */
const says = ({ rating, seen }: Row): boolean => rating !== null || seen;

function decided(row: Row, ratingHere: RatingHere): Row {
  const here = row.movie && ratingHere(row.movie.movie_id);
  const own = here !== row.rating ? here : null;
  return { ...row, own, taken: row.movie !== null && says(row) && own === null };
}

/** The viewer says which film a row is. */
export function mended(rows: readonly Row[], key: number, movie: FilmIdentity, ratingHere: RatingHere): Row[] {
  return rows.map((row) => (row.key === key ? decided({ ...row, movie, why: null }, ratingHere) : row));
}

/** The viewer leaves a row out, or takes it. */
export function withTaken(rows: readonly Row[], key: number, taken: boolean): Row[] {
  return rows.map((row) => (row.key === key ? { ...row, taken: taken && row.movie !== null } : row));
}

export interface Chosen {
  ratings: { movie: FilmIdentity; rating: Stars; ratedAt: number | null }[];
  seen: FilmIdentity[];
}

/** Of two rows with one film, the one with the later rating counts; without times the one further down. */
export function chosenOf(rows: readonly Row[]): Chosen {
  const rated = new Map<number, Chosen["ratings"][number]>();
  const seen = new Map<number, FilmIdentity>();
  for (const { movie, rating, ratedAt, taken, seen: isSeen } of rows) {
    if (!taken || !movie) continue;
    const known = rated.get(movie.movie_id);
    if (rating !== null && (ratedAt ?? 0) >= (known?.ratedAt ?? 0)) rated.set(movie.movie_id, { movie, rating, ratedAt });
    else if (rating === null && isSeen) seen.set(movie.movie_id, movie);
  }
  return { ratings: [...rated.values()], seen: [...seen.values()].filter(({ movie_id }) => !rated.has(movie_id)) };
}
