// What an operator does with ratings that do not count, over HTTP: each is listed with its reasons, and what is mended and
// replayed counts, once.

import { describe, test } from "node:test";
import assert from "node:assert/strict";

import { needsMosquitto } from "./harness.mjs";
import { FIRST_USER, NDJSON, onFarm, serving } from "./ingesting.mjs";
import { within } from "./processes.mjs";

const OFF_SCALE = '{"user_id":"ana","movie_id":1,"rating":44}';
const OF_THE_DATASET = '{"user_id":1,"movie_id":1,"rating":5}';
const MENDED = '{"user_id":"ana","movie_id":1,"rating":4.5}';
const TOKEN = "open sesame";

const refused = ({ status, error }) => [status, error?.code];
const logged = async (ingesting) => (await ingesting.log()).map(({ user_id, movie_id, rating }) => [user_id, movie_id, rating]);

describe("dead ratings over HTTP", needsMosquitto, () => {
  test("are listed page by page, with all reasons, by reason and by batch", onFarm(async (ingesting) => {
    const one = await ingesting.sent(OFF_SCALE);
    const [dead] = one.dead_ratings;
    const lines = Array.from({ length: 120 }, (_, number) => (number % 2 ? `no json ${number}` : OF_THE_DATASET));
    const many = await ingesting.sent(lines.join("\n"), NDJSON);
    assert.equal(many.dead, 120);

    const seen = [];
    let pages = 0;
    for (let after = 0; after !== null; pages += 1) {
      const page = await ingesting.dead("GET", `?after=${after}&limit=50`);
      assert.equal(page.status, 200, JSON.stringify(page));
      seen.push(...page.dead_ratings);
      after = page.next;
    }
    assert.deepEqual([pages, seen.map(({ line }) => line)], [3, [OFF_SCALE, ...lines]]);
    assert.deepEqual(seen.map(({ id }) => id), seen.map(({ id }) => id).toSorted((a, b) => a - b));
    const { id, batch, line_number, came_at, reasons } = seen[0];
    assert.deepEqual([id, batch, line_number, reasons.map(({ reason }) => reason)], [dead.id, one.id, 1, ["off_scale"]]);
    assert.ok(Math.abs(came_at - Date.now()) < 60_000);
    assert.match(reasons[0].words, /0\.5 to 5/);

    const count = async (query) => (await ingesting.dead("GET", `?limit=200&${query}`)).dead_ratings.length;
    const counts = [await count(`batch=${many.id}`), await count("reason=not_json"), await count(`reason=off_scale&batch=${many.id}`)];
    assert.deepEqual(counts, [120, 60, 0]);
    assert.equal((await ingesting.dead("GET")).dead_ratings.length, 50, "a page is bounded where the query does not say it");
  }));

  test("one that is mended counts once, however often that is asked, and whatever is killed meanwhile", onFarm(async (ingesting) => {
    const { farm } = ingesting;
    const [dead, other] = (await ingesting.sent(`${OFF_SCALE}\n${OFF_SCALE}`, NDJSON)).dead_ratings;
    const replay = () => ingesting.dead("POST", `/${dead.id}/replay`, { body: ` ${MENDED}\n` });
    const first = await replay();
    assert.deepEqual([first.status, first.lines, first.location], [202, 1, `/ingest/${first.id}`]);
    await farm.master.stop("SIGKILL");
    farm.startMaster();
    await serving(farm);
    assert.deepEqual((await replay()).id, first.id, "the answer might have been lost");
    const done = await ingesting.done(first.id);
    assert.deepEqual([done.via, done.clean, done.dead], ["operator", 1, 0]);
    assert.deepEqual((await replay()).id, first.id);
    assert.deepEqual(await logged(ingesting), [[FIRST_USER, 1, 4.5]]);

    const viewer = await farm.visit();
    await viewer.next("status", ({ last_change }) => last_change === 1);
    viewer.close();
    assert.deepEqual((await ingesting.dead("GET")).dead_ratings.map(({ id }) => id), [other.id]);

    const asItIs = await ingesting.dead("POST", `/${other.id}/replay`);
    const again = (await ingesting.done(asItIs.id)).dead_ratings;
    assert.deepEqual(again.map(({ line }) => line), [OFF_SCALE], "what is not mended is as bad as before");
    assert.deepEqual(refused(await ingesting.dead("POST", `/${other.id}/replay`, { body: MENDED })), [404, "unknown_dead"]);
    const dropped = await ingesting.dead("DELETE", `/${again[0].id}`);
    assert.deepEqual([dropped.status, dropped.dropped], [200, 1]);
    assert.deepEqual(refused(await ingesting.dead("DELETE", `/${again[0].id}`)), [404, "unknown_dead"]);
    assert.deepEqual((await ingesting.dead("GET")).dead_ratings, []);
  }, { RATINGS_SHARED: "all" }));

  test("many are replayed and dropped by reason and by batch; all only where that is said", onFarm(async (ingesting) => {
    const films = Array.from({ length: 150 }, (_, at) => at + 1);
    const fast = films.map((movie_id) => JSON.stringify({ user_id: "ana", movie_id, rating: (movie_id % 10 + 1) / 2, timestamp: 1_700_000_000 }));
    const batch = await ingesting.sent([...fast, OF_THE_DATASET, "no json"].join("\n"), NDJSON);
    const tooFast = (await ingesting.dead("GET", "?reason=too_fast&limit=200")).dead_ratings.length;
    assert.ok(tooFast > 0 && batch.dead >= tooFast, JSON.stringify(batch));

    const asBefore = await ingesting.dead("POST", "/replay?reason=too_fast");
    assert.deepEqual([asBefore.status, asBefore.lines], [202, tooFast]);
    for (const { id } of asBefore.batches) assert.equal((await ingesting.done(id)).clean, 0, "nobody is so fast");
    const genuine = await ingesting.dead("POST", "/replay?reason=too_fast&trust=true");
    assert.equal(genuine.lines, tooFast);
    for (const { id, lines } of genuine.batches) assert.equal((await ingesting.done(id)).clean, lines);
    const spoken = await ingesting.dead("POST", `/replay?batch=${batch.id}`);
    assert.equal(spoken.lines, 1, "the other is counted already: with the token it speaks for users of the dataset");
    assert.deepEqual((await logged(ingesting)).length, films.length + 1);
    assert.deepEqual(await ingesting.dead("POST", "/replay?reason=too_fast"), { status: 202, location: null, batches: [], lines: 0 });
    for (const { id } of spoken.batches) await ingesting.done(id);

    for (const [method, path] of [["POST", "/replay"], ["DELETE", ""]]) {
      for (const query of ["", "?all=false", "?all=true&reason=not_json", "?reson=not_json", "?reason=nonsense"]) {
        assert.deepEqual(refused(await ingesting.dead(method, path + query)), [400, "bad_request"], `${method} ${path}${query}`);
      }
    }
    assert.equal((await ingesting.dead("GET")).dead_ratings.length, 1, "nothing was dropped by that");
    assert.equal((await ingesting.dead("DELETE", "?reason=off_scale")).dropped, 0);
    assert.equal((await ingesting.dead("DELETE", "?all=true")).dropped, 1);
  }, { INGEST_TOKEN: TOKEN }));

  test("what cannot be served says what, where and the way out", onFarm(async (ingesting) => {
    const [{ id }] = (await ingesting.sent(OFF_SCALE)).dead_ratings;
    const wrong = [
      ["GET", "?limit=0", {}, 400, "bad_request", /limit.*"0".*1 to 200/],
      ["GET", "?after=x", {}, 400, "bad_request", /after.*"x".*number/],
      ["GET", "?reason=nonsense", {}, 400, "bad_request", /reason.*nonsense.*off_scale/],
      ["GET", "?batch=7", {}, 400, "bad_request", /batch.*"7"/],
      ["GET", "?page=2", {}, 400, "bad_request", /page/],
      ["POST", "/999999/replay", {}, 404, "unknown_dead", /999999/],
      ["POST", "/nobody/replay", {}, 404, "unknown_dead", /nobody/],
      ["DELETE", "/-1", {}, 404, "unknown_dead", /-1/],
      ["POST", `/${id}/replay?trust=true`, {}, 403, "forbidden", /token/],
      ["POST", `/${id}/replay`, { body: "rating: 5" }, 400, "bad_request", /no JSON/],
      ["POST", `/${id}/replay`, { body: MENDED, headers: { "content-type": "text/plain" } }, 415, "unsupported_type", /application\/json/],
      ["POST", `/${id}/replay`, { body: `"${"x".repeat(2_048)}"` }, 413, "too_large", /2048/],
      ["POST", `/${id}/replay`, { body: " ".repeat(1_000_000) }, 413, "too_large", /2048/],
    ];
    for (const [method, path, given, status, code, message] of wrong) {
      const answer = await within(ingesting.dead(method, path, given), `${method} ${path}`);
      assert.deepEqual(refused(answer), [status, code], `${method} ${path}: ${JSON.stringify(answer)}`);
      assert.match(answer.error.message, message);
      assert.ok(answer.error.hint.length > 20, answer.error.hint);
    }
    const [still] = (await ingesting.dead("GET")).dead_ratings;
    assert.deepEqual([still.id, still.line], [id, OFF_SCALE], "nothing of it changed anything");
    assert.equal(ingesting.farm.master.log.includes("panicked"), false);
  }));

  test("ask for what /ingest asks for: the token, or where there is none this machine, which speaks for nobody of the dataset", async () => {
    const routes = [["GET", ""], ["DELETE", "?all=true"], ["POST", "/replay?all=true"], ["POST", "/1/replay"], ["DELETE", "/1"]];
    await onFarm(async (ingesting) => {
      assert.equal((await ingesting.sent(OFF_SCALE)).dead, 1);
      for (const [method, path] of routes) {
        for (const authorization of ["", "Bearer", "Bearer open", `Basic ${TOKEN}`]) {
          const answer = await ingesting.dead(method, path, { headers: { authorization } });
          assert.deepEqual(refused(answer), [401, "unauthorized"], `${method} ${path} ${authorization}`);
        }
      }
      assert.equal((await ingesting.dead("GET")).dead_ratings.length, 1);
    }, { INGEST_TOKEN: TOKEN })();
    await onFarm(async (ingesting) => {
      const [{ id }] = (await ingesting.sent(OF_THE_DATASET)).dead_ratings;
      for (const [method, path] of routes) {
        const answer = await ingesting.dead(method, path, { headers: { "x-forwarded-for": "9.9.9.9" } });
        assert.deepEqual(refused(answer), [403, "forbidden"], `${method} ${path}`);
      }
      const { id: batch } = await ingesting.dead("POST", `/${id}/replay`);
      const [dead] = (await ingesting.done(batch)).dead_ratings;
      assert.deepEqual(dead.reasons.map(({ reason }) => reason), ["not_allowed"]);
      assert.deepEqual(await ingesting.log(), []);
    })();
  });
});
