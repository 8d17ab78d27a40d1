// What viewers are answered, held to a plain reference computation, for every number of workers.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";

import { Farm } from "./harness.mjs";
import { invent, sample } from "./datasets.mjs";
import { Reference } from "./reference.mjs";
import { filmIds } from "./viewer.mjs";

// Users with short, middling and long profiles.
const USERS = [1, 2, 10, 53, 111, 300, 399];
const names = (count) => Array.from({ length: count }, (_, at) => `worker-${at + 1}`);

/** Compares doubles by their bits: JSON carries them exactly in both directions. */
function sameToTheLastBit(answer, reference, profile, expected) {
  const shown = answer.recommendations;
  assert.deepEqual(filmIds(answer), expected.slice(0, shown.length).map((film) => film.movie_id));
  shown.forEach((film, at) => {
    assert.equal(film.rank, at + 1);
    assert.equal(film.score, expected[at].score, `the score of film ${film.movie_id}`);
    assert.equal(film.neighbours, expected[at].neighbours);
    assert.equal(film.predicted_rating, reference.predictedRating(profile, expected[at]), `the prediction for film ${film.movie_id}`);
    const because = reference.because(profile, expected[at]).slice(0, film.because.length);
    assert.ok(film.because.length > 0, "every film says why");
    assert.deepEqual(film.because.map(({ movie_id, share, neighbours }) => ({ movie_id, share, neighbours })), because);
  });
}

async function equalsReference(viewer, reference, userId) {
  const profile = reference.users.get(userId);
  const expected = reference.recommendations(profile, reference.neighbours(profile, { exclude: userId }));
  // Far down the list it shows which of several equally similar users were taken.
  const answer = await viewer.answered({ user_id: userId, n: 100 });
  assert.equal(answer.recommendations.length, 100);
  assert.equal(answer.meta.coverage, 1);
  assert.equal(answer.meta.source, "neighbours");
  assert.ok(filmIds(answer).every((film) => !profile.has(film)), "only films the viewer has not seen");
  sameToTheLastBit(answer, reference, profile, expected);
}

for (const [name, data] of [["invented ratings", invent()], ["the MovieLens sample", sample()]]) {
  describe(`on ${name}`, { skip: data === null && "the sample is not there" }, () => {
    let farm, viewer, reference;
    before(async () => {
      reference = new Reference(data);
      farm = await Farm.start({ data, workers: 2 });
      viewer = await farm.visit();
    });
    after(() => farm?.stop());

    test("user 1 gets ten unseen films, computed on every shard by both workers, each named", async () => {
      // A farm is ready with its first worker: ready is not yet shared.
      const answer = await farm.settled(viewer, names(2), { user_id: 1, n: 10 });
      const seen = reference.users.get(1);
      assert.equal(answer.recommendations.length, 10);
      assert.equal(new Set(filmIds(answer)).size, 10);
      assert.ok(filmIds(answer).every((film) => !seen.has(film)));
      assert.equal(answer.meta.note, null);
      assert.equal(answer.meta.workers.length, 2, "each worker is named once");
      const shards = answer.meta.workers.flatMap((worker) => worker.shards);
      assert.equal(new Set(shards).size, shards.length, "no shard is counted twice");
      assert.equal(shards.length, 16, "none is missing");
      for (const worker of answer.meta.workers) assert.ok(worker.processing_time_ms >= 0);
    });

    test("scores, predictions and reasons equal the reference to the last bit for users with short and long profiles", async () => {
      for (const user of USERS) await equalsReference(viewer, reference, user);
    });

    test("a profile that comes with the question is treated as one's own ratings", async () => {
      const films = [...reference.films.keys()].slice(0, 8);
      const profile = new Map(films.map((film, at) => [film, 3 + (at % 8)]));
      const answer = await viewer.answered({ profile: [...profile].map(([movie_id, half]) => ({ movie_id, rating: half / 2 })) });
      sameToTheLastBit(answer, reference, profile, reference.recommendations(profile, reference.neighbours(profile)));
    });

    test("films like two others are near them, and little-known likeness counts", async () => {
      const liked = [...reference.films.keys()].slice(1, 3);
      const profile = new Map(liked.map((film) => [film, 10]));
      const expected = reference.recommendations(profile, reference.neighbours(profile, { k: 100, shrink: 3 }), {
        penalty: "mild", genreWeight: 4, minRaters: 2,
      });
      const answer = await viewer.answered({ like: liked, n: 20 });
      assert.equal(answer.recommendations.length, 20);
      const scores = new Map(expected.map((film) => [film.movie_id, film.score]));
      answer.recommendations.forEach((film, at) => {
        // Logarithms are not the same to the last bit in every library, so genres are compared with a margin.
        const near = (other) => Math.abs(film.score - other) <= 1e-9 * other;
        assert.ok(near(scores.get(film.movie_id)), `film ${film.movie_id}: ${film.score}, not ${scores.get(film.movie_id)}`);
        assert.ok(near(expected[at].score), `rank ${at + 1}: ${film.score}, not ${expected[at].score}`);
        assert.ok(!liked.includes(film.movie_id));
      });
    });

    test("filters apply before the cut to n", async () => {
      const profile = reference.users.get(1);
      const allow = (film, id) => film.genres.includes("Drama") && !film.genres.includes("Romance") && film.year >= 1950 && film.year <= 1999 && id !== 3;
      const expected = reference.recommendations(profile, reference.neighbours(profile, { exclude: 1 }), { allow });
      const filters = { genres: ["drama"], exclude_genres: ["ROMANCE"], year_from: 1950, year_to: 1999, exclude_movie_ids: [3] };
      const answer = await viewer.answered({ user_id: 1, n: 10, filters });
      assert.equal(answer.recommendations.length, Math.min(10, expected.length));
      sameToTheLastBit(answer, reference, profile, expected);
    });

    test("an unknown user gets the popular films, and is told so", async () => {
      const answer = await viewer.answered({ user_id: 4_000_000_000, n: 10 });
      assert.equal(answer.meta.source, "popular");
      assert.match(answer.meta.note, /4000000000/);
      assert.deepEqual(filmIds(answer), reference.popular().slice(0, 10));
    });

    test("somebody who has rated nothing gets the popular films, and is told so", async () => {
      for (const question of [{}, { profile: [] }]) {
        const answer = await viewer.answered(question);
        assert.equal(answer.meta.source, "popular");
        assert.ok(answer.meta.note.length > 0);
        assert.deepEqual(filmIds(answer), reference.popular().slice(0, 10));
      }
    });
  });

  describe(`for 1, 2, 4 and 8 worker processes on ${name}`, { skip: data === null && "the sample is not there" }, () => {
    test("the answers are the same to the last bit", async () => {
      const reference = new Reference(data);
      const farm = await Farm.start({ data, workers: 1, processes: true });
      try {
        const viewer = await farm.visit();
        for (const workers of [1, 2, 4, 8]) {
          while (farm.workers.size < workers) farm.startWorker(`worker-${farm.workers.size + 1}`);
          await farm.settled(viewer, names(workers));
          for (const user of USERS) await equalsReference(viewer, reference, user);
        }
      } finally {
        await farm.stop();
      }
    });
  });
}
