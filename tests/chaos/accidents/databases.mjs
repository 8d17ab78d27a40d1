// The database: busy, killed, switched over, read-only; and its files removed, replaced, truncated.

import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, renameSync, rmSync, truncateSync } from "node:fs";

import { pause } from "../../e2e/processes.mjs";

const lockedByAnother = (name, says, statements) => ({
  name, says, touches: ["database"], on: "sqlite", kind: "locked database", holdMs: [1_000, 4_000],
  inject: async (world) => {
    const other = spawn("sqlite3", ["-cmd", ".timeout 3000", world.database.file], { stdio: ["pipe", "ignore", "ignore"] });
    other.stdin.on("error", () => {});
    other.stdin.write(`${statements}\n`);
    const guest = { close: () => other.kill("SIGKILL") };
    world.borrowed.add(guest);
    return guest;
  },
  heal: async (_, guest) => guest.close(),
});

const onPostgres = (name, says, more) => ({ name, says, touches: ["database", "postgres link"], on: "postgres", ...more });
/** PostgreSQL neither starts nor is promoted while its disk is full. */
const startsPostgres = (name, says, more) => onPostgres(name, says, { touches: ["database", "postgres link", "disk"], ...more });
const allConnections = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
const LONG = "SELECT pg_sleep(61)";
const endLong = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(61)%' AND pid <> pg_backend_pid()";
/** Sessions that stay; a server does not notice by itself that a client who waits is gone. */
const sessions = (world, count, user, statement) => {
  const { primary } = world.database;
  const args = ["-XAtq", "-h", "127.0.0.1", "-p", String(primary.port), "-U", user, "-d", "cineswarm", "-c", statement];
  const all = Array.from({ length: count }, () => spawn("psql", args, { stdio: "ignore" }));
  const guest = { close: async () => {
    all.forEach((psql) => psql.kill("SIGKILL"));
    await primary.sql(endLong).catch(() => {});
  } };
  world.borrowed.add(guest);
  return guest;
};

const FILES = ["", "-wal", "-shm"];
const filesOf = (world) => FILES.map((end) => world.database.file + end);
const aside = (file) => `${file}.aside`;
const move = (from, to) => existsSync(from) && renameSync(from, to);

/** The operator stops the master, puts back what was there, and starts it. */
const putBack = async (world) => {
  await world.master.stop("SIGKILL");
  if (filesOf(world).some((file) => existsSync(aside(file)))) {
    for (const file of filesOf(world)) rmSync(file, { force: true });
    for (const file of filesOf(world)) move(aside(file), file);
  }
  world.startMaster();
};

const destroyed = (name, says, more) => ({ name, says, touches: ["master", "database", "disk"], on: "sqlite", class: "said", holdMs: [8_000, 8_000], heal: putBack, ...more });

