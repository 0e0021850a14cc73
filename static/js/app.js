// What makes the pages smoother. Everything here improves on links and forms that work without it.
import "./connection.js";
import "./drafts.js";
import "./fallbacks.js";
import "./live.js";
import "./origins.js";
import "./palette.js";
import "./printing.js";
import "./rules.js";
import "./shortcuts.js";
import "./tables.js";
import "./theme.js"; // before forms.js: it takes its own form's submission
import "./forms.js";
import "./toasts.js";

// Parts that only make sense with script are hidden until there is some.
function reveal(root) {
  for (const element of root.querySelectorAll("[data-js]")) element.hidden = false;
}

// A link to a field ("/contacts/#q") puts the cursor there.
function focusLinkedField() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (target && target.matches("input, textarea, select")) target.focus();
}

document.addEventListener("htmx:load", (event) => reveal(event.detail.elt));
window.addEventListener("hashchange", focusLinkedField);
reveal(document);
focusLinkedField();
