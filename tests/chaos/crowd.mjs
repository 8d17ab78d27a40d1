// Four crowds at the edge of a farm of real processes, and what they cost those beside them: a flood within every socket's
// allowance, sockets that do not read, sockets that do nothing, heads that never end. Prints a line for each figure with
// its bound, and fails where one is missed. Who floods is a process of its own, on the same cores.

import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import WebSocket from "ws";

import { invent } from "../e2e/datasets.mjs";
import { pause } from "../e2e/processes.mjs";
import { Viewer } from "../e2e/viewer.mjs";
import { rawSocket, send } from "./guests.mjs";
import { World } from "./world.mjs";

const { values: options } = parseArgs({
  options: { crowd: { type: "boolean" }, data: { type: "string" }, only: { type: "string", multiple: true }, seconds: { type: "string", default: "60" } },
});

const quantile = (times, part) => [...times].sort((one, other) => one - other)[Math.min(times.length - 1, Math.floor(times.length * part))];
const megabytes = (world) => world.memoryOf(world.master.child.pid) / 2 ** 20;

let missed = 0;
function figure(what, value, unit, bound) {
  const over = bound !== undefined && !(value <= bound);
  missed += over ? 1 : 0;
  console.log(`  ${what.padEnd(58)} ${`${Math.round(value * 10) / 10} ${unit}`.trim()}${bound === undefined ? "" : ` (at most ${bound})`}${over ? "  OVER" : ""}`);
}

/** Asks five times a second until stopped, which is fast for a person; gives when it asked and how long each answer took. */
function ordinary(world) {
  const asked = [];
  let over = false;
  const run = (async () => {
    const viewer = new Viewer(`http://127.0.0.1:${world.port}`, {}, {});
    await viewer.opened();
    const running = [];
    for (let number = 0; !over; number += 1) {
      const at = Date.now();
      running.push(viewer.answered({ user_id: 1 + (number % 350) }).then(() => asked.push({ at, ms: Date.now() - at }), (error) => asked.push({ at, ms: Infinity, error })));
      await pause(200);
    }
    await Promise.all(running);
    viewer.socket.close();
  })();
  return { asked, stop: () => { over = true; return run; } };
}

/** What two cores answer, asked by a few who always wait for their answer. */
async function capacity(world, seconds) {
  let answers = 0;
  let over = false;
  const lane = async (at) => {
    const ask = () => send(one.socket, answers, { user_id: 1 + ((answers + at) % 350), n: 10 });
    const told = (text) => {
      if (!text.startsWith('42["answer"')) return;
      answers += 1;
      if (!over) ask();
    };
    const one = rawSocket(world.port, { told });
    await one.outcome;
    ask();
    return one.socket;
  };
  const lanes = await Promise.all(Array.from({ length: 32 }, (_, at) => lane(at)));
  await pause(seconds * 1000);
  over = true;
  lanes.forEach((socket) => socket.close());
  return answers / seconds;
}