export const databaseAccidents = [
  lockedByAnother("sqlite-locked", "another program holds the write lock of the database for seconds", "BEGIN IMMEDIATE;"),
  lockedByAnother("sqlite-long-reader", "another program reads for seconds what was, and holds the write-ahead log back", "BEGIN; SELECT count(*) FROM requests;"),
  onPostgres("postgres-connections-terminated", "an administrator ends all connections to PostgreSQL", { holdMs: [0, 0], inject: (world) => world.database.primary.sql(allConnections) }),
  onPostgres("postgres-connections-terminated-often", "all connections to PostgreSQL are ended ten times in a row", { holdMs: [0, 0],
    inject: async (world, chance) => {
      for (let time = 0; time < 10; time += 1) {
        await world.database.primary.sql(allConnections);
        await pause(chance.between(20, 200));
      }
    } }),
  startsPostgres("postgres-stopped-at-once", "PostgreSQL is stopped at once (immediate) and started again", { holdMs: [0, 0],
    inject: async (world) => {
      await world.database.primary.stop("SIGQUIT");
      await world.database.primary.start();
    } }),
  startsPostgres("postgres-killed", "kill -9 of PostgreSQL's first process, started again", { holdMs: [0, 0],
    inject: async (world) => {
      await world.database.primary.stop("SIGKILL");
      await world.database.primary.start();
    } }),
  startsPostgres("postgres-backend-killed", "kill -9 of a process of PostgreSQL, which then starts all others anew", { holdMs: [0, 0],
    inject: async (world) => world.database.primary.sql("COPY (SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' LIMIT 1) TO PROGRAM 'xargs -r kill -9'").catch(() => {}) }),
  startsPostgres("postgres-gone", "PostgreSQL is stopped, and started seconds later", { inject: (world) => world.database.primary.stop(), heal: (world) => world.database.primary.start() }),
  onPostgres("postgres-paused", "SIGSTOP of all of PostgreSQL, SIGCONT seconds later", { holdMs: [1_000, 4_000],
    inject: async (world) => world.database.primary.signalAll("SIGSTOP"), heal: async (world) => world.database.primary.signalAll("SIGCONT") }),
  onPostgres("postgres-stutters", "PostgreSQL stands still for 300 ms again and again, as on a slow disk", { holdMs: [0, 0],
    inject: async (world) => {
      for (let time = 0; time < 6; time += 1) {
        world.database.primary.signalAll("SIGSTOP");
        await pause(300);
        world.database.primary.signalAll("SIGCONT");
        await pause(50);
      }
    } }),
  onPostgres("postgres-read-only", "PostgreSQL takes no writes for a while", { holdMs: [1_000, 4_000],
    inject: async (world) => {
      await world.database.primary.sql("ALTER SYSTEM SET default_transaction_read_only = on");
      await world.database.primary.sql("SELECT pg_reload_conf()");
    },
    heal: async (world) => {
      await world.database.primary.sql("ALTER SYSTEM RESET default_transaction_read_only");
      await world.database.primary.sql("SELECT pg_reload_conf()");
    } }),
  startsPostgres("postgres-switchover", "the standby takes over; for a while the address still leads to the old primary, a standby now", { holdMs: [0, 0],
    inject: (world, chance) => world.database.switchOver(chance.between(500, 3_000)) }),
  onPostgres("postgres-table-locked", "another session locks the requests for seconds", { holdMs: [1_000, 4_000],
    inject: async (world) => sessions(world, 1, "postgres", `BEGIN; LOCK TABLE requests IN ACCESS EXCLUSIVE MODE; ${LONG}`), heal: async (_, guest) => guest.close() }),
  onPostgres("postgres-no-connections", "others take all of PostgreSQL's connections, and the master's are ended", { holdMs: [1_000, 3_000],
    inject: async (world) => {
      const guests = sessions(world, 45, "guest", LONG);
      await pause(500);
      await world.database.primary.sql(`${allConnections} AND usename = 'cineswarm'`);
      return guests;
    },
    heal: async (_, guests) => guests.close() }),
  destroyed("database-removed", "the files of the database are moved away", { inject: async (world) => filesOf(world).forEach((file) => move(file, aside(file))) }),
  destroyed("database-replaced", "another database is put in the place of the files", { inject: async (world) => {
    filesOf(world).forEach((file) => move(file, aside(file)));
    execFileSync("sqlite3", [world.database.file, "CREATE TABLE other (x)"]);
  } }),
  destroyed("database-truncated", "the file of the database is cut to nothing", { loses: true, inject: async (world) => {
    execFileSync("sqlite3", [world.database.file, ".timeout 5000", `.backup '${world.database.file}.backup'`]);
    truncateSync(world.database.file, 0);
  }, heal: async (world) => {
    await world.master.stop("SIGKILL");
    filesOf(world).forEach((file) => rmSync(file, { force: true }));
    copyFileSync(`${world.database.file}.backup`, world.database.file);
    rmSync(`${world.database.file}.backup`);
    world.startMaster();
  } }),
  destroyed("database-read-only", "the disk with the database can only be read when the master starts", { needs: ["disk"], startsAnew: true, inject: async (world) => {
    await world.master.stop("SIGKILL");
    execFileSync("mount", ["-o", "remount,ro", world.disk]);
    world.startMaster();
  }, heal: async (world) => {
    await world.master.stop("SIGKILL");
    execFileSync("mount", ["-o", "remount,rw", world.disk]);
    world.startMaster();
  } }),
];
