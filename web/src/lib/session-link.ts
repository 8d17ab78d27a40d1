// The link that opens a session on another device. The id stands behind the #, which browsers never send to a server,
// and is taken out of the address as soon as it has been read, so that it is in no history.

const pattern = /^#session=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

export function sessionLink(address: string, session: string): string {
  return `${address.split("#")[0]}#session=${session}`;
}

export function sessionInLink(hash: string): string | null {
  return pattern.exec(hash)?.[1]?.toLowerCase() ?? null;
}

/** Reads the session from the page's address, and removes it there. */
export function takeSessionFromAddress(): string | null {
  const session = sessionInLink(location.hash);
  if (session !== null) history.replaceState(null, "", location.pathname + location.search);
  return session;
}
