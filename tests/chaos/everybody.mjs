// Ratings that come in by the thousand a second while viewers ask: what it costs the asks, that nothing is lost or counted
// twice, and that the answers afterwards are, to the bit, those of a fresh import of all of it. With --kills the master, a
// worker and the broker are killed meanwhile.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { Farm } from "../e2e/harness.mjs";
import { invent } from "../e2e/datasets.mjs";
import { pause, run } from "../e2e/processes.mjs";
import { Chance } from "./chance.mjs";
import { milliseconds, percentile } from "./figures.mjs";

const { values: options } = parseArgs({ options: {
  everybody: { type: "boolean" }, seconds: { type: "string", default: "60" }, rate: { type: "string", default: "2000" },
  "asks-a-second": { type: "string", default: "50" },
  data: { type: "string" }, kills: { type: "boolean", default: false }, seed: { type: "string", default: "1" },
} });
const [seconds, rate, askRate] = [options.seconds, options.rate, options["asks-a-second"]].map(Number);
const TOKEN = "a-token-of-the-operator";
const LINES_A_POST = 200;
const chance = new Chance(Number(options.seed));

const data = options.data ?? invent();
const held = new Map();
const films = new Set();
for (const line of readFileSync(join(data, "ratings.csv"), "utf8").split(/\r?\n/).slice(1)) {
  if (line === "") continue;
  const [user, film, stars] = line.split(",");
  if (!held.has(Number(user))) held.set(Number(user), new Map());
  held.get(Number(user)).set(Number(film), Number(stars));
  films.add(Number(film));
}
const [users, filmIds] = [[...held.keys()], [...films]];

const limits = { RATINGS_SHARED: "all", COMPACT_AFTER: String(rate * 4), INGEST_TOKEN: TOKEN, REPLICATION: "2", REQUEST_TIMEOUT: "30" };
const farm = await Farm.start({ data, workers: 3, limits, shards: 4 });

const viewers = await Promise.all(Array.from({ length: 10 }, () => farm.visit()));
const question = () => {
  const profile = new Map(Array.from({ length: 12 }, () => [filmIds[chance.whole(0, filmIds.length - 1)], chance.whole(1, 10) / 2]));
  return { profile: [...profile].map(([movie_id, rating]) => ({ movie_id, rating })) };
};

/** Asks at a steady rate for so long; how long each took. What was not acknowledged, as its master was killed, was promised nothing. */
async function asking(forMs) {
  const times = [];
  let [failed, unacknowledged] = [0, 0];
  const ask = async (viewer) => {
    const started = performance.now();
    const cut = new Promise((resolve) => viewer.socket.once("disconnect", () => resolve(null)));
    const requestId = await Promise.race([viewer.ask(question()).catch(() => null), cut]);
    if (requestId === null) return void (unacknowledged += 1);
    await viewer.answer(requestId).then(() => times.push(performance.now() - started), () => { failed += 1; });
  };
  const began = Date.now();
  const pending = [];
  for (let number = 0; ; number += 1) {
    const due = (number * 1000) / askRate;
    if (due >= forMs) break;
    await pause(Math.max(0, began + due - Date.now()));
    pending.push(ask(viewers[number % viewers.length]));
  }
  await Promise.all(pending);
  return { times, failed, unacknowledged };
}

let posted = 0;
let clock = 1_600_000_000;
/** Sends lines until they are acknowledged: under their ids each counts once. */
async function post(lines) {
  const headers = { "content-type": "application/x-ndjson", authorization: `Bearer ${TOKEN}` };
  for (let tries = 0; ; tries += 1) {
    try {
      const response = await fetch(`${farm.url}/ingest`, { method: "POST", headers, body: lines.join("\n"), signal: AbortSignal.timeout(5_000) });
      if (response.status === 202) return void (await response.text());
      await response.text();
    } catch {
      // The master is being replaced.
    }
    if (tries > 200) throw new Error("ratings were not taken for a long time");
    await pause(100);
  }
}

async function rating(forMs) {
  const began = Date.now();
  const pending = new Set();
  while (Date.now() - began < forMs) {
    const due = began + (posted * 1000) / rate;
    await pause(Math.max(0, due - Date.now()));
    const lines = Array.from({ length: LINES_A_POST }, () => {
      const [user_id, movie_id, half] = [users[chance.whole(0, users.length - 1)], filmIds[chance.whole(0, filmIds.length - 1)], chance.whole(1, 10)];
      clock += 240;
      held.get(user_id).set(movie_id, half / 2);
      return JSON.stringify({ user_id, movie_id, rating: half / 2, timestamp: clock, id: `load-${clock}` });
    });
    posted += lines.length;
    // In their order: of two ratings of one film the later one counts by its time, whichever comes first.
    const sending = post(lines).finally(() => pending.delete(sending));
    pending.add(sending);
    if (pending.size > 50) await Promise.race(pending);
  }
  await Promise.all(pending);
}

