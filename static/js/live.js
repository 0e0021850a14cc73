// Parts that keep themselves current: data-live="5" asks every five seconds while the page is seen.
// The part carries hx-get and hx-trigger="live", and may say in data-version what it shows at first.
// A 304 changes nothing, a 286 is the last, failures slow it down.
const SLOWEST = 60;
const LAST = 286; // the server has nothing more to tell
const etags = new Map();
const due = new Map();
let slowness = 1;

function isTyping(part) {
  const active = document.activeElement;
  return part.contains(active) && active.matches("input, textarea, select");
}

function tick() {
  if (document.hidden) return;
  const now = Date.now();
  for (const part of document.querySelectorAll("[data-live]")) {
    const key = part.id || part.getAttribute("hx-get");
    const wait = Math.min(Number(part.dataset.live) * slowness, SLOWEST) * 1000;
    if (!due.has(key)) due.set(key, now + wait);
    if (due.get(key) > now || isTyping(part)) continue;
    due.set(key, now + wait);
    window.htmx?.trigger(part, "live");
  }
}

function isLive(element) {
  return element instanceof Element && element.hasAttribute("data-live");
}

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, path } = event.detail;
  const shown = isLive(elt) && elt.dataset.version ? `"${elt.dataset.version}"` : "";
  const known = etags.get(path) || shown;
  if (isLive(elt) && known) event.detail.headers["If-None-Match"] = known;
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, elt, pathInfo } = event.detail;
  if (!isLive(elt) || !xhr) return;
  const isAnswered = xhr.status > 0 && xhr.status < 500;
  slowness = isAnswered ? 1 : Math.min(slowness * 2, SLOWEST);
  if (xhr.status === LAST) elt.removeAttribute("data-live");
  const etag = xhr.status === 200 && xhr.getResponseHeader("ETag");
  if (etag) etags.set(pathInfo.requestPath, etag);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) due.clear();
});
setInterval(tick, 1000);
