// What a page does beyond what it says without scripts: long digests are copied with one press.
import "./suggest.js";

for (const digest of document.querySelectorAll("code.hash")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = document.documentElement.lang === "ko" ? "복사" : "Copy";
  button.addEventListener("click", () => navigator.clipboard.writeText(digest.textContent));
  digest.after(" ", button);
}

// The family tree opens in place: what was made from a model is asked for when it is opened, a page at a time.
const words = new Map([...document.querySelectorAll(".tree-words dt")].map((term) => [term.textContent, term.nextElementSibling.textContent]));

async function children(model, token) {
  const path = model.split("/").map(encodeURIComponent).join("/");
  const answer = await fetch(`/v1/models/${path}/derivatives?include_yanked=true&page_size=20&page_token=${encodeURIComponent(token)}`);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

function add(parent, name, text, attributes = {}) {
  const element = parent.appendChild(document.createElement(name));
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function addModel(list, model) {
  const lang = new URLSearchParams(location.search).get("lang");
  const kin = add(add(list, "li", ""), "span", "", { class: "kin" });
  const page = `/models/${model.name.split("/").map(encodeURIComponent).join("/")}${lang ? `?lang=${encodeURIComponent(lang)}` : ""}`;
  const link = add(kin, "a", "", { class: "name", href: page }), slash = model.name.indexOf("/") + 1;
  add(link, "span", model.name.slice(0, slash), { class: "publisher" });
  link.append(document.createElement("wbr"), model.name.slice(slash));
  kin.append(" ");
  add(kin, "span", words.get(model.release?.relation) ?? "", { class: "quiet" });
  if (model.yanked) {
    kin.append(" ");
    add(kin, "span", words.get("yanked"), { class: "tag bad" });
  }
  if (!model.childCount) return;
  kin.append(" ");
  const open = add(kin, "a", words.get("open").replace("#", model.childCount), { class: "open", href: `${page}#tree`, "data-model": model.name, "aria-expanded": "false" });
  add(open, "span", ` ${model.name}`, { class: "unseen" });
  opens(open);
}

function addPage(list, model, answer) {
  for (const child of answer.models ?? []) addModel(list, child);
  if (!answer.nextPageToken) return;
  const item = add(list, "li", "");
  const more = add(item, "a", list.closest(".tree").dataset.more, { class: "more", href: "#tree" });
  more.addEventListener("click", async (event) => {
    event.preventDefault();
    const next = await children(model, answer.nextPageToken).catch(() => null);
    if (!next) return;
    item.remove();
    const before = list.children.length;
    addPage(list, model, next);
    list.children[before]?.querySelector("a").focus();
  });
}

function opens(link) {
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const item = link.closest("li");
    const open = item.querySelector(":scope > ul");
    if (open) {
      open.hidden = !open.hidden;
    } else {
      const answer = await children(link.dataset.model, "").catch(() => null);
      if (!answer) {
        location.assign(link.href);
        return;
      }
      if (item.querySelector(":scope > ul")) return;
      addPage(add(item, "ul", ""), link.dataset.model, answer);
    }
    link.setAttribute("aria-expanded", String(!item.querySelector(":scope > ul").hidden));
  });
}

for (const link of document.querySelectorAll(".tree a.open")) opens(link);
