// Colleagues offered while somebody writes @ in a text that only members see. What is chosen stands in the
// text as words: who types the name by hand says the same. The text keeps the focus all the while.
import { put } from "./marks.js";

const WAIT = 120;
const SOUGHT = /(?<![\p{L}\p{N}_@.])@("?)([^"@\n]{0,40})$/u;

const list = document.createElement("div");
Object.assign(list, { className: "mentions", id: "mentions", hidden: true });
list.setAttribute("role", "listbox");
list.setAttribute("aria-labelledby", "mentions-title");
const status = document.createElement("span");
status.className = "vh";
status.setAttribute("role", "status");

let box = null;
let asking = null;
let timer = 0;
// Where an @ stands whose list was closed, or used; and what nobody answered to.
let settled = -1;
let unanswered = null;
// What the open list is the answer to.
let answered = null;

const isOpen = () => list.isConnected && !list.hidden;
const options = () => [...list.querySelectorAll('[role="option"]')];
const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");

// Some kinds of text tell nobody, such as an email.
function isMentioning(field) {
  const kinds = field.dataset.mentionsIn?.split(" ");
  return !kinds || kinds.includes(field.form.elements.kind?.value);
}

function sought(field) {
  if (field.selectionStart !== field.selectionEnd || !isMentioning(field)) return null;
  const found = field.value.slice(0, field.selectionStart).match(SOUGHT);
  return found && !found[2].startsWith(" ") ? { at: found.index, text: found[2], end: field.selectionStart } : null;
}

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  box.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = options();
  choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
}

function place() {
  list.classList.remove("above");
  box.after(list);
  const room = box.getBoundingClientRect().top;
  const { bottom, height } = list.getBoundingClientRect();
  // A keyboard on the screen takes its share.
  if (bottom <= (window.visualViewport?.height ?? window.innerHeight) || room < height) return;
  box.before(list);
  list.classList.add("above");
}

function open(part, found) {
  answered = found;
  const said = part.querySelector("[data-said]");
  status.textContent = said.textContent;
  said.remove();
  list.replaceChildren(...part.childNodes);
  list.hidden = false;
  for (const [name, value] of [["haspopup", "listbox"], ["autocomplete", "list"], ["controls", list.id]]) {
    box.setAttribute(`aria-${name}`, value);
  }
  place();
  choose(options()[0]);
}

function close() {
  clearTimeout(timer);
  asking?.abort();
  list.hidden = true;
  status.textContent = "";
  for (const name of ["haspopup", "autocomplete", "controls", "activedescendant"]) box?.removeAttribute(`aria-${name}`);
}

async function ask(field, found) {
  const { at, text } = found;
  asking = new AbortController();
  const url = `${field.dataset.mentions}?${new URLSearchParams({ q: text })}`;
  try {
    const answer = await fetch(url, { signal: asking.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) return;
    const part = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    if (field !== document.activeElement || sought(field)?.text !== text) return;
    if (part.querySelector('[role="option"]')) return open(part, found);
    unanswered = { at, text };
    close();
  } catch (error) {
    // A newer question replaced this one, or the network is away: the name can be typed.
    if (error.name !== "AbortError") console.warn(error);
  }
}

function look(field) {
  const found = sought(field);
  const isHopeless = found && found.at === unanswered?.at && found.text.startsWith(unanswered.text);
  if (!found) settled = -1;
  if (!found || found.at === settled || isHopeless) return close();
  unanswered = null;
  clearTimeout(timer);
  asking?.abort();
  timer = setTimeout(ask, WAIT, field, found);
}

function take(option) {
  // What was typed since the list was asked for stays.
  const { at, end } = answered;
  if (sought(box)?.at !== at) return close();
  const words = option.dataset.handle + (/^\s/.test(box.value.slice(end)) ? "" : " ");
  settled = at;
  close();
  put(box, at, end, words, at + words.length, at + words.length);
}

function attend(field) {
  if (!field?.matches("textarea[data-mentions]") || (field === box && status.isConnected)) return;
  box = field;
  settled = -1;
  unanswered = null;
  box.after(list, status);
}

attend(document.activeElement);
document.addEventListener("focusin", (event) => attend(event.target));
document.addEventListener("focusout", (event) => {
  if (event.target === box) close();
});
document.addEventListener("input", (event) => {
  if (event.target === box) look(box);
});
// The caret went elsewhere.
for (const name of ["click", "keyup"]) {
  document.addEventListener(name, (event) => {
    if (event.target === box && isOpen() && !sought(box)) close();
  });
}
document.addEventListener(
  "keydown",
  (event) => {
    if (event.target !== box || !isOpen() || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Enter: () => take(chosen()),
      Tab: () => take(chosen()),
      Escape: () => {
        settled = sought(box)?.at ?? -1;
        close();
      },
    };
    if (event.shiftKey || !Object.hasOwn(acts, event.key)) return;
    // Who types faster than the list follows means the text.
    if (["Enter", "Tab"].includes(event.key) && sought(box)?.text !== answered.text) return close();
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  },
  true,
);
// The text keeps the focus, under a finger too.
list.addEventListener("mousedown", (event) => event.preventDefault());
list.addEventListener("click", (event) => {
  const option = event.target.closest('[role="option"]');
  if (option) take(option);
});
