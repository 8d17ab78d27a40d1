// One kind of change to films (a rating; seen or not wanted) on its way to the server: shown at once, kept while there
// is no connection, tried again while the server says "later", rolled back when it says no. It knows no socket.

import {
  changeOptimistically, confirm, emptyLedger, entriesOf, replaceConfirmed, settle, valueOf, type Entry, type Pending,
} from "./ledger";
import type { Answered, FilmIdentity } from "./protocol";

const mostTries = 5;
const defaultWaitMs = 2_000;

interface Ways<Value> {
  /** Sends a change; `done` is called once. */
  send: (change: Pending<Value>, done: (answered: Answered) => void) => void;
  /** The server refused for good. */
  refused: (answered: Answered) => void;
  /** What has to be kept over a reload may have changed. */
  changed: () => void;
}

export class FilmChanges<Value> {
  private ledger = $state.raw(emptyLedger<Value>());
  /** All films of which something is said, latest first. */
  readonly entries = $derived(entriesOf(this.ledger));
  /** Of these, how many the server has confirmed. */
  readonly confirmedCount = $derived(this.ledger.confirmed.size);

  private readonly ways: Ways<Value>;
  private readonly underWay = new Set<number>();
  private readonly tries = new Map<number, number>();
  private changes = 0;

  constructor(ways: Ways<Value>) {
    this.ways = ways;
  }

  get(movieId: number): Value | null {
    return valueOf(this.ledger, movieId);
  }

  get pending(): Pending<Value>[] {
    return [...this.ledger.pending.values()];
  }

  change(movie: FilmIdentity, value: Value | null): void {
    this.ledger = changeOptimistically(this.ledger, movie, value, ++this.changes);
    this.tries.delete(movie.movie_id);
    this.ways.changed();
    this.sendNext(movie.movie_id);
  }

  /** What was changed before a reload and had not been answered; sent with the next `resume`. */
  restore(changes: readonly { movie: FilmIdentity; value: Value | null }[]): void {
    for (const { movie, value } of changes) {
      this.ledger = changeOptimistically(this.ledger, movie, value, ++this.changes);
    }
  }

  /** The session was opened, with this in it: whatever waits is sent. */
  resume(entries: readonly Entry<Value>[]): void {
    this.ledger = replaceConfirmed(this.ledger, entries);
    for (const movieId of this.ledger.pending.keys()) this.sendNext(movieId);
  }

  /** The server holds this now. */
  confirm(movie: FilmIdentity, value: Value | null): void {
    this.ledger = confirm(this.ledger, movie, value);
  }

  /** The server holds all of these now. */
  confirmAll(entries: readonly Entry<Value>[]): void {
    const confirmed = new Map(this.ledger.confirmed);
    for (const { movie, value } of entries) confirmed.set(movie.movie_id, { movie, value });
    this.ledger = replaceConfirmed(this.ledger, [...confirmed.values()]);
  }

  /** At most one change of a film is under way; the latest one follows when it has been answered. */
  private sendNext(movieId: number): void {
    const pending = this.ledger.pending.get(movieId);
    if (!pending || this.underWay.has(movieId)) return;
    this.underWay.add(movieId);
    this.ways.send(pending, (answered) => {
      this.underWay.delete(movieId);
      if (answered === "cut off") return;
      const waitMs = waitBefore(answered);
      const tries = (this.tries.get(movieId) ?? 0) + 1;
      if (waitMs !== null && tries < mostTries) {
        this.tries.set(movieId, tries);
        setTimeout(() => this.sendNext(movieId), waitMs);
        return;
      }
      this.tries.delete(movieId);
      if (typeof answered === "object" && !("error" in answered)) this.confirm(pending.movie, pending.value);
      else this.ways.refused(answered);
      this.ledger = settle(this.ledger, movieId, pending.change);
      this.ways.changed();
      this.sendNext(movieId);
    });
  }
}

/** When to try again; null for never. */
function waitBefore(answered: Answered): number | null {
  if (answered === "no answer") return defaultWaitMs;
  return typeof answered === "object" && "error" in answered ? (answered.error.retry_after_ms ?? null) : null;
}
