// Monitoring against a farm that runs: a real Prometheus scrapes master and workers while they answer, and each question
// that a dashboard or a rule asks of it has an answer.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { boards } from "../../monitoring/dashboards.mjs";
import { Viewer } from "../e2e/viewer.mjs";
import { Process, freePort, pause, within } from "../e2e/processes.mjs";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const program = process.env.CINESWARM_BIN ?? join(repository, "target/release/cineswarm");
const read = (path) => readFileSync(join(repository, path), "utf8");
const directory = mkdtempSync(join(tmpdir(), "cineswarm-monitoring-"));
/** Enough for a rate over several scrapes. */
const ASKING_MS = 15_000;

let prometheus;
const running = [];
const start = (...args) => {
  const started = new Process(...args);
  running.push(started);
  return started;
};

async function ask(path) {
  const answer = await fetch(`${prometheus}${path}`, { signal: AbortSignal.timeout(10_000) });
  const { status, data, error } = await answer.json();
  assert.equal(status, "success", `${path}: ${error}`);
  return data;
}
const query = async (expression) => (await ask(`/api/v1/query?query=${encodeURIComponent(expression)}`)).result;

before(async () => {
  const [broker, page, grpc, port, ...listen] = await Promise.all(Array.from({ length: 7 }, freePort));
  writeFileSync(join(directory, "mosquitto.conf"), read("mosquitto/mosquitto.conf").replace("listener 1883 localhost", `listener ${broker} 127.0.0.1`));
  const mosquitto = start("mosquitto", "mosquitto", ["-c", join(directory, "mosquitto.conf")]);
  await mosquitto.says(/ running/);
  const common = { BROKER_URL: `mqtt://127.0.0.1:${broker}` };
  const master = start("master", program, ["master"], {
    ...common, PORT: page, GRPC_PORT: grpc, LISTEN: "127.0.0.1", GRPC_ENDPOINT: `http://127.0.0.1:${grpc}`,
    DATA_DIR: join(directory, "data"), DATASET: "demo", HEALTH_LISTEN: `127.0.0.1:${listen[0]}`,
  });
  const workers = [1, 2].map((number) =>
    start(`worker ${number}`, program, ["worker"], { ...common, WORKER_ID: `worker-${number}`, HEALTH_LISTEN: `127.0.0.1:${listen[number]}` }));

  // The file that is deployed, with addresses instead of names that only Swarm knows.
  const config = read("monitoring/prometheus.yml")
    .replace("scrape_interval: 5s", "scrape_interval: 1s").replace("scrape_timeout: 4s", "scrape_timeout: 1s").replace("evaluation_interval: 5s", "evaluation_interval: 1s")
    .replace("/etc/prometheus/rules.yml", join(repository, "monitoring/rules.yml"))
    .replace(/dns_sd_configs: \[\{names: \[tasks\.master\].*\]/, `static_configs: [{targets: ["127.0.0.1:${listen[0]}"]}]`)
    .replace(/dns_sd_configs: \[\{names: \[tasks\.worker\].*\]/, `static_configs: [{targets: ["127.0.0.1:${listen[1]}", "127.0.0.1:${listen[2]}"]}]`)
    .replace(/  - job_name: alertmanager\n.*\n/, "").replace(/alerting:[\s\S]*?\n\n/, "")
    .replace("127.0.0.1:9090", `127.0.0.1:${port}`);
  writeFileSync(join(directory, "prometheus.yml"), config);
  prometheus = `http://127.0.0.1:${port}`;
  const server = start("prometheus", "prometheus", [
    `--config.file=${join(directory, "prometheus.yml")}`, `--storage.tsdb.path=${join(directory, "tsdb")}`, `--web.listen-address=127.0.0.1:${port}`,
  ]);
  await server.says(/Server is ready/);

  const farm = `http://127.0.0.1:${page}`;
  const isReady = async () => {
    while (!(await fetch(`${farm}/health/ready`).then((answer) => answer.ok, () => false))) await pause(100);
  };
  await within(isReady(), () => `the farm to be ready; the master said:\n${master.tail(10)}\na worker said:\n${workers[0].tail(5)}`, 60_000);
  const viewer = new Viewer(farm);
  await viewer.opened();
  for (const end = Date.now() + ASKING_MS; Date.now() < end; await pause(50)) {
    await viewer.answered({ text: "films like Toy Story", n: 3 });
  }
  viewer.close();
}, { timeout: 120_000 });

after(async () => {
  for (const one of running.reverse()) await one.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("Prometheus reaches the master and every worker", async () => {
  const up = await query('up{job=~"master|worker"}');
  assert.deepEqual(up.map(({ metric, value }) => [metric.job, value[1]]).sort(), [["master", "1"], ["worker", "1"], ["worker", "1"]]);
});

test("every question of a dashboard has an answer", async () => {
  const without = [];
  for (const [name, { panels }] of Object.entries(boards)) {
    for (const { title, asks, mayBeEmpty } of panels) {
      for (const [, expression] of asks) {
        const found = await query(expression);
        if (mayBeEmpty) continue;
        if (!found.some(({ value }) => Number.isFinite(Number(value[1])))) without.push(`${name}, ${title}: ${expression}`);
      }
    }
  }
  assert.deepEqual(without, []);
});

test("every rule is evaluated without an error, and none of a healthy farm fires", async () => {
  const { groups } = await ask("/api/v1/rules");
  const rules = groups.flatMap((group) => group.rules);
  assert.ok(rules.length > 20, `${rules.length} rules`);
  for (const rule of rules) assert.equal(rule.health, "ok", `${rule.name}: ${rule.lastError}`);
  assert.deepEqual(rules.filter((rule) => rule.state === "firing").map((rule) => rule.name), []);
});

test("every metric that a rule looks at is there", async () => {
  const names = new Set(read("monitoring/rules.yml").match(/\b(cineswarm|process)_[a-z_0-9]+/g));
  assert.ok(names.size > 10);
  const missing = [];
  for (const name of names) if ((await query(`count(${name})`)).length === 0) missing.push(name);
  assert.deepEqual(missing, []);
});
