// Locked doors: broker, gRPC and database with certificates that are right, expired, of a stranger, or missing; what the
// broker's ACL withholds; secrets that nobody sees; and keys that are changed while everything runs.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";

import { BROKER, binary } from "./harness.mjs";
import { invent } from "./datasets.mjs";
import { LockedMosquitto, LockedPostgres, folder, makeExpired, makeSecrets, modeOf, postgresPrograms, repository, until } from "./locks.mjs";
import { Process, freePort, run } from "./processes.mjs";

// The broker is always a Mosquitto: the embedded one listens to its own machine only, and locks nothing.
const once = { skip: BROKER === "embedded" && "these tests are the same with either broker" };

const secrets = folder("secrets");
const strangers = folder("strangers");
const data = folder("locked-data");
const at = (name) => join(secrets, name);
let running = [];
let dataFolder;

const start = (name, args, environment) => {
  const process = new Process(name, binary(), args.map(String), environment);
  running.push(process);
  return process;
};
const stopAll = async () => {
  const all = running;
  running = [];
  await Promise.all(all.map((process) => process.stop()));
  for (const { name, log } of all) assert.ok(!/panicked/.test(log), `${name} panicked:\n${log}`);
};

const brokerKeys = (user) => ({
  BROKER_USER: user,
  BROKER_PASSWORD_FILE: at(`${user}.password`),
  BROKER_CA: at("ca.crt"),
  BROKER_CERT: at(`${user}.crt`),
  BROKER_KEY: at(`${user}.key`),
});
const grpcKeys = (user) => ({ GRPC_CA: at("ca.crt"), GRPC_CERT: at(`${user}.crt`), GRPC_KEY: at(`${user}.key`) });

async function startMaster(broker, environment = {}) {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const common = { LISTEN: "127.0.0.1", GRPC_ENDPOINT: `https://localhost:${grpcPort}`, ...brokerKeys("master"), ...grpcKeys("master") };
  const args = ["master", "--port", port, "--grpc-port", grpcPort, "--data-dir", dataFolder, "--data", "films", "--broker", broker.url];
  const master = start("master", args, { ...common, ...environment });
  return Object.assign(master, { port, grpcPort, url: `http://127.0.0.1:${port}` });
}
const startWorker = (broker, environment = {}, id = "worker-1") =>
  start(id, ["worker", "--broker", broker.url, "--id", id], { ...brokerKeys("worker"), ...grpcKeys("worker"), ...environment });

