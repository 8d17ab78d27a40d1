// The farm on one node: from nothing to an answer, changes and accidents under load, doors, backup, and the end. The steps
// are one story, so one that fails ends it. SHORT=1 leaves out the longer ones.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Viewer } from "../e2e/viewer.mjs";
import { pause } from "../e2e/processes.mjs";
import { makeSecrets } from "../e2e/locks.mjs";
import { underLoad } from "./load.mjs";
import * as farm from "./farm.mjs";
import { step } from "./steps.mjs";

const short = process.env.SHORT === "1";
const data = process.env.TEST_DATA;
const deploy = (...options) => farm.script("deploy.sh", "--secrets", farm.secrets, ...options);
const WORKER = "w-self";
const OTHER = "w-other";

/** Nothing that was acknowledged may be missing, and nothing fail. */
function nothingMissing(account) {
  const { asked, answered, in_part, failed, refused, lost, never_acknowledged } = account;
  assert.ok(asked > 20, `only ${asked} were asked`);
  assert.deepEqual(
    { answered, in_part, failed, refused, lost, never_acknowledged },
    { answered: asked, in_part: 0, failed: 0, refused: 0, lost: 0, never_acknowledged: 0 },
    `of what was asked: ${JSON.stringify(account)}`,
  );
}
const during = async (what, happens, options) => nothingMissing(await underLoad(farm.url(), what, happens, options));

