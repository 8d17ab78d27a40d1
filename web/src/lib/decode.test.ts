import { expect, test } from "vitest";
import {
  decodeAcknowledgement,
  decodeAnswer,
  decodeFailed,
  decodeFilms,
  decodeProgress,
  decodeRated,
  decodeReply,
  decodeSession,
  decodeStatus,
} from "./decode";

const hostile: unknown[] = [
  undefined, null, 0, Number.NaN, "text", true, [], [null], {}, { request_id: {} }, { movie: "Heat" }, { movies: "many" },
  { recommendations: { length: 3 } }, { workers: null }, { error: "no" }, { session_id: 7, profile: [{ movie: {} }] },
];

test("nothing that arrives makes a decoder throw", () => {
  const decoders = [
    decodeAcknowledgement, decodeAnswer, decodeFailed, decodeFilms, decodeProgress, decodeRated, decodeReply, decodeSession,
    decodeStatus,
  ];
  for (const decode of decoders) for (const value of hostile) expect(() => decode(value)).not.toThrow();
});

test("an answer without a request id is refused, and one with nothing else is empty", () => {
  expect(decodeAnswer({ recommendations: [] })).toBeNull();
  expect(decodeAnswer({ request_id: "r" })).toMatchObject({ recommendations: [], meta: { coverage: 1, note: null, workers: [] } });
});

test("a film without an id is left out, and a film named twice is shown once", () => {
  const answer = decodeAnswer({
    request_id: "r",
    recommendations: [{ title: "no id" }, { movie_id: 6, title: "Heat" }, { movie_id: 6, title: "Heat" }],
  });
  expect(answer?.recommendations.map(({ title }) => title)).toEqual(["Heat"]);
});

test("an unknown year and an unpredicted rating stay unknown", () => {
  const answer = decodeAnswer({ request_id: "r", recommendations: [{ movie_id: 6, year: null, predicted_rating: null }] });
  expect(answer?.recommendations[0]).toMatchObject({ year: null, predicted_rating: null });
});

test("a worker's shards may be counted or listed", () => {
  const meta = { workers: [{ worker_id: "a", shards: 3 }, { worker_id: "b", shards: [0, 2] }] };
  expect(decodeAnswer({ request_id: "r", meta })?.meta.workers.map(({ shards }) => shards)).toEqual([3, 2]);
});

test("a reply of a kind that this page does not know is shown as its message", () => {
  expect(decodeReply({ kind: "poem", message: "roses" })).toEqual({ kind: "message", message: "roses" });
});

test("an acknowledgement is an error or its fields, never both", () => {
  const error = { code: "rate_limited", message: "slow down", hint: "wait", retry_after_ms: 250 };
  expect(decodeAcknowledgement({ error })).toEqual({ error });
  expect(decodeAcknowledgement({ request_id: "r", position: 0 })).toEqual({ fields: { request_id: "r", position: 0 } });
});
