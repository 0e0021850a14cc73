// Forms: one submission at a time, the first invalid field gets the focus, passwords can be shown.
const DOWNLOAD_PATIENCE = 8000;

function busy(form, submitter) {
  form.dataset.busy = "";
  if (submitter) submitter.setAttribute("aria-busy", "true");
}

function ready(form) {
  delete form.dataset.busy;
  for (const button of form.querySelectorAll('[aria-busy="true"]')) button.removeAttribute("aria-busy");
}

// A workspace begins where its maker is; without a script, where their language is at home.
function offerOwnZone() {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const select of document.querySelectorAll("select[data-browser-zone]")) {
    if ([...select.options].some((option) => option.value === own)) select.value = own;
  }
}

function focusFirstInvalid(root) {
  const field = root.querySelector('[aria-invalid="true"]:not([type="hidden"])');
  (field || root.querySelector("[data-error-summary]"))?.focus();
}

// A file that would be refused for its size is not sent first.
function fileTooLarge(form) {
  return [...form.querySelectorAll("input[type=file][data-max-bytes]")].find((input) => {
    const isLarge = [...input.files].some((file) => file.size > Number(input.dataset.maxBytes));
    input.setCustomValidity(isLarge ? input.dataset.tooLarge : "");
    return isLarge;
  });
}

document.addEventListener("change", (event) => {
  if (event.target.matches("input[data-max-bytes]")) fileTooLarge(event.target.form)?.reportValidity();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.hasAttribute("hx-post")) return;
  const large = fileTooLarge(form);
  if (large) {
    event.preventDefault();
    large.reportValidity();
    return;
  }
  if ("busy" in form.dataset) {
    event.preventDefault();
    return;
  }
  busy(form, event.submitter);
  // A form that starts a download leaves the page where it is.
  setTimeout(() => ready(form), DOWNLOAD_PATIENCE);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest("form");
  // A draft asks as often as it changes; the newest question replaces the one under way.
  if (!form || form.hasAttribute("data-draft") || !event.target.matches("form, button")) return;
  if ("busy" in form.dataset) event.preventDefault();
  else busy(form, event.detail.requestConfig.triggeringEvent?.submitter);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest("form");
  if (form) ready(form);
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status === 422) focusFirstInvalid(document.getElementById(event.detail.target.id) || event.detail.elt);
});

// The browser's back button may restore a page as it was while it was being sent.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(ready));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  const field = button && document.getElementById(button.dataset.reveal);
  if (!field) return;
  const isShown = field.type === "text";
  field.type = isShown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!isShown));
});

if (document.querySelector("[data-error-summary]")) focusFirstInvalid(document);

document.addEventListener("change", (event) => {
  if (event.target.hasAttribute("data-submit-on-change")) event.target.form?.requestSubmit();
});

offerOwnZone();
