// A page that goes on: parts that changed come by server-sent events, and clocks run here. While nobody looks, none come.
"use strict";

const pulse = document.getElementById("pulse");
const SILENT_MS = 7000; // of a stream that should say something every two seconds
let source = null;
let ahead = 0; // this machine's clock, compared with the engine's, milliseconds
let heard = Date.now();
let ended = false;

/** @param {"ok"|"lost"|"ended"} how @param {string} [why] */
function tell(how, why) {
  pulse.hidden = false;
  pulse.dataset.state = how;
  const told = why || pulse.dataset[how];
  const text = pulse.querySelector("span");
  if (text.textContent !== told) text.textContent = told;
}

/** Show the moments that have a clock. */
function tick() {
  const now = (Date.now() - ahead) / 1000;
  for (const one of document.querySelectorAll("time[data-since]")) {
    const whole = Math.max(0, Math.round(now - Number(one.dataset.since)));
    const two = (part) => String(part).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    const shown = minutes < 60 ? `${minutes}:${two(whole % 60)}`
      : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
    if (one.textContent !== shown) one.textContent = shown;
  }
}

/** What came, as HTML that the server made as for the page. @param {Record<string, string>} parts */
function show(parts) {
  for (const [id, html] of Object.entries(parts)) {
    const old = document.getElementById(id);
    if (!old) continue;
    const kept = old.contains(document.activeElement) ? document.activeElement.id : "";
    const made = document.createElement("template");
    made.innerHTML = html;
    old.replaceWith(made.content);
    if (kept) document.getElementById(kept)?.focus();
  }
  tick();
}

function open() {
  source = new EventSource(pulse.dataset.live);
  source.onopen = () => { heard = Date.now(); };
  source.addEventListener("parts", (event) => {
    const told = JSON.parse(event.data);
    came(told);
    show(told.parts);
    ended = told.last;
    tell(ended ? "ended" : "ok");
    if (ended) close();
  });
  source.addEventListener("beat", (event) => { came(JSON.parse(event.data)); });
  source.addEventListener("trouble", (event) => { heard = Date.now(); tell("lost", JSON.parse(event.data).message); });
  source.onerror = () => {
    tell("lost");
    if (source.readyState === EventSource.CLOSED) refused();
  };
}

/** @param {{now: number}} told */
function came(told) {
  heard = Date.now();
  ahead = heard - told.now * 1000;
}

function close() {
  source?.close();
  source = null;
}

/** The browser gave up: either we may no longer, or the call is over, and the page says so; or nobody is there yet. */
async function refused() {
  close();
  const asked = new AbortController();
  try {
    const answer = await fetch(pulse.dataset.live, {
      headers: { Accept: "text/event-stream" }, redirect: "manual", signal: asked.signal,
    });
    asked.abort();
    if (answer.type === "opaqueredirect" || (answer.status >= 400 && answer.status < 500)) {
      if (performance.now() > 5000) { location.reload(); return; } // not again and again
    }
  } catch { /* nobody answers */ }
  setTimeout(() => { if (!document.hidden && !source) open(); }, 1000);
}

setInterval(() => {
  tick();
  if (source && Date.now() - heard > SILENT_MS) { tell("lost"); heard = Date.now(); close(); open(); }
}, 1000);
document.addEventListener("visibilitychange", () => {
  if (ended) return;
  if (document.hidden) close();
  else if (!source) open();
});
if (!document.hidden) open();
