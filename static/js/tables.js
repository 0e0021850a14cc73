// The box in a table's head ticks the rows below it and shows when only some are ticked.
function rows(table) {
  return [...table.querySelectorAll('tbody .pick input[type="checkbox"]')];
}

function reflect(table) {
  const all = table.querySelector("thead [data-select-all]");
  if (!all) return;
  const boxes = rows(table);
  const ticked = boxes.filter((box) => box.checked).length;
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
  const isEvery = Boolean(everyPage()?.checked);
  for (const output of document.querySelectorAll("[data-selected-count]")) output.textContent = isEvery ? output.dataset.all : ticked;
}

// The box that means every page of the list, not only the rows ticked here.
function everyPage() {
  return document.querySelector("[data-every-page]");
}

document.addEventListener("change", (event) => {
  if (event.target === everyPage()) {
    for (const table of document.querySelectorAll("table")) reflect(table);
    return;
  }
  const table = event.target.closest("table");
  if (!table || !event.target.closest(".pick")) return;
  if (event.target.hasAttribute("data-select-all")) {
    for (const box of rows(table)) box.checked = event.target.checked;
  }
  reflect(table);
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-clear-selection]")) return;
  if (everyPage()) everyPage().checked = false;
  for (const table of document.querySelectorAll("table")) {
    for (const box of rows(table)) box.checked = false;
    reflect(table);
  }
});
