// usage: CHROMIUM=/usr/bin/chromium node check.mjs SITE_FOLDER [few]
//
// The site in a real browser, from the file system: axe-core on each kind of page in both languages, light and
// dark; no sideways scrolling at 360 px and at 400 % zoom; no request outside the folder; the keyboard through
// search, map, filters and comparison; everything there without scripts; html-validate on each kind of page. With
// `few` one page of each kind, in one language: what CI looks at.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

const site = resolve(process.argv[2]);
const home = pathToFileURL(site).href + "/";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
const longest = (folder) =>
  readdirSync(join(site, folder))
    .map((name) => [readFileSync(join(site, folder, name), "utf8"), `${folder}/${name}`])
    .filter(([text]) => !text.includes('name="robots"'))
    .sort(([a], [b]) => /<h1>(.*?)<\/h1>/.exec(b)[1].length - /<h1>(.*?)<\/h1>/.exec(a)[1].length)[0][1];
const KINDS = [
  "index.html", "steder.html", "tabeller.html", "om.html", "last-ned.html", "tilgjengelighet.html", "kommune/0301.html",
  longest("kommune"), longest("fylke"), "sted/oslo.html", ...readdirSync(join(site, "tabell")).map((name) => `tabell/${name}`),
];
const FEW = ["index.html", `en/${longest("kommune")}`, longest("fylke"), "en/steder.html", "en/tabell/kompletthet.html", "om.html"];
const PAGES = process.argv[3] === "few" ? FEW : KINDS.flatMap((name) => [name, `en/${name}`]);

let faults = 0;
const fault = (text) => { faults++; console.log(text); };
const expect = (holds, text) => { if (!holds) fault(text); };
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });

/** Open a page as a reader does, and tell what it asks for that it must not. */
async function open(name, { width = 1280, colorScheme = "light", javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled });
  const page = await context.newPage();
  const where = `${name} (${width} px, ${colorScheme}${javaScriptEnabled ? "" : ", no scripts"})`;
  page.on("pageerror", (error) => fault(`${where}: ${error.message}`));
  page.on("console", (message) => { if (message.type() === "error") fault(`${where}: ${message.text()}`); });
  page.on("request", (request) => expect(request.url().startsWith(home), `${where}: asks for ${request.url()}`));
  page.on("requestfailed", (request) => fault(`${where}: ${request.url()} cannot be loaded`));
  await page.goto(home + name, { waitUntil: "load" });
  return { page, where, close: () => context.close() };
}

async function withoutViolation(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }), TAGS);
  for (const each of violations) fault(`${where}: ${each.id}: ${each.help} (${each.nodes.length}, first ${each.nodes[0].target})`);
}

async function looksRight(name) {
  for (const colorScheme of ["light", "dark"]) {
    const { page, where, close } = await open(name, { colorScheme });
    await withoutViolation(page, where);
    await close();
  }
  // 1280 px wide at 400 % zoom is 320 px wide.
  for (const width of [360, 320, 640]) {
    const { page, where, close } = await open(name, { width });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(over <= 0, `${where}: ${over} px wider than the window`);
    await close();
  }
  const { page, where, close } = await open(name, { javaScriptEnabled: false });
  expect(await page.locator("h1").count() === 1, `${where}: no heading`);
  expect(await page.locator("main a, main p").count() > 1, `${where}: almost empty`);
  for (const id of ["search", "filters", "compare"]) {
    if (await page.locator(`#${id}`).count()) expect(!(await page.locator(`#${id}`).isVisible()), `${where}: #${id} needs a script`);
  }
  await close();
}

const focused = (page) => page.evaluate(() => document.activeElement.textContent.trim());

async function search() {
  const { page, where, close } = await open("index.html");
  await page.locator("#search-input").focus();
  await page.keyboard.type("audne");
  expect((await page.locator("#search-found a").first().innerText()).startsWith("Lyngdal"), `${where}: an earlier name is not found`);
  expect((await page.locator("#search-status").innerText()).includes("1"), `${where}: the number found is not told`);
  await page.keyboard.press("ArrowDown");
  expect((await focused(page)).startsWith("Lyngdal"), `${where}: the arrow does not go to what is found`);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/kommune/4225.html");
  await close();
}

