// A farm that takes ratings from elsewhere, as somebody who sends them and as its operator.

import { join } from "node:path";
import assert from "node:assert/strict";

import { Farm, binary } from "./harness.mjs";
import { pause, run, within } from "./processes.mjs";
import { invent } from "./datasets.mjs";

export const NDJSON = "application/x-ndjson";
export const FIRST_USER = 2 ** 31;

const data = invent();

export class Ingesting {
  /** What its operator's requests have on them. */
  headers = {};

  static async start(limits = {}) {
    const ingesting = new Ingesting();
    ingesting.farm = await Farm.start({ data, workers: 0, ready: false, limits });
    if (limits.INGEST_TOKEN) ingesting.headers = { authorization: `Bearer ${limits.INGEST_TOKEN}` };
    await serving(ingesting.farm);
    return ingesting;
  }

  /** A request about dead ratings: its status, and what came. */
  async dead(method, path = "", { body, headers = {} } = {}) {
    const kind = body === undefined ? {} : { "content-type": "application/json" };
    const given = { method, body, headers: { ...this.headers, ...kind, ...headers }, signal: AbortSignal.timeout(10_000) };
    const response = await fetch(`${this.farm.url}/ingest/dead${path}`, given);
    return { status: response.status, location: response.headers.get("location"), ...(await response.json()) };
  }

  post(body, kind = "application/json", headers = {}) {
    const url = `${this.farm.url}/ingest`;
    return fetch(url, { method: "POST", body, headers: { "content-type": kind, ...this.headers, ...headers }, signal: AbortSignal.timeout(10_000) });
  }

  /** Sends ratings and waits until they are through. */
  async sent(body, kind) {
    const response = await this.post(body, kind);
    const acknowledged = await response.json();
    assert.equal(response.status, 202, JSON.stringify(acknowledged));
    return this.done(acknowledged.id);
  }

  async done(id) {
    let last;
    const look = async () => {
      for (;;) {
        last = await (await fetch(`${this.farm.url}/ingest/${id}`, { headers: this.headers })).json();
        if (last.state === "done") return last;
        await pause(20);
      }
    };
    return within(look(), () => `batch ${id} to be done: ${JSON.stringify(last)}`);
  }

  async rows(query) {
    return JSON.parse((await run("sqlite3", ["-json", join(this.farm.directory, "cineswarm.db"), ".timeout 10000", query])) || "[]");
  }

  async log() {
    return (await this.rows("SELECT payload FROM events ORDER BY seq")).map(({ payload }) => JSON.parse(payload));
  }

  ratings(...args) {
    return run(binary(), ["ratings", ...args.map(String), "--data-dir", this.farm.directory], { RUST_LOG: "warn" });
  }

  publish(payload) {
    const where = ["-h", "127.0.0.1", "-p", String(this.farm.brokerPort), "-q", "1", "-t", "cineswarm/ratings/raw"];
    return run("mosquitto_pub", [...where, "-m", payload]);
  }
}

/** Runs a test on a farm of its own. */
export const onFarm = (body, limits) => async () => {
  const ingesting = await Ingesting.start(limits);
  try {
    await body(ingesting);
  } finally {
    await ingesting.farm.stop();
  }
};

/** Waits until the master serves its page. */
export async function serving(farm) {
  const look = async () => {
    while ((await farm.health()).status === 0) await pause(25);
  };
  await within(look(), () => `the master to serve:\n${farm.master.tail(15)}`);
}
