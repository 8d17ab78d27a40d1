// The socket as a typed store: what the server said becomes state, what the viewer does becomes events.
// The rules of the conversation are in conversation.ts and of the ratings in profile.ts; this only carries.

import { io, type Socket } from "socket.io-client";
import { emptyConversation, reduce, type ConversationEvent, type Turn } from "./conversation";
import {
  decodeAcknowledgement,
  decodeAnswer,
  decodeFailed,
  decodeProgress,
  decodeRated,
  decodeReply,
  decodeSession,
  decodeStatus,
} from "./decode";
import { preferences } from "./preferences.svelte";
import {
  confirm,
  emptyProfile,
  rateOptimistically,
  ratingOf,
  ratedFilms,
  replaceConfirmed,
  settle,
} from "./profile";
import type { Ask, FarmStatus, FeedbackKind, FilmIdentity, RequestId, ServerError, Session, Stars } from "./protocol";
import { onChangeElsewhere, recall, remember } from "./storage";

export type ConnectionState = "connecting" | "connected" | "reconnecting" | "offline" | "refused";

const acknowledgementDeadlineMs = 10_000;
const mostAutomaticAttempts = 4;
const refusedDelayMs = 3_000;

export interface Notice {
  id: number;
  text: string;
}

class Connection {
  state = $state<ConnectionState>("connecting");
  session = $state.raw<Session | null>(null);
  farm = $state.raw<FarmStatus | null>(null);
  conversation = $state.raw(emptyConversation);
  profile = $state.raw(emptyProfile);
  /** Films marked on this page as seen or unwanted, by id. */
  feedback = $state.raw<ReadonlyMap<number, FeedbackKind>>(new Map());
  /** What a screen reader is told, briefly, one line for each event. */
  announcements = $state.raw<readonly Notice[]>([]);
  /** An error that belongs to no turn, such as a rating that was not saved. */
  complaint = $state.raw<ServerError | null>(null);
  /** The last offset known when the page was opened: later answers are news to this viewer. */
  readonly offsetAtLastVisit = Number(recall("offset")) || 0;

  readonly rated = $derived(ratedFilms(this.profile));

  private readonly socket: Socket;
  private changes = 0;
  private notices = 0;
  private readonly ratingsInFlight = new Set<number>();

  constructor() {
    this.socket = io({
      transports: ["websocket", "polling"],
      auth: (give) =>
        give({
          ...(recall("session") === null ? {} : { session: recall("session") }),
          offset: this.conversation.offset,
          lang: preferences.language,
        }),
      reconnectionDelay: 500,
      reconnectionDelayMax: 4_000,
      timeout: 10_000,
    });
    this.listen();
  }

  private listen(): void {
    const { socket } = this;
    socket.on("connect", () => (this.state = "connected"));
    socket.on("disconnect", (reason) => {
      this.state = navigator.onLine ? "reconnecting" : "offline";
      this.farm = null;
      // The client does not come back by itself after the server has closed the socket on purpose.
      if (reason === "io server disconnect") setTimeout(() => socket.connect(), refusedDelayMs);
    });
    socket.on("connect_error", () => {
      // A server that refuses ends the client's own tries; it may think better of it.
      if (!socket.active) setTimeout(() => socket.connect(), refusedDelayMs);
      this.state = !navigator.onLine ? "offline" : socket.active ? (this.session ? "reconnecting" : "connecting") : "refused";
    });
    addEventListener("offline", () => {
      if (!socket.connected) this.state = "offline";
    });
    addEventListener("online", () => {
      if (!socket.connected) socket.connect();
    });

    socket.on("session", (value: unknown) => this.openSession(decodeSession(value)));
    socket.on("status", (value: unknown) => (this.farm = decodeStatus(value)));
    socket.on("progress", (value: unknown) => {
      const progress = decodeProgress(value);
      if (progress) this.happened({ type: "progressed", progress });
    });
    socket.on("answer", (value: unknown) => {
      const answer = decodeAnswer(value);
      if (answer) this.happened({ type: "answered", answer });
    });
    socket.on("failed", (value: unknown) => {
      const failed = decodeFailed(value);
      if (failed) this.happened({ type: "failed", failed });
    });
    socket.on("rated", (value: unknown) => {
      const rated = decodeRated(value);
      if (rated) this.profile = confirm(this.profile, rated.movie, rated.rating);
    });
    // Two tabs opened at once on a first visit get two sessions; what is stored last is the browser's session.
    onChangeElsewhere("session", () => {
      const stored = recall("session");
      if (this.session && stored !== null && stored !== this.session.session_id) this.reconnect();
    });
  }

  private openSession(session: Session | null): void {
    if (!session) return;
    if (this.session && this.session.session_id !== session.session_id) this.feedback = new Map();
    const wasKnown = this.session !== null;
    this.session = session;
    remember("session", session.session_id);
    this.profile = replaceConfirmed(this.profile, session.profile);
    this.happened({ type: "opened", offset: session.offset, resumed: session.resumed });
    if (wasKnown) this.announce(preferences.words.connection.back);
    for (const turn of this.conversation.turns) if (turn.state.kind === "sending") this.sendAsk(turn);
  }

  private happened(event: ConversationEvent): void {
    const before = this.conversation;
    this.conversation = reduce(before, event);
    if (this.conversation.offset > before.offset) remember("offset", String(this.conversation.offset));
    this.announceEnding(event);
  }

  private announceEnding(event: ConversationEvent): void {
    const { announce } = preferences.words;
    const { replayUntil } = this.conversation;
    if (event.type === "answered" && event.answer.offset > replayUntil) {
      const films = event.answer.recommendations;
      const titles = films.slice(0, 3).map(({ title }) => title).join(", ");
      this.announce(announce.answer(films.length, films.length > 3 ? `${titles}…` : titles));
    } else if (event.type === "failed" && event.failed.offset > replayUntil) {
      this.announce(announce.failed(event.failed.message));
    } else if (event.type === "replied") this.announce(event.reply.message);
    else if (event.type === "refused") this.announce(announce.failed(event.error.message));
  }

