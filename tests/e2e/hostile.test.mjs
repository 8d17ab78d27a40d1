// Nothing that is sent gets a 5xx, a panic or silence: each gets an error with a code and a way out, or a clean close.

import { after, before, describe, test } from "node:test";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import assert from "node:assert/strict";
import WebSocket from "ws";

import { Farm } from "./harness.mjs";
import { FILMS, invent } from "./datasets.mjs";
import { freePort, pause, within } from "./processes.mjs";

const CODES = [
  "bad_request", "unreadable_file", "text_too_long", "unknown_movie", "unknown_request", "rate_limited", "queue_full", "timed_out",
  "cancelled", "storage", "unavailable",
];

const isWayOut = ({ error }, what) => {
  assert.ok(CODES.includes(error.code), `${what}: ${JSON.stringify(error)}`);
  assert.ok(error.message?.length > 0 && typeof error.hint === "string" && error.hint.length > 0, `${what}: ${JSON.stringify(error)}`);
  assert.ok(JSON.stringify(error).length < 10_000, `${what}: the error repeats what was sent`);
};

const nested = (depth) => Array.from({ length: depth }).reduce((inner) => [inner], 1);
const ODD = [
  null, true, false, 0, -1, 1.5, 1e308, 2 ** 31, 2 ** 32, 2 ** 53, "", "x", "\0", "\ud800", "🎬".repeat(200), "x".repeat(100_000),
  [], [null], [[]], ["x"], [1.5], [-1], {}, { a: 1 }, { movie_id: 1 }, { __proto__: null, constructor: 1 }, nested(100),
  Array.from({ length: 20_000 }, (_, at) => at), [{ movie_id: 1, rating: 99 }], [{ movie_id: "1", rating: "5" }],
];
const EVENTS = {
  ask: { fields: ["text", "user_id", "like", "profile", "n", "algorithm", "filters", "key", "lang"], sound: {} },
  cancel: { fields: ["request_id"], sound: {} },
  rate: { fields: ["movie_id", "rating"], sound: { movie_id: FILMS.heat, rating: 4 } },
  feedback: { fields: ["movie_id", "kind", "request_id"], sound: { movie_id: FILMS.heat, kind: "up" } },
  begin: { fields: [], sound: {} },
  bring: { fields: ["name", "size", "at", "part"], sound: { name: "x.csv", size: 5, at: 0, part: "YSxi" } },
  import: { fields: ["ratings", "seen"], sound: { ratings: [], seen: [] } },
  export: { fields: ["format"], sound: { format: "json" } },
};
const FILTERS = ["genres", "exclude_genres", "year_from", "year_to", "exclude_seen", "movie_ids", "exclude_movie_ids"];

