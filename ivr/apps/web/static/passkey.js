// Passkeys: what the browser's own dialog is asked, and where its answer goes.
"use strict";

const passkeys = window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !passkeys;
  form.addEventListener("submit", (event) => { event.preventDefault(); answered(form); });
}

/** Ask the device, and send what it answers. @param {HTMLFormElement} form whose data-passkey is get or create */
async function answered(form) {
  const failed = form.querySelector("[role=alert]");
  failed.hidden = true;
  try {
    const { options } = await ask("POST", `${form.getAttribute("action")}/ask`);
    const asked = JSON.parse(options);
    const key = form.dataset.passkey === "get"
      ? await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) })
      : await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) });
    form.elements.namedItem("answer").value = JSON.stringify(key);
    form.submit();
  } catch {
    failed.hidden = false;
  }
}
