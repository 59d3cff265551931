// What every check of pages in a real browser begins with: opening a page as a reader does, axe-core, html-validate,
// the width, and the stops of the Tab key.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
/** 1280 px wide at 400 % zoom is 320 px wide. */
export const WIDTHS = [320, 360, 640];

let faults = 0;
export const fault = (text) => { faults++; console.log(text); };
export const expect = (holds, text) => { if (!holds) fault(text); };
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });

/** Open a page by its address, and tell what it asks for outside `home`. */
export async function open(address, home, { name = address, width = 1280, colorScheme = "light", javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled });
  const page = await context.newPage();
  const where = `${name} (${width} px, ${colorScheme}${javaScriptEnabled ? "" : ", no scripts"})`;
  page.on("pageerror", (error) => fault(`${where}: ${error.message}`));
  page.on("console", (message) => { if (message.type() === "error") fault(`${where}: ${message.text()}`); });
  page.on("request", (request) => expect(request.url().startsWith(home), `${where}: asks for ${request.url()}`));
  page.on("requestfailed", (request) => fault(`${where}: ${request.url()} cannot be loaded`));
  await page.goto(address, { waitUntil: "load" });
  return { page, where, close: () => context.close() };
}

/** Make the window another width, and wait until the page has answered. */
export async function resize(page, width) {
  await page.setViewportSize({ width, height: 900 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
}

export async function withoutViolation(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }), TAGS);
  for (const each of violations) fault(`${where}: ${each.id}: ${each.help} (${each.nodes.length}, first ${each.nodes[0].target})`);
}

export async function withinTheWindow(page, where) {
  const { over, widest } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const right = (each) => each.getBoundingClientRect().right;
    const outside = [...document.querySelectorAll("body *")].filter((each) => right(each) > clientWidth + 1 && !each.closest(".scroll *"));
    return { over: scrollWidth - clientWidth, widest: outside.slice(0, 3).map((each) => each.outerHTML.slice(0, 80)).join(" … ") };
  });
  expect(over <= 0, `${where}: ${over} px wider than the window: ${widest}`);
}

/** What moves sideways can be reached with the keyboard, and nothing that stands still takes a stop. */
export async function stopsWhereItScrolls(page, where) {
  const wrong = await page.evaluate(() => {
    const moves = (each) =>
      ["auto", "scroll"].includes(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth;
    const shown = [...document.querySelectorAll("body *")].filter((each) => each.checkVisibility());
    return [
      ...shown.filter((each) => moves(each) && each.tabIndex !== 0).map((each) => `moves, but takes no stop: ${each.outerHTML.slice(0, 80)}`),
      ...shown.filter((each) => each.matches("div[tabindex='0'], section[tabindex='0']") && !moves(each))
        .map((each) => `takes a stop, but stands still: ${each.outerHTML.slice(0, 80)}`),
    ];
  });
  for (const each of wrong.slice(0, 3)) fault(`${where}: ${each} (${wrong.length} in all)`);
}

/** Each table says what it is of, and which cells are headings of what. */
export async function tablesAreTold(page, where) {
  const wrong = await page.evaluate(() =>
    [...document.querySelectorAll("table")].flatMap((table) => [
      ...(table.caption?.textContent.trim() ? [] : ["a table has no caption"]),
      ...(!table.querySelector("th:not([scope])") && table.querySelector("th") ? [] : ["a heading has no scope"]),
      ...([...table.tBodies].flatMap((body) => [...body.rows]).every((row) => row.querySelector("th[scope='row']"))
        ? [] : ["a row has no heading"]),
    ].map((text) => `${text}: ${table.outerHTML.slice(0, 80)}`)));
  for (const each of wrong.slice(0, 3)) fault(`${where}: ${each} (${wrong.length} in all)`);
}

const validator = new HtmlValidate({
  extends: ["html-validate:standard"],
  rules: {
    // Our own style of writing, where the standard leaves a choice.
    "long-title": "off", "no-trailing-whitespace": "off", "doctype-style": "off", "void-style": "off",
    // Checked by axe-core, which knows what is hidden.
    "wcag/h30": "off", "wcag/h32": "off",
    // A region that is moved sideways takes the focus, as WCAG wants.
    "prefer-native-element": "off", "no-inline-style": "off", "require-sri": "off",
  },
});

export function validates(file, name) {
  for (const result of validator.validateFileSync(file).results) {
    for (const each of result.messages.slice(0, 5)) fault(`${name}:${each.line}: ${each.ruleId}: ${each.message}`);
  }
}

/** Say how many faults there were, and end with 1 if there was any. */
export async function end(pages) {
  await browser.close();
  console.log(`${faults} faults on ${pages} pages`);
  process.exit(faults ? 1 : 0);
}
