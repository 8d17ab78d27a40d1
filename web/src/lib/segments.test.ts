import { expect, test } from "vitest";
import { emptyConversation, reduce, type ConversationEvent } from "./conversation";
import { segmentsOf } from "./segments";

const asked = (key: string): ConversationEvent => ({ type: "asked", key, text: key });
const begun = (key: string, at: number): ConversationEvent[] => [
  { type: "asked", key, text: "" },
  { type: "replied", key, reply: { kind: "begun", message: "", at }, offset: at },
];
const cut = (...events: ConversationEvent[]) =>
  segmentsOf(events.reduce(reduce, emptyConversation).turns).map(({ at, turns }) => [at, turns.map(({ key }) => key)]);

test("a session without a new conversation is one", () => {
  expect(cut()).toEqual([[null, []]]);
  expect(cut(asked("a"))).toEqual([[null, ["a"]]]);
});

test("conversations begin where they were begun, and those without a question are not listed", () => {
  expect(cut(asked("a"), ...begun("b", 1), ...begun("c", 2), asked("d"), asked("e"))).toEqual([[null, ["a"]], [2, ["d", "e"]]]);
  expect(cut(asked("a"), ...begun("b", 1))).toEqual([[null, ["a"]], [1, []]]);
});
