// A ledger that overlooks a fault would make every round look good: each fault is shown to it once.

import { test } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";

import { Chance } from "./chance.mjs";
import { ACCIDENTS, drawn } from "./accidents.mjs";
import { Ledger } from "./load.mjs";
import { Proxy } from "./proxy.mjs";
import { recovery } from "./rounds.mjs";

const RIGHT = "1:2.5";
const answer = (offset, more = {}) => ({ request_id: "r", offset, recommendations: [{ movie_id: 1, score: 2.5 }], meta: { coverage: 1, source: "neighbours" }, ...more });

/** A ledger with one ask, acknowledged as request "r". */
function ledgerOfOne(more = {}) {
  const ledger = new Ledger(new Map([["question", RIGHT]]));
  const ask = { key: "k", name: "question", at: 0, sent: 1, endings: [], ...more };
  ledger.asks.set("k", ask);
  ledger.acknowledged(ask, "r");
  return { ledger, ask };
}
const kinds = (ledger) => ledger.troubles.map(({ kind }) => kind);
const database = (requests, ratings = new Map()) => ({ requests: async () => requests, ratings: async () => ratings });

test("an answer that is right, once, is no trouble, also when it is replayed", async () => {
  const { ledger } = ledgerOfOne();
  ledger.ended("answer", answer(7), "first");
  ledger.ended("answer", answer(7), "second");
  assert.deepEqual(kinds(ledger), []);
  assert.deepEqual(ledger.open(), []);
  assert.deepEqual(await ledger.missingOnDisk(database(new Map([["r", { state: "answered", offset: 7 }]]))), []);
});

test("an acknowledged request without an end is open", () => assert.equal(ledgerOfOne().ledger.open().length, 1));

test("an ask that nobody speaks of is silent, and a refused one is not", () => {
  const ledger = new Ledger(new Map());
  ledger.asks.set("a", { key: "a", endings: [] });
  ledger.asks.set("b", { key: "b", endings: [], refused: "queue_full" });
  assert.deepEqual(ledger.silent().map(({ key }) => key), ["a"]);
});

test("two ends at two offsets, and two requests for one key, are doubled", () => {
  const { ledger, ask } = ledgerOfOne();
  ledger.ended("answer", answer(7), "first");
  ledger.ended("answer", answer(8), "first");
  ledger.acknowledged(ask, "other");
  assert.deepEqual(kinds(ledger), ["doubled", "doubled"]);
});

test("an ending that comes again and again on one connection is doubled", () => {
  const { ledger } = ledgerOfOne();
  for (let time = 0; time < 4; time += 1) ledger.ended("answer", answer(7), "first");
  assert.ok(kinds(ledger).includes("doubled"));
});

test("an end that comes before its acknowledgement counts", () => {
  const ledger = new Ledger(new Map());
  const ask = { key: "k", at: 0, sent: 1, endings: [] };
  ledger.ended("answer", answer(7), "first");
  ledger.acknowledged(ask, "r");
  assert.deepEqual(ledger.open(), []);
});

test("other films, another order and another score are wrong; a partial answer is not compared", () => {
  for (const [recommendations, coverage, expected] of [
    [[{ movie_id: 2, score: 2.5 }], 1, ["wrong"]], [[{ movie_id: 1, score: 2.4 }], 1, ["wrong"]], [[{ movie_id: 2, score: 2.5 }], 0.5, []],
  ]) {
    const { ledger } = ledgerOfOne();
    ledger.ended("answer", answer(7, { recommendations, meta: { coverage, source: "neighbours" } }), "first");
    assert.deepEqual(kinds(ledger), expected);
  }
});

test("a film that was rated before it was asked for is wrong", () => {
  const { ledger } = ledgerOfOne({ name: undefined, rated: new Set([1]) });
  ledger.ended("answer", answer(7), "first");
  assert.deepEqual(kinds(ledger), ["wrong"]);
});

test("what is acknowledged and not on disk is found: a request, its end, a rating", async () => {
  const { ledger } = ledgerOfOne();
  ledger.ended("answer", answer(7), "first");
  assert.equal((await ledger.missingOnDisk(database(new Map()))).length, 1);
  assert.equal((await ledger.missingOnDisk(database(new Map([["r", { state: "queued", offset: null }]])))).length, 1);
  assert.equal((await ledger.missingOnDisk(database(new Map([["r", { state: "answered", offset: 8 }]])))).length, 1);
  ledger.ratings.set("session 5", { halfStars: 9, possible: [3] });
  const stored = new Map([["r", { state: "answered", offset: 7 }]]);
  assert.equal((await ledger.missingOnDisk(database(stored))).length, 1);
  assert.deepEqual(await ledger.missingOnDisk(database(stored, new Map([["session 5", 9]]))), []);
  assert.deepEqual(await ledger.missingOnDisk(database(stored, new Map([["session 5", 3]]))), [], "one that was sent without a word may be there");
});

test("recovery ends with the fifth good answer in a row, and a late one begins the count anew", () => {
  const ask = (at, ended, complete = true) => ({ at, endings: [{ at: ended, complete }] });
  const good = (from, count) => Array.from({ length: count }, (_, number) => ask(from + number, from + number + 1));
  assert.equal(recovery(good(100, 5), 100, 50), 5);
  assert.equal(recovery([...good(100, 4), ask(104, 300), ...good(400, 5)], 100, 50), 305);
  assert.equal(recovery([...good(100, 4), ask(104, 106, false), ...good(107, 4)], 100, 50), null);
});

test("a seed draws the same accidents again, two that touch different parts", () => {
  for (let seed = 0; seed < 500; seed += 1) {
    const [first, second] = drawn("sqlite", new Chance(seed));
    assert.deepEqual(drawn("sqlite", new Chance(seed)).map(({ name }) => name), [first, second].filter(Boolean).map(({ name }) => name));
    if (second) assert.ok(!first.touches.some((part) => second.touches.includes(part)), `${first.name} and ${second.name}`);
    else assert.equal(first.class, "said");
  }
  assert.equal(new Set(ACCIDENTS.map(({ name }) => name)).size, ACCIDENTS.length, "names are unique");
});

test("the proxy holds back what a blackhole swallows and passes it on, whole, when it heals", async () => {
  // The cut below resets this side as well, after the test's end or before it.
  const server = createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await Proxy.before(server.address().port);
  const client = connect(proxy.port, "127.0.0.1").setEncoding("utf8");
  client.write("one");
  assert.equal((await once(client, "data"))[0], "one");
  proxy.suffer({ swallowed: ["toClient"] });
  client.write("two");
  assert.equal(await Promise.race([once(client, "data"), new Promise((resolve) => setTimeout(resolve, 100, "nothing"))]), "nothing");
  proxy.heal();
  assert.equal((await once(client, "data"))[0], "two");
  proxy.cut();
  await once(client, "close").catch(() => {});
  assert.ok(client.destroyed);
  proxy.close();
  server.close();
});
