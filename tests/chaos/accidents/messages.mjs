// Messages that somebody clears, forges or floods, and workers that are not what they say.

import { randomBytes, randomUUID } from "node:crypto";
import mqtt from "mqtt";

import { pause } from "../../e2e/processes.mjs";
import { FakeWorker, LIES } from "../fake_worker.mjs";
import { WORKERS } from "../world.mjs";

const STATUS = "cineswarm/master/status";

/** Says something on the broker as anyone could who has its password. */
async function publish(world, messages) {
  const client = await mqtt.connectAsync(world.brokerUrl, { protocolVersion: 5, reconnectPeriod: 0 });
  client.on("error", () => {});
  try {
    for (const { topic, payload = "", retain = false } of messages) {
      await client.publishAsync(topic, typeof payload === "string" || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload), { qos: 1, retain });
    }
  } finally {
    await client.endAsync(true).catch(() => {});
  }
}

/** The last word of the master on its status, to forge after. */
async function masterStatus(world) {
  const client = await mqtt.connectAsync(world.brokerUrl, { protocolVersion: 5, reconnectPeriod: 0 });
  const said = new Promise((resolve) => client.on("message", (_, payload) => {
    try {
      resolve(JSON.parse(payload));
    } catch {
      // The other accident was here before.
    }
  }));
  await client.subscribeAsync(STATUS, { qos: 1 });
  const status = await Promise.race([said, pause(2_000).then(() => ({ online: true, epoch: "unknown", dataset_version: "" }))]);
  await client.endAsync(true).catch(() => {});
  return status;
}

const control = (id) => `cineswarm/workers/${id}/control`;
const status = (id, more) => ({ worker_id: id, state: "idle", incarnation: randomUUID(), dataset_version: "", shards: [], tasks_done: 0, timestamp: Date.now(), ...more });

const forged = (name, says, messages, more = {}) => ({
  name, says, touches: ["messages"], kind: "forged messages", holdMs: [0, 0],
  inject: async (world, chance) => publish(world, messages(chance.of(WORKERS), await masterStatus(world), chance)), ...more,
});

const joins = (name, says, lieOf, more) => ({
  name, says, touches: ["worker"], holdMs: [4_000, 6_000], kind: name,
  inject: async (world, chance) => {
    const worker = await FakeWorker.join(world.brokerUrl, `stranger-${chance.whole(1, 1e6)}`, lieOf(chance));
    world.borrowed.add(worker);
    return worker;
  },
  // It stops, and takes its word back, when the world is mended.
  heal: async (_, worker) => (worker?.believed > 0 ? { kind: "wrong", what: `${worker.believed} results were believed that say ${worker.lie.name}; ${worker.refused} were refused` } : undefined), ...more,
});

