// Viewers who ask and rate all the time, each with the official client, and the ledger of what they were promised.

import { io } from "socket.io-client";

import { pause } from "../e2e/processes.mjs";

const EVENTS = ["answer", "failed"];
/** An ask that nobody acknowledged in this time is sent again with the same key; then after twice that, and so on. */
const AGAIN_AFTER_MS = 3_000;
/** A viewer with so many open asks waits, so that a slow machine is not drowned in what is sent again. */
const OPEN_ASKS = 8;

/** What can be asked, each with a name under which the calm answer is kept; `own` asks depend on what was rated. */
export function questions(chance) {
  const list = [];
  for (let number = 0; number < 24; number += 1) list.push({ user_id: 1 + chance.whole(0, 350), n: chance.of([5, 10, 20]) });
  for (let number = 0; number < 8; number += 1) list.push({ like: [1 + chance.whole(0, 80), 101 + chance.whole(0, 80)] });
  for (let number = 0; number < 6; number += 1) list.push({ profile: [0, 1, 2, 3].map((at) => ({ movie_id: 1 + at * 20 + chance.whole(0, 18), rating: chance.whole(1, 10) / 2 })) });
  list.push({ text: "films like Heat (1995)" }, { text: "films like Toy Story" });
  return list.map((question) => ({ name: JSON.stringify(question), question }));
}

export const films = (answer) => answer.recommendations.map(({ movie_id, score }) => `${movie_id}:${score}`).join(" ");

export class Ledger {
  /** By key: what was asked, and all that was said of it. */
  asks = new Map();
  byId = new Map();
  /** "session film": {halfStars: acknowledged last or null, possible: what may have been stored without a word}. */
  ratings = new Map();
  ratingsAcknowledged = 0;
  troubles = [];
  unknownEndings = [];

  constructor(calm) {
    this.calm = calm;
  }

  acknowledged(ask, id) {
    if (ask.id && ask.id !== id) this.troubles.push({ kind: "doubled", what: `key ${ask.key} is request ${ask.id} and ${id}` });
    ask.id = id;
    ask.acknowledgedAt ??= Date.now();
    this.byId.set(id, ask);
    for (const ending of this.unknownEndings.filter((one) => one.payload.request_id === id)) this.#take(ask, ending);
    this.unknownEndings = this.unknownEndings.filter((one) => one.payload.request_id !== id);
  }

  ended(event, payload, connection) {
    const ask = this.byId.get(payload.request_id);
    const ending = { event, payload, connection, at: Date.now() };
    if (ask) this.#take(ask, ending);
    else this.unknownEndings.push(ending);
  }

