// The log of ratings: whatever is killed, every consumer has each rating once and in order. EVENTS_KILL_SECONDS=60 kills
// for longer, EVENTS_SEED=N in the same order again.

import { describe, test } from "node:test";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";

import { Farm, binary, needsMosquitto } from "./harness.mjs";
import { Process, pause, run, within } from "./processes.mjs";
import { invent } from "./datasets.mjs";

const data = invent();
const KILL_SECONDS = Number(process.env.EVENTS_KILL_SECONDS ?? 10);
const SEED = Number(process.env.EVENTS_SEED ?? 20261126);
const VIEWERS = 10;
const RATINGS_PER_SECOND = 200;
const RESEND_MS = 3_000;

/** Rows of an SQLite file that another program has open. */
const rows = async (file, query) => JSON.parse((await run("sqlite3", ["-json", file, ".timeout 10000", query])) || "[]");
const change = (file, statement) => run("sqlite3", [file, ".timeout 10000", statement]);

const events = (...args) => run(binary(), ["events", ...args.map(String)], { RUST_LOG: "warn" });

function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Logged {
  static async start() {
    const logged = new Logged();
    logged.farm = await Farm.start({ data, workers: 0, ready: false });
    logged.file = join(logged.farm.directory, "cineswarm.db");
    return logged;
  }

  copyFile(name) {
    return join(this.farm.directory, `${name}.db`);
  }

  copyUrl(name) {
    return `sqlite://${this.copyFile(name)}?mode=rwc`;
  }

  startCopy(name) {
    const { farm } = this;
    const args = ["--name", name, "--to", this.copyUrl(name), "--grpc-endpoint", `http://127.0.0.1:${farm.grpcPort}`];
    return farm.adopt(name, new Process(name, binary(), ["events", "copy", "--broker", farm.brokerUrl, ...args]));
  }

  log() {
    return rows(this.file, "SELECT seq, id, kind, payload FROM events ORDER BY seq");
  }

  copied(name) {
    return rows(this.copyFile(name), "SELECT seq, id, kind, payload FROM copied_events ORDER BY place");
  }

  /** Waits until a copy is as far as the log. */
  async hasAll(name, head) {
    let at;
    const look = async () => {
      for (;;) {
        // At first there is no such table.
        at = (await rows(this.copyFile(name), "SELECT seq FROM cursors").catch(() => []))[0]?.seq;
        if (at === head) return;
        await pause(100);
      }
    };
    await within(look(), () => `${name} to have ${head} events; it has ${at}:\n${this.farm.workers.get(name)?.tail(10)}`);
  }
}

/** A viewer who rates without pause, and what of it was acknowledged. */
class Rater {
  sent = [];
  #films;

  constructor(viewer, films) {
    this.viewer = viewer;
    this.#films = films;
  }

