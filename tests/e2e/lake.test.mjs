// The data lake: the dataset that is rebuilt from it is the one that is compacted from the log, whatever was killed.

import { describe, test } from "node:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";

import { Farm, binary, needsMosquitto } from "./harness.mjs";
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
        const lines = Array.from({ length: FILMS_OF_A_BATCH }, (_, film) =>
          JSON.stringify({ user_id: `ana-${round % 4}`, movie_id: film + 1, rating: ((film + round) % 10 + 1) / 2 }));
        const taken = await fetch(`${farm.url}/ingest`, { method: "POST", body: lines.join("\n"), headers: { "content-type": "application/x-ndjson" } });
        assert.equal(taken.status, 202);
        await through(farm, (await taken.json()).id);
        await farm.master.stop(signal);
        if (round < 5) await restart();
      }
      assert.ok(existsSync(join(lake, "manifest")), farm.master.tail());
      assert.equal(readdirSync(lake, { recursive: true }).filter((name) => name.includes(".unfinished-")).length, 0);

      const made = async (command, ...args) => {
        const said = await run(binary(), ["data", command, ...args, "--data", "films", "--data-dir", farm.directory]);
        return { hash: /hash +([0-9a-f]{64})/.exec(said)[1], events: /events +(\d+) more/.exec(said)[1] };
      };
      const version = (await run(binary(), ["data", "info", "films", "--data-dir", farm.directory, "--json"]));
      const base = ["--base-version", JSON.parse(version).version];
      const rebuilt = await made("rebuild", "--from", lake, ...base, "--name", "from-lake");
      const compacted = await made("compact", ...base, "--name", "from-log");
      assert.deepEqual(rebuilt, compacted);
      assert.equal(Number(rebuilt.events), 1 + 6 * FILMS_OF_A_BATCH);
      assert.notEqual(rebuilt.hash, JSON.parse(version).content_sha256);
    } finally {
      await farm.stop();
    }
  });
});

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