  #take(ask, { event, payload, connection, at }) {
    const { offset } = payload;
    const earlier = ask.endings.filter((one) => one.offset > 0);
    if (offset > 0 && earlier.some((one) => one.offset !== offset)) this.troubles.push({ kind: "doubled", what: `request ${ask.id} ended at offsets ${earlier[0].offset} and ${offset}` });
    // A replay and what happens meanwhile may bring the same ending twice, and a repeated ask once more.
    if (earlier.filter((one) => one.connection === connection).length > 1 + ask.sent) this.troubles.push({ kind: "doubled", what: `request ${ask.id} ended again and again on one connection` });
    const complete = event === "answer" && payload.meta.coverage === 1;
    ask.endings.push({ event, offset, connection, at, complete, code: payload.code, films: event === "answer" ? films(payload) : "" });
    if (event !== "answer") return;
    if (complete && this.calm && ask.name && payload.meta.source === "neighbours" && films(payload) !== this.calm.get(ask.name)) {
      this.troubles.push({ kind: "wrong", what: `request ${ask.id} (${ask.name}): ${films(payload)} instead of ${this.calm.get(ask.name)}` });
    }
    const again = payload.recommendations.find(({ movie_id }) => ask.rated?.has(movie_id));
    if (again) this.troubles.push({ kind: "wrong", what: `request ${ask.id} recommends film ${again.movie_id}, which was rated before it was asked` });
  }

  /** Acknowledged requests that have not ended. */
  open() {
    return [...this.byId.values()].filter((ask) => ask.endings.length === 0);
  }

  /** Asks that got neither an acknowledgement nor a refusal. */
  silent() {
    return [...this.asks.values()].filter((ask) => !ask.id && !ask.refused);
  }

  /** Compares with what the database holds; gives what is missing there. */
  async missingOnDisk(database, only = () => true) {
    const missing = [];
    const asks = [...this.byId.values()].filter(only);
    const rows = await database.requests(asks.map((ask) => ask.id));
    for (const ask of asks) {
      const row = rows.get(ask.id);
      const offset = ask.endings.find((one) => one.offset > 0)?.offset;
      if (!row) missing.push(`request ${ask.id}, acknowledged, is not there`);
      else if (offset !== undefined && (row.state === "queued" || row.offset !== offset)) missing.push(`request ${ask.id} ended at offset ${offset}; there it is ${row.state} at ${row.offset}`);
    }
    const sessions = [...new Set([...this.ratings.keys()].map((key) => key.split(" ")[0]))];
    const stored = await database.ratings(sessions);
    for (const [key, { halfStars, possible }] of this.ratings) {
      const there = stored.get(key) ?? null;
      if (halfStars !== undefined && there !== halfStars && !possible.includes(there)) missing.push(`rating ${key.slice(-4)} is ${there} there and was acknowledged as ${halfStars}`);
    }
    return missing;
  }
}

class Client {
  session;
  offset = 0;
  connection = 0;
  #asked = 0;
  /** Films whose rating was acknowledged, and not touched since. */
  rated = new Map();

  constructor(load, name) {
    Object.assign(this, { load, name });
    this.socket = io(load.url, {
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      timeout: 2_000,
      auth: (send) => send(this.session ? { session: this.session, offset: this.offset } : {}),
    });
    this.socket.on("session", ({ session_id, offset }) => {
      if (this.session && this.session !== session_id) load.ledger.troubles.push({ kind: "lost", what: `session of ${name} was not resumed` });
      if (!this.session) this.offset = offset;
      this.session = session_id;
      this.connection += 1;
      this.ready = true;
      for (const ask of this.open()) if (!ask.id) this.#send(ask);
    });
    this.socket.on("disconnect", (reason) => {
      this.ready = false;
      // After this the client does not come back by itself.
      if (reason === "io server disconnect" && !this.closed) setTimeout(() => this.socket.connect(), 200);
    });
    for (const event of EVENTS) {
      this.socket.on(event, (payload) => {
        if (!payload.request_id) return;
        this.offset = Math.max(this.offset, payload.offset);
        load.ledger.ended(event, payload, `${this.name} ${this.connection}`);
      });
    }
  }

  ask({ name, question }) {
    const key = `${this.name}-${(this.#asked += 1)}`;
    const ask = { key, name, question: { ...question, key }, client: this, at: Date.now(), sent: 0, endings: [] };
    if (!name) ask.rated = new Set(this.rated.keys());
    this.load.ledger.asks.set(key, ask);
    (this.asks ??= []).push(ask);
    if (this.ready) this.#send(ask);
    return ask;
  }

  /** Its asks that have neither ended nor been refused. */
  open() {
    this.asks = (this.asks ?? []).filter((ask) => !ask.refused && ask.endings.length === 0);
    return this.asks;
  }

