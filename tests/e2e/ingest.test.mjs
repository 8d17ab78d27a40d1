// Ratings from elsewhere: what is acknowledged counts once, whatever is killed, and what does not count says why and can be
// mended. INGEST_KILL_SECONDS=60 kills for longer.

import { describe, test } from "node:test";
import assert from "node:assert/strict";

import { needsMosquitto } from "./harness.mjs";
import { FIRST_USER, NDJSON, onFarm, serving } from "./ingesting.mjs";
import { Process, pause, within } from "./processes.mjs";

const KILL_SECONDS = Number(process.env.INGEST_KILL_SECONDS ?? 6);

/** A bad line of each kind, and all that is wrong with it. */
const BAD = [
  ["rating: 5", ["not_json"]],
  ["[1, 6, 5]", ["not_an_object"]],
  ['{"user_id":"a","rating":5}', ["missing_field"]],
  ['{"user_id":"a","movie_id":1,"rating":5,"rating":1}', ["repeated_field"]],
  ['{"user_id":"a","movie_id":1,"rating":5,"stars":5}', ["unknown_field"]],
  ['{"user_id":"a","movie_id":1,"rating":"5"}', ["wrong_type"]],
  ['{"user_id":"","movie_id":1,"rating":5}', ["bad_id"]],
  ['{"user_id":"a","movie_id":4000000,"rating":5}', ["unknown_film"]],
  ['{"user_id":"a","movie_id":1,"rating":5.3}', ["off_scale"]],
  ['{"user_id":"a","movie_id":1,"rating":5,"timestamp":"soon"}', ["bad_time"]],
  ['{"user_id":"a","movie_id":1,"rating":5,"timestamp":"2200-01-01T00:00:00Z"}', ["in_the_future"]],
  ['{"user_id":"a","movie_id":1,"rating":5,"timestamp":-3000000000}', ["before_film"]],
  ['{"user_id":1,"movie_id":1,"rating":5}', ["not_allowed"]],
  [`{"user_id":"a","movie_id":1,"rating":5${" ".repeat(3_000)}}`, ["too_long"]],
  ['{"user_id":1,"movie_id":4000000,"rating":0}', ["unknown_film", "off_scale", "not_allowed"]],
];

const reasons = (batch) => batch.dead_ratings.map((dead) => dead.reasons.map(({ reason }) => reason));

