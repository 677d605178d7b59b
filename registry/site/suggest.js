// Search as one types: models, teams, publishers, licences and entries that the text may mean, or the models that have the SHA-256,
// are suggested below the field. Moving through them is announced (a combobox with a list box, as ARIA defines it); without this
// the form searches as it does anyway.
const DELAY = 250; // ms after the last key before anything is asked
const LEAST = 2; // characters, but for the number of an entry
const MOST = 8; // suggestions for a SHA-256
// Of each kind: the word that the page has for it, and where it leads.
const KINDS = {
  SUGGESTION_KIND_ENTRY: ["entry", (name) => `/log/${name}`],
  SUGGESTION_KIND_TEAM: ["team", (name) => `/teams/${name}`],
  SUGGESTION_KIND_PUBLISHER: ["publisher", (name) => `/publishers/${encodeURIComponent(name)}`],
  SUGGESTION_KIND_LICENSE: ["license", (name) => `/models?license=${encodeURIComponent(name)}`],
  SUGGESTION_KIND_BASE_MODEL: ["base", (name) => `/bases/${name.split("/").map(encodeURIComponent).join("/")}`],
  SUGGESTION_KIND_MODEL: ["", (name) => `/models/${name.split("/").map(encodeURIComponent).join("/")}`],
};

const input = document.querySelector(".search input[type=search]");
const { some, none } = input.dataset;
const list = document.createElement("ul");
const told = document.createElement("span");
let timer = 0;
let asking = null; // the request under way
let active = -1; // the option that is moved to

list.id = "suggestions";
list.className = "suggestions";
list.hidden = true;
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", input.labels[0].textContent);
told.className = "unseen";
told.setAttribute("role", "status");
input.after(list, told);
for (const [key, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id }))
  input.setAttribute(key, value);

function mark(index) {
  list.children[active]?.removeAttribute("aria-selected");
  active = index;
  const option = list.children[index];
  if (!option) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function close() {
  clearTimeout(timer);
  asking?.abort();
  mark(-1);
  list.hidden = true;
  told.textContent = "";
  input.setAttribute("aria-expanded", "false");
}

function titleOf({ name, title, titleKo }) {
  if (document.documentElement.lang === "ko" && titleKo) return titleKo;
  return title || name;
}

function optionFor(suggestion, i) {
  const [word, path] = KINDS[suggestion.kind] ?? KINDS.SUGGESTION_KIND_MODEL;
  const option = document.createElement("li");
  option.id = `suggestion-${i}`;
  option.setAttribute("role", "option");
  option.dataset.path = path(suggestion.name);
  option.textContent = titleOf(suggestion);
  if (!word) return option;
  const kind = document.createElement("span");
  kind.className = "kind";
  kind.textContent = suggestion.models ? `${input.dataset[word]} ${suggestion.models}` : input.dataset[word];
  option.prepend(kind, " ");
  return option;
}

function show(suggestions) {
  mark(-1);
  list.replaceChildren(...suggestions.map(optionFor));
  list.hidden = suggestions.length === 0;
  told.textContent = suggestions.length ? some.replace("#", suggestions.length) : none;
  input.setAttribute("aria-expanded", String(suggestions.length > 0));
}

async function suggestionsFor(text, signal) {
  const digest = /^[0-9a-f]{64}$/i.test(text);
  const query = new URLSearchParams(digest
    ? { sha256: text.toLowerCase(), include_yanked: "true", page_size: String(MOST) } : { text });
  const answer = await fetch(`/v1/${digest ? "models" : "suggestions"}?${query}`, { signal });
  if (!answer.ok) return null;
  const found = await answer.json();
  return digest ? (found.models ?? []).map(({ name }) => ({ name })) : found.suggestions ?? [];
}

async function ask() {
  const text = input.value.trim();
  if ([...text].length < LEAST && !/^[0-9]$/.test(text)) {
    close();
    return;
  }
  asking?.abort();
  const mine = asking = new AbortController();
  try {
    const found = await suggestionsFor(text, mine.signal);
    if (found && mine === asking && document.activeElement === input) show(found);
  } catch {
    // another was asked, or the server is away: the form still searches
  }
}

function go(option) {
  const lang = new URLSearchParams(location.search).get("lang");
  const { path } = option.dataset;
  location.assign(lang ? `${path}${path.includes("?") ? "&" : "?"}lang=${encodeURIComponent(lang)}` : path);
}

input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, DELAY);
});
input.addEventListener("keydown", (event) => {
  if (event.isComposing || list.hidden) return;
  const count = list.children.length;
  if (event.key === "ArrowDown") mark(active + 1 < count ? active + 1 : 0);
  else if (event.key === "ArrowUp") mark(active > 0 ? active - 1 : count - 1);
  else if (event.key === "Escape") close();
  else if (event.key === "Enter" && active >= 0) go(list.children[active]);
  else return;
  event.preventDefault();
});
input.addEventListener("blur", close);
list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) go(option);
});
