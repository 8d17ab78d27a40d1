// A farm under test: the real binary, with the broker that E2E_BROKER names, "mosquitto" or "embedded". CINESWARM_BIN
// is the binary. With Mosquitto each part is a process. The embedded broker is in the master's process; the workers are
// too, as a newcomer has them, unless a test asks for processes, to kill them one by one.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

import { PATIENCE_MS, Process, freePort, listening, pause, run, within } from "./processes.mjs";
import { Viewer } from "./viewer.mjs";

const repository = fileURLToPath(new URL("../..", import.meta.url));

export const BROKER = process.env.E2E_BROKER ?? "mosquitto";
assert.ok(["embedded", "mosquitto"].includes(BROKER), `E2E_BROKER is ${BROKER}, neither embedded nor mosquitto`);

/** For tests that stop the broker and leave the master running. */
export const needsMosquitto = { skip: BROKER === "embedded" && "the embedded broker ends with its master" };

export const binary = () => {
  const builds = [process.env.CINESWARM_BIN, ...["release", "debug"].map((kind) => join(repository, "target", kind, "cineswarm"))];
  const found = builds.find((path) => path && existsSync(path));
  assert.ok(found, "there is no binary: run cargo build --release, or set CINESWARM_BIN");
  return resolve(found);
};

export const environment = (limits = {}) => ({
  // Tests ask faster than people do; the limit itself is tested where it is set back.
  EVENTS_PER_SECOND: "100000",
  REQUEST_TIMEOUT: "25",
  // Neighbours are held to a reference to the last bit; the model has tests of its own.
  NO_TRAINING: "1",
  // What the viewers of one test rate is nothing to those of another; what it is to others has tests of its own.
  RATINGS_SHARED: "none",
  LISTEN: "127.0.0.1",
  ...limits,
});

export class Mosquitto {
  static async start(port) {
    const directory = mkdtempSync(join(tmpdir(), "cineswarm-broker-"));
    const broker = new Mosquitto();
    broker.port = port ?? (await freePort());
    broker.directory = directory;
    const file = join(directory, "mosquitto.conf");
    writeFileSync(file, `listener ${broker.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n`);
    await broker.restart(file);
    return broker;
  }

