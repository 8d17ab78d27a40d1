// What this tab shows beside the conversation: a film's details, an earlier conversation, a list from a link.
// Nothing of it is the server's.

import type { FilmIdentity } from "./protocol";
import { filmsInLink } from "./share";

class Shown {
  film = $state.raw<FilmIdentity | null>(null);
  /** Which of the session's conversations is read; null is the present one. */
  pastConversation = $state<number | null>(null);
  /** The films of a list that somebody shared, by id. */
  list = $state.raw<readonly number[]>([]);

  constructor() {
    this.takeList();
    addEventListener("hashchange", () => this.takeList());
  }

  private takeList(): void {
    const films = filmsInLink(location.hash);
    if (films.length > 0) this.list = films;
  }

  closeList(): void {
    this.list = [];
    history.replaceState(null, "", location.pathname + location.search);
  }
}

export const shown = new Shown();
