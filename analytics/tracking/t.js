// The visit script. It stores and sends nothing before a yes, and nothing after a no.
// Served without its comments and indentation; every comment has a line of its own.
(() => {
const me = document.currentScript, set = me.dataset, key = set.site, base = new URL(me.src).origin + "/p/";
const place = "ecrm." + key, MONTHS13 = 3.4e10, doc = document, nav = navigator;
let queue = [], memory, timer, settle, seen, bar, token, ask, leaving;

const now = () => Date.now();
const random = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (x) => (x + 256).toString(16).slice(1)).join("");

// The answer: null, {no: 1} or {v: identifier, t: since (s), n: wording, l: language}.
const read = () => {
try { memory = JSON.parse(localStorage.getItem(place)) } catch (e) {}
if (memory && memory.t * 1e3 + MONTHS13 < now()) keep(null);
return memory;
};
const keep = (answer) => {
memory = answer;
try { answer ? localStorage.setItem(place, JSON.stringify(answer)) : localStorage.removeItem(place) } catch (e) {}
};
const allowed = () => { const answer = read(); return answer && answer.v ? answer : null };

const post = (body, again) => {
const url = base + "e?k=" + key;
if (leaving && nav.sendBeacon(url, body)) return;
fetch(url, { method: "POST", body, keepalive: true, credentials: "omit" })
.then((reply) => { if (reply.status > 499 || reply.status == 429) throw 0 })
.catch(() => again || setTimeout(post, 5e3, body, 1));
};
const send = (more) => {
clearTimeout(timer);
timer = 0;
const answer = allowed(), e = queue.splice(0, 50).map(([name, at, facts]) => [name, now() - at, facts]);
if (answer && (e[0] || more)) post(JSON.stringify({ v: answer.v, b: random(8), c: [answer.n, answer.t, answer.l], p: doc.location.pathname, e, ...more }));
if (queue[0]) send();
};
const track = (name, facts) => {
if (!allowed()) return;
queue.push([name, now(), facts || {}]);
if (queue[19]) send(); else timer = timer || setTimeout(send, 3e3);
};

// A page view for every address, also where the page changes by itself.
const view = () => {
if (seen == location.pathname || !allowed()) return;
seen = location.pathname;
const facts = { path: seen, title: doc.title };
if (doc.referrer) facts.referrer = new URL(doc.referrer).host;
new URLSearchParams(location.search).forEach((value, name) => { if (name.startsWith("utm_")) facts[name] = value });
track("page.viewed", facts);
};
const moved = () => { clearTimeout(settle); settle = setTimeout(view, 300) };
for (const name of ["pushState", "replaceState"]) {
const own = history[name];
history[name] = function () { own.apply(this, arguments); moved() };
}
addEventListener("popstate", moved);
const leave = () => { leaving = 1; send(); leaving = 0 };
addEventListener("pagehide", leave);
doc.addEventListener("visibilitychange", () => { if (doc.hidden) leave() });

// A mail's link names its reader for this browser; it leaves the address bar at once.
const here = new URL(location);
token = here.searchParams.get("e");
if (token && token.length > 40) {
here.searchParams.delete("e");
history.replaceState(history.state, "", here);
} else token = 0;

const identify = (given) => { token = given; if (allowed()) { send({ i: token }); token = 0 } };
const consent = (yes) => {
const answer = allowed();
if (bar) bar.remove();
if (yes && !answer) {
keep({ v: random(16), t: Math.floor(now() / 1e3), n: ask ? ask.version : 0, l: ask ? ask.language : "" });
start(1);
}
if (!yes) {
queue = [];
if (answer) post(JSON.stringify({ v: answer.v, b: random(8), x: 1, p: location.pathname, e: [] }));
keep({ no: 1 });
}
};
const start = (fresh) => { seen = 0; view(); if (token || fresh) send({ i: token || 0 }); token = 0 };

// The question, in the page's language. Both answers look alike and weigh the same.
const show = () => {
const part = (tag, text, style) => { const made = doc.createElement(tag); made.textContent = text; made.style.cssText = style; return made };
const button = (text, yes) => {
const made = part("button", text, "font:inherit;padding:.5em 1.2em;color:inherit;background:none;border:1px solid;border-radius:.4em;cursor:pointer");
made.onclick = () => consent(yes);
bar.append(made);
};
bar = part("section", "", `position:fixed;bottom:0;left:0;right:0;z-index:99999;display:flex;flex-wrap:wrap;gap:.6em 1em;align-items:center;padding:1em;font:1rem system-ui;color:${set.ink || "#111"};background:${set.paper || "#fff"};box-shadow:0 0 1em #0003`);
bar.setAttribute("aria-label", ask.name);
bar.append(part("p", ask.text, "margin:0;flex:1 1 20em"));
button(ask.no, false);
button(ask.yes, true);
doc.body.append(bar);
};
const question = () => fetch(base + "t/" + key + "?l=" + (doc.documentElement.lang || nav.language), { credentials: "omit" })
.then((reply) => reply.json()).then((words) => { ask = words; if (!read()) show() }).catch(() => {});

window.ecrm = { consent, identify, track, get answer() { const answer = read(); return answer ? !!answer.v : null } };
if (allowed()) start();
else if (!read() && set.bar != "off" && !nav.globalPrivacyControl && nav.doNotTrack != "1") doc.body ? question() : addEventListener("DOMContentLoaded", question);
doc.dispatchEvent(new Event("ecrm"));
})();
