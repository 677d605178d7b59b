// "Verify here": what a page says of an entry, checked in the reader's browser by WebCrypto from the log's files (formats/log.md,
// formats/lineage.md). Steps in order; the first that fails ends them. Whatever is fetched comes from the server that is checked, so
// only a key that the reader has from elsewhere makes it more than that server's word.
const TILE = 256;
const FILE_MOST = 1 << 25; // bytes; a bundle of 256 entries has at most half of it
const utf8 = new TextEncoder();

// Something said with a word (a key of the page's list) and what fills its {names}.
class Said extends Error {
  constructor(word, values = {}) {
    super(word);
    Object.assign(this, { word, values });
  }
}

// A check that failed.
class Wrong extends Said {}

// A line that is no verifier key: nothing was checked by it.
class NoKey extends Said {}

/* ---- bytes ---- */

const hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, "0")).join("");
const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
const base64 = bytes => btoa(String.fromCharCode(...bytes));
const text = bytes => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function unbase64(value, wrong) {
  try {
    return Uint8Array.from(atob(value), c => c.charCodeAt(0));
  } catch {
    throw wrong;
  }
}

const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const node = (left, right) => sha256([1], left, right);

/* ---- files ---- */

async function fetched(path) {
  const answer = await fetch(path, { cache: "no-cache", credentials: "omit", redirect: "error" });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Wrong("unread", { path, status: answer.status });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes.length > FILE_MOST) throw new Wrong("unread", { path, status: bytes.length });
  return bytes;
}

async function needed(path) {
  const bytes = await fetched(path);
  if (!bytes) throw new Wrong("unread", { path, status: 404 });
  return bytes;
}

// Number N of a tile in groups of three digits: 1234067 is x001/x234/067.
function numbered(n) {
  const digits = String(n), groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g);
  return groups.map((group, i) => (i < groups.length - 1 ? "x" : "") + group).join("/");
}

// File N of `count` things, 256 in each. A partial one goes when the full one exists, which begins with the same bytes.
async function tileFile(kind, n, count) {
  const full = `/tile/${kind}/${numbered(n)}`, width = Math.min(TILE, count - n * TILE);
  if (width < TILE) return await fetched(`${full}.p/${width}`) ?? needed(full);
  return needed(full);
}

/* ---- the log ---- */

// The bytes of entry `index`: of a bundle each entry is its length in two bytes, then itself.
async function readEntry(index, size) {
  const bundle = await tileFile("entries", Math.floor(index / TILE), size);
  let at = 0;
  for (let skip = index % TILE; at + 2 <= bundle.length; skip--) {
    const end = at + 2 + bundle[at] * 256 + bundle[at + 1];
    if (end > bundle.length) break;
    if (skip === 0) return bundle.subarray(at + 2, end);
    at = end;
  }
  throw new Wrong("bundle.no");
}

