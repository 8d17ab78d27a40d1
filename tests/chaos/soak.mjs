// Asks in a row, by the hundred thousand: the memory of every part and the size of the database on the way, as CSV.
// Says at the end how far each part grew after the first 50,000, and fails past 5 %.

import { parseArgs } from "node:util";
import WebSocket from "ws";

import { invent } from "../e2e/datasets.mjs";
import { World } from "./world.mjs";

const { values: options } = parseArgs({ options: { asks: { type: "string" }, data: { type: "string" }, lanes: { type: "string", default: "32" }, database: { type: "string", default: "sqlite" } } });
const asks = Number(options.asks);
const SETTLED_AFTER = Math.min(50_000, Math.floor(asks / 2));
const SAMPLES = 100;
const GROWTH_ALLOWED = 1.05;

const world = await World.start(options.database, options.data ?? invent(), { diskMegabytes: 8_000, settings: { EVENTS_PER_SECOND: "100000" } });
const parts = () => ({ master: world.master, ...Object.fromEntries(world.workers), broker: world.broker.process });
const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(1);

let asked = 0, ended = 0, failed = 0;
const samples = [];
console.log(["asks", "seconds", ...Object.keys(parts()).map((name) => `${name}_mb`), "database_mb", "failed"].join(","));
const began = Date.now();

function sample() {
  const memory = Object.fromEntries(Object.entries(parts()).map(([name, { child }]) => [name, world.memoryOf(child.pid)]));
  samples.push({ ended, memory, database: world.database.bytes() });
  console.log([ended, Math.round((Date.now() - began) / 1000), ...Object.values(memory).map(megabytes), megabytes(samples.at(-1).database), failed].join(","));
}

/** One connection; it asks again when it was answered. A client of our own, as the official one would be the bottleneck. */
const lane = () => new Promise((resolve, reject) => {
  const socket = new WebSocket(`ws://127.0.0.1:${world.port}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
  const next = () => {
    if (asked >= asks) return socket.close();
    asked += 1;
    socket.send(`42${asked}["ask",{"user_id":${1 + (asked % 399)},"n":10}]`);
  };
  socket.on("message", (data) => {
    const text = data.toString();
    if (text[0] === "0") socket.send("40{}");
    else if (text === "2") socket.send("3");
    else if (text.startsWith('42["session"')) next();
    else if (text.startsWith("43") && text.includes('"error"')) reject(new Error(`an ask was refused: ${text.slice(0, 300)}`));
    else if (text.startsWith('42["answer"') || text.startsWith('42["failed"')) {
      ended += 1;
      if (text.startsWith('42["failed"')) failed += 1;
      if (ended % Math.max(1, Math.floor(asks / SAMPLES)) === 0) sample();
      next();
    }
  });
  socket.on("error", reject).on("close", resolve);
});

await Promise.all(Array.from({ length: Number(options.lanes) }, lane));
if (samples.at(-1)?.ended !== ended) sample();
const settled = samples.find((one) => one.ended >= SETTLED_AFTER);
let grown = false;
for (const [name, after] of Object.entries(settled.memory)) {
  const most = Math.max(...samples.filter((one) => one.ended >= SETTLED_AFTER).map(({ memory }) => memory[name]));
  const last = samples.at(-1).memory[name];
  const over = last > after * GROWTH_ALLOWED;
  grown ||= over;
  console.error(`${name.padEnd(10)} ${megabytes(after)} MB after ${settled.ended} asks, ${megabytes(last)} MB at the end (${((100 * last) / after - 100).toFixed(1)} %), ${megabytes(most)} MB at the most${over ? "  GREW" : ""}`);
}
console.error(`database   ${megabytes(samples.at(-1).database)} MB at the end, ${megabytes(Math.max(...samples.map((one) => one.database)))} MB at the most`);
console.error(`${ended} of ${asks} asks ended, ${failed} failed, ${Math.round(ended / ((Date.now() - began) / 1000))} answers a second`);
await world.stop();
process.exit(grown || failed > 0 || ended !== asks ? 1 : 0);
