// What runs out or runs wrong: disk, descriptors, memory, processor, and the clock.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";

import { WORKERS } from "../world.mjs";

const openFiles = (pid) => readdirSync(`/proc/${pid}/fd`).length;
const PARTS = [
  { part: "master", of: (world) => world.master },
  { part: "worker", of: (world, chance) => world.workers.get(chance.of(WORKERS)) },
];

/** Clocks: the process is started anew, as its clock cannot be changed from outside. */
const restarted = async (world, part, clock) => {
  if (part === "master") {
    await world.master.stop("SIGTERM");
    world.startMaster(clock?.extra);
    return;
  }
  await world.workers.get(part).stop("SIGTERM");
  world.startWorker(part, clock?.extra);
};
const startedWith = (name, says, part, offset) => ({
  name, says, touches: [part === "master" ? "master" : "worker"], needs: ["faketime"], kind: "wrong clock", holdMs: [2_000, 3_000],
  inject: (world) => restarted(world, part, world.otherClock(offset)),
  heal: (world) => restarted(world, part),
});
const jumping = (name, says, part, offset) => ({
  ...startedWith(name, says, part, offset),
  inject: async (world) => {
    const clock = world.otherClock("+0");
    await restarted(world, part, clock);
    world.setClock(clock.file, offset);
  },
});

export const resourceAccidents = [
  { name: "disk-full", says: "the disk of the database fills up, and is emptied later", touches: ["disk"], needs: ["disk"], holdMs: [1_500, 4_000],
    inject: async (world) => world.fillDisk(),
    heal: async (world) => world.emptyDisk() },
  ...PARTS.flatMap(({ part, of }) => [
    { name: `${part}-no-descriptors`, says: `the ${part} may open no further file or socket`, touches: [part], needs: ["prlimit"], kind: "no descriptors",
      inject: async (world, chance) => {
        const { pid } = of(world, chance).child;
        return world.limitDescriptors(pid, openFiles(pid));
      },
      heal: async (_, restore) => restore() },
    { name: `${part}-no-memory`, says: `the ${part} may have 2 MB more memory than it has, and is killed past that`, touches: [part], needs: ["memory"], kind: "no memory",
      inject: async (world, chance) => {
        const { pid } = of(world, chance).child;
        world.limitMemory(pid, world.memoryOf(pid) + 2 * 1024 * 1024);
      } },
  ]),
  { name: "no-processor", says: "four processes take all processor time there is", touches: ["processor"],
    inject: async (world) => {
      const hogs = Array.from({ length: 4 }, () => spawn("sh", ["-c", "while :; do :; done"], { stdio: "ignore" }));
      const guest = { close: () => hogs.forEach((hog) => hog.kill("SIGKILL")) };
      world.borrowed.add(guest);
      return guest;
    },
    heal: async (_, guest) => guest.close() },
  { name: "slow-disk", says: "what is written comes to the disk in turns of 300 ms, as on a disk that is shared", touches: ["disk", "database"], on: "sqlite", holdMs: [2_000, 3_000],
    inject: async (world) => {
      const slow = spawn("sh", ["-c", `while :; do sqlite3 "${world.database.file}" ".timeout 2000" "BEGIN IMMEDIATE" ".shell sleep 0.3" "ROLLBACK" >/dev/null 2>&1; sleep 0.02; done`], { stdio: "ignore", detached: true });
      const guest = { close: () => { try { process.kill(-slow.pid, "SIGKILL"); } catch { /* It has ended. */ } } };
      world.borrowed.add(guest);
      return guest;
    },
    heal: async (_, guest) => guest.close() },
  startedWith("master-clock-ahead", "the master is started with a clock 200 days ahead", "master", "+200d"),
  startedWith("master-clock-behind", "the master is started with a clock a year behind", "master", "-365d"),
  jumping("master-clock-jumps-ahead", "the master's clock jumps 200 days ahead", "master", "+200d"),
  jumping("master-clock-jumps-back", "the master's clock jumps an hour back", "master", "-1h"),
  startedWith("worker-clock-ahead", "a worker is started with a clock a year ahead", "worker-2", "+365d"),
  jumping("worker-clock-jumps-back", "a worker's clock jumps a day back", "worker-2", "-1d"),
];

