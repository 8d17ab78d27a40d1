// Whatever is killed, every acknowledged request ends exactly once, and the farm is whole again by itself.

import { describe, test } from "node:test";
import assert from "node:assert/strict";

import { BROKER, Farm, Mosquitto, needsMosquitto } from "./harness.mjs";
import { invent } from "./datasets.mjs";
import { filmIds } from "./viewer.mjs";

const data = invent();

/** Asks without pause, several questions at a time, until told to stop; then every question must have been answered. */
function streamOfQuestions(viewer, width = 4) {
  const answers = [];
  let stopped = false;
  let user = 0;
  const lane = async () => {
    while (!stopped) {
      user = (user % 400) + 1;
      answers.push(await viewer.answered({ user_id: user }));
    }
  };
  const lanes = Promise.all(Array.from({ length: width }, lane));
  // What goes wrong is thrown by stop().
  lanes.catch(() => {});
  return {
    answers,
    stop: async () => {
      stopped = true;
      await lanes;
      for (const { request_id } of answers) assert.equal(viewer.endings(request_id), 1, "each ended exactly once");
      return answers;
    },
  };
}

/** Runs a test on a farm of two workers and one viewer, and stops the farm whatever happens. */
const onFarm = (options, body) => async () => {
  const farm = await Farm.start({ data, processes: true, ...options });
  try {
    const viewer = await farm.visit();
    await farm.settled(viewer, farm.workers.keys());
    await body(farm, viewer);
  } finally {
    await farm.stop();
  }
};

describe("with workers as processes", () => {
  test("killing one of two workers under load loses no request, and within 5 s every shard answers again", onFarm({}, async (farm, viewer) => {
    const stream = streamOfQuestions(viewer);
    while (stream.answers.length < 20) await viewer.answered({ user_id: 1 });
    await farm.stopWorker("worker-1", "SIGKILL");
    const killedAt = Date.now();
    const { meta } = await viewer.answered({ user_id: 1 });
    const tookMs = Date.now() - killedAt;
    assert.equal(meta.coverage, 1);
    assert.ok(tookMs < 5_000, `the next answer took ${tookMs} ms`);
    await farm.settled(viewer, ["worker-2"]);
    for (const answer of await stream.stop()) assert.equal(answer.meta.coverage, 1, "the shards of the dead worker were computed elsewhere");
  }));

  test("killing all workers loses no request: they are answered once a worker is there", onFarm({}, async (farm, viewer) => {
    const before = await viewer.answered({ user_id: 3 });
    await Promise.all(["worker-1", "worker-2"].map((id) => farm.stopWorker(id, "SIGKILL")));
    const asked = await Promise.all([1, 2, 3].map((user_id) => viewer.ask({ user_id })));
    farm.startWorker("worker-3");
    const answers = await Promise.all(asked.map((id) => viewer.answer(id)));
    for (const answer of answers) assert.deepEqual(answer.meta.workers.map((one) => one.worker_id), ["worker-3"]);
    assert.deepEqual(answers[2].recommendations, before.recommendations);
  }));

  test("a worker that hangs is given up, and its work goes to the other", onFarm({}, async (farm, viewer) => {
    await farm.workers.get("worker-1").freeze();
    for (const user_id of [1, 2, 3]) assert.equal((await viewer.answered({ user_id })).meta.coverage, 1);
    farm.workers.get("worker-1").signal("SIGCONT");
    await farm.settled(viewer, ["worker-1", "worker-2"]);
  }));

  test("a worker told to stop finishes its work and fails no request", onFarm({}, async (farm, viewer) => {
    const stream = streamOfQuestions(viewer);
    while (stream.answers.length < 20) await viewer.answered({ user_id: 1 });
    assert.equal(await farm.stopWorker("worker-2"), 0, "it ends of its own accord");
    await farm.settled(viewer, ["worker-1"]);
    farm.startWorker("worker-4");
    await farm.settled(viewer, ["worker-1", "worker-4"]);
    for (const answer of await stream.stop()) assert.equal(answer.meta.coverage, 1);
  }));

  test("a worker that starts before the broker and the master waits for them", async () => {
    const farm = await Farm.start({ data, workers: 0, ready: false, processes: true });
    try {
      await farm.master.stop();
      await farm.mosquitto?.stop();
      const worker = farm.startWorker("early");
      await worker.says(/no connection to the broker/);
      await farm.mosquitto?.restart();
      farm.startMaster();
      await farm.ready();
      assert.equal(worker.end, undefined, "the same process serves");
      const { meta } = await (await farm.visit()).answered({ user_id: 1 });
      assert.deepEqual(meta.workers.map((one) => one.worker_id), ["early"]);
    } finally {
      await farm.stop();
    }
  });

  test("a restart of the broker under load loses no request", needsMosquitto, onFarm({}, async (farm, viewer) => {
    const stream = streamOfQuestions(viewer);
    while (stream.answers.length < 20) await viewer.answered({ user_id: 1 });
    await farm.mosquitto.stop("SIGKILL");
    const asked = await viewer.ask({ user_id: 5 });
    await farm.mosquitto.restart();
    assert.equal((await viewer.answer(asked)).meta.coverage, 1);
    await farm.settled(viewer, ["worker-1", "worker-2"]);
    for (const answer of await stream.stop()) assert.equal(answer.meta.coverage, 1);
  }));

  test("requests that were not finished when the master was killed are answered, once, by the next", onFarm({}, async (farm, viewer) => {
    for (const worker of farm.workers.values()) await worker.freeze();
    const users = [1, 2, 3, 4, 5];
    const asked = await Promise.all(users.map((user_id) => viewer.ask({ user_id, key: `before ${user_id}` })));
    await farm.master.stop("SIGKILL");
    for (const worker of farm.workers.values()) worker.signal("SIGCONT");
    const from = viewer.inbox.length;
    farm.startMaster();
    const session = await viewer.next("session", () => true, { from });
    assert.equal(session.resumed, true);
    for (const [at, id] of asked.entries()) {
      const answer = await viewer.answer(id);
      assert.equal(answer.meta.coverage, 1);
      const again = await viewer.answered({ user_id: users[at] });
      assert.deepEqual(answer.recommendations, again.recommendations);
    }
    for (const id of asked) assert.equal(viewer.endings(id), 1);
    const again = await Promise.all(users.map((user_id) => viewer.ask({ user_id, key: `before ${user_id}` })));
    assert.deepEqual(again, asked, "keys outlive the master");
  }));

  test("more requests than may be under way were not finished when the master was killed, and the next one answers all, each once", async () => {
    const farm = await Farm.start({ data, processes: true, workers: 0, ready: false, limits: { REQUEST_TIMEOUT: "60" } });
    try {
      await farm.master.says(/serving .* on 127/);
      const viewer = await farm.visit();
      const asked = await Promise.all(Array.from({ length: 40 }, (_, at) => viewer.ask({ user_id: at + 1 })));
      await farm.master.stop("SIGKILL");
      farm.limits.MAX_REQUESTS = "4";
      farm.startMaster();
      farm.startWorker("worker-1");
      for (const id of asked) assert.equal((await viewer.answer(id)).meta.coverage, 1);
      for (const id of asked) assert.equal(viewer.endings(id), 1);
    } finally {
      await farm.stop();
    }
  });

  test("with a shard nobody holds the viewer gets a partial or no answer in time, and is told so", async () => {
    const farm = await Farm.start({ data, processes: true, limits: { REQUEST_TIMEOUT: "1.5" } });
    try {
      const viewer = await farm.visit();
      await farm.settled(viewer, farm.workers.keys());
      for (const worker of farm.workers.values()) await worker.freeze();
      const { event, payload } = await viewer.end(await viewer.ask({ user_id: 1 }));
      assert.equal(event, "failed");
      assert.equal(payload.code, "timed_out");
      assert.ok(payload.message.length > 0 && payload.hint.length > 0);
    } finally {
      await farm.stop();
    }
  });
});

