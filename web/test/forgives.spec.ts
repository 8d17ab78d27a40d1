// The page forgives: what was pressed by mistake can be undone, what was said without a network is kept, and the view and
// the keyboard stay with what the viewer is at.

import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { ask, composer, ended, films, openPanel, rate, turns, visit, visitAndSkip } from "../e2e/page";

const phone = { width: 375, height: 740 };

/** Cuts the page off, and lets it come back. */
async function cuttable(page: Page): Promise<{ cut: () => Promise<void>; mend: () => void }> {
  let isCut = false;
  let close: (() => Promise<void>) | undefined;
  await page.routeWebSocket(/socket\.io/, (socket) => {
    if (isCut) {
      socket.send("?");
      return;
    }
    socket.connectToServer();
    close = () => socket.close();
  });
  return {
    cut: async () => {
      isCut = true;
      await close?.();
      await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "reconnecting");
    },
    mend: () => (isCut = false),
  };
}

/** Where the element is, with the header as what hides it. */
async function expectInView(page: Page, selector: string): Promise<void> {
  await expect
    .poll(() =>
      page.locator(selector).last().evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        const header = document.querySelector("header")!.getBoundingClientRect().bottom;
        return top >= header && bottom <= innerHeight ? "in view" : `${top} to ${bottom} of ${innerHeight}, header to ${header}`;
      }),
    )
    .toBe("in view");
}

const focused = (page: Page) => page.locator(":focus");

test("seen and unwanted films can be undone, on the card and from a list that is there after a reload and in another tab", async ({ context, page }) => {
  await visitAndSkip(page);
  const turn = await ask(page, "popular");
  const [first, second] = [films(turn).nth(0), films(turn).nth(1)];
  await first.getByRole("button", { name: /^Seen it/ }).press("Enter");
  await expect(first).toContainText("It will not come up again.");
  // The keyboard stays in the card, on the way back.
  await expect(focused(page)).toHaveAccessibleName(/^Undo/);
  await page.keyboard.press("Enter");
  await expect(first).not.toContainText("It will not come up again.");
  await expect(focused(page)).toHaveAccessibleName(/^Seen it/);

  await page.keyboard.press("Enter");
  await second.getByRole("button", { name: /^Not for me/ }).click();
  await expect(page.getByTestId("marked-film")).toHaveCount(2);
  await page.reload();
  await expect(page.getByTestId("marked-film")).toHaveCount(2);
  await expect(films(turns(page).first()).first()).toContainText("It will not come up again.");

  const other = await context.newPage();
  await visit(other);
  await expect(other.getByTestId("marked-film")).toHaveCount(2);
  const [id] = await page.getByTestId("marked-film").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-movie-id")));
  await page.getByTestId("marked-film").first().getByRole("button").press("Enter");
  await expect(page.getByTestId("marked-film")).toHaveCount(1);
  await expect(focused(page)).toHaveAccessibleName(/^Bring back/);
  await expect(other.locator(`[data-testid="marked-film"][data-movie-id="${id}"]`)).toHaveCount(0);
});

test("ratings, marks and questions without a network are kept over a reload, and sent on return", async ({ page }) => {
  const network = await cuttable(page);
  await visitAndSkip(page);
  const turn = await ask(page, "popular");
  await network.cut();
  await rate(films(turn).nth(0).getByRole("slider"), 4);
  await films(turn).nth(1).getByRole("button", { name: /^Not for me/ }).click();
  await composer(page).fill("a question in a tunnel");
  await composer(page).press("Enter");
  await expect(page.getByText("Will be sent when the connection is back.")).toBeVisible();
  await expect(page.getByTestId("rated-film")).toHaveCount(1);
  await page.reload();
  await expect(page.getByTestId("question")).toHaveText("a question in a tunnel");
  await expect(page.getByTestId("rated-film")).toHaveCount(1);
  await expect(page.getByTestId("marked-film")).toHaveCount(1);

  network.mend();
  await expect(page.getByTestId("answer")).toHaveCount(2, { timeout: 20_000 });
  await expect(turns(page).last().getByTestId("question")).toHaveText("a question in a tunnel");
  // A tab that knows nothing of it has all of it from the server.
  const elsewhere = await page.context().newPage();
  await visit(elsewhere);
  await expect(elsewhere.getByTestId("rated-film")).toHaveCount(1);
  await expect(elsewhere.getByTestId("marked-film")).toHaveCount(1);
  await expect(turns(elsewhere)).toHaveCount(2);
});

test("help and questions back are there after a reload and in the other tab, each once and in their place", async ({ context, page }) => {
  await visitAndSkip(page);
  const other = await context.newPage();
  await visit(other);
  await ask(page, "popular");
  await ask(page, "help");
  await composer(page).fill("films like Cape Fear");
  await composer(page).press("Enter");
  await expect(turns(page)).toHaveCount(3);
  await ended(page, 2);
  await expect(turns(page)).toHaveCount(4);
  const wanted = await page.getByTestId("question").allInnerTexts();
  await expect(other.getByTestId("question")).toHaveText(wanted);
  await page.reload();
  await expect(page.getByTestId("question")).toHaveText(wanted);
  await expect(page.getByTestId("reply")).toHaveCount(2);
});