describe("ratings from elsewhere", needsMosquitto, () => {
  test("one, a list and lines are taken; each bad kind says all reasons, and comes in once it is mended", onFarm(async (ingesting) => {
    const one = await ingesting.sent('{"user_id":"ana","movie_id":1,"rating":4.5,"id":"x"}');
    const list = await ingesting.sent('[{"user_id":"ana","movie_id":1,"rating":4.5,"id":"x"},\n {"user_id":"bob","movie_id":2,"rating":1}]');
    assert.deepEqual([one.clean, list.clean, list.repeated], [1, 1, 1]);
    const bad = await ingesting.sent(BAD.map(([line]) => line).join("\n"), NDJSON);
    assert.equal(bad.dead, BAD.length);
    assert.deepEqual(reasons(bad), BAD.map(([, wanted]) => wanted));
    assert.match(await ingesting.ratings("dead", "--reason", "off_scale"), /off_scale: a rating is 0\.5 to 5\.0 stars/);

    const [offScale] = bad.dead_ratings.filter(({ reasons }) => reasons.length === 1 && reasons[0].reason === "off_scale");
    const again = async (...args) => ingesting.done(/as batch (\S+)/.exec(await ingesting.ratings(...args))[1]);
    const mended = await again("mend", offScale.id, '{"user_id":"a","movie_id":1,"rating":5}');
    const replayed = await again("replay", "--reason", "not_allowed");
    assert.deepEqual([mended.clean, replayed.clean, replayed.dead], [1, 1, 1], "an operator speaks for users of the dataset");
    assert.match(await ingesting.ratings("drop", "--all"), /forgot \d+ ratings/);
    assert.match(await ingesting.ratings("dead"), /nothing is kept aside/);
    await assert.rejects(ingesting.ratings("replay"), /which ones/);
    const log = (await ingesting.log()).map(({ user_id, movie_id, rating, via }) => [user_id, movie_id, rating, via]);
    assert.deepEqual(log, [[FIRST_USER, 1, 4.5, "ingest"], [FIRST_USER + 1, 2, 1, "ingest"], [FIRST_USER + 2, 1, 5, "ingest"], [1, 1, 5, "ingest"]]);

    const refusals = [["", 400], ["7", 400], ["[{},", 400], ["[]", 400]];
    for (const [body, status] of refusals) assert.equal((await ingesting.post(body)).status, status, body);
    const form = await ingesting.post("{}", "application/x-www-form-urlencoded");
    assert.deepEqual([form.status, (await form.json()).error.code], [415, "unsupported_type"]);
    assert.equal((await ingesting.post(`[${" ".repeat(9 << 20)}]`)).status, 413);
    assert.equal((await ingesting.post("{}", "application/json", { "x-forwarded-for": "9.9.9.9" })).status, 403);
    assert.equal((await fetch(`${ingesting.farm.url}/ingest/nobody`)).status, 404);
  }));

  test("by the broker the same, and who wants to sees what became of each", onFarm(async (ingesting) => {
    const where = ["-h", "127.0.0.1", "-p", String(ingesting.farm.brokerPort), "-v", "-t", "cineswarm/ratings/clean", "-t", "cineswarm/ratings/dead"];
    const taps = new Process("taps", "stdbuf", ["-oL", "mosquitto_sub", ...where, "-d"]);
    try {
      await taps.says(/SUBACK/);
      const clean = async () => {
        while (!/^cineswarm\/ratings\/clean \{/m.test(taps.log)) {
          await ingesting.publish('{"user_id":"ana","movie_id":1,"rating":4.5,"id":"x"}');
          await pause(50);
        }
      };
      // The master may not have subscribed yet; the id makes it one rating however often it is sent.
      await within(clean(), "the rating to be seen on the tap");
      await ingesting.publish(BAD.map(([line]) => line).join("\n"));
      for (const reason of new Set(BAD.flatMap(([, wanted]) => wanted))) await taps.says(new RegExp(`ratings/dead .*"reason":"${reason}"`));
      assert.deepEqual(await ingesting.log(), [{ user_id: FIRST_USER, movie_id: 1, rating: 4.5, via: "ingest" }]);
    } finally {
      await taps.stop();
    }
  }, { RATINGS_TAPS: "true" }));

  test("with a token nobody is let in without it, and who has it speaks for users of the dataset", onFarm(async (ingesting) => {
    const rating = '{"user_id":1,"movie_id":1,"rating":5}';
    ingesting.headers = {};
    const bearer = (token) => ({ authorization: `Bearer ${token}` });
    for (const headers of [{}, bearer("open"), bearer("")]) assert.equal((await ingesting.post(rating, undefined, headers)).status, 401);
    const taken = await ingesting.post(rating, undefined, bearer("open sesame"));
    assert.equal(taken.status, 202);
    const { id } = await taken.json();
    assert.equal((await fetch(`${ingesting.farm.url}/ingest/${id}`)).status, 401);
    const clean = async () => {
      while ((await ingesting.log()).length === 0) await pause(50);
    };
    await within(clean(), "the rating to be in the log");
    assert.equal(ingesting.farm.master.log.includes("open sesame"), false);
  }, { INGEST_TOKEN: "open sesame" }));

  test("a master that is killed loses nothing it acknowledged and doubles nothing", { timeout: (KILL_SECONDS + 120) * 1_000 }, onFarm(async (ingesting) => {
    const { farm } = ingesting;
    const until = Date.now() + KILL_SECONDS * 1_000;
    const acknowledged = new Set();
    const { movies } = await (await fetch(`${farm.url}/api/movies/starters?limit=60`)).json();
    const films = movies.map((film) => film.movie_id);
    let kills = 0;
    const sender = async (name) => {
      for (let number = 0; Date.now() < until; number += 1) {
        const lines = films.map((movie_id, place) =>
          JSON.stringify({ user_id: `${name}-${number}`, movie_id, rating: (place % 10 + 1) / 2, id: movie_id }));
        // Sent again until it is acknowledged, as a careful sender does.
        for (;;) {
          try {
            const response = await ingesting.post(lines.join("\n"), NDJSON);
            if (response.status === 202) break;
          } catch {
            // Nobody knows whether it is stored.
          }
          await pause(50);
        }
        acknowledged.add(`${name}-${number}`);
      }
    };
    const killing = async () => {
      while (Date.now() < until) {
        await pause(400 + 600 * Math.random());
        await farm.master.stop("SIGKILL");
        farm.startMaster();
        await serving(farm);
        kills += 1;
      }
    };
    await Promise.all([sender("ana"), sender("bob"), killing()]);
    const settled = async () => {
      while ((await ingesting.rows("SELECT COUNT(*) AS waiting FROM ingest_chunks"))[0].waiting > 0) await pause(100);
    };
    await within(settled(), "everything to be through the gate");
    const names = new Map((await ingesting.rows("SELECT source, user_id FROM ingest_users")).map(({ source, user_id }) => [user_id, source]));
    const rated = (await ingesting.log()).map(({ user_id, movie_id }) => `${names.get(user_id)} ${movie_id}`);
    assert.equal(new Set(rated).size, rated.length, "no rating is in the log twice");
    const logged = new Set(rated);
    for (const name of acknowledged) for (const film of films) assert.ok(logged.has(`${name} ${film}`), `${name} rated ${film}, which was acknowledged`);
    assert.deepEqual(await ingesting.rows("SELECT * FROM dead_ratings"), []);
    console.log(`${KILL_SECONDS} s, ${kills} kills, ${acknowledged.size * films.length} ratings acknowledged, ${rated.length} in the log`);
    assert.ok(kills > 0 && acknowledged.size > 0);
  }));
});
