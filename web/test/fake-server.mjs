// A stand-in for the master that speaks the browser part of docs/PROTOCOL.md, for working on the page and testing it
// alone. Its films are real, its recommendations are made up from a seed. It is never part of the product.
//
// Words it obeys in a question: "slow" (runs until cancelled), "partial", "popular", "fail", "busy" (rate_limited once),
// "early" (the answer comes before the acknowledgement), "twice" (the answer comes two times), "hostile" (markup in
// every string), "nothing" (no film), "nobody" (no worker is there until it is cancelled), "Cape Fear" (asks which),
// "help".

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { Server } from "socket.io";
import { films } from "./films.mjs";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const port = Number(process.env.PORT ?? 8899);
// Where posters are, with {movie_id} in it, as the master has it.
const postersUrl = process.env.POSTERS_URL;
const stepMs = Number(process.env.STEP_MS ?? 120);
const mime = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
};

const searchable = (text) => text.toLowerCase().normalize("NFD").replace(/[^a-z0-9 ]/g, "").trim();

function search(query, limit) {
  const words = searchable(query).split(/\s+/).filter(Boolean);
  return films
    .filter((film) => words.every((word) => searchable(`${film.title} ${film.year}`).includes(word)))
    .slice(0, limit);
}

function json(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const http = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname === "/api/movies/search") {
    return json(response, 200, { movies: search(url.searchParams.get("q") ?? "", Number(url.searchParams.get("limit") ?? 8)) });
  }
  if (url.pathname === "/api/movies/starters") return json(response, 200, { movies: films.slice(0, 24) });
  const poster = /^\/api\/movies\/(\d+)\/poster$/.exec(url.pathname);
  if (poster && postersUrl) {
    return response.writeHead(302, { location: postersUrl.replace("{movie_id}", poster[1]) }).end();
  }
  const wanted = films.find(({ movie_id }) => url.pathname === `/api/movies/${movie_id}`);
  if (wanted) {
    const histogram = Array.from({ length: 10 }, (_, at) => Math.round(wanted.ratings / 10 * (at + 1) / 5.5));
    return json(response, 200, { movie: wanted, other_titles: [], imdb_id: 113277, tmdb_id: 949, histogram,
      tags: ["heist", "los angeles"],
      facts: {
        directors: ["Michael Mann"], cast: ["Al Pacino", "Robert De Niro"], runtime_min: 170, languages: ["en"],
        countries: ["US"], series: null, shipped: true,
      } });
  }
  if (url.pathname === "/health") return json(response, 200, { status: "ready" });
  const file = join(dist, normalize(url.pathname === "/" ? "/index.html" : url.pathname));
  if (!file.startsWith(dist) || !existsSync(file) || !statSync(file).isFile()) return json(response, 404, {});
  response.writeHead(200, {
    "content-type": mime[extname(file)] ?? "application/octet-stream",
    "content-security-policy": postersUrl ? `default-src 'self'; img-src 'self' ${new URL(postersUrl).origin}` : "default-src 'self'",
  });
  createReadStream(file).pipe(response);
});

const io = new Server(http, { serveClient: false, pingInterval: 6000, pingTimeout: 9000 });
const sessions = new Map();
let busy = 0;
let queue = 0;

let workers = 3;
let last_change = 7;
const status = () => ({ workers: { idle: Math.max(0, workers - busy), busy: Math.min(busy, workers), total: workers }, queue_depth: queue, coverage: 1, ratings: 100_837, last_change });
const publishStatus = () => io.emit("status", status());
const step = () => new Promise((resolve) => setTimeout(resolve, stepMs));
const filmOf = (movieId) => films.find((film) => film.movie_id === movieId);
const identityOf = ({ movie_id, title, year, genres }) => ({ movie_id, title, year, genres });

function recommend(session, text, count) {
  const liked = [...session.ratings.keys()].map(filmOf);
  const fallback = [filmOf(films[5].movie_id), filmOf(films[13].movie_id)];
  const seeds = liked.length > 0 ? liked : fallback;
  const lesser = /less|menos/i.test(text);
  const shift = session.answers * 10 + session.ratings.size * 3;
  const candidates = films.filter(({ movie_id }) => !session.ratings.has(movie_id) && !session.gone.has(movie_id));
  const rotated = [...candidates.slice(shift % candidates.length), ...candidates.slice(0, shift % candidates.length)];
  if (lesser) rotated.reverse();
  return rotated.slice(0, count).map((film, index) => ({
    ...identityOf(film),
    rank: index + 1,
    score: 9.4 * 0.93 ** index,
    predicted_rating: index === 7 ? null : Math.min(5, 4.8 - index * 0.11),
    neighbours: Math.max(3, 38 - index * 3),
    because: seeds.slice(index % 2, (index % 2) + (index === 4 ? 0 : 2)).map((seed, place) => ({
      movie_id: seed.movie_id, title: seed.title, year: seed.year, share: 0.6 - place * 0.35, neighbours: 21 - index - place,
    })),
  }));
}