const crowds = {
  async flood(world) {
    const seconds = Number(options.seconds);
    const answered = await capacity(world, 5);
    console.log(`capacity: ${Math.round(answered)} answers/s`);
    const clients = [ordinary(world), ordinary(world)];
    await pause(10_000);
    const before = megabytes(world);
    const perSecond = Math.ceil(10 * answered);
    // Half of what a socket may send; an address may have a thousand.
    const count = Math.min(950, Math.ceil(perSecond / 25));
    const child = fork(fileURLToPath(new URL("flooder.mjs", import.meta.url)), [JSON.stringify({ port: world.port, count, perSecond, seconds })]);
    const [{ open }] = await once(child, "message");
    const from = Date.now();
    let most = 0;
    const watching = setInterval(() => { most = Math.max(most, megabytes(world)); }, 250);
    const [counts] = await once(child, "message");
    const to = Date.now();
    await pause(60_000);
    clearInterval(watching);
    const after = megabytes(world);
    await Promise.all(clients.map((client) => client.stop()));
    const asked = clients.flatMap((client) => client.asked);
    const within = (start, end) => asked.filter(({ at }) => at >= start && at < end).map(({ ms }) => ms);
    const refused = Object.values(counts.refused).reduce((sum, one) => sum + one, 0);
    console.log(`flood: ${counts.sent} asks in ${seconds} s from ${open} sockets, ${Math.round(counts.sent / seconds)}/s, ${Math.round(counts.sent / seconds / open)}/s each; accepted ${counts.accepted}, refused ${JSON.stringify(counts.refused)}, unanswered ${counts.sent - counts.accepted - refused}`);
    figure("two ordinary clients before, p99", quantile(within(0, from), 0.99), "ms");
    figure("two ordinary clients during, p99", quantile(within(from, to), 0.99), "ms", 250);
    figure("two ordinary clients from ten seconds after on, p99", quantile(within(to + 10_000, Infinity), 0.99), "ms", 50);
    figure("asks of the ordinary that had no answer", asked.filter(({ error }) => error).length, "", 0);
    figure("memory of the master before", before, "MB");
    figure("memory of the master, most", most, "MB", 400);
    figure("memory of the master a minute after, of that before", (100 * after) / before, "%", 120);
  },

  async deaf(world) {
    const before = megabytes(world);
    const all = await Promise.all(Array.from({ length: 200 }, () => rawSocket(world.port)));
    await Promise.all(all.map(({ outcome }) => outcome));
    for (const { socket } of all) socket.pause();
    let most = 0;
    const client = ordinary(world);
    for (let number = 1; number <= 1_200; number += 1) {
      all.forEach(({ socket }, at) => socket.bufferedAmount < 1 << 20 && number % 4 === at % 4 && send(socket, number, { user_id: 1 + at, n: 100 }));
      most = Math.max(most, megabytes(world));
      await pause(50);
    }
    await client.stop();
    console.log(`deaf: 200 sockets, each 5 asks a second for 100 films, that read nothing, for 60 s; ${all.filter(({ socket }) => socket.readyState === WebSocket.OPEN).length} stay`);
    figure("memory of the master before", before, "MB");
    figure("memory of the master, most", most, "MB");
    figure("memory of 200 deaf sockets in all", most - before, "MB", 200);
    figure("an ordinary client beside them, p99", quantile(client.asked.map(({ ms }) => ms), 0.99), "ms");
    all.forEach(({ socket }) => socket.terminate());
  },

  async idle(world) {
    const before = megabytes(world);
    const outcomes = {};
    const stay = [];
    const times = [];
    for (let at = 0; at < 20_000; at += 50) {
      const began = Date.now();
      const some = Array.from({ length: 50 }, (_, more) => rawSocket(world.port, { from: `127.0.0.${10 + ((at + more) % 10)}` }));
      for (const one of some) {
        const outcome = await one.outcome;
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (outcome === "open") stay.push(one.socket);
        else times.push(Date.now() - began);
      }
    }
    const client = ordinary(world);
    await pause(20_000);
    await client.stop();
    console.log(`idle: 20000 sockets from 10 addresses: ${JSON.stringify(outcomes)}`);
    figure("sockets that stay", stay.filter((socket) => socket.readyState === WebSocket.OPEN).length, "");
    figure("from the connection to the refusal, p99", quantile(times, 0.99), "ms");
    figure("memory of the master for them", megabytes(world) - before, "MB");
    figure("a client of an eleventh address meanwhile, p99", quantile(client.asked.map(({ ms }) => ms), 0.99), "ms");
    figure("its asks that had no answer", client.asked.filter(({ error }) => error).length, "", 0);
    figure("sockets missing of 1000 for each address", 10_000 - stay.length, "", 0);
    stay.forEach((socket) => socket.terminate());
  },

  async slow(world) {
    const began = Date.now();
    const times = [];
    const all = Array.from({ length: 3_000 }, (_, at) => new Promise((resolve) => {
      const socket = connect({ port: world.port, host: "127.0.0.1", localAddress: `127.0.0.${20 + (at % 10)}` });
      socket.on("error", () => {}).on("close", () => { times.push(Date.now() - began); resolve(); }).resume();
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
      const dripping = setInterval(() => (socket.destroyed ? clearInterval(dripping) : socket.write("X-Slow: 1\r\n")), 1_000);
    }));
    await Promise.race([Promise.all(all), pause(60_000)]);
    console.log(`slow: 3000 connections that send a line of a head every second`);
    figure("gone after, most", times.length === all.length ? Math.max(...times) / 1000 : Infinity, "s", 16);
  },
};

for (const name of options.only ?? Object.keys(crowds)) {
  const world = await World.start("sqlite", options.data ?? invent(), { diskMegabytes: 4_000 });
  await crowds[name](world);
  await world.stop();
}
console.log(missed === 0 ? "all within their bounds" : `${missed} figures over their bounds`);
process.exit(missed === 0 ? 0 : 1);
