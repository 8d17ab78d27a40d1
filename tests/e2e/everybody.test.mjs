// A rating counts for everybody: what anyone rates changes the next answers of all others, to the bit as if it had been in
// the dataset; whoever joins later, or starts again, knows it too; and who is forgotten is gone.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { BROKER, Farm, binary } from "./harness.mjs";
import { pause, run, within } from "./processes.mjs";
import { invent } from "./datasets.mjs";
import { Reference } from "./reference.mjs";

const FIRST_USER = 2 ** 31;
// Films that few have rated together, so that somebody who rates just these is a near neighbour.
const PROFILE = new Map([[20, 10], [41, 9], [77, 2], [103, 8], [150, 1], [201, 10], [222, 7], [260, 9], [280, 3], [299, 10]]);
const asked = { profile: [...PROFILE].map(([movie_id, halfStars]) => ({ movie_id, rating: halfStars / 2 })) };

const scores = (list) => list.map(({ movie_id, score, neighbours }) => ({ movie_id, score, neighbours }));

describe("everybody's ratings", () => {
  const data = invent();
  let farm, reference, asker;
  /** Events in the log: how far every shard has to be. */
  let told = 0;

  before(async () => {
    reference = new Reference(data);
    farm = await Farm.start({ data, workers: 3, limits: { RATINGS_SHARED: "all", INGEST_TOKEN: "a-token-of-the-operator" } });
    asker = await farm.visit();
  });
  after(() => farm?.stop());

  const expected = (profile = PROFILE, options = {}) =>
    scores(reference.recommendations(profile, reference.neighbours(profile, options)).slice(0, 10));

  /** The answer once every shard and the master know all that was told. */
  async function answeredByAll(question = asked, viewer = asker) {
    let last;
    const look = async () => {
      for (;;) {
        last = (await viewer.answered(question)).meta.watermark;
        if (last.master >= told && last.shards.every((watermark) => watermark >= told)) return viewer.answered(question);
        await pause(10);
      }
    };
    return within(look(), () => `every shard to be at ${told}: ${JSON.stringify(last)}`);
  }

  async function rate(viewer, user, movie_id, rating) {
    const { error } = await viewer.send("rate", { movie_id, rating });
    assert.equal(error, undefined);
    reference.rate(user, movie_id, rating === null ? null : rating * 2);
    told += 1;
  }

  let neighbour;

  test("what one viewer rates, changes and takes back is in the other's next answers, to the bit", async () => {
    const alone = expected();
    assert.deepEqual(scores((await asker.answered(asked)).recommendations), alone);
    neighbour = await farm.visit();
    for (const [movie, halfStars] of PROFILE) await rate(neighbour, FIRST_USER, movie, halfStars / 2);
    await rate(neighbour, FIRST_USER, 298, 5);
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
    assert.notDeepEqual(expected(), alone, "so near a neighbour makes a difference");
    await rate(neighbour, FIRST_USER, 298, 0.5);
    await rate(neighbour, FIRST_USER, 297, 4.5);
    await rate(neighbour, FIRST_USER, 103, null);
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
  });

  test("counts and means follow, on the film's own page and in what every page is told", async () => {
    const all = [...reference.films.values()].reduce((sum, film) => sum + film.ratings, 0);
    await asker.next("status", (status) => status.ratings === all);
    const { ratings, halfStars } = reference.films.get(297);
    const { movie, histogram } = await (await fetch(`${farm.url}/api/movies/297`)).json();
    assert.deepEqual([movie.ratings, movie.mean], [ratings, halfStars / ratings / 2]);
    assert.equal(histogram.reduce((sum, count) => sum + count, 0), ratings);
  });

  /** How many people liked both films, from four stars on. */
  const coincidences = (one, other, but) =>
    [...reference.users].filter(([user, rated]) => user !== but && rated.get(one) >= 8 && rated.get(other) >= 8).length;

  test("the graph of films that the same people liked has what was rated a moment ago, and says by which way it went", async () => {
    const seeds = [20, 201];
    await answeredByAll();
    const answer = await asker.answered({ like: seeds, algorithm: "graph" });
    assert.deepEqual([answer.meta.algorithm, answer.meta.source, answer.meta.note], ["graph", "graph", null]);
    const strengths = [...reference.films.keys()].filter((film) => !seeds.includes(film)).map((film) => coincidences(seeds[0], film) + coincidences(seeds[1], film));
    const strongest = strengths.sort((a, b) => b - a).slice(0, 10);
    // Of a series no more than two are shown, and the invented films are of none.
    assert.deepEqual(answer.recommendations.map(({ score }) => score), strongest);
    for (const { movie_id, because } of answer.recommendations) {
      const ways = new Map(because.map((way) => [way.movie_id, way.neighbours]));
      for (const seed of seeds) assert.equal(ways.get(seed) ?? 0, coincidences(seed, movie_id));
    }
    const { also_liked: beside } = await (await fetch(`${farm.url}/api/movies/20`)).json();
    const most = [...reference.films.keys()].filter((film) => film !== 20).map((film) => coincidences(20, film)).sort((a, b) => b - a);
    assert.deepEqual(beside.map(({ people }) => people), most.slice(0, 6));
    for (const { movie, people } of beside) assert.equal(people, coincidences(20, movie.movie_id));
    const film = [...reference.films.keys()].find((film) => film !== 20 && !reference.users.get(FIRST_USER).has(film) && coincidences(20, film) > 0);
    const before = coincidences(20, film);
    await rate(neighbour, FIRST_USER, film, 4);
    assert.equal(coincidences(20, film), before + 1);
    await answeredByAll();
    const only = await asker.answered({ like: [20], algorithm: "graph", filters: { movie_ids: [film] } });
    assert.deepEqual(only.recommendations.map(({ movie_id, neighbours }) => [movie_id, neighbours]), [[film, before + 1]]);
    await rate(neighbour, FIRST_USER, film, null);
    await answeredByAll();
    const own = await neighbour.answered({ algorithm: "graph" });
    for (const { movie_id, because } of own.recommendations) {
      for (const way of because) assert.equal(way.neighbours, coincidences(way.movie_id, movie_id, FIRST_USER), "nobody is their own way");
    }
    assert.match((await asker.send("ask", { like: [20], algorithm: "magic" })).error.message, /graph/);
  });

  test("nobody is their own neighbour", async () => {
    const own = new Map([...PROFILE].filter(([movie]) => movie !== 103));
    own.set(298, 1).set(297, 9);
    const answer = await answeredByAll({}, neighbour);
    assert.equal(answer.meta.source, "neighbours");
    assert.deepEqual(scores(answer.recommendations), expected(own, { exclude: FIRST_USER }));
  });

  test("a rating from elsewhere counts as one from here, for the dataset's users, too", async () => {
    const lines = [[7, 20, 10], [7, 298, 10], [8, 41, 1], ["elsewhere", 20, 10], ["elsewhere", 201, 10], ["elsewhere", 296, 10]];
    const ids = new Map([["elsewhere", FIRST_USER + 1]]);
    const body = JSON.stringify(lines.map(([user_id, movie_id, half]) => ({ user_id, movie_id, rating: half / 2 })));
    const headers = { "content-type": "application/json", authorization: "Bearer a-token-of-the-operator" };
    const response = await fetch(`${farm.url}/ingest`, { method: "POST", headers, body });
    assert.equal(response.status, 202, await response.text());
    for (const [user, movie, half] of lines) reference.rate(ids.get(user) ?? user, movie, half);
    told += lines.length;
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
    // Their own profile is as it is now; a viewer's is nobody's to ask for.
    const own = new Map(reference.users.get(7));
    assert.deepEqual(scores((await answeredByAll({ user_id: 7 })).recommendations), expected(own, { exclude: 7 }));
    assert.equal((await asker.answered({ user_id: FIRST_USER })).meta.source, "popular");
  });

  test("a worker that comes later and a master that starts again know all of it", async () => {
    if (farm.separate) {
      await farm.stopWorker("worker-1", "SIGKILL");
      farm.startWorker("worker-4");
      await farm.stopWorker("worker-2", "SIGKILL");
      farm.startWorker("worker-5");
    }
    await farm.master.stop("SIGKILL");
    farm.startMaster();
    await farm.ready();
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
  });

  test("more changed users than an index should carry beside it are folded in, and the answers stay to the bit", async () => {
    const body = [];
    for (let user = 0; user < 400; user += 1) {
      for (let film = 0; film < 12; film += 1) {
        const movie_id = ((user * 31 + film * 17) % 300) + 1;
        const half = ((user + film * 3) % 10) + 1;
        body.push(JSON.stringify({ user_id: `crowd-${user}`, movie_id, rating: half / 2, timestamp: 1_600_000_000 + user * 100_003 + film * 3_600 }));
        reference.rate(FIRST_USER + 2 + user, movie_id, half);
        told += 1;
      }
    }
    const headers = { "content-type": "application/x-ndjson", authorization: "Bearer a-token-of-the-operator" };
    const response = await fetch(`${farm.url}/ingest`, { method: "POST", headers, body: body.join("\n") });
    assert.equal(response.status, 202, await response.text());
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
  });

  test("made part of the dataset while it serves: who comes later is sent that, the next start serves it, and workers keep what they hold", { skip: BROKER === "embedded" && "up imports the folder that it is given" }, async () => {
    const before = asker.session.dataset.version;
    await run(binary(), ["data", "compact", "--data", "films", "--data-dir", farm.directory], { RUST_LOG: "warn" });
    await farm.master.says(/shards are fetched from a newer version/);
    const earlier = [...farm.workers.keys()];
    const late = farm.startWorker("worker-6");
    for (const id of earlier) await farm.stopWorker(id, "SIGKILL");
    await farm.settled(asker, ["worker-6"]);
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
    await rate(neighbour, FIRST_USER, 296, 4);
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
    await farm.master.stop("SIGKILL");
    farm.startMaster();
    await farm.ready();
    await farm.settled(asker, ["worker-6"]);
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
    assert.notEqual((await farm.visit()).session.dataset.version, before);
    const again = [...late.log.matchAll(/assigned (\d+) shards, (\d+) to fetch/g)].at(-1);
    assert.equal(again[2], "0", `nothing is fetched twice: ${again[0]}`);
    await rate(neighbour, FIRST_USER, 295, 4.5);
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
  });

  test("a user who is forgotten is gone from everybody's answers, and stays so", async () => {
    for (const user of [FIRST_USER, 7]) {
      await run(binary(), ["ratings", "forget", String(user), "--data-dir", farm.directory], { RUST_LOG: "warn" });
      reference.forget(user);
      told += 1;
    }
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
    assert.equal((await asker.answered({ user_id: 7 })).meta.source, "popular");
    const again = await farm.visit({ session: neighbour.session.session_id });
    assert.deepEqual(again.session.profile, []);
    await farm.master.stop("SIGKILL");
    farm.startMaster();
    await farm.ready();
    assert.deepEqual(scores((await answeredByAll()).recommendations), expected());
    await assert.rejects(run(binary(), ["ratings", "forget", "7", "--data-dir", farm.directory], { RUST_LOG: "warn" }), /before/);
  });
});

