// What a crowd, a flood and the curious can do at the edge: order, bounds, refusals with a reason, and secrets. How fast
// it is under a flood depends on the machine and is measured by hand; here it is what is refused, and what stays small.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import WebSocket from "ws";

import { Farm } from "./harness.mjs";
import { FILMS, invent } from "./datasets.mjs";
import { PATIENCE_MS, Process, pause, within } from "./processes.mjs";

const residentMegabytes = (process) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${process.child.pid}/status`, "utf8"))[1]) / 1024;

/** A Socket.IO client on a bare WebSocket, from an address of this host: light enough for hundreds, and it can stop reading. */
class BareTab {
  acknowledged = new Map();
  answers = 0;

  static async open(farm, { from = "127.0.0.1", headers = {} } = {}) {
    const tab = new BareTab();
    const options = { perMessageDeflate: false, localAddress: from, headers };
    tab.socket = new WebSocket(`${farm.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, options);
    tab.closed = new Promise((resolve) => tab.socket.once("close", resolve));
    tab.session = new Promise((resolve, reject) => {
      tab.socket.once("error", reject);
      tab.socket.once("unexpected-response", (_, response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => { body += text; }).on("end", () => {
          reject(Object.assign(new Error(`refused with ${response.statusCode}`), { status: response.statusCode, body, headers: response.headers }));
        });
      });
      tab.socket.on("message", (data) => tab.#read(data.toString(), resolve));
    });
    tab.session.catch(() => {});
    tab.socket.on("error", () => {});
    await within(tab.session, "a session on a bare WebSocket");
    return tab;
  }

  #read(text, opened) {
    if (text[0] === "0") this.socket.send("40{}");
    else if (text === "2") this.socket.send("3");
    // As the official client does, whose connection has no other namespace.
    else if (text === "41") this.socket.close();
    else if (text.startsWith('42["session"')) opened(JSON.parse(text.slice(2))[1]);
    else if (text.startsWith('42["answer"')) this.answers += 1;
    else if (text.startsWith("43")) {
      const payloadAt = text.indexOf("[");
      this.acknowledged.set(Number(text.slice(2, payloadAt)), JSON.parse(text.slice(payloadAt))[0]);
    }
  }

  send(id, event, payload) {
    this.socket.send(`42${id}${JSON.stringify([event, payload])}`);
  }

  async allAcknowledged(count) {
    const look = async () => { while (this.acknowledged.size < count) await pause(20); };
    await within(look(), () => `${count} acknowledgements; ${this.acknowledged.size} came`);
    return [...this.acknowledged.values()];
  }
}

describe("events of a session", () => {
  let farm;
  before(async () => { farm = await Farm.start({ data: invent() }); });
  after(() => farm?.stop());

  test("take effect in the order sent: each acknowledgement counts the ratings before it, and the ask knows them all", async () => {
    const tab = await BareTab.open(farm);
    const starters = (await (await fetch(`${farm.url}/api/movies/starters?limit=24`)).json()).movies;
    const films = starters.slice(0, 12).map((film) => film.movie_id);
    for (let round = 0; round < 8; round += 1) {
      const first = round * 2 * films.length;
      tab.acknowledged.clear();
      films.forEach((movie_id, at) => tab.send(first + at, "rate", { movie_id, rating: 4 }));
      films.forEach((movie_id, at) => tab.send(first + films.length + at, "rate", { movie_id, rating: null }));
      await tab.allAcknowledged(2 * films.length);
      const counted = [...Array(2 * films.length).keys()].map((at) => tab.acknowledged.get(first + at).ratings);
      const expected = [...films.map((_, at) => at + 1), ...films.map((_, at) => films.length - at - 1)];
      assert.deepEqual(counted, expected);
    }
    tab.socket.close();
  });

  test("from two tabs leave memory and database with the same ratings", async () => {
    const one = await farm.visit();
    const { session_id } = one.session;
    const two = await farm.visit({ session: session_id });
    for (let round = 0; round < 10; round += 1) {
      const rated = [];
      for (let at = 0; at < 10; at += 1) {
        rated.push(one.send("rate", { movie_id: FILMS.heat, rating: 1 }), two.send("rate", { movie_id: FILMS.heat, rating: 5 }));
      }
      await Promise.all(rated);
      // A further tab gets what is in memory; once all are closed the next one gets what is in the database.
      const inMemory = await farm.visit({ session: session_id });
      const known = inMemory.session.profile.map(({ movie, rating }) => [movie.movie_id, rating]);
      const stored = await storedRatings(farm, session_id);
      assert.deepEqual(known, stored);
      inMemory.close();
    }
  });

  /** As the database has them: with SQLite's own program, beside the running master. */
  async function storedRatings(farm, session) {
    const sql = `SELECT movie_id, half_stars FROM ratings WHERE replace(session_id, '-', '') = '${session.replaceAll("-", "")}' ORDER BY movie_id`;
    const reading = new Process("sqlite3", "sqlite3", ["-json", `${farm.directory}/cineswarm.db`, sql]);
    const { code } = await reading.ended;
    assert.equal(code, 0, reading.log);
    return reading.log.trim() ? JSON.parse(reading.log).map((row) => [row.movie_id, row.half_stars / 2]) : [];
  }
});

