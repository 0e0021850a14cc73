// Forms that come back from the server after each change (data-draft). An answer never replaces what
// was typed, pressed or opened after its question was asked: then the question is asked again.
const state = { isHeld: false, asker: null, isTouched: false, isStale: false };

function formOf(element) {
  return element instanceof Element ? element.closest("form[data-draft]") : null;
}

// What only asks for suggestions is no question about the draft.
function askedBy(element) {
  return element?.hasAttribute?.("data-aside") ? null : formOf(element);
}

function askAgain() {
  const { asker } = state;
  if (!asker?.isConnected) return;
  window.htmx.trigger(asker, asker.matches("form") ? "change" : "click");
}

// After the click that may follow, which asks for itself.
function askLater() {
  setTimeout(() => state.isStale && askAgain(), 50);
}

document.addEventListener("input", (event) => {
  if (formOf(event.target)) state.isTouched = true;
});
document.addEventListener("pointerdown", (event) => {
  state.isHeld = Boolean(formOf(event.target));
});
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => {
    state.isHeld = false;
    askLater();
  });
}
document.addEventListener(
  "toggle",
  (event) => {
    if (formOf(event.target) && event.newState === "closed") askLater();
  },
  true, // it does not bubble
);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!askedBy(event.target)) return;
  event.target.closest("[popover]")?.hidePopover?.();
  Object.assign(state, { asker: event.target, isTouched: false, isStale: false });
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = askedBy(event.detail.requestConfig?.elt);
  if (!form) return;
  if (state.isHeld || form.querySelector("[popover]:popover-open")) {
    event.detail.shouldSwap = false;
    state.isStale = true;
  } else if (state.isTouched) {
    event.detail.shouldSwap = false;
    askAgain();
  }
});
