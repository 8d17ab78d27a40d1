// One round: steady load, two accidents that overlap, everything mended, then the ledger is compared with what was said
// and with what is on disk.

import { pause } from "../e2e/processes.mjs";
import { Chance } from "./chance.mjs";
import { Ledger, Load } from "./load.mjs";

/** A mended farm in which nothing has ended for so long, while something is open, has lost it: twice a request's deadline. */
const SETTLED_WITHIN_MS = 20_000;
/** What is destroyed must be said, and refused, in this time. */
const SAID_WITHIN_MS = 5_000;
const GOOD_IN_A_ROW = 5;
/** How long a mended farm is looked at before its round says "never". */
const RECOVERED_WITHIN_MS = 15_000;

/** From the accident to the fifth complete answer in a row that came in normal time; null if there is none. */
export function recovery(asks, since, normalMs) {
  const ends = [...asks].filter((ask) => ask.at >= since && (ask.endings[0] || ask.refused)).map((ask) => {
    const end = ask.endings[0];
    return { at: end?.at ?? ask.lastSentAt, good: Boolean(end?.complete) && end.at - ask.at <= normalMs };
  });
  ends.sort((one, other) => one.at - other.at);
  let row = 0;
  for (const { at, good } of ends) {
    row = good ? row + 1 : 0;
    if (row === GOOD_IN_A_ROW) return at - since;
  }
  return null;
}

async function carryOut(world, accident, chance, report, ledger) {
  report.at = Date.now();
  try {
    report.state = await accident.inject(world, chance);
  } catch (error) {
    // The other accident may have taken away what this one needs.
    report.trouble = `${accident.name}: ${error.message.split("\n")[0]}`;
  }
  await pause(chance.between(...accident.holdMs));
  try {
    const fault = await accident.heal(world, report.state);
    if (fault?.kind) ledger.troubles.push(fault);
  } catch (error) {
    report.trouble ??= `${accident.name}, to heal: ${error.message.split("\n")[0]}`;
  }
  report.heldMs = Date.now() - report.at;
}

/** While what is stored is destroyed: from when on it was said, and what was promised after that. */
async function watchRefusal(world, ledger, report, until) {
  while (Date.now() < until) {
    const { status } = await world.health();
    if (status !== 200) report.saidAt ??= Date.now();
    else if (report.saidAt && Date.now() - report.at > SAID_WITHIN_MS) report.readyAgain = true;
    await pause(100);
  }
  const late = [...ledger.byId.values()].filter((ask) => ask.acknowledgedAt - report.at > SAID_WITHIN_MS && ask.acknowledgedAt < until);
  if (!report.saidAt || report.saidAt - report.at > SAID_WITHIN_MS) ledger.troubles.push({ kind: "unsaid", what: `${SAID_WITHIN_MS} ms after ${report.name} /health says ready` });
  if (report.readyAgain) ledger.troubles.push({ kind: "unsaid", what: `/health says ready again while ${report.name} goes on` });
  if (late.length > 0) ledger.troubles.push({ kind: "unsaid", what: `${late.length} requests acknowledged more than ${SAID_WITHIN_MS} ms after ${report.name}` });
}

/** Runs a round; gives what to report of it. */
export async function round({ world, seed, accidents, list, calm, normalMs, perSecond }) {
  const chance = new Chance(seed);
  const ledger = new Ledger(calm);
  const load = new Load(world.url, ledger, list, chance, { perSecond, name: `s${seed}-${Date.now() % 1e6}-` });
  const reports = accidents.map(({ name, kind, withinMs }) => ({ name, kind, withinMs }));
  let broken;
  try {
    await load.opened();
    load.start();
    await pause(400);
    const said = accidents.find((accident) => accident.class === "said");
    if (said) {
      const watched = pause(10).then(() => watchRefusal(world, ledger, reports[0], Date.now() + said.holdMs[0] - 200));
      await carryOut(world, said, chance, reports[0], ledger);
      await watched;
    } else {
      await Promise.all(accidents.map(async (accident, at) => {
        await pause(at * chance.between(300, 1_500));
        await carryOut(world, accident, new Chance(seed + at + 1), reports[at], ledger);
      }));
    }
    await world.mend();
    await world.whole();
    const recovered = () => reports.every((report) => recovery(ledger.asks.values(), report.at, normalMs) !== null);
    for (const late = Date.now() + RECOVERED_WITHIN_MS; !recovered() && Date.now() < late;) await pause(50);
    await pause(600);
    load.pauseAsking();
    await load.settled(SETTLED_WITHIN_MS);
    if (chance.next() < 0.25) {
      // What is on disk must not depend on the master being there to say it.
      await world.master.stop("SIGKILL");
    }
    const destroyedAt = said?.loses ? reports[0].at : null;
    const missing = await ledger.missingOnDisk(world.database, (ask) => !destroyedAt || ask.acknowledgedAt < destroyedAt - 500);
    for (const what of destroyedAt ? missing.filter((one) => one.startsWith("request") && !one.includes("ended at")) : missing) ledger.troubles.push({ kind: "not on disk", what });
    if (world.master.end) world.startMaster();
    const open = ledger.open().filter((ask) => !destroyedAt || ask.acknowledgedAt < destroyedAt - 500);
    for (const ask of open) ledger.troubles.push({ kind: "lost", what: `request ${ask.id} (key ${ask.key}) was acknowledged and has not ended` });
    for (const ask of ledger.silent()) ledger.troubles.push({ kind: "silent", what: `key ${ask.key} had no word in ${Date.now() - ask.at} ms` });
    await world.whole();
  } catch (error) {
    broken = error;
  }
  for (const report of reports) report.recoveryMs = recovery(ledger.asks.values(), report.at, normalMs);
  load.close();
  return { seed, ledger, reports, broken };
}
