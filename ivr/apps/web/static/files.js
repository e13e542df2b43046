// A file that is chosen is read here and put into the form: it is sent as if it had been pasted, sound as base64.
"use strict";

async function inBase64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

for (const chosen of document.querySelectorAll("input[type=file][data-fills]")) {
  chosen.parentElement.hidden = false;
  chosen.addEventListener("change", async () => {
    const [file] = chosen.files;
    const field = document.getElementById(chosen.dataset.fills);
    if (!file) return;
    // Of one that is too long the beginning is sent, and refused as too long.
    const part = file.slice(0, Number(chosen.dataset.most) + 1);
    field.value = chosen.dataset.as === "base64" ? await inBase64(part) : await part.text();
  });
}
