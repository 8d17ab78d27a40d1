// Accidents under load, two at a time, drawn by seed; scripts/chaos.sh says how to call it.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { invent } from "../e2e/datasets.mjs";
import { ACCIDENTS, drawn, lacks, named } from "./accidents.mjs";
import { Chance } from "./chance.mjs";
import { postgresPrograms } from "./databases.mjs";
import { calmAnswers, questions } from "./load.mjs";
import { round } from "./rounds.mjs";
import { World } from "./world.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string" }, seed: { type: "string" }, minutes: { type: "string" }, data: { type: "string" }, database: { type: "string" },
    accident: { type: "string", multiple: true, default: [] }, alone: { type: "string" }, each: { type: "boolean", default: false }, verbose: { type: "boolean", default: false }, list: { type: "boolean", default: false },
    "per-second": { type: "string", default: "30" },
    logs: { type: "string", default: join(dirname(fileURLToPath(import.meta.url)), "../../target/chaos") },
  },
});

/** A calm farm that is slower than this has not the processor to itself. */
const BUSY_MS = 200;
/** What a round may not have; each ends the run with an error. */
const FAULTS = ["lost", "doubled", "wrong", "not on disk", "silent", "unsaid"];

if (options.list) {
  for (const accident of ACCIDENTS) {
    const missing = lacks(accident);
    const notes = [accident.on && `${accident.on} only`, accident.class === "said" && "must be said and refused", missing.length && `SKIPPED: this machine lacks ${missing.join(", ")}`].filter(Boolean);
    console.log(`${accident.name.padEnd(36)} ${accident.says}${notes.length ? ` (${notes.join("; ")})` : ""}`);
  }
  console.log(`${ACCIDENTS.length} accidents`);
  process.exit(0);
}

for (const accident of ACCIDENTS.filter((one) => lacks(one).length > 0)) console.log(`SKIPPED accident ${accident.name}: this machine lacks ${lacks(accident).join(", ")}`);

const firstSeed = Number(options.seed ?? Math.floor(Math.random() * 1e6));
const until = options.minutes ? Date.now() + 60_000 * Number(options.minutes) : Infinity;
const alone = Number(options.alone ?? 0);
const chosen = options.each
  ? ACCIDENTS.filter((accident) => lacks(accident).length === 0).map((accident) => [accident])
  : options.accident.map((names) => names.split("+").map(named));
const planned = Number(options.rounds ?? (options.minutes ? Infinity : chosen.length || 20));
let kinds = options.database ? [options.database] : ["sqlite", "postgres"];
if (!postgresPrograms() && kinds.includes("postgres")) {
  console.log("SKIPPED everything on PostgreSQL: it is not installed (apt-get install postgresql)");
  kinds = ["sqlite"];
}

const data = options.data ?? invent();
const list = questions(new Chance(20_261));
const worlds = new Map();
let calm, normalMs;

async function worldOf(kind) {
  if (!worlds.has(kind)) {
    const world = await World.start(kind, data);
    worlds.set(kind, world);
    if (!calm) {
      const { calm: answers, p95 } = await calmAnswers(world.url, list, new Chance(1));
      calm = answers;
      normalMs = Math.max(250, 4 * p95);
      console.log(`calm: ${answers.size} questions, 19 of 20 answered in ${p95} ms; with accidents, up to ${Math.round(normalMs)} ms is normal`);
      if (p95 > BUSY_MS) console.log("This machine is busy with something else, or slow: how long recoveries take says little here.");
    }
  }
  return worlds.get(kind);
}

const seconds = (ms) => (ms === null ? "never" : `${(ms / 1000).toFixed(2)} s`);
const totals = { rounds: 0, acknowledged: 0, ended: 0, partial: 0, failed: 0, refused: 0, ratings: 0, broken: 0, ...Object.fromEntries(FAULTS.map((fault) => [fault, 0])) };
const recoveries = [];
const failedRounds = [];

function count({ ledger, reports, broken }) {
  const asks = [...ledger.asks.values()];
  const of = (fits) => asks.filter(fits).length;
  const counts = {
    acknowledged: ledger.byId.size, ended: of((ask) => ask.id && ask.endings.length > 0), partial: of((ask) => ask.endings[0]?.event === "answer" && !ask.endings[0].complete),
    failed: of((ask) => ask.endings[0]?.event === "failed"), refused: of((ask) => ask.refused), ratings: ledger.ratingsAcknowledged, broken: broken ? 1 : 0,
  };
  for (const fault of FAULTS) counts[fault] = ledger.troubles.filter(({ kind }) => kind === fault).length;
  for (const report of reports) recoveries.push({ ...report, alone: reports.length === 1 });
  for (const [name, number] of Object.entries(counts)) totals[name] += number;
  totals.rounds += 1;
  return counts;
}

