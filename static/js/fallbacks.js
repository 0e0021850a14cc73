// What browsers before 2025 lack: buttons that command dialogs, dialogs that close from outside,
// popovers.
if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (!dialog) return;
    if (button.getAttribute("command") === "show-modal") dialog.showModal();
    if (button.getAttribute("command") === "close") dialog.close();
  });
}

if (!("closedBy" in HTMLDialogElement.prototype)) {
  document.addEventListener("click", (event) => {
    if (event.target.matches('dialog[closedby="any"]')) event.target.close();
  });
}

if (!("popover" in HTMLElement.prototype)) {
  for (const element of document.querySelectorAll("[popover]:not(.rail)")) element.hidden = true;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[popovertarget]");
    const target = button && document.getElementById(button.getAttribute("popovertarget"));
    for (const open of document.querySelectorAll("[popover]:not(.rail, [hidden])")) {
      if (open !== target && !open.contains(event.target)) open.hidden = true;
    }
    if (target) target.hidden = !target.hidden;
  });
}
