// Whether a click was meant: by a pointer or by a shortcut of ours. Browsers also click what arrow keys reach.
let isPointed = false;

document.addEventListener("pointerdown", () => (isPointed = true));
document.addEventListener("keydown", () => (isPointed = false));

export function isPressed(event) {
  return isPointed || !event.isTrusted;
}
