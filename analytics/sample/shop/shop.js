// What a shop's own pages would do with the visit script.
const state = document.getElementById("state");
const say = () => {
  const words = { true: "Your visits are remembered.", false: "Your visits are not remembered.", null: "You have not answered yet." };
  state.textContent = words[window.ecrm ? window.ecrm.answer : null];
};
document.addEventListener("ecrm", say);
document.addEventListener("click", () => setTimeout(say));
document.getElementById("yes").addEventListener("click", () => { window.ecrm.consent(true); });
document.getElementById("no").addEventListener("click", () => { window.ecrm.consent(false); });
document.getElementById("wish").addEventListener("click", () => window.ecrm.track("wishlist.item_added", { item: document.title }));
// Whoever signs in is named to eCRM by a token that the shop's own server has asked for.
document.getElementById("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const reply = await fetch("/sign-in", { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
  const answer = await reply.json();
  if (reply.ok) window.ecrm.identify(answer.token);
  document.getElementById("who").textContent = reply.ok ? "Welcome back." : "We know no such account.";
});
say();
