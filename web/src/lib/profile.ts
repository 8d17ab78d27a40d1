// The viewer's ratings, pure: shown at once, kept when the server agrees, rolled back when it does not.
// It never talks to the server.

import type { FilmIdentity, Stars } from "./protocol";

export interface RatedFilm {
  movie: FilmIdentity;
  rating: Stars;
}

export interface Profile {
  /** What the server has confirmed, by film id, latest last. */
  readonly confirmed: ReadonlyMap<number, RatedFilm>;
  /** What the viewer did and the server has not yet answered; null is a rating taken back. */
  readonly pending: ReadonlyMap<number, { movie: FilmIdentity; rating: Stars | null; change: number }>;
}

export const emptyProfile: Profile = { confirmed: new Map(), pending: new Map() };

export function replaceConfirmed(profile: Profile, films: readonly RatedFilm[]): Profile {
  return { ...profile, confirmed: new Map(films.map((film) => [film.movie.movie_id, film])) };
}

/** The viewer changed a rating; `change` is a number that only grows. */
export function rateOptimistically(profile: Profile, movie: FilmIdentity, rating: Stars | null, change: number): Profile {
  return { ...profile, pending: new Map(profile.pending).set(movie.movie_id, { movie, rating, change }) };
}

/** The server holds this rating now: an acknowledgement, or news from another tab. */
export function confirm(profile: Profile, movie: FilmIdentity, rating: Stars | null): Profile {
  const confirmed = new Map(profile.confirmed);
  const known = confirmed.get(movie.movie_id);
  if (rating === null) confirmed.delete(movie.movie_id);
  else if (known) confirmed.set(movie.movie_id, { movie: known.movie, rating });
  else confirmed.set(movie.movie_id, { movie, rating });
  return { ...profile, confirmed };
}

/** The change has been answered, well or badly; a later change of the same film goes on pending. */
export function settle(profile: Profile, movieId: number, change: number): Profile {
  if (profile.pending.get(movieId)?.change !== change) return profile;
  const pending = new Map(profile.pending);
  pending.delete(movieId);
  return { ...profile, pending };
}

export function ratingOf(profile: Profile, movieId: number): Stars | null {
  const pending = profile.pending.get(movieId);
  return pending ? pending.rating : (profile.confirmed.get(movieId)?.rating ?? null);
}

/** What the viewer has rated, as shown, latest first. */
export function ratedFilms(profile: Profile): RatedFilm[] {
  const shown = new Map(profile.confirmed);
  for (const [movieId, { movie, rating }] of profile.pending) {
    if (rating === null) shown.delete(movieId);
    else shown.set(movieId, { movie, rating });
  }
  return [...shown.values()].reverse();
}