test("past so many events what was rated is made part of the dataset by itself, and nobody notices", { skip: BROKER === "embedded" && "up imports the folder that it is given" }, async () => {
  const data = invent();
  const reference = new Reference(data);
  const farm = await Farm.start({ data, limits: { RATINGS_SHARED: "accounts", COMPACT_AFTER: "200" } });
  try {
    const asker = await farm.visit();
    const bring = async (first) => {
      const lines = Array.from({ length: 300 }, (_, at) => ({ user_id: `u-${at % 20}`, movie_id: ((at * 7 + first) % 300) + 1, rating: ((at + first) % 10 + 1) / 2, timestamp: 1_600_000_000 + (at + first * 300) * 7_200 }));
      const response = await fetch(`${farm.url}/ingest`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(lines) });
      assert.equal(response.status, 202, await response.text());
      for (const { user_id, movie_id, rating } of lines) reference.rate(FIRST_USER + 1 + Number(user_id.slice(2)), movie_id, rating * 2);
    };
    // A viewer without an account does not count, before or after.
    for (const [movie_id, halfStars] of PROFILE) await asker.send("rate", { movie_id, rating: halfStars / 2 });
    await bring(0);
    await farm.master.says(/made what was rated part of the dataset/);
    await bring(3);
    await farm.master.says(/made what was rated part of the dataset.*made what was rated part of the dataset/s);
    const versions = readdirSync(join(farm.directory, "datasets", "films"), { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name.includes("Z-"));
    assert.equal(versions.length, 2, "the imported one and the last");
    const late = farm.startWorker("worker-3");
    for (const id of ["worker-1", "worker-2"]) await farm.stopWorker(id, "SIGKILL");
    await farm.settled(asker, ["worker-3"]);
    const expected = reference.recommendations(PROFILE, reference.neighbours(PROFILE)).slice(0, 10);
    assert.deepEqual(scores((await asker.answered(asked)).recommendations), scores(expected));
    await farm.master.stop("SIGKILL");
    farm.startMaster();
    await farm.ready();
    await farm.settled(asker, ["worker-3"]);
    assert.deepEqual(scores((await asker.answered(asked)).recommendations), scores(expected));
    const assigned = [...late.log.matchAll(/assigned (\d+) shards, (\d+) to fetch/g)].map(([, shards, missing]) => [shards, missing]);
    assert.equal(assigned.at(-1)[1], "0", `what the worker has is what is served now: ${assigned.join("; ")}`);
  } finally {
    await farm.stop();
  }
});

test("where ratings are nobody's business, what a viewer rates changes nobody else's answers", async () => {
  const data = invent();
  const reference = new Reference(data);
  const farm = await Farm.start({ data, limits: { RATINGS_SHARED: "none" } });
  try {
    const [asker, other] = [await farm.visit(), await farm.visit()];
    for (const [movie_id, halfStars] of PROFILE) await other.send("rate", { movie_id, rating: halfStars / 2 });
    await other.send("rate", { movie_id: 298, rating: 5 });
    const answer = await asker.answered(asked);
    const expected = reference.recommendations(PROFILE, reference.neighbours(PROFILE)).slice(0, 10);
    assert.deepEqual(scores(answer.recommendations), scores(expected));
    assert.equal(answer.meta.watermark, undefined);
  } finally {
    await farm.stop();
  }
});
