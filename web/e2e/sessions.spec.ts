import { expect, test } from "@playwright/test";
import { ask, filmName, films, movieIds, openPanel, rate, starters, turns, visit, visitAndSkip } from "./page";

test("every open tab of the session shows the question and its answer, once", async ({ context, page, request }) => {
  const [liked] = await starters(request);
  await visitAndSkip(page);
  const other = await context.newPage();
  await visit(other);

  const asked = await ask(page, `films like ${filmName(liked!)}`);
  await expect(films(asked)).toHaveCount(10);
  const shown = turns(other).filter({ has: other.getByTestId("answer") });
  await expect(shown).toHaveCount(1);
  await expect(shown.getByTestId("question")).not.toBeEmpty();
  expect(await movieIds(shown)).toEqual(await movieIds(asked));
});

test("a rating given in one tab shows in the other", async ({ context, page, request }) => {
  const [liked] = await starters(request);
  await visitAndSkip(page);
  const other = await context.newPage();
  await visit(other);
  const asked = await ask(page, `films like ${filmName(liked!)}`);
  await rate(films(asked).first().getByRole("slider"), 4);
  const same = films(turns(other).filter({ has: other.getByTestId("answer") })).first().getByRole("slider");
  await expect(same).toHaveAttribute("aria-valuenow", "4");
  await openPanel(other);
  await expect(other.getByTestId("rated-film")).toHaveCount(1);
});

test("a reload keeps the conversation and the ratings, each answer once", async ({ page, request }) => {
  const [first, second] = await starters(request);
  await visitAndSkip(page);
  const one = await movieIds(await ask(page, `films like ${filmName(first!)}`));
  const two = await movieIds(await ask(page, `films like ${filmName(second!)}`));
  const last = turns(page).filter({ has: page.getByTestId("answer") }).last();
  await rate(films(last).first().getByRole("slider"), 5);
  await expect(page.getByTestId("rated-film")).toHaveCount(1);

  await page.reload();
  const answers = turns(page).filter({ has: page.getByTestId("answer") });
  await expect(answers).toHaveCount(2);
  expect(await movieIds(answers.first())).toEqual(one);
  expect(await movieIds(answers.last())).toEqual(two);
  await expect(films(answers.last()).first().getByRole("slider")).toHaveAttribute("aria-valuenow", "5");
  await expect(page.getByTestId("welcome")).toBeHidden();
});

test("a connection that was lost comes back by itself, with what was answered meanwhile", async ({ context, page, request }) => {
  const [liked, another] = await starters(request);
  let cut: (() => Promise<void>) | undefined;
  let isCut = false;
  await page.routeWebSocket(/socket\.io/, (socket) => {
    if (isCut) {
      // Not a packet, so that the client gives this try up at once.
      socket.send("?");
      return;
    }
    socket.connectToServer();
    cut = () => socket.close();
  });
  await visitAndSkip(page);
  await ask(page, `films like ${filmName(liked!)}`);
  const other = await context.newPage();
  await visit(other);
  const answers = turns(page).filter({ has: page.getByTestId("answer") });
  await expect(answers).toHaveCount(1);

  isCut = true;
  await cut?.();
  await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "reconnecting");
  await expect(other.getByTestId("answer")).toHaveCount(1);
  await ask(other, `films like ${filmName(another!)}`);
  await expect(other.getByTestId("answer")).toHaveCount(2);
  await expect(answers).toHaveCount(1);

  isCut = false;
  // The page waits longer after each failed try, at most some seconds.
  await expect(answers).toHaveCount(2, { timeout: 20_000 });
  await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "connected");
});

test("what was marked and what was replied is there after a reload and in the other tab, and can be taken back", async ({ context, page }) => {
  await visitAndSkip(page);
  const other = await context.newPage();
  await visit(other);
  const turn = await ask(page, "popular");
  await films(turn).nth(0).getByRole("button", { name: /^Seen it/ }).click();
  await films(turn).nth(1).getByRole("button", { name: /^Not for me/ }).click();
  await ask(page, "help");
  await expect(other.getByTestId("marked-film")).toHaveCount(2);
  await expect(other.getByTestId("reply")).toHaveCount(1);
  await expect(turns(other)).toHaveCount(2);

  await page.reload();
  await expect(turns(page)).toHaveCount(2);
  await expect(page.getByTestId("reply")).toHaveCount(1);
  await expect(page.getByTestId("marked-film")).toHaveCount(2);
  await films(turns(page).first()).nth(0).getByRole("button", { name: /^Undo/ }).click();
  await page.getByTestId("marked-film").getByRole("button").first().click();
  await expect(page.getByTestId("marked-film")).toHaveCount(0);
  await expect(other.getByTestId("marked-film")).toHaveCount(0);
  await expect(films(turns(other).first()).nth(0)).not.toContainText("It will not come up again.");
});
