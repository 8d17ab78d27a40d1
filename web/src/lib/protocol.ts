// The types of docs/PROTOCOL.md, browser part: what the page sends and what it believes after decoding.
// Holds no behaviour; decode.ts turns what really arrived into these.

export type Language = "en" | "es";

/** Opaque: kept as it came, compared with ===, and sent back unchanged. */
export type RequestId = string | number;

/** Stars, 0.5 to 5.0 in steps of 0.5; null takes a rating back. */
export type Stars = number;

export interface Film {
  movie_id: number;
  title: string;
  year: number | null;
  genres: string[];
  /** How many viewers of the dataset rated it. */
  ratings: number;
  /** Their mean, in stars. */
  mean: number | null;
}

/** What every film-shaped thing on the page has in common. */
export type FilmIdentity = Pick<Film, "movie_id" | "title" | "year" | "genres">;

export interface Because {
  movie_id: number;
  title: string;
  year: number | null;
  /** Share of the score that goes back to this film, 0 to 1. */
  share: number;
  /** How many neighbours rated both. */
  neighbours: number;
}

export interface Recommendation extends FilmIdentity {
  rank: number;
  score: number;
  predicted_rating: Stars | null;
  neighbours: number;
  because: Because[];
}

export interface WorkerShare {
  worker_id: string;
  /** How many shards this worker ran the request on. */
  shards: number;
  processing_time_ms: number;
}

export interface Timings {
  queue_ms: number;
  farm_ms: number;
  merge_ms: number;
}

/** How a sentence was read. A chip is taken out by asking `remove` instead. */
export interface Reading {
  words: string;
  chips: { kind: string; label: string; remove: string }[];
}

export interface AnswerMeta {
  algorithm: string;
  source: string;
  note: string | null;
  reading: Reading | null;
  workers: WorkerShare[];
  processing_time_ms: number;
  queue_time_ms: number;
  coverage: number;
  model_version: string;
  /** The last change of everybody's ratings that the answer knows; null where it follows none. */
  watermark: number | null;
  timings: Timings;
}

export interface Answer {
  request_id: RequestId;
  offset: number;
  query: string;
  recommendations: Recommendation[];
  meta: AnswerMeta;
}

export interface Failed {
  request_id: RequestId;
  offset: number;
  query: string;
  code: string;
  message: string;
  hint: string;
}

export interface Progress {
  request_id: RequestId;
  query: string;
  state: "queued" | "running";
  position: number;
  shards_done: number;
  shards_total: number;
}

export interface Rated {
  movie: Film;
  rating: Stars | null;
  ratings: number;
}

/** A reply that was given at once, in another tab or before this page was opened. */
export interface Replied {
  request_id: RequestId;
  offset: number;
  query: string;
  reply: Reply;
}

/** All that is known of a film. */
export interface FilmDetails {
  movie: Film;
  otherTitles: string[];
  imdbId: number | null;
  tmdbId: number | null;
  /** How many viewers gave 0.5, 1, … 5 stars. */
  histogram: number[];
  /** What viewers have tagged it. */
  tags: string[];
  facts: FilmFacts | null;
  /** What most of the people liked, too, who liked it, and how many. */
  alsoLiked: { movie: Film; people: number }[];
}

/** What is known of a film beside its ratings. */
export interface FilmFacts {
  directors: string[];
  cast: string[];
  runtimeMin: number | null;
  /** ISO 639-1 codes. */
  languages: string[];
  /** ISO 3166-1 codes. */
  countries: string[];
  series: string | null;
  /** Whether they are from the file that the program comes with, whose authors are to be named. */
  shipped: boolean;
}

/** What keeps a film from being recommended again. */
export type MarkKind = "seen" | "not_interested";

export interface Mark {
  kind: MarkKind;
  /** The answer it was said under. */
  requestId: RequestId | null;
}

export interface Marked {
  movie: Film;
  /** null: it may be recommended again. */
  kind: MarkKind | null;
}

export interface FarmStatus {
  workers: { idle: number; busy: number; total: number };
  queue_depth: number;
  coverage: number;
  /** Everybody's, as they are now; null from an older server. */
  ratings: number | null;
  /** The number of the last change of them; null likewise. */
  lastChange: number | null;
}

export interface DatasetFacts {
  name: string;
  version: string;
  movies: number;
  users: number;
  ratings: number;
}

export interface Session {
  session_id: string;
  offset: number;
  version: string;
  resumed: boolean;
  dataset: DatasetFacts;
  profile: { movie: Film; rating: Stars }[];
  feedback: Marked[];
  /** Where posters are; null: nowhere. A `host` of null is the page's own. */
  posters: { host: string | null } | null;
  limits: { n: number; text: number; profile: number };
}

export interface ServerError {
  code: string;
  message: string;
  hint: string;
  retry_after_ms?: number;
}

export interface Ask {
  text?: string;
  n?: number;
  lang: Language;
  /** Makes the request idempotent, so that it can be sent again after a lost connection. */
  key: string;
}

export type Reply =
  | { kind: "clarify"; message: string; options: { label: string; text: string }[] }
  | { kind: "help"; message: string; examples: string[] }
  | { kind: "rated"; message: string; rated: Rated }
  /** A new conversation; `at` is when it was begun, in milliseconds since 1970. */
  | { kind: "begun"; message: string; at: number }
  | { kind: "message"; message: string };

/** Why a film of a viewer's file was not found. */
export type WhyMissed = "unknown_id" | "unknown_title" | "other_years" | "several" | "other_id";

/** What a viewer's file says of a film. */
export interface Said {
  /** The title and year as the file has them. */
  said: string;
  /** The file and line of its first row. */
  place: string;
  rating: Stars | null;
  seen: boolean;
  wanted: boolean;
  /** Milliseconds since 1970. */
  ratedAt: number | null;
}

/** What is in a viewer's file. */
export interface Preview {
  service: string;
  rows: number;
  films: (Said & { movie: Film })[];
  missed: (Said & { why: WhyMissed; candidates: Film[] })[];
  missedInAll: number;
  leftOut: { place: string; reason: string }[];
  leftOutInAll: number;
  assumptions: string[];
}

/** What an emit came back with: the fields of its acknowledgement, an error, or why there is none. */
export type Answered = { error: ServerError } | { fields: Record<string, unknown> } | "no answer" | "cut off";
