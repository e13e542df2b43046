// A receipt's file is read here and put into the form: it is sent as if it had been pasted.
"use strict";

for (const chosen of document.querySelectorAll("input[type=file][data-fills]")) {
  chosen.parentElement.hidden = false;
  chosen.addEventListener("change", async () => {
    const [file] = chosen.files;
    const field = document.getElementById(chosen.dataset.fills);
    // One that is too long is no receipt: its beginning is sent, and refused as any other.
    if (file) field.value = await file.slice(0, Number(chosen.dataset.most) + 1).text();
  });
}
