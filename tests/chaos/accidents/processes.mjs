// Processes that die, hang, or are stopped, and are started again.

import { pause } from "../../e2e/processes.mjs";
import { WORKERS } from "../world.mjs";

const killWorker = async (world, id, signal) => {
  await world.workers.get(id).stop(signal);
  world.startWorker(id);
};
const killMaster = async (world, signal) => {
  await world.master.stop(signal);
  world.startMaster();
};
const killBroker = async (world, signal) => {
  await world.broker.stop(signal);
  await world.broker.restart();
};
const loop = async (chance, once) => {
  for (let time = 0; time < 4; time += 1) {
    await once();
    await pause(chance.between(20, 500));
  }
};

/** What is stopped for a while goes on with the world's mending; it may not even have a process any more. */
const hold = (process) => async (world) => process(world).signal("SIGSTOP");
const goOn = (process) => async (world) => process(world).signal("SIGCONT");
const anyWorker = (chance) => chance.of(WORKERS);

export const processAccidents = [
  { name: "worker-killed", says: "kill -9 of a worker, which is started again at once", touches: ["worker"], holdMs: [0, 0], kind: "killed worker", withinMs: 1_000,
    inject: (world, chance) => killWorker(world, anyWorker(chance), "SIGKILL") },
  { name: "worker-gone", says: "kill -9 of a worker, which stays away", touches: ["worker"], kind: "killed worker", withinMs: 1_000,
    inject: (world, chance) => world.workers.get(anyWorker(chance)).stop("SIGKILL") },
  { name: "worker-terminated", says: "SIGTERM to a worker under load, then a new one", touches: ["worker"], holdMs: [0, 0],
    inject: (world, chance) => killWorker(world, anyWorker(chance), "SIGTERM") },
  { name: "worker-paused", says: "SIGSTOP of a worker, SIGCONT seconds later", touches: ["worker"], holdMs: [500, 4_000],
    inject: async (world, chance) => {
      const id = anyWorker(chance);
      await hold(() => world.workers.get(id))(world);
      return id;
    },
    heal: (world, id) => goOn(() => world.workers.get(id))(world) },
  { name: "worker-stutters", says: "SIGSTOP and SIGCONT of a worker in turn, as on a host that is short of processor", touches: ["worker"], holdMs: [0, 0],
    inject: async (world, chance) => {
      const worker = world.workers.get(anyWorker(chance));
      for (let time = 0; time < 8; time += 1) {
        worker.signal("SIGSTOP");
        await pause(chance.between(100, 300));
        worker.signal("SIGCONT");
        await pause(50);
      }
    } },
  { name: "worker-restart-loop", says: "a worker that is killed again as soon as it runs, four times", touches: ["worker"], holdMs: [0, 0],
    inject: (world, chance) => {
      const id = anyWorker(chance);
      return loop(chance, () => killWorker(world, id, "SIGKILL"));
    } },
  { name: "workers-all-killed", says: "kill -9 of all workers at once, started again", touches: ["worker"], holdMs: [0, 0],
    inject: (world) => Promise.all(WORKERS.map((id) => killWorker(world, id, "SIGKILL"))) },
  { name: "workers-all-paused", says: "SIGSTOP of all workers, SIGCONT later", touches: ["worker"],
    inject: async (world) => WORKERS.forEach((id) => world.workers.get(id).signal("SIGSTOP")),
    heal: async (world) => WORKERS.forEach((id) => world.workers.get(id).signal("SIGCONT")) },
  { name: "workers-rolling-restart", says: "SIGTERM to one worker after the other, each started again", touches: ["worker"], holdMs: [0, 0],
    inject: async (world) => {
      for (const id of WORKERS) await killWorker(world, id, "SIGTERM");
    } },
  { name: "worker-joins-and-leaves", says: "a fourth worker joins and is told to stop soon after", touches: ["worker"],
    inject: async (world) => world.borrow("guest", ...world.workerCommand("guest"), {}),
    heal: async (world, guest) => guest.stop("SIGTERM") },
  { name: "two-workers-one-id", says: "a second worker with the id of the first", touches: ["worker", "broker"], holdMs: [2_000, 4_000],
    inject: async (world) => world.borrow("double", ...world.workerCommand("worker-1"), {}) },
  { name: "master-killed", says: "kill -9 of the master, which is started again at once", touches: ["master"], holdMs: [0, 0], kind: "killed master", withinMs: 3_000,
    inject: (world) => killMaster(world, "SIGKILL") },
  { name: "master-terminated", says: "SIGTERM to the master under load, then a new one", touches: ["master"], holdMs: [0, 0],
    inject: (world) => killMaster(world, "SIGTERM") },
  { name: "master-paused", says: "SIGSTOP of the master, SIGCONT seconds later", touches: ["master"], holdMs: [500, 4_000], inject: hold((world) => world.master), heal: goOn((world) => world.master) },
  { name: "master-restart-loop", says: "a master that is killed again as soon as it runs, four times", touches: ["master"], holdMs: [0, 0],
    inject: (world, chance) => loop(chance, () => killMaster(world, "SIGKILL")) },
  { name: "broker-killed", says: "kill -9 of the broker, which is started again at once", touches: ["broker"], holdMs: [0, 0], kind: "killed broker", withinMs: 3_000,
    inject: (world) => killBroker(world, "SIGKILL") },
  { name: "broker-gone", says: "kill -9 of the broker, which stays away for a while", touches: ["broker"], inject: (world) => world.broker.stop("SIGKILL"), heal: (world) => world.broker.restart() },
  { name: "broker-terminated", says: "SIGTERM to the broker, then a new one", touches: ["broker"], holdMs: [0, 0], inject: (world) => killBroker(world, "SIGTERM") },
  { name: "broker-paused", says: "SIGSTOP of the broker, SIGCONT seconds later", touches: ["broker"], holdMs: [500, 4_000],
    inject: hold((world) => world.broker.process), heal: goOn((world) => world.broker.process) },
  { name: "broker-restart-loop", says: "a broker that is killed again as soon as it runs, four times", touches: ["broker"], holdMs: [0, 0],
    inject: (world, chance) => loop(chance, () => killBroker(world, "SIGKILL")) },
  { name: "master-and-broker-killed", says: "kill -9 of master and broker at once", touches: ["master", "broker"], holdMs: [0, 0],
    inject: (world) => Promise.all([killMaster(world, "SIGKILL"), killBroker(world, "SIGKILL")]) },
  { name: "power-cut", says: "kill -9 of master, workers and broker at once, as when a host loses power", touches: ["master", "broker", "worker"], holdMs: [0, 0],
    inject: (world) => Promise.all([killMaster(world, "SIGKILL"), killBroker(world, "SIGKILL"), ...WORKERS.map((id) => killWorker(world, id, "SIGKILL"))]) },
];
