// A TCP proxy that does to a connection what networks do: cut, refuse, delay, throttle, swallow one way, half-close.
// Bytes are never lost or reordered: what a blackhole holds back flows on when it heals, as TCP would send it again.

import { createServer, connect } from "node:net";
import { once, EventEmitter } from "node:events";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";

import { pause } from "../e2e/processes.mjs";

const HELD_BYTES = 256 * 1024;
const noFaults = () => ({ delayMs: 0, bytesPerSecond: Infinity, swallowed: [], refused: false, concerns: () => true });

/** One direction of a connection: "toServer" or "toClient". */
class Flow {
  #queue = [];
  #held = 0;
  #pumping = false;
  #over = false;

  constructor(pair, direction, from, to) {
    Object.assign(this, { pair, direction, from, to });
    from.on("data", (chunk) => {
      this.#queue.push({ chunk, at: performance.now() });
      this.#held += chunk.length;
      if (this.#held > HELD_BYTES) from.pause();
      this.#pump();
    });
    from.on("end", () => {
      this.#over = true;
      this.#pump();
    });
  }

  async #pump() {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#queue.length > 0 && !this.to.destroyed) {
      const faults = this.pair.faults();
      if (faults.swallowed.includes(this.direction)) {
        await this.pair.proxy.changed();
        continue;
      }
      const { chunk, at } = this.#queue[0];
      const early = at + faults.delayMs - performance.now();
      if (early > 0) {
        await pause(early);
        continue;
      }
      if (faults.bytesPerSecond !== Infinity) await pause((1000 * chunk.length) / faults.bytesPerSecond);
      this.#queue.shift();
      this.#held -= chunk.length;
      if (this.#held <= HELD_BYTES) this.from.resume();
      if (!this.to.write(chunk)) await Promise.race(["drain", "close"].map((event) => once(this.to, event).catch(() => {})));
    }
    this.#pumping = false;
    if (this.#over && this.#queue.length === 0) this.to.end();
  }
}

class Pair {
  constructor(proxy, client) {
    this.proxy = proxy;
    this.client = client;
    this.port = client.remotePort;
    this.server = connect({ port: proxy.target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    new Flow(this, "toServer", client, this.server);
    new Flow(this, "toClient", this.server, client);
    for (const socket of [client, this.server]) {
      socket.on("error", () => this.destroy());
      socket.on("close", () => this.destroy());
    }
  }

  faults() {
    const { faults } = this.proxy;
    return faults.concerns(this) ? faults : noFaults();
  }

  destroy() {
    this.client.destroy();
    this.server.destroy();
    this.proxy.pairs.delete(this);
    this.proxy.changes.emit("change");
  }

  /** Whether the client is one of the process's sockets. */
  isOf(pid) {
    this.owners ??= new Map();
    if (!this.owners.has(pid)) this.owners.set(pid, socketsOf(pid).has(inodeOfLocalPort(this.port)));
    return this.owners.get(pid);
  }
}

export class Proxy {
  pairs = new Set();
  changes = new EventEmitter().setMaxListeners(0);
  faults = noFaults();

  /** Listens on a free port and leads to `target`, which may change: then new connections lead elsewhere. */
  static async before(target) {
    const proxy = new Proxy();
    proxy.target = target;
    proxy.server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      client.on("error", () => {});
      if (proxy.faults.refused) client.resetAndDestroy();
      else proxy.pairs.add(new Pair(proxy, client));
    }).listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  changed() {
    return once(this.changes, "change");
  }

  /** Lets faults begin; those not named stay as they are. */
  suffer(faults) {
    Object.assign(this.faults, faults);
    this.changes.emit("change");
  }

  heal() {
    this.faults = noFaults();
    this.changes.emit("change");
  }

  /** Resets every connection. */
  cut() {
    for (const pair of [...this.pairs]) {
      pair.client.resetAndDestroy();
      pair.server.resetAndDestroy();
    }
  }

  /** Tells the client that nothing more will come, while what it sends still arrives. */
  halfClose() {
    for (const pair of this.pairs) pair.client.end();
  }

  close() {
    this.cut();
    this.server.close();
  }
}

function inodeOfLocalPort(port) {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readFileSync(table, "latin1").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${wanted}`) && fields[9] !== "0") return fields[9];
    }
  }
  return null;
}

function socketsOf(pid) {
  const inodes = new Set();
  try {
    for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
        if (inode) inodes.add(inode);
      } catch {
        // Closed in between.
      }
    }
  } catch {
    // The process is gone.
  }
  return inodes;
}
