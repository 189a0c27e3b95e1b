"use strict";
// Sorting, filtering, and the raw samples behind each number.
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // ---- sorting: a click sorts up, a second one down; rows without a number stay last.
  const key = (row, index) => {
    const cell = row.cells[index];
    return "sort" in cell.dataset ? Number(cell.dataset.sort) : null;
  };
  const compare = (a, b, index, numeric, sign) => {
    if (!numeric) {
      return sign * a.cells[index].textContent.localeCompare(
        b.cells[index].textContent, "en", {numeric: true});
    }
    const [left, right] = [key(a, index), key(b, index)];
    if (left === null || right === null) return (left === null) - (right === null);
    return sign * (left - right);
  };
  const sort = (header) => {
    const table = header.closest("table");
    const index = header.cellIndex;
    const down = header.getAttribute("aria-sort") === "ascending";
    const numeric = header.classList.contains("number");
    const rows = Array.from(table.tBodies[0].rows);
    rows.sort((a, b) => compare(a, b, index, numeric, down ? -1 : 1));
    table.tBodies[0].append(...rows);
    for (const other of header.parentNode.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
  };
  for (const button of all("th button")) {
    button.addEventListener("click", () => sort(button.closest("th")));
  }

  // ---- filtering: what names no strategy or workload is shown always.
  const form = document.getElementById("filter");
  const filter = () => {
    const wanted = {};
    const parts = [];
    for (const set of all("fieldset", form)) {
      const boxes = all("input", set);
      wanted[set.dataset.filter] = new Set(boxes.filter((box) => box.checked)
        .map((box) => box.value));
      const count = wanted[set.dataset.filter].size;
      if (count < boxes.length) parts.push(`${count} of ${boxes.length} by ${set.dataset.filter}`);
    }
    document.getElementById("filtered").textContent =
      parts.length ? `(${parts.join(", ")})` : "(all is shown)";
    for (const table of all("table.filtered")) {
      const rows = Array.from(table.tBodies[0].rows);
      for (const row of rows) {
        row.hidden = Object.entries(wanted).some(
          ([name, values]) => name in row.dataset && !values.has(row.dataset[name]));
      }
      const shown = rows.filter((row) => !row.hidden).length;
      const note = table.closest("section").querySelector(".shown");
      note.hidden = shown === rows.length;
      note.textContent = `${shown} of ${rows.length} rows; the filter hides the others.`;
    }
    for (const kind of all("details.kind")) {
      const drawings = all("figure", kind);
      for (const figure of drawings) {
        figure.hidden = Object.entries(wanted).some(([name, values]) => {
          const own = figure.dataset[name === "strategy" ? "strategies" : "workloads"];
          return own !== undefined && !own.split(" ").some((one) => values.has(one));
        });
      }
      const shown = drawings.filter((figure) => !figure.hidden).length;
      const note = kind.querySelector(".shown");
      note.hidden = shown === drawings.length;
      note.textContent = `${shown} of ${drawings.length} figures; the filter hides the others.`;
    }
  };
  if (form) {
    form.addEventListener("change", filter);
    for (const button of all("button[data-check]", form)) {
      button.addEventListener("click", () => {
        for (const box of all("input", button.closest("fieldset"))) {
          box.checked = button.dataset.check === "all";
        }
        filter();
      });
    }
    filter();
  }

  // ---- what is packed in the page
  const unpack = async (id) => {
    const text = document.getElementById(id).textContent;
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };

  // ---- figures: those of a kind when they are unfolded.
  let figures = null;
  const draw = async (kind) => {
    const images = all("img[data-figure]:not([src])", kind);
    if (!kind.open || images.length === 0) return;
    figures = figures || unpack("figure-data");
    const known = await figures;
    for (const image of images) {
      image.src = URL.createObjectURL(
        new Blob([known[image.dataset.figure]], {type: "image/svg+xml"}));
    }
  };
  for (const kind of all("details.kind")) {
    kind.addEventListener("toggle", () => draw(kind));
    draw(kind);
  }

  // ---- raw samples: #raw=3+7 shows the entries 3 and 7.
  let entries = null;
  const load = () => {
    entries = entries || unpack("raw-data");
    return entries;
  };
  const element = (name, text, parent, properties = {}) => {
    const made = Object.assign(document.createElement(name), properties);
    made.textContent = text;
    parent.append(made);
    return made;
  };
  const median = (values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  };
  const grouped = (value) => value.toLocaleString("en");
  const plural = (count, what) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
  const show = (entry, body) => {
    element("h3", entry.title, body);
    const values = entry.rounds.flat();
    const names = entry.labels || [];
    const measured = names.length === 0;
    element("p", `${entry.file}; ${entry.unit}` + (measured
      ? `; ${plural(values.length, "sample")} in ` +
        `${plural(entry.rounds.length, "round")}; median ` +
        `${grouped(median(values))}, least ${grouped(values.reduce((a, b) => Math.min(a, b)))}, ` +
        `most ${grouped(values.reduce((a, b) => Math.max(a, b)))}` : ""), body,
    {className: "note"});
    const scroll = element("div", "", body, {className: "scroll", tabIndex: 0});
    const table = element("table", "", scroll);
    const head = element("tr", "", element("thead", "", table));
    const titles = measured ? ["round", "median", "samples"] : ["", "samples"];
    for (const title of titles) element("th", title, head, {scope: "col"});
    const rows = element("tbody", "", table);
    entry.rounds.forEach((samples, index) => {
      const row = element("tr", "", rows);
      element("td", measured ? String(index + 1) : names[index] || "", row);
      if (measured) element("td", grouped(median(samples)), row, {className: "number"});
      element("td", samples.join(" "), row, {className: "samples"});
    });
    const csv = ["round,sample", ...entry.rounds.flatMap((samples, index) =>
      samples.map((sample) => `${measured ? index + 1 : names[index]},${sample}`))].join("\n");
    element("a", "as CSV", body, {
      download: entry.title.replace(/[^\w.=-]+/g, "_") + ".csv",
      href: "data:text/csv;charset=utf-8," + encodeURIComponent(csv + "\n"),
    });
  };
  const dialog = document.getElementById("raw");
  const open = async () => {
    const match = /^#raw=(\d+(?:\+\d+)*)$/.exec(location.hash);
    if (!match) return;
    const known = await load();
    const body = document.getElementById("raw-body");
    body.replaceChildren();
    for (const number of match[1].split("+")) {
      if (known[number]) show(known[number], body);
      else element("p", `This page has no samples ${number}.`, body);
    }
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  };
  dialog.addEventListener("close", () => {
    // The same link can be followed again; nothing scrolls.
    if (location.hash.startsWith("#raw=")) {
      history.replaceState(null, "", location.pathname + location.search);
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  window.addEventListener("hashchange", open);
  open();
})();
