// The farm on the test's Swarm: its scripts, its containers, and the broker from inside. Settings come from the
// environment that scripts/test-swarm.sh makes.

import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

import { pause } from "../e2e/processes.mjs";

export const repository = fileURLToPath(new URL("../..", import.meta.url));
export const secrets = join(process.env.CLUSTER, "secrets");
export const prefix = "cineswarm";
export const address = `${process.env.SUBNET}.1`;

/** Runs a script of the project; gives its status and all it said, which goes to the test's output as well. */
export function script(name, ...options) {
  const started = Date.now();
  return new Promise((resolve) => {
    execFile(join(repository, "scripts", name), options, { cwd: process.env.CLUSTER, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const said = stdout + stderr;
      const seconds = (Date.now() - started) / 1000;
      console.log(`$ ${name} ${options.join(" ")}   (status ${error?.code ?? 0}, ${seconds.toFixed(1)} s)\n${said.trimEnd()}`);
      resolve({ status: error?.code ?? 0, said, seconds });
    });
  });
}

/** Runs a script that must succeed; gives what it said. */
export async function succeeds(name, ...options) {
  const { status, said } = await script(name, ...options);
  assert.equal(status, 0, `${name} ended with ${status}:\n${said}`);
  return said;
}

export const docker = (...args) => execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 }).trim();

/** The ids of a service's containers that run on this node, of all services without a name. */
export const containers = (service) =>
  docker("ps", "-q", "--filter", service ? `label=com.docker.swarm.service.name=cineswarm_${service}` : "label=com.docker.stack.namespace=cineswarm")
    .split("\n")
    .filter(Boolean);

export const inspected = (...ids) => JSON.parse(docker("inspect", ...ids));

/** Replaces all containers of a service as an update does, and waits until that is completed. */
export async function replace(service) {
  docker("service", "update", "--force", "--detach", `cineswarm_${service}`);
  const state = () => inspected(`cineswarm_${service}`)[0].UpdateStatus?.State;
  await until(() => state() === "completed", `the update of ${service}`, 150);
}

/** Kills the processes of a service's first container, as the kernel does when memory ends. */
export const kill = (service) => docker("kill", containers(service)[0]);

/** Waits until looking gives something; fails after so many seconds. */
export async function until(look, what, seconds = 90) {
  for (const end = Date.now() + seconds * 1000; ; await pause(200)) {
    const seen = await look();
    if (seen) return seen;
    assert.ok(Date.now() < end, `waited ${seconds} s for ${what}`);
  }
}

export const url = () => `http://${address}:8888`;
export const health = async () => (await fetch(`${url()}/health`, { signal: AbortSignal.timeout(4000) })).json();
export const ready = (seconds) =>
  until(async () => (await health().catch(() => null))?.status === "ready", "the farm to be ready", seconds);

// -- The broker, from its own network -----------------------------------------------------------------------------------------

/** Runs one of Mosquitto's clients beside the broker, as a user with the certificate `as`. */
export function mosquitto(program, user, { id, as = user, password, keys = secrets }, ...options) {
  const pid = inspected(containers("broker")[0])[0].State.Pid;
  const secret = password ?? readFileSync(join(secrets, `${user}.password`), "utf8").trim();
  const certificate = as === "operator" ? "broker" : as;
  const tls = ["--cafile", join(secrets, "ca.crt"), "--cert", join(keys, `${certificate}.crt`), "--key", join(keys, `${certificate}.key`)];
  const command = ["--net=/proc/" + pid + "/ns/net", program, "-h", "127.0.0.1", "-p", "1883", "-V", "5", "-u", user, "-P", secret, ...tls];
  return new Promise((resolve) => {
    execFile("nsenter", [...command, ...(id ? ["-i", id] : []), ...options], { maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }));
  });
}

/** The rows of mosquitto/roles.tsv: who may do what. */
export const roles = readFileSync(join(repository, "mosquitto/roles.tsv"), "utf8")
  .split("\n")
  .filter((line) => line && !line.startsWith("#"))
  .map((line) => line.split("\t"))
  .map(([role, access, topic]) => ({ role, access, topic: topic.replace(/^P\//, `${prefix}/`) }));

/** Whether the table lets a client of this role and id do `access` ("read" or "write") on a topic. */
export function mayDo(role, id, access, topic) {
  return roles.some((row) => {
    if (row.role !== role && row.role !== "self") return false;
    if (row.access !== "readwrite" && row.access !== access) return false;
    const [wanted, levels] = [row.topic.replace("%c", id).split("/"), topic.split("/")];
    for (const [index, level] of wanted.entries()) {
      if (level === "#") return true;
      if (level !== "+" && level !== levels[index]) return false;
    }
    return wanted.length === levels.length;
  });
}
