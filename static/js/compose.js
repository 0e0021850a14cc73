// The composer of a person's page: a chosen kind leads to its words, Ctrl+Enter sends, an undo loses nothing.
import "./marks.js";
import "./mentions.js";
import { isPressed } from "./presses.js";

const composer = document.getElementById("composer");

// A press or a shortcut, also of the kind that is chosen already; arrow keys only look through the kinds.
composer?.addEventListener("click", (event) => {
  if (event.target.name !== "kind" || !isPressed(event)) return;
  const isEmail = composer.elements.kind.value === "email";
  const subject = composer.elements.subject;
  (isEmail && !subject.value ? subject : composer.elements.text).focus();
});
composer?.addEventListener("keydown", (event) => {
  if (event.target.name !== "text" || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  composer.requestSubmit(composer.querySelector("button.primary"));
});

// From the press of an undo until the page is left nothing else is asked: it would come late, over what is back.
let isLeaving = false;

function isBegun() {
  const { text, subject } = composer.elements;
  return Boolean(text.value.trim() || subject?.value.trim());
}

function chosenFiles() {
  return [...(composer.elements.attachments?.files ?? [])];
}

// In the undo's own request, which has ten seconds and waits for no other.
function carryWords(undo) {
  for (const name of ["kind", "subject", "text"]) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value: composer.elements[name]?.value ?? "" });
    field.dataset.carried = "";
    undo.append(field);
  }
}

async function keep(fields, options = {}) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", composer.elements.csrfmiddlewaretoken.value);
  for (const [name, value] of fields) body.append(name, value);
  // What the server has to say is said on the page that follows.
  const asking = { method: "POST", body, redirect: "manual", ...options };
  const answer = await fetch(composer.elements.text.getAttribute("hx-post"), asking).catch(() => null);
  return Boolean(answer?.ok || answer?.type === "opaqueredirect");
}

async function keepFiles(files) {
  if (await keep(files.map((file) => ["attachments", file]))) return;
  await keep(files.map((file) => ["lost", file.name]), { signal: AbortSignal.timeout(1500) });
}

// Files take their time: they follow an email's undo.
async function undoThenKeepFiles(undo, files) {
  const asking = { method: "POST", body: new FormData(undo), headers: { "HX-Request": "true" } };
  const answer = await fetch(undo.action, asking).catch(() => null);
  const next = answer?.ok && answer.headers.get("HX-Redirect");
  if (!next) return undo.submit();
  await keepFiles(files);
  location.assign(next);
}

async function keepThenUndo(undo, files) {
  const words = ["kind", "subject", "text"].map((name) => [name, composer.elements[name]?.value ?? ""]);
  // Asked as htmx asks, the answer is short.
  const asking = { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(1500) };
  if (isBegun()) await keep(words, asking);
  if (files.length) await keepFiles(files);
  undo.submit();
}

// What was begun meanwhile is lost by no undo.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const isEmail = form.matches('form[action*="/letters/"][action$="/take-back/"]');
  if (!composer || !(form === composer || isEmail || form.closest("[data-toast]"))) return;
  if (isLeaving) event.preventDefault();
  if (isLeaving || form === composer || event.defaultPrevented) return;
  isLeaving = true;
  composer.inert = true;
  window.htmx?.trigger(composer.elements.text, "htmx:abort");
  const files = chosenFiles();
  if (isEmail && isBegun()) carryWords(form);
  if (!files.length && (isEmail || !isBegun())) return;
  event.preventDefault();
  if (isEmail) undoThenKeepFiles(form, files);
  else keepThenUndo(form, files);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isLeaving && composer?.contains(event.target)) event.preventDefault();
});

// The browser's back button may restore a page as it was while it was being left.
window.addEventListener("pageshow", () => {
  isLeaving = false;
  if (composer) composer.inert = false;
  for (const field of document.querySelectorAll("[data-carried]")) field.remove();
});
