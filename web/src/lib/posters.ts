// Whether posters are shown: the operator has said where they are, and the viewer lets them be loaded from there.

import type { Session } from "./protocol";

/** The host that posters come from; `own` is the page's, and null says that there are none. */
export function posterHost(session: Pick<Session, "posters"> | null, own: string): string | null {
  return session?.posters ? (session.posters.host ?? own) : null;
}

/** A yes to one host is none to another. */
export function postersShown(host: string | null, allowed: string | null): boolean {
  return host !== null && host === allowed;
}
