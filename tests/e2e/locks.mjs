// Keys for the tests of locked doors: made by scripts/secrets.sh, and spoilt by openssl where a test needs bad ones; and
// servers that ask for them.

import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

import { Process, freePort, listening, pause, within } from "./processes.mjs";

export const repository = fileURLToPath(new URL("../..", import.meta.url));

const folders = [];
process.once("exit", () => folders.forEach((made) => rmSync(made, { recursive: true, force: true })));

/** A folder of a test's own, removed at the end of the process. */
export function folder(name) {
  const made = mkdtempSync(join(tmpdir(), `cineswarm-${name}-`));
  folders.push(made);
  return made;
}

/** Runs scripts/secrets.sh; gives what it said. */
export const makeSecrets = (directory, ...options) =>
  execFileSync(join(repository, "scripts/secrets.sh"), ["--dir", directory, ...options], { encoding: "utf8" });

/** A certificate that ended yesterday, signed by the folder's CA, beside the good one. */
export function makeExpired(directory, name) {
  const at = (file) => join(directory, file);
  const extensions = at("expired.extensions");
  writeFileSync(extensions, `subjectAltName = DNS:localhost, IP:127.0.0.1\nextendedKeyUsage = serverAuth, clientAuth\n`);
  const request = at("expired.request");
  execFileSync("openssl", ["req", "-new", "-key", at(`${name}.key`), "-subj", `/CN=${name}`, "-out", request], { stdio: "pipe" });
  const signing = ["x509", "-req", "-in", request, "-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-set_serial", "7"];
  const out = at(`expired-${name}.crt`);
  execFileSync("openssl", [...signing, "-days", "-1", "-extfile", extensions, "-out", out], { stdio: "pipe" });
  return out;
}

/** Mosquitto with mosquitto/locked.conf, its paths and its port moved; `acl` is other text for its ACL. */
export class LockedMosquitto {
  static async start(secrets, { certificate = "broker.crt", acl } = {}) {
    const broker = new LockedMosquitto();
    broker.port = await freePort();
    const directory = folder("locked-broker");
    const aclFile = join(directory, "acl");
    writeFileSync(aclFile, acl ?? readFileSync(join(repository, "mosquitto/acl"), "utf8"));
    chmodSync(aclFile, 0o600);
    const configuration = readFileSync(join(repository, "mosquitto/locked.conf"), "utf8")
      .replace("listener 8883", `listener ${broker.port} 127.0.0.1`)
      .replace("secrets/broker.crt", `secrets/${certificate}`)
      .replaceAll("secrets/", `${secrets}/`)
      .replace("mosquitto/acl", aclFile);
    // The files are this user's, so Mosquitto stays this user.
    const user = process.getuid() === 0 ? "user root\n" : "";
    broker.file = join(directory, "mosquitto.conf");
    writeFileSync(broker.file, configuration + user);
    await broker.restart();
    return broker;
  }

  get url() {
    return `mqtts://127.0.0.1:${this.port}`;
  }

  async restart() {
    this.process = new Process("mosquitto", "mosquitto", ["-c", this.file]);
    await this.process.says(/ running/);
    await listening(this.port);
  }

  async stop() {
    await this.process.stop();
  }
}

/** PostgreSQL's programs, or null where it is not installed; in CI that is a failure. */
export function postgresPrograms() {
  const versions = "/usr/lib/postgresql";
  const found = existsSync(versions)
    ? readdirSync(versions).map((version) => join(versions, version, "bin")).filter((bin) => existsSync(join(bin, "initdb")))
    : [];
  assert.ok(found.length > 0 || !process.env.CI, "PostgreSQL is not installed; apt-get install postgresql");
  return found.sort().at(-1) ?? null;
}

/** PostgreSQL with its own folder and port; `hba` is its list of who may come in, and how. */
export class LockedPostgres {
  static async start(programs, secrets, { certificate = "postgres.crt", tls = true, hba } = {}) {
    const server = new LockedPostgres();
    const directory = folder("locked-postgres");
    const data = join(directory, "data");
    const owner = process.getuid() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};
    const give = (file) => owner.uid && chownSync(file, owner.uid, owner.gid);
    give(directory);
    for (const [from, to] of [[certificate, "server.crt"], ["postgres.key", "server.key"], ["ca.crt", "ca.crt"], ["postgres.password", "password"]]) {
      copyFileSync(join(secrets, from), join(directory, to));
      chmodSync(join(directory, to), 0o600);
      give(join(directory, to));
    }
    const password = join(directory, "password");
    const made = ["-A", "scram-sha-256", "-U", "cineswarm", "--pwfile", password, "-E", "UTF8", "--no-sync", "-D", data];
    execFileSync(join(programs, "initdb"), made, { ...owner, cwd: directory, stdio: "pipe" });
    if (hba) writeFileSync(join(data, "pg_hba.conf"), `${hba}\n`);
    server.port = await freePort();
    const settings = { ssl: tls ? "on" : "off", ssl_cert_file: join(directory, "server.crt"), ssl_key_file: join(directory, "server.key"), ssl_ca_file: join(directory, "ca.crt"), fsync: "off" };
    const set = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const setpriv = owner.uid ? ["setpriv", `--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"] : [];
    const command = [...setpriv, join(programs, "postgres"), "-h", "127.0.0.1", "-p", String(server.port), "-k", directory, "-D", data, ...set];
    server.process = new Process("postgres", command[0], command.slice(1), {}, { cwd: directory });
    await server.process.says(/ready to accept connections/);
    return server;
  }

  url(query) {
    return `postgres://cineswarm@127.0.0.1:${this.port}/postgres?${query}`;
  }

  async stop() {
    await this.process.stop("SIGINT");
  }
}

const idOf = (which) => Number(execFileSync("id", [which, "postgres"], { encoding: "utf8" }));

/** Waits until looking gives something. */
export async function until(look, what) {
  const looking = async () => {
    for (;;) {
      const seen = await look();
      if (seen) return seen;
      await pause(50);
    }
  };
  return within(looking(), what);
}

export const modeOf = (file) => statSync(file).mode & 0o777;