// Where a tree of n > 1 leaves splits: the largest power of two below n.
function powerBelow(n) {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

// The tiles of a log of that size, each read once.
class Tiles {
  constructor(size) {
    this.size = size;
    this.files = new Map();
  }

  async hash(level, at) {
    const n = Math.floor(at / TILE), name = `${level}/${n}`;
    if (!this.files.has(name)) this.files.set(name, await tileFile(level, n, Math.floor(this.size / TILE ** level)));
    const bytes = this.files.get(name).subarray(at % TILE * 32, at % TILE * 32 + 32);
    if (bytes.length !== 32) throw new Wrong("tile.no");
    return bytes;
  }

  // The root over the leaves from `from` to before `to`: one hash of a tile where these are 256^L, which then begin at a multiple of it.
  async over(from, to) {
    for (let level = 0, unit = 1; unit <= to - from; level++, unit *= TILE)
      if (unit === to - from) return this.hash(level, from / unit);
    const middle = from + powerBelow(to - from);
    return node(await this.over(from, middle), await this.over(middle, to));
  }
}

// The root that follows from one leaf and the hashes beside its way up (RFC 6962, 2.1.1); how many there were is counted in `path`.
async function rootFrom(tiles, leaf, index, from, to, path) {
  if (to - from === 1) return leaf;
  const middle = from + powerBelow(to - from);
  path.length++;
  return index < middle
    ? node(await rootFrom(tiles, leaf, index, from, middle, path), await tiles.over(middle, to))
    : node(await tiles.over(from, middle), await rootFrom(tiles, leaf, index, middle, to, path));
}

/* ---- notes ---- */

function parseCheckpoint(bytes) {
  const note = text(bytes), end = note.indexOf("\n\n");
  const body = note.slice(0, end + 1), [origin, size, root] = body.split("\n");
  if (end < 0 || body.split("\n").length !== 4 || !/^(0|[1-9][0-9]{0,14})$/.test(size)) throw new Wrong("checkpoint.form");
  const signatures = note.slice(end + 2).split("\n").slice(0, -1).map(line => {
    const [dash, name, value, more] = line.split(" ");
    if (dash !== "\u2014" || !value || more !== undefined) throw new Wrong("checkpoint.form");
    const blob = unbase64(value, new Wrong("checkpoint.form"));
    return { name, id: hex(blob.subarray(0, 4)), blob: blob.subarray(4) };
  });
  return { body, origin, size: Number(size), root: unbase64(root, new Wrong("checkpoint.form")), signatures };
}

// "<name>+<id>+<base64 of type and public key>": type 1 for a log, 4 for a witness. The base64 may hold a + of its own. `at`: which
// line it is, for who gave it.
async function parseKey(line, at = 1) {
  const [, name, id, value] = line.match(/^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/) ?? [];
  if (!name) throw new NoKey("key.form", { at });
  const key = unbase64(value, new NoKey("key.base64", { at }));
  if (key.length > 0 && ![1, 4].includes(key[0])) throw new NoKey("key.type", { at, type: key[0] });
  if (key.length !== 33) throw new NoKey("key.length", { at, length: key.length });
  const real = hex((await sha256(utf8.encode(name + "\n"), key)).subarray(0, 4));
  if (real !== id) throw new NoKey("key.id", { at, id, real });
  return { name, id, type: key[0], line,
    verifier: await crypto.subtle.importKey("raw", key.subarray(1), { name: "Ed25519" }, false, ["verify"]) };
}

// In order, so that the first line that is no key is the one that is told.
async function parseKeys(lines) {
  const keys = [];
  for (const [i, line] of lines.split("\n").entries())
    if (line.trim()) keys.push(await parseKey(line.trim(), i + 1));
  return keys;
}

// A key that the reader did not give is part of what is checked.
async function checkedKeys(lines, wrong) {
  try {
    return await parseKeys(lines);
  } catch (error) {
    throw error instanceof NoKey ? wrong : error;
  }
}

// Whether the checkpoint bears a right signature by that key; undefined where it bears none. A cosignature begins with its time.
async function signedBy(checkpoint, key) {
  const found = checkpoint.signatures.filter(line => line.name === key.name && line.id === key.id);
  if (found.length === 0) return undefined;
  for (const { blob } of found) {
    const before = key.type === 4 ? 8 : 0;
    const time = blob.subarray(0, before).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const signed = before ? `cosignature/v1\ntime ${time}\n${checkpoint.body}` : checkpoint.body;
    if (!await crypto.subtle.verify("Ed25519", key.verifier, blob.subarray(before), utf8.encode(signed))) return false;
  }
  return true;
}

/* ---- the steps ---- */

// The page writes control characters visibly, as \u{202e}.
const plain = shown => shown.replace(/\\u\{([0-9a-f]{1,6})\}/g, (all, code) => String.fromCodePoint(parseInt(code, 16)));

async function checkStatement(page, say) {
  if (page.statement === undefined) return;
  const hash = hex(await sha256(utf8.encode(page.statement)));
  if (hash !== page.hash) throw new Wrong("statement.no", { hash });
  say("statement.ok", { hash });
}

async function checkEntry(page, checkpoint, say) {
  const { index } = page, { size } = checkpoint;
  if (index >= size) throw new Wrong("early", { index, size });
  const entry = await readEntry(index, size), words = text(entry);
  if (page.statement !== undefined && !/^jokbo\/entry\/v1\nkind (register|release)\ntime .*\nactor .*\n$/.test(words.slice(0, -page.statement.length)))
    throw new Wrong("entry.no", { index });
  if (page.statement !== undefined ? !words.endsWith(page.statement) : plain(words) !== plain(page.entry)) throw new Wrong("entry.no", { index });
  say("entry.ok", { index });
  return entry;
}

async function checkLeaf(page, entry, tiles, say) {
  const leaf = await sha256([0], entry), { index } = page, hash = hex(leaf);
  if (!equal(leaf, await tiles.hash(0, index)) || page.leaf && page.leaf !== hash) throw new Wrong("leaf.no", { hash });
  say("leaf.ok", { hash });
  return leaf;
}

// Keys that follow from known ones: an entry `key` names a new one, signed by the one before (formats/entry.md). Where such entries
// are, the page tells; that they are in the signed log, and right, is checked here. What a thief of an old key would do is not: that
// key leads to a history of his own as well as to ours.
async function followKeys(page, known, tiles, checkpoint, say) {
  const keys = [...known];
  for (const index of page.keyEntries) {
    const entry = await readEntry(index, checkpoint.size), path = [];
    if (!equal(await rootFrom(tiles, await sha256([0], entry), index, 0, checkpoint.size, path), checkpoint.root)) throw new Wrong("key.broken", { index });
    const [, line, previous, signature] = text(entry).match(/^jokbo\/entry\/v1\nkind key\ntime .*\nactor .*\nkey (.*)\nprevious (.*)\nsignature (.*)\n$/) ?? [];
    if (!line) throw new Wrong("key.broken", { index });
    const by = keys.find(key => key.line === previous), [next] = await checkedKeys(line, new Wrong("key.broken", { index }));
    if (!by) continue;
    const signed = utf8.encode(`jokbo/key/v1\norigin ${next.name}\nkey ${line}\n`);
    if (next.name !== by.name || next.type !== 1 || !await crypto.subtle.verify("Ed25519", by.verifier, unbase64(signature, new Wrong("key.broken", { index })), signed))
      throw new Wrong("key.broken", { index });
    say("key.followed", { index, key: line });
    keys.push(next);
  }
  return keys.slice(known.length);
}

async function checkInclusion(page, leaf, tiles, checkpoint, say) {
  const path = [], root = await rootFrom(tiles, leaf, page.index, 0, checkpoint.size, path);
  const values = { root: base64(root), size: checkpoint.size, hashes: path.length };
  if (!equal(root, checkpoint.root)) throw new Wrong("inclusion.no", values);
  say("inclusion.ok", values);
}

// The key among these that signed; none may have signed wrongly.
async function signerOf(checkpoint, keys) {
  let signer;
  for (const key of keys) {
    const right = await signedBy(checkpoint, key);
    if (right === false) throw new Wrong("signature.no", { key: key.line, size: checkpoint.size });
    if (right) signer = key;
  }
  return signer;
}

async function checkSignature(page, tiles, checkpoint, keys, say) {
  const logs = keys.filter(key => key.type === 1 && key.name === checkpoint.origin);
  let signer = await signerOf(checkpoint, logs);
  if (!signer && logs.length > 0) signer = await signerOf(checkpoint, await followKeys(page, logs, tiles, checkpoint, say));
  if (!signer) throw new Wrong("signature.none", { origin: checkpoint.origin });
  say("signature.ok", { key: signer.line, size: checkpoint.size });
}

// Witnesses are as good as the keys by which the reader knows them; of others only the number is told.
async function checkCosignatures(checkpoint, keys, say) {
  const others = checkpoint.signatures.filter(line => line.name !== checkpoint.origin);
  let right = 0;
  for (const key of keys.filter(key => key.type === 4)) {
    const found = await signedBy(checkpoint, key);
    if (!found) throw new Wrong(found === false ? "cosignature.no" : "cosignature.none", { name: key.name });
    say("cosignature.ok", { name: key.name });
    right++;
  }
  if (right === 0) say(others.length > 0 ? "cosignature.unknown" : "cosignature.absent", { count: others.length }, "note");
}

// The word for a good end: whose key that was.
async function checkAll(page, given, say) {
  await checkStatement(page, say);
  const checkpoint = parseCheckpoint(await needed("/checkpoint")), tiles = new Tiles(checkpoint.size);
  const entry = await checkEntry(page, checkpoint, say);
  const leaf = await checkLeaf(page, entry, tiles, say);
  await checkInclusion(page, leaf, tiles, checkpoint, say);
  const own = given.some(key => key.type === 1);
  const keys = own ? given : given.concat(await checkedKeys(text(await needed("/log.vkey")), new Wrong("key.unserved")));
  await checkSignature(page, tiles, checkpoint, keys, say);
  await checkCosignatures(checkpoint, keys, say);
  say(own ? "key.own" : "key.served", {}, "note");
  return own ? "right" : "right.served";
}

/* ---- the page ---- */

// Why this browser cannot check; nothing if it can.
async function hindrance() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) return "insecure";
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return "old";
  }
}

