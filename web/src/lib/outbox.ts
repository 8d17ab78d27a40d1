// What was said in this tab and not yet acknowledged, kept over a reload of it. Each part is harmless to send twice: a
// question goes out under the same key, and the latest rating of a film counts.

import { decodeOutbox, type Outbox } from "./decode";
import { recallInTab, rememberInTab } from "./storage";

const most = 200;

let stored = "";

export function keepOutbox(outbox: Outbox): void {
  const { session, asks, ratings, marks } = outbox;
  const isEmpty = asks.length === 0 && ratings.length === 0 && marks.length === 0;
  const kept = { session, asks: asks.slice(-most), ratings: ratings.slice(-most), marks: marks.slice(-most) };
  const text = isEmpty ? "" : JSON.stringify(kept);
  if (text === stored) return;
  stored = text;
  rememberInTab("outbox", isEmpty ? null : text);
}

/** What an earlier page of this tab left, if it was said in this session. */
export function leftInOutbox(session: string | null): Outbox | null {
  try {
    const outbox = decodeOutbox(JSON.parse(recallInTab("outbox") ?? "null"));
    return outbox.session === session || outbox.session === null ? outbox : null;
  } catch {
    return null;
  }
}