  announce(text: string): void {
    if (text === "") return;
    this.announcements = [...this.announcements.slice(-4), { id: ++this.notices, text }];
  }

  // Asking

  /** Asks in words, or with no words for films from the viewer's own ratings. */
  ask(text: string): void {
    const key = newKey();
    this.happened({ type: "asked", key, text });
    const turn = this.conversation.turns.at(-1);
    // Until the session is open the turn waits; openSession sends it.
    if (turn && this.socket.connected && this.session) this.sendAsk(turn);
  }

  retry(turn: Turn): void {
    if (turn.state.kind === "refused") {
      this.happened({ type: "retried", key: turn.key });
      const again = this.conversation.turns.find(({ key }) => key === turn.key);
      if (again && this.socket.connected && this.session) this.sendAsk(again);
    } else {
      this.ask(turn.text || turn.query);
    }
  }

  dismiss(turn: Turn): void {
    this.happened({ type: "dismissed", key: turn.key });
  }

  private sendAsk(turn: Turn): void {
    const { key, attempts } = turn;
    const ask: Ask = { ...(turn.text === "" ? {} : { text: turn.text }), lang: preferences.language, key };
    this.emit("ask", ask, (answered) => {
      // Cut off: the turn stays as it is, and goes out again under the same key with the next session.
      if (answered === "cut off") return;
      if (answered === "no answer") {
        const { noAnswerTitle, noAnswerHint } = preferences.words.turn;
        const error = { code: "no_answer", message: noAnswerTitle, hint: noAnswerHint };
        this.happened({ type: "refused", key, error, retryAt: null });
      } else if ("error" in answered) {
        const wait = answered.error.retry_after_ms;
        const retryAt = wait === undefined || attempts >= mostAutomaticAttempts ? null : Date.now() + wait;
        this.happened({ type: "refused", key, error: answered.error, retryAt });
      } else if ("reply" in answered.fields) {
        const reply = decodeReply(answered.fields.reply);
        if (reply.kind === "rated") this.profile = confirm(this.profile, reply.rated.movie, reply.rated.rating);
        this.happened({ type: "replied", key, reply });
      } else {
        const { request_id, position } = answered.fields;
        this.happened({
          type: "accepted",
          key,
          requestId: request_id as RequestId,
          position: typeof position === "number" ? position : null,
        });
      }
    });
  }

  cancel(turn: Turn): void {
    const { requestId } = turn;
    if (requestId === null) return;
    this.happened({ type: "cancelling", requestId });
    this.emit("cancel", { request_id: requestId }, (answered) => {
      // A cancel that came too late changes nothing: the ending is on its way or already here.
      const heard = typeof answered === "object" && !("error" in answered);
      if (!heard) this.happened({ type: "cancelUnheard", requestId });
    });
  }

  // Ratings

  ratingOf(movieId: number): Stars | null {
    return ratingOf(this.profile, movieId);
  }

  rate(movie: FilmIdentity, rating: Stars | null): void {
    this.profile = rateOptimistically(this.profile, movie, rating, ++this.changes);
    this.sendRating(movie.movie_id);
  }

  /** At most one rating of a film is under way; the latest one follows when it has been answered. */
  private sendRating(movieId: number): void {
    const pending = this.profile.pending.get(movieId);
    if (!pending || this.ratingsInFlight.has(movieId)) return;
    const { movie, rating, change } = pending;
    this.ratingsInFlight.add(movieId);
    this.emit("rate", { movie_id: movieId, rating }, (answered) => {
      this.ratingsInFlight.delete(movieId);
      if (typeof answered === "object" && !("error" in answered)) {
        this.profile = confirm(this.profile, movie, rating);
      } else {
        this.complain(answered, preferences.words.rater.failed);
      }
      this.profile = settle(this.profile, movieId, change);
      this.sendRating(movieId);
    });
  }

  mark(movie: FilmIdentity, kind: "seen" | "not_interested", requestId: RequestId | null): void {
    const before = this.feedback;
    this.feedback = new Map(before).set(movie.movie_id, kind);
    const about = requestId === null ? {} : { request_id: requestId };
    this.emit("feedback", { movie_id: movie.movie_id, kind, ...about }, (answered) => {
      if (typeof answered === "object" && !("error" in answered)) return;
      const after = new Map(this.feedback);
      after.delete(movie.movie_id);
      this.feedback = after;
      this.complain(answered, preferences.words.connection.offline);
    });
  }

  private complain(answered: Answered, otherwise: string): void {
    this.complaint =
      typeof answered === "object" && "error" in answered
        ? answered.error
        : { code: "no_answer", message: otherwise, hint: preferences.words.turn.noAnswerHint };
    this.announce(this.complaint.message);
  }

  // The socket itself

  /** Opens the stored session anew, such as in another language. */
  reconnect(): void {
    this.socket.disconnect().connect();
  }

  private emit(event: string, payload: object, done: (answered: Answered) => void): void {
    if (!this.socket.connected) {
      done("cut off");
      return;
    }
    this.socket.timeout(acknowledgementDeadlineMs).emit(event, payload, (error: Error | null, value: unknown) => {
      if (error) done(this.socket.connected ? "no answer" : "cut off");
      else done(decodeAcknowledgement(value));
    });
  }
}

type Answered = ReturnType<typeof decodeAcknowledgement> | "no answer" | "cut off";

/** crypto.randomUUID is missing on plain http from another machine, which is how a farm at home is opened. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
}

export const connection = new Connection();