function words(section, word, values) {
  const pattern = section.querySelector(`[data-word="${word}"]`).textContent;
  return pattern.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

function reader(section, list) {
  return (word, values = {}, kind = "ok") => {
    const item = document.createElement("li"), mark = document.createElement("b");
    item.className = kind;
    mark.className = "tag " + { ok: "good", no: "bad", note: "" }[kind];
    mark.textContent = words(section, kind, values);
    item.append(mark, " " + words(section, word, values));
    list.append(item);
  };
}

// The keys in the field; where one is none that is said there, and nothing returned.
async function readKeys(section) {
  const field = section.querySelector("textarea"), told = section.querySelector(".no-key");
  told.textContent = "";
  field.removeAttribute("aria-invalid");
  try {
    return await parseKeys(field.value);
  } catch (error) {
    if (!(error instanceof NoKey)) throw error;
    told.textContent = words(section, error.word, error.values);
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }
}

async function run(section, page, button) {
  const list = section.querySelector(".steps"), verdict = section.querySelector(".verdict");
  const say = reader(section, list);
  list.replaceChildren();
  verdict.textContent = "";
  verdict.className = "verdict";
  const keys = await readKeys(section);
  if (!keys) return;
  verdict.textContent = words(section, "working", {});
  button.setAttribute("aria-disabled", "true");
  let end = "wrong";
  try {
    end = await checkAll(page, keys, say);
  } catch (error) {
    if (error instanceof Wrong) say(error.word, error.values, "no");
    else say("broken", { error: error.message }, "no");
  }
  button.removeAttribute("aria-disabled");
  verdict.textContent = words(section, end, {});
  verdict.className = "verdict " + (end === "wrong" ? "no" : "yes");
}

async function begin(section) {
  const hindered = await hindrance(), shown = id => document.getElementById(id)?.textContent;
  section.querySelector(".hindrance").textContent = hindered ? words(section, hindered, {}) : "";
  if (hindered) return;
  const page = { index: Number(section.dataset.index), hash: section.dataset.hash, leaf: section.dataset.leaf,
    keyEntries: section.dataset.keys.split(" ").filter(Boolean).map(Number),
    statement: shown("statement"), entry: shown("entry-text") };
  const form = section.querySelector("form"), button = form.querySelector("button");
  form.hidden = false;
  form.addEventListener("submit", event => {
    event.preventDefault();
    if (!button.hasAttribute("aria-disabled")) run(section, page, button);
  });
}

for (const section of document.querySelectorAll(".verify")) begin(section);
