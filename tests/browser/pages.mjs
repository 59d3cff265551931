// usage: CHROMIUM=/usr/bin/chromium node pages.mjs [few] FOLDER…
//
// Pages that stand alone, in a real browser: the report, the reception's summaries and Data Docs, the overview. axe-core,
// html-validate, tables with captions and headings, landmarks; no sideways scrolling at 320 and 360 px; a stop of the Tab
// key where something scrolls and nowhere else; no request; everything there without scripts. Of pages that differ in
// their dates only, the shortest and the longest; with `few` the longest of each sort of page: what CI looks at.
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { end, expect, open, resize, stopsWhereItScrolls, tablesAreTold, validates, WIDTHS, withinTheWindow, withoutViolation } from "./browser.mjs";

const few = process.argv[2] === "few";
const folders = process.argv.slice(few ? 3 : 2);

/** What a page is of: the file without its date, or only whether it is a report, a summary or of Data Docs. */
function kind(file) {
  if (!few) return file.replace(/\d{4}-\d{2}-\d{2}/, "");
  const name = basename(dirname(file)) === "datadocs" ? "datadocs" : basename(file);
  return `${name} ${file.includes("/avvist/") ? statSync(file).size > 8000 : ""}`;
}

const kinds = new Map();
for (const folder of folders) {
  const found = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".html")).sort();
  expect(found.length > 0, `${folder} holds no page`);
  for (const file of found.map((name) => resolve(folder, name))) kinds.set(kind(file), [...(kinds.get(kind(file)) || []), file]);
}
const files = [...kinds.values()].flatMap((alike) => {
  const bySize = alike.sort((a, b) => statSync(a).size - statSync(b).size);
  return few || bySize.length < 2 ? [bySize.at(-1)] : [bySize[0], bySize.at(-1)];
});

for (const file of files) {
  const name = relative(".", file);
  const address = pathToFileURL(file).href;
  validates(file, name);
  const { page, where, close } = await open(address, address, { name });
  expect(await page.locator("h1").count() === 1 && await page.locator("main").count() === 1, `${where}: not one heading and one main part`);
  await tablesAreTold(page, where);
  const unlinked = await page.evaluate(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
      if (/[\w.]+@\w+\.\w/.test(texts.currentNode.data) && !texts.currentNode.parentElement.closest("a, script")) found.push(texts.currentNode.data);
    }
    return found;
  });
  expect(unlinked.length === 0, `${where}: an address that is no link: ${unlinked[0]}`);
  await withoutViolation(page, where);
  for (const width of [1280, ...WIDTHS]) {
    await resize(page, width);
    await withinTheWindow(page, `${name} (${width} px)`);
    await stopsWhereItScrolls(page, `${name} (${width} px)`);
  }
  await resize(page, 320);
  await withoutViolation(page, `${name} (320 px)`);
  await close();
  const bare = await open(address, address, { name, width: 320, javaScriptEnabled: false });
  expect(await bare.page.locator("main p, main li, main td").count() > 1, `${bare.where}: almost empty`);
  await bare.close();
}
await end(files.length);
