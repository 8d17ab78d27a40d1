// The data lake: the dataset that is rebuilt from it is the one that is compacted from the log, whatever was killed.

import { describe, test } from "node:test";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";

import { Farm, binary, needsMosquitto } from "./harness.mjs";
import { S3 } from "./s3.mjs";
import { pause, run, within } from "./processes.mjs";
import { FILMS, invent } from "./datasets.mjs";

const data = invent();
const FILMS_OF_A_BATCH = 100;

describe("data lake", needsMosquitto, () => {
  test("what is rebuilt from it has the hash of what the log has, after kills and stops", { timeout: 180_000 }, async () => {
    const farm = await Farm.start({ data, workers: 0, ready: false });
    const lake = join(farm.directory, "lake");
    try {
      await farm.master.stop();
      farm.limits = { LAKE_DIR: lake };
      const restart = async () => {
        farm.startMaster();
        await serving(farm);
      };
      await restart();
      const viewer = await farm.visit();
      assert.equal((await viewer.send("rate", { movie_id: FILMS.heat, rating: 4.5 })).error, undefined);
      for (const [round, signal] of ["SIGKILL", "SIGTERM", "SIGKILL", "SIGKILL", "SIGTERM", "SIGTERM"].entries()) {
        await ingest(farm, round);
        await farm.master.stop(signal);
        if (round < 5) await restart();
      }
      assert.ok(existsSync(join(lake, "manifest")), farm.master.tail());
      const names = readdirSync(lake, { recursive: true });
      assert.equal(names.filter((name) => name.includes(".unfinished-")).length, 0);
      const raw = names.filter((name) => /^manifest\/raw\/.*json$/.test(name)).map((name) => JSON.parse(readFileSync(join(lake, name), "utf8")));
      assert.equal(count(raw), 6 * FILMS_OF_A_BATCH, "each line that came in is there once");
      assert.deepEqual(names.filter((name) => /^raw\/.*parquet$/.test(name)).sort(), raw.map((entry) => entry.file).sort());

      const { rebuilt, compacted, before } = await bothWays(farm, lake);
      assert.deepEqual(rebuilt, compacted);
      assert.equal(Number(rebuilt.events), 1 + 6 * FILMS_OF_A_BATCH);
      assert.notEqual(rebuilt.hash, before);
    } finally {
      await farm.stop();
    }
  });

  test("an S3 that fails half of its calls loses nothing and doubles nothing", { timeout: 300_000 }, async () => {
    const [farm, s3] = [await Farm.start({ data, workers: 0, ready: false }), await S3.start()];
    const lake = s3.address("a/lake");
    try {
      await farm.master.stop();
      farm.limits = { LAKE_DIR: lake, ...s3.environment };
      const restart = async () => {
        farm.startMaster();
        await serving(farm);
      };
      const signals = ["SIGTERM", "SIGKILL", "SIGTERM", "SIGKILL", "SIGTERM", "SIGTERM"];
      for (const [round, signal] of signals.entries()) {
        await restart();
        await ingest(farm, round);
        await farm.master.stop(signal);
      }
      // What a master that stops does not wait for any longer comes with the next one.
      const entries = async (folder) => {
        const names = (await s3.names(`a/lake/${folder}/`)).filter((name) => name.startsWith("a/lake/manifest/raw/") === (folder === "manifest/raw"));
        return Promise.all(names.map(async (name) => JSON.parse(await s3.content(name))));
      };
      const listed = async () => [await entries("manifest"), await entries("manifest/raw")];
      const isWhole = (lists) => lists.every((list) => count(list) >= 6 * FILMS_OF_A_BATCH);
      for (let more = 0; more < 12 && !isWhole(await listed()); more += 1) {
        await restart();
        await farm.master.stop();
      }
      const [log, raw] = await listed();
      assert.deepEqual([count(log), count(raw)], [6 * FILMS_OF_A_BATCH, 6 * FILMS_OF_A_BATCH], farm.master.tail());
      const files = (list) => list.map((entry) => `a/lake/${entry.file}`).sort();
      assert.deepEqual(await s3.names("a/lake/ratings/"), files(log), "nothing lies there that is not listed");
      assert.deepEqual(await s3.names("a/lake/raw/"), files(raw));

      const { rebuilt, compacted, before } = await bothWays(farm, lake, s3.environment);
      assert.deepEqual(rebuilt, compacted);
      assert.equal(Number(rebuilt.events), 6 * FILMS_OF_A_BATCH);
      assert.notEqual(rebuilt.hash, before);
      // Of the manifest's entries it is the first that counts.
      for (const [name, contents] of s3.contents) assert.ok(contents.size === 1 || name.endsWith(".json"), `${name} was put with other contents`);
      assert.ok(s3.failed >= s3.calls.well / 2, JSON.stringify(s3.calls));
      for (const kind of ["refused", "cut", "silent", "unheard"]) assert.ok(s3.calls[kind] > 0, JSON.stringify(s3.calls));

      const plain = { ...s3.environment, AWS_ALLOW_HTTP: "" };
      const refused = await run(binary(), ["data", "rebuild", "--from", lake, "--data", "films", "--data-dir", farm.directory], plain)
        .then(() => "", (error) => error.message);
      assert.match(refused, /AWS_ALLOW_HTTP/);
    } finally {
      await farm.stop();
      await s3.stop();
    }
  });
});

/** How many rows are in files of which these are the entries. */
function count(entries) {
  return entries.reduce((sum, entry) => sum + entry.rows, 0);
}

/** Ratings of a user, of which every round has others. */
async function ingest(farm, round) {
  const lines = Array.from({ length: FILMS_OF_A_BATCH }, (_, film) =>
    JSON.stringify({ user_id: `ana-${round % 4}`, movie_id: film + 1, rating: ((film + round) % 10 + 1) / 2 }));
  const headers = { "content-type": "application/x-ndjson" };
  const taken = await fetch(`${farm.url}/ingest`, { method: "POST", body: lines.join("\n"), headers });
  assert.equal(taken.status, 202);
  await through(farm, (await taken.json()).id);
}

/** What is made of the dataset by the lake and by the log, and the hash that it had before. */
async function bothWays(farm, lake, environment = {}) {
  const made = async (command, ...args) => {
    const said = await run(binary(), ["data", command, ...args, "--data", "films", "--data-dir", farm.directory], environment);
    return { hash: /hash +([0-9a-f]{64})/.exec(said)[1], events: /events +(\d+) more/.exec(said)[1] };
  };
  const info = JSON.parse(await run(binary(), ["data", "info", "films", "--data-dir", farm.directory, "--json"]));
  const base = ["--base-version", info.version];
  const rebuilt = await made("rebuild", "--from", lake, ...base, "--name", "from-lake");
  const compacted = await made("compact", ...base, "--name", "from-log");
  return { rebuilt, compacted, before: info.content_sha256 };
}

/** Waits until a batch is through the gate. */
function through(farm, id) {
  const look = async () => {
    while ((await (await fetch(`${farm.url}/ingest/${id}`)).json()).state !== "done") await pause(20);
  };
  return within(look(), `batch ${id} to be done`);
}

/** Waits until the master serves its page. */
function serving(farm) {
  const look = async () => {
    while ((await farm.health()).status === 0) await pause(25);
  };
  return within(look(), () => `the master to serve:\n${farm.master.tail(15)}`);
}
