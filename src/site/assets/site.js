// What a catalogue does with scripts: search, filters and sorting of all links, and comparing any two versions of one.
// Pages are whole without it. Texts go into pages as text only, never as markup.
"use strict";

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

// The columns of a link in links.js.
const column = {name: 0, page: 1, environment: 2, type: 3, source: 4, path: 5, url: 6, rev: 7, commit: 8, state: 9,
                held: 10, broken: 11, changed: 12};

function showTable() {
  const table = document.getElementById("links");
  if (!table) return;
  const tools = document.getElementById("tools");
  const body = table.tBodies[0];
  const count = document.getElementById("count");
  const more = document.getElementById("more");
  const pager = document.querySelector(".pager");
  const fields = {
    q: document.getElementById("q"),
    environment: document.getElementById("environment"),
    type: document.getElementById("type"),
    state: document.getElementById("state"),
  };
  const keys = [column.name, column.type, column.source, column.rev, column.commit, column.state, column.changed];
  const atOnce = 500;
  let order = {key: column.name, isUp: true};
  let shown = atOnce;
  let loading = null;

  // A list of ten thousand links is a few megabytes: it comes with the first question.
  const load = () => {
    loading ??= new Promise((resolve, reject) => {
      const script = element("script", {src: "assets/links.js"});
      script.addEventListener("load", () => resolve(globalThis.links));
      script.addEventListener("error", reject);
      document.head.append(script);
    });
    return loading;
  };

  const matches = (link, words) => {
    if (fields.environment.value && link[column.environment] !== fields.environment.value) return false;
    if (fields.type.value && link[column.type] !== fields.type.value) return false;
    const state = fields.state.value;
    if (state === "held" ? !link[column.held] : state && link[column.state] !== state) return false;
    if (words.length === 0) return true;
    const text = [column.name, column.source, column.path, column.rev, column.commit]
        .map((key) => link[key]).join("\n").toLowerCase();
    return words.every((word) => text.includes(word));
  };

  const cell = (label, ...children) => {
    const made = element("td", {}, ...children);
    made.dataset.label = label;
    return made;
  };

  const rowOf = (link) => {
    const slash = link[column.name].lastIndexOf("/") + 1;
    const name = element("a", {href: link[column.page]});
    if (slash > 0) name.append(element("span", {className: "dir", textContent: link[column.name].slice(0, slash)}));
    name.append(link[column.name].slice(slash));
    const source = link[column.source];
    const path = link[column.path] ? [element("span", {className: "path", textContent: link[column.path]})] : [];
    const states = [element("span", {className: "state " + (link[column.broken] ? "broken" : link[column.state]),
                                     textContent: link[column.state]})];
    if (link[column.held]) states.push(" ", element("span", {className: "state held", textContent: "held"}));
    const commit = link[column.commit];
    const day = link[column.changed];
    return element("tr", {},
        element("th", {scope: "row"}, name),
        cell("Type", link[column.type]),
        cell("Source", link[column.url] ?
            element("a", {href: link[column.url], rel: "noopener noreferrer", textContent: source}) : source, ...path),
        cell("Rev", link[column.rev] || "–"),
        cell("Commit", commit ? element("code", {title: commit, textContent: commit.slice(0, 7)}) :
            element("span", {className: "none", textContent: "–"})),
        cell("State", ...states),
        cell("Changed", ...(day ? [element("time", {dateTime: day, title: day, textContent: day.slice(0, 10)})] : [])));
  };

  const compare = (a, b) => {
    const [x, y] = [a[order.key], b[order.key]];
    // Names that are alike otherwise stay in the order of names.
    const found = x < y ? -1 : x > y ? 1 : a[column.name] < b[column.name] ? -1 : 1;
    return order.isUp ? found : -found;
  };

  const update = async () => {
    const all = await load();
    const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((link) => matches(link, words)).sort(compare);
    body.replaceChildren(...found.slice(0, shown).map(rowOf));
    count.textContent = `${found.length} of ${all.length} links`;
    more.hidden = found.length <= shown;
    if (pager) pager.hidden = true;
  };

  const ask = () => {
    shown = atOnce;
    update().catch(() => { count.textContent = "The list of links could not be loaded"; });
  };

  Array.from(table.tHead.rows[0].cells).forEach((head, i) => {
    const button = element("button", {type: "button", textContent: head.textContent});
    button.addEventListener("click", () => {
      order = {key: keys[i], isUp: head.getAttribute("aria-sort") !== "ascending"};
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order.isUp ? "ascending" : "descending");
      ask();
    });
    head.replaceChildren(button);
  });
  table.classList.add("sortable");
  for (const field of Object.values(fields)) field.addEventListener("input", ask);
  more.querySelector("button").addEventListener("click", () => {
    shown += atOnce;
    update();
  });
  tools.hidden = false;
  count.textContent = `${count.dataset.total} of ${count.dataset.total} links`;
  // A browser that goes back fills the fields in.
  if (Object.values(fields).some((field) => field.value)) ask();
}

function showComparing() {
  const section = document.getElementById("compare");
  if (!section) return;
  const from = document.getElementById("from");
  const to = document.getElementById("to");
  const result = document.getElementById("compared");
  const versions = Array.from(document.querySelectorAll("#versions > li[data-object]"));
  for (const select of [from, to]) {
    versions.forEach((version, i) => select.append(element("option", {value: i, textContent: version.dataset.label})));
  }

  const rowsOf = (version) => {
    const table = document.querySelector(`table.object[data-object="${CSS.escape(version.dataset.object)}"]`);
    return new Map(Array.from(table.querySelectorAll("tr[data-key]"),
                              (row) => [row.dataset.key, row.cells[1].textContent]));
  };

  const update = () => {
    const before = rowsOf(versions[from.value]);
    const after = rowsOf(versions[to.value]);
    const rows = [];
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      const [old, now] = [before.get(key), after.get(key)];
      if (old === now) continue;
      const values = element("td");
      if (old !== undefined) values.append(element("del", {textContent: old}));
      if (now !== undefined) values.append(element("ins", {textContent: now}));
      rows.push(element("tr", {}, element("th", {scope: "row", textContent: key}), values));
    }
    if (rows.length === 0) {
      result.replaceChildren(element("p", {className: "muted", textContent: "Their objects say the same."}));
      return;
    }
    result.replaceChildren(element("div", {className: "scroll"}, element("table", {className: "changes"},
        element("caption", {className: "hidden", textContent: "What differs"}),
        element("tbody", {}, ...rows))));
  };

  from.value = String(Math.min(1, versions.length - 1));
  to.value = "0";
  for (const select of [from, to]) select.addEventListener("input", update);
  section.hidden = false;
  update();
}

showTable();
showComparing();