export const messageAccidents = [
  { name: "master-status-cleared", says: "the retained status of the master is cleared, then a worker restarts", touches: ["messages", "worker"], holdMs: [0, 0], kind: "cleared messages",
    inject: async (world, chance) => {
      await publish(world, [{ topic: STATUS, retain: true }]);
      const id = chance.of(WORKERS);
      await world.workers.get(id).stop("SIGKILL");
      world.startWorker(id);
    } },
  { name: "all-retained-cleared", says: "every retained message is cleared, then all workers restart", touches: ["messages", "worker"], holdMs: [0, 0], kind: "cleared messages",
    inject: async (world) => {
      await publish(world, [{ topic: STATUS, retain: true }, ...WORKERS.map((id) => ({ topic: `cineswarm/workers/${id}/status`, retain: true }))]);
      await Promise.all(WORKERS.map((id) => world.workers.get(id).stop("SIGKILL")));
      WORKERS.forEach((id) => world.startWorker(id));
    } },
  forged("master-status-overwritten", "the retained status of the master names another epoch and endpoint", (id, said) => [
    { topic: STATUS, retain: true, payload: { ...said, epoch: "forged", grpc_endpoint: "http://127.0.0.1:1" } }]),
  forged("master-offline-forged", "somebody says that the master is offline", (id, said) => [{ topic: STATUS, retain: true, payload: { ...said, online: false } }]),
  forged("master-status-junk", "the retained status of the master becomes junk", () => [{ topic: STATUS, retain: true, payload: "{\"online\": tru" }]),
  forged("assignment-forged-empty", "a worker is ordered to hold nothing, with a sequence above any other", (id, said) => [
    { topic: control(id), payload: { order: "assign_shards", epoch: said.epoch, sequence: Number.MAX_SAFE_INTEGER, dataset_version: said.dataset_version, shards: [], shard_count: 16, grpc_endpoint: said.grpc_endpoint } }]),
  forged("assignments-forged-empty", "every worker is ordered to hold nothing, with a sequence above any other", (id, said) => WORKERS.map((each) => (
    { topic: control(each), payload: { order: "assign_shards", epoch: said.epoch, sequence: Number.MAX_SAFE_INTEGER, dataset_version: said.dataset_version, shards: [], shard_count: 16, grpc_endpoint: said.grpc_endpoint } }))),
  forged("assignment-forged-endpoint", "a worker is ordered to fetch its shards where nobody is", (id, said) => [
    { topic: control(id), payload: { order: "assign_shards", epoch: said.epoch, sequence: 4_000_000_000, dataset_version: "20200101T000000Z-000000000000", shards: [0, 1], shard_count: 16, grpc_endpoint: "http://127.0.0.1:1" } }]),
  forged("worker-offline-forged", "somebody says that a worker is offline, retained", (id) => [
    { topic: "cineswarm/workers/status", payload: status(id, { state: "offline" }) }, { topic: `cineswarm/workers/${id}/status`, retain: true, payload: status(id, { state: "offline" }) }]),
  forged("worker-status-forged", "somebody says that a worker is ready for all shards", (id, said) => [
    { topic: "cineswarm/workers/status", payload: status(id, { dataset_version: said.dataset_version, shards: Array.from({ length: 16 }, (_, at) => at) }) }]),
  forged("strangers-status-forged", "workers that nobody knows say that they are ready", (id, said) => Array.from({ length: 20 }, (_, at) => (
    { topic: "cineswarm/workers/status", payload: status(`ghost-${at}`, { dataset_version: said.dataset_version, shards: [at % 16] }) }))),
  forged("registrations-forged", "fifty workers register that do not exist", (id, said) => Array.from({ length: 50 }, (_, at) => (
    { topic: "cineswarm/workers/register", payload: { worker_id: `ghost-${at}`, epoch: said.epoch, slots: 2, version: "0.1.0", protocol: 1, host: "nowhere", dataset_version: "", shards: [], timestamp: Date.now() } }))),
  forged("registration-forged", "a worker registers again with another number of slots, without having said so", (id, said) => [
    { topic: "cineswarm/workers/register", payload: { worker_id: id, epoch: said.epoch, slots: 4_000_000_000, version: "9", protocol: 1, host: "nowhere", dataset_version: "", shards: [], timestamp: 0 } }]),
  forged("register-ordered-often", "a worker is ordered to register a hundred times", (id, said) => Array.from({ length: 100 }, () => ({ topic: control(id), payload: { order: "register", epoch: said.epoch } }))),
  forged("drain-forged", "a worker is ordered to leave", (id) => [{ topic: control(id), payload: { order: "drain" } }], { touches: ["messages", "worker"], holdMs: [2_000, 3_000] }),
  forged("cancel-forged", "workers are told to cancel tasks that may be theirs", (id, said) => WORKERS.flatMap((each) => (
    Array.from({ length: 100 }, (_, at) => ({ topic: control(each), payload: { order: "cancel", task_id: `${said.epoch}-${at + 1}` } }))))),
  forged("task-forged", "a worker gets tasks that the master never sent", (id, said) => Array.from({ length: 20 }, (_, at) => ({ topic: `cineswarm/workers/${id}/tasks`, payload: {
    worker_id: id, task_id: `forged-${at}`, attempt: 1, lease_ms: 2_000, session_id: "x", request_id: randomUUID(), query: "forged", grpc_endpoint: said.grpc_endpoint, timestamp: Date.now(),
    dataset_version: said.dataset_version, shards: [0, 1, 2], queries: [{ query_id: randomUUID(), movie_ids: [1, 2], half_stars: [10, 10], k: 40 }] } }))),
  forged("junk-on-all-topics", "junk on every topic of the farm", (id, said, chance) => [STATUS, "cineswarm/workers/register", "cineswarm/workers/status", `cineswarm/workers/${id}/tasks`, control(id), "cineswarm/logs"].flatMap((topic) => (
    [randomBytes(100), "", "null", "[]", "{}", "\"".repeat(50), "[".repeat(2_000), `{"worker_id": "${"x".repeat(1_000)}", "timestamp": ${chance.next()}}`].map((payload) => ({ topic, payload }))))),
  forged("huge-messages", "messages of 8 MiB on every topic of the farm", (id) => [STATUS, "cineswarm/workers/register", "cineswarm/workers/status", `cineswarm/workers/${id}/tasks`, control(id)].map((topic) => (
    { topic, payload: JSON.stringify({ worker_id: "x".repeat(8 * 1024 * 1024) }) }))),
  forged("message-flood", "five thousand statuses of unknown workers", () => Array.from({ length: 5_000 }, (_, at) => ({ topic: "cineswarm/workers/status", payload: status(`ghost-${at}`, {}) }))),
  joins("silent-worker", "a worker that claims its shards, is heard, and never hands anything in", () => undefined),
  joins("lying-worker", "a worker that claims its shards and hands in what cannot be true", (chance) => LIES[chance.of(Object.keys(LIES))]),
];
