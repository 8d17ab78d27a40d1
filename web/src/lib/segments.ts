// The conversations of a session: its turns, cut where a new conversation was begun. Pure.

import type { Turn } from "./conversation";

export interface Segment {
  /** When it was begun, in milliseconds since 1970; null for the first. */
  at: number | null;
  turns: readonly Turn[];
}

/** In order; the last is the present one. Never empty. */
export function segmentsOf(turns: readonly Turn[]): Segment[] {
  const segments: { at: number | null; turns: Turn[] }[] = [{ at: null, turns: [] }];
  for (const turn of turns) {
    if (turn.state.kind === "replied" && turn.state.reply.kind === "begun") {
      segments.push({ at: turn.state.reply.at, turns: [] });
    } else segments.at(-1)?.turns.push(turn);
  }
  // One in which nothing was asked says nothing.
  return segments.filter(({ turns }, index) => turns.length > 0 || index === segments.length - 1);
}
