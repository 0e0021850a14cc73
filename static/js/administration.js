// The pickers of Django's admin show no name to screen readers: they get that of their label.
function nameThem() {
  for (const picker of document.querySelectorAll(".select2-selection:not([aria-label])")) {
    const select = picker.closest(".select2")?.previousElementSibling;
    const label = select?.labels?.[0];
    if (!label) continue;
    picker.removeAttribute("aria-labelledby");
    picker.setAttribute("aria-label", label.textContent.replace(/:\s*$/, ""));
  }
}

addEventListener("load", nameThem);
document.addEventListener("formset:added", () => setTimeout(nameThem));
