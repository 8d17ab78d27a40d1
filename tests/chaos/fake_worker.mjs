// A worker that is not what it says: it registers, claims the shards it is given, and lies or says nothing.

import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import mqtt from "mqtt";

const definition = loader.loadSync(fileURLToPath(new URL("../../proto/cineswarm/v1/farm.proto", import.meta.url)), { keepCase: true });
const { Farm } = grpc.loadPackageDefinition(definition).cineswarm.v1;

/** The shard of a user, as docs/PROTOCOL.md says. */
function shardOf(user, count) {
  const bits = (number) => BigInt.asUintN(64, number);
  let mixed = bits(BigInt(user) + 0x9e3779b97f4a7c15n);
  mixed = bits((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
  mixed = bits((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
  return Number((mixed ^ (mixed >> 31n)) % BigInt(count));
}

/** A user whom the task asks about, so that only the lie itself is wrong. */
const userOf = (task) => {
  let user = 1;
  while (!task.shards.includes(shardOf(user, task.shard_count))) user += 1;
  return user;
};

const neighbour = (user_id, more = {}) => ({ user_id, similarity: 0.9, overlap: 1, movie_id_deltas: [1], half_stars: Buffer.from([10]), dot: 100, ...more });

/** Each makes of a task a result that no honest worker hands in. */
export const LIES = {
  "one user three times": (task) => lists(task, (user) => [neighbour(user), neighbour(user), neighbour(user)]),
  "an overlap of four thousand million": (task) => lists(task, (user) => [neighbour(user, { overlap: 4_000_000_000 })]),
  "a dot product that does not fit": (task) => lists(task, (user) => [neighbour(user, { dot: 4_294_967_295 })]),
  "a similarity above one": (task) => lists(task, (user) => [neighbour(user, { similarity: 1e9 })]),
  "a similarity that is no number": (task) => lists(task, (user) => [neighbour(user, { similarity: NaN })]),
  "users of other shards": (task) => lists(task, () => Array.from({ length: 40 }, (_, at) => neighbour(at + 1))),
  "ratings off the scale": (task) => lists(task, (user) => [neighbour(user, { half_stars: Buffer.from([255]) })]),
  "more ratings than films": (task) => lists(task, (user) => [neighbour(user, { half_stars: Buffer.alloc(5_000, 5) })]),
  "film ids past the end": (task) => lists(task, (user) => [neighbour(user, { movie_id_deltas: [4_294_967_295, 1], half_stars: Buffer.from([5, 5]) })]),
  "another's queries": (task) => ({ ...lists(task, () => []), results: [{ query_id: randomUUID(), neighbours: [] }] }),
  "no queries": (task) => ({ ...lists(task, () => []), results: [] }),
  "another's shards": (task) => ({ ...lists(task, () => []), shards: [0, 1, 2, 3, 4_000_000] }),
  "an attempt to come": (task) => ({ ...lists(task, () => []), attempt: task.attempt + 1 }),
  "another's name": (task) => ({ ...lists(task, () => []), worker_id: "worker-1" }),
};

const lists = (task, neighbours) => ({
  worker_id: task.worker_id, session_id: task.session_id, original_query: task.query, request_id: task.request_id, task_id: task.task_id, attempt: task.attempt,
  shards: task.shards, results: task.queries.map(({ query_id }) => ({ query_id, neighbours: neighbours(userOf(task)) })), processing_time_ms: 0.1,
  query_timestamp_ms: task.timestamp, completion_timestamp_ms: Date.now(),
});

export class FakeWorker {
  tasks = 0;
  refused = 0;
  believed = 0;

  /** Without a lie it never hands anything in. */
  static async join(brokerUrl, id, lie) {
    const worker = new FakeWorker();
    Object.assign(worker, { id, lie, incarnation: randomUUID(), shards: [], version: "" });
    worker.client = await mqtt.connectAsync(brokerUrl, { clientId: id, protocolVersion: 5, reconnectPeriod: 200 });
    worker.client.on("error", () => {});
    worker.client.on("message", (topic, payload) => worker.#take(topic, payload));
    await worker.client.subscribeAsync(["cineswarm/master/status", `cineswarm/workers/${id}/tasks`, `cineswarm/workers/${id}/control`], { qos: 1 });
    worker.timer = setInterval(() => worker.#speak(), 1_000);
    return worker;
  }

  #publish(topic, message) {
    this.client.publish(`cineswarm/${topic}`, JSON.stringify({ worker_id: this.id, timestamp: Date.now(), dataset_version: this.version, shards: this.shards, ...message }), { qos: 1 }, () => {});
  }

  #register(epoch) {
    this.epoch = epoch;
    this.#publish("workers/register", { epoch, slots: 2, version: "0.1.0", protocol: 1, host: "fake" });
  }

  #speak() {
    this.#publish("workers/status", { state: "idle", incarnation: this.incarnation, tasks_done: this.tasks });
  }

  #take(topic, payload) {
    let message;
    try {
      message = JSON.parse(payload);
    } catch {
      return;
    }
    if (topic.endsWith("master/status") && message.online && message.epoch !== this.epoch) this.#register(message.epoch);
    else if (message.order === "register" && message.epoch === this.epoch) this.#register(message.epoch);
    else if (message.order === "assign_shards") {
      Object.assign(this, { shards: message.shards, version: message.dataset_version, shardCount: message.shard_count });
      this.#speak();
    } else if (topic.endsWith("/tasks")) {
      this.tasks += 1;
      if (this.lie) this.#handIn(message);
    }
  }

  #handIn(task) {
    this.calls ??= new Farm(new URL(task.grpc_endpoint).host, grpc.credentials.createInsecure());
    this.calls.submitResult(this.lie({ ...task, shard_count: this.shardCount }), { deadline: Date.now() + 2_000 }, (error) => {
      if (error) this.refused += 1;
      else this.believed += 1;
    });
  }

  async close() {
    clearInterval(this.timer);
    this.#publish("workers/status", { state: "offline", incarnation: this.incarnation, tasks_done: this.tasks, shards: [] });
    await this.client.endAsync().catch(() => {});
    this.calls?.close();
  }
}
