// Posters as they are now: where they come from, and whether this viewer wants them.

import { connection } from "./connection.svelte";
import { posterHost, postersShown } from "./posters";
import { preferences } from "./preferences.svelte";

export const posters = {
  /** null: nowhere. */
  get host(): string | null {
    return posterHost(connection.session, location.host);
  },
  get shown(): boolean {
    return postersShown(this.host, preferences.postersFrom);
  },
};
