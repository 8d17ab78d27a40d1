// Lists that renew themselves: which turn stands in whose place, kept over a reload and told to the browser's other tabs.
// It asks nothing and shows nothing itself.

import { hasEnded, type Turn } from "./conversation";
import { asShown, filmsChanged } from "./renewal";
import type { RequestId } from "./protocol";
import { onChangeElsewhere, recall, remember } from "./storage";

/** Requests that are known to be replaced; the earliest are forgotten, and then shown again after a reload. */
const most = 500;

export class SelfRenewals {
  /** When one was last begun, and how many in a row gave no list. */
  begunAt = 0;
  failures = 0;
  /** By place, how many films the last renewal changed. */
  private readonly changes = new Map<string, number>();
  /** By the key of a turn that renews a list, the key of the turn in whose place it comes. */
  private readonly places = new Map<string, string>();
  private replaced = recalled();

  constructor(onchange: () => void) {
    onChangeElsewhere("replaced", () => {
      this.replaced = recalled();
      onchange();
    });
  }

  begin(key: string, place: string): void {
    this.places.set(key, place);
    this.begunAt = Date.now();
  }

  has(key: string): boolean {
    return this.places.has(key);
  }

  /** The turn that is to renew a list and has not ended. */
  underWay(turns: readonly Turn[]): Turn | undefined {
    return turns.findLast((turn) => this.places.has(turn.key) && !hasEnded(turn));
  }

  shown(turns: readonly Turn[]): readonly Turn[] {
    return asShown(turns, this.places, this.replaced);
  }

  /** How many films the list at this place has changed by itself; undefined if it never did. */
  changed(place: string): number | undefined {
    return this.changes.get(place);
  }

  /** The renewal that has ended between these two, one way or another, and how many films it has changed. */
  ended(before: readonly Turn[], after: readonly Turn[]): { renewal: Turn; changed: number } | undefined {
    if (this.places.size === 0) return undefined;
    const wasUnderWay = this.underWay(before);
    const renewal = wasUnderWay && after.find(({ key }) => key === wasUnderWay.key);
    if (!renewal || !hasEnded(renewal)) return undefined;
    const place = this.places.get(renewal.key);
    if (place === undefined || renewal.state.kind !== "answered") {
      this.failures++;
      this.replace([renewal]);
      return { renewal, changed: 0 };
    }
    this.failures = 0;
    const earlier = after.filter(({ key }) => key !== renewal.key && (key === place || this.places.get(key) === place));
    const last = earlier.findLast(({ state }) => state.kind === "answered");
    const changed = last?.state.kind === "answered" ? filmsChanged(last.state.answer, renewal.state.answer) : 0;
    this.changes.set(place, changed);
    this.replace(earlier);
    return { renewal, changed };
  }

  private replace(turns: readonly Turn[]): void {
    const ids = turns.flatMap(({ requestId }) => (requestId === null ? [] : [requestId]));
    this.replaced = new Set([...recalled(), ...this.replaced, ...ids].slice(-most));
    remember("replaced", JSON.stringify([...this.replaced]));
  }
}

function recalled(): Set<RequestId> {
  try {
    const ids: unknown = JSON.parse(recall("replaced") ?? "[]");
    return new Set(Array.isArray(ids) ? ids.filter((id): id is RequestId => typeof id === "string") : []);
  } catch {
    return new Set();
  }
}
