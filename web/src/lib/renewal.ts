// How an answer differs from the one before to the same question, and when a list renews itself. Pure.

import type { Turn } from "./conversation";
import type { Answer, RequestId } from "./protocol";
import { segmentsOf } from "./segments";

/** How long a list stands before it renews itself. */
export const standsForMs = 30_000;
/** The same after it could not be renewed, at most. */
const standsAtMostMs = 3_600_000;

/** How many films of the later answer are not in the earlier one. */
export function filmsChanged(before: Pick<Answer, "recommendations">, after: Pick<Answer, "recommendations">): number {
  const known = new Set(before.recommendations.map(({ movie_id }) => movie_id));
  return after.recommendations.filter(({ movie_id }) => !known.has(movie_id)).length;
}

/** The words with which a question is asked again. */
export function wordsOf(turn: Turn): string {
  return turn.own ? turn.text : turn.query;
}

/** Whether the newest question would be the same if it were asked again: "more" is another one each time, and so may be
 *  whatever was said after something else. */
export function standsAlone(turns: readonly Turn[]): boolean {
  const present = segmentsOf(turns).at(-1)?.turns ?? [];
  const newest = present.at(-1);
  if (newest?.state.kind !== "answered") return false;
  return (newest.own && newest.text === "") || present.every((turn) => wordsOf(turn) === wordsOf(newest));
}

export interface Moment {
  now: number;
  /** When the list came, or was last asked for anew. */
  since: number;
  /** How often in a row it was asked for in vain. */
  failures: number;
  /** Whether the page is seen. */
  isSeen: boolean;
  /** Whether the viewer is at the list, with the pointer, the keyboard or what is open of it. */
  isInUse: boolean;
}

/** Whether a list whose films have been rated since renews itself now. */
export function renewsNow({ now, since, failures, isSeen, isInUse }: Moment): boolean {
  const stands = Math.min(standsForMs * 2 ** failures, standsAtMostMs);
  return isSeen && !isInUse && now - since >= stands;
}

/** The turns as the viewer sees them: what renews a list by itself is not there until its answer is, and then in the place
 *  of what it renews. `places` has the key that such a turn takes, `replaced` the requests that another has replaced. */
export function asShown(
  turns: readonly Turn[],
  places: ReadonlyMap<string, string>,
  replaced: ReadonlySet<RequestId>,
): readonly Turn[] {
  if (places.size === 0 && replaced.size === 0) return turns;
  return turns.flatMap((turn) => {
    if (turn.requestId !== null && replaced.has(turn.requestId)) return [];
    const place = places.get(turn.key);
    if (place === undefined) return [turn];
    return turn.state.kind === "answered" ? [{ ...turn, key: place }] : [];
  });
}
