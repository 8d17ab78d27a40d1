// The conversation as a pure function: what happened in, what is shown out. It is the one place that knows an
// answer may come before its acknowledgement, twice, or for a question asked in another tab.
// It never touches the socket, the clock or the page.

import type { Answer, Failed, Progress, Replied, Reply, RequestId, ServerError } from "./protocol";

export type TurnState =
  | { kind: "sending" }
  | { kind: "queued"; position: number | null }
  | { kind: "running"; shardsDone: number; shardsTotal: number }
  | { kind: "answered"; answer: Answer }
  | { kind: "failed"; code: string; message: string; hint: string }
  | { kind: "refused"; error: ServerError; retryAt: number | null }
  | { kind: "replied"; reply: Reply };

export interface Turn {
  /** Never changes, so that the page keeps its place when the request id becomes known. */
  readonly key: string;
  readonly requestId: RequestId | null;
  /** What was typed; empty when the viewer asked for films from the ratings alone. */
  readonly text: string;
  /** The server's words for the question; empty until it has spoken. */
  readonly query: string;
  readonly state: TurnState;
  /** Its ending's place in the order of all endings; 0 until it has one. */
  readonly offset: number;
  /** Asked in this tab, since it was opened. */
  readonly own: boolean;
  /** How often it was sent. */
  readonly attempts: number;
  /** The viewer pressed cancel, and the server has not yet said how it ended. */
  readonly cancelling: boolean;
  /** Ended before this page was opened, or while it was cut off. */
  readonly replayed: boolean;
}

export interface Conversation {
  readonly turns: readonly Turn[];
  /** The greatest offset seen: what to resume from. */
  readonly offset: number;
  /** Endings with an offset up to this one are a replay, not news. */
  readonly replayUntil: number;
  /** Events of unknown requests, held while an acknowledgement may still say that they are ours. */
  readonly held: readonly RequestEvent[];
}

type RequestEvent =
  | { type: "progressed"; progress: Progress }
  | { type: "answered"; answer: Answer }
  | { type: "failed"; failed: Failed }
  | { type: "repliedElsewhere"; replied: Replied };

export type ConversationEvent =
  | RequestEvent
  | { type: "asked"; key: string; text: string }
  | { type: "accepted"; key: string; requestId: RequestId; position: number | null }
  | { type: "replied"; key: string; reply: Reply; offset: number }
  | { type: "refused"; key: string; error: ServerError; retryAt: number | null }
  | { type: "retried"; key: string }
  | { type: "dismissed"; key: string }
  | { type: "cancelling"; requestId: RequestId }
  | { type: "cancelUnheard"; requestId: RequestId }
  | { type: "opened"; offset: number; resumed: boolean }
  | { type: "left" };

export const emptyConversation: Conversation = { turns: [], offset: 0, replayUntil: 0, held: [] };

export function hasEnded(turn: Turn): boolean {
  return turn.state.kind !== "sending" && turn.state.kind !== "queued" && turn.state.kind !== "running";
}

export function reduce(conversation: Conversation, event: ConversationEvent): Conversation {
  switch (event.type) {
    case "asked":
      return { ...conversation, turns: [...conversation.turns, newTurn({ key: event.key, text: event.text, own: true })] };
    case "accepted":
      return release(accept(conversation, event));
    case "replied":
      return release(
        changeTurn({ ...conversation, offset: Math.max(conversation.offset, event.offset) }, event.key, (turn) => ({
          ...turn,
          state: { kind: "replied", reply: event.reply },
          offset: event.offset,
        })),
      );
    case "refused":
      return release(
        changeTurn(conversation, event.key, (turn) =>
          hasEnded(turn)
            ? turn
            : { ...turn, state: { kind: "refused", error: event.error, retryAt: event.retryAt } },
        ),
      );
    case "retried":
      return changeTurn(conversation, event.key, (turn) =>
        turn.state.kind === "refused" ? { ...turn, state: { kind: "sending" }, attempts: turn.attempts + 1 } : turn,
      );
    case "dismissed":
      return release({ ...conversation, turns: conversation.turns.filter((turn) => turn.key !== event.key) });
    case "cancelling":
    case "cancelUnheard":
      return changeRequest(conversation, event.requestId, (turn) => ({ ...turn, cancelling: event.type === "cancelling" }));
    case "opened":
      return {
        ...conversation,
        offset: event.resumed ? conversation.offset : 0,
        replayUntil: event.resumed ? event.offset : 0,
      };
    case "left":
      return { ...emptyConversation, turns: conversation.turns.filter(({ own, state }) => own && state.kind === "sending") };
    default:
      return receive(conversation, event);
  }
}

function newTurn(known: Partial<Turn> & { key: string }): Turn {
  return {
    requestId: null,
    text: "",
    query: "",
    state: { kind: "sending" },
    offset: 0,
    own: false,
    attempts: 1,
    cancelling: false,
    replayed: false,
    ...known,
  };
}

