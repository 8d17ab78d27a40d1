// What the browser remembers between visits. A browser that refuses to remember (private mode, full disk) is
// treated as one that forgets; nothing here throws.

const prefix = "cineswarm.";

export type StoredKey = "session" | "offset" | "language" | "theme" | "welcome" | "renews" | "posters" | "replaced";

export function remember(key: StoredKey, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, value);
  } catch {
    // The page works without memory.
  }
}

export function recall(key: StoredKey): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

/** Kept for this tab alone, over its reloads. */
export function rememberInTab(key: "outbox", value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(prefix + key);
    else sessionStorage.setItem(prefix + key, value);
  } catch {
    // As above.
  }
}

export function recallInTab(key: "outbox"): string | null {
  try {
    return sessionStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

/** Calls back when another tab of this browser changes the key. */
export function onChangeElsewhere(key: StoredKey, callback: () => void): void {
  addEventListener("storage", (event) => {
    if (event.key === prefix + key) callback();
  });
}
