// One case: the newest message in sight, simple marks around what is selected, Ctrl+Enter sends.
const NEAR = 80; // px from the end that still count as being there
const conversation = document.getElementById("conversation");
const composer = document.getElementById("composer");
const words = composer?.querySelector("textarea");

function isAtEnd() {
  return conversation.scrollHeight - conversation.scrollTop - conversation.clientHeight < NEAR;
}

function toEnd() {
  conversation.scrollTop = conversation.scrollHeight;
}

function keepEndInSight() {
  let wasAtEnd = true;
  toEnd();
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === conversation) wasAtEnd = isAtEnd();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === conversation && wasAtEnd) toEnd();
  });
}

function replaceSelection(start, end, text) {
  words.focus();
  words.setRangeText(text, start, end, "select");
  words.dispatchEvent(new Event("input", { bubbles: true }));
}

function wrap(mark) {
  const { selectionStart: start, selectionEnd: end, value } = words;
  replaceSelection(start, end, `${mark}${value.slice(start, end)}${mark}`);
}

function lead(mark) {
  const start = words.value.lastIndexOf("\n", words.selectionStart - 1) + 1;
  const lines = words.value.slice(start, words.selectionEnd).split("\n");
  replaceSelection(start, words.selectionEnd, lines.map((line) => mark + line).join("\n"));
}

if (conversation) keepEndInSight();
composer?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-wrap], [data-lead]");
  if (button?.dataset.wrap) wrap(button.dataset.wrap);
  if (button?.dataset.lead) lead(button.dataset.lead);
});
composer?.addEventListener("change", (event) => {
  if (event.target.name === "kind") words.focus();
});
words?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  const isNote = composer.elements.kind.value === "note";
  composer.requestSubmit(composer.querySelector(isNote ? "button.for-note" : '.for-mail button[name="then"]'));
});
