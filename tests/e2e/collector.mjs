// A collector of OpenTelemetry's spans: OTLP over gRPC, by hand, so that a test sees what goes over the wire. It takes what
// comes and keeps it. Run by itself it says where it listens, and at the end how many spans came, so that their cost can be
// measured: OTEL_EXPORTER_OTLP_ENDPOINT=THERE scripts/bench.sh

import { createServer } from "node:http2";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { PATIENCE_MS, within } from "./processes.mjs";

/** Fields of a protobuf message by number: integers as BigInt, the rest as bytes. */
function fields(bytes) {
  const found = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("a message ends in the middle of a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length) => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const tag = Number(varint());
    const kind = tag & 7;
    const value = kind === 0 ? varint() : kind === 1 ? take(8) : kind === 5 ? take(4) : take(Number(varint()));
    if (![0, 1, 2, 5].includes(kind) || at > bytes.length) throw new Error(`no protobuf: field ${tag >> 3} of kind ${kind}`);
    found.set(tag >> 3, [...(found.get(tag >> 3) ?? []), value]);
  }
  return found;
}

const all = (message, number) => message.get(number) ?? [];
const text = (message, number) => all(message, number)[0]?.toString("utf8") ?? "";
const hex = (message, number) => all(message, number)[0]?.toString("hex") ?? "";

function attributes(pairs) {
  return Object.fromEntries(pairs.map(fields).map((pair) => {
    const value = fields(all(pair, 2)[0]);
    const [word, number, real] = [1, 3, 4].map((kind) => all(value, kind)[0]);
    return [text(pair, 1), word?.toString("utf8") ?? (number === undefined ? real.readDoubleLE() : Number(number))];
  }));
}

const span = (service) => (bytes) => {
  const message = fields(bytes);
  return {
    service,
    name: text(message, 5),
    trace: hex(message, 1),
    id: hex(message, 2),
    parent: hex(message, 4),
    kind: ["", "internal", "server", "client", "producer", "consumer"][Number(all(message, 6)[0] ?? 0)],
    start: all(message, 7)[0].readBigUInt64LE(),
    end: all(message, 8)[0].readBigUInt64LE(),
    attributes: attributes(all(message, 9)),
    links: all(message, 13).map(fields).map((link) => ({ trace: hex(link, 1), id: hex(link, 2) })),
  };
};

/** The spans of an ExportTraceServiceRequest. */
function spansOf(request) {
  return all(fields(request), 1).map(fields).flatMap((ofResource) => {
    const service = attributes(all(fields(all(ofResource, 1)[0]), 1))["service.name"];
    return all(ofResource, 2).map(fields).flatMap((ofScope) => all(ofScope, 2).map(span(service)));
  });
}

export class Collector {
  spans = [];
  troubles = [];
  #waiting = new Set();

  static async start() {
    const collector = new Collector();
    collector.server = createServer();
    collector.server.on("stream", (stream, headers) => collector.#take(stream, headers));
    collector.sessions = new Set();
    collector.server.on("session", (session) => collector.sessions.add(session));
    collector.server.listen(0, "127.0.0.1");
    await once(collector.server, "listening");
    return collector;
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  #take(stream, headers) {
    const chunks = [];
    stream.on("error", (error) => this.troubles.push(error));
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.on("end", () => {
      try {
        const body = Buffer.concat(chunks);
        if (!headers[":path"].endsWith("TraceService/Export")) throw new Error(`somebody calls ${headers[":path"]}`);
        if (body[0] !== 0) throw new Error("the call is compressed");
        this.spans.push(...spansOf(body.subarray(5, 5 + body.readUInt32BE(1))));
      } catch (error) {
        this.troubles.push(error);
      }
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.alloc(5));
      for (const look of [...this.#waiting]) look();
    });
  }

  /** The spans of a trace, once `fits` takes them. */
  async trace(id, fits, what) {
    const found = () => this.spans.filter((span) => span.trace === id);
    const seen = new Promise((resolve) => {
      const look = () => {
        if (!fits(found())) return;
        this.#waiting.delete(look);
        resolve(found());
      };
      this.#waiting.add(look);
      look();
    });
    return within(seen, () => `${what}; there are ${JSON.stringify(found().map((span) => span.name))}, and ${this.troubles}`, PATIENCE_MS);
  }

  stop() {
    for (const session of this.sessions) session.destroy();
    this.server.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const collector = await Collector.start();
  let taken = 0;
  // Counted and let go of: a measurement makes millions.
  const counting = setInterval(() => (taken += collector.spans.splice(0).length), 100);
  console.log(collector.url);
  // Instead of ending at once, as a test does.
  process.removeAllListeners("SIGINT").once("SIGINT", () => {
    clearInterval(counting);
    console.log(`${taken + collector.spans.length} spans, ${collector.troubles.length} troubles`);
    process.exit();
  });
}
