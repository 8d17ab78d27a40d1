// What an operator sees with tools of others: Prometheus of the metrics, a collector of the traces, any reader of JSON of
// the log.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { Farm, binary } from "./harness.mjs";
import { Collector } from "./collector.mjs";
import { invent } from "./datasets.mjs";
import { Process, freePort, pause, within } from "./processes.mjs";

/** The metrics at a port, by name and labels, and as text. */
async function metrics(port) {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(5_000) });
  assert.equal(response.status, 200);
  const text = await response.text();
  const lines = text.split("\n").filter((line) => line && !line.startsWith("#"));
  return { text, of: new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))])) };
}

const sum = ({ of }, name, label = "") =>
  [...of].filter(([series]) => series === name || (series.startsWith(`${name}{`) && series.includes(label))).reduce((all, [, value]) => all + value, 0);

/** Prometheus' own judgement of names, types and helps. */
function promtoolTakes({ text }) {
  const { status, stdout, stderr, error } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  assert.equal(error, undefined, "promtool comes with Debian's package prometheus; scripts/test.sh install has it");
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.equal(stdout + stderr, "");
}

describe("metrics", () => {
  let farm, viewer, masterPort, workerPort;
  before(async () => {
    [masterPort, workerPort] = [await freePort(), await freePort()];
    farm = await Farm.start({ data: invent(), workers: 1, limits: { HEALTH_LISTEN: `127.0.0.1:${masterPort}` } });
    const worker = ["worker", "--broker", farm.brokerUrl, "--id", "watched", "--health-listen", `127.0.0.1:${workerPort}`];
    farm.adopt("watched", new Process("watched", binary(), worker));
    viewer = await farm.visit();
    await farm.settled(viewer, ["watched", "worker-1"]);
  });
  after(() => farm?.stop());

  test("Prometheus takes what master and worker say", async () => {
    const [master, worker] = [await metrics(masterPort), await metrics(workerPort)];
    promtoolTakes(master);
    promtoolTakes(worker);
    assert.ok(master.of.get("process_resident_memory_bytes") > 1e6);
    assert.ok(worker.of.get("process_cpu_seconds_total") >= 0);
    assert.equal(sum(master, "cineswarm_build_info"), 1);
    assert.equal(sum(worker, "cineswarm_requests_total"), 0, "that is the master's");
  });

  test("what a process computes is seen in its processor time", async () => {
    const processor = async () => (await metrics(workerPort)).of.get("process_cpu_seconds_total");
    const before = await processor();
    // The system counts in hundredths of a second: a start or a single task can be less than one.
    await within((async () => { while ((await processor()) === before) await viewer.answered({ user_id: 2 }); })(), "work to be counted");
  });

  test("an answered request is counted once, with its stages and its tasks", async () => {
    const before = await metrics(masterPort);
    await viewer.answered({ user_id: 2 });
    const after = await metrics(masterPort);
    const more = (name, label) => sum(after, name, label) - sum(before, name, label);
    assert.equal(more('cineswarm_requests_total{outcome="answered",source="neighbours"}'), 1);
    assert.equal(more("cineswarm_requests_accepted_total"), 1);
    assert.equal(more('cineswarm_events_received_total{event="ask"}'), 1);
    for (const stage of ["accept", "queue", "farm", "merge", "finish"]) {
      assert.equal(more(`cineswarm_request_stage_duration_seconds_count{stage="${stage}"}`), 1, stage);
    }
    assert.equal(more('cineswarm_answer_coverage_ratio_bucket{le="0.999"}'), 0, "it is computed from all shards");
    assert.equal(more("cineswarm_tasks_total", 'outcome="taken"'), more("cineswarm_tasks_sent_total"));
    assert.ok(more("cineswarm_tasks_sent_total", 'worker="watched"') >= 1);
    assert.equal(more("cineswarm_refusals_total"), 0);
    const worker = await metrics(workerPort);
    assert.ok(sum(worker, "cineswarm_worker_tasks_total", 'outcome="taken"') >= 1);
    assert.equal(worker.of.get('cineswarm_worker_registered{worker="watched"}'), 1);
    assert.ok(worker.of.get('cineswarm_worker_shards_held{worker="watched"}') > 0);
  });

  test("a refusal is counted by the code that the browser was told", async () => {
    const series = 'cineswarm_refusals_total{code="bad_request"}';
    const before = (await metrics(masterPort)).of.get(series);
    const { error } = await viewer.send("ask", { n: 0 });
    assert.equal(error.code, "bad_request");
    assert.equal((await metrics(masterPort)).of.get(series), before + 1);
  });

  test("tabs that come and go are sockets that come and go", async () => {
    const sockets = async () => (await metrics(masterPort)).of.get("cineswarm_sockets");
    const before = await sockets();
    const other = await farm.visit();
    assert.equal(await sockets(), before + 1);
    other.close();
    await within((async () => { while ((await sockets()) !== before) await pause(20); })(), "the socket to be gone");
  });

  test("browsers do not see metrics, and operators see no page", async () => {
    const page = await fetch(`${farm.url}/metrics`);
    assert.ok(!(await page.text()).includes("cineswarm_"), "the page's port shows metrics");
    assert.equal((await fetch(`http://127.0.0.1:${masterPort}/`)).status, 404);
    assert.equal((await fetch(`http://127.0.0.1:${masterPort}/health/live`)).status, 200);
    assert.equal((await fetch(`http://127.0.0.1:${masterPort}/health/ready`)).status, 200);
  });

  test("no session and nothing that was said is in any label", async () => {
    const told = "a secret of mine 7261";
    await viewer.send("ask", { text: told });
    const text = (await metrics(masterPort)).text;
    assert.ok(!text.includes("7261") && !text.includes(viewer.session.session_id));
  });

  test("a worker that is killed is counted as lost, and its shards are still ready", async () => {
    const before = sum(await metrics(masterPort), "cineswarm_workers_lost_total");
    await farm.stopWorker("watched", "SIGKILL");
    const lost = async () => sum(await metrics(masterPort), "cineswarm_workers_lost_total") === before + 1;
    await within((async () => { while (!(await lost())) await pause(20); })(), "the worker to be lost");
    const after = await metrics(masterPort);
    assert.equal(sum(after, "cineswarm_workers", "state="), 1);
    assert.equal(sum(after, "cineswarm_shards_ready"), sum(after, "cineswarm_shards"));
  });
});