  #send(ask) {
    ask.sent += 1;
    ask.lastSentAt = Date.now();
    this.socket.emit("ask", ask.question, (said) => {
      if (said.request_id) this.load.ledger.acknowledged(ask, said.request_id);
      else ask.refused = said.error?.code ?? "reply";
    });
  }

  /** Sends again what nobody spoke of for a while. */
  remind() {
    if (!this.ready) return;
    const now = Date.now();
    for (const ask of this.open()) if (!ask.id && !(now - ask.lastSentAt < AGAIN_AFTER_MS * 2 ** (ask.sent - 1))) this.#send(ask);
  }

  rate(movieId, halfStars) {
    if (!this.ready) return;
    const key = `${this.session} ${movieId}`;
    const { ledger } = this.load;
    const entry = ledger.ratings.get(key) ?? { possible: [] };
    ledger.ratings.set(key, entry);
    entry.possible.push(halfStars);
    this.rated.delete(movieId);
    this.socket.emit("rate", { movie_id: movieId, rating: halfStars / 2 }, (said) => {
      if (said.error) return;
      ledger.ratingsAcknowledged += 1;
      // One rating of a film is under way at a time, but for those sent before a connection broke.
      entry.halfStars = halfStars;
      entry.possible = entry.possible.filter((one) => one !== halfStars);
      this.rated.set(movieId, halfStars);
    });
  }

  close() {
    this.closed = true;
    this.socket.disconnect();
  }
}

/** A steady load. */
export class Load {
  constructor(url, ledger, list, chance, { clients = 6, perSecond = 30, name = "c" } = {}) {
    Object.assign(this, { url, ledger, list, chance, perSecond });
    this.clients = Array.from({ length: clients }, (_, number) => new Client(this, `${name}${number}`));
  }

  start() {
    let done = 0;
    const began = performance.now();
    this.timer = setInterval(() => {
      const due = ((performance.now() - began) / 1000) * this.perSecond;
      for (; done < due; done += 1) this.#act(this.clients[done % this.clients.length]);
      for (const client of this.clients) client.remind();
    }, 10);
  }

  /** The last client of several rates films and asks what goes with them; what the others ask has one right answer. */
  #act(client) {
    if (client.open().length >= OPEN_ASKS) return;
    if (this.clients.length === 1 || client !== this.clients.at(-1)) {
      client.ask(this.chance.of(this.list));
      return;
    }
    // A film is rated once, so that a rating without a word can be told from one with.
    client.film = (client.film ?? 0) + 1;
    if (this.chance.next() < 0.6 && client.film < 300) client.rate(client.film, this.chance.whole(1, 10));
    else client.ask({ question: {} });
  }

  async opened(withinMs = 30_000) {
    const until = Date.now() + withinMs;
    while (!this.clients.every((client) => client.ready)) {
      if (Date.now() > until) throw new Error("the clients do not get their sessions");
      await pause(5);
    }
  }

  pauseAsking() {
    clearInterval(this.timer);
  }

  /** Waits until every ask has had its word and every acknowledged one its end; gives up when none had for so long. */
  async settled(idleMs) {
    let until = Date.now() + idleMs;
    let before = Infinity;
    for (;;) {
      const waiting = this.ledger.open().length + this.ledger.silent().length;
      if (waiting === 0) return true;
      if (waiting < before) until = Date.now() + idleMs;
      before = waiting;
      if (Date.now() > until) return false;
      for (const client of this.clients) client.remind();
      await pause(20);
    }
    return true;
  }

  close() {
    this.pauseAsking();
    for (const client of this.clients) client.close();
  }
}

/** The answers to all questions with nothing amiss: {name: films}; and the time that 19 of 20 are answered in. */
export async function calmAnswers(url, list, chance) {
  const ledger = new Ledger();
  const load = new Load(url, ledger, list, chance, { clients: 1, name: "calm" });
  await load.opened();
  const calm = new Map();
  const took = [];
  for (const entry of list) {
    const ask = load.clients[0].ask(entry);
    if (!(await load.settled(20_000)) || !ask.endings[0]?.complete) throw new Error(`in the calm ${entry.name} is not answered: ${JSON.stringify(ask.endings)} ${ask.refused}`);
    took.push(ask.endings[0].at - ask.at);
    calm.set(entry.name, ask.endings[0].films);
  }
  load.close();
  took.sort((one, other) => one - other);
  return { calm, p95: took[Math.floor(took.length * 0.95)] };
}