describe("a flood", () => {
  let farm;
  before(async () => { farm = await Farm.start({ data: invent(), limits: { MAX_REQUESTS: "400", EVENTS_PER_SECOND: "1000" } }); });
  after(() => farm?.stop());

  test("is refused at once with a time to retry, and who asks beside it is answered", async () => {
    const flooding = await Promise.all(Array.from({ length: 20 }, () => BareTab.open(farm)));
    const calm = await farm.visit();
    for (const tab of flooding) for (let at = 0; at < 200; at += 1) tab.send(at, "ask", { user_id: 1 + (at % 50) });
    const answer = await calm.answered({ user_id: 3 });
    assert.equal(answer.meta.coverage, 1);
    const acknowledgements = (await Promise.all(flooding.map((tab) => tab.allAcknowledged(200)))).flat();
    const refused = acknowledgements.filter(({ error }) => error);
    assert.ok(refused.length > 0, "20 tabs with 200 asks each are more than 400 requests under way");
    for (const { error } of refused) {
      assert.match(error.code, /^(rate_limited|queue_full)$/);
      assert.ok(error.retry_after_ms > 0, JSON.stringify(error));
    }
    const accepted = acknowledgements.length - refused.length;
    const answered = async () => { while (flooding.reduce((sum, tab) => sum + tab.answers, 0) < accepted) await pause(50); };
    await within(answered(), "an answer to each ask that was acknowledged", PATIENCE_MS * 2);
    for (const tab of flooding) tab.socket.close();
  });

  test("asks of a tab that is gone and was told nothing are dropped", async () => {
    const leaving = await BareTab.open(farm);
    for (let at = 0; at < 200; at += 1) leaving.send(at, "ask", { user_id: 1 });
    leaving.socket.terminate();
    const look = async () => { while ((await farm.health()).body.requests > 0) await pause(50); };
    await within(look(), "the requests of a tab that is gone to end");
    assert.equal((await (await farm.visit()).answered({ user_id: 2 })).meta.coverage, 1);
  });
});

describe("who does not read", () => {
  let farm;
  before(async () => { farm = await Farm.start({ data: invent(), limits: { EVENTS_PER_SECOND: "100000" } }); });
  after(() => farm?.stop());

  test("is disconnected, and does not cost memory", async () => {
    const deaf = await Promise.all(Array.from({ length: 4 }, () => BareTab.open(farm)));
    const calm = await farm.visit();
    for (const tab of deaf) {
      tab.send(0, "ask", { user_id: 1, n: 100, key: "again" });
      const answered = async () => { while (tab.answers < 1) await pause(20); };
      await within(answered(), "a first answer");
    }
    const start = residentMegabytes(farm.master);
    for (const tab of deaf) tab.socket.pause();
    // With the same key the whole answer is sent again: this much is no longer the kernel's to keep.
    for (let wave = 0; wave < 20; wave += 1) {
      for (const tab of deaf) for (let at = 0; at < 100; at += 1) tab.send(1 + at, "ask", { user_id: 1, n: 100, key: "again" });
      assert.equal((await calm.answered({ user_id: 2 + wave })).meta.coverage, 1, "others do not notice");
      await pause(100);
    }
    const grown = residentMegabytes(farm.master) - start;
    assert.ok(grown < 60, `4 tabs that do not read cost ${grown.toFixed(0)} MB`);
    for (const tab of deaf) tab.socket.resume();
    await within(Promise.all(deaf.map((tab) => tab.closed)), "those who did not read to be disconnected");
  });

  test("and a message over 1 MiB closes its own connection only", async () => {
    const shouting = await BareTab.open(farm);
    shouting.send(1, "ask", { text: "x".repeat(2 << 20) });
    await within(shouting.closed, "the connection to close");
    assert.equal((await (await farm.visit()).answered({ user_id: 2 })).meta.coverage, 1);
  });
});

