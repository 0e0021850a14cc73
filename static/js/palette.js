// Ctrl K: a combobox over a list the server makes. Arrows move, Enter opens, Escape closes.
// The rail's search is a link to the page that does the same without script.
const WAIT = 120;
const dialog = document.getElementById("palette");
let asking = null;
let timer = 0;

function input() {
  return dialog.querySelector('[role="combobox"]');
}

function options() {
  return [...dialog.querySelectorAll('[role="option"]')];
}

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    input().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    input().removeAttribute("aria-activedescendant");
  }
}

function chosen() {
  return options().find((option) => option.getAttribute("aria-selected") === "true");
}

function step(by) {
  const all = options();
  if (!all.length) return;
  const next = all.indexOf(chosen()) + by;
  choose(all[(next + all.length) % all.length]);
}

function announce(count) {
  const status = dialog.querySelector("[data-palette-count]");
  const { one, many, none } = status.dataset;
  status.textContent = count === 0 ? none : count === 1 ? one : many.replace("{count}", count);
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const sought = input().value;
  try {
    const response = await fetch(`${dialog.dataset.listUrl}?${new URLSearchParams({ q: sought })}`, {
      signal: asking.signal,
      headers: { "HX-Request": "true" },
    });
    if (!response.ok || response.redirected) return;
    const part = new DOMParser().parseFromString(await response.text(), "text/html");
    document.getElementById("palette-list").replaceChildren(...part.body.childNodes);
    input().setAttribute("aria-expanded", "true");
    choose(options()[0]);
    announce(options().length);
  } catch (error) {
    // A newer question replaced this one, or the network is away: what is shown stays.
    if (error.name !== "AbortError") console.warn(error);
  }
}

// False where there is nothing to search: outside every workspace.
export function openPalette() {
  if (!dialog) return false;
  if (dialog.open) return true;
  for (const menu of document.querySelectorAll(".rail:popover-open, .menu:popover-open")) menu.hidePopover();
  dialog.showModal();
  input().select();
  ask();
  return true;
}

if (dialog) {
  dialog.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  dialog.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      step(steps[event.key]);
    } else if (event.key === "Enter" && chosen() && !event.isComposing) {
      event.preventDefault();
      chosen().click();
    }
  });
  dialog.addEventListener("close", () => {
    asking?.abort();
    clearTimeout(timer);
    input().setAttribute("aria-expanded", "false");
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!event.target.closest('[data-shortcut="palette"]')) return;
    event.preventDefault();
    openPalette();
  });
}
