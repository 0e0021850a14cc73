// Says when requests fail, and sends the person to sign-in when the session has ended.
const KINDS = ["network", "server", "refused"];

function show(kind) {
  const box = document.getElementById("lost");
  if (!box) return;
  for (const name of KINDS) {
    const words = box.querySelector(`[data-lost="${name}"]`);
    if (words) words.hidden = name !== kind;
  }
  box.hidden = false;
}

function hide() {
  const box = document.getElementById("lost");
  if (box) box.hidden = true;
}

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => show("network"));
}
document.addEventListener("htmx:responseError", (event) => {
  show(event.detail.xhr.status >= 500 ? "server" : "refused");
});
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.xhr.status < 400) hide();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  // A redirect to sign-in was followed on the way: the page has to go there, not a part of it.
  const { pathname } = new URL(event.detail.xhr.responseURL, location.href);
  if (pathname.startsWith("/accounts/") && !location.pathname.startsWith("/accounts/")) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-lost-close]")) hide();
});
window.addEventListener("offline", () => show("network"));
window.addEventListener("online", hide);
