// An entry's proof, computed in the browser: from its bytes to the root that was signed (RFC 9162, 2.1.3.2).
"use strict";

const proof = document.getElementById("proof");
const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
const hash = async (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
};

/** The root that the entry's text and its path lead to; nothing, where the path is too long or too short. */
async function rootOf(text, index, size, path) {
  let found = await hash([0], new TextEncoder().encode(text)), at = index, last = size - 1;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      found = await hash([1], sibling, found);
      while (at % 2 === 0 && at > 0) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
    } else found = await hash([1], found, sibling);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? found : undefined;
}

async function verify() {
  const { index, size, root, path } = proof.dataset;
  const text = document.getElementById("bytes").textContent;
  const found = await rootOf(text, Number(index), Number(size), path.split(" ").filter(Boolean).map(bytes));
  const right = found !== undefined && btoa(String.fromCharCode(...found)) === root;
  for (const one of proof.querySelectorAll("[data-verdict]")) one.hidden = one.dataset.verdict !== (right ? "right" : "wrong");
}

if (proof && window.crypto?.subtle) verify();
