// The way of a viewer's file: sent in parts over the session, shown as the server read it, and stored as the viewer chose.
// What the rows mean is in brought.ts.

import { chosenOf, mended, rowsOf, withTaken, type Row } from "./brought";
import { connection } from "./connection.svelte";
import { decodePreview } from "./decode";
import { preferences } from "./preferences.svelte";
import type { Answered, FilmIdentity, Preview, ServerError } from "./protocol";

/** As the server bounds it; looked at here, too, so that nothing is sent in vain. */
const largestFileBytes = 8 << 20;
/** In base64 it is a third longer, and a message may have 1 MiB. */
const partBytes = 512 << 10;
const deadlineMs = 30_000;
const mostTries = 10;
/** The most ratings in one message to the server. */
const mostAtOnce = 10_000;

type State =
  | { kind: "idle" }
  | { kind: "reading"; name: string; share: number }
  | { kind: "refused"; name: string; error: ServerError }
  | { kind: "preview"; name: string; preview: Preview; storing: boolean; error: ServerError | null };

class Importer {
  state = $state.raw<State>({ kind: "idle" });
  rows = $state.raw<readonly Row[]>([]);
  readonly chosen = $derived(chosenOf(this.rows));
  /** The latest file; what an earlier one comes to is of no interest any more. */
  private current = 0;

  private readonly ratingHere = (movieId: number) => connection.ratingOf(movieId);

  close(): void {
    this.current++;
    this.state = { kind: "idle" };
    this.rows = [];
  }

  async read(file: File): Promise<void> {
    const turn = ++this.current;
    const { name, size } = file;
    const show = (state: State) => {
      if (turn === this.current) this.state = state;
    };
    const words = preferences.words.bring;
    if (size === 0 || size > largestFileBytes) {
      show({ kind: "refused", name, error: { code: "unreadable_file", message: words.tooLarge(largestFileBytes >> 20), hint: words.tooLargeHint } });
      return;
    }
    show({ kind: "reading", name, share: 0 });
    for (let at = 0; at < size && turn === this.current; at += partBytes) {
      const blob = file.slice(at, at + partBytes);
      let part: string;
      try {
        part = await inBase64(blob);
      } catch {
        show({ kind: "refused", name, error: { code: "unreadable_file", message: words.gone, hint: words.goneHint } });
        return;
      }
      const answered = await patiently("bring", { name, size, at, part });
      if ("error" in answered) {
        show({ kind: "refused", name, error: answered.error });
        return;
      }
      show({ kind: "reading", name, share: Math.min(1, (at + partBytes) / size) });
      if (answered.fields.preview === undefined || turn !== this.current) continue;
      const preview = decodePreview(answered.fields.preview);
      this.rows = rowsOf(preview, this.ratingHere);
      show({ kind: "preview", name, preview, storing: false, error: null });
      connection.announce(words.found(preview.films.length, preview.missedInAll));
    }
  }

  mend(key: number, movie: FilmIdentity): void {
    this.rows = mended(this.rows, key, movie, this.ratingHere);
  }

  take(key: number, taken: boolean): void {
    this.rows = withTaken(this.rows, key, taken);
  }

  /** Stores what is chosen, and asks for films by it. */
  async store(): Promise<void> {
    const { state } = this;
    if (state.kind !== "preview" || state.storing) return;
    const turn = this.current;
    this.state = { ...state, storing: true, error: null };
    const { ratings, seen } = this.chosen;
    const answered = await patiently("import", {
      ratings: ratings.slice(0, mostAtOnce).map(({ movie, rating, ratedAt }) => ({
        movie_id: movie.movie_id, rating, ...(ratedAt === null ? {} : { rated_at: ratedAt }),
      })),
      seen: seen.slice(0, mostAtOnce).map(({ movie_id }) => movie_id),
    });
    if ("error" in answered) {
      if (turn === this.current) this.state = { ...state, storing: false, error: answered.error };
      return;
    }
    connection.ratings.confirmAll(ratings.map(({ movie, rating }) => ({ movie, value: rating })));
    connection.marks.confirmAll(seen.map((movie) => ({ movie, value: { kind: "seen", requestId: null } })));
    if (turn === this.current) this.close();
    connection.ask("");
  }

  /** Has the browser save all that is known of the viewer. */
  async save(format: "letterboxd" | "json"): Promise<void> {
    const answered = await patiently("export", { format });
    if ("error" in answered) {
      connection.complaint = answered.error;
      return;
    }
    const { name, text } = answered.fields;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([String(text)], { type: format === "json" ? "application/json" : "text/csv" }));
    link.download = String(name);
    link.click();
    // The browser has taken the text by the time that the click has been handled.
    setTimeout(() => URL.revokeObjectURL(link.href), 0);
  }
}

/** Sends until the server takes it, waiting as long as it says; also over a lost connection. */
async function patiently(event: string, payload: object): Promise<Exclude<Answered, string>> {
  const { noAnswerHint } = preferences.words.turn;
  let answered: Answered = "cut off";
  for (let tries = 0; tries < mostTries; tries++) {
    answered = await connection.request(event, payload, deadlineMs);
    if (typeof answered === "object" && !("error" in answered)) return answered;
    const waitMs = typeof answered === "object" ? answered.error.retry_after_ms : 1_000;
    if (waitMs === undefined) break;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  if (typeof answered === "object") return answered;
  return { error: { code: "no_answer", message: preferences.words.bring.noAnswer, hint: noAnswerHint } };
}

function inBase64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const url = String(reader.result);
      resolve(url.slice(url.indexOf(",") + 1));
    };
    reader.onerror = () => reject(reader.error ?? new Error("reading a file"));
    reader.readAsDataURL(blob);
  });
}

export const importer = new Importer();