  async rateUntil(isOver, perSecond) {
    const start = Date.now();
    while (!isOver()) {
      const number = this.sent.length;
      const due = start + (number * 1_000) / perSecond;
      if (due > Date.now()) await pause(due - Date.now());
      // No two are the same, until all films have been rated with each number of stars.
      const movie_id = this.#films[number % this.#films.length];
      const rating = ((Math.floor(number / this.#films.length) % 10) + 1) / 2;
      const one = { movie_id, rating, acknowledged: false };
      this.sent.push(one);
      try {
        const said = await this.viewer.socket.timeout(RESEND_MS).emitWithAck("rate", { movie_id, rating });
        one.acknowledged = said.ratings > 0;
      } catch {
        // Nobody knows whether it is stored.
      }
    }
  }

  /** What the log says of this viewer: all that was acknowledged, and of the rest nothing twice. */
  check(logged) {
    let next = 0;
    for (const { movie_id, rating, acknowledged } of this.sent) {
      const is = logged[next];
      if (is && is.movie_id === movie_id && is.rating === rating) next += 1;
      else assert.ok(!acknowledged, `film ${movie_id} with ${rating} stars was acknowledged; the log goes on with ${JSON.stringify(is)}`);
    }
    assert.equal(next, logged.length, `the log has what was not sent, or twice: ${JSON.stringify(logged[next])}`);
  }
}

const onLog = (body) => async () => {
  const logged = await Logged.start();
  try {
    await body(logged);
  } finally {
    await logged.farm.stop();
  }
};

describe("the log of ratings", needsMosquitto, () => {
  test("every consumer has each rating once and in order, whatever is killed", { timeout: (KILL_SECONDS + 180) * 1_000 }, onLog(async (logged) => {
    const { farm } = logged;
    const { movies } = await (await fetch(`${await serving(farm)}/api/movies/starters?limit=60`)).json();
    const films = movies.map((film) => film.movie_id);
    const copies = ["copy-1", "copy-2", "copy-3"];
    copies.forEach((name) => logged.startCopy(name));
    const raters = [];
    for (let number = 0; number < VIEWERS; number += 1) raters.push(new Rater(await farm.visit(), films));
    const until = Date.now() + KILL_SECONDS * 1_000;
    const isOver = () => Date.now() >= until;
    const rating = raters.map((rater) => rater.rateUntil(isOver, RATINGS_PER_SECOND / VIEWERS));
    const kills = await killAtRandom(logged, copies, isOver);
    await Promise.all(rating);
    await serving(farm);

    const log = await logged.log();
    for (const name of copies) {
      await logged.hasAll(name, log.length);
      assert.deepEqual(await logged.copied(name), log, `${name} differs from the log`);
    }
    assert.deepEqual(log.map(({ seq }) => seq), log.map((_, index) => index + 1), "numbers without gaps");
    const users = await rows(logged.file, "SELECT id, user_id FROM sessions");
    const changes = log.map(({ payload }) => JSON.parse(payload));
    for (const rater of raters) {
      const { user_id } = users.find(({ id }) => id === rater.viewer.session.session_id);
      rater.check(changes.filter((change) => change.user_id === user_id));
    }
    const sent = raters.flatMap((rater) => rater.sent);
    const acknowledged = sent.filter((one) => one.acknowledged).length;
    console.log(`seed ${SEED}: ${KILL_SECONDS} s, kills ${JSON.stringify(kills)}, ${sent.length} ratings sent, ${acknowledged} acknowledged, ${log.length} in the log and in each of ${copies.length} copies`);
    assert.ok(acknowledged > KILL_SECONDS * RATINGS_PER_SECOND * 0.3, `only ${acknowledged} ratings were acknowledged`);
  }));

  test("the ring says the end of the log, is kept, and drowns a forged one", onLog(async (logged) => {
    const { farm } = logged;
    const viewer = await farm.visit();
    const topic = "cineswarm/events/ratings";
    const port = String(farm.brokerPort);
    const listen = new Process("ring", "mosquitto_sub", ["-h", "127.0.0.1", "-p", port, "-t", topic]);
    try {
      await listen.says(/\{"head":0\}/);
      await viewer.send("rate", { movie_id: 1, rating: 4 });
      await listen.says(/\{"head":1\}/);
      const heard = listen.log.length;
      await run("mosquitto_pub", ["-h", "127.0.0.1", "-p", port, "-t", topic, "-r", "-m", '{"head":1000000}']);
      await listen.says(/1000000\}\s+\{"head":1\}/);
      assert.ok(listen.log.length > heard);
      const kept = await run("mosquitto_sub", ["-h", "127.0.0.1", "-p", port, "-t", topic, "-C", "1"]);
      assert.equal(kept.trim(), '{"head":1}');
    } finally {
      await listen.stop();
    }
  }));

  test("what another process stores is in all tabs and in the profile, and is told once", onLog(async (logged) => {
    const { farm } = logged;
    const tab = await farm.visit();
    const other = await farm.visit({ session: tab.session.session_id });
    await tab.send("rate", { movie_id: 1, rating: 4 });
    assert.equal((await other.next("rated")).movie.movie_id, 1);
    const [{ id, user_id }] = await rows(logged.file, "SELECT id, user_id FROM sessions WHERE user_id IS NOT NULL");
    assert.equal(user_id, 2 ** 31, "users that live have ids from here on");
    const payload = JSON.stringify({ user_id, movie_id: 2, rating: 3.5 });
    await change(logged.file, `BEGIN IMMEDIATE; INSERT INTO ratings VALUES ('${id}', 2, 7, 1); UPDATE log_head SET seq = seq + 1; INSERT INTO events SELECT seq, 'c0ffee00-0000-4000-8000-000000000001', 'rating.created', 'user/${user_id}', NULL, '${payload}', 0, 1, NULL FROM log_head; COMMIT;`);
    for (const viewer of [tab, other]) {
      const told = await viewer.next("rated", ({ movie }) => movie.movie_id === 2);
      assert.deepEqual([told.rating, told.ratings], [3.5, 2]);
    }
    await tab.send("rate", { movie_id: 2, rating: null });
    await other.next("rated", ({ rating }) => rating === null);
    const films = (viewer) => viewer.inbox.filter(({ event }) => event === "rated").map(({ payload }) => payload.movie.movie_id);
    assert.deepEqual([films(tab), films(other)], [[2], [1, 2, 2]], "who rates is not told, and nobody twice");
    const third = await farm.visit({ session: tab.session.session_id });
    assert.deepEqual(third.session.profile.map(({ movie, rating }) => [movie.movie_id, rating]), [[1, 4]]);
  }));

  test("a log that was restored from an older copy stops its consumers, which start over by order", onLog(async (logged) => {
    const { farm } = logged;
    const rate = async (movie_id) => (await farm.visit()).send("rate", { movie_id, rating: 4 });
    await rate(1);
    logged.startCopy("copy");
    await logged.hasAll("copy", 1);
    await farm.master.stop();
    const backup = `${logged.file}.backup`;
    copyFileSync(logged.file, backup);
    farm.startMaster();
    await rate(2);
    await logged.hasAll("copy", 2);
    await farm.master.stop("SIGKILL");
    for (const end of ["-wal", "-shm"]) rmSync(logged.file + end, { force: true });
    copyFileSync(backup, logged.file);
    farm.startMaster();
    await farm.workers.get("copy").says(/forked/);
    const place = ["--database-url", logged.copyUrl("copy")];
    assert.match(await events("list", ...place), /copy +ratings +2 +0 +0 +forked/);
    await rate(3);
    assert.match(await events("rebuild", "copy", ...place), /will start over/);
    const films = async () => (await logged.copied("copy")).map(({ payload }) => JSON.parse(payload).movie_id);
    const anew = async () => {
      while ((await films()).join() !== "1,3") await pause(100);
    };
    await within(anew(), async () => `the copy to be made anew; it has ${await films()}`);
  }));

  test("an operator sees what a consumer could not take, has it replayed or drops it", onLog(async (logged) => {
    const { farm } = logged;
    const viewer = await farm.visit();
    for (const movie_id of [1, 2, 3]) await viewer.send("rate", { movie_id, rating: 4 });
    logged.startCopy("copy");
    await logged.hasAll("copy", 3);
    const [{ key }] = await rows(logged.file, "SELECT key FROM events LIMIT 1");
    // As a consumer leaves them that refuses event 2.
    const aside = (seq, state) => `INSERT INTO dead_letters SELECT 'copy', 'ratings', seq, id, kind, key, NULL, payload, 0, at, NULL, '${state}', 'no such film' FROM copied_events WHERE seq = ${seq}; DELETE FROM copied_events WHERE seq = ${seq};`;
    await change(logged.copyFile("copy"), `BEGIN IMMEDIATE; ${aside(2, "dead")} ${aside(3, "waiting")} COMMIT;`);
    const place = ["--database-url", logged.copyUrl("copy")];
    assert.match(await events("list", ...place), /copy +ratings +3 +1 +1 +following/);
    const dead = await events("dead", "copy", ...place);
    assert.match(dead, new RegExp(`2 +rating.created +${key} +dead +no such film`));
    assert.match(dead, /3 +rating.created +\S+ +waiting/);
    await viewer.send("rate", { movie_id: 4, rating: 4 });
    await logged.hasAll("copy", 4);
    assert.deepEqual((await logged.copied("copy")).map(({ seq }) => seq), [1], "what comes later waits");
    assert.match(await events("replay", "copy", 2, ...place), /will try event 2 again/);
    const all = async () => {
      while ((await logged.copied("copy")).map(({ seq }) => seq).join() !== "1,2,3,4") await pause(50);
    };
    await within(all(), "what waited to be taken in order");
    assert.match(await events("dead", "copy", ...place), /nothing is kept aside/);
    await change(logged.copyFile("copy"), `BEGIN IMMEDIATE; ${aside(4, "dead")} COMMIT;`);
    assert.match(await events("drop", "copy", 4, ...place), /goes on without event 4/);
    assert.match(await events("dead", "copy", ...place), /nothing is kept aside/);
    await assert.rejects(events("replay", "copy", 4, ...place), /dead letter 4 of copy of ratings is not there/);
  }));
});

/** Waits until the master serves its page. */
async function serving(farm) {
  const look = async () => {
    while ((await farm.health()).status === 0) await pause(25);
  };
  await within(look(), () => `the master to serve:\n${farm.master.tail(15)}`);
  return farm.url;
}

async function killAtRandom(logged, copies, isOver) {
  const { farm } = logged;
  const chance = dice(SEED);
  const kills = { copies: 0, master: 0, broker: 0 };
  while (!isOver()) {
    await pause(100 + 700 * chance());
    const roll = chance();
    if (roll < 0.7) {
      const name = copies[Math.floor(chance() * copies.length)];
      await farm.stopWorker(name, "SIGKILL");
      logged.startCopy(name);
      kills.copies += 1;
    } else if (roll < 0.85) {
      await farm.master.stop("SIGKILL");
      farm.startMaster();
      kills.master += 1;
    } else {
      await farm.mosquitto.stop("SIGKILL");
      await farm.mosquitto.restart();
      kills.broker += 1;
    }
  }
  return kills;
}
