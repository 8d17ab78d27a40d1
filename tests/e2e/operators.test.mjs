// What an operator sees with mosquitto_sub alone: a request going through the farm, and workers coming and going.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";

import { Farm } from "./harness.mjs";
import { invent } from "./datasets.mjs";
import { PATIENCE_MS, Process, pause, within } from "./processes.mjs";

/** `mosquitto_sub` on a topic: its lines as JSON, as they come. */
class Subscription {
  static async open(farm, topic, ...more) {
    const subscription = new Subscription();
    subscription.topic = topic;
    subscription.process = new Process("mosquitto_sub", "stdbuf", ["-oL", "mosquitto_sub", "-d", "-V", "5", "-p", String(farm.brokerPort), "-t", topic, ...more]);
    await subscription.process.says(/Subscribed/);
    return subscription;
  }

  /** With -d its own log stands between the messages, and says when the subscription is there. */
  get lines() {
    return this.process.log.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}")).map((line) => JSON.parse(line));
  }

  async find(fits, what) {
    const look = async () => {
      for (;;) {
        const found = this.lines.find(fits);
        if (found) return found;
        await pause(20);
      }
    };
    return within(look(), () => `${what} on ${this.topic}; what came was:\n${this.lines.map((line) => JSON.stringify(line)).join("\n")}`, PATIENCE_MS);
  }
}

describe("an operator with mosquitto_sub", () => {
  let farm, viewer, logs, statuses;
  before(async () => {
    farm = await Farm.start({ data: invent(), processes: true });
    viewer = await farm.visit();
    await farm.settled(viewer, farm.workers.keys());
    logs = await Subscription.open(farm, "cineswarm/logs");
    statuses = await Subscription.open(farm, "cineswarm/workers/status");
  });
  after(async () => {
    await logs?.process.stop();
    await statuses?.process.stop();
    await farm?.stop();
  });

  test("sees a request queued, sent to both workers, computed by them, and answered, in that order", async () => {
    const { request_id } = await farm.settled(viewer, farm.workers.keys());
    const step = (source, pattern) =>
      logs.find((line) => line.request_id === request_id && line.source === source && pattern.test(line.message), `${source}: ${pattern}`);
    const queued = await step("master", /queued/);
    const computed = [];
    for (const worker of ["worker-1", "worker-2"]) {
      await step("master", new RegExp(`sent.*${worker}|${worker}.*sent`));
      computed.push(await step(worker, /computed/));
    }
    const answered = await step("master", /answered/);
    for (const line of [queued, ...computed, answered]) {
      assert.equal(line.level, "info");
      assert.ok(Math.abs(Date.now() - line.timestamp) < 600_000, "times are milliseconds since 1970");
    }
    assert.ok(queued.timestamp <= answered.timestamp);
  });

  test("sees workers busy and idle, with the shards they hold", async () => {
    const asking = (async () => {
      for (let user_id = 1; user_id <= 50; user_id += 1) await viewer.answered({ user_id });
    })();
    for (const worker of ["worker-1", "worker-2"]) {
      const idle = await statuses.find((line) => line.worker_id === worker && line.state === "idle", `${worker} idle`);
      assert.ok(idle.shards.length > 0);
      assert.ok(idle.dataset_version.length > 0);
      await statuses.find((line) => line.worker_id === worker && line.tasks_done > 0, `${worker} having done tasks`);
    }
    await asking;
  });

  test("sees a worker that is killed go offline, and a worker that is told to stop drain first", async () => {
    await farm.stopWorker("worker-2", "SIGKILL");
    await statuses.find((line) => line.worker_id === "worker-2" && line.state === "offline", "worker-2 offline");
    const left = await Subscription.open(farm, "cineswarm/workers/worker-2/status", "-F", "%p\nkept for %E s");
    await left.find((line) => line.worker_id === "worker-2" && line.state === "offline", "the retained status of worker-2");
    assert.match(left.process.log, /offline.*\nkept for [1-6]?[0-9] s/, "what is retained of a worker that is gone goes away by itself");
    await left.process.stop();
    farm.startWorker("worker-3");
    await farm.settled(viewer, ["worker-1", "worker-3"]);
    await farm.stopWorker("worker-3");
    await statuses.find((line) => line.worker_id === "worker-3" && line.state === "draining", "worker-3 draining");
    await statuses.find((line) => line.worker_id === "worker-3" && line.state === "offline", "worker-3 offline");
    const retained = await Subscription.open(farm, "cineswarm/workers/worker-1/status");
    await retained.find((line) => line.worker_id === "worker-1" && line.state !== "offline", "the retained status of worker-1");
    await retained.process.stop();
  });

  test("sees the master's address and dataset, also who comes late", async () => {
    const late = await Subscription.open(farm, "cineswarm/master/status");
    const status = await late.find((line) => line.online, "the retained status of the master");
    assert.equal(status.grpc_endpoint, `http://127.0.0.1:${farm.grpcPort}`);
    assert.equal(status.protocol, 1);
    if (farm.mosquitto) {
      await farm.master.stop("SIGKILL");
      await late.find((line) => line.epoch === status.epoch && !line.online, "the Last Will of the master");
    }
    await late.process.stop();
  });
});
