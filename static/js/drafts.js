// Forms that come back from the server after each change (data-draft). An answer never replaces what
// was typed, pressed or opened after its question was asked: then the question is asked again.
const state = { isHeld: false, asker: null, isTouched: false, isStale: false, isBegun: false };

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
  if (formOf(event.target)) Object.assign(state, { isTouched: true, isBegun: true });
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
  Object.assign(state, { asker: event.target, isTouched: false, isStale: false, isBegun: true });
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

// The page that the browser's Back brings is the one the server sent: the draft is asked for again.
const keptAs = () => `draft ${window.location.pathname}${window.location.search}`;

document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-draft]")) state.isBegun = false;
});
window.addEventListener("pagehide", () => {
  const form = document.querySelector("form[data-draft][hx-target]");
  if (form && state.isBegun) sessionStorage.setItem(keptAs(), new URLSearchParams(new FormData(form)).toString());
});
window.addEventListener("pageshow", (event) => {
  const form = document.querySelector("form[data-draft][hx-target]");
  const kept = form && sessionStorage.getItem(keptAs());
  if (!kept) return;
  sessionStorage.removeItem(keptAs());
  if (event.persisted || performance.getEntriesByType("navigation")[0]?.type !== "back_forward") return;
  const sent = new URLSearchParams(kept);
  sent.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  const values = Object.fromEntries([...sent.keys()].map((name) => [name, sent.getAll(name)]));
  const [target, swap] = [form.getAttribute("hx-target"), form.getAttribute("hx-swap")];
  window.htmx.ajax("POST", form.getAttribute("hx-post"), { source: target, target, swap, values });
  state.isBegun = true;
});