describe("connections", () => {
  let farm;
  const limits = { CONNECTIONS_PER_ADDRESS: "6", TRUSTED_PROXIES: "127.0.0.9" };
  before(async () => { farm = await Farm.start({ data: invent(), limits }); });
  after(() => farm?.stop());

  const refusal = async (opening) => {
    const outcome = await opening.then((tab) => tab, (error) => error);
    assert.equal(outcome.status, 429, `it was not refused: ${outcome}`);
    const { error } = JSON.parse(outcome.body);
    assert.equal(error.code, "too_many_connections");
    assert.ok(error.message && error.hint && error.retry_after_ms > 0);
    assert.ok(Number(outcome.headers["retry-after"]) > 0);
  };

  test("past those of an address are refused with a reason; others, and who only asks how it goes, are not", async () => {
    const tabs = [];
    for (let at = 0; at < 6; at += 1) tabs.push(await BareTab.open(farm, { from: "127.0.0.3" }));
    await refusal(BareTab.open(farm, { from: "127.0.0.3" }));
    tabs.push(await BareTab.open(farm, { from: "127.0.0.4" }));
    const health = await new Promise((resolve, reject) => {
      const asked = request(`${farm.url}/health/live`, { localAddress: "127.0.0.3", agent: false }, resolve);
      asked.once("error", reject).end();
    });
    health.resume();
    assert.equal(health.statusCode, 200);
    tabs[0].socket.terminate();
    const again = async () => {
      for (;;) {
        try { return await BareTab.open(farm, { from: "127.0.0.3" }); } catch { await pause(20); }
      }
    };
    tabs.push(await within(again(), "who left to make room"));
    for (const tab of tabs) tab.socket.terminate();
  });

  test("of a trusted proxy are counted by whom it forwards for; nobody else is believed", async () => {
    const tabs = [];
    const proxied = (client) => BareTab.open(farm, { from: "127.0.0.9", headers: { "x-forwarded-for": `9.9.9.9, ${client}` } });
    for (let at = 0; at < 6; at += 1) tabs.push(await proxied("203.0.113.1"));
    await refusal(proxied("203.0.113.1"));
    tabs.push(await proxied("203.0.113.2"));
    const pretending = (client) => BareTab.open(farm, { from: "127.0.0.5", headers: { "x-forwarded-for": client } });
    for (let at = 0; at < 6; at += 1) tabs.push(await pretending(`203.0.113.${at + 10}`));
    await refusal(pretending("203.0.113.99"));
    for (const tab of tabs) tab.socket.terminate();
  });

  test("that send half a head or half a body are closed", async () => {
    const half = async (text) => {
      const socket = connect({ port: farm.port, host: "127.0.0.1", localAddress: "127.0.0.6" }).on("error", () => {});
      await once(socket, "connect");
      socket.resume();
      const closed = once(socket, "close");
      socket.write(text);
      await closed;
    };
    const started = Date.now();
    const heads = ["", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "].map(half);
    const body = half("POST /socket.io/?EIO=4&transport=polling&sid=none HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    await within(Promise.all([...heads, body]), "slow senders to be let go");
    assert.ok(Date.now() - started < 25_000);
  });
});

test("with few descriptors browsers are refused before the farm is, and health says so", async () => {
  const farm = await Farm.start({ data: invent(), descriptors: 200 });
  try {
    const tabs = [];
    const refused = [];
    for (let at = 0; at < 180; at += 1) {
      try { tabs.push(await BareTab.open(farm)); } catch (error) { refused.push(error); }
    }
    assert.ok(tabs.length >= 100 && refused.length > 0, `${tabs.length} of 180 may stay`);
    assert.ok(refused.every(({ status }) => status === 503), String(refused[0]));
    const { status, body } = await farm.health();
    assert.equal(status, 503);
    assert.match(body.reason, /connections are open/);
    tabs[0].send(1, "ask", { user_id: 1 });
    const answered = async () => { while (tabs[0].answers < 1) await pause(20); };
    await within(answered(), "the farm to go on");
    for (const tab of tabs) tab.socket.terminate();
    await farm.ready();
  } finally {
    await farm.stop();
  }
});

test("what opens a session is in no message on the broker and no log line, at any level", async () => {
  const farm = await Farm.start({ data: invent(), processes: true, log: "trace" });
  try {
    const everything = new Process("mosquitto_sub", "stdbuf", ["-oL", "mosquitto_sub", "-d", "-V", "5", "-p", String(farm.brokerPort), "-t", "#"]);
    await everything.says(/Subscribed/);
    const viewers = [await farm.visit(), await farm.visit({}, { transports: ["polling"] }), await farm.visit({ lang: "es" })];
    for (const viewer of viewers) {
      await viewer.send("rate", { movie_id: FILMS.heat, rating: 5 });
      await viewer.answered({ text: "films like Heat", key: "a key" });
      for (let user = 1; user <= 10; user += 1) await viewer.answered({ user_id: user });
      await viewer.send("feedback", { movie_id: FILMS.heat, kind: "seen" });
      await farm.visit({ session: viewer.session.session_id, offset: 0 });
    }
    await everything.says(/"session_id":"[0-9a-f]{16}"/);
    for (const { session } of viewers) {
      const spellings = [session.session_id, session.session_id.replaceAll("-", "")];
      for (const { name, log } of [...farm.processes, everything]) {
        for (const spelling of spellings) {
          const at = log.indexOf(spelling);
          assert.equal(at, -1, `${name}: ${log.slice(Math.max(0, at - 300), at + 60)}`);
        }
      }
    }
    await everything.stop();
  } finally {
    await farm.stop();
  }
});
