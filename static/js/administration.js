// The pickers of Django's admin show no name to screen readers: they get that of their label,
// whenever they come to be (jQuery makes them at a time of its own).
function name(picker) {
  const label = picker.closest(".select2")?.previousElementSibling?.labels?.[0];
  if (!label) return;
  const text = label.textContent.replace(/:\s*$/, "");
  picker.removeAttribute("aria-labelledby");
  picker.setAttribute("aria-label", text);
  picker.querySelector(".select2-selection__rendered")?.setAttribute("aria-label", text);
}

function nameAll() {
  document.querySelectorAll(".select2-selection:not([aria-label])").forEach(name);
}

nameAll();
new MutationObserver(nameAll).observe(document.documentElement, { childList: true, subtree: true });