describe("locked doors", once, () => {
  let expired;
  before(async () => {
    makeSecrets(secrets);
    makeSecrets(strangers);
    expired = Object.fromEntries(["broker", "master", "worker", "postgres"].map((name) => [name, makeExpired(secrets, name)]));
    dataFolder = join(data, "films");
    await run(binary(), ["data", "import", invent(), "--name", "films", "--data-dir", dataFolder]);
  });

  describe("what scripts/secrets.sh makes", () => {
    test("is for its owner alone, stays when it is run again, and only certificates are renewed", () => {
      const directory = folder("made");
      makeSecrets(directory);
      const names = ["ca.key", "broker.key", "master.password", "mosquitto.passwd"];
      for (const name of names) assert.equal(modeOf(join(directory, name)), 0o600, name);
      const read = (name) => readFileSync(join(directory, name), "utf8");
      const kept = ["ca.crt", "master.password", "mosquitto.passwd"].map((name) => [name, read(name)]);
      const certificate = read("broker.crt");
      assert.equal(makeSecrets(directory), "", "it makes nothing twice");
      assert.equal(read("broker.crt"), certificate);
      makeSecrets(directory, "--renew", "--days", "3");
      assert.notEqual(read("broker.crt"), certificate);
      for (const [name, content] of kept) assert.equal(read(name), content, name);
      assert.ok(!read("mosquitto.passwd").includes(read("master.password").trim()), "passwords are hashed");
    });
  });

  describe("the broker", () => {
    const cases = [
      ["right keys connect", {}, {}, /connected to mqtts:\/\/127\.0\.0\.1:\d+/],
      ["a broker whose certificate has expired", { certificate: "expired-broker.crt" }, {}, /the certificate of the broker has expired; renew it/],
      ["a broker of another CA", {}, () => ({ BROKER_CA: join(strangers, "ca.crt") }), /not signed by the CA of --broker-ca/],
      ["no certificate of the client", {}, { BROKER_CERT: undefined, BROKER_KEY: undefined }, /the broker asks for a certificate; give --broker-cert and --broker-key/],
      ["a client's certificate that has expired", {}, () => ({ BROKER_CERT: expired.worker }), /the certificate of --broker-cert has expired/],
      ["a client's certificate of another CA", {}, () => ({ BROKER_CERT: join(strangers, "worker.crt"), BROKER_KEY: join(strangers, "worker.key") }), /the broker does not know the CA that signed the certificate of --broker-cert/],
      ["a wrong password", {}, () => ({ BROKER_PASSWORD_FILE: at("operator.password") }), /knows no such user with this password/],
    ];
    after(stopAll);
    for (const [name, brokerOptions, environment, says] of cases) {
      test(name, async () => {
        const broker = await LockedMosquitto.start(secrets, brokerOptions);
        const worker = startWorker(broker, typeof environment === "function" ? environment() : environment);
        await worker.says(says);
        await stopAll();
        await broker.stop();
      });
    }

    test("a deployment with a wrong password is seen: who was never taken is not live, and says why", async () => {
      const broker = await LockedMosquitto.start(secrets);
      const wrong = { BROKER_PASSWORD_FILE: at("operator.password") };
      const port = await freePort();
      startWorker(broker, { ...wrong, HEALTH_LISTEN: `127.0.0.1:${port}` });
      const master = await startMaster(broker, wrong);
      for (const url of [`http://127.0.0.1:${port}`, master.url]) {
        const live = () => fetch(`${url}/health/live`).catch(() => null);
        const refused = await until(async () => { const answer = await live(); return answer?.status === 503 && answer; }, `${url} not to be live`);
        assert.match(await refused.text(), /knows no such user with this password/);
      }
      await stopAll();
      await broker.stop();
    });

    test("who was taken once stays live while the broker knows it no more", async () => {
      const broker = await LockedMosquitto.start(secrets);
      const port = await freePort();
      const worker = startWorker(broker, { HEALTH_LISTEN: `127.0.0.1:${port}` });
      await worker.says(/connected to mqtts/);
      const users = at("mosquitto.passwd");
      const known = readFileSync(users, "utf8");
      writeFileSync(users, known.split("\n").filter((line) => !line.startsWith("worker:")).join("\n"));
      try {
        await broker.stop();
        await broker.restart();
        await worker.says(/knows no such user with this password/);
        assert.equal((await fetch(`http://127.0.0.1:${port}/health/live`)).status, 200);
      } finally {
        writeFileSync(users, known);
      }
      await stopAll();
      await broker.stop();
    });

    test("TLS at a port of plaintext", async () => {
      const port = await freePort();
      const plain = new Process("mosquitto", "mosquitto", ["-p", String(port)]);
      await plain.says(/ running/);
      await startWorker({ url: `mqtts://127.0.0.1:${port}` }).says(/may speak plaintext at this port/);
      await stopAll();
      await plain.stop();
    });

    test("keys that cannot be used end the program with the reason", async () => {
      const broker = { url: "mqtts://127.0.0.1:1" };
      for (const [environment, says] of [
        [{ BROKER_KEY: at("master.key") }, /cannot be used with the key/],
        [{ BROKER_CA: at("nothing.crt") }, /cannot read the CA certificate .*nothing\.crt: No such file/],
        [{ BROKER_CERT: undefined }, /is given without its certificate/],
        [{ BROKER_PASSWORD_FILE: at("nothing") }, /cannot read BROKER_PASSWORD_FILE=/],
      ]) {
        const worker = startWorker(broker, environment);
        assert.equal((await worker.ended).code, 1);
        assert.match(worker.log, says);
      }
      await stopAll();
    });
  });

  describe("gRPC", () => {
    let broker, master;
    before(async () => {
      broker = await LockedMosquitto.start(secrets);
      master = await startMaster(broker);
      await master.says(/workers call https:/);
    });
    after(async () => {
      await stopAll();
      await broker.stop();
    });

    test("right keys: the worker fetches its shards, and says that it is ready to whoever asks", async () => {
      const port = await freePort();
      const worker = startWorker(broker, { HEALTH_LISTEN: `127.0.0.1:${port}` });
      const url = `http://127.0.0.1:${port}`;
      await until(async () => (await fetch(`${url}/health/ready`).catch(() => null))?.status === 200, "the worker to be ready");
      // Plaintext needs no CA, and this program finds none.
      const nowhere = { SSL_CERT_FILE: "/nowhere", SSL_CERT_DIR: "/nowhere" };
      assert.match(await run(binary(), ["health", "--url", url, "--ready"], nowhere), /"ready":true/);
      assert.match(await run(binary(), ["health", "--url", url, "--live"], nowhere), /"denied":\[\]/);
      assert.match(await run(binary(), ["health", "--url", master.url], nowhere), /ready/);
      assert.equal(await worker.stop(), 0);
    });

    const cases = [
      ["no certificate of the worker", { GRPC_CERT: undefined, GRPC_KEY: undefined }, /the master asks for a certificate; give --grpc-cert and --grpc-key/],
      ["a worker's certificate that has expired", () => ({ GRPC_CERT: expired.worker }), /the certificate of --grpc-cert has expired/],
      ["a worker's certificate of another CA", () => ({ GRPC_CERT: join(strangers, "worker.crt"), GRPC_KEY: join(strangers, "worker.key") }), /the master (does not know the CA|refused the connection)/],
      ["a master of another CA", () => ({ GRPC_CA: join(strangers, "ca.crt") }), /not signed by the CA of --grpc-ca/],
      ["no CA for a master that asks for TLS", { GRPC_CA: undefined, GRPC_CERT: undefined, GRPC_KEY: undefined }, /asks for TLS; give this worker the CA of the master's certificate by --grpc-ca/],
    ];
    for (const [name, environment, says] of cases) {
      test(name, async () => {
        const worker = startWorker(broker, typeof environment === "function" ? environment() : environment);
        await worker.says(says);
        running = running.filter((one) => one !== worker);
        await worker.stop();
      });
    }

    test("a certificate renewed on disk is shown to the next connection, without a restart", async () => {
      const fingerprint = () =>
        new Promise((resolve, reject) => {
          const keys = { ca: readFileSync(at("ca.crt")), cert: readFileSync(at("worker.crt")), key: readFileSync(at("worker.key")) };
          const socket = connectTls({ host: "localhost", port: master.grpcPort, ALPNProtocols: ["h2"], ...keys }, () => {
            resolve(socket.getPeerCertificate().fingerprint256);
            socket.destroy();
          });
          socket.once("error", reject);
        });
      const worker = startWorker(broker);
      await worker.says(/assigned \d+ shards/);
      const old = await fingerprint();
      makeSecrets(secrets, "--renew");
      assert.notEqual(await fingerprint(), old);
      await master.says(/certificates were read again/);
      // The worker's own come into use with its next connection.
      await broker.stop();
      await broker.restart();
      await worker.says(/certificates were read again/);
      await until(() => (worker.log.match(/connected to mqtts/g) ?? []).length === 2, "the worker to connect again");
      assert.ok(!worker.end && !master.end);
    });
  });

  describe("a master", () => {
    after(stopAll);
    test("whose certificate has expired gets no worker, who says why", async () => {
      const broker = await LockedMosquitto.start(secrets);
      makeExpired(secrets, "master");
      await startMaster(broker, { GRPC_CERT: expired.master });
      await startWorker(broker).says(/the certificate of the master has expired; renew it/);
      await stopAll();
      await broker.stop();
    });

    test("does not start with an endpoint that is not what its port is", async () => {
      for (const [environment, says] of [
        [{ GRPC_CA: undefined, GRPC_CERT: undefined, GRPC_KEY: undefined }, /--grpc-endpoint is "https:.*there is no --grpc-cert/],
        [{ GRPC_ENDPOINT: "http://localhost:50051" }, /write https:\/\//],
        [{ GRPC_CERT: undefined, GRPC_KEY: undefined }, /a server needs both/],
      ]) {
        const master = await startMaster({ url: "mqtts://127.0.0.1:1" }, environment);
        assert.equal((await master.ended).code, 1);
        assert.match(master.log, says);
      }
      running = [];
    });

    test("opens a socket only to pages of its own host and those that are named, and says its heartbeat", async () => {
      const broker = await LockedMosquitto.start(secrets);
      const master = await startMaster(broker, { ALLOWED_ORIGINS: "https://films.example", HEARTBEAT_INTERVAL: "0.3" });
      await master.says(/workers call/);
      const status = (origin) =>
        new Promise((resolve, reject) => {
          const headers = origin ? { Origin: origin } : {};
          request(`${master.url}/socket.io/?EIO=4&transport=polling`, { headers }, (response) => {
            response.resume();
            resolve(response.statusCode);
          }).once("error", reject).end();
        });
      assert.equal(await status("https://evil.example"), 403);
      assert.equal(await status("null"), 403);
      for (const origin of [undefined, master.url, "https://films.example"]) assert.equal(await status(origin), 200, origin);

      const health = `127.0.0.1:${await freePort()}`;
      startWorker(broker, { HEALTH_LISTEN: health });
      await until(async () => (await fetch(`http://${health}/health/ready`).catch(() => null))?.status === 200, "the worker to be ready");
      const keys = ["--cafile", at("ca.crt"), "--cert", at("master.crt"), "--key", at("master.key"), "-u", "operator", "-P", readFileSync(at("operator.password"), "utf8").trim()];
      const heard = new Process("mosquitto_sub", "stdbuf", ["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", String(broker.port), ...keys, "-t", "cineswarm/workers/status", "-t", "cineswarm/master/status"]);
      await heard.says(/"heartbeat_ms":300/);
      // Nothing changes any more, so what comes is the heartbeat.
      const [began, before] = [Date.now(), heard.log.length];
      await until(() => (heard.log.slice(before).match(/"state":"idle"/g) ?? []).length >= 8, "eight heartbeats");
      assert.ok(Date.now() - began < 10_000, "eight heartbeats of 0.3 s take far less than as many of 2 s");
      await heard.stop();
      await stopAll();
      await broker.stop();
    });
  });

  describe("the broker's ACL", () => {
    const acl = readFileSync(join(repository, "mosquitto/acl"), "utf8");
    const without = (line, instead = "") => {
      assert.ok(acl.includes(line), line);
      return acl.replace(line, instead);
    };
    after(stopAll);
    const cases = [
      ["a topic it may not write", without("topic write cineswarm/workers/register\n"), /does not let this client publish on "cineswarm\/workers\/register"/],
      ["its log", without("topic write cineswarm/workers/status\ntopic write cineswarm/logs\n", "topic write cineswarm/workers/status\n"), /does not let this client publish on "cineswarm\/logs"/],
      ["orders it may not read, which Mosquitto grants in silence", without("pattern readwrite cineswarm/workers/%c/control", "pattern write cineswarm/workers/%c/control"), /does not let this client read "cineswarm\/workers\/worker-1\/control"/],
    ];
    for (const [name, text, says] of cases) {
      test(`a worker says what it is denied: ${name}`, async () => {
        const broker = await LockedMosquitto.start(secrets, { acl: text });
        const master = await startMaster(broker);
        await master.says(/workers call/);
        const port = await freePort();
        await startWorker(broker, { HEALTH_LISTEN: `127.0.0.1:${port}` }).says(says);
        const denied = async () => {
          const health = await (await fetch(`http://127.0.0.1:${port}/health/live`)).json();
          return health.denied.length > 0 && health;
        };
        assert.match((await until(denied, "health to tell of it")).denied.join(), says);
        await stopAll();
        await broker.stop();
      });
    }

    test("a master says that it may not read what workers say", async () => {
      const broker = await LockedMosquitto.start(secrets, { acl: without("topic readwrite cineswarm/workers/register", "topic write cineswarm/workers/register") });
      await (await startMaster(broker)).says(/does not let this client read "cineswarm\/workers\/register"/);
      await stopAll();
      await broker.stop();
    });

    test("with the project's own nobody is denied anything, and another worker's topics are", async () => {
      const broker = await LockedMosquitto.start(secrets);
      const master = await startMaster(broker);
      await master.says(/workers call/);
      const worker = startWorker(broker);
      await worker.says(/registered with master/);
      await until(async () => (await (await fetch(`${master.url}/health`)).json()).ready !== false, "the farm to be ready");
      const keys = ["--cafile", at("ca.crt"), "--cert", at("worker.crt"), "--key", at("worker.key"), "-u", "worker", "-P", readFileSync(at("worker.password"), "utf8").trim()];
      const stranger = ["-h", "127.0.0.1", "-p", String(broker.port), ...keys, "-V", "5", "-q", "1", "-i", "worker-2", "-t", "cineswarm/workers/worker-1/control", "-m", '{"order":"drain"}'];
      const sent = new Process("mosquitto_pub", "mosquitto_pub", ["-d", ...stranger]);
      await sent.ended;
      assert.match(sent.log, /RC:135/);
      for (const one of [master, worker]) assert.ok(!/does not let this client/.test(one.log), one.log);
      await stopAll();
      await broker.stop();
    });
  });

  describe("PostgreSQL", () => {
    const programs = once.skip ? null : postgresPrograms();
    const skip = { skip: programs === null && "PostgreSQL is not installed" };
    after(stopAll);
    const startWith = async (url, environment = {}) =>
      startMaster({ url: "mqtts://127.0.0.1:1" }, { DATABASE_URL: url, DATABASE_PASSWORD_FILE: at("postgres.password"), ...environment });
    const opens = async (url) => {
      const master = await startWith(url);
      await master.says(/workers call/);
      running = running.filter((one) => one !== master);
      await master.stop();
    };
    const says = async (url, reason) => {
      const master = await startWith(url);
      assert.equal((await master.ended).code, 1, master.log);
      running = running.filter((one) => one !== master);
      assert.match(master.log, reason);
      assert.ok(!master.log.includes(readFileSync(at("postgres.password"), "utf8").trim()));
    };
    const ca = () => `sslrootcert=${at("ca.crt")}`;
    const keys = () => `sslcert=${at("master.crt")}&sslkey=${at("master.key")}`;

    test("every sslmode that can connect connects, to a server with TLS and to one without", skip, async () => {
      const wantsTls = await LockedPostgres.start(programs, secrets, { hba: "hostssl all all 127.0.0.1/32 scram-sha-256" });
      for (const mode of ["allow", "prefer", "require"]) await opens(wantsTls.url(`sslmode=${mode}`));
      for (const mode of ["verify-ca", "verify-full"]) await opens(wantsTls.url(`sslmode=${mode}&${ca()}`));
      await wantsTls.stop();
      const plain = await LockedPostgres.start(programs, secrets, { tls: false });
      for (const mode of ["disable", "allow", "prefer"]) await opens(plain.url(`sslmode=${mode}`));
      await plain.stop();
    });

    test("what cannot connect says why", skip, async () => {
      // Its key may have been renewed since.
      makeExpired(secrets, "postgres");
      const mutual = "hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca";
      const [good, old, plain, both] = await Promise.all([
        LockedPostgres.start(programs, secrets, { hba: "hostssl all all 127.0.0.1/32 scram-sha-256" }),
        LockedPostgres.start(programs, secrets, { certificate: "expired-postgres.crt" }),
        LockedPostgres.start(programs, secrets, { tls: false }),
        LockedPostgres.start(programs, secrets, { hba: mutual }),
      ]);
      await opens(both.url(`sslmode=verify-full&${ca()}&${keys()}`));
      // Each waits half a minute for a server that might still come.
      await Promise.all([
        says(good.url("sslmode=disable"), /no encryption|no pg_hba.conf entry/),
        says(good.url(`sslmode=verify-full&sslrootcert=${join(strangers, "ca.crt")}`), /UnknownIssuer/),
        says(good.url("sslmode=verify-full"), /UnknownIssuer/),
        says(old.url(`sslmode=verify-full&${ca()}`), /expired/i),
        says(plain.url("sslmode=require"), /server does not support TLS/),
        says(both.url(`sslmode=verify-full&${ca()}`), /certificate/i),
      ]);
      await Promise.all([good, old, plain, both].map((server) => server.stop()));
    });
  });

  describe("a secret", () => {
    const hidden = "swordfish-4711";
    after(stopAll);

    test("given by a file is in no environment, command line or log", async () => {
      const broker = await LockedMosquitto.start(secrets);
      const master = await startMaster(broker, { RUST_LOG: "debug" });
      const worker = startWorker(broker, { RUST_LOG: "debug" });
      await worker.says(/registered with master/);
      for (const process of [master, worker]) {
        const user = process.name === "master" ? "master" : "worker";
        const password = readFileSync(at(`${user}.password`), "utf8").trim();
        for (const place of ["environ", "cmdline"]) {
          assert.ok(!readFileSync(`/proc/${process.child.pid}/${place}`, "latin1").includes(password), place);
        }
        assert.ok(!process.log.includes(password), `${process.name}'s log`);
      }
      await stopAll();
      await broker.stop();
    });

    test("is shown by no --help and no error", async () => {
      const environment = {
        BROKER_URL: `mqtt://farm:${hidden}@127.0.0.1:1`,
        DATABASE_URL: `postgres://farm:${hidden}@127.0.0.1:1/films`,
        BROKER_PASSWORD: hidden,
        DATABASE_PASSWORD: hidden,
      };
      for (const command of ["master", "worker", "up"]) {
        const help = await run(binary(), [command, "--help"], environment);
        assert.match(help, /BROKER_URL/);
        assert.ok(!help.includes(hidden), `${command} --help`);
      }
      const wrong = [
        [["worker"], { BROKER_URL: `mqtt://farm:${hidden}@host:99999999` }],
        [["worker"], { BROKER_URL: `farm:${hidden}@host` }],
        [["worker"], { BROKER_PASSWORD: hidden }],
        [["worker", "--broker", `http://farm:${hidden}@host`], {}],
        [["master", "--data-dir", dataFolder, "--data", "films"], { DATABASE_URL: `postgres://farm:${hidden}@host:99999999/films` }],
        [["master", "--data-dir", dataFolder, "--data", "films"], { DATABASE_URL: `${hidden}://host` }],
        [["master", "--data-dir", dataFolder, "--data", "films"], { DATABASE_URL: `postgres://farm:${hidden}@host/films`, DATABASE_PASSWORD: hidden }],
      ];
      for (const [args, variables] of wrong) {
        const process = start(args[0], args, { LISTEN: "127.0.0.1", PORT: "0", GRPC_PORT: "0", RUST_LOG: "debug", ...variables });
        assert.notEqual((await process.ended).code, 0, JSON.stringify([args, variables]));
        assert.ok(process.log.length > 0 && !process.log.includes(hidden), process.log);
      }
      running = [];
    });
  });
});
