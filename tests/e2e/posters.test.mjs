// Where posters are is the operator's to say: only then a page may load images from there, and only from there.

import { describe, test } from "node:test";
import assert from "node:assert/strict";

import { Farm, binary, environment } from "./harness.mjs";
import { FILMS, invent } from "./datasets.mjs";
import { Process } from "./processes.mjs";

const data = invent();
const POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** A farm with posters somewhere, or with none. */
async function withFarm(posters, look) {
  const farm = await Farm.start({ data, workers: 1, limits: posters ? { POSTERS_URL: posters } : {} });
  try {
    await look(farm);
  } finally {
    await farm.stop();
  }
}

const policyOf = async (farm) => (await fetch(farm.url)).headers.get("content-security-policy");
const posterOf = (farm, movie) => fetch(`${farm.url}/api/movies/${movie}/poster`, { redirect: "manual" });

describe("posters", () => {
  test("there are none until the operator says where they are", () =>
    withFarm(null, async (farm) => {
      assert.equal((await farm.visit()).session.posters, null);
      assert.equal(await policyOf(farm), POLICY);
      assert.equal((await posterOf(farm, FILMS.heat)).status, 404);
    }));

  test("browsers are told from which host they come, may load images from it, and are sent there", () =>
    withFarm("https://images.example:8443/{movie_id}.jpg", async (farm) => {
      assert.deepEqual((await farm.visit()).session.posters, { host: "images.example:8443" });
      assert.equal(await policyOf(farm), `${POLICY}; img-src 'self' https://images.example:8443`);
      const sent = await posterOf(farm, FILMS.heat);
      assert.equal(sent.status, 302);
      assert.equal(sent.headers.get("location"), `https://images.example:8443/${FILMS.heat}.jpg`);
      assert.equal(sent.headers.get("referrer-policy"), "no-referrer");
      for (const none of ["999999", "heat", "-1", "%00", "1e9"]) assert.equal((await posterOf(farm, none)).status, 404, none);
    }));

  test("a film without the number that the address needs has none, and a path is on the page's own host", () =>
    withFarm("/posters/{imdb}.jpg", async (farm) => {
      assert.deepEqual((await farm.visit()).session.posters, { host: null });
      assert.equal(await policyOf(farm), POLICY);
      // The invented films have no links.
      assert.equal((await posterOf(farm, FILMS.heat)).status, 404);
    }));

  test("an address that is none stops the start, with what is wrong with it", async () => {
    const master = new Process("master", binary(), ["master", "--posters", "http://images.example/{imdb}.jpg"], environment());
    assert.equal((await master.ended).code, 2);
    assert.match(master.log, /--posters <URL>.*it must be https/s);
  });
});
