// The socket as a typed store: what the server said becomes state, what the viewer does becomes events.
// The rules of the conversation are in conversation.ts and of the changes to films in film-changes.svelte.ts; this only
// carries.

import { io, type Socket } from "socket.io-client";
import { emptyConversation, reduce, type ConversationEvent, type Turn } from "./conversation";
import {
  decodeAcknowledgement,
  decodeAnswer,
  decodeChanged,
  decodeFailed,
  decodeMarked,
  decodeProgress,
  decodeRated,
  decodeReplied,
  decodeReply,
  decodeSession,
  decodeStatus,
} from "./decode";
import { FilmChanges } from "./film-changes.svelte";
import { newKey } from "./key";
import { keepOutbox, leftInOutbox } from "./outbox";
import { preferences } from "./preferences.svelte";
import type {
  Answer, Answered, Ask, FarmStatus, FilmIdentity, Mark, MarkKind, RequestId, ServerError, Session, Stars,
} from "./protocol";
import { wordsOf } from "./renewal";
import { SelfRenewals } from "./self-renewals";
import { takeSessionFromAddress } from "./session-link";
import { onChangeElsewhere, recall, remember } from "./storage";

export type ConnectionState = "connecting" | "connected" | "reconnecting" | "offline" | "refused";

const acknowledgementDeadlineMs = 10_000;
const mostAutomaticAttempts = 4;
const refusedDelayMs = 3_000;
/** How long the server may take to show that it is there. */
const probeDeadlineMs = 2_500;
/** How long what is replayed may keep the page waiting for more of it. */
const replayPatienceMs = 400;

export interface Notice {
  id: number;
  text: string;
}

class Connection {
  state = $state<ConnectionState>("connecting");
  session = $state.raw<Session | null>(null);
  farm = $state.raw<FarmStatus | null>(null);
  /** As shown; `latest` as known. */
  conversation = $state.raw(emptyConversation);
  /** What a screen reader is told, briefly, one line for each event. */
  announcements = $state.raw<readonly Notice[]>([]);
  /** An error that belongs to no turn, such as a rating that was not saved. */
  complaint = $state.raw<ServerError | null>(null);
  /** The session of a link that was opened here, while this browser has one of its own. */
  offeredSession = $state.raw<string | null>(null);
  /** The last offset known when the page was opened: later answers are news to this viewer. */
  readonly offsetAtLastVisit = Number(recall("offset")) || 0;

  readonly ratings = new FilmChanges<Stars>({
    send: ({ movie, value }, done) => this.emit("rate", { movie_id: movie.movie_id, rating: value }, done),
    refused: (answered) => this.complain(answered, preferences.words.rater.failed),
    changed: () => this.keep(),
  });
  /** The films seen or not wanted. */
  readonly marks = new FilmChanges<Mark>({
    send: ({ movie, value }, done) => {
      const about = value?.requestId == null ? {} : { request_id: value.requestId };
      this.emit("feedback", { movie_id: movie.movie_id, kind: value?.kind ?? null, ...about }, done);
    },
    refused: (answered) => this.complain(answered, preferences.words.card.markFailed),
    changed: () => this.keep(),
  });

  /** Answers by the key of the turn that asked for them again. */
  private readonly renewals = new Map<string, Answer>();
  /** Lists that renew themselves. */
  readonly selfRenewals = new SelfRenewals(() => this.show());
  private readonly socket: Socket;
  private latest = emptyConversation;
  private showing: ReturnType<typeof setTimeout> | undefined;
  private notices = 0;
  /** The session that a link led to, until the server has opened it. */
  private wantedSession: string | null = null;
  /** What this browser goes back to if it is not there. */
  private ownSession: string | null = null;

  constructor() {
    this.takeLink();
    this.restore();
    this.socket = io({
      transports: ["websocket", "polling"],
      auth: (give) =>
        give({
          ...(recall("session") === null ? {} : { session: recall("session") }),
          offset: this.latest.offset,
          lang: preferences.language,
        }),
      reconnectionDelay: 500,
      reconnectionDelayMax: 4_000,
      timeout: 10_000,
    });
    this.listen();
    this.watch();
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
    socket.on("replied", (value: unknown) => {
      const replied = decodeReplied(value);
      if (replied) this.happened({ type: "repliedElsewhere", replied });
    });
    socket.on("rated", (value: unknown) => {
      const rated = decodeRated(value);
      if (rated) this.ratings.confirm(rated.movie, rated.rating);
    });
    socket.on("changed", (value: unknown) => {
      const { rated, feedback } = decodeChanged(value);
      for (const { movie, rating } of rated) this.ratings.confirm(movie, rating);
      for (const { movie, kind } of feedback) this.marks.confirm(movie, kind && { kind, requestId: null });
    });
    socket.on("feedback", (value: unknown) => {
      const marked = decodeMarked(value);
      if (marked) this.marks.confirm(marked.movie, marked.kind && { kind: marked.kind, requestId: null });
    });
  }