describe("the log as JSON", () => {
  test("each line is an object, from the start to the end", async () => {
    const farm = await Farm.start({ data: invent(), workers: 1, log: "debug", limits: { LOG_FORMAT: "json" } });
    try {
      const viewer = await farm.visit();
      await viewer.answered({ user_id: 1 });
      await farm.master.stop();
      const [lines, others] = [farm.master.output.split("\n").filter(Boolean), farm.master.log];
      assert.ok(lines.length > 10, others);
      for (const line of lines) {
        const { timestamp, level, target, message } = JSON.parse(line);
        assert.ok(Date.parse(timestamp) && level && target && typeof message === "string", line);
      }
    } finally {
      await farm.stop();
    }
  });
});

describe("traces", () => {
  let collector, farm, viewer;
  before(async () => {
    collector = await Collector.start();
    const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: "50" };
    farm = await Farm.start({ data: invent(), workers: 2, everywhere: traced });
    viewer = await farm.visit();
    await farm.settled(viewer, ["worker-1", "worker-2"]);
  });
  after(async () => {
    await farm?.stop();
    collector?.stop();
  });

  const BROWSER = { trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" };

  test("one ask has its spans from the browser's own to the workers and back", async () => {
    const traceparent = `00-${BROWSER.trace}-${BROWSER.span}-01`;
    const answer = await viewer.answered({ user_id: 3, traceparent });
    const workers = answer.meta.workers.length;
    const ends = (spans) => spans.some(({ name }) => name === "ask") && spans.filter(({ name }) => name === "task").length === workers
      && spans.filter(({ name }) => name === "carry out task").length === workers;
    const spans = await collector.trace(BROWSER.trace, ends, "the spans of an ask");
    const named = (name) => spans.filter((span) => span.name === name);
    const parentOf = (span) => spans.find(({ id }) => id === span.parent);

    const [ask] = named("ask");
    assert.deepEqual([named("ask").length, ask.parent, ask.kind], [1, BROWSER.span, "server"]);
    assert.equal(ask.attributes.outcome, "answered");
    for (const name of ["understand", "accept", "queue", "merge", "finish"]) {
      assert.deepEqual(named(name).map(parentOf), [ask], name);
    }
    assert.deepEqual(new Set(named("task").map((task) => parentOf(task))), new Set([ask]));
    assert.deepEqual(named("task").map((task) => task.attributes.worker).sort(), answer.meta.workers.map((worker) => worker.worker_id).sort());
    for (const task of named("task")) {
      assert.equal(task.attributes.outcome, "taken");
      const [carried] = named("carry out task").filter((span) => span.parent === task.id);
      assert.equal(carried.kind, "consumer");
      const parts = spans.filter((span) => span.parent === carried.id);
      assert.deepEqual(parts.map(({ name }) => name).sort(), ["compute", "hand in"]);
      const handIn = parts.find(({ name }) => name === "hand in");
      const back = spans.find((span) => span.parent === handIn.id);
      assert.deepEqual([back?.name, back?.kind], ["take result", "server"], "the result comes back in the same trace");
      assert.ok(carried.start >= task.start && back.start >= handIn.start, "one after the other");
    }
    if (farm.separate) assert.deepEqual([...new Set(spans.map(({ service }) => service))].sort(), ["cineswarm-master", "cineswarm-worker"]);
    assert.equal(spans.every((span) => span === ask || parentOf(span)), true, "no span hangs in the air");
    assert.deepEqual(collector.troubles, []);
  });

  test("without a traceparent, or with what is none, an ask begins a trace of its own", async () => {
    for (const given of [{}, { traceparent: "nonsense" }]) {
      const requestId = await viewer.ask({ user_id: 4, ...given });
      await viewer.answer(requestId);
      const found = () => collector.spans.find((span) => span.name === "ask" && span.attributes.request_id === requestId);
      await within((async () => { while (!found()) await pause(20); })(), "the span of an ask");
      assert.deepEqual([found().parent, found().trace === BROWSER.trace], ["", false]);
    }
  });

  test("no span says what was asked or by whom", async () => {
    const before = collector.spans.length;
    await viewer.answered({ text: "films like Heat" });
    await within((async () => { while (!collector.spans.slice(before).some(({ name }) => name === "ask")) await pause(20); })(), "the span of an ask");
    const said = JSON.stringify(collector.spans, (_, value) => (typeof value === "bigint" ? String(value) : value));
    assert.ok(!said.includes("films like") && !said.includes("Heat") && !said.includes(viewer.session.session_id));
  });
});
