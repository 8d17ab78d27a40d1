// The master's database as an operator has it: SQLite in a folder with little room, or PostgreSQL with a standby.
// What is on disk is read here directly, never through the master.

import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { Process, freePort, pause, within } from "../e2e/processes.mjs";
import { Proxy } from "./proxy.mjs";

const execute = promisify(execFile);
export const isRoot = process.getuid() === 0;

const quoted = (ids) => ids.map((id) => `'${id.replaceAll("'", "''")}'`).join(",");
const REQUESTS = (ids) => `SELECT id, state, event_offset FROM requests WHERE id IN (${quoted(ids)})`;
const RATINGS = (sessions) => `SELECT session_id, movie_id, half_stars FROM ratings WHERE session_id IN (${quoted(sessions)})`;

/** What every kind of database can tell of requests and ratings; `rows` is the kind's own. */
class Database {
  /** {id: {state, offset}} of those ids that are there. */
  async requests(ids) {
    const found = new Map();
    for (let at = 0; at < ids.length; at += 500) {
      for (const [id, state, offset] of await this.rows(REQUESTS(ids.slice(at, at + 500)))) found.set(id, { state, offset: offset === "" ? null : Number(offset) });
    }
    return found;
  }

  /** {"session film": half stars}. */
  async ratings(sessions) {
    const rows = sessions.length ? await this.rows(RATINGS(sessions)) : [];
    return new Map(rows.map(([session, film, halfStars]) => [`${session} ${film}`, Number(halfStars)]));
  }
}

const fields = (output) => output.split("\n").filter(Boolean).map((line) => line.split("|"));

export class Sqlite extends Database {
  kind = "sqlite";

  constructor(directory) {
    super();
    this.directory = directory;
    this.file = join(directory, "cineswarm.db");
  }

  async rows(sql) {
    const { stdout } = await execute("sqlite3", ["-cmd", ".timeout 5000", `file:${this.file}?mode=ro`, sql], { maxBuffer: 2 ** 28 });
    return fields(stdout);
  }

  bytes() {
    return ["", "-wal"].map((end) => this.file + end).filter(existsSync).reduce((sum, path) => sum + statSync(path).size, 0);
  }

  async mend() {}
  async stop() {}
}

const PROGRAMS = "/usr/lib/postgresql";
export function postgresPrograms() {
  if (!existsSync(PROGRAMS)) return null;
  return readdirSync(PROGRAMS).map((version) => join(PROGRAMS, version, "bin")).filter((bin) => existsSync(join(bin, "initdb"))).sort().at(-1) ?? null;
}

