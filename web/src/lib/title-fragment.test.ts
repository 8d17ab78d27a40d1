import { expect, test } from "vitest";
import { replaceFragment, titleFragment } from "./title-fragment";

const titleIn = (text: string) => titleFragment(text, text.length)?.title ?? null;

test.each([
  ["heat", "heat"],
  ["films like hea", "hea"],
  ["films like Heat and Ali", "Ali"],
  ["films like Heat, Ali", "Ali"],
  ["rate Toy Sto", "Toy Sto"],
  ["why Far", "Far"],
  ["películas como El pad", "El pad"],
  ["películas como Heat y Ali", "Ali"],
  ["¿por qué Far", "Far"],
  ["puntúa Toy Sto", "Toy Sto"],
])("in %j the title being typed is %j", (text, title) => {
  expect(titleIn(text)).toBe(title);
});

test.each([["", null], ["films like ", null], ["films like h", null], ["x".repeat(80), null]])(
  "in %j there is no title to search for", (text, title) => {
    expect(titleIn(text)).toBe(title);
  },
);

test("a chosen film replaces only its fragment, and the caret goes behind it", () => {
  const text = "films like hea please";
  const fragment = titleFragment(text, "films like hea".length);
  if (!fragment) throw new Error("there is a title before the caret");
  expect(replaceFragment(text, fragment, "Heat (1995)")).toEqual({ text: "films like Heat (1995) please", caret: 22 });
});

test.each([
  ["some like it h", "Some Like It Hot (1959)", "Some Like It Hot (1959)"],
  ["films like good, the bad and the u", "The Good, the Bad and the Ugly (1966)", "films like The Good, the Bad and the Ugly (1966)"],
  ["películas como amelie y rio", "Río Bravo (1959)", "películas como amelie y Río Bravo (1959)"],
])("in %j a chosen title with question words in it is completed to %j", (text, title, completed) => {
  const fragment = titleFragment(text, text.length);
  if (!fragment) throw new Error("there is a title before the caret");
  expect(replaceFragment(text, fragment, title).text).toBe(completed);
});
