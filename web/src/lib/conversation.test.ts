import { describe, expect, test } from "vitest";
import { emptyConversation, reduce, type Conversation, type ConversationEvent } from "./conversation";
import { decodeAnswer, decodeFailed, decodeProgress } from "./decode";

function after(...events: ConversationEvent[]): Conversation {
  return events.reduce(reduce, emptyConversation);
}

const asked = (key: string, text = "films like Heat"): ConversationEvent => ({ type: "asked", key, text });
const accepted = (key: string, requestId: string, position = 0): ConversationEvent => ({ type: "accepted", key, requestId, position });
const opened = (offset: number, resumed = true): ConversationEvent => ({ type: "opened", offset, resumed });

function answered(request_id: string, offset: number, query = "films like Heat"): ConversationEvent {
  const answer = decodeAnswer({ request_id, offset, query, recommendations: [{ movie_id: 6, title: "Heat" }] });
  if (!answer) throw new Error("the answer of this test cannot be read");
  return { type: "answered", answer };
}

function failed(request_id: string, offset: number, code = "cancelled"): ConversationEvent {
  const failure = decodeFailed({ request_id, offset, query: "films like Heat", code, message: "no", hint: "again" });
  if (!failure) throw new Error("the failure of this test cannot be read");
  return { type: "failed", failed: failure };
}

function progressed(request_id: string, state: "queued" | "running", fields: object = {}): ConversationEvent {
  const progress = decodeProgress({ request_id, query: "films like Heat", state, ...fields });
  if (!progress) throw new Error("the progress of this test cannot be read");
  return { type: "progressed", progress };
}

const states = ({ turns }: Conversation) => turns.map(({ state }) => state.kind);

describe("a question asked in this tab", () => {
  test("goes from sending to queued to running to answered in one turn", () => {
    const steps = [
      asked("k"),
      accepted("k", "r", 3),
      progressed("r", "queued", { position: 1 }),
      progressed("r", "running", { shards_done: 1, shards_total: 4 }),
      answered("r", 1),
    ];
    const seen = steps.map((_, index) => after(...steps.slice(0, index + 1)).turns);
    expect(seen.map((turns) => turns.length)).toEqual([1, 1, 1, 1, 1]);
    expect(seen.map((turns) => turns[0]?.state.kind)).toEqual(["sending", "queued", "queued", "running", "answered"]);
    expect(seen[1]?.[0]?.state).toEqual({ kind: "queued", position: 3 });
    expect(seen[2]?.[0]?.state).toEqual({ kind: "queued", position: 1 });
    expect(seen[3]?.[0]?.state).toEqual({ kind: "running", shardsDone: 1, shardsTotal: 4 });
  });

  test("keeps its key when the request id becomes known, so that the page does not draw it anew", () => {
    expect(after(asked("k"), accepted("k", "r"), answered("r", 1)).turns[0]?.key).toBe("k");
  });

  test("is answered once when the answer comes before the acknowledgement", () => {
    const early = after(asked("k"), progressed("r", "running"), answered("r", 1));
    expect(states(early)).toEqual(["sending"]);
    const acknowledged = reduce(early, accepted("k", "r"));
    expect(states(acknowledged)).toEqual(["answered"]);
    expect(acknowledged.held).toEqual([]);
    expect(acknowledged.offset).toBe(1);
  });

  test("shows another tab's answer, held meanwhile, once the acknowledgement says that it is another's", () => {
    const both = after(asked("k"), answered("other", 1, "popular"), accepted("k", "r"));
    expect(both.turns.map(({ requestId }) => requestId)).toEqual(["r", "other"]);
    expect(states(both)).toEqual(["queued", "answered"]);
  });

  test("lets held events go when the question is refused", () => {
    const error = { code: "queue_full", message: "the queue is full", hint: "wait", retry_after_ms: 100 };
    const refused = after(asked("k"), answered("other", 1), { type: "refused", key: "k", error, retryAt: 100 });
    expect(states(refused)).toEqual(["refused", "answered"]);
  });

  test("can be sent again after a refusal, in the same place, counting the attempts", () => {
    const error = { code: "rate_limited", message: "too many", hint: "wait" };
    const again = after(asked("k"), { type: "refused", key: "k", error, retryAt: null }, { type: "retried", key: "k" });
    expect(states(again)).toEqual(["sending"]);
    expect(again.turns[0]?.attempts).toBe(2);
  });

  test("takes a reply that needs no computation", () => {
    const reply = { kind: "help", message: "try these", examples: ["popular"] } as const;
    const helped = after(asked("k", "?"), { type: "replied", key: "k", reply: { ...reply, examples: ["popular"] }, offset: 7 });
    expect(helped.turns[0]?.state).toEqual({ kind: "replied", reply });
  });

  test("does not go back from running to queued when a task is sent again", () => {
    const resent = after(asked("k"), accepted("k", "r"), progressed("r", "running", { shards_total: 4 }), progressed("r", "queued"));
    expect(states(resent)).toEqual(["running"]);
  });
});

describe("a session with several tabs", () => {
  test("shows a question of another tab in the server's words", () => {
    const watching = after(progressed("r", "queued", { position: 2 }), answered("r", 1));
    expect(watching.turns).toHaveLength(1);
    expect(watching.turns[0]).toMatchObject({ query: "films like Heat", text: "", own: false });
  });

  test("keeps two requests apart whose events are interleaved", () => {
    const two = after(
      progressed("a", "running"), progressed("b", "running"), answered("b", 1, "B"), answered("a", 2, "A"),
    );
    expect(two.turns.map(({ query }) => query)).toEqual(["A", "B"]);
    expect(states(two)).toEqual(["answered", "answered"]);
  });

  test("takes request ids of different types for different requests", () => {
    const numbered = decodeAnswer({ request_id: 1, offset: 1 });
    if (!numbered) throw new Error("a number is a request id");
    expect(after({ type: "answered", answer: numbered }, answered("1", 2)).turns).toHaveLength(2);
  });
});