  /** Notices what the socket itself hears of late or never. */
  private watch(): void {
    addEventListener("offline", () => {
      if (this.socket.connected) void this.probe();
      else this.state = "offline";
    });
    addEventListener("online", () => {
      if (!this.socket.connected) this.socket.connect();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.probe();
    });
    addEventListener("hashchange", () => this.takeLink());
    // Two tabs opened at once on a first visit get two sessions; what is stored last is the browser's session.
    onChangeElsewhere("session", () => {
      const stored = recall("session");
      if (!this.session || stored === null || stored === this.session.session_id) return;
      this.leave();
      this.reconnect();
    });
  }

  /** A device without a network may still reach a server of its own; any answer shows that it does. */
  private async probe(): Promise<void> {
    try {
      await fetch("/health/live", { cache: "no-store", signal: AbortSignal.timeout(probeDeadlineMs) });
    } catch {
      if (this.socket.connected) this.socket.io.engine.close();
    }
  }

  private openSession(session: Session | null): void {
    if (!session) return;
    const { wantedSession, ownSession } = this;
    this.wantedSession = null;
    if (wantedSession !== null && wantedSession !== session.session_id) {
      const { unknownTitle, unknownHint } = preferences.words.device;
      this.complaint = { code: "unknown_session", message: unknownTitle, hint: unknownHint };
      if (ownSession !== null) {
        remember("session", ownSession);
        this.reconnect();
        return;
      }
    }
    const before = this.session;
    if (before && before.session_id !== session.session_id && session.resumed) this.leave();
    this.session = session;
    remember("session", session.session_id);
    this.happened({ type: "opened", offset: session.offset, resumed: session.resumed });
    this.ratings.resume(session.profile.map(({ movie, rating }) => ({ movie, value: rating })));
    this.marks.resume(
      session.feedback.flatMap(({ movie, kind }) => (kind ? [{ movie, value: { kind, requestId: null } }] : [])),
    );
    if (before) this.announce(preferences.words.connection.back);
    for (const turn of this.latest.turns) if (turn.state.kind === "sending") this.sendAsk(turn);
  }

  private happened(event: ConversationEvent): void {
    const before = this.latest;
    this.latest = reduce(before, event);
    const renewed = this.selfRenewals.ended(before.turns, this.latest.turns);
    // Nobody has asked for it who could send it again.
    if (renewed?.renewal.state.kind === "refused") this.latest = reduce(this.latest, { type: "dismissed", key: renewed.renewal.key });
    if (this.latest.offset > before.offset) remember("offset", String(this.latest.offset));
    this.show();
    if (!renewed) this.announceEnding(event);
    else if (renewed.changed > 0) this.announce(preferences.words.announce.renewed(renewed.changed));
    this.keep();
  }

  /** What is replayed is shown all together, so that the page does not move with each answer of a long conversation. */
  private show(): void {
    clearTimeout(this.showing);
    const shown = () => (this.conversation = { ...this.latest, turns: this.selfRenewals.shown(this.latest.turns) });
    if (this.latest.offset >= this.latest.replayUntil) shown();
    else this.showing = setTimeout(shown, replayPatienceMs);
  }

  private announceEnding(event: ConversationEvent): void {
    const { announce } = preferences.words;
    const { replayUntil } = this.latest;
    if (event.type === "answered" && event.answer.offset > replayUntil) {
      const films = event.answer.recommendations;
      const titles = films.slice(0, 3).map(({ title }) => title).join(", ");
      this.announce(announce.answer(films.length, films.length > 3 ? `${titles}…` : titles));
    } else if (event.type === "failed" && event.failed.offset > replayUntil) {
      this.announce(announce.failed(event.failed.message));
    } else if (event.type === "repliedElsewhere" && event.replied.offset > replayUntil) {
      this.announce(event.replied.reply.message);
    } else if (event.type === "replied") this.announce(event.reply.message);
    else if (event.type === "refused") this.announce(announce.failed(event.error.message));
  }

  announce(text: string): void {
    if (text === "") return;
    this.announcements = [...this.announcements.slice(-4), { id: ++this.notices, text }];
  }

  // Over a reload

  private keep(): void {
    const unacknowledged = this.latest.turns.filter(
      ({ key, own, state, requestId }) => own && !this.selfRenewals.has(key) && requestId === null && (state.kind === "sending" || state.kind === "refused"),
    );
    keepOutbox({
      session: this.session?.session_id ?? recall("session"),
      asks: unacknowledged.map(({ key, text }) => ({ key, text })),
      ratings: this.ratings.pending,
      marks: this.marks.pending,
    });
  }

