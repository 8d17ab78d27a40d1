// Who floods: asks at a steady rate from many sockets, each within its allowance, and tells its parent what came of it. A
// process of its own, so that those it is to disturb are not slowed by it in any other way.

import { pause } from "../e2e/processes.mjs";
import { rawSocket, send } from "./guests.mjs";

const { port, count, perSecond, seconds } = JSON.parse(process.argv[2]);

const counts = { sent: 0, accepted: 0, refused: {} };
const told = (text) => {
  if (!text.startsWith("43")) return;
  const code = /"code":"(\w+)"/.exec(text)?.[1];
  if (code) counts.refused[code] = (counts.refused[code] ?? 0) + 1;
  else counts.accepted += 1;
};

const sockets = [];
for (let at = 0; at < count; at += 1) {
  const { socket, outcome } = rawSocket(port, { told });
  if ((await outcome) === "open") sockets.push(socket);
}
process.send({ open: sockets.length });

const began = Date.now();
while (Date.now() - began < seconds * 1000) {
  for (const due = ((Date.now() - began) / 1000) * perSecond; counts.sent < due; counts.sent += 1) {
    send(sockets[counts.sent % sockets.length], counts.sent, { user_id: 1 + (counts.sent % 350), n: 10 });
  }
  await pause(10);
}
process.send(counts, () => process.exit(0));