/** Sends an HTTP request as it is, which fetch would refuse; gives its status and body. */
async function http(farm, path, { method = "GET", headers = {}, body } = {}) {
  const asked = request({ host: "127.0.0.1", port: farm.port, path, method, headers });
  asked.end(body);
  const [response] = await within(once(asked, "response"), `an answer to ${method} ${path.slice(0, 80)}`);
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

/** A raw Engine.IO connection over WebSocket, past the namespace's connect. */
async function rawSocket(farm) {
  const socket = new WebSocket(`ws://127.0.0.1:${farm.port}/socket.io/?EIO=4&transport=websocket`, { skipUTF8Validation: true });
  socket.on("error", () => {});
  await within(once(socket, "message"), "the Engine.IO handshake");
  socket.send("40{}");
  await within(once(socket, "message"), "the namespace's connect");
  return socket;
}

describe("hostile input", () => {
  let farm, viewer;
  before(async () => {
    farm = await Farm.start({ data: invent() });
    viewer = await farm.visit();
  });
  after(() => farm?.stop());

  /** As an ordinary viewer would notice it. */
  async function allIsWell() {
    assert.equal((await farm.health()).status, 200);
    const answer = await (await farm.visit()).answered({ user_id: 1 });
    assert.equal(answer.meta.coverage, 1);
    assert.equal(answer.recommendations.length, 10);
  }

  async function isAnsweredOrRefused(event, payload) {
    const what = `${event} ${JSON.stringify(payload)?.slice(0, 120)}`;
    const acknowledgement = await viewer.send(event, payload);
    assert.equal(typeof acknowledgement, "object", what);
    if (acknowledgement.error) return isWayOut(acknowledgement, what);
    if (acknowledgement.request_id && event === "ask") {
      const { event: ending, payload: end } = await viewer.end(acknowledgement.request_id);
      if (ending === "failed") isWayOut({ error: end }, what);
    }
  }

  for (const [event, { fields, sound }] of Object.entries(EVENTS)) {
    test(`${event}: the wrong type in any field is an error with a code and a hint, or makes no difference`, async () => {
      for (const field of fields) {
        await Promise.all(ODD.map((odd) => isAnsweredOrRefused(event, { ...sound, [field]: odd })));
      }
      for (const odd of ODD) await isAnsweredOrRefused(event, odd);
      await allIsWell();
    });
  }

  test("ask: the wrong type in any filter is an error with a code and a hint", async () => {
    for (const field of FILTERS) {
      await Promise.all(ODD.map((odd) => isAnsweredOrRefused("ask", { user_id: 1, filters: { [field]: odd } })));
    }
    const { error } = await viewer.send("ask", { user_id: 1, filters: { genres: "Drama" } });
    assert.equal(error.code, "bad_request");
    assert.match(error.message, /genres/);
  });

  test("what is plainly wrong is refused with the code for it, naming the field", async () => {
    const wrong = [
      ["ask", { n: 0 }, "bad_request", /\bn\b/], ["ask", { n: 101 }, "bad_request", /\bn\b/], ["ask", { n: 1e15 }, "bad_request", /\bn\b/],
      ["ask", { n: "ten" }, "bad_request", /\bn\b/], ["ask", { user_id: "1" }, "bad_request", /user_id/],
      ["ask", { user_id: -1 }, "bad_request", /user_id/], ["ask", { like: [] }, "bad_request", /like/],
      ["ask", { profile: [{ movie_id: 1, rating: 5.5 }] }, "bad_request", /rating/],
      ["ask", { profile: [{ movie_id: 1, rating: 4.2 }] }, "bad_request", /rating/],
      ["ask", { text: "films like Heat", user_id: 1 }, "bad_request", /text/], ["ask", { text: "x".repeat(501) }, "text_too_long", /501/],
      ["ask", { algorithm: "oracle" }, "bad_request", /algorithm/], ["ask", { key: "k".repeat(10_000) }, "bad_request", /key/],
      ["ask", { like: [4_000_000_000] }, "unknown_movie", /4000000000/],
      ["ask", { profile: [{ movie_id: 123_456, rating: 5 }] }, "unknown_movie", /123456/],
      ["rate", { movie_id: 123_456, rating: 5 }, "unknown_movie", /123456/], ["rate", { movie_id: 1, rating: "5" }, "bad_request", /rating/],
      ["rate", { movie_id: 1, rating: 0 }, "bad_request", /rating/], ["rate", {}, "bad_request", /movie_id/],
      ["feedback", { movie_id: 123_456, kind: "seen" }, "unknown_movie", /123456/],
      ["feedback", { movie_id: 1, kind: "meh" }, "bad_request", /kind/], ["feedback", { movie_id: 1 }, "bad_request", /kind/],
      ["cancel", { request_id: "nobody's" }, /^(unknown_request|bad_request)$/, /./], ["cancel", {}, "bad_request", /request_id/],
      ["cancel", { request_id: "00000000-0000-4000-8000-000000000000" }, "unknown_request", /./],
    ];
    for (const [event, payload, code, message] of wrong) {
      const what = `${event} ${JSON.stringify(payload).slice(0, 80)}`;
      const acknowledgement = await viewer.send(event, payload);
      assert.ok(acknowledgement.error, `${what}: ${JSON.stringify(acknowledgement)}`);
      isWayOut(acknowledgement, what);
      assert.match(acknowledgement.error.code, code instanceof RegExp ? code : new RegExp(`^${code}$`), what);
      assert.match(acknowledgement.error.message, message, what);
    }
  });

  test("no payload, several payloads and binary payloads are refused or read", async () => {
    for (const event of Object.keys(EVENTS)) {
      for (const payload of [[], [{}, {}], [Buffer.from([0xff, 0xfe, 0])], [{ text: Buffer.alloc(1_000) }], [[Buffer.from("ask"), {}]]]) {
        const acknowledgement = await viewer.send(event, ...payload);
        assert.equal(typeof acknowledgement, "object", event);
        if (acknowledgement.error) isWayOut(acknowledgement, event);
      }
    }
    await allIsWell();
  });

  test("an event nobody knows, or without a callback, harms nobody", async () => {
    viewer.socket.emit("ask");
    viewer.socket.emit("ask", { n: "x" });
    viewer.socket.emit("rate", null);
    viewer.socket.emit("no such event", { a: 1 });
    viewer.socket.emit("cancel", Buffer.alloc(10));
    viewer.socket.emit("feedback", { movie_id: {} });
    isWayOut(await viewer.send("no such event", { a: 1 }), "no such event");
    const from = viewer.inbox.length;
    viewer.socket.emit("rate", { movie_id: 1, rating: 7 });
    const refused = await viewer.next("failed", (event) => event.request_id === undefined, { from });
    isWayOut({ error: refused }, "an error without a callback");
    viewer.socket.emit("ask", { user_id: 2, key: "without a callback" });
    const answer = await viewer.next("answer", () => true, { from });
    assert.equal(answer.recommendations.length, 10, "an ask without a callback is answered all the same");
    await allIsWell();
  });

  test("a text of 10 MB is refused, or the connection is closed and can be made again", async () => {
    const shouting = await farm.visit();
    const closed = new Promise((resolve) => shouting.socket.once("disconnect", (reason) => resolve({ closed: reason })));
    const refused = new Promise((resolve) => shouting.socket.emit("ask", { text: "x".repeat(10 << 20) }, resolve));
    const outcome = await within(Promise.race([closed, refused]), "an end to 10 MB of text");
    // It may be back before the next line is over: what comes after the close is the new session's.
    const from = outcome.closed ? shouting.inbox.length : 0;
    if (!outcome.closed) isWayOut(outcome, "10 MB of text");
    await allIsWell();
    await shouting.next("session", () => true, { from });
    assert.equal((await shouting.answered({ user_id: 1 })).recommendations.length, 10);
  });

  test("odd sessions, offsets and languages open a session or are refused in words", async () => {
    const odd = [null, 0, -1, 1.5, 2 ** 53, "", "x", "\0", "../..", "' OR 1=1 --", "x".repeat(50_000), [], {}, [1], { a: {} }, true];
    for (const field of ["session", "offset", "lang", "token", "nobody's field"]) {
      for (const value of odd) {
        try {
          const visitor = await farm.visit({ [field]: value }, { reconnection: false });
          assert.ok(visitor.session.session_id.length >= 16, "a session id cannot be guessed");
          assert.notEqual(visitor.session.session_id, value, "nobody chooses a session id");
          visitor.close();
        } catch (error) {
          assert.ok(error.message.length > 0 && error.code !== "ERR_ASSERTION", error);
        }
      }
    }
    await allIsWell();
  });

  test("raw frames that are not UTF-8, not JSON or no Socket.IO close at most their own connection", async () => {
    const deep = `42["ask",${"[".repeat(100_000)}`;
    const frames = [
      Buffer.from([0x34, 0x32, 0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d]), Buffer.concat([Buffer.from('421["ask",{"text":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}]')]),
      "42", "42[", "42[]", "42[1]", "42{}", '42["ask"', "42999999999999999999999[]", "45", "451-", "459999999999-[]", '451-["ask",{"_placeholder":true,"num":7}]',
      "41", "44", "4", "9", "", "x", "6", "1", "2probe", deep, `42["ask",${"{\"a\":".repeat(50_000)}`, "40/nowhere,{}", `42["${"x".repeat(100_000)}"]`,
    ];
    for (const frame of frames) {
      const socket = await rawSocket(farm);
      socket.send(frame, { binary: false });
      socket.send(Buffer.from([0xff, 0x00, 0x80]), { binary: true });
      // Whether it is still open or not, it can be left, and the farm goes on.
      const left = socket.readyState === WebSocket.CLOSED ? Promise.resolve() : once(socket, "close");
      socket.close();
      await within(left, `the connection to close after ${String(frame).slice(0, 60)}`);
    }
    await allIsWell();
  });

  test("HTTP: no path, query, method or body gives a 5xx, and errors say a way out", async () => {
    const search = "/api/movies/search";
    const paths = [
      `${search}?q=%ff%fe`, `${search}?q=%c3%28`, `${search}?q=%`, `${search}?q=%zz`, `${search}?q=%00`, `${search}?q=`, search, `${search}?q=a&q=b`,
      `${search}?q=heat&limit=-1`, `${search}?q=heat&limit=0`, `${search}?q=heat&limit=99999999999999999999`, `${search}?q=heat&limit=x`,
      `${search}?q=${"x".repeat(5_000)}`, `${search}?q=${"%F0%9F%8E%AC".repeat(300)}`, `${search}?limit=8`, "/api/movies/starters?limit=-5",
      "/api/movies/starters?limit=1e9", "/api/movies/starters?limit=%ff", "/api/nothing", "/api/", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//", "/%00", "/%ff",
      "/assets/..%2f..%2fetc%2fpasswd", "/socket.io/", "/socket.io/?EIO=3", "/socket.io/?EIO=4&transport=carrier-pigeon", "/socket.io/?EIO=4&transport=polling&sid=%ff",
      `/${"x".repeat(20_000)}`, "/health?x=%ff", "/metrics",
    ];
    for (const path of paths) {
      for (const method of ["GET", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"]) {
        const { status, body } = await http(farm, path, { method, body: method === "POST" ? "\xff{" : undefined });
        assert.ok(status < 500, `${method} ${path.slice(0, 80)}: ${status} ${body.slice(0, 200)}`);
        assert.ok(!body.includes("root:x:"), "no file of the host is served");
        if (method === "GET" && path.startsWith("/api/") && status === 400) isWayOutOverHttp(body, path);
        if (method === "GET" && status === 404) assert.ok(body.length > 0, `${path}: a bare 404`);
      }
    }
    await allIsWell();
  });

  function isWayOutOverHttp(body, path) {
    const { error } = JSON.parse(body);
    assert.ok(error.code?.length > 0 && error.message?.length > 0 && error.hint?.length > 0, `${path}: ${body}`);
  }

  test("HTTP: garbage on the port, and a request that is never finished, harm nobody", async () => {
    for (const garbage of ["\r\n\r\n", "GET", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x00", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(50_000)}\r\n`, "POST /health HTTP/1.1\r\nContent-Length: -1\r\n\r\n"]) {
      const socket = connect(farm.port, "127.0.0.1").on("error", () => {});
      await once(socket, "connect");
      socket.end(garbage);
      socket.resume();
      await allIsWell();
      socket.destroy();
    }
  });
});

describe("1,000 events in a second from one socket, with the usual limit", () => {
  let farm;
  before(async () => {
    farm = await Farm.start({ data: invent(), limits: { EVENTS_PER_SECOND: "50" } });
  });
  after(() => farm?.stop());

  for (const [event, payload] of [["rate", { movie_id: FILMS.heat, rating: 4 }], ["ask", { user_id: 1 }], ["ask", { text: 7 }]]) {
    test(`each ${event} ${JSON.stringify(payload)} is acknowledged: taken, refused, or told how long to wait`, async () => {
      const [eager, calm] = [await farm.visit(), await farm.visit()];
      const acknowledgements = await Promise.all(Array.from({ length: 1_000 }, () => eager.send(event, payload)));
      const refused = acknowledgements.filter(({ error }) => error?.code === "rate_limited");
      assert.ok(refused.length > 500, `${refused.length} of 1,000 were refused`);
      assert.ok(refused.length < 1_000, "the first ones were within the limit");
      for (const one of refused) {
        isWayOut(one, event);
        assert.ok(Number.isSafeInteger(one.error.retry_after_ms) && one.error.retry_after_ms > 0);
      }
      assert.equal((await calm.answered({ user_id: 1 })).meta.coverage, 1, "others do not notice");
      for (const { request_id } of acknowledgements.filter((one) => one.request_id)) await eager.end(request_id);
      // An event taken after the last refusal may have used up what that said to wait for, so the wait is asked for anew.
      const again = () => eager.send("rate", { movie_id: FILMS.fargo, rating: 3 });
      let refusal;
      for (let tries = 0; tries < 1_000 && !refusal; tries++) refusal = (await again()).error;
      assert.equal(refusal?.code, "rate_limited");
      // Node's timers may end a millisecond early.
      await pause(refusal.retry_after_ms + 1);
      assert.equal((await again()).error, undefined, "after the wait it goes on");
    });
  }

  test("a hundred sockets at once are all served", async () => {
    const viewers = await Promise.all(Array.from({ length: 100 }, () => farm.visit()));
    const answers = await Promise.all(viewers.map((viewer, at) => viewer.answered({ user_id: at + 1 })));
    assert.ok(answers.every((answer) => answer.meta.coverage === 1));
  });
});

test("a port that is taken is said in words, with what to do", async () => {
  const farm = await Farm.start({ data: invent() });
  try {
    const first = farm.master;
    const directory = farm.directory;
    farm.grpcPort = await freePort();
    if (!farm.mosquitto) farm.brokerPort = await freePort();
    farm.directory = `${directory}/second`;
    if (farm.mosquitto) await farm.importData();
    const second = farm.startMaster();
    farm.master = first;
    farm.directory = directory;
    const { code } = await within(second.ended, "the second master to give up");
    assert.notEqual(code, 0);
    assert.match(second.log, new RegExp(`${farm.port}`));
    assert.doesNotMatch(second.log, /panicked/);
    assert.equal((await farm.health()).status, 200);
  } finally {
    await farm.stop();
  }
});
