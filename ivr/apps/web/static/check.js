// A file that is chosen is read here and put into the form: it is sent as if it had been pasted.
"use strict";

for (const chosen of document.querySelectorAll("input[type=file][data-fills]")) {
  chosen.parentElement.hidden = false;
  chosen.addEventListener("change", async () => {
    const [file] = chosen.files;
    const field = document.getElementById(chosen.dataset.fills);
    // Of one that is too long the beginning is sent, and refused as too long.
    if (file) field.value = await file.slice(0, Number(chosen.dataset.most) + 1).text();
  });
}
