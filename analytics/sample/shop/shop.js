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
say();
