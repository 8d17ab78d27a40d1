// Turns what the server sent into the types of protocol.ts. Whatever arrives is taken for hostile: a missing or
// wrong field becomes a harmless default, and only a thing without an identity is refused (null). Never throws.

import type {
  Answer,
  AnswerMeta,
  Because,
  Failed,
  FarmStatus,
  Film,
  FilmDetails,
  FilmFacts,
  FilmIdentity,
  Mark,
  Marked,
  MarkKind,
  Preview,
  Progress,
  Rated,
  Reading,
  Replied,
  Recommendation,
  Reply,
  RequestId,
  Said,
  ServerError,
  Session,
  Stars,
  WhyMissed,
  WorkerShare,
} from "./protocol";

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown, fallback = ""): string {
  return typeof value === "string" ? value : fallback;
}

function number(value: unknown, fallback = 0): number {
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function list<T>(value: unknown, read: (item: unknown) => T | null): T[] {
  if (!Array.isArray(value)) return [];
  return value.map(read).filter((item): item is T & {} => item !== null && item !== undefined);
}

const textItem = (value: unknown): string | null => (typeof value === "string" ? value : null);

function requestId(value: unknown): RequestId | null {
  return typeof value === "string" || typeof value === "number" ? value : null;
}

function identity(from: Fields): FilmIdentity | null {
  const movie_id = numberOrNull(from.movie_id);
  if (movie_id === null) return null;
  return {
    movie_id,
    title: text(from.title, `#${movie_id}`),
    year: numberOrNull(from.year),
    genres: list(from.genres, textItem),
  };
}

export function decodeFilm(value: unknown): Film | null {
  const from = fields(value);
  const film = identity(from);
  return film && { ...film, ratings: number(from.ratings), mean: numberOrNull(from.mean) };
}

export function decodeFilms(value: unknown): Film[] {
  return list(fields(value).movies, decodeFilm);
}

export function decodeFilmDetails(value: unknown): FilmDetails | null {
  const from = fields(value);
  const movie = decodeFilm(from.movie);
  if (!movie) return null;
  const histogram = list(from.histogram, numberOrNull);
  return {
    movie,
    otherTitles: list(from.other_titles, textItem),
    imdbId: numberOrNull(from.imdb_id),
    tmdbId: numberOrNull(from.tmdb_id),
    histogram: Array.from({ length: 10 }, (_, halfStars) => Math.max(0, histogram[halfStars] ?? 0)),
    tags: list(from.tags, textItem),
    facts: decodeFacts(from.facts),
    alsoLiked: list(from.also_liked, (item) => {
      const other = decodeFilm(fields(item).movie);
      return other && { movie: other, people: number(fields(item).people) };
    }),
  };
}

function decodeFacts(value: unknown): FilmFacts | null {
  if (typeof value !== "object" || value === null) return null;
  const from = fields(value);
  return {
    directors: list(from.directors, textItem),
    cast: list(from.cast, textItem),
    runtimeMin: numberOrNull(from.runtime_min),
    languages: list(from.languages, textItem),
    countries: list(from.countries, textItem),
    series: typeof from.series === "string" ? from.series : null,
    shipped: from.shipped === true,
  };
}

function decodeBecause(value: unknown): Because | null {
  const from = fields(value);
  const film = identity(from);
  return film && { ...film, share: number(from.share), neighbours: number(from.neighbours) };
}

function decodeRecommendation(value: unknown): Recommendation | null {
  const from = fields(value);
  const film = identity(from);
  return (
    film && {
      ...film,
      rank: number(from.rank),
      score: number(from.score),
      predicted_rating: numberOrNull(from.predicted_rating),
      neighbours: Math.max(0, number(from.neighbours)),
      because: list(from.because, decodeBecause),
    }
  );
}

function decodeWorkerShare(value: unknown): WorkerShare | null {
  const from = fields(value);
  // The shards may be counted or listed.
  const shards = Array.isArray(from.shards) ? from.shards.length : number(from.shards);
  return { worker_id: text(from.worker_id, "?"), shards, processing_time_ms: number(from.processing_time_ms) };
}

function decodeReading(value: unknown): Reading | null {
  const from = fields(value);
  const words = text(from.words);
  const chips = list(from.chips, (value) => {
    const chip = fields(value);
    const [kind, label, remove] = [text(chip.kind), text(chip.label), text(chip.remove)];
    return label === "" || remove === "" ? null : { kind, label, remove };
  });
  return words === "" ? null : { words, chips };
}

function decodeMeta(value: unknown): AnswerMeta {
  const from = fields(value);
  const timings = fields(from.timings);
  return {
    algorithm: text(from.algorithm),
    source: text(from.source),
    note: typeof from.note === "string" && from.note !== "" ? from.note : null,
    reading: decodeReading(from.reading),
    workers: list(from.workers, decodeWorkerShare),
    processing_time_ms: number(from.processing_time_ms),
    queue_time_ms: number(from.queue_time_ms),
    coverage: number(from.coverage, 1),
    model_version: text(from.model_version),
    watermark: numberOrNull(fields(from.watermark).master),
    timings: {
      queue_ms: Math.max(0, number(timings.queue_ms)),
      farm_ms: Math.max(0, number(timings.farm_ms)),
      merge_ms: Math.max(0, number(timings.merge_ms)),
    },
  };
}

export function decodeAnswer(value: unknown): Answer | null {
  const from = fields(value);
  const request_id = requestId(from.request_id);
  if (request_id === null) return null;
  // A film named twice would be drawn twice under one key.
  const seen = new Set<number>();
  const recommendations = list(from.recommendations, decodeRecommendation).filter(
    ({ movie_id }) => !seen.has(movie_id) && seen.add(movie_id),
  );
  return {
    request_id,
    offset: number(from.offset),
    query: text(from.query),
    recommendations,
    meta: decodeMeta(from.meta),
  };
}

export function decodeFailed(value: unknown): Failed | null {
  const from = fields(value);
  const request_id = requestId(from.request_id);
  if (request_id === null) return null;
  return {
    request_id,
    offset: number(from.offset),
    query: text(from.query),
    code: text(from.code, "unknown"),
    message: text(from.message),
    hint: text(from.hint),
  };
}

export function decodeProgress(value: unknown): Progress | null {
  const from = fields(value);
  const request_id = requestId(from.request_id);
  if (request_id === null) return null;
  return {
    request_id,
    query: text(from.query),
    state: from.state === "running" ? "running" : "queued",
    position: Math.max(0, number(from.position)),
    shards_done: Math.max(0, number(from.shards_done)),
    shards_total: Math.max(0, number(from.shards_total)),
  };
}

export function decodeRated(value: unknown): Rated | null {
  const from = fields(value);
  const movie = decodeFilm(from.movie);
  return movie && { movie, rating: numberOrNull(from.rating), ratings: number(from.ratings) };
}

function markKind(value: unknown): MarkKind | null {
  return value === "seen" || value === "not_interested" ? value : null;
}

export function decodeMarked(value: unknown): Marked | null {
  const from = fields(value);
  const movie = decodeFilm(from.movie);
  return movie && { movie, kind: markKind(from.kind) };
}

/** What another tab has brought: many films at once. */
export function decodeChanged(value: unknown): { rated: Rated[]; feedback: Marked[] } {
  const from = fields(value);
  return { rated: list(from.rated, decodeRated), feedback: list(from.feedback, decodeMarked) };
}

export function decodeReplied(value: unknown): Replied | null {
  const from = fields(value);
  const request_id = requestId(from.request_id);
  if (request_id === null) return null;
  return { request_id, offset: number(from.offset), query: text(from.query), reply: decodeReply(from.reply) };
}

export function decodeStatus(value: unknown): FarmStatus {
  const from = fields(value);
  const workers = fields(from.workers);
  return {
    workers: {
      idle: Math.max(0, number(workers.idle)),
      busy: Math.max(0, number(workers.busy)),
      total: Math.max(0, number(workers.total)),
    },
    queue_depth: Math.max(0, number(from.queue_depth)),
    coverage: number(from.coverage, 1),
    ratings: numberOrNull(from.ratings),
    lastChange: numberOrNull(from.last_change),
  };
}

export function decodeSession(value: unknown): Session | null {
  const from = fields(value);
  const session_id = text(from.session_id);
  if (session_id === "") return null;
  const dataset = fields(from.dataset);
  const limits = fields(from.limits);
  return {
    session_id,
    offset: number(from.offset),
    version: text(from.version),
    resumed: from.resumed === true,
    dataset: {
      name: text(dataset.name),
      version: text(dataset.version),
      movies: number(dataset.movies),
      users: number(dataset.users),
      ratings: number(dataset.ratings),
    },
    profile: list(from.profile, (item) => {
      const movie = decodeFilm(fields(item).movie);
      const rating = numberOrNull(fields(item).rating);
      return movie && rating !== null ? { movie, rating } : null;
    }),
    feedback: list(from.feedback, decodeMarked),
    posters: typeof from.posters === "object" && from.posters !== null ? { host: text(fields(from.posters).host) || null } : null,
    limits: { n: number(limits.n, 100), text: number(limits.text, 500), profile: number(limits.profile, 0) },
  };
}

export function decodeReply(value: unknown): Reply {
  const from = fields(value);
  const message = text(from.message);
  if (from.kind === "clarify") {
    const options = list(from.options, (item) => {
      const option = fields(item);
      const label = text(option.label, text(option.text));
      return label === "" ? null : { label, text: text(option.text, label) };
    });
    return { kind: "clarify", message, options };
  }
  if (from.kind === "help") return { kind: "help", message, examples: list(from.examples, textItem) };
  if (from.kind === "begun") return { kind: "begun", message, at: number(from.at) };
  const rated = from.kind === "rated" ? decodeRated(value) : null;
  return rated ? { kind: "rated", message, rated } : { kind: "message", message };
}

const reasonsMissed: readonly WhyMissed[] = ["unknown_id", "unknown_title", "other_years", "several", "other_id"];

function decodeSaid(from: Fields): Said {
  return {
    said: text(from.said),
    place: text(from.place),
    rating: numberOrNull(from.rating),
    seen: from.seen === true,
    wanted: from.wanted === true,
    ratedAt: numberOrNull(from.rated_at),
  };
}

export function decodePreview(value: unknown): Preview {
  const from = fields(value);
  const films = list(from.films, (item) => {
    const movie = decodeFilm(fields(item).movie);
    return movie && { ...decodeSaid(fields(item)), movie };
  });
  const missed = list(from.missed, (item) => ({
    ...decodeSaid(fields(item)),
    why: reasonsMissed.find((why) => why === fields(item).why) ?? "unknown_title",
    candidates: list(fields(item).candidates, decodeFilm),
  }));
  return {
    service: text(from.service),
    rows: number(from.rows),
    films,
    missed,
    missedInAll: Math.max(missed.length, number(from.missed_in_all)),
    leftOut: list(from.left_out, (item) => ({ place: text(fields(item).place), reason: text(fields(item).reason) })),
    leftOutInAll: number(from.left_out_in_all),
    assumptions: list(from.assumptions, textItem),
  };
}

/** What a tab keeps over a reload until the server has acknowledged it. */
export interface Outbox {
  session: string | null;
  asks: { key: string; text: string }[];
  ratings: { movie: FilmIdentity; value: Stars | null }[];
  marks: { movie: FilmIdentity; value: Mark | null }[];
}

export function decodeOutbox(value: unknown): Outbox {
  const from = fields(value);
  const change = <Value>(item: unknown, read: (value: unknown) => Value | null) => {
    const movie = identity(fields(fields(item).movie));
    return movie && { movie, value: read(fields(item).value) };
  };
  return {
    session: typeof from.session === "string" ? from.session : null,
    asks: list(from.asks, (item) => {
      const key = text(fields(item).key);
      return key === "" ? null : { key, text: text(fields(item).text) };
    }),
    ratings: list(from.ratings, (item) => change(item, numberOrNull)),
    marks: list(from.marks, (item) =>
      change(item, (said): Mark | null => {
        const kind = markKind(fields(said).kind);
        return kind && { kind, requestId: requestId(fields(said).requestId) };
      }),
    ),
  };
}

/** What an acknowledgement says: an error, or the fields of its success. */
export function decodeAcknowledgement(value: unknown): { error: ServerError } | { fields: Fields } {
  const from = fields(value);
  if (from.error === undefined || from.error === null) return { fields: from };
  const error = fields(from.error);
  const retry_after_ms = numberOrNull(error.retry_after_ms);
  return {
    error: {
      code: text(error.code, "unknown"),
      message: text(error.message),
      hint: text(error.hint),
      ...(retry_after_ms === null ? {} : { retry_after_ms }),
    },
  };
}
