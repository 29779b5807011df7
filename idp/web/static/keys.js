// Passkeys; showing what is typed into a password field, and how strong it is; a print button; the sixth digit of a code; a day pass’s code; an answer by form. Only passkeys need JavaScript. Data
// comes from and goes into the form beside it.
"use strict";
let waiting = null;

async function ask(form, mediation) {
  const asked = JSON.parse(form.dataset.challenge).publicKey;
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked);
  // One request at a time: the button ends the one that waits for autofill.
  if (waiting) waiting.abort();
  const current = new AbortController();
  waiting = current;
  return navigator.credentials.get({ publicKey, mediation, signal: current.signal });
}

function send(form, made) {
  const shared = document.getElementById("shared");
  if (shared && shared.checked && form.dataset.autofill !== undefined) {
    const copy = Object.assign(document.createElement("input"), { type: "hidden", name: "shared", value: "1" });
    form.append(copy);
  }
  form.elements.credential.value = JSON.stringify(made.toJSON());
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const words = form.querySelector("[data-words]");
  form.hidden = !window.PublicKeyCredential;
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    words.textContent = words.dataset.steps;
    try {
      send(form, await ask(form, "optional"));
    } catch (error) {
      // A key that was made for another address, or a page that only looks like ours.
      const foreign = error.name === "SecurityError" && words.dataset.foreign;
      words.textContent = foreign ? words.dataset.foreign : words.dataset.failed;
    }
  });
  if (form.dataset.autofill !== undefined && window.PublicKeyCredential?.isConditionalMediationAvailable) {
    PublicKeyCredential.isConditionalMediationAvailable()
      .then((can) => (can ? ask(form, "conditional") : null))
      .then((made) => made && send(form, made))
      // Ended by the button, or nothing was chosen: the page stays as it is.
      .catch(() => {});
  }
}

for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = field.type === "password";
    field.type = show ? "text" : "password";
    button.firstChild.textContent = show ? button.dataset.hide : button.dataset.show;
  });
}

// Three random words, other ones at each press; and how strong a new password is, in words.
for (const button of document.querySelectorAll("[data-suggest]")) {
  const field = document.getElementById(button.dataset.suggest);
  const words = button.dataset.words.split(",");
  button.hidden = false;
  button.addEventListener("click", () => {
    field.value = words[0];
    words.push(words.shift());
    if (field.type === "password") document.querySelector(`[data-reveal="${field.id}"]`).click();
    field.dispatchEvent(new Event("input"));
    field.focus();
  });
}
for (const field of document.querySelectorAll("[data-least]")) {
  const words = document.getElementById(`${field.id}-strength`);
  field.addEventListener("input", () => {
    const length = [...field.value].length;
    const missing = Number(field.dataset.least) - length;
    // Words and signs that come again add little.
    const different = new Set(field.value.toLowerCase().trim().split(/[\s_.-]+/)).size;
    const several = different > 2 || (length >= 20 && new Set(field.value).size > 9);
    words.textContent = length === 0 ? "" : missing > 0 ? words.dataset.short.replace("{0}", missing) : several ? words.dataset.strong : words.dataset.fair;
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// What a key is asked is good for five minutes. Whoever comes back to a page on which nothing was typed gets a new one.
const opened = Date.now();
document.addEventListener("visibilitychange", () => {
  const old = Date.now() - opened > 270000 && document.querySelector("[data-challenge]");
  const typed = [...document.querySelectorAll("input:not([type=hidden]):not([type=checkbox])")].some((field) => field.value !== field.defaultValue);
  if (document.visibilityState === "visible" && old && !typed && !document.querySelector(".faults")) location.reload();
});

// The sixth digit sends the form, once: what comes back wrong is sent by hand.
for (const field of document.querySelectorAll("input[data-auto]")) {
  let sent = Boolean(document.querySelector(".faults"));
  field.addEventListener("input", () => {
    if (sent || field.value.replace(/[\s-]/g, "").length !== 6 || !/^[\d\s-]+$/.test(field.value)) return;
    sent = true;
    field.form.requestSubmit();
  });
}

// A day pass's QR code carries the code behind the #, which browsers send to nobody.
const fromHash = document.querySelector("[data-from-hash]");
if (fromHash && location.hash.length > 1) {
  fromHash.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}

// An answer that an app wants by form goes on by itself.
const answer = document.querySelector("form[data-send]");
if (answer) answer.submit();
