// The farm that accidents happen to: real processes, with a proxy on every connection between them, and whoever would
// restart them in a data centre.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Mosquitto, binary, environment } from "../e2e/harness.mjs";
import { Process, freePort, pause, run } from "../e2e/processes.mjs";
import { Postgres, Sqlite, isRoot, removeDisk, smallDisk } from "./databases.mjs";
import { Proxy } from "./proxy.mjs";

export const WORKERS = ["worker-1", "worker-2", "worker-3"];
export const LEASE_MS = 2_000;
const READY_WITHIN_MS = 60_000;
const DISK_MEGABYTES = { sqlite: 256, postgres: 1_500 };
const FAKETIME = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`).find(existsSync);
/** Where a limit of memory is set: control groups of the first version, or of the second. */
const MEMORY = [
  { folder: "/sys/fs/cgroup/memory", file: "memory.limit_in_bytes", none: "-1", there: () => existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes") },
  { folder: "/sys/fs/cgroup", file: "memory.max", none: "max", there: () => existsSync("/sys/fs/cgroup/cgroup.subtree_control") && readFileSync("/sys/fs/cgroup/cgroup.subtree_control", "latin1").includes("memory") },
].find(({ there }) => there());

/** What accidents need of the machine, and whether it is there. */
export const machine = {
  root: isRoot,
  faketime: Boolean(FAKETIME),
  memory: isRoot && Boolean(MEMORY),
  prlimit: ["/usr/bin/prlimit", "/bin/prlimit"].some(existsSync),
};

export class World {
  workers = new Map();
  /** Everything that ever ran here, for the logs. */
  processes = [];
  /** Sockets and child processes of an accident, to be closed when it is over. */
  borrowed = new Set();
  groups = new Set();

  static async start(kind, data, { diskMegabytes = DISK_MEGABYTES[kind], settings = {} } = {}) {
    const world = new World();
    Object.assign(world, { kind, settings });
    world.directory = mkdtempSync(join(tmpdir(), `cineswarm-chaos-${kind}-`));
    // PostgreSQL runs as another user, who must get to its folder.
    chmodSync(world.directory, 0o711);
    process.once("exit", () => removeDisk(world.disk ?? world.directory, world.mounted));
    world.disk = join(world.directory, "disk");
    world.mounted = smallDisk(world.disk, diskMegabytes);
    world.dataDirectory = join(kind === "sqlite" ? world.disk : world.directory, "data");
    mkdirSync(world.dataDirectory);
    await run(binary(), ["data", "import", data, "--name", "films", "--data-dir", world.dataDirectory]);
    world.broker = await Mosquitto.start();
    world.database = kind === "sqlite" ? new Sqlite(world.dataDirectory) : await Postgres.start(world.disk);
    world.port = await freePort();
    world.grpcPort = await freePort();
    world.web = await Proxy.before(world.port);
    world.grpc = await Proxy.before(world.grpcPort);
    world.brokerOf = { master: await Proxy.before(world.broker.port) };
    for (const id of WORKERS) world.brokerOf[id] = await Proxy.before(world.broker.port);
    world.startMaster();
    for (const id of WORKERS) world.startWorker(id);
    await world.whole();
    return world;
  }

  /** Where clients connect: through the proxy. */
  get url() {
    return `http://127.0.0.1:${this.web.port}`;
  }

  get brokerUrl() {
    return `mqtt://127.0.0.1:${this.broker.port}`;
  }

  get links() {
    return [this.web, this.grpc, ...Object.values(this.brokerOf), ...(this.database.proxy ? [this.database.proxy] : [])];
  }

  startMaster(extra = {}) {
    const args = ["master", "--port", this.port, "--grpc-port", this.grpcPort, "--data-dir", this.dataDirectory, "--dataset", "films",
      "--broker", `mqtt://127.0.0.1:${this.brokerOf.master.port}`, "--lease", LEASE_MS / 1000,
      // SQLite is in the data folder by default.
      ...(this.database.url ? ["--database-url", this.database.url] : [])].map(String);
    // The allowance of a socket stays what it is by default; the few clients stay below it.
    const settings = { ...environment(), EVENTS_PER_SECOND: "50", REQUEST_TIMEOUT: "10", GRPC_ENDPOINT: `http://127.0.0.1:${this.grpc.port}`, ...this.settings, ...extra };
    this.master = this.#keep(new Process("master", binary(), args, settings));
    return this.master;
  }

  /** Program and arguments of a worker. A guest shares the way to the broker with the first. */
  workerCommand(id) {
    const { port } = this.brokerOf[id] ?? this.brokerOf[WORKERS[0]];
    return [binary(), ["worker", "--broker", `mqtt://127.0.0.1:${port}`, "--id", id]];
  }

  startWorker(id, extra = {}) {
    const worker = this.#keep(new Process(id, ...this.workerCommand(id), extra));
    this.workers.set(id, worker);
    return worker;
  }

  /** A process beside the farm's own, which ends with the accident. */
  borrow(name, program, args, env) {
    const guest = this.#keep(new Process(name, program, args, env));
    this.borrowed.add({ close: () => guest.stop("SIGKILL") });
    return guest;
  }

  #keep(process) {
    this.processes.push(process);
    return process;
  }

  /** What makes a process see another time: a file says how far off it is, and may be changed under way. */
  otherClock(offset) {
    const file = join(this.directory, `clock-${this.processes.length}`);
    this.setClock(file, offset);
    return { file, extra: { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1", DONT_FAKE_MONOTONIC: "1" } };
  }

  setClock(file, offset) {
    writeFileSync(file, `${offset}\n`);
  }

  /** Lets a process have so many bytes of memory at the most. */
  limitMemory(pid, bytes) {
    const group = join(MEMORY.folder, `cineswarm-chaos-${pid}`);
    mkdirSync(group, { recursive: true });
    this.groups.add(group);
    writeFileSync(join(group, MEMORY.file), String(bytes));
    writeFileSync(join(group, "cgroup.procs"), String(pid));
  }

  memoryOf(pid) {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
  }

  limitDescriptors(pid, soft) {
    const hard = /Max open files\s+\d+\s+(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, "latin1"))[1];
    const before = /Max open files\s+(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, "latin1"))[1];
    execFileSync("prlimit", ["--pid", String(pid), `--nofile=${soft}:${hard}`]);
    return () => {
      try {
        execFileSync("prlimit", ["--pid", String(pid), `--nofile=${before}:${hard}`], { stdio: "pipe" });
      } catch {
        // The process is gone.
      }
    };
  }

  /** Takes what room is left on the disk with the database. */
  fillDisk() {
    const ballast = join(this.disk, "ballast");
    const free = Number(execFileSync("df", ["-B1", "--output=avail", this.disk]).toString().split("\n")[1]);
    execFileSync("fallocate", ["-l", String(Math.max(4096, free)), ballast]);
  }

  emptyDisk() {
    rmSync(join(this.disk, "ballast"), { force: true });
  }

  async health() {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}/health`, { signal: AbortSignal.timeout(3_000) });
      return { status: response.status, body: await response.json() };
    } catch (error) {
      return { status: 0, body: String(error) };
    }
  }

  /** Ends every accident: links heal, limits fall, what is stopped goes on, what is dead is started. */
  async mend() {
    for (const link of this.links) link.heal();
    for (const guest of this.borrowed) await Promise.resolve(guest.close()).catch(() => {});
    this.borrowed.clear();
    if (this.mounted) this.emptyDisk();
    this.broker.process.signal("SIGCONT");
    if (this.broker.process.end) await this.broker.restart();
    await this.database.mend();
    this.master.signal("SIGCONT");
    if (this.master.end) this.startMaster();
    for (const id of WORKERS) {
      this.workers.get(id).signal("SIGCONT");
      if (this.workers.get(id).end) this.startWorker(id);
    }
    for (const group of this.groups) {
      try {
        writeFileSync(join(group, MEMORY.file), MEMORY.none);
        rmdirSync(group);
        this.groups.delete(group);
      } catch {
        // A process is in it still.
      }
    }
  }

  /** Waits until all workers serve; gives how it stands when they do not in time. */
  async whole(withinMs = READY_WITHIN_MS) {
    const until = Date.now() + withinMs;
    let last;
    while (Date.now() < until) {
      last = await this.health();
      const { workers, shards } = last.body;
      if (last.status === 200 && workers?.total >= WORKERS.length && shards.ready === shards.total) return;
      if (this.master.end) throw new Error(`the master ended by itself:\n${this.master.tail()}`);
      await pause(20);
    }
    throw new Error(`the farm is not whole after ${withinMs} ms: ${JSON.stringify(last)}`);
  }

  async stop() {
    await this.mend().catch(() => {});
    await Promise.all([...this.workers.values(), this.master].map((part) => part.stop("SIGTERM").catch(() => {})));
    await this.broker.remove().catch(() => {});
    await this.database.stop();
    for (const link of this.links) link.close();
    removeDisk(this.disk, this.mounted);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Lines that say something died of a fault of its own. */
  panics() {
    return this.processes.flatMap(({ name, log }) => (/^.*panicked.*$/gm.exec(log) ?? []).map((line) => `${name}: ${line}`));
  }
}