  private restore(): void {
    const left = leftInOutbox(recall("session"));
    if (!left) return;
    for (const { key, text } of left.asks) this.latest = reduce(this.latest, { type: "asked", key, text });
    this.conversation = this.latest;
    this.ratings.restore(left.ratings);
    this.marks.restore(left.marks);
  }

  // Asking

  /** Asks in words, or with no words for films from the viewer's own ratings. */
  ask(text: string, key = newKey()): void {
    this.happened({ type: "asked", key, text });
    const turn = this.latest.turns.at(-1);
    // Until the session is open the turn waits; openSession sends it.
    if (turn && this.socket.connected && this.session) this.sendAsk(turn);
  }

  retry(turn: Turn): void {
    if (turn.state.kind === "refused") {
      this.happened({ type: "retried", key: turn.key });
      const again = this.latest.turns.find(({ key }) => key === turn.key);
      if (again && this.socket.connected && this.session) this.sendAsk(again);
    } else {
      this.ask(turn.text || turn.query);
    }
  }

  /** Asks the same again, to see what has changed since. */
  renew(turn: Turn, answer: Answer): void {
    const key = newKey();
    this.renewals.set(key, answer);
    this.ask(wordsOf(turn), key);
  }

  /** The same without a tap: the new list comes in the place of the old one. */
  renewByItself(turn: Turn): void {
    if (!this.socket.connected || this.selfRenewals.underWay(this.latest.turns)) return;
    const key = newKey();
    this.selfRenewals.begin(key, turn.key);
    this.ask(wordsOf(turn), key);
  }

  /** The answer that this turn's is to be compared with. */
  renewed(turn: Turn): Answer | undefined {
    return this.renewals.get(turn.key);
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
        const { offset } = answered.fields;
        if (reply.kind === "rated") this.ratings.confirm(reply.rated.movie, reply.rated.rating);
        this.happened({ type: "replied", key, reply, offset: typeof offset === "number" ? offset : 0 });
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

  /** Begins a new conversation, in all tabs; what was asked so far stays readable. */
  begin(): void {
    this.emit("begin", {}, (answered) => {
      if (typeof answered === "string" || "error" in answered) {
        this.complain(answered, preferences.words.past.failed);
        return;
      }
      const key = newKey();
      const { offset, reply } = answered.fields;
      this.happened({ type: "asked", key, text: "" });
      this.happened({ type: "replied", key, reply: decodeReply(reply), offset: typeof offset === "number" ? offset : 0 });
    });
  }

  // Films

  ratingOf(movieId: number): Stars | null {
    return this.ratings.get(movieId);
  }

  mark(movie: FilmIdentity, kind: MarkKind | null, requestId: RequestId | null): void {
    this.marks.change(movie, kind && { kind, requestId });
  }

  private complain(answered: Answered, otherwise: string): void {
    this.complaint =
      typeof answered === "object" && "error" in answered
        ? answered.error
        : { code: "no_answer", message: otherwise, hint: preferences.words.turn.noAnswerHint };
    this.announce(this.complaint.message);
  }

  // Sessions

  private takeLink(): void {
    const session = takeSessionFromAddress();
    const own = recall("session");
    if (session === null || session === own) return;
    if (own === null) {
      this.wantedSession = session;
      remember("session", session);
    } else this.offeredSession = session;
  }

  /** Goes over to the session that a link offered, in all tabs of this browser; or not. */
  decideOnOffer(accepted: boolean): void {
    const session = this.offeredSession;
    this.offeredSession = null;
    if (session === null || !accepted) return;
    this.leave();
    this.wantedSession = session;
    this.ownSession = recall("session");
    remember("session", session);
    this.reconnect();
  }

  /** The conversation of the session that was open here is not the next one's. */
  private leave(): void {
    this.happened({ type: "left" });
  }

  /** Opens the stored session anew, such as in another language. */
  reconnect(): void {
    this.socket.disconnect().connect();
  }

  /** Sends something that belongs to no turn and no film. */
  request(event: string, payload: object, deadlineMs: number): Promise<Answered> {
    return new Promise((resolve) => this.emit(event, payload, resolve, deadlineMs));
  }

  private emit(event: string, payload: object, done: (answered: Answered) => void, deadlineMs = acknowledgementDeadlineMs): void {
    if (!this.socket.connected) {
      done("cut off");
      return;
    }
    this.socket.timeout(deadlineMs).emit(event, payload, (error: Error | null, value: unknown) => {
      if (error) done(this.socket.connected ? "no answer" : "cut off");
      else done(decodeAcknowledgement(value));
    });
  }
}

export const connection = new Connection();
