// An S3 to test with: moto's server, behind a proxy through which half of all calls fail, each in a way that networks and
// stores have: an error, a connection that is cut, an answer that never comes, and one that is lost after all was done.

import { createServer, request } from "node:http";
import { createHash } from "node:crypto";
import { once } from "node:events";

import { PATIENCE_MS, Process, freePort, pause, within } from "./processes.mjs";

const BUCKET = "films";
const ERROR = "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>";
/** Longer than the farm under test waits for an answer. */
const SILENCE_MS = 3_000;

export class S3 {
  /** What was asked for, and what became of it. */
  calls = { well: 0, refused: 0, cut: 0, silent: 0, unheard: 0 };
  /** The contents that each name was ever put with. */
  contents = new Map();
  #chance = 1n;

  static async start() {
    const s3 = new S3();
    s3.port = await freePort();
    const python = process.env.PYTHON ?? "python3";
    s3.process = new Process("moto", python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(s3.port)]);
    await within(s3.#made(), () => `moto to make a bucket:\n${s3.process.tail()}`, PATIENCE_MS * 2);
    s3.proxy = createServer((asked, answer) => s3.#pass(asked, answer));
    s3.proxy.listen(0, "127.0.0.1");
    await once(s3.proxy, "listening");
    return s3;
  }

  /** What a farm needs to know. */
  get environment() {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${this.proxy.address().port}`,
      AWS_ALLOW_HTTP: "true",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_TIMEOUT: "1s",
    };
  }

  address(prefix) {
    return `s3://${BUCKET}/${prefix}`;
  }

  get failed() {
    return this.calls.refused + this.calls.cut + this.calls.silent + this.calls.unheard;
  }

  /** All names with a prefix, straight from the store. */
  async names(prefix) {
    const said = await this.#straight(`/${BUCKET}?list-type=2&prefix=${encodeURIComponent(prefix)}`);
    return [...(await said.text()).matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1]).sort();
  }

  async content(name) {
    return (await this.#straight(`/${BUCKET}/${name}`)).text();
  }

  async stop() {
    this.proxy.closeAllConnections();
    this.proxy.close();
    await this.process.stop();
  }

  async #made() {
    for (;;) {
      if (this.process.end) throw new Error(`moto ended:\n${this.process.tail()}`);
      const made = await this.#straight(`/${BUCKET}`, { method: "PUT" }).catch(() => null);
      if (made?.ok) return;
      await pause(50);
    }
  }

  #straight(path, options = {}) {
    const headers = { authorization: "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request" };
    return fetch(`http://127.0.0.1:${this.port}${path}`, { ...options, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  }

  #next() {
    // Knuth's numbers; the high bits are good enough.
    this.#chance = (this.#chance * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    const drawn = Number(this.#chance) / 2 ** 64;
    return drawn < 0.5 ? "well" : ["refused", "cut", "silent", "unheard"][Math.floor((drawn - 0.5) * 8)] ?? "unheard";
  }

  async #pass(asked, answer) {
    const chunks = [];
    asked.on("error", () => {});
    answer.on("error", () => {});
    for await (const chunk of asked) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (asked.method === "PUT") {
      const known = this.contents.get(asked.url) ?? new Set();
      this.contents.set(asked.url, known.add(createHash("sha256").update(body).digest("hex")));
    }
    const fate = this.#next();
    this.calls[fate] += 1;
    if (fate === "refused") return answer.writeHead(500, { "content-type": "application/xml" }).end(ERROR);
    if (fate === "cut") return asked.socket.destroy();
    if (fate === "silent") return void setTimeout(() => asked.socket.destroy(), SILENCE_MS).unref();
    const { method, url: path, headers } = asked;
    const passed = request({ host: "127.0.0.1", port: this.port, method, path, headers }, (said) => {
      if (fate === "unheard") {
        said.resume().on("end", () => asked.socket.destroy());
        return;
      }
      answer.writeHead(said.statusCode, said.headers);
      said.pipe(answer);
    });
    passed.on("error", () => asked.socket.destroy());
    passed.end(body);
  }
}
