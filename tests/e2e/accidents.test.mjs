// Accidents of a farm whose processes all live: a worker that does not deliver, and words that were lost or forged.

import { describe, test } from "node:test";
import assert from "node:assert/strict";

import { Farm, needsMosquitto } from "./harness.mjs";
import { invent } from "./datasets.mjs";
import { Process, pause, run, within } from "./processes.mjs";

const REGISTER = "cineswarm/workers/register";
const STATUS = "cineswarm/workers/status";
const MASTER = "cineswarm/master/status";

const onFarm = (options, body) => async () => {
  const farm = await Farm.start({ data: invent(), processes: true, ...options });
  try {
    await body(farm, await farm.visit());
  } finally {
    await farm.stop();
  }
};

const publish = (farm, topic, payload, ...more) =>
  run("mosquitto_pub", ["-V", "5", "-q", "1", "-p", String(farm.brokerPort), "-t", topic, ...(payload === null ? ["-n"] : ["-m", JSON.stringify(payload)]), ...more]);

/** What is retained on a topic; undefined if there is nothing. */
const retained = async (farm, topic) => {
  const look = new Process("mosquitto_sub", "mosquitto_sub", ["-V", "5", "-p", String(farm.brokerPort), "-t", topic, "-C", "1", "-W", "1"]);
  await look.ended;
  return look.log.startsWith("{") ? JSON.parse(look.log) : undefined;
};

const eventually = async (holds, what) => {
  const look = async () => {
    for (;;) {
      const found = await holds();
      if (found) return found;
      await pause(50);
    }
  };
  return within(look(), what);
};

/** A worker that registers, says its status, and never hands in a result. */
class Gray {
  static async join(farm, id) {
    const gray = new Gray();
    const master = await retained(farm, MASTER);
    gray.word = { worker_id: id, state: "idle", incarnation: "one", dataset_version: master.dataset_version, shards: [...Array(16).keys()], tasks_done: 0, timestamp: 0 };
    gray.say = () => publish(farm, STATUS, gray.word);
    await publish(farm, REGISTER, { worker_id: id, epoch: master.epoch, slots: 2, version: "0", protocol: 1, host: "x", dataset_version: master.dataset_version, shards: gray.word.shards, timestamp: 0 });
    gray.speaking = setInterval(() => gray.say().catch(() => {}), 500);
    return gray;
  }

  leave() {
    clearInterval(this.speaking);
  }
}

describe("a farm whose processes all live", needsMosquitto, () => {
  test("a worker that beats and never hands in costs at most two leases once, is named, and then nobody waits for it", onFarm({}, async (farm, viewer) => {
    await farm.settled(viewer, farm.workers.keys());
    const gray = await Gray.join(farm, "gray");
    try {
      await eventually(async () => (await farm.health()).body.workers.total === 3, "the gray worker to be counted");
      const times = [];
      for (let user_id = 1; user_id <= 20; user_id += 1) {
        const asked = performance.now();
        const { meta } = await viewer.answered({ user_id });
        times.push(performance.now() - asked);
        assert.equal(meta.coverage, 1);
      }
      assert.ok(Math.max(...times) < 4_000, `the slowest of ${times.map(Math.round)} ms`);
      assert.ok(Math.max(...times.slice(-8)) < 1_000, `the last of ${times.map(Math.round)} ms`);
      await farm.master.says(/worker gray gets no work that others can do/);
      const { status, body } = await farm.health();
      assert.deepEqual([status, body.workers.demoted], [200, ["gray"]]);
    } finally {
      gray.leave();
    }
  }));

  test("a master's status that was cleared or overwritten is said again, and a worker that starts then joins", onFarm({ workers: 1 }, async (farm) => {
    const said = await retained(farm, MASTER);
    const forged = { ...said, epoch: "another", grpc_endpoint: "http://127.0.0.1:9" };
    for (const payload of [null, forged, { ...said, online: false }, "nonsense"]) {
      await publish(farm, MASTER, payload, "-r");
      await eventually(async () => {
        const now = await retained(farm, MASTER);
        return now?.online && now.epoch === said.epoch && now.grpc_endpoint === said.grpc_endpoint;
      }, `the master to say its status again after ${JSON.stringify(payload)}`);
    }
    await publish(farm, MASTER, null, "-r");
    farm.startWorker("worker-2");
    await eventually(async () => (await farm.health()).body.workers.total === 2, "the second worker to join");
    const lines = farm.master.log.split("\n").filter((line) => line.includes("is not its own"));
    assert.ok(lines.length >= 1 && lines.length <= 8, `${lines.length} lines about five accidents`);
  }));

  test("a worker that was told by somebody else to hold nothing is told again, whatever number the order had", onFarm({ workers: 1 }, async (farm, viewer) => {
    const { epoch, dataset_version, grpc_endpoint } = await retained(farm, MASTER);
    for (const sequence of ["100", "9000000000000000000", "18000000000000000000", "18446744073709551615"]) {
      const order = `{"order":"assign_shards","epoch":"${epoch}","sequence":${sequence},"dataset_version":"${dataset_version}","shards":[],"shard_count":16,"grpc_endpoint":"${grpc_endpoint}"}`;
      const before = farm.workers.get("worker-1").log.length;
      await run("mosquitto_pub", ["-q", "1", "-p", String(farm.brokerPort), "-t", "cineswarm/workers/worker-1/control", "-m", order]);
      await eventually(() => farm.workers.get("worker-1").log.slice(before).includes("assigned 16 shards"), `the order to be told again after ${sequence}`);
      assert.equal((await viewer.answered({ user_id: 1 })).meta.coverage, 1);
    }
  }));

  test("two workers under one id are named as the cause, in one line", onFarm({ workers: 1 }, async (farm) => {
    const first = farm.workers.get("worker-1");
    farm.startWorker("worker-1");
    await farm.master.says(/two workers run under the id worker-1/);
    await first.stop();
    await farm.ready();
    assert.equal(farm.master.log.match(/two workers run under the id/g).length, 1);
  }));

  test("a broker that was away for a while is found again within three seconds of its return", onFarm({}, async (farm, viewer) => {
    await farm.settled(viewer, farm.workers.keys());
    await farm.mosquitto.stop("SIGKILL");
    await farm.master.says(/no connection to the broker/);
    // Long enough for the pauses between tries to have grown to their longest.
    await pause(4_000);
    await farm.mosquitto.restart();
    const back = performance.now();
    const { meta } = await viewer.answered({ user_id: 1 });
    assert.equal(meta.coverage, 1);
    assert.ok(performance.now() - back < 3_000, `${Math.round(performance.now() - back)} ms`);
  }));
});
