// Keys from one registry: the sheet (ecrm/ui/shortcuts.py) holds them all, also for this script.
// Never while somebody types, never with a dialog open, and not for those who switched them off.
import { openPalette } from "./palette.js";

const PATIENCE = 1500;
const sheet = document.getElementById("shortcuts");
const isOn = Boolean(sheet) && !sheet.hasAttribute("data-off");
let pressed = [];
let timer = 0;

function isTyping(target) {
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

function rows() {
  return [...document.querySelectorAll("main table tbody tr, main .todo > li, main [data-rows] > li")].filter((row) => row.querySelector("a"));
}

function moveInList(by) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.min(Math.max(here + by, 0), all.length - 1)];
  next.querySelector("a").focus();
}

const CONTROLS = {
  palette: openPalette,
  shortcuts: () => sheet.showModal(),
  search() {
    const field = document.querySelector('main [data-shortcut="search"], main input[type="search"]');
    if (field) field.focus();
    else openPalette();
  },
  "next-row": () => moveInList(1),
  "previous-row": () => moveInList(-1),
  "tick-row": tickRow,
  "edit-row"() {
    location.assign(rowHere().dataset.edit);
  },
  // The bar of acts shows itself with the first tick.
  act() {
    if (!document.querySelector("main :is(tbody, [data-rows]) .pick :checked")) tickRow();
    marked("act").focus();
  },
};
// Controls that are not on every page.
const IS_HERE = {
  "next-row": () => !marked("next-contact") && rows().length > 0,
  "previous-row": () => !marked("previous-contact") && rows().length > 0,
  "edit-row": () => Boolean(rowHere()?.dataset.edit),
  act: () => Boolean(marked("act")),
};

function rowHere() {
  return document.activeElement.closest("tr, [data-rows] > li");
}

function tickRow() {
  rowHere()?.querySelector('input[type="checkbox"]')?.click();
}

// A control of the row somebody is in comes before the first of the page.
function marked(control) {
  const wanted = `[data-shortcut="${CSS.escape(control)}"]`;
  return rowHere()?.querySelector(wanted) || document.querySelector(wanted);
}

function isHere(entry) {
  const { href, control } = entry.dataset;
  if (href) return true;
  if (control in CONTROLS) return IS_HERE[control]?.() ?? true;
  return Boolean(marked(control));
}

function run(entry) {
  const { href, control } = entry.dataset;
  if (href) location.assign(href);
  else if (control in CONTROLS) CONTROLS[control]();
  else marked(control).click();
}

function entries() {
  return [...sheet.querySelectorAll("[data-keys]")];
}

function follow(key) {
  clearTimeout(timer);
  pressed = [...pressed, key];
  const wanted = pressed.join(" ");
  const matches = entries().filter((entry) => entry.dataset.keys === wanted);
  if (matches.length) {
    pressed = [];
    const match = matches.find(isHere);
    if (match) run(match);
    return true;
  }
  if (entries().some((entry) => entry.dataset.keys.startsWith(`${wanted} `))) {
    timer = setTimeout(() => (pressed = []), PATIENCE);
    return true;
  }
  const isLast = pressed.length === 1;
  pressed = [];
  return isLast ? false : follow(key);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  // Held keys are a command to a program, not a letter: they work in fields, switched off or not.
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    if (!openPalette()) return;
    event.preventDefault();
    return;
  }
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isOn || !isPlain || event.key.length > 1 || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (follow(event.key)) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest('[data-shortcut="shortcuts"]')) sheet?.showModal();
});
