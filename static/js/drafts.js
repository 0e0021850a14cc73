// Forms that come back from the server after each change (data-draft). An answer never replaces what
// was typed, or pressed, after its question was asked: then the question is asked again.
const state = { isHeld: false, asker: null, isTouched: false, isStale: false };

function formOf(element) {
  return element instanceof Element ? element.closest("form[data-draft]") : null;
}

function askAgain() {
  const { asker } = state;
  if (!asker?.isConnected) return;
  window.htmx.trigger(asker, asker.matches("form") ? "change" : "click");
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
    // After the click that may follow, which asks for itself.
    setTimeout(() => state.isStale && askAgain(), 50);
  });
}
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!formOf(event.target)) return;
  Object.assign(state, { asker: event.target, isTouched: false, isStale: false });
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!formOf(event.detail.requestConfig?.elt)) return;
  if (state.isHeld) {
    event.detail.shouldSwap = false;
    state.isStale = true;
  } else if (state.isTouched) {
    event.detail.shouldSwap = false;
    askAgain();
  }
});
