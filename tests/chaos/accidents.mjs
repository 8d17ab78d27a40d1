// The accidents, as data. Each has
//   name, says    what happens, for the operator who reads the list
//   touches       the parts it is about; two accidents of one round touch different ones
//   needs         of the machine: root, faketime, memory (control groups), prlimit, disk (a mounted one)
//   on            "sqlite" or "postgres", where it is about that database
//   kind          what its time to recover is counted under
//   holdMs        how long it lasts, from and to; then whatever `mend` of the world does not heal is undone by `heal`
//   withinMs      the bound on its recovery, where there is one, from the moment it happens
//   inject(world, chance) gives what heal(world, that) needs; heal may give a fault that only it can see
// Accidents that destroy what is stored are of class "said": the farm must say so and refuse, not recover.

import { databaseAccidents } from "./accidents/databases.mjs";
import { messageAccidents } from "./accidents/messages.mjs";
import { networkAccidents } from "./accidents/network.mjs";
import { processAccidents } from "./accidents/processes.mjs";
import { resourceAccidents } from "./accidents/resources.mjs";
import { visitorAccidents } from "./accidents/visitors.mjs";
import { machine } from "./world.mjs";

export const ACCIDENTS = [
  ...processAccidents, ...networkAccidents, ...messageAccidents, ...resourceAccidents, ...databaseAccidents, ...visitorAccidents,
].map((accident) => ({ touches: [], needs: [], holdMs: [500, 2_500], class: "recovers", kind: accident.name, heal: async () => {}, ...accident }));

const has = (need) => (need === "disk" ? machine.root : machine[need]);

/** What the machine lacks for an accident. */
export const lacks = ({ needs }) => needs.filter((need) => !has(need));

const possible = (kind) => ACCIDENTS.filter((accident) => (!accident.on || accident.on === kind) && lacks(accident).length === 0);

/** Two accidents that can happen at once, or one that wants to be alone. */
export function drawn(kind, chance) {
  const first = chance.of(possible(kind));
  if (first.class === "said") return [first];
  const others = possible(kind).filter((other) => other.class !== "said" && other.name !== first.name && !other.touches.some((part) => first.touches.includes(part)));
  return [first, chance.of(others)];
}

export function named(name) {
  const accident = ACCIDENTS.find((one) => one.name === name);
  if (!accident) throw new Error(`there is no accident ${name}; --list names them`);
  return accident;
}
