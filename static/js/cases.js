// One case: the newest message in sight, Ctrl+Enter sends.
import "./marks.js";
import "./mentions.js";
import { isPressed } from "./presses.js";

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

if (conversation) keepEndInSight();
composer?.addEventListener("click", (event) => {
  if (event.target.name === "kind" && isPressed(event)) words.focus();
});
words?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  const isNote = composer.elements.kind.value === "note";
  composer.requestSubmit(composer.querySelector(isNote ? "button.for-note" : '.for-mail button[name="then"]'));
});
