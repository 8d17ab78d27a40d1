// Many ratings on top of a large dataset: how fast the gate takes them, what they cost in memory and time to ask until they
// are made part of it, how long that takes beside asks, and what memory and time are afterwards. Prints a table; fails if
// an ask failed or an answer differs across the restart that serves the new version.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { Farm, binary } from "../e2e/harness.mjs";
import { invent } from "../e2e/datasets.mjs";
import { pause, run } from "../e2e/processes.mjs";
import { Chance } from "./chance.mjs";
import { milliseconds, percentile } from "./figures.mjs";

const { values: options } = parseArgs({ options: {
  compaction: { type: "boolean" }, data: { type: "string" }, events: { type: "string", default: "1000000" },
  "asks-a-second": { type: "string", default: "20" }, seed: { type: "string", default: "1" },
} });
const events = Number(options.events);
const interval = 1_000 / Number(options["asks-a-second"]);
const chance = new Chance(Number(options.seed));
const TOKEN = "a-token-of-the-operator";
const LINES_A_POST = 50_000;
const QUIET_ASKS = 200;

const limits = { RATINGS_SHARED: "all", INGEST_TOKEN: TOKEN, COMPACT_AFTER: "0", REQUEST_TIMEOUT: "60", EVENTS_PER_SECOND: "10000" };
const data = options.data ?? invent();
const films = readFileSync(join(data, "movies.csv"), "utf8").split(/\r?\n/).slice(1).map((line) => Number.parseInt(line, 10)).filter(Number.isInteger);
const farm = await Farm.start({ data, workers: 2, limits });
const { users } = (await farm.visit()).session.dataset;
/** The first ones more often. */
const film = () => films[Math.floor(chance.whole(0, films.length - 1) ** 2 / films.length)];
const asker = await farm.visit();
const question = () => {
  const profile = new Map(Array.from({ length: 20 }, () => [film(), chance.whole(1, 10) / 2]));
  return { profile: [...profile].map(([movie_id, rating]) => ({ movie_id, rating })) };
};
/** What a process has for itself: the dataset's files are mapped, and may be thrown out. */
const megabytes = (child) => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "latin1"))[1]) / 1024;
const memory = () => [farm.master, ...farm.workers.values()].map(({ child }) => Math.round(megabytes(child)));

let failed = 0;
async function ask(one = question()) {
  const began = performance.now();
  const answer = await asker.answered(one).catch((error) => (console.error(String(error).slice(0, 300)), failed += 1, null));
  return { answer, took: performance.now() - began };
}

/** One after the other. */
async function quiet() {
  const times = [];
  for (let number = 0; number < QUIET_ASKS; number += 1) times.push((await ask()).took);
  return times;
}

/** At a steady rate while something else goes on. */
async function beside(work) {
  let goesOn = true;
  const done = work.finally(() => (goesOn = false));
  const times = [];
  while (goesOn) {
    const { took } = await ask();
    times.push(took);
    await pause(Math.max(0, interval - took));
  }
  return [await done, times];
}

async function state(name) {
  const times = await quiet();
  console.log(`${name.padEnd(22)} ask p50 ${milliseconds(percentile(times, 0.5))}, p99 ${milliseconds(percentile(times, 0.99))}; memory of the master and the workers ${memory().join(", ")} MB`);
}

async function knownByAll() {
  const head = async () => Number((await run(binary(), ["events", "list", "--data-dir", farm.directory], { RUST_LOG: "warn" })).match(/has ([\d,. ]+) events/)[1].replace(/\D/g, ""));
  const seq = await head();
  for (const until = Date.now() + 300_000; Date.now() < until; await pause(100)) {
    const { watermark } = (await ask()).answer.meta;
    if (Math.min(watermark.master, ...watermark.shards) >= seq) return seq;
  }
  throw new Error("the shards did not come to the end of the log");
}

await ask();
await state("as imported");
const began = Date.now();
let last;
for (let sent = 0; sent < events; sent += LINES_A_POST) {
  const lines = Array.from({ length: Math.min(LINES_A_POST, events - sent) }, (_, at) => JSON.stringify({
    user_id: chance.whole(1, users), movie_id: film(), rating: chance.whole(1, 10) / 2, timestamp: 1_500_000_000 + (sent + at) * 37,
  }));
  const headers = { "content-type": "application/x-ndjson", authorization: `Bearer ${TOKEN}` };
  const taken = await fetch(`${farm.url}/ingest`, { method: "POST", headers, body: lines.join("\n") });
  if (taken.status !== 202) throw new Error(await taken.text());
  last = (await taken.json()).id;
}
const acknowledged = (Date.now() - began) / 1_000;
for (;;) {
  const { waiting, lines, clean, dead } = await (await fetch(`${farm.url}/ingest/${last}`, { headers: { authorization: `Bearer ${TOKEN}` } })).json();
  if (waiting === 0 || clean + dead >= lines) break;
  await pause(200);
}
const through = (Date.now() - began) / 1_000;
console.log(`${events} lines were acknowledged in ${acknowledged.toFixed(1)} s and through the gate in ${through.toFixed(1)} s, ${Math.round(events / through)} a second`);
await knownByAll();
console.log(`known by every shard ${((Date.now() - began) / 1_000).toFixed(1)} s after the first`);
await state("with them in the log");

const compacting = Date.now();
const [, times] = await beside(promisify(execFile)(binary(), ["data", "compact", "--data", "films", "--data-dir", farm.directory]));
console.log(`made part of the dataset in ${((Date.now() - compacting) / 1_000).toFixed(1)} s; ${times.length} asks beside it p50 ${milliseconds(percentile(times, 0.5))}, p99 ${milliseconds(percentile(times, 0.99))}`);

const questions = Array.from({ length: 50 }, question);
const answers = [];
for (const one of questions) answers.push(JSON.stringify((await ask(one)).answer.recommendations));
await farm.master.stop();
for (const id of [...farm.workers.keys()]) await farm.stopWorker(id);
farm.startMaster();
for (const id of ["worker-3", "worker-4"]) farm.startWorker(id);
await farm.ready();
await ask();
await state("with them in it");
let differ = 0;
for (const [at, one] of questions.entries()) if (JSON.stringify((await ask(one)).answer.recommendations) !== answers[at]) differ += 1;
console.log(`${differ} of ${questions.length} answers differ across the restart; ${failed} asks failed`);
await farm.stop({ lookAtLogs: false });
process.exit(differ > 0 || failed > 0 ? 1 : 0);