async function kills(forMs) {
  const each = forMs / 4;
  await pause(each);
  await farm.stopWorker("worker-1", "SIGKILL");
  farm.startWorker("worker-1");
  await pause(each);
  await farm.master.stop("SIGKILL");
  farm.startMaster();
  await farm.ready();
  await pause(each);
  await farm.mosquitto.stop("SIGKILL");
  await farm.mosquitto.restart();
}

const rows = async (query) => JSON.parse((await run("sqlite3", ["-json", join(farm.directory, "cineswarm.db"), ".timeout 10000", query])) || "[]");

async function knownByAll() {
  const [{ seq }] = await rows("SELECT seq FROM log_head");
  for (const until = Date.now() + 60_000; Date.now() < until; await pause(20)) {
    const { watermark } = (await viewers[0].answered(question())).meta;
    if (watermark.master >= seq && watermark.shards.every((shard) => shard >= seq)) return seq;
  }
  throw new Error("the shards did not come to the end of the log");
}

await asking(2_000);
const quiet = await asking(10_000);
const began = Date.now();
const [loaded] = await Promise.all([asking(seconds * 1_000), rating(seconds * 1_000), options.kills ? kills(seconds * 1_000) : null]);
const took = (Date.now() - began) / 1_000;
console.log(`ratings   ${posted} acknowledged in ${took.toFixed(1)} s, ${Math.round(posted / took)} a second; ${loaded.times.length} asks beside them, ${loaded.failed} failed, ${loaded.unacknowledged} not acknowledged`);
console.log(`asks      p50 ${milliseconds(percentile(quiet.times, 0.5))} and p99 ${milliseconds(percentile(quiet.times, 0.99))} alone, ${milliseconds(percentile(loaded.times, 0.5))} and ${milliseconds(percentile(loaded.times, 0.99))} beside the ratings (x ${(percentile(loaded.times, 0.99) / percentile(quiet.times, 0.99)).toFixed(1)})`);

// Until the gate is through.
for (;;) {
  const [{ waiting }] = await rows("SELECT COUNT(*) AS waiting FROM ingest_chunks");
  if (waiting === 0) break;
  await pause(100);
}
const [{ dead }] = await rows("SELECT COUNT(*) AS dead FROM dead_ratings");
const seq = await knownByAll();

// How soon others know: from a rating's acknowledgement to the first answer of somebody else that does.
const sooner = [];
for (let number = 0; number < 300; number += 1) {
  const { error } = await viewers[1].send("rate", { movie_id: filmIds[number % filmIds.length], rating: chance.whole(1, 10) / 2 });
  if (error) throw new Error(JSON.stringify(error));
  const acknowledged = performance.now();
  for (;;) {
    const { watermark } = (await viewers[2].answered(question())).meta;
    if (Math.min(watermark.master, ...watermark.shards) >= seq + number + 1) break;
  }
  sooner.push(performance.now() - acknowledged);
}
console.log(`others    know a rating p50 ${milliseconds(percentile(sooner, 0.5))}, p99 ${milliseconds(percentile(sooner, 0.99))} after it was acknowledged`);
for (const movie_id of filmIds.slice(0, 300)) await viewers[1].send("rate", { movie_id, rating: null });
await knownByAll();

// The same ratings, imported afresh.
const folder = mkdtempSync(join(tmpdir(), "cineswarm-everybody-"));
copyFileSync(join(data, "movies.csv"), join(folder, "movies.csv"));
const lines = [...held].flatMap(([user, own]) => [...own].map(([film, stars]) => `${user},${film},${stars},1700000000`));
writeFileSync(join(folder, "ratings.csv"), ["userId,movieId,rating,timestamp", ...lines, ""].join("\n"));
const fresh = await Farm.start({ data: folder, workers: 1 });
const asker = await fresh.visit();
let differ = 0;
const QUESTIONS = 200;
for (let number = 0; number < QUESTIONS; number += 1) {
  const one = question();
  const [here, there] = [await viewers[0].answered(one), await asker.answered(one)];
  if (JSON.stringify(here.recommendations) !== JSON.stringify(there.recommendations)) differ += 1;
}
console.log(`answers   ${differ} of ${QUESTIONS} differ from those of a fresh import of ${lines.length} ratings; ${dead} ratings were kept aside`);
rmSync(folder, { recursive: true, force: true });
await fresh.stop();
await farm.stop({ lookAtLogs: false });
process.exit(differ > 0 || dead > 0 || loaded.failed > 0 || (!options.kills && loaded.unacknowledged > 0) ? 1 : 0);
