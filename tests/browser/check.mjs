// usage: CHROMIUM=/usr/bin/chromium node check.mjs SITE_FOLDER [few]
//
// The site in a real browser, from the file system: axe-core on each kind of page in both languages, light and
// dark; no sideways scrolling at 360 px and at 400 % zoom; a stop of the Tab key where something scrolls and nowhere
// else; no request outside the folder; the keyboard through search, map, filters and comparison; everything there without
// scripts; html-validate on each kind of page. With `few` one page of each kind, in one language: what CI looks at.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { end, expect, open as openAddress, resize, stopsWhereItScrolls, validates, WIDTHS, withinTheWindow, withoutViolation } from "./browser.mjs";

const site = resolve(process.argv[2]);
const home = pathToFileURL(site).href + "/";
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

const open = (name, settings) => openAddress(home + name, home, { name, ...settings });

async function looksRight(name) {
  for (const colorScheme of ["light", "dark"]) {
    const { page, where, close } = await open(name, { colorScheme });
    await withoutViolation(page, where);
    await close();
  }
  const narrow = await open(name);
  for (const width of [1280, ...WIDTHS]) {
    await resize(narrow.page, width);
    await withinTheWindow(narrow.page, `${name} (${width} px)`);
    await stopsWhereItScrolls(narrow.page, `${name} (${width} px)`);
  }
  await narrow.close();
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
  await withinTheWindow(page, `${where}, compared`);
  await stopsWhereItScrolls(page, `${where}, compared`);
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

for (const name of PAGES) {
  validates(join(site, name), name);
  await looksRight(name);
}
for (const check of [search, map, filters, comparison, tabbing, leadsOn]) await check();
await end(PAGES.length);