describe("a replay", () => {
  test("shows every past answer once, in order, as no news", () => {
    const reloaded = after(opened(2), answered("a", 1, "A"), answered("b", 2, "B"), answered("c", 3, "C"));
    expect(reloaded.turns.map(({ query, replayed }) => [query, replayed])).toEqual([["A", true], ["B", true], ["C", false]]);
    expect(reloaded.offset).toBe(3);
  });

  test("adds nothing when the same answers come again", () => {
    const once = after(opened(2), answered("a", 1), answered("b", 2));
    const twice = [opened(2), answered("a", 1), answered("b", 2)].reduce(reduce, once);
    expect(twice.turns).toEqual(once.turns);
  });

  test("ends a question that was running when the connection was lost", () => {
    const back = after(asked("k"), accepted("k", "r"), progressed("r", "running"), opened(1), answered("r", 1));
    expect(states(back)).toEqual(["answered"]);
    expect(back.turns[0]?.key).toBe("k");
  });

  test("merges a question sent again under its key with its answer from the replay", () => {
    // The acknowledgement was lost, the answer is replayed and held, and the repeated question gets the same id.
    const back = after(asked("k"), opened(1), answered("r", 1), accepted("k", "r"));
    expect(states(back)).toEqual(["answered"]);
    const known = after(answered("r", 1), asked("k"), accepted("k", "r"));
    expect(known.turns).toHaveLength(1);
  });

  test("starts at zero when the server has opened another session", () => {
    const fresh = after(opened(7), answered("a", 7), opened(0, false));
    expect(fresh).toMatchObject({ offset: 0, replayUntil: 0 });
  });
});

describe("a cancelled question", () => {
  const running = [asked("k"), accepted("k", "r"), progressed("r", "running")];
  const cancelling: ConversationEvent = { type: "cancelling", requestId: "r" };

  test("waits for the server's word", () => {
    const waiting = after(...running, cancelling);
    expect(waiting.turns[0]).toMatchObject({ cancelling: true, state: { kind: "running" } });
    expect(reduce(waiting, progressed("r", "running")).turns[0]?.cancelling).toBe(true);
  });

  test("ends as failed with the code cancelled", () => {
    const ended = after(...running, cancelling, failed("r", 1));
    expect(ended.turns[0]).toMatchObject({ cancelling: false, state: { kind: "failed", code: "cancelled" } });
  });

  test("is answered when the cancel came too late", () => {
    expect(states(after(...running, cancelling, answered("r", 1)))).toEqual(["answered"]);
  });

  test("stays cancelled when an answer is heard later", () => {
    expect(states(after(...running, cancelling, failed("r", 1), answered("r", 2)))).toEqual(["failed"]);
  });

  test("can be cancelled again when the cancel was not heard", () => {
    const unheard = after(...running, cancelling, { type: "cancelUnheard", requestId: "r" });
    expect(unheard.turns[0]?.cancelling).toBe(false);
  });
});

test("any order of one request's events and its acknowledgement ends in the same single turn", () => {
  const events = [accepted("k", "r"), progressed("r", "queued"), progressed("r", "running"), answered("r", 1), answered("r", 1)];
  const orders = permutations(events);
  expect(orders).toHaveLength(120);
  for (const order of orders) {
    const ended = after(asked("k"), ...order);
    expect(states(ended)).toEqual(["answered"]);
    expect(ended.turns[0]?.key).toBe("k");
    expect(ended).toMatchObject({ offset: 1, held: [] });
  }
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

describe("a reply that needed no computation", () => {
  const reply = { kind: "help" as const, message: "try these", examples: [] };
  const told = (request_id: string, offset: number): ConversationEvent => ({
    type: "repliedElsewhere", replied: { request_id, offset, query: "help", reply },
  });

  test("is there after a reload, in its place, and in the tab that did not ask", () => {
    const reloaded = after(opened(3), answered("a", 1), told("b", 2), answered("c", 3));
    expect(states(reloaded)).toEqual(["answered", "replied", "answered"]);
    expect(reloaded.turns[1]?.query).toBe("help");
    expect(reloaded.turns.every(({ replayed }) => replayed)).toBe(true);
    expect(states(after(opened(0), told("b", 1)))).toEqual(["replied"]);
  });

  test("that this tab has from its acknowledgement is not shown again when it is replayed", () => {
    const helped = after(opened(0), asked("k", "help"), { type: "replied", key: "k", reply, offset: 4 });
    expect(helped.offset).toBe(4);
    expect(states(reduce(helped, told("b", 4)))).toEqual(["replied"]);
  });
});

test("a question kept over a reload stays below what was answered before, and is not shown twice when it was answered too", () => {
  const kept = after(asked("k"), opened(2), answered("a", 1), answered("b", 2));
  expect(states(kept)).toEqual(["answered", "answered", "sending"]);
  const acknowledged = reduce(kept, accepted("k", "b"));
  expect(states(acknowledged)).toEqual(["answered", "answered"]);
});

test("another session takes over the question that waits, and nothing else", () => {
  const left = after(opened(1), answered("a", 1), asked("k"), { type: "left" });
  expect(states(left)).toEqual(["sending"]);
  expect(left.offset).toBe(0);
});
