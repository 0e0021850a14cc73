// The composer of a person's page: a chosen kind leads to its words, Ctrl+Enter sends, an undo loses nothing.
import "./marks.js";
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

function isBegun() {
  const { text, subject, attachments } = composer.elements;
  return Boolean(text.value.trim() || subject?.value.trim() || attachments?.files.length);
}

// What was begun after an email is kept first, so that an undo finds it.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!composer || !form.closest("[data-toast]") || !isBegun()) return;
  event.preventDefault();
  const { text, attachments } = composer.elements;
  // Asked as htmx asks, the answer is short, but files are not kept.
  const headers = attachments?.files.length ? {} : { "HX-Request": "true" };
  const body = new FormData(composer);
  await fetch(text.getAttribute("hx-post"), { method: "POST", headers, body }).catch(() => {});
  form.submit();
});
