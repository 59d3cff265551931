/* Search, map keys, comparison and filters. Without this script everything else works as well.

   Data come in files of their own that call introstatPlaces and introstatTable: nothing is fetched, so
   the site works from a file system too. */
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.body.dataset.root;
  const inEnglish = document.documentElement.lang === "en";
  const own = root + (inEnglish ? "en/" : "");
  const read = (id) => ($(id) ? JSON.parse($(id).textContent) : null);

  const make = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  /** A figure as files have it, "1234.5*", as readers write it; a sign as it is. */
  const written = (text, isPercent) => {
    const found = /^(-?)(\d+)(?:\.(\d+))?(\*?)$/.exec(text);
    if (!found) return text;
    const [, minus, whole, part, star] = found;
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, inEnglish ? "," : "\u00a0");
    const point = part === undefined ? "" : (inEnglish ? "." : ",") + part;
    const unit = isPercent ? (inEnglish ? "%" : "\u00a0%") : "";
    return (minus ? "\u2212" : "") + grouped + point + unit + star;
  };
  const number = (text) => (/^-?\d/.test(text) ? parseFloat(text) : null);
  const periodName = (period) => {
    const [year, half] = period.split("H");
    if (!half) return year;
    return inEnglish ? `H${half}\u00a0${year}` : `${half}.\u00a0halvår ${year}`;
  };
  const folded = (text) =>
    text.toLowerCase().replace(/æ/g, "ae").replace(/ø/g, "o").normalize("NFKD").replace(/[\u0300-\u036f]/g, "");

  // Search: places whose name, code or earlier name begins with, or holds, what is typed.

  const matches = (places, typed, most) => {
    const wanted = folded(typed.trim());
    if (!wanted) return [];
    const scored = [];
    for (const place of places) {
      const [code, name, , , former] = place;
      const texts = [folded(name), code, folded(former)];
      const begins = texts[0].startsWith(wanted) || code.startsWith(wanted);
      if (begins) scored.push([0, place]);
      else if (texts.some((text) => text.includes(wanted))) scored.push([1, place]);
    }
    scored.sort((a, b) => a[0] - b[0]);
    return scored.slice(0, most).map(([, place]) => place);
  };

  /** A field that lists what is found below it; arrow keys go through the list. */
  const finder = (input, list, status, texts, places, item) => {
    input.addEventListener("input", () => {
      const found = matches(places(), input.value, 8);
      list.replaceChildren(...found.map((place) => make("li", {}, item(place))));
      status.textContent = !input.value.trim() ? "" : found.length ? texts.found.replace("{n}", found.length) : texts.none;
    });
    const keys = (event) => {
      const all = [input, ...list.querySelectorAll("a, button")];
      const at = all.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && all[at + step]) {
        event.preventDefault();
        all[at + step].focus();
      } else if (event.key === "Escape") {
        input.value = "";
        list.replaceChildren();
        input.focus();
      } else if (event.key === "Enter" && document.activeElement === input && all[1]) {
        event.preventDefault();
        all[1].click();
      }
    };
    input.addEventListener("keydown", keys);
    list.addEventListener("keydown", keys);
  };

  const placeLabel = ([code, name, , county]) => (county ? `${name} – ${county}` : `${name} (${code})`);

  const search = (data) => {
    const setup = read("search-setup");
    if (!setup) return;
    $("search").hidden = false;
    finder($("search-input"), $("search-found"), $("search-status"), setup.texts, () => data.places, (place) =>
      make("a", { href: own + place[2] }, placeLabel(place)));
  };

  // Map: one stop for the Tab key, arrow keys to the neighbour, the figure read out.

  const map = (data) => {
    const place = $("map");
    if (!place) return;
    const areas = [...place.querySelectorAll("a")];
    if (!areas.length) return;
    const readout = $(place.dataset.readout);
    const chosen = () => Math.max(0, [...document.querySelectorAll("input[name=kart]")].findIndex((each) => each.checked));
    const centre = (area) => {
      const box = area.getBBox();
      return [box.x + box.width / 2, box.y + box.height / 2];
    };
    const centres = new Map(areas.map((area) => [area, centre(area)]));
    const tell = (area) => {
      const name = area.querySelector("title").textContent;
      const [ofYears, at] = data.latest[chosen()] || [];
      const series = data.series[area.dataset.c];
      const value = series && at !== undefined ? series[chosen()][ofYears].split(" ")[at] : "";
      const isPercent = chosen() === 1 || chosen() === 3;
      readout.textContent = value ? `${name}: ${written(value, isPercent)}` : name;
    };
    const stop = (area) => {
      for (const each of areas) each.tabIndex = each === area ? 0 : -1;
    };
    stop(areas[0]);
    for (const area of areas) {
      area.addEventListener("focus", () => { stop(area); tell(area); });
      area.addEventListener("pointerenter", () => tell(area));
      area.addEventListener("keydown", (event) => {
        const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
        if (!way) return;
        event.preventDefault();
        const [x, y] = centres.get(area);
        let best = null, least = Infinity;
        for (const [other, [ox, oy]] of centres) {
          const along = (ox - x) * way[0] + (oy - y) * way[1];
          const across = Math.abs((ox - x) * way[1]) + Math.abs((oy - y) * way[0]);
          if (other !== area && along > 0.5 && along + 2 * across < least) {
            least = along + 2 * across;
            best = other;
          }
        }
        if (best) best.focus();
      });
    }
    for (const each of document.querySelectorAll("input[name=kart]")) {
      each.addEventListener("change", () => { readout.textContent = ""; });
    }
  };

  // Comparison: charts like those of the page, with the places chosen beside the page's own.

  const WIDTH = 340, LEFT = 30, RIGHT = 232, TOP = 14, BOTTOM = 142;
  const svg = (name, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const ticksTo = (most) => {
    if (most <= 0) return [0, 1];
    const size = 10 ** Math.floor(Math.log10(most));
    const step = Math.max(1, [0.25, 0.5, 1, 2, 2.5].map((part) => part * size).find((each) => most / each <= 4));
    return Array.from({ length: Math.ceil(most / step) + 1 }, (_, at) => at * step);
  };

  const chart = (title, periods, lines, isPercent) => {
    const values = lines.flatMap((line) => line.values.map(number)).filter((value) => value !== null);
    const ticks = ticksTo(Math.max(0, ...values));
    const step = periods.length > 1 ? (RIGHT - LEFT - 8) / (periods.length - 1) : 0;
    const x = (at) => LEFT + 4 + at * step;
    const y = (value) => BOTTOM - ((BOTTOM - TOP) * value) / ticks[ticks.length - 1];
    const drawn = svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} 166`, role: "img", "aria-label": title });
    for (const tick of ticks) {
      drawn.append(svg("path", { class: "grid", d: `M${LEFT} ${y(tick)}H${RIGHT + 6}` }));
      drawn.append(svg("text", { class: "q", x: LEFT - 5, y: y(tick) + 4, "text-anchor": "end" }, tick));
    }
    let last = -100;
    periods.forEach((period, at) => {
      const isFirst = at === 0 || periods[at - 1].slice(0, 4) !== period.slice(0, 4);
      if (isFirst && x(at) - last >= 34) {
        last = x(at);
        drawn.append(svg("text", { class: "q", x: last, y: BOTTOM + 16, "text-anchor": "middle" }, period.slice(0, 4)));
      }
    });
    const ends = [];
    for (const line of lines) {
      let path = "", pen = "M";
      line.values.forEach((text, at) => {
        const value = number(text);
        if (value === null) { pen = "M"; return; }
        path += `${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
        pen = "L";
      });
      if (path) drawn.append(svg("path", { class: `line c${line.at}`, d: path }));
      line.values.forEach((text, at) => {
        const value = number(text);
        if (value === null) {
          drawn.append(svg("text", { class: `s c${line.at}`, x: x(at), y: BOTTOM - 3 - 11 * line.at }, text));
          return;
        }
        const mark = text.endsWith("*") ? " p" : "";
        drawn.append(svg("circle", { class: `c${line.at}${mark}`, cx: x(at), cy: y(value), r: 3 }));
      });
      const end = line.values.findLastIndex((text) => number(text) !== null);
      if (end >= 0) ends.push([y(number(line.values[end])), line, line.values[end]]);
    }
    ends.sort((a, b) => a[0] - b[0]);
    let level = -Infinity;
    const levels = ends.map(([at]) => (level = Math.max(at, level + 13)));
    let floor = BOTTOM + 2;
    for (let at = levels.length - 1; at >= 0; at--) {
      levels[at] = Math.min(levels[at], floor);
      floor = levels[at] - 13;
    }
    ends.forEach(([, line, text], at) => {
      const label = line.name.length > 12 ? `${line.name.slice(0, 11)}…` : line.name;
      drawn.append(svg("text", { class: `end c${line.at}`, x: RIGHT + 12, y: levels[at] + 4 }, `${label} ${written(text, isPercent)}`));
    });
    return drawn;
  };

  const comparison = (data) => {
    const section = $("compare"), setup = read("compare-setup");
    if (!section || !setup) return;
    section.hidden = false;
    const { texts } = setup;
    const names = new Map(data.places.map(([code, name]) => [code, name]));
    names.set("0", texts.country);
    const chosen = [];
    const status = $("compare-status"), input = $("compare-search");
    const draw = () => {
      $("compare-chosen").replaceChildren(...chosen.map((code) => {
        const button = make("button", { type: "button", "aria-label": texts.remove.replace("{place}", names.get(code)) }, `${names.get(code)} ×`);
        button.addEventListener("click", () => {
          chosen.splice(chosen.indexOf(code), 1);
          draw();
          status.textContent = texts.removed.replace("{place}", names.get(code));
          input.focus();
        });
        return make("li", {}, button);
      }));
      input.disabled = chosen.length >= 3;
      const figures = [];
      if (chosen.length) {
        const codes = [setup.place, ...chosen];
        setup.charts.forEach(([title, isPercent], which) => {
          [0, 1].forEach((ofYears) => {
            const periods = data.periods[ofYears];
            const lines = codes.map((code, at) => ({ at, name: names.get(code), values: data.series[code][which][ofYears].split(" ") }));
            const numbers = lines.some((line) => line.values.some((text) => number(text) !== null));
            if (!periods.length || !numbers) return;
            const caption = `${title}, ${texts.kinds[ofYears].toLowerCase()}`;
            const head = make("tr", {}, make("th", { scope: "col" }, texts.period), ...lines.map((line) => make("th", { scope: "col", class: "n" }, line.name)));
            const rows = periods.map((period, at) => make("tr", {}, make("th", { scope: "row" }, periodName(period)),
              ...lines.map((line) => make("td", { class: "n" }, written(line.values[at], isPercent)))));
            const table = make("div", { class: "scroll", role: "region", "aria-label": caption },
              make("table", {}, make("caption", { class: "vh" }, caption), make("thead", {}, head), make("tbody", {}, ...rows)));
            // A single period makes no line.
            const shown = periods.length < 2 ? [table]
              : [chart(caption, periods, lines, isPercent), make("details", {}, make("summary", {}, texts.table), table)];
            figures.push(make("figure", {}, make("figcaption", {}, caption), ...shown));
          });
        });
      }
      $("compare-charts").replaceChildren(...figures);
    };
    finder(input, $("compare-found"), status, texts, () => data.places.filter(([code]) => code !== setup.place && !chosen.includes(code)), (place) => {
      const button = make("button", { type: "button" }, placeLabel(place));
      button.addEventListener("click", () => {
        if (chosen.length >= 3) return;
        chosen.push(place[0]);
        input.value = "";
        $("compare-found").replaceChildren();
        draw();
        status.textContent = texts.chosen.replace("{place}", place[1]) + (chosen.length >= 3 ? `. ${texts.full}` : "");
        (input.disabled ? $("compare-chosen").querySelector("button") : input).focus();
      });
      return button;
    });
  };

  window.introstatPlaces = (data) => {
    search(data);
    map(data);
    comparison(data);
  };

  // Tables: any slice of a table, of any period.

  const setup = read("table-setup");
  const tables = new Map();
  let chosen = setup ? { ...setup.chosen } : {};
  let period = setup ? setup.period : "";
  const lang = inEnglish ? 1 : 0;

  const cellsOf = (data) => {
    const cells = [];
    for (const token of data.cells.split(" ")) {
      if (token[0] === "~") for (let more = +token.slice(1); more > 0; more--) cells.push(cells[cells.length - 1]);
      else cells.push(token);
    }
    return cells;
  };

  const showTable = () => {
    const data = tables.get(period);
    if (!data) {
      document.head.append(make("script", { src: setup.data[period] }));
      return;
    }
    const axis = (name) => data.axes.find((each) => each.name === name);
    const label = (code) => code[1 + lang];
    const filters = $("filters").querySelector("fieldset");
    const legend = filters.querySelector("legend");
    const choose = (name, text, codes, value, changed) => {
      const select = make("select", { id: `filter-${name}` }, ...codes.map(([code, shown]) => make("option", { value: code }, shown)));
      select.value = value;
      select.addEventListener("change", () => changed(select.value));
      return make("div", {}, make("label", { for: `filter-${name}` }, text), select);
    };
    const focused = document.activeElement && document.activeElement.id;
    const periods = choose("site-period", setup.texts.period, Object.entries(setup.periods), period, (value) => {
      period = value;
      showTable();
    });
    const shown = data.axes.filter((each) => each.name !== setup.rows && each.name !== setup.columns && each.codes.length > 1);
    for (const each of data.axes) {
      if (each.name in chosen && !each.codes.some(([code]) => code === chosen[each.name])) chosen[each.name] = each.codes[0][0];
    }
    const find = make("input", { type: "search", id: "filter-find", autocomplete: "off" });
    const others = shown.map((each) => choose(each.name, each.label[lang], each.codes.map((code) => [code[0], label(code)]), chosen[each.name], (value) => {
      chosen = { ...chosen, [each.name]: value };
      showTable();
    }));
    const before = $("filter-find") ? $("filter-find").value : "";
    find.value = before;
    filters.replaceChildren(legend, periods, ...others, make("div", {}, make("label", { for: "filter-find" }, setup.texts.search), find));
    $("filters").hidden = false;
    const sizes = data.axes.map((each) => each.codes.length);
    const indexed = data.indexed || (data.indexed = cellsOf(data));
    const cell = (row, column) => {
      let at = 0;
      data.axes.forEach((each, number) => {
        const code = each.name === setup.rows ? row : each.name === setup.columns ? column : chosen[each.name];
        const place = each.codes.findIndex(([own]) => own === code);
        at = at * sizes[number] + Math.max(0, place);
      });
      return indexed[at];
    };
    const columns = axis(setup.columns).codes, rows = axis(setup.rows).codes;
    const measure = chosen.measure ? axis("measure").codes.find(([code]) => code === chosen.measure) : null;
    const caption = `${measure ? `${label(measure)} (${data.units[chosen.measure][lang]})` : setup.texts.caption}, ${setup.periods[period]}`;
    const star = data.preliminary ? "*" : "";
    const body = make("tbody", {}, ...rows.map((row) => make("tr", {}, make("th", { scope: "row" }, label(row)),
      ...columns.map((column) => {
        const text = cell(row[0], column[0]);
        return make("td", { class: "n" }, number(text) === null ? text : written(text + star));
      }))));
    const table = make("table", { id: "table" }, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, axis(setup.rows).label[lang]), ...columns.map((column) => make("th", { scope: "col", class: "n" }, label(column))))), body);
    const place = $("table-place");
    place.querySelector(".scroll").replaceChildren(table);
    place.querySelector(".scroll").setAttribute("aria-label", caption);
    const signs = new Set([...body.querySelectorAll("td")].map((each) => each.textContent).filter((text) => text in setup.texts.signs));
    const list = place.querySelector(".signs") || place.appendChild(make("ul", { class: "signs" }));
    list.replaceChildren(...[...signs].sort().map((sign) => make("li", {}, make("b", {}, sign), ` ${setup.texts.signs[sign]}`)),
      ...(star ? [make("li", {}, make("b", {}, "*"), ` ${setup.texts.preliminary}`)] : []));
    const filter = () => {
      const wanted = folded(find.value.trim());
      let left = 0;
      for (const row of body.rows) {
        row.hidden = wanted !== "" && !folded(row.cells[0].textContent).includes(wanted);
        if (!row.hidden) left++;
      }
      $("table-status").textContent = setup.texts.rows.replace("{n}", left);
    };
    find.addEventListener("input", filter);
    filter();
    $("table-shown").hidden = true;
    if (focused && $(focused)) $(focused).focus();
  };

  window.introstatTable = (data) => {
    if (!setup || data.table !== setup.table) return;
    tables.set(data.period, data);
    if (data.period === period) showTable();
  };
  if (setup) showTable();
})();
