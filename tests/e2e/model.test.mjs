// "Films like these" comes from the trained model, by one worker that has fetched it, and from neighbours where there is no
// model or no worker that holds it; the answer says which.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";

import { BROKER, Farm, binary } from "./harness.mjs";
import { FILMS, invent } from "./datasets.mjs";
import { pause, run, within } from "./processes.mjs";
import { filmIds } from "./viewer.mjs";

const data = invent();
const QUESTION = { text: "films like Toy Story" };

/** Asks until the model answers. */
async function fromTheModel(viewer, question = QUESTION) {
  let last;
  const look = async () => {
    for (;;) {
      last = await viewer.answered(question);
      if (last.meta.source === "model") return last;
      await pause(50);
    }
  };
  return within(look(), () => `an answer from the model; last: ${JSON.stringify(last?.meta)}`);
}

describe("a farm of two workers", { skip: BROKER === "embedded" && "the dataset is imported and trained on before the master starts" }, () => {
  let farm, viewer;
  before(async () => {
    farm = await Farm.start({ data, workers: 2, processes: true });
    viewer = await farm.visit();
  });
  after(() => farm?.stop());

  test("answers from neighbours while no model is trained, and says so", async () => {
    const { meta } = await viewer.answered(QUESTION);
    assert.equal(meta.source, "neighbours");
    assert.equal(meta.instead_of_model, "not_trained");
  });

  test("answers from the model once it is trained, by one worker alone", async () => {
    await run(binary(), ["train", "--models", "likeness", "--no-validation", "--data", "films", "--data-dir", farm.directory]);
    await farm.master.stop();
    farm.startMaster();
    await farm.ready();
    const answer = await fromTheModel(viewer);
    assert.equal(answer.meta.algorithm, "likeness");
    assert.equal(answer.meta.coverage, 1);
    assert.equal(answer.meta.workers.length, 1, JSON.stringify(answer.meta.workers));
    assert.equal(answer.meta.instead_of_model, undefined);
    assert.equal(answer.recommendations.length, 10);
    assert.ok(!filmIds(answer).includes(FILMS.toyStory));
    for (const film of answer.recommendations) assert.equal(film.because[0].movie_id, FILMS.toyStory);
    const again = await fromTheModel(viewer);
    assert.deepEqual(again.recommendations, answer.recommendations);
  });

  test("answers for several films as well, with scores that the master reckons to the last bit", async () => {
    const answer = await fromTheModel(viewer, { text: "films like Toy Story, Heat and Fargo" });
    assert.equal(answer.recommendations.length, 10);
    const own = [FILMS.toyStory, FILMS.heat, FILMS.fargo];
    for (const film of answer.recommendations) {
      assert.ok(!own.includes(film.movie_id) && film.because.every((reason) => own.includes(reason.movie_id)), JSON.stringify(film));
    }
  });

  test("answers from neighbours where no worker holds the model, and from the model when one has fetched it", async () => {
    await Promise.all(["worker-1", "worker-2"].map((id) => farm.stopWorker(id, "SIGKILL")));
    await within(
      (async () => {
        while ((await farm.health()).status === 200) await pause(25);
      })(),
      "the master to notice that its workers are gone",
    );
    const asked = await viewer.ask(QUESTION);
    farm.startWorker("worker-3");
    const { meta } = await viewer.answer(asked);
    assert.equal(meta.source, "neighbours");
    assert.equal(meta.instead_of_model, "no_worker");
    const answer = await fromTheModel(viewer);
    assert.deepEqual(answer.meta.workers.map((worker) => worker.worker_id), ["worker-3"]);
  });
});

const trainer = BROKER === "embedded" ? { name: "`up`", limits: { NO_TRAINING: "" } } : { name: "`master --train`", limits: { TRAIN: "true" } };

test(`${trainer.name} trains the model beside the farm, which answers meanwhile`, async () => {
  const farm = await Farm.start({ data, workers: 2, limits: trainer.limits });
  try {
    const viewer = await farm.visit();
    assert.ok((await viewer.answered(QUESTION)).recommendations.length > 0);
    assert.equal((await fromTheModel(viewer)).meta.workers.length, 1);
  } finally {
    await farm.stop();
  }
});
