// The composer of a person's page: a chosen kind leads to its words, Ctrl+Enter sends.
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