/** Prints a round's line; gives whether all was well. */
function tell(world, { seed, ledger, reports, broken }, counts) {
  const { acknowledged, ended, partial, failed, refused, ratings } = counts;
  const faults = FAULTS.map((fault) => `${fault} ${counts[fault]}`).join("  ");
  const names = reports.map(({ name }) => name).join(" + ");
  const bad = broken || FAULTS.some((fault) => counts[fault] > 0);
  console.log(`${String(totals.rounds).padStart(4)}  seed ${seed}  ${world.kind.padEnd(8)}  ${names.padEnd(64)}  acknowledged ${String(acknowledged).padStart(4)}  ended ${String(ended).padStart(4)} (${partial} partial, ${failed} failed)  `
    + `ratings ${ratings}  refused ${refused}  ${faults}  recovery ${reports.map(({ recoveryMs }) => seconds(recoveryMs)).join(", ")}${bad ? "  FAILED" : ""}`);
  for (const { trouble } of reports) if (trouble) console.log(`      could not: ${trouble}`);
  const never = reports.some(({ recoveryMs }) => recoveryMs === null);
  if (!bad && !never && !options.verbose) return true;
  const given = options.accident.length > 0 || options.each || reports.length === 1 ? ` --accident ${reports.map(({ name }) => name).join("+")}` : "";
  if (bad) failedRounds.push(`scripts/chaos.sh --seed ${seed} --rounds 1 --database ${world.kind}${given}`);
  if (broken) console.log(`      ${broken.message.split("\n")[0]}`);
  for (const { kind, what } of ledger.troubles.slice(0, 5)) console.log(`      ${kind}: ${what.slice(0, 300)}`);
  mkdirSync(options.logs, { recursive: true });
  const file = join(options.logs, `${seed}-${world.kind}.log`);
  const asks = [...ledger.asks.values()].map(({ key, id, at, acknowledgedAt, refused: code, sent, endings }) => JSON.stringify({ key, id, at, acknowledgedAt, refused: code, sent, endings: endings.map(({ films, ...rest }) => rest) }));
  writeFileSync(file, [JSON.stringify(reports.map(({ state, ...rest }) => rest)), broken?.stack ?? "", ...ledger.troubles.map(({ kind, what }) => `${kind}: ${what}`), ...asks, ...world.processes.map(({ name, child, log }) => `--- ${name} ${child.pid}\n${log.slice(-60_000)}`)].join("\n"));
  console.log(`      more in ${file}`);
  return !bad;
}

const quantile = (list, part) => list[Math.min(list.length - 1, Math.floor(list.length * part))];

function table() {
  console.log(`\n${"recovery, from the accident on".padEnd(40)} rounds    p50       p95       bound`);
  const rows = new Map();
  for (const one of recoveries) {
    const name = `${one.kind}${one.alone ? ", alone" : ""}`;
    rows.set(name, [...(rows.get(name) ?? []), one]);
  }
  for (const [name, all] of [...rows].sort()) {
    const times = all.map(({ recoveryMs }) => recoveryMs ?? Infinity).sort((one, other) => one - other);
    const say = (ms) => (ms === Infinity ? "never" : seconds(ms)).padEnd(9);
    const bound = all[0].withinMs;
    const over = all[0].alone && bound && quantile(times, 0.95) > bound ? "  OVER" : "";
    console.log(`${name.padEnd(40)} ${String(all.length).padStart(6)}    ${say(quantile(times, 0.5))} ${say(quantile(times, 0.95))} ${bound ? `${bound / 1000} s` : "-"}${over}`);
  }
}

async function play(seed, chosen) {
  const chance = new Chance(seed);
  // In turn: whoever replays a seed gets the same database.
  const kind = chosen?.find((accident) => accident.on)?.on ?? kinds[seed % kinds.length];
  if (!kinds.includes(kind)) return;
  const world = await worldOf(kind);
  // A round's logs are its own.
  for (const part of world.processes) part.log = part.end ? "" : part.log.slice(-2_000);
  world.processes = world.processes.filter((part) => !part.end);
  const accidents = chosen ?? drawn(kind, chance);
  const result = await round({ world, seed, accidents, list, calm, normalMs, perSecond: Number(options["per-second"]) });
  for (const panic of world.panics()) result.broken ??= new Error(`panicked: ${panic}`);
  const sound = tell(world, result, count(result));
  if (sound) return;
  // What went wrong here is not to be blamed on what comes next.
  await world.stop().catch(() => {});
  worlds.delete(kind);
}

const began = Date.now();
console.log(`seed ${firstSeed}`);
for (let number = 0; number < planned && Date.now() < until; number += 1) await play(firstSeed + number, chosen[number % chosen.length]);
// What has a bound of its own is also measured with nothing beside it.
for (const accident of alone ? ACCIDENTS.filter((one) => one.withinMs && lacks(one).length === 0) : []) {
  for (let number = 0; number < alone; number += 1) await play(firstSeed + number, [accident]);
}
for (const world of worlds.values()) await world.stop();

table();
console.log(`\n${totals.rounds} rounds in ${Math.round((Date.now() - began) / 1000)} s: acknowledged ${totals.acknowledged}, ended ${totals.ended} (partial ${totals.partial}, failed ${totals.failed}), ratings ${totals.ratings}, refused ${totals.refused}, `
  + `${FAULTS.map((fault) => `${fault} ${totals[fault]}`).join(", ")}, not whole again ${totals.broken}`);
if (failedRounds.length > 0) console.log(`failed; to have one again:\n${failedRounds.join("\n")}`);
process.exit(failedRounds.length > 0 ? 1 : 0);
