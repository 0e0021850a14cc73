// Passkeys: the browser's own dialog between a button and its form. The options come with the page
// (json_script) or, at sign-in, from the server when the button is pressed.
const button = document.querySelector("[data-passkey]");
const form = button && document.getElementById(button.dataset.form);

async function options() {
  const given = document.getElementById("passkey-options");
  if (given) return JSON.parse(given.textContent);
  const response = await fetch(form.action, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
  if (!response.ok) throw new Error("no options");
  return response.json();
}

async function made(publicKey) {
  const wish = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
  wish.authenticatorSelection = {
    ...wish.authenticatorSelection,
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  };
  return navigator.credentials.create({ publicKey: wish });
}

async function shown(publicKey) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

async function press() {
  const complaint = document.getElementById("passkey-complaint");
  if (complaint) complaint.hidden = true;
  button.setAttribute("aria-busy", "true");
  try {
    const wanted = await options();
    const credential = wanted.creation_options
      ? await made(wanted.creation_options.publicKey)
      : await shown(wanted.request_options.publicKey);
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    // Cancelled, timed out, or no passkey here: the browser does not say which.
    button.removeAttribute("aria-busy");
    if (complaint) complaint.hidden = false;
  }
}

if (form) {
  if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) button.addEventListener("click", press);
  else document.getElementById("passkey-unable")?.removeAttribute("hidden");
}