const asPostgres = (program, args) => (isRoot ? ["setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, ...args]] : [program, args]);

const STARTED_WITHIN_MS = 20_000;
const STARTING = /in recovery mode|starting up|not yet accepting|shutting down/;

/** One PostgreSQL server. */
class Server {
  constructor(name, directory, port) {
    Object.assign(this, { name, directory, port });
  }

  async program(name, args) {
    const [program, all] = asPostgres(join(postgresPrograms(), name), args);
    return execute(program, all, { cwd: "/tmp", maxBuffer: 2 ** 28 });
  }

  async start() {
    const options = ["-D", this.directory, "-p", String(this.port), "-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${this.directory}`, "-c", "wal_keep_size=64MB", "-c", "max_wal_size=256MB", "-c", "max_connections=40"];
    for (let tries = 0; tries < 20; tries += 1) {
      const [program, all] = asPostgres(join(postgresPrograms(), "postgres"), options);
      this.process = new Process(this.name, program, all, {}, { cwd: "/tmp" });
      const up = this.process.says(/ready to accept (read-only )?connections/).then(() => true, () => false);
      if (await up) return;
      // The children of a killed server need a moment to let go of its memory.
      await pause(200);
    }
    throw new Error(`${this.name} does not start:\n${this.process.tail()}`);
  }

  /** What an administrator does, who has connections left when all others are taken, and waits for a server that starts. */
  async sql(statement, database = "cineswarm") {
    const psql = ["-XAtq", "-h", "127.0.0.1", "-p", String(this.port), "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-c", statement];
    for (const until = Date.now() + STARTED_WITHIN_MS; ; await pause(100)) {
      try {
        return (await this.program("psql", psql)).stdout;
      } catch (error) {
        if (!STARTING.test(error.stderr) || Date.now() > until) throw error;
      }
    }
  }

  /** The server's own processes, the first of them the one that owns the others. */
  pids() {
    const { pid } = this.process.child;
    let children = [];
    try {
      children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean).map(Number);
    } catch {
      // It is gone.
    }
    return [pid, ...children];
  }

  signalAll(name) {
    for (const pid of this.pids()) {
      try {
        process.kill(pid, name);
      } catch {
        // Gone already.
      }
    }
  }

  /** "SIGQUIT" is an immediate stop, "SIGINT" a fast one, after which a standby has everything. */
  async stop(signal = "SIGINT") {
    this.signalAll("SIGCONT");
    this.process.signal(signal);
    await within(this.process.ended, `${this.name} to end after ${signal}`);
  }
}

export class Postgres extends Database {
  kind = "postgres";

  static async start(directory) {
    const database = new Postgres();
    if (isRoot) execFileSync("chown", ["postgres", directory]);
    const [first, second] = ["a", "b"].map((name) => new Server(`postgres-${name}`, join(directory, name), 0));
    for (const server of [first, second]) server.port = await freePort();
    await first.program("initdb", ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "-D", first.directory]);
    await first.start();
    for (const statement of ["CREATE ROLE cineswarm LOGIN", "CREATE ROLE guest LOGIN", "CREATE DATABASE cineswarm OWNER cineswarm"]) await first.sql(statement, "postgres");
    await first.program("pg_basebackup", ["-h", "127.0.0.1", "-p", String(first.port), "-U", "postgres", "-D", second.directory, "-R", "-X", "stream"]);
    await second.start();
    Object.assign(database, { primary: first, standby: second, proxy: await Proxy.before(first.port) });
    return database;
  }

  get url() {
    return `postgres://cineswarm@127.0.0.1:${this.proxy.port}/cineswarm`;
  }

  async rows(sql) {
    return fields(await this.primary.sql(sql));
  }

  /** The standby takes over; for `blindMs` the address still leads to the old primary, which is a standby now. */
  async switchOver(blindMs) {
    const [old, next] = [this.primary, this.standby];
    await old.stop();
    const own = isRoot ? (path) => execFileSync("chown", ["postgres", path]) : () => {};
    const conf = join(old.directory, "postgresql.auto.conf");
    writeFileSync(conf, `primary_conninfo = 'host=127.0.0.1 port=${next.port} user=postgres'\nrecovery_target_timeline = 'latest'\n`);
    writeFileSync(join(old.directory, "standby.signal"), "");
    own(conf);
    own(join(old.directory, "standby.signal"));
    await Promise.all([old.start(), next.sql("SELECT pg_promote(true, 30)")]);
    [this.primary, this.standby] = [next, old];
    await pause(blindMs);
    this.proxy.target = next.port;
  }

  async mend() {
    for (const server of [this.primary, this.standby]) {
      server.signalAll("SIGCONT");
      if (server.process.end) await server.start();
    }
    await this.primary.sql("ALTER SYSTEM RESET default_transaction_read_only");
    await this.primary.sql("SELECT pg_reload_conf()");
  }

  async stop() {
    await Promise.all([this.primary, this.standby].map((server) => server.stop("SIGQUIT").catch(() => {})));
    this.proxy.close();
  }

  bytes() {
    return Number(execFileSync("du", ["-sb", this.primary.directory]).toString().split("\t")[0]);
  }
}

/** A folder of little room, where the rights allow it: gives whether it is one. */
export function smallDisk(directory, megabytes) {
  mkdirSync(directory, { recursive: true });
  if (!isRoot) return false;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "cineswarm-chaos", directory], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

export function removeDisk(directory, mounted) {
  if (mounted) {
    try {
      execFileSync("umount", ["-l", directory], { stdio: "pipe" });
    } catch {
      // Gone already.
    }
  }
  rmSync(directory, { recursive: true, force: true });
}
