import { expect, test } from "vitest";
import { sessionInLink, sessionLink } from "./session-link";

const session = "0b6ac1f2-1111-4222-8333-444455556666";

test("a session's link leads to the same page and back to the session", () => {
  const link = sessionLink("http://films.example:8888/#other", session);
  expect(link).toBe(`http://films.example:8888/#session=${session}`);
  expect(sessionInLink(new URL(link).hash)).toBe(session);
});

test.each(["", "#question", "#session=", "#session=1", `#session=${session}x`, `#session=${session}&a=1`])(
  "%j is no session's link", (hash) => {
    expect(sessionInLink(hash)).toBeNull();
  },
);