function metaOf(text, waitedMs) {
  const popular = /popular/i.test(text);
  const partial = /partial/i.test(text);
  const spanish = /[áéíóúñ]/i.test(text);
  return {
    algorithm: "user-knn-cosine",
    source: popular ? "popular" : "neighbours",
    note: popular
      ? spanish ? "Películas populares, porque aún no hay notas." : "These are popular films: rate a few and the next answer is yours."
      : partial ? "One shard of four did not answer in time, so a quarter of the viewers are missing." : null,
    workers: popular ? [] : [
      { worker_id: "worker-a1f3", shards: partial ? 1 : 2, processing_time_ms: 2.31 },
      { worker_id: "worker-7bc0", shards: [2, 3], processing_time_ms: 1.84 },
    ],
    processing_time_ms: 4.15,
    queue_time_ms: 0.4,
    coverage: partial ? 0.75 : 1,
    model_version: "20261122T101500-9f3c21",
    watermark: { master: last_change, shards: [last_change] },
    timings: { queue_ms: waitedMs, farm_ms: 3.1, merge_ms: 0.42, store_ms: 0.9 },
  };
}

function openSession(id) {
  const session = {
    id: id ?? randomUUID(), log: [], offset: 0, answers: 0, ratings: new Map(), gone: new Map(), running: new Map(),
    keys: new Map(), refusedOnce: false,
  };
  sessions.set(session.id, session);
  return session;
}

