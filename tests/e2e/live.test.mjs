// A conversation as it goes on: ratings, tabs, what was missed, keys, cancelling, and sentences in two languages.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";

import { Farm } from "./harness.mjs";
import { FILMS, invent } from "./datasets.mjs";
import { Reference } from "./reference.mjs";
import { filmIds } from "./viewer.mjs";

const FEW = [[FILMS.heat, 5], [FILMS.fargo, 4.5], [FILMS.alien, 1]];
// Enough for the viewer's own neighbours; with fewer ratings they are taken as examples of what is liked.
const MANY = [...FEW, [10, 3], [11, 4], [12, 0.5], [13, 2.5], [14, 3.5], [15, 5], [16, 2]];

async function rateAll(viewer, ratings) {
  for (const [movie_id, rating] of ratings) {
    const { error, ...confirmed } = await viewer.send("rate", { movie_id, rating });
    assert.equal(error, undefined);
    assert.equal(confirmed.movie_id, movie_id);
    assert.equal(confirmed.rating, rating);
  }
}

describe("a conversation", () => {
  let farm, reference;
  before(async () => {
    const data = invent();
    reference = new Reference(data);
    farm = await Farm.start({ data });
  });
  after(() => farm?.stop());

  test("the session says what there is to ask about", async () => {
    const { session } = await farm.visit({ lang: "es" });
    assert.equal(session.lang, "es");
    assert.equal(session.resumed, false);
    assert.equal(session.dataset.movies, reference.films.size);
    assert.equal(session.dataset.users, reference.users.size);
    assert.deepEqual(session.profile, []);
  });

  test("a rated film changes the next answer without a restart, and taking the rating back undoes it", async () => {
    const viewer = await farm.visit();
    await rateAll(viewer, MANY);
    const before = await viewer.answered({});
    assert.equal(before.meta.source, "neighbours");
    const film = filmIds(before)[0];
    const { ratings } = await viewer.send("rate", { movie_id: film, rating: 0.5 });
    assert.equal(ratings, MANY.length + 1);
    const after = await viewer.answered({});
    assert.ok(!filmIds(after).includes(film), "what is rated is seen");
    const profile = new Map([...MANY, [film, 0.5]].map(([movie, stars]) => [movie, stars * 2]));
    const expected = reference.recommendations(profile, reference.neighbours(profile)).slice(0, 10);
    assert.deepEqual(after.recommendations.map((one) => one.score), expected.map((one) => one.score));
    assert.equal((await viewer.send("rate", { movie_id: film, rating: null })).ratings, MANY.length);
    assert.deepEqual((await viewer.answered({})).recommendations, before.recommendations);
  });

  test("with few ratings the answer is films like those that were liked, and a further rating changes it", async () => {
    const viewer = await farm.visit();
    for (const ratings of [FEW, [...FEW, [FILMS.matrix, 5]]]) {
      await rateAll(viewer, ratings);
      const profile = new Map(ratings.map(([movie, stars]) => [movie, stars * 2]));
      const neighbours = reference.neighbours(profile, { k: 100, shrink: 3 });
      const expected = reference.recommendations(profile, neighbours, { penalty: "mild", genreWeight: 4, minRaters: 2 });
      const answer = await viewer.answered({});
      answer.recommendations.forEach((film, at) => {
        assert.ok(Math.abs(film.score - expected[at].score) <= 1e-9 * expected[at].score, `rank ${at + 1}: ${film.score}, not ${expected[at].score}`);
      });
    }
  });

  test("both tabs of a session get the answer and the rating, whichever asked", async () => {
    const one = await farm.visit();
    const other = await farm.visit({ session: one.session.session_id });
    assert.equal(other.session.session_id, one.session.session_id);
    assert.equal(other.session.resumed, true);
    await rateAll(one, FEW);
    const rated = await other.next("rated", (event) => event.movie.movie_id === FEW.at(-1)[0]);
    assert.equal(rated.ratings, FEW.length);
    const asked = await one.ask({ text: "what's popular?" });
    assert.deepEqual(await other.answer(asked), await one.answer(asked));
    const back = await other.ask({ user_id: 2 });
    assert.deepEqual(await one.answer(back), await other.answer(back));
    const stranger = await farm.visit();
    await stranger.answered({ user_id: 2 });
    assert.equal(stranger.endings(asked) + stranger.endings(back), 0, "other sessions see nothing of it");
  });

  test("a session that comes back with an offset gets exactly what it missed, in order, and its ratings", async () => {
    const viewer = await farm.visit();
    await rateAll(viewer, FEW);
    const seen = await viewer.answered({ user_id: 1 });
    const session = viewer.session.session_id;
    const other = await farm.visit({ session, offset: seen.offset });
    viewer.close();
    const missed = [];
    for (const user_id of [2, 3, 4]) missed.push(await other.answered({ user_id }));
    const returned = await farm.visit({ session, offset: seen.offset });
    assert.equal(returned.session.resumed, true);
    assert.equal(returned.session.profile.length, FEW.length);
    for (const answer of missed) assert.deepEqual(await returned.answer(answer.request_id), answer);
    // A question of its own comes after whatever else would have been replayed.
    await returned.answered({ user_id: 5 });
    const replayed = returned.inbox.filter(({ event }) => event === "answer").map(({ payload }) => payload.request_id);
    assert.deepEqual(replayed.slice(0, -1), missed.map((answer) => answer.request_id));
    const offsets = missed.map((answer) => answer.offset);
    assert.deepEqual(offsets, offsets.toSorted((a, b) => a - b));
    assert.ok(offsets[0] > seen.offset);
  });

  test("what ended while nobody was connected is there when the session comes back", async () => {
    const viewer = await farm.visit();
    const first = await viewer.answered({ user_id: 1 });
    const session = viewer.session.session_id;
    const asked = await viewer.ask({ user_id: 6 });
    viewer.close();
    const returned = await farm.visit({ session, offset: first.offset });
    assert.equal((await returned.answer(asked)).recommendations.length, 10);
  });

  test("the same key in the same session is one request, in another session another", async () => {
    const viewer = await farm.visit();
    const question = { user_id: 7, key: "the seventh" };
    const first = await viewer.ask(question);
    const answer = await viewer.answer(first);
    assert.equal(await viewer.ask(question), first);
    const together = await Promise.all(Array.from({ length: 5 }, () => viewer.ask({ user_id: 8, key: "the eighth" })));
    assert.equal(new Set(together).size, 1);
    await viewer.answer(together[0]);
    await viewer.answered({ user_id: 9 });
    for (const id of [first, together[0]]) {
      // Who asks again is told again, what was computed once.
      const [once, ...again] = viewer.inbox.filter((one) => one.event === "answer" && one.payload.request_id === id);
      for (const told of again) assert.deepEqual(told, once);
    }
    assert.notEqual(await (await farm.visit()).ask(question), answer.request_id);
  });

  test("cancelling what has ended says so, and what is not one's own cannot be cancelled", async () => {
    const viewer = await farm.visit();
    const { request_id } = await viewer.answered({ user_id: 1 });
    assert.deepEqual(await viewer.send("cancel", { request_id }), { cancelled: false });
    const { error } = await (await farm.visit()).send("cancel", { request_id });
    assert.equal(error.code, "unknown_request");
  });

  test("films that were seen or are of no interest are not recommended again", async () => {
    const viewer = await farm.visit();
    await rateAll(viewer, FEW);
    const answer = await viewer.answered({});
    const [seen, unwanted, liked] = filmIds(answer);
    for (const [movie_id, kind] of [[seen, "seen"], [unwanted, "not_interested"], [liked, "up"]]) {
      const given = await viewer.send("feedback", { movie_id, kind, request_id: answer.request_id });
      assert.deepEqual(given, { ok: true });
    }
    for (const question of [{}, { text: "what's popular?", n: 100 }, { user_id: 1, n: 100 }]) {
      const films = filmIds(await viewer.answered(question));
      assert.ok(!films.includes(seen) && !films.includes(unwanted), JSON.stringify(question));
    }
    assert.ok(filmIds(await viewer.answered({})).includes(liked));
  });

  test("what was marked as seen is there at the next visit, in the other tab at once, and can be taken back", async () => {
    const viewer = await farm.visit();
    const other = await farm.visit({ session: viewer.session.session_id });
    assert.deepEqual(other.session.feedback, []);
    await viewer.send("feedback", { movie_id: FILMS.heat, kind: "seen" });
    await viewer.send("feedback", { movie_id: FILMS.alien, kind: "not_interested" });
    const told = await other.next("feedback", ({ movie }) => movie.movie_id === FILMS.alien);
    assert.equal(told.kind, "not_interested");
    assert.equal(viewer.inbox.filter(({ event }) => event === "feedback").length, 0, "who said it is not told");

    const marks = async () => {
      const { session } = await farm.visit({ session: viewer.session.session_id });
      return session.feedback.map(({ movie, kind }) => [movie.movie_id, kind]);
    };
    assert.deepEqual(new Map(await marks()), new Map([[FILMS.heat, "seen"], [FILMS.alien, "not_interested"]]));
    for (let times = 0; times < 2; times++) {
      assert.deepEqual(await viewer.send("feedback", { movie_id: FILMS.heat, kind: null }), { ok: true });
    }
    await other.next("feedback", ({ movie, kind }) => movie.movie_id === FILMS.heat && kind === null);
    assert.deepEqual(await marks(), [[FILMS.alien, "not_interested"]]);
    const both = { filters: { movie_ids: [FILMS.heat, FILMS.alien] } };
    assert.deepEqual(filmIds(await viewer.answered(both)), [FILMS.heat]);
  });

  test("what was replied to at once reaches the other tab, is sent again on return, and once for a key", async () => {
    const viewer = await farm.visit();
    const other = await farm.visit({ session: viewer.session.session_id });
    await viewer.answered({ like: [FILMS.heat, FILMS.alien] });
    const said = await viewer.send("ask", { text: "help", key: "help once" });
    assert.equal(said.reply.kind, "help");
    const rated = await viewer.send("ask", { text: "rate Toy Story 4.5" });
    assert.ok(rated.offset > said.offset);

    const told = await other.next("replied", ({ reply }) => reply.kind === "rated");
    assert.deepEqual({ query: told.query, reply: told.reply, offset: told.offset }, { query: "rate Toy Story 4.5", ...rated });
    assert.equal(viewer.inbox.filter(({ event }) => event === "replied").length, 0, "the acknowledgement has it");

    const back = await farm.visit({ session: viewer.session.session_id, offset: 0 });
    const ends = [];
    await back.next("replied", ({ offset }) => offset === rated.offset);
    for (const { event, payload } of back.inbox) if (payload.offset && event !== "session") ends.push([event, payload.query]);
    assert.deepEqual(ends.map(([event]) => event), ["answer", "replied", "replied"]);

    const again = await viewer.send("ask", { text: "help", key: "help once" });
    assert.equal(typeof again.request_id, "string");
    assert.equal((await viewer.next("replied")).offset, said.offset);
    // A reply is nothing to ask on from.
    assert.ok((await viewer.answered({ text: "more" })).recommendations.length > 0);
  });

  test("what was said last is undone: a rating, films marked as seen, a refinement, and then the question", async () => {
    const viewer = await farm.visit();
    const say = async (text, key) => (await viewer.send("ask", { text, key })).reply;
    await rateAll(viewer, FEW);
    assert.equal((await say("rate Fargo 2")).kind, "rated");
    assert.match((await say("make it 1")).message, /Fargo/);
    assert.match((await say("undo")).message, /2 stars again/);
    const told = await viewer.next("rated", ({ movie }) => movie.movie_id === FILMS.fargo);
    assert.equal(told.rating, 2, "the tab that said it hears of it");
    assert.match((await say("undo")).message, /4\.5 stars again/);

    const list = await viewer.answered({ text: "films like Heat and Alien" });
    assert.match((await say("seen 1 and 3")).message, /seen/);
    const marks = async () => {
      const { session } = await farm.visit({ session: viewer.session.session_id });
      return session.feedback.map(({ movie, kind }) => [movie.movie_id, kind]);
    };
    const [first, , third] = filmIds(list);
    assert.deepEqual(new Map(await marks()), new Map([[first, "seen"], [third, "seen"]]));
    await say("undo", "once");
    assert.equal(typeof (await viewer.send("ask", { text: "undo", key: "once" })).request_id, "string", "sent again it undoes no more");
    assert.deepEqual(await marks(), []);

    const refined = await viewer.answered({ text: "more recent" });
    assert.notDeepEqual(filmIds(refined), filmIds(list));
    assert.deepEqual(filmIds(await viewer.answered({ text: "undo" })), filmIds(list));
    assert.equal((await viewer.answered({ text: "why 1?" })).recommendations.length, 1);
    await viewer.answered({ text: "less known" });
    assert.deepEqual(filmIds(await viewer.answered({ text: "undo" })), filmIds(list), "a list is gone back to, not its reasons");
    assert.match((await say("undo")).message, /forgotten/);
    assert.equal((await say("start over")).kind, "begun");
    const answer = await viewer.answered({ text: "more" });
    assert.equal(answer.meta.reading, undefined, "nothing is gone on with");
  });

  test("films that were rated in one sentence are one step, and an earlier question is gone back to by its name", async () => {
    const viewer = await farm.visit();
    const say = async (text) => (await viewer.send("ask", { text })).reply;
    assert.match((await say("rate Heat 4, Alien 5 and Zyxwvut 3")).message, /4 stars for Heat.*5 stars for Alien.*Zyxwvut/);
    const ratings = async () => {
      const { session } = await farm.visit({ session: viewer.session.session_id });
      return new Map(session.profile.map(({ movie, rating }) => [movie.movie_id, rating]));
    };
    assert.deepEqual(await ratings(), new Map([[FILMS.heat, 4], [FILMS.alien, 5]]));
    await say("undo");
    assert.deepEqual(await ratings(), new Map());

    const westerns = await viewer.answered({ text: "westerns" });
    const comedies = await viewer.answered({ text: "comedies" });
    assert.notDeepEqual(filmIds(comedies), filmIds(westerns));
    assert.match((await say("is Heat on the list?")).message, /not on the list/i);
    assert.deepEqual(filmIds(await viewer.answered({ text: "ok back to the westerns" })), filmIds(westerns));
    assert.deepEqual(filmIds(await viewer.answered({ text: "the comedies list was better" })), filmIds(comedies));
    assert.deepEqual(filmIds(await viewer.answered({ text: "take me back to the very first list" })), filmIds(westerns));
  });

  const sentences = {
    en: {
      like: "films like Heat and Alien", more: "more", lesser: "less known", why: "why Toy Story?", popular: "what's popular?",
      user: "recommend something for user 42", rate: "rate Toy Story 4.5", filtered: "90s westerns, no romance", help: "help",
      unclear: "films like Cape Fear",
    },
    es: {
      like: "películas como Heat y Alien", more: "más", lesser: "menos conocidas", why: "¿por qué Toy Story?", popular: "lo más visto",
      user: "recomienda algo para el usuario 42", rate: "puntúa Toy Story con 4,5", filtered: "westerns de los 90, sin romance", help: "ayuda",
      unclear: "películas como Cape Fear",
    },
  };
  for (const [lang, say] of Object.entries(sentences)) {
    test(`sentences are understood (${lang})`, async () => {
      const viewer = await farm.visit({ lang });
      const liked = await viewer.answered({ text: say.like, lang });
      const plain = await viewer.answered({ like: [FILMS.heat, FILMS.alien] });
      assert.deepEqual(filmIds(liked), filmIds(plain), "in words or by ids");

      const more = await viewer.answered({ text: say.more, lang });
      assert.equal(more.recommendations.length, 10);
      assert.deepEqual(filmIds(more).filter((film) => filmIds(liked).includes(film)), [], "more brings other films");

      const known = (answer) => filmIds(answer).reduce((sum, film) => sum + reference.films.get(film).ratings, 0);
      const lesser = await viewer.answered({ text: say.lesser, lang });
      assert.ok(known(lesser) < known(liked), "less known films have fewer ratings");

      const why = await viewer.answered({ text: say.why, lang });
      assert.deepEqual(filmIds(why), [FILMS.toyStory]);
      assert.ok(why.recommendations[0].because.every((film) => [FILMS.heat, FILMS.alien].includes(film.movie_id)));

      const user = await viewer.answered({ text: say.user, lang });
      assert.deepEqual(user.recommendations, (await viewer.answered({ user_id: 42 })).recommendations);

      const popular = await viewer.answered({ text: say.popular, lang });
      assert.equal(popular.meta.source, "popular");
      assert.deepEqual(filmIds(popular), reference.popular().slice(0, 10));

      const { reply: rated } = await viewer.send("ask", { text: say.rate, lang });
      assert.equal(rated.kind, "rated");
      assert.equal(rated.movie.movie_id, FILMS.toyStory);
      assert.equal(rated.rating, 4.5);
      assert.equal(rated.ratings, 1);

      const filtered = await viewer.answered({ text: say.filtered, lang });
      assert.ok(filtered.recommendations.length > 0);
      for (const film of filtered.recommendations) {
        assert.ok(film.year >= 1990 && film.year <= 1999 && film.genres.includes("Western") && !film.genres.includes("Romance"));
      }
    });

    test(`what is unclear is asked back, and what is not understood is met with examples that work (${lang})`, async () => {
      const viewer = await farm.visit({ lang });
      const { reply: which } = await viewer.send("ask", { text: say.unclear, lang });
      assert.equal(which.kind, "clarify");
      assert.equal(which.options.length, 2);
      for (const option of which.options) {
        assert.ok(option.label.includes("Cape Fear"));
        assert.equal((await viewer.answered({ text: option.text, lang })).recommendations.length, 10);
      }
      for (const text of [say.help, "qwrtz plmk vbnx"]) {
        const { reply } = await viewer.send("ask", { text, lang });
        assert.equal(reply.kind, "help", text);
        assert.ok(reply.message.length > 0);
        assert.ok(reply.examples.length > 0);
        for (const example of reply.examples) {
          const understood = await viewer.send("ask", { text: example, lang });
          assert.ok(understood.request_id || understood.reply.kind === "rated", `"${example}": ${JSON.stringify(understood)}`);
        }
      }
    });
  }

  test("errors and notes are in the language of the session", async () => {
    const spanish = await farm.visit({ lang: "es" });
    const english = await farm.visit({ lang: "en" });
    const refused = { like: [999_999] };
    const [es, en] = [await spanish.send("ask", refused), await english.send("ask", refused)];
    assert.equal(es.error.code, "unknown_movie");
    assert.equal(en.error.code, "unknown_movie");
    assert.notEqual(es.error.message, en.error.message);
    assert.match((await spanish.answered({})).meta.note, /película/);
    assert.match((await english.answered({})).meta.note, /film/);
  });

  test("a new conversation has nothing to ask on from, in every tab and on return", async () => {
    const viewer = await farm.visit();
    const other = await farm.visit({ session: viewer.session.session_id });
    await viewer.answered({ like: [FILMS.heat, FILMS.alien] });
    const before = await viewer.send("ask", { text: "more" });
    assert.equal(typeof before.request_id, "string", "there is something to have more of");
    await viewer.answer(before.request_id);
    const begun = await viewer.send("begin", {});
    assert.equal(begun.reply.kind, "begun");
    assert.ok(Math.abs(begun.reply.at - Date.now()) < 60_000);
    assert.equal((await other.next("replied")).offset, begun.offset);
    const back = await farm.visit({ session: viewer.session.session_id, offset: 0 });
    assert.deepEqual((await back.next("replied")).reply, begun.reply);
    const after = await viewer.send("ask", { text: "more" });
    if (after.request_id) {
      // Without a context "more" is films like any first question gets.
      assert.equal((await viewer.answer(after.request_id)).recommendations.filter(({ because }) => because.length > 0).length, 0);
    } else assert.equal(after.reply.kind, "help");
  });

  test("a film's details have its numbers elsewhere and how it was rated", async () => {
    const details = async (id) => (await fetch(`${farm.url}/api/movies/${id}`)).json();
    const heat = await details(FILMS.heat);
    assert.deepEqual(heat.movie.title, "Heat");
    assert.equal(heat.histogram.reduce((sum, viewers) => sum + viewers, 0), reference.films.get(FILMS.heat).ratings);
    const stars = heat.histogram.reduce((sum, viewers, at) => sum + (viewers * (at + 1)) / 2, 0);
    assert.ok(Math.abs(stars / heat.movie.ratings - heat.movie.mean) < 1e-9);
    for (const [id, status, code] of [[123_456, 404, "unknown_movie"], ["x", 400, "bad_request"], [-1, 400, "bad_request"]]) {
      const refused = await fetch(`${farm.url}/api/movies/${id}`);
      assert.equal(refused.status, status);
      assert.equal((await refused.json()).error.code, code);
    }
  });

  test("a connection that fell silent is not taken for one longer than 15 s", async () => {
    const polling = await fetch(`${farm.url}/socket.io/?EIO=4&transport=polling`);
    const { pingInterval, pingTimeout } = JSON.parse((await polling.text()).slice(1));
    assert.ok(pingInterval + pingTimeout <= 15_000, `${pingInterval} and ${pingTimeout} ms`);
  });

  test("titles are found while typing, with typos and without articles or years", async () => {
    for (const typed of ["matrx", "the matrix", "matrix 1999", "MATRIX"]) {
      const response = await fetch(`${farm.url}/api/movies/search?limit=3&q=${encodeURIComponent(typed)}`);
      const { movies } = await response.json();
      assert.equal(movies[0]?.movie_id, FILMS.matrix, typed);
      assert.equal(movies[0].title, "The Matrix");
      assert.equal(movies[0].year, 1999);
      assert.equal(movies[0].ratings, reference.films.get(FILMS.matrix).ratings);
    }
    const { movies } = await (await fetch(`${farm.url}/api/movies/starters?limit=12`)).json();
    assert.equal(new Set(movies.map((film) => film.movie_id)).size, 12);
  });
});

test("a request that is cancelled ends as cancelled, once, in every tab", async () => {
  const farm = await Farm.start({ data: invent(), processes: true });
  try {
    const viewer = await farm.visit();
    const other = await farm.visit({ session: viewer.session.session_id });
    for (const worker of farm.workers.values()) await worker.freeze();
    const request_id = await viewer.ask({ user_id: 1 });
    for (const tab of [viewer, other]) {
      const progress = await tab.next("progress", (event) => event.request_id === request_id);
      assert.equal(progress.shards_done, 0);
      assert.equal(progress.shards_total, 16);
      assert.equal(progress.state, "running");
    }
    assert.deepEqual(await other.send("cancel", { request_id }), { cancelled: true });
    for (const tab of [viewer, other]) {
      const { event, payload } = await tab.end(request_id);
      assert.equal(event, "failed");
      assert.equal(payload.code, "cancelled");
    }
    for (const worker of farm.workers.values()) worker.signal("SIGCONT");
    await farm.settled(viewer, farm.workers.keys());
    assert.equal(viewer.endings(request_id), 1);
  } finally {
    await farm.stop();
  }
});
