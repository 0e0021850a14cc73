// The campaign editor: words with their fields as chips, instead of signs in a plain box. The box
// stays the form's own and is kept up to date, so that everything works the same without script.
import { asLine, asMarked } from "./editor_words.js";

const fallback = document.getElementById("fallback");
const linkDialog = document.getElementById("link-dialog");
let place = null; // where the next field goes: a range inside a rich box

function template(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

function enhance(root) {
  for (const field of root.querySelectorAll("[data-words]:not([data-ready])")) make(field);
  for (const note of root.querySelectorAll("[data-no-js]")) note.hidden = true;
}

function make(field) {
  const source = field.querySelector("input, textarea");
  const label = field.querySelector("label");
  const isRich = field.dataset.words === "rich";
  const box = document.createElement("div");
  field.dataset.ready = "";
  label.id ||= `${source.id}_label`;
  box.className = "input rich";
  box.contentEditable = "true";
  box.tabIndex = 0;
  box.id = `${source.id}_words`;
  for (const [name, value] of Object.entries({
    role: "textbox",
    "aria-labelledby": label.id,
    "aria-describedby": source.getAttribute("aria-describedby"),
    "aria-multiline": String(isRich),
  })) box.setAttribute(name, value);
  box.append(field.querySelector("template").content.cloneNode(true));
  const shell = isRich ? template("words-tools") : box;
  if (isRich) shell.append(box);
  source.after(shell, foot(source, shell, isRich));
  source.hidden = true;
  wire(box, source, isRich);
  label.addEventListener("click", () => (source.hidden ? box : source).focus());
}

function foot(source, shell, isRich) {
  const line = document.createElement("p");
  const change = template("liquid-switch");
  line.className = "row help";
  if (!isRich) line.append(template("line-tools"));
  change.textContent = change.dataset.on;
  change.addEventListener("click", () => {
    source.hidden = !source.hidden;
    shell.hidden = !source.hidden;
    change.textContent = source.hidden ? change.dataset.on : change.dataset.off;
    if (source.hidden) return source.form.requestSubmit(document.querySelector('[form="editor-form"][value="save"]'));
    source.focus();
  });
  line.append(change);
  return line;
}

function wire(box, source, isRich) {
  const keep = () => {
    source.value = isRich ? asMarked(box) : asLine(box);
    source.dispatchEvent(new Event("input", { bubbles: true }));
  };
  box.addEventListener("input", (event) => {
    event.stopPropagation();
    keep();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !isRich) event.preventDefault();
  });
  box.addEventListener("paste", (event) => {
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    document.execCommand("insertText", false, isRich ? text : text.replace(/\s+/g, " "));
  });
  box.addEventListener("click", (event) => {
    const chip = event.target.closest(".merge");
    if (chip) askFallback(chip, keep);
  });
  const tools = isRich ? box.parentElement : box.nextElementSibling;
  tools?.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
  tools?.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.mark) {
      box.focus();
      document.execCommand(button.dataset.mark);
    }
    if ("link" in button.dataset) askLink(box);
    if ("field" in button.dataset) place = rangeIn(box);
  });
}

function rangeIn(box) {
  const selection = getSelection();
  const range = selection.rangeCount ? selection.getRangeAt(0) : null;
  if (range && box.contains(range.commonAncestorContainer)) return { box, range: range.cloneRange() };
  const end = document.createRange();
  end.selectNodeContents(box);
  end.collapse(false);
  return { box, range: end };
}

function select({ box, range }) {
  box.focus();
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

function insertField(button) {
  const chip = document.createElement("button");
  chip.className = "merge";
  chip.type = "button";
  chip.contentEditable = "false";
  chip.dataset.liquid = button.dataset.insert;
  chip.textContent = button.textContent.trim();
  document.getElementById("fields").hidePopover();
  select(place);
  place.range.deleteContents();
  place.range.insertNode(chip);
  place.range.setStartAfter(chip);
  place.range.collapse(true);
  select(place);
  place.box.dispatchEvent(new Event("input", { bubbles: true }));
}

// A plain field, or one with words for those who lack it; anything else is edited as Liquid.
const SIMPLE = /^\{\{\s*([\w.]+)\s*(?:\|\s*default:\s*(?:"([^"]*)"|'([^']*)'))?\s*\}\}$/;

function askFallback(chip, keep) {
  const found = SIMPLE.exec(chip.dataset.liquid);
  if (!found) return;
  const words = document.getElementById("fallback-words");
  words.value = found[2] ?? found[3] ?? "";
  ask(fallback, () => {
    const said = words.value.replaceAll('"', "”").trim();
    chip.dataset.liquid = said ? `{{ ${found[1]} | default: "${said}" }}` : `{{ ${found[1]} }}`;
    chip.title = said;
    keep();
  });
}

function askLink(box) {
  const where = rangeIn(box);
  const address = document.getElementById("link-address");
  const within = where.range.startContainer.parentElement?.closest("a");
  address.value = within?.getAttribute("href") ?? "https://";
  ask(linkDialog, () => {
    select(where);
    const url = address.value.trim();
    if (within) {
      within.setAttribute("href", url);
      box.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (where.range.collapsed) document.execCommand("insertHTML", false, linkOf(url));
    else document.execCommand("createLink", false, url);
  });
}

function linkOf(url) {
  const link = document.createElement("a");
  link.setAttribute("href", url);
  link.textContent = url;
  return link.outerHTML;
}

function ask(dialog, answered) {
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "set" && answered(), { once: true });
  dialog.showModal();
}

// Alt and an arrow move the block whose head has the focus.
function moveByKey(event) {
  const head = event.target.closest?.("summary[data-block]");
  const act = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (!head || !act || !event.altKey) return;
  event.preventDefault();
  document.getElementById(`${act}-${head.dataset.block}`)?.click();
}

// Whoever adds a block goes on writing in it; a space would press the button that added it once more.
function goOnWriting() {
  const block = document.querySelector("#editor-form details[name='block'][open]");
  const first = block?.querySelector(".rich[contenteditable], .block-fields input:not([hidden]), .block-fields select");
  (first ?? block?.querySelector("summary"))?.focus();
}

function markWrong() {
  for (const slot of document.querySelectorAll("[id$='_slot']")) {
    const field = slot.closest(".field")?.querySelector("input, textarea, select");
    const isWrong = slot.childElementCount > 0;
    for (const control of [field, document.getElementById(`${field?.id}_words`)]) {
      if (control) control.setAttribute("aria-invalid", String(isWrong));
    }
  }
}

// Of open blocks of one name the browser keeps the first: while old and new stand side by side,
// that would be the old one.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "editor-form") return;
  for (const block of event.detail.target.querySelectorAll("details[name]")) block.removeAttribute("name");
});
document.addEventListener("htmx:load", (event) => {
  enhance(event.detail.elt);
  markWrong();
});
document.addEventListener("htmx:oobAfterSwap", markWrong);
document.addEventListener("htmx:afterSettle", (event) => {
  const pressed = event.detail.requestConfig?.triggeringEvent?.submitter?.value ?? "";
  if (/^(add|copy):/.test(pressed)) goOnWriting();
});
document.addEventListener("keydown", moveByKey);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (button && place) insertField(button);
});
enhance(document);
markWrong();
