import { beforeEach, describe, expect, test, vi } from "vitest";

import { emptyConversation, reduce, type Conversation } from "./conversation";
import type { Answer, RequestId } from "./protocol";
import { SelfRenewals } from "./self-renewals";

const stored = new Map<string, string>();

beforeEach(() => {
  stored.clear();
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  });
});

const asked = (before: Conversation, key: string) => {
  const sent = reduce(before, { type: "asked", key, text: "comedies" });
  return reduce(sent, { type: "accepted", key, requestId: key as RequestId, position: 0 });
};
const answered = (before: Conversation, key: string, ...films: number[]) =>
  reduce(before, {
    type: "answered",
    answer: { request_id: key, offset: before.offset + 1, query: "comedies", recommendations: films.map((movie_id) => ({ movie_id })) } as unknown as Answer,
  });
const failed = (before: Conversation, key: string) =>
  reduce(before, {
    type: "failed",
    failed: { request_id: key as RequestId, offset: before.offset + 1, query: "comedies", code: "timed_out", message: "", hint: "" },
  });
const shownBy = (renewals: SelfRenewals, { turns }: Conversation) => renewals.shown(turns).map(({ requestId }) => requestId);

describe("renewals of a list", () => {
  const list = answered(asked(emptyConversation, "a"), "a", 1, 2, 3);

  test("say what each changed beside the one before it", () => {
    const renewals = new SelfRenewals(() => {});
    expect(renewals.changed("a")).toBeUndefined();
    renewals.begin("b", "a");
    const sent = asked(list, "b");
    expect(renewals.ended(list.turns, sent.turns)).toBeUndefined();
    expect(renewals.underWay(sent.turns)?.key).toBe("b");
    expect(shownBy(renewals, sent)).toEqual(["a"]);
    const renewed = answered(sent, "b", 1, 2, 9);
    expect(renewals.ended(sent.turns, renewed.turns)?.changed).toBe(1);
    expect(renewals.underWay(renewed.turns)).toBeUndefined();
    expect(shownBy(renewals, renewed)).toEqual(["b"]);
    renewals.begin("c", "a");
    const again = answered(asked(renewed, "c"), "c", 1, 2, 9);
    expect(renewals.ended(asked(renewed, "c").turns, again.turns)?.changed).toBe(0);
    expect([renewals.changed("a"), shownBy(renewals, again)]).toEqual([0, ["c"]]);
    expect(shownBy(new SelfRenewals(() => {}), again)).toEqual(["c"]);
  });

  test("that fail leave the list as it is, also after a reload, and are counted until one succeeds", () => {
    const renewals = new SelfRenewals(() => {});
    renewals.begin("b", "a");
    const sent = asked(list, "b");
    const broken = failed(sent, "b");
    expect(renewals.ended(sent.turns, broken.turns)).toMatchObject({ changed: 0, renewal: { key: "b" } });
    expect([renewals.failures, shownBy(renewals, broken)]).toEqual([1, ["a"]]);
    expect(shownBy(new SelfRenewals(() => {}), broken)).toEqual(["a"]);
    renewals.begin("c", "a");
    const again = asked(broken, "c");
    renewals.ended(again.turns, answered(again, "c", 4).turns);
    expect(renewals.failures).toBe(0);
  });

  test("are remembered as far as that is bounded, and nonsense in the memory is nothing", () => {
    stored.set("cineswarm.replaced", JSON.stringify(Array.from({ length: 500 }, (_, at) => `old ${at}`)));
    const renewals = new SelfRenewals(() => {});
    renewals.begin("b", "a");
    const sent = asked(list, "b");
    renewals.ended(sent.turns, answered(sent, "b", 4).turns);
    const kept = JSON.parse(stored.get("cineswarm.replaced") ?? "") as string[];
    expect([kept.length, kept.at(-1)]).toEqual([500, "a"]);
    for (const nonsense of ["{", "7", "null", '[1, {"a": 2}]']) {
      stored.set("cineswarm.replaced", nonsense);
      expect(shownBy(new SelfRenewals(() => {}), list)).toEqual(["a"]);
    }
  });
});
