// The farm on three nodes, each of which is cut off in turn for 30 s while it is asked: the answers go on, or wait and
// come; afterwards all is covered again and nothing is there twice.

import { describe } from "node:test";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import assert from "node:assert/strict";

import { pause } from "../e2e/processes.mjs";
import { underLoad } from "./load.mjs";
import * as farm from "./farm.mjs";
import { step } from "./steps.mjs";

const CUT_MS = 30_000;
const cluster = (...args) => execFileSync(join(farm.repository, "tests/swarm/cluster.sh"), args, { encoding: "utf8" }).trim();

/** Which node each running task of a service is on. */
const nodesOf = (service) =>
  farm.docker("service", "ps", `cineswarm_${service}`, "--filter", "desired-state=running", "--format", "{{.Node}} {{.CurrentState}}")
    .split("\n")
    .filter((line) => / Running/.test(line))
    .map((line) => line.split(" ")[0]);
const status = (node) => farm.docker("node", "ls", "--format", "{{.Hostname}} {{.Status}}").split("\n").find((line) => line.startsWith(`${node} `))?.split(" ")[1];

function nothingMissing(account, atLeast = 50) {
  const { asked, answered, failed, refused, lost, never_acknowledged } = account;
  assert.ok(asked > atLeast, `only ${asked} were asked`);
  assert.deepEqual({ answered, failed, refused, lost, never_acknowledged }, { answered: asked, failed: 0, refused: 0, lost: 0, never_acknowledged: 0 }, JSON.stringify(account));
}

/** Takes a node's cable out for a while under load. */
async function cutOff(number, what) {
  const account = await underLoad(farm.url(), what, async () => {
    cluster("cut", String(number));
    await pause(CUT_MS);
    cluster("mend", String(number));
    await farm.until(() => status(`n${number}`) === "Ready", `n${number} to be back`, 60);
    await farm.ready();
  });
  nothingMissing(account);
}

describe("a farm on three nodes", () => {
  step("it spreads: state on the labelled node, workers on all", async () => {
    const { status, said } = await farm.script("deploy.sh", "--secrets", farm.secrets, "--data", process.env.TEST_DATA);
    assert.equal(status, 1, "which node has the volumes is not guessed");
    assert.match(said, /say it with --state-node/);
    await farm.succeeds("deploy.sh", "--secrets", farm.secrets, "--data", process.env.TEST_DATA, "--state-node", "n1", "--workers", "3");
    await farm.succeeds("verify.sh", "--workers", "3");
    assert.deepEqual(nodesOf("worker").sort(), ["n1", "n2", "n3"]);
    for (const service of ["broker", "master", "postgres"]) assert.deepEqual(nodesOf(service), ["n1"], service);
  });

  step("a worker's node is cut off, and comes back; rebalance.sh puts it to work", async () => {
    await cutOff(3, "a worker's node cut off for 30 s");
    await farm.until(() => nodesOf("worker").length === 3, "three workers");
    assert.ok(!nodesOf("worker").includes("n3"), "Swarm moves nothing back by itself");
    const account = await underLoad(farm.url(), "rebalance", () => farm.succeeds("rebalance.sh"));
    nothingMissing(account, 10);
    assert.deepEqual(nodesOf("worker").sort(), ["n1", "n2", "n3"]);
    await farm.succeeds("verify.sh", "--workers", "3");
  });

  step("nothing is there twice", async () => {
    // Whom rebalance.sh has moved says goodbye, and whom the cut has taken is given up, within some heartbeats.
    await farm.until(async () => (await farm.health()).workers.total === 3, "three workers and no more at the master", 30);
    for (const service of ["broker", "master", "postgres"]) assert.equal(nodesOf(service).length, 1, service);
  });

  step("the node of the manager, the broker and the database is cut off from the others", async () => {
    // The clients lose sight of the page as well, so what they ask waits for it.
    await cutOff(1, "the manager's node cut off for 30 s");
    await farm.until(() => nodesOf("worker").length === 3, "three workers");
    await farm.ready();
  }, { long: true });
});
