// Search as one types: models whose names contain the text, or that have the SHA-256, are suggested below the field. Moving through
// them is announced (a combobox with a list box, as ARIA defines it); without this the form searches as it does anyway.
const DELAY = 250; // ms after the last key before anything is asked
const LEAST = 2; // characters
const MOST = 8; // suggestions

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

function show(models) {
  mark(-1);
  list.replaceChildren(...models.map((model, i) => {
    const option = document.createElement("li");
    option.id = `suggestion-${i}`;
    option.setAttribute("role", "option");
    option.textContent = model.name;
    option.dataset.model = model.name;
    return option;
  }));
  list.hidden = models.length === 0;
  told.textContent = models.length ? some.replace("#", models.length) : none;
  input.setAttribute("aria-expanded", String(models.length > 0));
}

async function ask() {
  const text = input.value.trim();
  if ([...text].length < LEAST) {
    close();
    return;
  }
  asking?.abort();
  const mine = asking = new AbortController();
  const wanted = /^[0-9a-f]{64}$/i.test(text) ? { sha256: text.toLowerCase() } : { name_contains: text };
  try {
    const query = new URLSearchParams({ ...wanted, include_yanked: "true", page_size: String(MOST) });
    const answer = await fetch(`/v1/models?${query}`, { signal: mine.signal });
    if (answer.ok && mine === asking && document.activeElement === input) show((await answer.json()).models ?? []);
  } catch {
    // another was asked, or the server is away: the form still searches
  }
}

function go(option) {
  const lang = new URLSearchParams(location.search).get("lang");
  const path = option.dataset.model.split("/").map(encodeURIComponent).join("/");
  location.assign(`/models/${path}${lang ? `?lang=${encodeURIComponent(lang)}` : ""}`);
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
