// Toasts leave after ten seconds, but never from under a pointer or the keyboard.
const STAY = 10000;

function dismissLater(toast) {
  let timer = setTimeout(() => toast.remove(), STAY);
  const hold = () => clearTimeout(timer);
  const resume = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), STAY);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusout", resume);
}

const tray = document.getElementById("toasts");
if (tray) {
  tray.querySelectorAll("[data-toast]").forEach(dismissLater);
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      if (node instanceof Element && node.matches("[data-toast]")) dismissLater(node);
    }
  }).observe(tray, { childList: true });
}