function requestOf(event: RequestEvent): { request_id: RequestId; query: string } {
  if (event.type === "progressed") return event.progress;
  if (event.type === "answered") return event.answer;
  return event.type === "failed" ? event.failed : event.replied;
}

/** 0 for what is no ending. */
function offsetOf(event: RequestEvent): number {
  if (event.type === "progressed") return 0;
  if (event.type === "answered") return event.answer.offset;
  return event.type === "failed" ? event.failed.offset : event.replied.offset;
}

function accept(
  conversation: Conversation,
  { key, requestId, position }: { key: string; requestId: RequestId; position: number | null },
): Conversation {
  const known = conversation.turns.find((turn) => turn.requestId === requestId);
  // A question sent again after a lost connection may already be here through the replay.
  if (known && known.key !== key) {
    return { ...conversation, turns: conversation.turns.filter((turn) => turn.key !== key) };
  }
  return changeTurn(conversation, key, (turn) => ({
    ...turn,
    requestId,
    state: turn.state.kind === "sending" ? { kind: "queued", position } : turn.state,
  }));
}

function receive(conversation: Conversation, event: RequestEvent): Conversation {
  const { request_id } = requestOf(event);
  const offset = offsetOf(event);
  if (conversation.turns.some((turn) => turn.requestId === request_id)) return apply(conversation, event);
  // A reply of this tab, which came with its acknowledgement: the server told its offset and no request.
  if (offset > 0 && conversation.turns.some((turn) => turn.offset === offset)) return conversation;
  // What is replayed takes its place at once; should it be ours, the acknowledgement says so (see `accept`).
  const replayed = offset > 0 && offset <= conversation.replayUntil;
  if (!replayed && conversation.turns.some((turn) => turn.state.kind === "sending")) {
    return { ...conversation, held: [...conversation.held, event] };
  }
  return apply(conversation, event);
}

/** Lets go of held events once they can be ours (their turn is known) or cannot (nothing is being sent). */
function release(conversation: Conversation): Conversation {
  const { held } = conversation;
  return held.reduce<Conversation>((next, event) => receive(next, event), { ...conversation, held: [] });
}

function apply(conversation: Conversation, event: RequestEvent): Conversation {
  const { request_id, query } = requestOf(event);
  const offset = offsetOf(event);
  const replayed = offset > 0 && offset <= conversation.replayUntil;
  const known = conversation.turns.some((turn) => turn.requestId === request_id);
  const having = known
    ? conversation
    : {
        ...conversation,
        turns: withTurn(conversation.turns, newTurn({ key: `request-${request_id}`, requestId: request_id, replayed })),
      };
  const next = changeRequest(having, request_id, (turn) => {
    // A request ends once; whatever comes later is a duplicate.
    if (hasEnded(turn)) return turn;
    const state = stateAfter(turn.state, event);
    const cancelling = turn.cancelling && event.type === "progressed";
    return { ...turn, query: query || turn.query, state, offset, cancelling };
  });
  return { ...next, offset: Math.max(next.offset, offset) };
}

/** What ended before is above what has not ended. */
function withTurn(turns: readonly Turn[], turn: Turn): Turn[] {
  const place = turn.replayed ? turns.findIndex(({ offset }) => offset === 0) : -1;
  return place < 0 ? [...turns, turn] : turns.toSpliced(place, 0, turn);
}

function stateAfter(before: TurnState, event: RequestEvent): TurnState {
  if (event.type === "answered") return { kind: "answered", answer: event.answer };
  if (event.type === "repliedElsewhere") return { kind: "replied", reply: event.replied.reply };
  if (event.type === "failed") {
    const { code, message, hint } = event.failed;
    return { kind: "failed", code, message, hint };
  }
  const { state, position, shards_done, shards_total } = event.progress;
  if (state === "running") return { kind: "running", shardsDone: shards_done, shardsTotal: shards_total };
  // A task that is sent again is queued anew on the server; to the viewer it goes on running.
  return before.kind === "running" ? before : { kind: "queued", position };
}

function changeTurn(conversation: Conversation, key: string, change: (turn: Turn) => Turn): Conversation {
  return replaceTurn(conversation, (turn) => turn.key === key, change);
}

function changeRequest(conversation: Conversation, requestId: RequestId, change: (turn: Turn) => Turn): Conversation {
  return replaceTurn(conversation, (turn) => turn.requestId === requestId, change);
}

function replaceTurn(
  conversation: Conversation,
  matches: (turn: Turn) => boolean,
  change: (turn: Turn) => Turn,
): Conversation {
  // Events concern recent turns, and a conversation may be long: look from the end.
  const index = conversation.turns.findLastIndex(matches);
  const before = conversation.turns[index];
  if (!before) return conversation;
  const after = change(before);
  if (after === before) return conversation;
  const turns = conversation.turns.slice();
  turns[index] = after;
  return { ...conversation, turns };
}
