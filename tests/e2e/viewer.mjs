// A browser tab as the server sees it: the official Socket.IO client, with everything it was sent kept in order.

import { io } from "socket.io-client";
import assert from "node:assert/strict";

import { within } from "./processes.mjs";

const EVENTS = ["session", "status", "progress", "answer", "failed", "replied", "rated", "feedback", "changed"];

export class Viewer {
  /** What came, in order: [{event, payload}]. */
  inbox = [];
  /** The highest offset seen, as a page would keep it. */
  offset;
  #waiting = new Set();

  constructor(url, auth, options) {
    const firstAuth = auth;
    this.socket = io(url, {
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 250,
      ...options,
      // What the page does too: once it has a session it comes back with it.
      auth: (send) => send(this.session ? { ...firstAuth, session: this.session.session_id, offset: this.offset } : firstAuth),
    });
    for (const event of EVENTS) {
      this.socket.on(event, (payload) => {
        if (event === "session") {
          this.session = payload;
          this.offset ??= payload.offset;
        }
        if (Number.isSafeInteger(payload?.offset) && event !== "session") this.offset = Math.max(this.offset ?? 0, payload.offset);
        this.inbox.push({ event, payload });
        for (const look of [...this.#waiting]) look();
      });
    }
  }

  opened() {
    const refused = new Promise((_, reject) => this.socket.once("connect_error", (error) => {
      if (!this.socket.active) reject(error);
    }));
    refused.catch(() => {});
    return Promise.race([this.next("session"), refused]);
  }

  /** The first event of this name that fits: one that came already (after `from` events), or one to come. */
  async next(event, fits = () => true, { from = 0 } = {}) {
    return (await this.#first((one) => one.event === event && fits(one.payload), `"${event}"`, from)).payload;
  }

  #first(fits, what, from = 0) {
    const seen = new Promise((resolve) => {
      const look = () => {
        const found = this.inbox.slice(from).find(fits);
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
    return within(seen, () => `${what}; what came was: ${this.inbox.map((one) => one.event).join(" ")}`);
  }

  /** Sends an event; gives the acknowledgement, whatever it says. */
  send(event, ...payload) {
    const acknowledged = new Promise((resolve) => this.socket.emit(event, ...payload, resolve));
    return within(acknowledged, () => `the acknowledgement of ${event} ${JSON.stringify(payload)?.slice(0, 200)}`);
  }

  /** Asks; gives the request id. */
  async ask(question) {
    const acknowledgement = await this.send("ask", question);
    assert.equal(acknowledgement.error, undefined, `ask ${JSON.stringify(question)}: ${JSON.stringify(acknowledgement)}`);
    assert.equal(typeof acknowledgement.request_id, "string", JSON.stringify(acknowledgement));
    return acknowledgement.request_id;
  }

  /** How a request ends: {event: "answer" or "failed", payload}. */
  end(requestId) {
    return this.#first(({ event, payload }) => isEnding(event) && payload.request_id === requestId, `the end of ${requestId}`);
  }

  /** The answer to a request, which must not fail. */
  async answer(requestId) {
    const { event, payload } = await this.end(requestId);
    assert.equal(event, "answer", `the request failed: ${JSON.stringify(payload)}`);
    return payload;
  }

  async answered(question) {
    return this.answer(await this.ask(question));
  }

  /** How often a request ended here. */
  endings(requestId) {
    return this.inbox.filter(({ event, payload }) => isEnding(event) && payload.request_id === requestId).length;
  }

  close() {
    this.socket.disconnect();
  }
}

const isEnding = (event) => event === "answer" || event === "failed";

export const filmIds = (answer) => answer.recommendations.map((film) => film.movie_id);
