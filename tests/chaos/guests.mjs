// Clients that behave badly: a flood, sockets that do not read, headers that never end, a storm of connections.

import { connect } from "node:net";
import WebSocket from "ws";

import { pause } from "../e2e/processes.mjs";

/**
 * A Socket.IO connection by hand, light enough for thousands. Its outcome is "open", or how it was refused; what it is told
 * from then on goes to `told`.
 */
export function rawSocket(port, { told, from = "127.0.0.1" } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false, localAddress: from });
  const outcome = new Promise((resolve) => {
    socket.on("unexpected-response", (_, response) => { response.resume(); socket.terminate(); resolve(response.statusCode); });
    socket.on("error", (error) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve("closed"));
    socket.on("message", (data) => {
      const text = data.toString();
      if (text[0] === "0") socket.send("40{}");
      else if (text === "2") socket.send("3");
      else if (text.startsWith('42["session"')) resolve("open");
      else told?.(text);
    });
  });
  return { socket, outcome };
}

/** So many of them, as far as they got within a few seconds: an accident may be in their way. */
const sockets = (port, count) => Promise.all(Array.from({ length: count }, async () => {
  const { socket, outcome } = rawSocket(port);
  await Promise.race([outcome, pause(3_000)]);
  return socket;
}));
export const send = (socket, number, question) => socket.readyState === WebSocket.OPEN && socket.send(`42${number}["ask",${JSON.stringify(question)}]`);

/** So many asks a second from so many sockets, within the allowance of each. */
export async function flood(port, { count, perSecond }) {
  const all = await sockets(port, count);
  let number = 0;
  const timer = setInterval(() => {
    for (let asked = 0; asked < perSecond / 50; asked += 1) send(all[number % count], (number += 1), { user_id: 1 + (number % 350), n: 10 });
  }, 20);
  return { close: () => { clearInterval(timer); all.forEach((socket) => socket.terminate()); } };
}

/** Sockets that ask for long answers and read none. */
export async function deaf(port, { count, asks }) {
  const all = await sockets(port, count);
  for (const socket of all) socket.pause();
  const asking = (async () => {
    for (let number = 1; number <= asks; number += 1) {
      all.forEach((socket, at) => send(socket, number, { user_id: 1 + at, n: 100 }));
      await pause(50);
    }
  })();
  return { close: async () => { await asking; all.forEach((socket) => socket.terminate()); } };
}

/** Connections whose request never becomes whole. */
export async function halfRequests(port, { count, text }) {
  const all = Array.from({ length: count }, () => connect(port, "127.0.0.1").on("error", () => {}));
  let at = 0;
  const timer = setInterval(() => {
    for (const socket of all) if (!socket.destroyed) socket.write(text[at % text.length]);
    at += 1;
  }, 100);
  return { close: () => { clearInterval(timer); all.forEach((socket) => socket.destroy()); } };
}

/** Browsers that come and go. */
export function storm(port, { count }) {
  let over = false;
  const run = (async () => {
    while (!over) {
      const all = await sockets(port, count);
      all.forEach((socket) => socket.terminate());
      await pause(20);
    }
  })();
  return { close: () => { over = true; return run; } };
}
