// Escape closes the words about where a value came from, until the pointer or the focus comes anew.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const shown = document.querySelector(".has-origin:hover, .has-origin:focus-within");
  if (!shown) return;
  shown.classList.add("is-quiet");
  for (const leaving of ["pointerleave", "focusout"]) {
    shown.addEventListener(leaving, () => shown.classList.remove("is-quiet"), { once: true });
  }
});
