// Light, dark or the system's choice, at once; the form's own address remembers it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-form]") || !event.submitter) return;
  event.preventDefault();
  const chosen = event.submitter.value;
  document.documentElement.dataset.theme = chosen;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === event.submitter));
  }
  fetch(form.action, {
    method: "POST",
    headers: { "HX-Request": "true" },
    body: new FormData(form, event.submitter),
  }).catch(() => {});
});