  get url() {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async restart(file = join(this.directory, "mosquitto.conf")) {
    this.process = new Process("mosquitto", "mosquitto", ["-c", file]);
    await listening(this.port);
  }

  async stop(signal) {
    await this.process.stop(signal);
  }

  async remove() {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A farm, and how to break it. */
export class Farm {
  /** Everything this farm ever ran, for the last look at the logs. */
  processes = [];
  workers = new Map();
  viewers = [];
  /** An outside broker for `up`, instead of its own. */
  outsideBroker;

  /** Starts a farm on a folder of ratings and waits until it is ready. */
  static async start({ data, shards, workers = 2, limits = {}, ready = true, processes = false, log, descriptors, everywhere = {} } = {}) {
    const farm = new Farm();
    farm.everywhere = { ...(log ? { RUST_LOG: log } : {}), ...everywhere };
    farm.descriptors = descriptors;
    farm.data = data;
    farm.shards = shards;
    farm.limits = limits;
    farm.separate = processes || BROKER === "mosquitto";
    farm.workersInside = farm.separate ? 0 : workers;
    farm.directory = mkdtempSync(join(tmpdir(), "cineswarm-farm-"));
    farm.port = await freePort();
    farm.grpcPort = await freePort();
    try {
      if (BROKER === "mosquitto") {
        farm.mosquitto = await Mosquitto.start();
        await farm.importData();
      }
      farm.brokerPort = farm.mosquitto?.port ?? (await freePort());
      farm.startMaster();
      for (let number = 1; farm.separate && number <= workers; number += 1) farm.startWorker(`worker-${number}`);
      if (ready) await farm.ready();
    } catch (error) {
      await farm.stop({ lookAtLogs: false }).catch(() => {});
      throw error;
    }
    return farm;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get brokerUrl() {
    return `mqtt://127.0.0.1:${this.brokerPort}`;
  }

  importData() {
    const shards = this.shards ? ["--shards", String(this.shards)] : [];
    return run(binary(), ["data", "import", this.data, "--name", "films", "--data-dir", this.directory, ...shards]);
  }

  /** The master, and with it the embedded broker where that is used. */
  startMaster() {
    const common = ["--port", this.port, "--grpc-port", this.grpcPort, "--data-dir", this.directory].map(String);
    const broker = this.outsideBroker ? ["--broker", this.outsideBroker] : ["--broker-port", String(this.brokerPort)];
    const args = this.mosquitto
      ? ["master", ...common, "--broker", this.brokerUrl, "--dataset", "films"]
      : ["up", ...common, ...broker, "--workers", String(this.workersInside), "--data", this.data];
    const endpoint = { GRPC_ENDPOINT: `http://127.0.0.1:${this.grpcPort}` };
    // With few descriptors, a shell sets the limit and becomes the master.
    const limited = ["bash", ["-c", `ulimit -n ${this.descriptors}; exec "$0" "$@"`, binary(), ...args]];
    const [program, given] = this.descriptors ? limited : [binary(), args];
    this.master = this.#keep(new Process("master", program, given, { ...environment(this.limits), ...endpoint, ...this.everywhere }));
    return this.master;
  }

  startWorker(id, { slots = 2 } = {}) {
    const args = ["worker", "--broker", this.brokerUrl, "--id", id, "--slots", String(slots)];
    return this.adopt(id, new Process(id, binary(), args, this.everywhere));
  }

  /** Takes any process as one of this farm's workers. */
  adopt(id, process) {
    this.workers.set(id, this.#keep(process));
    return process;
  }

  async stopWorker(id, signal) {
    const worker = this.workers.get(id);
    this.workers.delete(id);
    return worker.stop(signal);
  }

  #keep(process) {
    this.processes.push(process);
    return process;
  }

  async health() {
    try {
      const response = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(5_000) });
      return { status: response.status, body: await response.json() };
    } catch (error) {
      return { status: 0, body: String(error) };
    }
  }

  /** Waits for /health to say ready. */
  async ready() {
    let last;
    const look = async () => {
      for (;;) {
        if (this.master.end) throw new Error(`the master ended:\n${this.master.tail()}`);
        last = await this.health();
        if (last.status === 200) return last.body;
        await pause(25);
      }
    };
    const why = () => `the farm to be ready; last: ${JSON.stringify(last)}\n${this.processes.map((one) => `--- ${one.name}\n${one.tail(15)}`).join("\n")}`;
    return within(look(), why, PATIENCE_MS * 2);
  }

  /** A browser: the official client, in a session of its own unless `auth` names one. */
  async visit(auth = {}, options = {}) {
    const viewer = new Viewer(this.url, auth, options);
    this.viewers.push(viewer);
    await viewer.opened();
    return viewer;
  }

  /** Asks again and again until every shard is computed by exactly these workers; gives that answer. */
  async settled(viewer, workerIds, question = { user_id: 1 }) {
    const wanted = [...workerIds].sort().join();
    let last;
    const look = async () => {
      for (;;) {
        last = await viewer.answered(question);
        if (last.meta.coverage === 1 && last.meta.workers.map((worker) => worker.worker_id).sort().join() === wanted) return last;
        await pause(20);
      }
    };
    return within(look(), () => `${wanted} to share the work; last: ${JSON.stringify(last?.meta)}`);
  }

  /** Stops everything and looks for panics in every log. */
  async stop({ lookAtLogs = true } = {}) {
    for (const viewer of this.viewers) viewer.close();
    const troubles = [];
    const stopping = this.processes.map(async (process) => {
      // A process that is held up does not see SIGTERM.
      process.signal("SIGCONT");
      await process.stop().catch((error) => troubles.push(error.message));
    });
    await Promise.all(stopping);
    await this.mosquitto?.remove();
    rmSync(this.directory, { recursive: true, force: true });
    if (!lookAtLogs) return;
    for (const { name, log } of this.processes) {
      const panic = /^.*panicked.*$/m.exec(log);
      if (panic) troubles.push(`${name} panicked: ${log.slice(panic.index, panic.index + 2_000)}`);
    }
    assert.deepEqual(troubles, []);
  }
}