io.on("connection", (socket) => {
  const { session: wanted, offset = 0, lang = "en" } = socket.handshake.auth;
  const known = sessions.get(wanted);
  const session = known ?? openSession();
  const room = io.to(session.id);
  socket.join(session.id);
  socket.emit("session", {
    session_id: session.id, offset: session.offset, version: "0.1.0", lang, resumed: Boolean(known),
    dataset: { name: "fake", version: "1", movies: films.length, users: 610, ratings: 100836 },
    profile: [...session.ratings].map(([movieId, rating]) => ({ movie: filmOf(movieId), rating })),
    feedback: [...session.gone].map(([movieId, kind]) => ({ movie: filmOf(movieId), kind })),
    posters: postersUrl ? { host: new URL(postersUrl).host } : null,
    events_per_second: 50, limits: { n: 100, text: 500, profile: 1000 },
  });
  for (const { event, payload } of session.log) if (payload.offset > offset) socket.emit(event, payload);
  socket.emit("status", status());

  const finish = (event, payload) => {
    const stamped = { ...payload, offset: ++session.offset };
    session.log.push({ event, payload: stamped });
    session.running.delete(payload.request_id);
    room.emit(event, stamped);
    return stamped;
  };

  const compute = async (request_id, query, text) => {
    const run = { cancelled: false };
    session.running.set(request_id, run);
    queue++;
    publishStatus();
    room.emit("progress", { request_id, query, state: "queued", position: queue - 1, shards_done: 0, shards_total: 4 });
    if (/nobody/i.test(text)) {
      workers = 0;
      publishStatus();
      if (!run.cancelled) await new Promise((resolve) => (run.wake = resolve));
      workers = 3;
    }
    await step();
    queue--;
    busy = Math.min(3, busy + 2);
    publishStatus();
    for (let done = 0; done <= 4 && !run.cancelled; done++) {
      room.emit("progress", { request_id, query, state: "running", position: 0, shards_done: done, shards_total: 4 });
      if (/slow/i.test(text) && done === 2) await new Promise((resolve) => (run.wake = resolve));
      await step();
    }
    busy = Math.max(0, busy - 2);
    publishStatus();
    if (run.cancelled) return finish("failed", { request_id, query, code: "cancelled", message: "the request was cancelled", hint: "" });
    if (/fail/i.test(text)) {
      return finish("failed", {
        request_id, query, code: "timed_out", message: "no worker answered before the deadline", hint: "Ask again; the farm status shows whether workers are there.",
      });
    }
    let recommendations = /nothing/i.test(text) ? [] : recommend(session, text, 10);
    if (/hostile/i.test(text)) {
      recommendations = recommendations.map((film) => ({
        ...film, title: `<img src=x onerror="document.title='owned'">${film.title}`, genres: ["<b>bold</b>", "Drama"],
      }));
    }
    session.answers++;
    const sent = finish("answer", { request_id, query, recommendations, meta: metaOf(text, stepMs) });
    if (/twice/i.test(text)) room.emit("answer", sent);
  };

  // A reply is stored with its offset: the asker has it in the acknowledgement, the other tabs as an event.
  const say = (acknowledge, query, reply) => {
    const payload = { request_id: randomUUID(), query, offset: ++session.offset, reply };
    session.log.push({ event: "replied", payload });
    socket.to(session.id).emit("replied", payload);
    acknowledge({ reply, offset: payload.offset });
  };

  socket.on("ask", async ({ text = "", key, lang: asked = lang }, acknowledge) => {
    const spanish = asked === "es";
    if (text.length > 500) return acknowledge({ error: { code: "text_too_long", message: "the text is over 500 characters", hint: "shorten it" } });
    if (/cape fear/i.test(text) && !/\d{4}/.test(text)) {
      return say(acknowledge, text, {
        kind: "clarify",
        message: spanish ? "Hay dos películas con ese título. ¿Cuál?" : "Two films have that title. Which one?",
        options: [{ label: "Cape Fear (1991)", text: "films like Cape Fear (1991)" }, { label: "Cape Fear (1962)", text: "films like Cape Fear (1962)" }],
      });
    }
    if (/help|ayuda/i.test(text)) {
      return say(acknowledge, text, {
        kind: "help", message: spanish ? "Esto se puede preguntar:" : "These can be asked:",
        examples: spanish ? ["películas como Alien", "comedias de los 90"] : ["films like Alien", "90s comedies"],
      });
    }
    if (/busy/i.test(text) && !session.refusedOnce) {
      session.refusedOnce = true;
      return acknowledge({ error: { code: "rate_limited", message: "too many questions at once", hint: "Wait a moment.", retry_after_ms: 1500 } });
    }
    if (session.keys.has(key)) return acknowledge({ request_id: session.keys.get(key), position: 0 });
    const request_id = randomUUID();
    session.keys.set(key, request_id);
    const query = text === "" ? (spanish ? "Películas para ti" : "Films for you") : text;
    if (/early/i.test(text)) {
      await compute(request_id, query, text);
      return acknowledge({ request_id, position: 0 });
    }
    acknowledge({ request_id, position: queue });
    await compute(request_id, query, text);
  });

  socket.on("begin", (_, acknowledge) => say(acknowledge, "", { kind: "begun", message: "A new conversation.", at: Date.now() }));

  socket.on("cancel", ({ request_id }, acknowledge) => {
    const run = session.running.get(request_id);
    if (run) {
      run.cancelled = true;
      run.wake?.();
    }
    acknowledge({ cancelled: Boolean(run) });
  });

  socket.on("rate", ({ movie_id, rating }, acknowledge) => {
    const movie = filmOf(movie_id);
    if (!movie || movie.title === "The Room") {
      return acknowledge({ error: { code: "unknown_movie", message: `no film has the id ${movie_id}`, hint: "Search for the film." } });
    }
    if (rating === null) session.ratings.delete(movie_id);
    else session.ratings.set(movie_id, rating);
    last_change += 1;
    socket.to(session.id).emit("rated", { movie, rating, ratings: session.ratings.size });
    acknowledge({ movie_id, rating, ratings: session.ratings.size });
    publishStatus();
  });

  // Knows tables of title,year,rating only; a file called "hostile" is refused.
  let brought = "";
  socket.on("bring", ({ name, size, at, part }, acknowledge) => {
    if (/hostile/.test(name)) {
      return acknowledge({ error: { code: "unreadable_file", message: `${name} is no table <b>of films</b>.`, hint: "Give another." } });
    }
    brought = at === 0 ? part : brought + part;
    const text = Buffer.from(brought, "base64").toString();
    if (Buffer.from(brought, "base64").length < size) return acknowledge({ received: size });
    const preview = { service: "a table of films", rows: 0, films: [], missed: [], left_out: [], left_out_in_all: 0, assumptions: ["as a test"] };
    text.trim().split("\n").slice(1).forEach((line, index) => {
      const [title, year, stars] = line.split(",");
      const said = { said: `${title} (${year})`, place: `${name}:${index + 2}`, rating: Number(stars), seen: true, wanted: false };
      const fitting = films.filter((film) => film.title === title);
      const movie = fitting.find((film) => film.year === Number(year));
      preview.rows += 1;
      if (movie) preview.films.push({ movie, by: "title_and_year", ...said });
      else preview.missed.push({ why: fitting.length > 0 ? "other_years" : "unknown_title", candidates: fitting, ...said });
    });
    preview.missed_in_all = preview.missed.length;
    acknowledge({ received: size, preview });
  });

  socket.on("import", ({ ratings, seen }, acknowledge) => {
    for (const { movie_id, rating } of ratings) {
      session.ratings.set(movie_id, rating);
      socket.to(session.id).emit("rated", { movie: filmOf(movie_id), rating, ratings: session.ratings.size });
    }
    for (const movieId of seen) session.gone.set(movieId, "seen");
    acknowledge({ ratings: session.ratings.size });
  });

  socket.on("export", ({ format }, acknowledge) => {
    const text = format === "json" ? JSON.stringify({ ratings: [...session.ratings] }) : "tmdbID,imdbID,Title\n";
    acknowledge({ name: format === "json" ? "cineswarm.json" : "cineswarm-letterboxd.csv", text });
  });

  socket.on("feedback", ({ movie_id, kind }, acknowledge) => {
    if (kind === null) session.gone.delete(movie_id);
    else session.gone.set(movie_id, kind);
    socket.to(session.id).emit("feedback", { movie: filmOf(movie_id), kind });
    acknowledge({ ok: true });
  });
});

http.listen(port, "127.0.0.1", () => console.log(`fake master on http://127.0.0.1:${port}`));
