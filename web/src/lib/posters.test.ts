import { expect, test } from "vitest";
import { decodeSession } from "./decode";
import { posterHost, postersShown } from "./posters";

const own = "films.example";
const hostOf = (posters: unknown) => posterHost(decodeSession({ session_id: "s", posters }), own);

test("where the server says nothing of posters there is no host to ask about", () => {
  expect(posterHost(null, own)).toBeNull();
  for (const nothing of [undefined, null, false, "images.example", 7]) expect(hostOf(nothing)).toBeNull();
});

test("posters come from the host that the server names, or from its own", () => {
  expect(hostOf({ host: "images.example:8443" })).toBe("images.example:8443");
  for (const unnamed of [null, undefined, "", 7]) expect(hostOf({ host: unnamed })).toBe(own);
});

test("posters are shown from the host that the viewer has said yes to, and from no other", () => {
  expect(postersShown("images.example", null)).toBe(false);
  expect(postersShown("images.example", "images.example")).toBe(true);
  expect(postersShown("elsewhere.example", "images.example")).toBe(false);
  expect(postersShown(null, "images.example")).toBe(false);
});
