// Another dataset is served without a restart: the same process, the same ports, nothing acknowledged is lost, and what is
// asked after it is answered from the other dataset, to the bit. A film that is added is found, rated and recommended.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Farm, binary } from "./harness.mjs";
import { invent } from "./datasets.mjs";
import { pause, run, within } from "./processes.mjs";
import { Reference } from "./reference.mjs";

const QUIET = { RUST_LOG: "warn" };
const ASKED = [1, 2, 3, 77, 250];

/** The first films and users of an invented folder, as a dataset of its own. */
function part(of, films, users) {
  const directory = mkdtempSync(join(tmpdir(), "cineswarm-part-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const rows = (file, keeps) => readFileSync(join(of, file), "utf8").split("\n").filter((row, at) => at === 0 || keeps(row.split(",").map(Number)));
  writeFileSync(join(directory, "movies.csv"), rows("movies.csv", ([film]) => film <= films).join("\n"));
  writeFileSync(join(directory, "ratings.csv"), rows("ratings.csv", ([user, film]) => film <= films && user <= users).join("\n"));
  return directory;
}

const scores = (list) => list.map(({ movie_id, score, neighbours }) => ({ movie_id, score, neighbours }));

const large = invent();
const small = part(large, 150, 320);
const references = new Map([large, small].map((data) => [data, new Reference(data)]));
/** A user's answer from a dataset, by what they had rated in another one when they asked. */
const expected = (data, user, askedOf = data) => {
  const reference = references.get(data);
  const own = references.get(askedOf).users.get(user);
  return scores(reference.recommendations(own, reference.neighbours(own, { exclude: user })).slice(0, 10));
};

describe("a master that is told to serve another dataset", () => {
  let farm, viewer, startedWith;
  const command = (...args) => run(binary(), ["data", ...args, "--data-dir", farm.directory], QUIET);
  const served = async () => (await farm.health()).body.dataset;

  before(async () => {
    farm = await Farm.start({ data: large, processes: true });
    await command("import", small, "--name", "small");
    startedWith = (await served()).name;
    viewer = await farm.visit();
    await farm.settled(viewer, farm.workers.keys());
  });
  after(() => farm?.stop());

  async function answersAreOf(data) {
    for (const user of ASKED) assert.deepEqual(scores((await viewer.answered({ user_id: user })).recommendations), expected(data, user), `user ${user}`);
  }

  test("answers all that it acknowledged, once, goes on in the same process, and refuses nobody in between", async () => {
    await answersAreOf(large);
    const before = await served();
    for (const worker of farm.workers.values()) await worker.freeze();
    const underWay = await Promise.all(ASKED.map((user_id) => viewer.ask({ user_id })));
    assert.deepEqual(underWay.map((id) => viewer.endings(id)), ASKED.map(() => 0), "nobody computes them yet");
    let switched = false;
    const refused = [];
    const looking = (async () => {
      // A connection each, that no earlier one is taken for it.
      for (; !switched; await pause(5)) {
        const looked = fetch(`${farm.url}/health/live`, { headers: { connection: "close" } });
        // Who is being answered by the one that stops may be cut off; nobody finds the port closed.
        await looked.then((response) => response.text()).catch((error) => refused.push(error.cause?.code));
      }
    })();
    const said = await command("switch", "small");
    switched = true;
    await looking;
    assert.ok(!refused.includes("ECONNREFUSED"), refused.join());
    for (const worker of farm.workers.values()) worker.signal("SIGCONT");
    const now = await served();
    assert.equal(now.name, "small");
    assert.match(said, /small: is served now/);
    assert.ok(said.includes(now.version), said);
    const ends = await Promise.all(underWay.map((id) => viewer.answer(id)));
    for (const [at, { recommendations }] of ends.entries()) assert.deepEqual(scores(recommendations), expected(small, ASKED[at], large));
    await answersAreOf(small);
    assert.deepEqual(underWay.map((id) => viewer.endings(id)), ASKED.map(() => 1));
    assert.notEqual(now.version, before.version);
    assert.deepEqual([viewer.session.dataset.name, viewer.session.resumed], ["small", true]);
    assert.equal(farm.master.end, undefined, "the process goes on");
  });

  test("is told of no dataset that does not exist, and serves what it served", async () => {
    await assert.rejects(command("switch", "nowhere"), /no dataset called "nowhere".*there are: .*small.*data import/s);
    assert.equal((await served()).name, "small");
  });

  test("goes on with what it served where the other one cannot be served, and says why", async () => {
    // It has ratings of a log that is not this database's.
    const datasets = join(farm.directory, "datasets");
    cpSync(join(datasets, "small"), join(datasets, "foreign"), { recursive: true });
    const version = readFileSync(join(datasets, "foreign", "latest"), "utf8").trim();
    const path = join(datasets, "foreign", version, "metadata.json");
    const metadata = JSON.parse(readFileSync(path, "utf8"));
    const watermark = { seq: 1_000, id: "0193c5a0-0000-7000-8000-000000000000" };
    writeFileSync(path, JSON.stringify({ ...metadata, name: "foreign", watermark }));
    await assert.rejects(command("switch", "foreign"), /does not serve foreign .*small .*goes on.*a log that is not this database's/s);
    await farm.ready();
    assert.equal((await served()).name, "small");
    await answersAreOf(small);
    rmSync(join(datasets, "foreign"), { recursive: true });
    assert.deepEqual(readdirSync(join(farm.directory, "serving")), [startedWith]);
  });

  test("ignores a word that nobody can read, and hears the next one", async () => {
    const order = join(farm.directory, "serving", startedWith, "order.json");
    writeFileSync(order, "{");
    await farm.master.says(/whether another dataset is to be served is not known/);
    assert.equal((await served()).name, "small");
    assert.match(await command("switch", "small"), /is served now/);
  });

  test("serves the same after a restart with what it was started with", async () => {
    await farm.master.stop();
    assert.match(await command("switch", "small", "--data", startedWith), /none runs now/);
    farm.startMaster();
    await farm.ready();
    assert.equal((await served()).name, "small");
    await answersAreOf(small);
  });

  test("goes back", async () => {
    await command("switch", startedWith);
    await farm.ready();
    assert.equal((await served()).name, startedWith);
    await answersAreOf(large);
    await within(viewer.next("session", ({ dataset }) => dataset.name === startedWith), "the page to know");
  });
});

describe("a film that is added to the dataset and switched to", () => {
  const FILM = 2 ** 31;
  const PROFILE = new Map([[5, 10], [9, 2], [20, 9], [41, 8], [77, 3], [103, 7]]);
  const authorization = "Bearer a-token-of-the-operator";
  let farm, viewer;
  const command = (...args) => run(binary(), ["data", ...args, "--data-dir", farm.directory], QUIET);
  const film = async () => (await fetch(`${farm.url}/api/movies/${FILM}`)).json();

  before(async () => {
    farm = await Farm.start({ data: small, limits: { RATINGS_SHARED: "all", INGEST_TOKEN: "a-token-of-the-operator" } });
    viewer = await farm.visit();
  });
  after(() => farm?.stop());

  test("is known by its title after the switch, and can be rated by everybody", async () => {
    const dataset = (await farm.health()).body.dataset.name;
    assert.equal((await fetch(`${farm.url}/api/movies/${FILM}`)).status, 404);
    const said = await command("add-film", "--data", dataset, "--title", "Paper Comets", "--year", "2024", "--genres", "Drama");
    assert.match(said, new RegExp(`Paper Comets \\(2024\\) is film ${FILM}`));
    await assert.rejects(command("add-film", "--data", dataset, "--title", "paper comets", "--year", "2024"), new RegExp(`with this title and year, ${FILM}`));
    assert.equal((await fetch(`${farm.url}/api/movies/${FILM}`)).status, 404, "not before the switch");
    await command("switch", dataset);
    await farm.ready();
    await within(viewer.next("session", (session) => session.dataset.movies === 151), "the page to know of the film");
    const { reply } = await viewer.send("ask", { text: "rate Paper Comets 4.5" });
    assert.match(JSON.stringify(reply), /Paper Comets/);
    const other = await farm.visit();
    assert.equal((await other.send("rate", { movie_id: FILM, rating: 4 })).error, undefined);
    const counted = async () => {
      for (;;) {
        const { movie } = await film();
        if (movie.ratings === 2) return movie;
        await pause(20);
      }
    };
    const movie = await within(counted(), "both ratings to count");
    assert.deepEqual([movie.title, movie.year, movie.genres, movie.mean], ["Paper Comets", 2024, ["Drama"], 4.25]);
  });

  test("is recommended once people like it who agree with the viewer, from here and from elsewhere", async () => {
    const lines = [];
    for (let user = 0; user < 45; user += 1) {
      for (const [movie_id, halfStars] of [...PROFILE, [FILM, 10]]) {
        lines.push(JSON.stringify({ user_id: `friend-${user}`, movie_id, rating: halfStars / 2, timestamp: 1_730_000_000 + user * 100_003 + (movie_id % 151) * 3_600 }));
      }
    }
    const headers = { "content-type": "application/x-ndjson", authorization };
    const response = await fetch(`${farm.url}/ingest`, { method: "POST", headers, body: lines.join("\n") });
    assert.equal(response.status, 202, await response.text());
    const profile = [...PROFILE].map(([movie_id, halfStars]) => ({ movie_id, rating: halfStars / 2 }));
    let last;
    const first = async () => {
      for (;;) {
        last = (await viewer.answered({ profile })).recommendations;
        if (last[0]?.movie_id === FILM) return last[0];
        await pause(20);
      }
    };
    const best = await within(first(), () => `the film to be recommended; last: ${JSON.stringify(last)}`);
    assert.equal(best.title, "Paper Comets");
    assert.equal((await film()).movie.ratings, 47);
  });
});