test("ratings, answers and hidden films outlive a kill of the whole farm", onFarm({}, async (farm, viewer) => {
  await viewer.send("rate", { movie_id: 2, rating: 5 });
  await viewer.send("rate", { movie_id: 3, rating: 4 });
  const before = await viewer.answered({});
  await viewer.send("feedback", { movie_id: filmIds(before)[0], kind: "seen" });
  const helped = await viewer.send("ask", { text: "help" });
  const late = await viewer.ask({ user_id: 9 });
  const processes = [farm.master, ...farm.workers.values()];
  await Promise.all(processes.map((one) => one.stop("SIGKILL")));
  const from = viewer.inbox.length;
  farm.startMaster();
  for (const id of farm.workers.keys()) farm.startWorker(id);
  const session = await viewer.next("session", () => true, { from });
  assert.equal(session.profile.length, 2);
  assert.equal((await viewer.answer(late)).recommendations.length, 10);
  await farm.ready();
  const after = await viewer.answered({});
  assert.deepEqual(filmIds(after).slice(0, 9), filmIds(before).slice(1));
  const returned = await farm.visit({ session: session.session_id, offset: 0 });
  assert.deepEqual(await returned.answer(before.request_id), before, "old answers can still be replayed");
  assert.deepEqual((await returned.next("replied")).reply, helped.reply, "and so can what was replied to at once");
  assert.deepEqual(returned.session.feedback.map(({ movie, kind }) => [movie.movie_id, kind]), [[filmIds(before)[0], "seen"]]);
}));

test("everything in one process with an outside broker comes up when that broker does", { skip: BROKER === "mosquitto" && "it is the embedded run's" }, async () => {
  const farm = await Farm.start({ data, workers: 2 });
  const broker = await Mosquitto.start();
  try {
    await broker.stop();
    await farm.master.stop();
    farm.outsideBroker = broker.url;
    farm.startMaster();
    await farm.master.says(/no connection to the broker/);
    await broker.restart();
    await farm.ready();
    assert.equal((await (await farm.visit()).answered({ user_id: 1 })).meta.coverage, 1);
  } finally {
    await farm.stop();
    await broker.remove();
  }
});
