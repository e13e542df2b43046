// WAV files that are chosen are put into the form in base64, one a line: the server takes no other body than a form.
"use strict";

for (const chosen of document.querySelectorAll("input[type=file][data-sound]")) {
  chosen.addEventListener("change", async () => {
    const lines = [];
    for (const file of chosen.files) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      let text = "";
      for (const one of bytes) text += String.fromCharCode(one);
      lines.push(btoa(text));
    }
    const joined = lines.join("\n");
    const fits = joined.length <= Number(chosen.dataset.most);
    chosen.setCustomValidity(fits ? "" : chosen.dataset.long);
    chosen.reportValidity();
    document.getElementById(chosen.dataset.sound).value = fits ? joined : "";
  });
}