async function map() {
  const { page, where, close } = await open("index.html");
  await page.locator("#kart-1").focus();
  await page.keyboard.press("Space");
  const shade = () => page.evaluate(() => getComputedStyle(document.querySelector("#legend-1")).display);
  expect(await shade() === "block", `${where}: the chosen figure has no legend`);
  await page.locator("#map a[tabindex='0']").focus();
  const first = await page.locator("#map-readout").innerText();
  await page.keyboard.press("ArrowDown");
  const second = await page.locator("#map-readout").innerText();
  expect(first !== second && second.includes(":"), `${where}: the arrow does not move in the map`);
  expect(await page.locator("#map a[tabindex='0']").count() === 1, `${where}: the map is more than one stop`);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/kommune/*.html");
  await close();
}

async function filters() {
  const name = `tabell/${readdirSync(join(site, "tabell")).find((each) => /^deltakere-kommuner/.test(each))}`;
  const { page, where, close } = await open(`en/${name}`);
  await page.locator("#filter-sex").waitFor();
  const total = await page.locator("#table tbody tr").first().innerText();
  await page.locator("#filter-sex").focus();
  await page.keyboard.press("ArrowDown");
  expect(await page.locator("#table tbody tr").first().innerText() !== total, `${where}: the filter changes nothing`);
  expect(await page.evaluate(() => document.activeElement.id) === "filter-sex", `${where}: the focus is lost`);
  const periods = page.locator("#filter-site-period");
  if (await periods.locator("option").count() > 1) {
    await periods.selectOption({ index: 1 });
    await page.waitForFunction(() => document.querySelector("#table caption").textContent.includes(
      document.querySelector("#filter-site-period").selectedOptions[0].textContent));
  }
  await page.locator("#filter-find").fill("osl");
  const shown = await page.locator("#table tbody tr:visible").count();
  expect(shown > 0 && shown < 5, `${where}: ${shown} rows of Oslo`);
  await withoutViolation(page, `${where}, filtered`);
  await close();
}

async function comparison() {
  const { page, where, close } = await open("kommune/0301.html", { width: 360 });
  const input = page.locator("#compare-search");
  for (const name of ["rogaland", "vestland", "nordland"]) {
    await input.focus();
    await page.keyboard.type(name);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
  }
  expect(await page.locator("#compare-chosen button").count() === 3, `${where}: three places are not chosen`);
  expect(await input.isDisabled(), `${where}: a fourth place could be chosen`);
  expect(await page.locator("#compare-charts figure").count() > 1, `${where}: nothing is compared`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over <= 0, `${where}: comparison is ${over} px wider than the window`);
  await withoutViolation(page, `${where}, compared`);
  await page.locator("#compare-chosen button").first().focus();
  await page.keyboard.press("Enter");
  expect(await page.locator("#compare-chosen button").count() === 2, `${where}: a place cannot be removed`);
  await close();
}

/** Every stop of the Tab key is visible, and the first of them skips to the content. */
async function tabbing() {
  const { page, where, close } = await open("om.html");
  await page.keyboard.press("Tab");
  expect((await focused(page)) === "Til innholdet", `${where}: no way past the menu`);
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement.id) === "innhold", `${where}: the way past the menu leads nowhere`);
  await close();
}

async function leadsOn() {
  const { page, close } = await open("kommune/1027.html");
  await page.waitForURL("**/kommune/4225.html");
  await close();
}

function validates(name) {
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
  const report = validator.validateFileSync(join(site, name));
  for (const result of report.results) {
    for (const each of result.messages.slice(0, 5)) fault(`${name}:${each.line}: ${each.ruleId}: ${each.message}`);
  }
}

for (const name of PAGES) {
  validates(name);
  await looksRight(name);
}
for (const check of [search, map, filters, comparison, tabbing, leadsOn]) await check();
await browser.close();
console.log(`${faults} faults on ${PAGES.length} pages`);
process.exit(faults ? 1 : 0);