describe("a farm on one node", () => {
  step("what is not there yet is said, and with which status", async () => {
    const { status, said } = await farm.script("verify.sh");
    assert.equal(status, 1);
    assert.match(said, /there is no stack cineswarm/);
    assert.equal((await deploy("--tag", "latest")).status, 2);
    const dry = await deploy("--dry-run", "--data", "demo");
    assert.equal(dry.status, 0);
    assert.equal(farm.docker("service", "ls", "-q"), "", "--dry-run changes nothing");
    assert.ok(!existsSync(join(farm.secrets, "ca.crt")), "--dry-run makes no keys");
  });

  step("from nothing: deployed and looked over", async () => {
    const started = Date.now();
    const { status, said } = await deploy("--data", data);
    assert.equal(status, 0, said);
    await farm.succeeds("verify.sh", "--workers", "2");
    const seconds = (Date.now() - started) / 1000;
    console.log(`MEASURED from deploy.sh to green: ${seconds.toFixed(1)} s`);
    assert.ok(seconds < Number(process.env.GREEN_WITHIN_S ?? 30), `it took ${seconds} s`);
  });

  step("it runs in PostgreSQL, on the dataset", async () => {
    const tables = farm.docker("exec", farm.containers("postgres")[0], "psql", "-h", "/var/run/postgresql", "-U", "cineswarm", "-tAc", "SELECT count(*) FROM requests");
    assert.ok(Number(tables) >= 1, `verify.sh's request is stored: ${tables}`);
    const { dataset } = await farm.health();
    assert.equal(dataset.name, data === "demo" ? "demo" : "ml-latest-small");
  });

  step("a browser's client is answered by two containers", async () => {
    const viewer = new Viewer(farm.url());
    await viewer.opened();
    const answer = await viewer.answered({ text: "films like Heat and Alien", n: 4 });
    const workers = [...new Set(answer.meta.workers.map((worker) => worker.worker_id))];
    assert.equal(workers.length, 2);
    const names = farm.inspected(...farm.containers("worker")).map((container) => container.Config.Labels["com.docker.swarm.task.id"]);
    for (const worker of workers) assert.ok(names.some((task) => worker.endsWith(task)), `${worker} is a container's task: ${names}`);
    assert.equal(answer.meta.coverage, 1);
    viewer.close();
  });

  step("deployed again, nothing changes; the data are not imported twice", async () => {
    const said = (await deploy("--data", data)).said;
    assert.match(said, /0 of 4 services change/);
    if (data !== "demo") assert.match(said, /data: .*unchanged/);
  });

  step("containers: no shell, no root, no capabilities, nothing to write, rotated logs", () => {
    for (const container of farm.inspected(...farm.containers())) {
      const { Config, HostConfig, Name } = container;
      assert.match(Config.User, /^\d{3,}:\d{3,}$/, `${Name} is not root`);
      assert.equal(HostConfig.ReadonlyRootfs, true, `${Name} cannot write`);
      assert.deepEqual(HostConfig.CapDrop, ["ALL"], Name);
      assert.deepEqual(HostConfig.LogConfig.Config, { "max-file": "3", "max-size": "10m" }, Name);
      assert.ok(HostConfig.Memory > 0 && HostConfig.NanoCpus > 0, `${Name} has limits`);
    }
    for (const service of ["broker", "master", "worker"]) {
      const shell = () => farm.docker("exec", farm.containers(service)[0], "/bin/sh", "-c", "true");
      assert.throws(shell, (error) => /no such file/i.test(error.stdout + error.stderr), `${service} has no shell`);
    }
    const labels = farm.inspected(farm.containers("master")[0])[0].Config.Labels;
    assert.match(labels["org.opencontainers.image.revision"], /^[0-9a-f]{40}$|^unknown$/);
  });

  step("images are small, and so is what runs while nobody asks", () => {
    const { REGISTRY, TAG } = process.env;
    for (const name of ["master", "worker", "mosquitto"]) {
      const bytes = farm.inspected(`${REGISTRY}/cineswarm-${name}:${TAG}`)[0].Size;
      console.log(`MEASURED image of ${name}: ${(bytes / 1e6).toFixed(1)} MB`);
    }
    const used = farm.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", ...farm.containers());
    for (const line of used.split("\n")) {
      const [name, memory] = line.split(" ");
      console.log(`MEASURED memory at rest of ${name.split(".").slice(0, 2).join(".")}: ${memory}`);
      assert.ok(memory.endsWith("MiB") && parseFloat(memory) < 128, line);
    }
  });

  describe("the doors", () => {
    const topics = [
      "master/status", "workers/register", "workers/status", "logs", "something/else",
      ...[WORKER, OTHER].flatMap((id) => ["status", "tasks", "control"].map((kind) => `workers/${id}/${kind}`)),
    ].map((topic) => `${farm.prefix}/${topic}`);
    // What everybody ignores, so that the farm goes on.
    const probe = (what) => JSON.stringify({ probe: what });

    step("every role writes the topics of its rows, and no others", async () => {
      for (const role of ["master", "worker", "operator"]) {
        const tried = topics.map(async (topic) => {
          const { status, stderr, stdout } = await farm.mosquitto("mosquitto_pub", role, { id: `${role}-${topics.indexOf(topic)}` }, "-t", topic, "-q", "1", "-m", probe("matrix"));
          return { topic, allowed: status === 0 && !/not authori[sz]ed/i.test(stderr + stdout) };
        });
        for (const { topic, allowed } of await Promise.all(tried)) {
          assert.equal(allowed, farm.mayDo(role, `${role}-${topics.indexOf(topic)}`, "write", topic), `${role} writes ${topic}`);
        }
      }
      const own = await farm.mosquitto("mosquitto_pub", "worker", { id: WORKER }, "-t", `${farm.prefix}/workers/${WORKER}/tasks`, "-q", "1", "-m", probe("own"));
      assert.ok(own.status === 0 && !/not authori[sz]ed/i.test(own.stderr), own.stderr);
    });

    step("every role reads the topics of its rows, and no others, though every subscription is granted", async () => {
      for (const role of ["master", "worker", "operator"]) {
        const reading = farm.mosquitto("mosquitto_sub", role, { id: WORKER }, "-t", `${farm.prefix}/#`, "-t", "$SYS/broker/uptime", "-F", "%t\t%p", "-W", "4");
        await pause(1000);
        // Whoever may write a topic does, so that there is something to be read on each.
        for (const topic of topics) {
          const writer = ["master", "worker"].find((one) => farm.mayDo(one, OTHER, "write", topic));
          if (writer) await farm.mosquitto("mosquitto_pub", writer, { id: OTHER }, "-t", topic, "-q", "1", "-m", probe(`to ${role}`));
        }
        const seen = new Set((await reading).stdout.split("\n").filter((line) => line.includes(`to ${role}`) || line.startsWith("$SYS")).map((line) => line.split("\t")[0]));
        for (const topic of topics.filter((one) => !one.endsWith("something/else"))) {
          assert.equal(seen.has(topic), farm.mayDo(role, WORKER, "read", topic), `${role} reads ${topic}`);
        }
        assert.equal(seen.has("$SYS/broker/uptime"), role === "operator", `${role} reads $SYS`);
      }
    });

    step("nobody gets in without a name, with a wrong password, or with a certificate of another authority", async () => {
      const options = ["-t", `${farm.prefix}/logs`, "-m", "x", "-q", "1"];
      const wrong = await farm.mosquitto("mosquitto_pub", "worker", { password: "wrong" }, ...options);
      assert.notEqual(wrong.status, 0);
      const strangers = join(process.env.CLUSTER, "strangers");
      makeSecrets(strangers);
      const strange = await farm.mosquitto("mosquitto_pub", "worker", { keys: strangers }, ...options);
      assert.notEqual(strange.status, 0);
      const right = await farm.mosquitto("mosquitto_pub", "worker", {}, ...options);
      assert.equal(right.status, 0, right.stderr);
    });

    step("from outside there is the page, and nothing else of the farm", async () => {
      const isOpen = (port) => new Promise((resolve) => {
        const socket = connect({ host: farm.address, port, timeout: 2000 });
        const end = (open) => { socket.destroy(); resolve(open); };
        socket.once("connect", () => end(true)).once("error", () => end(false)).once("timeout", () => end(false));
      });
      const open = [];
      for (let first = 1; first < 65536; first += 2048) {
        const ports = Array.from({ length: Math.min(2048, 65536 - first) }, (_, index) => first + index);
        const found = await Promise.all(ports.map(isOpen));
        open.push(...ports.filter((_, index) => found[index]));
      }
      // The test's registry, and Docker's own between nodes: management and gossip.
      assert.deepEqual(open.filter((port) => ![5000, 2377, 7946].includes(port)), [8888]);
    });

    step("no password is in what docker inspect shows, in an environment or in a log", () => {
      const passwords = readdirSync(farm.secrets).filter((name) => name.endsWith(".password")).map((name) => readFileSync(join(farm.secrets, name), "utf8").trim());
      assert.equal(passwords.length, 6);
      const services = farm.docker("service", "ls", "-q").split("\n");
      const places = new Map([
        ["docker inspect of containers", JSON.stringify(farm.inspected(...farm.containers()))],
        ["docker inspect of services", farm.docker("service", "inspect", ...services)],
      ]);
      for (const container of farm.inspected(...farm.containers())) {
        const { Pid } = container.State;
        places.set(`the environment of ${container.Name}`, readFileSync(`/proc/${Pid}/environ`, "latin1"));
        places.set(`the command line of ${container.Name}`, readFileSync(`/proc/${Pid}/cmdline`, "latin1"));
        places.set(`the log of ${container.Name}`, farm.docker("logs", container.Id));
      }
      for (const [place, text] of places) {
        assert.ok(text.length > 0 || place.startsWith("the log"), `${place} was read`);
        for (const password of passwords) assert.ok(!text.includes(password), `a password is in ${place}`);
      }
    });
  });

  step("workers are scaled up and down under load", async () => {
    await during("scale to 5 and back to 2", async () => {
      await farm.succeeds("scale.sh", "worker", short ? "3" : "5");
      const said = (await deploy()).said;
      assert.match(said, new RegExp(`with ${short ? 3 : 5} workers`), "a deployment keeps what was scaled");
      await farm.succeeds("scale.sh", "worker", "2");
    });
  });

  step("the number of workers follows the load, within its bounds and not too often", async () => {
    // A farm that says what it is told to say; the workers that are scaled are real.
    let queue = 0;
    const told = createServer((_, response) => response.end(JSON.stringify({
      queue_depth: queue, last_minute: { complete: 600, partial: 0 }, workers: { busy: queue ? 2 : 0, total: 2 },
    }))).listen(0, "127.0.0.1");
    await once(told, "listening");
    const url = `http://127.0.0.1:${told.address().port}`;
    const auto = (...options) => farm.succeeds("scale.sh", "worker", "--auto", "--url", url, "--interval", "1", ...options);
    assert.match(await auto("--rounds", "1"), /2 workers .*: as it is/);
    queue = 100;
    assert.match(await auto("--rounds", "1", "--dry-run"), /2 -> 4 workers: a wait of 10000 ms/);
    assert.match(await auto("--rounds", "2", "--max", "3"), /2 -> 3 workers: a wait of 10000 ms[\s\S]*3 workers .*: a wait of/);
    queue = 0;
    assert.match(await auto("--rounds", "7", "--max", "3", "--cooldown", "1"), /3 -> 2 workers: quiet for \d s/);
    told.close();
    await farm.until(() => farm.containers("worker").length === 2, "two workers");
    await farm.ready();
  });

  step("workers are replaced under load", async () => {
    await during("rolling update of the workers", () => farm.replace("worker"));
  });

  step("the master is replaced under load", async () => {
    await during("rolling update of the master", async (load) => {
      const answered = load.answered;
      await farm.replace("master");
      await farm.until(() => load.answered > answered + 20, "answers of the new master");
    });
  }, { long: true });

  for (const service of ["worker", "broker", "master", "postgres"]) {
    step(`${service} is killed under load`, async () => {
      await during(`${service} killed`, async (load) => {
        const victim = farm.kill(service);
        const answered = load.answered;
        await farm.until(() => farm.containers(service).length > 0 && !farm.containers(service).some((id) => victim.startsWith(id)), `another container of ${service}`);
        await farm.ready();
        await farm.until(() => load.answered > answered + 20, `answers after ${service} was killed`);
      });
    }, { long: service === "master" || service === "postgres" });
  }

  step("new passwords and certificates are handed out under load", async () => {
    const before = readFileSync(join(farm.secrets, "worker.password"), "utf8");
    await during("new passwords and certificates", async () => {
      await farm.succeeds("secrets.sh", "--dir", farm.secrets, "--new-passwords", "--renew");
      assert.notEqual(readFileSync(join(farm.secrets, "worker.password"), "utf8"), before);
      const { status, said } = await deploy();
      assert.equal(status, 0, said);
      assert.match(said, /1[34] new/);
    });
    await farm.succeeds("verify.sh");
  }, { long: true });

  step("a wrong password is rolled back by itself, which says why, and nobody notices", async () => {
    const wrong = join(process.env.CLUSTER, "wrong-secrets");
    cpSync(farm.secrets, wrong, { recursive: true });
    writeFileSync(join(wrong, "worker.password"), "0000000000000000");
    await during("a wrong password", async () => {
      const { status, said } = await farm.script("deploy.sh", "--secrets", wrong);
      assert.equal(status, 3, said);
      assert.match(said, /worker was rolled back by Swarm/);
      assert.match(said, /the broker knows no such user with this password/);
    });
    await farm.succeeds("verify.sh");
  });

  step("a backup that was made under load brings all of it back on an empty cluster", async () => {
    const viewer = new Viewer(farm.url());
    const session = await viewer.opened();
    const request = await viewer.ask({ text: "films like Jaws", n: 4 });
    const answer = await viewer.answer(request);
    const rated = await viewer.send("rate", { movie_id: answer.recommendations[0].movie_id, rating: 4.5 });
    assert.equal(rated.error, undefined, JSON.stringify(rated));
    const backups = join(process.env.CLUSTER, "backups");
    await during("a backup", () => farm.succeeds("backup.sh", "--to", backups, "--secrets", farm.secrets));
    viewer.close();
    const count = (table) => Number(farm.docker("exec", farm.containers("postgres")[0], "psql", "-h", "/var/run/postgresql", "-U", "cineswarm", "-tAc", `SELECT count(*) FROM ${table}`));
    const ratings = count("ratings");
    assert.ok(ratings >= 1);
    const { dataset } = await farm.health();

    await farm.succeeds("stop.sh", "--volumes", "--yes");
    assert.equal(farm.docker("volume", "ls", "-q", "--filter", "name=cineswarm"), "", "everything is gone");
    const [backup] = readdirSync(backups);
    const restored = join(process.env.CLUSTER, "restored-secrets");
    await farm.succeeds("restore.sh", join(backups, backup), "--secrets", restored);
    assert.equal(readFileSync(join(restored, "ca.crt"), "utf8"), readFileSync(join(farm.secrets, "ca.crt"), "utf8"));
    assert.deepEqual((await farm.health()).dataset, dataset);
    assert.equal(count("ratings"), ratings);
    // The browser that was there comes back with its session, and is told what it had been told.
    const again = new Viewer(farm.url(), { session: session.session_id, offset: 0 });
    assert.equal((await again.opened()).session_id, session.session_id);
    const replayed = await again.answer(request);
    assert.deepEqual(replayed.recommendations, answer.recommendations);
    again.close();
    await farm.succeeds("verify.sh");
  }, { long: true });

  step("stopped, it leaves its volumes and nothing else, and says so", async () => {
    const said = await farm.succeeds("stop.sh");
    assert.match(said, /kept, with all data: cineswarm_master-data cineswarm_postgres-data/);
    for (const [kind, ...list] of [["container", "ps", "-aq"], ["service", "service", "ls", "-q"], ["secret", "secret", "ls", "-q"], ["config", "config", "ls", "-q"]]) {
      assert.equal(farm.docker(...list), "", `a ${kind} is left`);
    }
    assert.doesNotMatch(farm.docker("network", "ls", "--format", "{{.Name}}"), /cineswarm/);
    assert.match(farm.docker("volume", "ls", "-q"), /cineswarm_master-data\ncineswarm_postgres-data/);
  });

  step("compose.yml starts the same images", async (context) => {
    const compose = ["docker-compose", "docker compose"].find((command) => spawnSync("sh", ["-c", `${command} version`]).status === 0);
    if (!compose) return context.skip("there is no Docker Compose here");
    const { REGISTRY, TAG } = process.env;
    for (const name of ["master", "worker", "mosquitto"]) farm.docker("tag", `${REGISTRY}/cineswarm-${name}:${TAG}`, `cineswarm-${name}:dev`);
    const run = (command) => {
      const { status, stdout, stderr } = spawnSync("sh", ["-c", `${compose} ${command}`], { cwd: farm.repository, encoding: "utf8" });
      assert.equal(status, 0, `${compose} ${command}: ${stdout}${stderr}`);
    };
    run("up -d --no-build --scale worker=3");
    try {
      await farm.ready();
      assert.equal((await farm.health()).workers.total, 3);
    } finally {
      run("down --volumes --timeout 5");
    }
  }, { long: true });
});
