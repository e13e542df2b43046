// Calling the line with this browser. The call's address has the hash of a token that this page draws and shows to nobody:
// by the token alone the console tells what was said in the call (ivr/engine/office/browser_calls.py).
"use strict";

/* global JsSIP, ask, text, microphone, whyNot, showLevel, mediaOptions, hurryGathering, press */
const at = (id) => document.getElementById(id);
const ASK_MS = 500;
const KEYS = "0123456789*#";
const CONNECT_MS = 8000; // in which the edge opens a WebSocket, or is not there
let call = null; // { ua, session, stream, context, stops, token, known, asking, began, dropped }: the call that goes on

const hex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");

/** @param {"idle"|"asking"|"calling"|"talking"|"over"} state */
function show(state) {
  at("state").textContent = text(state);
  const on = state !== "idle" && state !== "over";
  at("dial").hidden = on;
  at("line").disabled = on;
  at("hang-up").hidden = !on;
  at("mute").hidden = state !== "talking";
  at("clock").hidden = state !== "talking" && state !== "over";
  for (const key of document.querySelectorAll("[data-key]")) key.disabled = state !== "talking";
}

/** @param {string} name in #texts; empty: there is none */
function trouble(name) {
  at("trouble").hidden = !name;
  at("trouble").querySelector("span").textContent = name ? text(name) : "";
}

async function dial() {
  trouble("");
  show("asking");
  at("said").replaceChildren();
  at("nothing").hidden = false;
  at("clock").textContent = "0:00";
  at("hang-up").focus();
  const mine = { known: 0, stops: [], dropped: false };
  call = mine;
  try {
    mine.stream = await microphone();
  } catch (error) {
    if (call === mine) end(mine, error.message);
    return;
  }
  if (call !== mine) { mine.stream.getTracks().forEach((one) => one.stop()); return; }
  mine.token = hex(crypto.getRandomValues(new Uint8Array(32)));
  const hash = hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(mine.token)));
  mine.context = new AudioContext();
  mine.stops.push(showLevel(mine.context, mine.stream, at("level-out")));
  show("calling");
  const url = at("phone").dataset.url;
  const host = new URL(url).hostname;
  mine.ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(url)], uri: `sip:browser-${hash.slice(0, 32)}@browser.invalid`,
    register: false, session_timers: false, user_agent: "ivr caller's page",
  });
  mine.ua.on("newRTCSession", ({ originator, session }) => { if (originator === "remote") session.terminate(); });
  mine.ua.on("connected", () => { if (!mine.session && call === mine) begin(mine, host); });
  mine.ua.on("disconnected", () => end(mine, mine.session ? "lost" : "away"));
  const patience = setTimeout(() => { if (!mine.session) end(mine, "away"); }, CONNECT_MS);
  mine.stops.push(() => clearTimeout(patience));
  mine.ua.start();
}

/** The way to the edge is open. */
function begin(mine, host) {
  mine.session = mine.ua.call(`sip:${at("line").value}@${host}`, mediaOptions(mine.stream));
  hurryGathering(mine.session);
  mine.session.connection.addEventListener("track", ({ track }) => {
    const heard = new MediaStream([track]);
    at("sound").srcObject = heard;
    mine.stops.push(showLevel(mine.context, heard, at("level-in")));
  });
  mine.session.on("progress", () => followWords(mine));
  mine.session.on("accepted", () => {
    show("talking");
    mine.began = Date.now();
    const clock = setInterval(() => {
      const whole = Math.floor((Date.now() - mine.began) / 1000);
      at("clock").textContent = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    }, 500);
    mine.stops.push(() => clearInterval(clock));
    followWords(mine);
  });
  mine.session.on("failed", (ended) => end(mine, ended.originator === "local" ? "" : whyNot(ended)));
  mine.session.on("ended", () => end(mine, ""));
}

/** Whatever ended it. @param {string} why a name of #texts, or nothing */
async function end(mine, why) {
  if (mine.dropped) return;
  mine.dropped = true;
  clearTimeout(mine.asking);
  for (const stop of mine.stops) stop();
  mine.stream?.getTracks().forEach((one) => one.stop());
  mine.context?.close();
  at("sound").srcObject = null;
  for (const name of ["saying", "hearing", "withheld"]) at(name).hidden = true;
  mine.ua?.stop();
  if (call !== mine) return;
  call = null;
  trouble(why);
  show(mine.began ? "over" : "idle");
  at("mute").setAttribute("aria-pressed", "false");
  at("dial").focus();
}

/** Ask what was said since, and go on asking. */
async function followWords(mine) {
  clearTimeout(mine.asking);
  if (mine.dropped) return;
  try {
    const told = await ask("POST", "/call/words", { token: mine.token, known: mine.known });
    if (mine.dropped) return;
    mine.known += told.lines.length;
    for (const line of told.lines) add(line);
    for (const name of ["saying", "hearing"]) {
      at(name).hidden = !told[name];
      at(name).lastElementChild.textContent = told[name];
    }
    if (told.saying) at("nothing").hidden = true;
    at("withheld").hidden = told.withheld !== "secret";
  } catch { /* the console was away for a moment: what was said is asked for again */ }
  mine.asking = setTimeout(() => followWords(mine), ASK_MS);
}

/** @param {{who: string, text: string, language: string, begins: number, warning: string|null}} line */
function add(line) {
  const made = document.createElement("li");
  made.className = line.who + (line.warning ? " warned" : "");
  const when = document.createElement("span");
  when.className = "at";
  when.textContent = `${Math.floor(line.begins / 60)}:${String(Math.floor(line.begins) % 60).padStart(2, "0")}`;
  const who = document.createElement("span");
  who.className = "who";
  who.textContent = (text(line.who) || text("engine")) + (line.warning ? ` · ${text("warning")}` : "");
  const said = document.createElement("p");
  said.lang = line.language;
  said.textContent = line.text;
  const block = document.createElement("div");
  block.append(who, said);
  made.append(when, block);
  at("said").append(made);
  at("nothing").hidden = true;
  made.scrollIntoView({ block: "nearest" });
}

at("dial").addEventListener("click", dial);
at("hang-up").addEventListener("click", () => {
  if (!call) return;
  if (call.session && !call.session.isEnded()) call.session.terminate();
  else end(call, "");
});
at("mute").addEventListener("click", (event) => {
  const muted = event.currentTarget.getAttribute("aria-pressed") !== "true";
  if (muted) call.session.mute({ audio: true });
  else call.session.unmute({ audio: true });
  event.currentTarget.setAttribute("aria-pressed", String(muted));
});
for (const key of document.querySelectorAll("[data-key]")) {
  key.addEventListener("click", () => press(call.session, key.dataset.key));
}
document.addEventListener("keydown", (event) => {
  if (!call?.began || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea") || !KEYS.includes(event.key)) return;
  press(call.session, event.key);
  document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.classList.add("pressed");
  setTimeout(() => document.querySelector(".keypad .pressed")?.classList.remove("pressed"), 150);
});
window.addEventListener("pagehide", () => { if (call?.session && !call.session.isEnded()) call.session.terminate(); });
show("idle");
