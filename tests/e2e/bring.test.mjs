// What viewers bring from elsewhere and take along: a file in parts over the session, shown, chosen from, stored, answered;
// and out again. What is no such file is refused in words, and nobody else waits for it.

import { after, before, describe, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";

import { Farm } from "./harness.mjs";
import { FILMS, invent, sample } from "./datasets.mjs";

const PART = 512 << 10;
const RATINGS = `Date,Name,Year,Letterboxd URI,Rating
2020-01-02,Heat,1995,https://boxd.it/1,4.5
2020-01-03,Alien,1978,https://boxd.it/2,3
2020-01-04,The Matrix,1999,https://boxd.it/3,5
2020-01-05,Cape Fear,,https://boxd.it/4,2
2020-01-06,Nowhere at All,1999,https://boxd.it/5,1
`;

/** Sends a file as the page does; gives the last acknowledgement. */
async function bring(viewer, name, contents, part = PART) {
  const bytes = Buffer.from(contents);
  let acknowledged;
  for (let at = 0; at < bytes.length; at += part) {
    const sent = { name, size: bytes.length, at, part: bytes.subarray(at, at + part).toString("base64") };
    acknowledged = await viewer.send("bring", sent);
    if (acknowledged.error) return acknowledged;
  }
  return acknowledged;
}

/** What a viewer takes who changes nothing of the preview. */
const chosen = ({ films }) => ({
  ratings: films.filter((film) => film.rating !== null).map(({ movie, rating, rated_at }) => ({ movie_id: movie.movie_id, rating, rated_at })),
  seen: films.filter((film) => film.rating === null && film.seen).map(({ movie }) => movie.movie_id),
});

/** A zip archive of one file; its checksum is not looked at before its size. */
function zip(name, contents) {
  const packed = deflateRawSync(contents, { level: 9 });
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(contents.length, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), packed]);
  const central = Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), fields, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

