import { describe, expect, test } from "vitest";

import { emptyConversation, reduce, type Conversation, type Turn } from "./conversation";
import type { Answer, Reply, RequestId } from "./protocol";
import { asShown, filmsChanged, renewsNow, standsAlone, standsForMs } from "./renewal";

const list = (...ids: number[]) => ({
  recommendations: ids.map((movie_id, at) => ({ movie_id, title: `film ${movie_id}`, year: null, genres: [], rank: at + 1, score: 1, predicted_rating: null, neighbours: 0, because: [] })),
});

/** A conversation of questions; of those that are true the answer has come. "begin" begins a new one. */
function conversation(...asked: [key: string, text: string, isAnswered?: boolean][]): readonly Turn[] {
  const ask = (before: Conversation, [key, text, isAnswered = true]: (typeof asked)[number], at: number): Conversation => {
    const having = reduce(before, { type: "asked", key, text });
    if (text === "begin") {
      return reduce(having, { type: "replied", key, reply: { kind: "begun", message: "", at: 1 } as Reply, offset: at + 1 });
    }
    const request_id = `request of ${key}` as RequestId;
    const accepted = reduce(having, { type: "accepted", key, requestId: request_id, position: 0 });
    const answer = { request_id, offset: at + 1, query: text || "Films for you", ...list(at) } as unknown as Answer;
    return isAnswered ? reduce(accepted, { type: "answered", answer }) : accepted;
  };
  return asked.reduce(ask, emptyConversation).turns;
}

const keys = (turns: readonly Turn[]) => turns.map(({ key, requestId }) => `${key} by ${requestId}`);
const ids = (...keys: string[]) => new Set(keys.map((key) => `request of ${key}` as RequestId));

describe("an answer beside the one before", () => {
  test("has changed by the films that are new, not by their order", () => {
    expect(filmsChanged(list(1, 2, 3), list(3, 1, 2))).toBe(0);
    expect(filmsChanged(list(1, 2, 3), list(4, 1, 5))).toBe(2);
    expect(filmsChanged(list(), list(7))).toBe(1);
    expect(filmsChanged(list(7), list())).toBe(0);
  });
});

describe("a list that renews itself", () => {
  const moment = { now: 100_000, since: 100_000 - standsForMs, failures: 0, isSeen: true, isInUse: false };

  test("stands for half a minute, and for as long as somebody is at it or nobody looks", () => {
    expect(standsForMs).toBe(30_000);
    expect(renewsNow(moment)).toBe(true);
    expect(renewsNow({ ...moment, since: moment.since + 1 })).toBe(false);
    expect(renewsNow({ ...moment, isInUse: true })).toBe(false);
    expect(renewsNow({ ...moment, isSeen: false })).toBe(false);
  });

  test("is tried more seldom where that was in vain, though never given up", () => {
    expect(renewsNow({ ...moment, failures: 1 })).toBe(false);
    expect(renewsNow({ ...moment, since: moment.now - 60_000, failures: 1 })).toBe(true);
    expect(renewsNow({ ...moment, now: 3_600_000, since: 0, failures: 2_000 })).toBe(true);
  });

  test("is one whose question means the same each time", () => {
    expect(standsAlone([])).toBe(false);
    expect(standsAlone(conversation(["a", "films like Heat"]))).toBe(true);
    expect(standsAlone(conversation(["a", "films like Heat"], ["b", "more"]))).toBe(false);
    expect(standsAlone(conversation(["a", "films like Heat"], ["b", ""]))).toBe(true);
    expect(standsAlone(conversation(["a", "films like Heat"], ["b", "films like Heat"]))).toBe(true);
    expect(standsAlone(conversation(["a", "more"], ["b", "begin"], ["c", "comedies"]))).toBe(true);
    expect(standsAlone(conversation(["a", "comedies"], ["b", "begin"]))).toBe(false);
    expect(standsAlone(conversation(["a", "comedies", false]))).toBe(false);
  });

  test("stays until the new one is there, which comes in its place", () => {
    const before = conversation(["a", "comedies"]);
    expect(asShown(before, new Map(), new Set())).toBe(before);
    const places = new Map([["b", "a"], ["c", "a"]]);
    const underWay = conversation(["a", "comedies"], ["b", "comedies", false]);
    expect(keys(asShown(underWay, places, new Set()))).toEqual(["a by request of a"]);
    const once = conversation(["a", "comedies"], ["b", "comedies"]);
    expect(keys(asShown(once, places, ids("a")))).toEqual(["a by request of b"]);
    const twice = conversation(["a", "comedies"], ["b", "comedies"], ["c", "comedies"]);
    expect(keys(asShown(twice, places, ids("a", "b")))).toEqual(["a by request of c"]);
    const andMore = conversation(["z", "dramas"], ["a", "comedies"], ["b", "comedies"], ["d", "more"]);
    expect(keys(asShown(andMore, places, ids("a")))).toEqual(["z by request of z", "a by request of b", "d by request of d"]);
  });

  test("is alone there after a reload as well", () => {
    const replayed = conversation(["a", "comedies"], ["b", "comedies"], ["c", "comedies"]);
    expect(keys(asShown(replayed, new Map(), ids("a", "b")))).toEqual(["c by request of c"]);
  });
});
