// What every page needs: dialogs, copying, and the token that our own requests bring along.
"use strict";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.opens) document.getElementById(button.dataset.opens).showModal();
  if ("closes" in button.dataset) button.closest("dialog").close();
  if (button.dataset.copies) copied(button, document.getElementById(button.dataset.copies).textContent);
});

// On a narrow screen the entry of this page may stand outside of its row.
for (const here of document.querySelectorAll("nav [aria-current]")) {
  const list = here.closest("ul");
  const row = list && list.scrollWidth > list.clientWidth ? list : here.closest("nav");
  row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}

/** Put a text on the clipboard, and say so on the button. @param {HTMLElement} button @param {string} text */
async function copied(button, text) {
  await navigator.clipboard.writeText(text);
  const before = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = before; }, 2000);
}

/**
 * Ask the console's API. Throws when it refuses.
 * @template T
 * @param {"GET"|"POST"} method @param {string} path below /api @param {object} [asked]
 * @returns {Promise<T>}
 */
async function ask(method, path, asked) {
  const answer = await fetch("/api" + path, {
    method,
    headers: method === "POST" ? { "Content-Type": "application/json", "X-CSRF-Token": token() } : {},
    body: method === "POST" ? JSON.stringify(asked ?? {}) : undefined,
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
