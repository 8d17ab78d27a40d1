// Asks at a steady rate in several tabs, and keeps account: each ask has a key and is said again after a reconnect until
// it is acknowledged; each that was acknowledged must end once, with an answer.

import { Viewer } from "../e2e/viewer.mjs";
import { pause } from "../e2e/processes.mjs";

const TEXTS = ["films like Heat and Alien", "films like Toy Story", "films like Fargo", "films like The Matrix", "films like Jaws"];
/** How long a request may take until it counts as lost: its deadline on a Swarm, and as long again for what is made anew. */
const GRACE_MS = 75_000;
/** So many are asked at the least: what is over sooner is seen in the answers that come after it. */
const FEWEST = 60;

export class Load {
  #asks = [];
  #byRequest = new Map();
  #tabs = [];
  #going = true;
  workers = new Set();

  constructor(url, { perSecond = 10, tabs = 3 } = {}) {
    for (let number = 0; number < tabs; number++) this.#tabs.push(this.#open(url));
    this.#asking = this.#ask(1000 / perSecond);
    this.started = Date.now();
  }
  #asking;

  #open(url) {
    const viewer = new Viewer(url, {}, { reconnectionDelayMax: 500, timeout: 3000 });
    const tab = { viewer, mine: [] };
    viewer.socket.on("session", () => tab.mine.filter((ask) => !ask.acknowledged && !ask.refused).forEach((ask) => this.#send(tab, ask)));
    viewer.socket.on("disconnect", (why) => {
      if (why === "io server disconnect" && this.#going) setTimeout(() => viewer.socket.connect(), 100);
    });
    for (const kind of ["answer", "failed"]) {
      viewer.socket.on(kind, (ending) => {
        const ask = this.#byRequest.get(ending.request_id);
        // An ending may come before the acknowledgement, and again in a replay.
        this.#endings.set(ending.request_id, { kind, ending });
        if (ask) this.#end(ask);
        viewer.inbox.length = 0;
      });
    }
    return tab;
  }
  #endings = new Map();

  #end(ask) {
    if (ask.ended) return;
    const { kind, ending } = this.#endings.get(ask.request) ?? {};
    if (!kind) return;
    ask.ended = kind;
    ask.code = ending.code;
    ask.tookMs = Date.now() - ask.at;
    if (kind === "answer") {
      ask.coverage = ending.meta.coverage;
      ending.meta.workers.forEach((worker) => this.workers.add(worker.worker_id));
    }
  }

  #send(tab, ask) {
    tab.viewer.socket.timeout(15_000).emit("ask", { text: ask.text, key: ask.key, n: 3 }, (error, said) => {
      if (error) return ask.acknowledged || this.#send(tab, ask);
      // It was said twice, and taken the first time.
      if (ask.acknowledged) return;
      if (said.error) {
        ask.refused = said.error.code;
        // Who is told when to come again does so, with the same key.
        if (said.error.retry_after_ms && Date.now() - ask.at < GRACE_MS) {
          ask.told_to_wait = true;
          setTimeout(() => this.#send(tab, ask), said.error.retry_after_ms);
        }
        return;
      }
      ask.refused = undefined;
      ask.acknowledged = true;
      ask.request = said.request_id;
      this.#byRequest.set(ask.request, ask);
      this.#end(ask);
    });
  }

  async #ask(everyMs) {
    while (this.#going) {
      const tab = this.#tabs[this.#asks.length % this.#tabs.length];
      const number = this.#asks.length;
      const ask = { key: `load-${number}`, text: TEXTS[number % TEXTS.length], at: Date.now() };
      this.#asks.push(ask);
      tab.mine.push(ask);
      if (tab.viewer.socket.connected && tab.viewer.session) this.#send(tab, ask);
      await pause(everyMs);
    }
  }

  /** How many were answered so far. */
  get answered() {
    return this.#asks.filter((ask) => ask.ended === "answer").length;
  }

  /** Stops asking, waits until all is answered or the time is over, and gives the account. */
  async stop() {
    while (this.#asks.length < FEWEST) await pause(50);
    this.#going = false;
    await this.#asking;
    const open = () => this.#asks.filter((ask) => !ask.ended && !(ask.refused && !ask.told_to_wait));
    for (const end = Date.now() + GRACE_MS; open().length > 0 && Date.now() < end;) await pause(100);
    this.#tabs.forEach((tab) => tab.viewer.close());
    const count = (fits) => this.#asks.filter(fits).length;
    const took = this.#asks.filter((ask) => ask.ended === "answer").map((ask) => ask.tookMs).sort((a, b) => a - b);
    const at = (part) => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0;
    return {
      asked: this.#asks.length,
      answered: count((ask) => ask.ended === "answer"),
      in_part: count((ask) => ask.coverage < 1),
      failed: count((ask) => ask.ended === "failed"),
      told_to_wait: count((ask) => ask.told_to_wait),
      refused: count((ask) => ask.refused),
      lost: count((ask) => ask.acknowledged && !ask.ended),
      never_acknowledged: count((ask) => !ask.acknowledged && !ask.refused),
      reasons: [...new Set(this.#asks.map((ask) => ask.refused ?? ask.code).filter(Boolean))],
      p50_ms: at(0.5),
      p99_ms: at(0.99),
      longest_ms: at(1),
    };
  }
}

/** Asks while something happens; gives the account, in which nothing may be missing. */
export async function underLoad(url, what, happens, options) {
  const load = new Load(url, options);
  // The first answers are there before anything happens, so that what goes wrong is due to it.
  for (const end = Date.now() + 30_000; load.answered < 3; await pause(50)) {
    if (Date.now() > end) throw new Error(`${what}: no answer before anything happened`);
  }
  let account;
  try {
    await happens(load);
  } finally {
    account = await load.stop();
    console.log(`${what}: ${JSON.stringify(account)}`);
  }
  return account;
}