describe("a file from elsewhere", () => {
  let farm;
  before(async () => {
    farm = await Farm.start({ data: invent() });
  });
  after(() => farm?.stop());

  test("is shown, chosen from, stored, known to the other tab, and answered", async () => {
    const viewer = await farm.visit();
    const other = await farm.visit({ session: viewer.session.session_id });
    const { preview, received } = await bring(viewer, "ratings.csv", RATINGS, 100);
    assert.equal(received, Buffer.byteLength(RATINGS));
    assert.equal(preview.service, "Letterboxd");
    assert.deepEqual(preview.films.map(({ movie, by }) => [movie.movie_id, by]), [
      [FILMS.heat, "title_and_year"], [FILMS.alien, "year_beside"], [FILMS.matrix, "title_and_year"],
    ]);
    assert.deepEqual(preview.missed.map(({ said, why }) => [said, why]), [["Cape Fear", "several"], ["Nowhere at All (1999)", "unknown_title"]]);
    const mended = { movie_id: preview.missed[0].candidates[0].movie_id, rating: 2 };
    assert.equal(mended.movie_id, FILMS.capeFear1962);
    const { ratings, seen } = chosen(preview);
    assert.deepEqual(await viewer.send("import", { ratings: [...ratings, mended], seen: [...seen, 11] }), { ratings: 4 });
    const told = await other.next("changed");
    assert.deepEqual(told.rated.map(({ movie, rating }) => [movie.movie_id, rating]).sort(([one], [next]) => one - next), [[2, 4.5], [4, 3], [5, 5], [6, 2]]);
    assert.deepEqual(told.feedback.map(({ movie, kind }) => [movie.movie_id, kind]), [[11, "seen"]]);
    assert.equal(told.ratings, 4);
    assert.deepEqual(other.inbox.filter(({ event }) => event === "rated" || event === "feedback"), [], "told once, not film by film");
    assert.deepEqual(viewer.inbox.filter(({ event }) => event === "changed"), [], "the tab that brings knows it");
    const answer = await viewer.answered({});
    assert.equal(answer.recommendations.length, 10);
    const back = await farm.visit({ session: viewer.session.session_id });
    assert.deepEqual(back.session.profile.map(({ movie, rating }) => [movie.movie_id, rating]), [[2, 4.5], [4, 3], [5, 5], [6, 2]]);
  });

  test("goes out as Letterboxd imports it and comes in again the same; and all of it goes out as JSON", async () => {
    const viewer = await farm.visit();
    const { preview } = await bring(viewer, "ratings.csv", RATINGS);
    await viewer.send("import", { ...chosen(preview), seen: [11] });
    const { name, text } = await viewer.send("export", { format: "letterboxd" });
    assert.match(name, /\.csv$/);
    assert.match(text, /^tmdbID,imdbID,Title,Year,Rating10,WatchedDate,Rewatch,Tags,Review\n/);
    assert.match(text, /,Heat,1995,9,2020-01-02,/);
    const again = await farm.visit();
    const { preview: same } = await bring(again, name, text);
    assert.deepEqual(chosen(same).ratings, chosen(preview).ratings);
    const all = JSON.parse((await viewer.send("export", { format: "json" })).text);
    assert.deepEqual(all.ratings.map((one) => [one.movie_id, one.rating]), [[2, 4.5], [4, 3], [5, 5]]);
    assert.equal(all.ratings[0].rated_at, "2020-01-02T00:00:00Z");
    assert.equal(all.seen_or_not_wanted[0].movie.movie_id, 11);
  });

  test("is refused in the viewer's language if it is none, and by its size before it is read", async () => {
    for (const [lang, words, tooLarge] of [["en", /no column with a film's title/, /8 MiB/], ["es", /ninguna columna con el título/, /8 MiB/]]) {
      const viewer = await farm.visit({ lang });
      const { error } = await bring(viewer, "x.csv", "a,b\n1,2\n");
      assert.equal(error.code, "unreadable_file");
      assert.match(error.message, words);
      const large = await viewer.send("bring", { name: "x", size: (8 << 20) + 1, at: 0, part: "" });
      assert.match(large.error.message, tooLarge);
    }
    const viewer = await farm.visit();
    const bomb = zip("ratings.csv", Buffer.alloc(60 << 20, "a,b,c\n"));
    assert.ok(bomb.length < PART, `${bomb.length}`);
    const { error } = await bring(viewer, "x.zip", bomb);
    assert.match(error.message, /too large|more than 24 MiB/);
  });

  test("in parts that do not fit together is refused, and can be begun again", async () => {
    const viewer = await farm.visit();
    const refused = async (part) => assert.equal((await viewer.send("bring", part)).error?.code, "bad_request", JSON.stringify(part));
    await refused({ name: "x", size: 10, at: 5, part: "YQ==" });
    assert.deepEqual(await viewer.send("bring", { name: "x", size: 10, at: 0, part: "YQ==" }), { received: 1 });
    await refused({ name: "x", size: 10, at: 2, part: "YQ==" });
    await refused({ name: "x", size: 11, at: 1, part: "YQ==" });
    await refused({ name: "x", size: 10, at: 1, part: "no base64!" });
    await refused({ name: "x", size: 10, at: 1, part: "YWFhYWFhYWFhYWFhYWFh" });
    await refused({ name: "x", size: -1, at: 0, part: "YQ==" });
    assert.ok((await bring(viewer, "ratings.csv", RATINGS)).preview);
  });

  test("brings nothing that is no film, no rating or from the future", async () => {
    const viewer = await farm.visit();
    const import_ = async (ratings, seen = []) => (await viewer.send("import", { ratings, seen })).error?.code;
    assert.equal(await import_([{ movie_id: 999_999, rating: 4 }]), "unknown_movie");
    assert.equal(await import_([], [999_999]), "unknown_movie");
    assert.equal(await import_([{ movie_id: 2, rating: 4.7 }]), "bad_request");
    assert.equal(await import_([{ movie_id: 2, rating: 4, rated_at: Date.now() + 86_400_000 }]), "bad_request");
    assert.equal(await import_(Array.from({ length: 10_001 }, () => ({ movie_id: 2, rating: 4 }))), "bad_request");
    assert.deepEqual(await viewer.send("import", { ratings: [] }), { ratings: 0 });
  });
});

const folder = sample();
describe("a life-size export", { skip: folder === null && "there is no MovieLens sample" }, () => {
  let farm;
  before(async () => {
    farm = await Farm.start({ data: folder });
  });
  after(() => farm?.stop());

  test("of 3,000 films is answered soon after it was dropped", async () => {
    const movies = readFileSync(join(folder, "movies.csv"), "utf8").split("\n").slice(1).filter((line) => /\(\d{4}\)\s*"?,/.test(line));
    const rows = movies.filter((_, at) => at % 3 === 0).slice(0, 3_000).map((line, at) => {
      const [, quoted, plain] = /^\d+,(?:"((?:[^"]|"")*)"|([^,]*)),/.exec(line);
      const [, title, year] = /^(.*) \((\d{4})\)\s*$/.exec((quoted ?? plain).replaceAll('""', '"')) ?? [];
      return title && `2020-01-02,"${title.replaceAll('"', '""')}",${year},https://boxd.it/${at},${((at % 10) + 1) / 2}`;
    });
    const file = `Date,Name,Year,Letterboxd URI,Rating\n${rows.filter(Boolean).join("\n")}\n`;
    const viewer = await farm.visit();
    const dropped = performance.now();
    const { preview } = await bring(viewer, "ratings.csv", file);
    const shown = performance.now();
    const { ratings } = await viewer.send("import", chosen(preview));
    const stored = performance.now();
    const answer = await viewer.answered({});
    const answered = performance.now();
    console.log(
      `${rows.length} films, ${file.length} bytes: shown after ${Math.round(shown - dropped)} ms, stored after ` +
        `${Math.round(stored - shown)} more, answered after ${Math.round(answered - stored)} more: ${Math.round(answered - dropped)} ms`,
    );
    assert.ok(ratings >= 2_900, `${ratings} of ${rows.length} were found and stored`);
    assert.equal(answer.recommendations.length, 10);
  });
});
