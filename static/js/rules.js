// Rows of a rule are put in order by dragging their grip, and with Alt and the arrow keys. Both press
// buttons of the form, which works without them.
let dragged = "";
let follow = "";

function rowOf(element) {
  return element instanceof Element ? element.closest("[data-row]") : null;
}

function press(form, value) {
  const button = form.querySelector("[data-shift]");
  button.value = value;
  button.click();
}

function clear(name) {
  for (const row of document.querySelectorAll(`.${name}`)) row.classList.remove(name);
}

// Whether a place is another's own or lies in it.
function holds(place, other) {
  return `${other}.`.startsWith(`${place}.`);
}

// Within one group a row goes behind those that stand below it, everywhere else before.
function goesBehind(place, other) {
  const [from, to] = [place.split("."), other.split(".")];
  const [own, wanted] = [Number(from.pop()), Number(to.pop())];
  return from.join(".") === to.join(".") && own < wanted;
}

document.addEventListener("dragstart", (event) => {
  const row = event.target instanceof Element && event.target.matches(".drag") ? rowOf(event.target) : null;
  if (!row) return;
  dragged = row.dataset.row;
  row.classList.add("is-dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged);
});
document.addEventListener("dragover", (event) => {
  const row = dragged && rowOf(event.target);
  if (!row) return;
  event.preventDefault();
  clear("is-target");
  clear("is-after");
  if (!holds(dragged, row.dataset.row)) row.classList.add(goesBehind(dragged, row.dataset.row) ? "is-after" : "is-target");
});
document.addEventListener("drop", (event) => {
  const row = dragged && rowOf(event.target);
  if (!row) return;
  event.preventDefault();
  if (!holds(dragged, row.dataset.row)) press(row.closest("form"), `shift:${dragged}:${row.dataset.row}`);
});
document.addEventListener("dragend", () => {
  dragged = "";
  clear("is-dragged");
  clear("is-target");
  clear("is-after");
});

// Enter in the field that adds a condition adds it, and saves nothing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.id !== "find-condition") return;
  event.preventDefault();
  event.target.blur();
});
// In a rule it takes what was typed, and saves only when there is nothing new to take.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || !field.matches("#rule-form [data-row] input") || field.value === field.defaultValue) return;
  event.preventDefault();
  field.dispatchEvent(new Event("change", { bubbles: true }));
});
document.addEventListener("keydown", (event) => {
  if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  const row = rowOf(event.target);
  const verb = event.key === "ArrowUp" ? "up" : "down";
  const button = row?.querySelector(`button[value="${verb}:${CSS.escape(row.dataset.row)}"]`);
  if (!button) return;
  event.preventDefault();
  const places = row.dataset.row.split(".");
  places.push(Number(places.pop()) + (verb === "up" ? -1 : 1));
  follow = `options-${places.join("-")}`;
  button.click();
});
// Who chose a condition and went on with Tab before its fields came goes on with the first of them.
let chosen = "";
document.addEventListener("change", (event) => {
  if (event.target.matches('select[name^="c."]')) chosen = event.target.id.slice(2);
});
document.addEventListener("htmx:afterSettle", () => {
  const first = chosen && document.querySelector(`[id="o-${chosen}"], [id^="v-${chosen}-"]`);
  if (!first) return;
  if (document.activeElement?.id === `options-${chosen}`) first.focus();
  chosen = "";
});
// The row keeps the focus where it goes.
document.addEventListener("htmx:afterSettle", () => {
  if (follow) document.getElementById(follow)?.focus();
  follow = "";
});
