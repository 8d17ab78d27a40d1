// Grafana's dashboards, as code: `node monitoring/dashboards.mjs` writes monitoring/dashboards/*.json, with --check fails
// where they are not what it would write. A panel is its title, its unit, how it is drawn, and what it asks of Prometheus.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const quantile = (part, metric, by = "", match = "") =>
  `histogram_quantile(${part}, sum by (le${by && `, ${by}`}) (rate(${metric}_bucket${match}[1m])))`;
const line = (title, unit, ...asks) => ({ title, unit, kind: "timeseries", asks });
const number = (title, unit, ...asks) => ({ title, unit, kind: "stat", asks });

export const boards = {
  overview: {
    title: "Cineswarm: overview",
    panels: [
      number("Shards with a worker", "percentunit", ["of all", "cineswarm_shards_ready / cineswarm_shards"]),
      number("Workers", "none", ["{{state}}", "cineswarm_workers"]),
      number("Wait in the queue", "none", ["requests", "cineswarm:queue:depth"]),
      number("Alerts", "none", ["firing", 'count(ALERTS{alertstate="firing"}) or vector(0)']),
      line("Requests a second", "reqps", ["{{outcome}}", "sum by (outcome) (rate(cineswarm_requests_total[1m]))"]),
      line("From asked to answered", "s",
        ["half", quantile(0.5, "cineswarm_request_duration_seconds", "", '{outcome="answered"}')],
        ["95 of 100", quantile(0.95, "cineswarm_request_duration_seconds", "", '{outcome="answered"}')],
        ["99 of 100", quantile(0.99, "cineswarm_request_duration_seconds", "", '{outcome="answered"}')]),
      line("Where the time goes, 95 of 100", "s", ["{{stage}}", quantile(0.95, "cineswarm_request_stage_duration_seconds", "stage")]),
      line("What waits", "none", ["{{queue}}", "cineswarm_queue_depth"]),
      line("Refused, a second", "reqps", ["{{code}}", "sum by (code) (rate(cineswarm_refusals_total[1m]))"]),
      line("Browsers", "none", ["tabs", "cineswarm_sockets"], ["sessions", "cineswarm_sessions"], ["connections", "cineswarm_connections"]),
    ],
  },
  farm: {
    title: "Cineswarm: farm",
    panels: [
      line("Workers", "none", ["{{state}}", "cineswarm_workers"], ["demoted", "cineswarm_workers_demoted"]),
      line("Shards", "none", ["there are", "cineswarm_shards"], ["with a worker", "cineswarm_shards_ready"]),
      line("Shards held, by worker", "none", ["{{worker}}", "cineswarm_worker_shards_held"]),
      line("Tasks in hand, by worker", "none", ["{{worker}}", "cineswarm_worker_tasks_in_hand"]),
      line("Tasks sent, a second", "ops", ["{{kind}}", "sum by (kind) (rate(cineswarm_tasks_sent_total[1m]))"]),
      line("Tasks ended, a second", "ops", ["{{outcome}}", "sum by (outcome) (rate(cineswarm_tasks_total[1m]))"]),
      line("From sent to taken", "s",
        ["half", quantile(0.5, "cineswarm_task_duration_seconds")], ["99 of 100", quantile(0.99, "cineswarm_task_duration_seconds")]),
      line("Time in the worker, 95 of 100", "s", ["{{stage}}", quantile(0.95, "cineswarm_worker_task_stage_duration_seconds", "stage")]),
      line("Part of the ratings that answers are from, the worst of 100", "percentunit", ["coverage", quantile(0.01, "cineswarm_answer_coverage_ratio")]),
      line("Workers lost, and results that came too late", "none",
        ["lost in 5 minutes", "increase(cineswarm_workers_lost_total[5m])"], ["too late in 5 minutes", "increase(cineswarm_results_stale_total[5m])"]),
    ],
  },
  services: {
    title: "Cineswarm: services",
    panels: [
      line("Replicas that answer", "none", ["{{job}}", "sum by (job) (up)"]),
      line("Processors", "percentunit", ["{{job}} {{instance}}", 'rate(process_cpu_seconds_total{job=~"master|worker"}[1m])']),
      line("Part of its processors", "percentunit", ["{{job}} {{instance}}", 'rate(process_cpu_seconds_total{job=~"master|worker"}[1m]) / on (job) group_left () cineswarm:limit:cpus']),
      line("Memory", "bytes", ["{{job}} {{instance}}", 'process_resident_memory_bytes{job=~"master|worker"}']),
      line("Part of its memory", "percentunit", ["{{job}} {{instance}}", 'process_resident_memory_bytes{job=~"master|worker"} / on (job) group_left () cineswarm:limit:bytes']),
      line("Open descriptors", "none", ["{{job}} {{instance}}", 'process_open_fds{job=~"master|worker"}']),
      line("Threads", "none", ["{{job}} {{instance}}", 'process_threads{job=~"master|worker"}']),
      line("Running for", "s", ["{{job}} {{instance}}", 'time() - process_start_time_seconds{job=~"master|worker"}']),
      number("Versions", "none", ["{{job}} {{version}}", "count by (job, version) (cineswarm_build_info)"]),
      line("Certificates end in", "s", ["{{job}} {{certificate}}", "cineswarm_certificate_expiry_timestamp_seconds - time()"]),
    ],
  },
  broker: {
    title: "Cineswarm: broker",
    panels: [
      number("The master is connected", "bool", ["master", "cineswarm_master_broker_connected"]),
      number("Workers that are connected", "none", ["of {{job}}", "sum by (job) (cineswarm_worker_broker_connected)"]),
      line("Connected, by worker", "none", ["{{worker}}", "cineswarm_worker_broker_connected"]),
      line("Registered, by worker", "none", ["{{worker}}", "cineswarm_worker_registered"]),
      line("Tasks through the broker, a second", "ops", ["sent", "sum(rate(cineswarm_tasks_sent_total[1m]))"]),
      line("Leases that ended without a word, a second", "ops", ["leases", 'sum(rate(cineswarm_tasks_total{outcome="lease_expired"}[1m])) or vector(0)']),
      line("For how long the oldest task is waited for", "s", ["oldest", "cineswarm_oldest_task_age_seconds"]),
    ],
  },
  database: {
    title: "Cineswarm: database",
    panels: [
      line("Until a transaction is on disk", "s",
        ["half", quantile(0.5, "cineswarm_database_batch_duration_seconds")], ["99 of 100", quantile(0.99, "cineswarm_database_batch_duration_seconds")]),
      line("Transactions a second", "ops", ["transactions", "rate(cineswarm_database_batch_duration_seconds_count[1m])"]),
      line("Operations a second", "ops", ["operations", "rate(cineswarm_database_batch_operations_sum[1m])"]),
      line("What waits for the database", "none", ["operations", 'cineswarm_queue_depth{queue="database"}']),
      line("Events not taken yet", "none", ["{{consumer}}", "cineswarm_events_behind"]),
      line("Events that a consumer refused", "none", ["events", "cineswarm_dead_letters"]),
      line("Transactions that failed, in 5 minutes", "none", ["failed", "increase(cineswarm_database_failures_total[5m])"]),
      line("Since something was stored", "s", ["ago", "cineswarm_database_last_write_age_seconds"]),
      line("Requests by stage on disk, 95 of 100", "s", ["{{stage}}", quantile(0.95, "cineswarm_request_stage_duration_seconds", "stage", '{stage=~"accept|finish"}')]),
    ],
  },
  alerts: {
    title: "Cineswarm: alerts",
    panels: [
      number("Firing", "none", ["alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)']),
      number("About to", "none", ["alerts", 'count(ALERTS{alertstate="pending"}) or vector(0)']),
      // Most of the time there are none, and so no data.
      { ...line("Which", "none", ["{{alertname}} {{job}} {{instance}}", "ALERTS"]), mayBeEmpty: true },
      line("Errors, against 1 in 100", "percentunit", ["errors", "cineswarm:errors:ratio5m"]),
      line("99 of 100 answered within, against 500 ms", "s", ["99 of 100", "cineswarm:request:p99_5m"]),
      line("Answers a second, against what is wanted", "reqps", ["answers", "cineswarm:answers:rate1m"], ["wanted", "cineswarm:wanted:answers_per_second"]),
      line("In the queue, against 1,000", "none", ["requests", "cineswarm:queue:depth"]),
    ],
  },
};

const WIDTH = 12;
const HEIGHT = 8;
function json(name, { title, panels }) {
  return {
    uid: `cineswarm-${name}`,
    title,
    tags: ["cineswarm"],
    timezone: "browser",
    schemaVersion: 39,
    refresh: "10s",
    time: { from: "now-30m", to: "now" },
    panels: panels.map(({ title: heading, unit, kind, asks }, index) => ({
      id: index + 1,
      title: heading,
      type: kind,
      datasource: { type: "prometheus", uid: "prometheus" },
      gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: asks.map(([legendFormat, expr], target) => ({ refId: String.fromCharCode(65 + target), expr, legendFormat })),
    })),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("dashboards/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, board] of Object.entries(boards)) {
    const file = new URL(`${name}.json`, folder);
    const text = `${JSON.stringify(json(name, board), null, 1)}\n`;
    if (process.argv.includes("--check")) {
      if (readFileSync(file, "utf8") !== text) {
        console.error(`error: ${file.pathname} is not what dashboards.mjs says: run node monitoring/dashboards.mjs`);
        process.exitCode = 1;
      }
    } else {
      writeFileSync(file, text);
    }
  }
}
