// Passkeys: the one thing on these pages that needs JavaScript. Data comes from and goes into the form beside it.
"use strict";
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const words = form.querySelector("[data-words]");
  form.hidden = !window.PublicKeyCredential;
  form.addEventListener("submit", async (event) => {
    const field = form.elements.credential;
    if (field.value) return;
    event.preventDefault();
    words.textContent = "Follow the steps that your browser shows.";
    try {
      const asked = JSON.parse(form.dataset.challenge).publicKey;
      const made = form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
      field.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch (error) {
      words.textContent = "Nothing was changed. Try the key again or choose another way.";
    }
  });
}
