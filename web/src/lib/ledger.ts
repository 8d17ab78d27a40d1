// What the viewer says of films, pure: shown at once, kept when the server agrees, rolled back when it does not.
// One ledger holds the ratings, another the films seen or not wanted. It never talks to the server.

import type { FilmIdentity } from "./protocol";

export interface Entry<Value> {
  movie: FilmIdentity;
  value: Value;
}

export interface Pending<Value> {
  movie: FilmIdentity;
  /** null takes back what was said. */
  value: Value | null;
  change: number;
}

export interface Ledger<Value> {
  /** What the server has confirmed, by film id, latest last. */
  readonly confirmed: ReadonlyMap<number, Entry<Value>>;
  /** What the viewer did and the server has not yet answered. */
  readonly pending: ReadonlyMap<number, Pending<Value>>;
}

export function emptyLedger<Value>(): Ledger<Value> {
  return { confirmed: new Map(), pending: new Map() };
}

export function replaceConfirmed<Value>(ledger: Ledger<Value>, entries: readonly Entry<Value>[]): Ledger<Value> {
  return { ...ledger, confirmed: new Map(entries.map((entry) => [entry.movie.movie_id, entry])) };
}

/** The viewer changed something; `change` is a number that only grows. */
export function changeOptimistically<Value>(
  ledger: Ledger<Value>, movie: FilmIdentity, value: Value | null, change: number,
): Ledger<Value> {
  return { ...ledger, pending: new Map(ledger.pending).set(movie.movie_id, { movie, value, change }) };
}

/** The server holds this now: an acknowledgement, or news from another tab. */
export function confirm<Value>(ledger: Ledger<Value>, movie: FilmIdentity, value: Value | null): Ledger<Value> {
  const confirmed = new Map(ledger.confirmed);
  const known = confirmed.get(movie.movie_id);
  if (value === null) confirmed.delete(movie.movie_id);
  else confirmed.set(movie.movie_id, { movie: known?.movie ?? movie, value });
  return { ...ledger, confirmed };
}

/** The change has been answered, well or badly; a later change of the same film goes on pending. */
export function settle<Value>(ledger: Ledger<Value>, movieId: number, change: number): Ledger<Value> {
  if (ledger.pending.get(movieId)?.change !== change) return ledger;
  const pending = new Map(ledger.pending);
  pending.delete(movieId);
  return { ...ledger, pending };
}

export function valueOf<Value>(ledger: Ledger<Value>, movieId: number): Value | null {
  const pending = ledger.pending.get(movieId);
  return pending ? pending.value : (ledger.confirmed.get(movieId)?.value ?? null);
}

/** All films of which something is said, as shown, latest first. */
export function entriesOf<Value>(ledger: Ledger<Value>): Entry<Value>[] {
  const shown = new Map(ledger.confirmed);
  for (const [movieId, { movie, value }] of ledger.pending) {
    if (value === null) shown.delete(movieId);
    else shown.set(movieId, { movie, value });
  }
  return [...shown.values()].reverse();
}