test("'Rate some films' leads to the films also after the welcome has moved, with the keyboard", async ({ page }) => {
  await visit(page);
  await composer(page).fill("popular");
  await composer(page).press("Enter");
  await ended(page, 0);
  await page.evaluate(() => scrollTo(0, 0));
  for (let times = 0; times < 2; times++) {
    await page.getByTestId("my-ratings").getByRole("button", { name: "Rate some films" }).press("Enter");
    await expectInView(page, "#welcome-heading");
    await expect(page.locator("#welcome-heading")).toBeFocused();
    await page.evaluate(() => scrollTo(0, 0));
  }
});

test("the newest answer is two keystrokes from the question box, and 'Why?' takes the keyboard and the view along", async ({ page }) => {
  await visitAndSkip(page);
  const turn = await ask(page, "popular");
  await composer(page).focus();
  await page.keyboard.press("Shift+Tab");
  await expect(focused(page)).toHaveText("To the newest answer");
  await page.keyboard.press("Enter");
  await expect(turn.getByRole("heading", { level: 2 })).toBeFocused();
  await expectInView(page, '[data-testid="question"]');

  await films(turn).last().getByRole("button", { name: /^Why\?/ }).press("Enter");
  await ended(page, 1);
  await expect(turns(page).last().getByRole("heading", { level: 2 })).toBeFocused();
  await expectInView(page, '[data-testid="question"]');
});

test.describe("on a phone", () => {
  test.use({ viewport: phone, hasTouch: true });

  test("each question is in view above its answer, also on return, and little moves by itself", async ({ page }) => {
    await page.addInitScript(() => {
      const shifts = { sum: 0, told: [] as string[] };
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] })[]) {
          if (entry.hadRecentInput) continue;
          shifts.sum += entry.value;
          shifts.told.push(`${entry.value.toFixed(3)} ${entry.sources.map(({ node }) => (node as Element | null)?.className || node?.nodeName).join()}`);
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    const moved = () => page.evaluate(() => (window as unknown as { shifts: { sum: number; told: string[] } }).shifts);
    await visit(page);
    await expect(page.getByTestId("starter").first()).toBeVisible();
    expect((await moved()).sum, JSON.stringify(await moved())).toBeLessThan(0.05);
    await page.getByTestId("welcome").getByRole("button", { name: "Skip" }).click();
    for (const question of ["popular", "films like Heat", "a third one", "help"]) {
      await ask(page, question);
      await expectInView(page, '[data-testid="question"]');
    }
    await ask(page, "the last one");
    await page.reload();
    await expect(page.getByTestId("answer")).toHaveCount(4);
    await expectInView(page, '[data-testid="question"]');
    expect((await moved()).sum, JSON.stringify(await moved())).toBeLessThan(0.05);
  });

  for (const [locale, state] of [["en", "Reconnecting…"], ["es", "Reconectando…"]] as const) {
    test.describe(locale, () => {
      test.use({ locale });

      test("the header fits without a connection", async ({ page }) => {
        const network = await cuttable(page);
        await visit(page);
        for (const index of [0, 1]) await rate(page.getByTestId("welcome").getByRole("slider").nth(index), 4);
        await network.cut();
        for (const width of [320, 345, 375]) {
          await page.setViewportSize({ width, height: 700 });
          await expect(page.getByTestId("connection")).toContainText(state);
          const beyond = await page.locator("header, header *").evaluateAll((parts) =>
            parts.filter((part) => !part.closest(".sr-only") && (part.getBoundingClientRect().right > innerWidth || part.scrollWidth > part.clientWidth + 1 && part.matches("header, .state, .switches"))).map((part) => part.outerHTML));
          expect(beyond, `at ${width}`).toEqual([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        }
      });
    });
  }
});

test("a network that goes is noticed at once, and no worker is not called a queue", async ({ context, page }) => {
  await visitAndSkip(page);
  await composer(page).fill("nobody is there");
  await composer(page).press("Enter");
  await expect(turns(page).first()).toContainText("No worker is connected.");
  await expect(turns(page).first()).not.toContainText("queue");
  await turns(page).first().getByRole("button", { name: "Cancel" }).click();

  await context.setOffline(true);
  await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "offline", { timeout: 4_000 });
  await context.setOffline(false);
  await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "connected", { timeout: 20_000 });
});

test("a link opens the session on another device, and asks where there is a session already", async ({ browser, page }) => {
  await visitAndSkip(page);
  await rate(films(await ask(page, "popular")).first().getByRole("slider"), 4);
  await page.getByRole("button", { name: "Show as a QR code" }).click();
  const link = await page.getByRole("img", { name: "QR code of the link to this session" }).getAttribute("data-link");

  const device = await browser.newContext();
  const there = await device.newPage();
  await there.goto(link!);
  await expect(there.getByTestId("rated-film")).toHaveCount(1);
  await expect(turns(there)).toHaveCount(1);
  expect(there.url()).not.toContain("session");
  await device.close();

  const another = await browser.newContext();
  const own = await another.newPage();
  await own.goto(new URL("/", link!).href);
  await expect(own.getByTestId("connection")).toHaveAttribute("data-state", "connected");
  await own.goto(link!);
  await own.getByRole("button", { name: "Stay in mine" }).click();
  await expect(own.getByTestId("rated-film")).toHaveCount(0);
  await own.goto(new URL("/", link!).href);
  await own.goto(link!);
  await own.getByRole("button", { name: "Open it" }).click();
  await expect(own.getByTestId("rated-film")).toHaveCount(1);

  // A link that leads nowhere leaves the browser its session.
  await own.goto(link!.replace(/[0-9a-f]{12}$/, "000000000000"));
  await own.getByRole("button", { name: "Open it" }).click();
  await expect(own.getByText("The session of the link is not known here.")).toBeVisible();
  await expect(own.getByTestId("rated-film")).toHaveCount(1);
  await another.close();
});

test("buttons are named by the words on them", async ({ page }) => {
  await visit(page);
  await expect(page.getByText("user 42")).toHaveCount(0);
  await rate(page.getByTestId("welcome").getByRole("slider").first(), 4);
  const card = films(await ask(page, "popular")).first();
  await card.getByRole("button", { name: /^Seen it/ }).click();
  for (const width of [375, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    await openPanel(page);
    const { violations } = await new AxeBuilder({ page }).options({ runOnly: ["label-content-name-mismatch"] }).analyze();
    expect(violations.flatMap(({ nodes }) => nodes.map(({ html }) => html))).toEqual([]);
    await page.keyboard.press("Escape");
  }
  expect(await page.evaluate(() => document.fonts.check('700 1rem "Barlow Condensed"'))).toBe(true);
});

test("a new conversation starts afresh, and earlier ones can be read in every tab", async ({ context, page }) => {
  await visitAndSkip(page);
  await ask(page, "popular");
  await page.getByRole("button", { name: "New conversation" }).click();
  await expect(turns(page)).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "What shall we watch?" })).toBeVisible();
  await expect(composer(page)).toBeFocused();
  await ask(page, "something else");
  const other = await context.newPage();
  await visit(other);
  for (const tab of [page, other]) {
    await expect(tab.getByTestId("question")).toHaveText(["something else"]);
    await tab.getByTestId("conversations").getByRole("button", { name: "popular" }).click();
    await expect(tab.getByTestId("question")).toHaveText(["popular"]);
  }
  await page.getByRole("button", { name: "Back to the present one" }).click();
  await expect(page.getByTestId("question")).toHaveText(["something else"]);
  // Whatever is asked is asked in the present conversation.
  await ask(other, "and now");
  await expect(other.getByTestId("question")).toHaveText(["something else", "and now"]);
});

test("any film can be found to be rated, looked at, and a list handed on", async ({ browser, page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await visit(page);
  const welcome = page.getByTestId("welcome");
  await welcome.getByRole("searchbox").fill("cabaret");
  await expect(welcome.getByTestId("starter")).toHaveCount(1);
  await rate(welcome.getByRole("slider"), 4);
  await welcome.getByRole("searchbox").fill("qqqq");
  await expect(welcome).toContainText("No film has such a title.");
  await welcome.getByRole("searchbox").fill("");
  await expect(welcome.getByTestId("starter")).toHaveCount(6);

  const turn = await ask(page, "popular");
  const title = films(turn).first().getByTestId("film-title").getByRole("button");
  await title.press("Enter");
  const dialog = page.getByTestId("film-dialog");
  await expect(dialog.getByRole("listitem")).toHaveCount(10);
  await expect(dialog.getByRole("link", { name: /IMDb/ })).toHaveAttribute("href", "https://www.imdb.com/title/tt0113277/");
  await expect(dialog.getByTestId("film-facts")).toContainText("Michael Mann");
  await expect(dialog.getByTestId("film-facts")).toContainText("United States");
  await expect(dialog).toContainText("CC BY-SA 4.0");
  const { violations } = await new AxeBuilder({ page }).include("dialog").analyze();
  expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(title).toBeFocused();
  await title.press("Enter");
  await dialog.getByRole("button", { name: "Films like this" }).click();
  await expect(turns(page)).toHaveCount(2);

  await turn.getByRole("button", { name: "Share" }).click();
  await turn.getByRole("button", { name: "Copy as text" }).click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text.split("\n")).toHaveLength(11);
  await turn.getByRole("button", { name: "Copy as a link" }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const elsewhere = await (await browser.newContext()).newPage();
  await elsewhere.goto(link);
  await expect(elsewhere.getByTestId("shared-list").getByRole("slider")).toHaveCount(10);
  const first = text.split("\n")[1]!.replace(/^1\. (.*) \(\d+\)$/, "$1");
  await expect(elsewhere.getByTestId("shared-list").getByTestId("starter").first()).toContainText(first);
  await elsewhere.context().close();
});
