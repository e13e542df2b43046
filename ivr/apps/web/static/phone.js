// An agent's phone in the browser. One tab owns it (a lock of the browser); its password is made by the console for two
// minutes, is kept in memory alone, and another is asked for before each time that the phone registers.
"use strict";

/* global JsSIP, ask, text, microphone, mediaOptions, hurryGathering */
const part = (name) => document.getElementById(`phone-${name}`);
const AGAIN_MS = 2000; // after which the phone tries again to register
const REGISTERED_SECONDS = 60;
const RING_MS = 2000;
const KEPT = "ivr-phone"; // that it was on when the page was left: nothing else is kept
let phone = null; // { ua, session, release, again, rings, muted }

/** @param {"off"|"elsewhere"|"connecting"|"ready"|"ringing"|"talking"} state */
function phoneIs(state) {
  const badge = part("state");
  badge.textContent = text(state);
  badge.className = `badge ${{ ready: "good", talking: "good", ringing: "warn", elsewhere: "warn" }[state] ?? ""}`;
  part("on").hidden = state !== "off";
  part("off").hidden = state === "off";
  part("answer").hidden = part("decline").hidden = state !== "ringing";
  part("mute").hidden = part("hang-up").hidden = state !== "talking";
}

/** @param {string} name of a text; empty: there is none */
function phoneTrouble(name) {
  part("trouble").hidden = !name;
  part("trouble").querySelector("span").textContent = name ? text(name) || name : "";
}

async function switchOn() {
  phoneTrouble("");
  try {
    (await microphone()).getTracks().forEach((one) => one.stop()); // asked for now, not when it rings
  } catch (error) {
    phoneTrouble(error.message);
    return;
  }
  localStorage.setItem(KEPT, "on");
  const mine = phone = {};
  phoneIs("elsewhere");
  navigator.locks.request(KEPT, () => new Promise((release) => {
    mine.release = release;
    if (phone === mine) connect(mine);
    else release();
  }));
}

function switchOff() {
  const mine = phone;
  phone = null;
  localStorage.removeItem(KEPT);
  leave(mine);
  phoneIs("off");
  part("on").focus();
}

function leave(mine) {
  if (!mine) return;
  clearTimeout(mine.again);
  quiet(mine);
  mine.ua?.stop();
  mine.release?.();
}

/** A password, and register with it. */
async function connect(mine) {
  clearTimeout(mine.again);
  if (phone !== mine) return;
  if (!mine.session) phoneIs("connecting");
  let key;
  try {
    key = await ask("POST", "/desk/phone", { agent: document.getElementById("browser-phone").dataset.agent });
  } catch {
    later(mine);
    return;
  }
  if (phone !== mine) return;
  if (!mine.ua) begin(mine, key);
  else {
    mine.ua.set("password", key.password);
    if (mine.ua.isConnected()) mine.ua.register();
  }
}

function later(mine) {
  if (phone !== mine) return;
  phoneTrouble("away");
  clearTimeout(mine.again);
  mine.again = setTimeout(() => connect(mine), AGAIN_MS);
}

function begin(mine, key) {
  mine.ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(key.url)], uri: `sip:${key.agent}@${new URL(key.url).hostname}`,
    authorization_user: key.agent, realm: key.realm, password: key.password, register: false,
    register_expires: REGISTERED_SECONDS, session_timers: false, user_agent: "ivr agent's phone",
    connection_recovery_min_interval: 1, connection_recovery_max_interval: 4,
  });
  let before = false;
  mine.ua.on("connected", () => { if (before) connect(mine); else { before = true; mine.ua.register(); } });
  mine.ua.on("disconnected", () => { if (phone === mine) { phoneTrouble("away"); if (!mine.session) phoneIs("connecting"); } });
  mine.ua.on("registered", () => { phoneTrouble(""); if (!mine.session) phoneIs("ready"); });
  mine.ua.on("registrationFailed", () => later(mine));
  mine.ua.on("registrationExpiring", () => connect(mine));
  mine.ua.on("newRTCSession", ({ originator, session }) => { if (originator === "remote") rings(mine, session); });
  mine.ua.start();
}

function rings(mine, session) {
  if (mine.session) { session.terminate({ status_code: 486 }); return; }
  mine.session = session;
  hurryGathering(session);
  session.on("peerconnection", ({ peerconnection }) => {
    peerconnection.addEventListener("track", ({ track }) => { part("sound").srcObject = new MediaStream([track]); });
  });
  session.on("confirmed", () => { quiet(mine); phoneIs("talking"); });
  const over = () => {
    quiet(mine);
    mine.stream?.getTracks().forEach((one) => one.stop());
    mine.session = mine.stream = null;
    part("sound").srcObject = null;
    part("mute").setAttribute("aria-pressed", "false");
    if (phone === mine) phoneIs(mine.ua.isRegistered() ? "ready" : "connecting");
  };
  session.on("ended", over);
  session.on("failed", over);
  phoneIs("ringing");
  part("answer").focus();
  mine.rings = setInterval(() => tone(), RING_MS);
  tone();
}

/** Half a second of a ringing tone. */
function tone() {
  const context = new AudioContext();
  const level = context.createGain();
  level.gain.value = 0.1;
  level.connect(context.destination);
  for (const hertz of [440, 480]) {
    const one = context.createOscillator();
    one.frequency.value = hertz;
    one.connect(level);
    one.start();
    one.stop(context.currentTime + 0.5);
  }
  setTimeout(() => context.close(), 800);
}

function quiet(mine) { clearInterval(mine.rings); }

async function answer() {
  const mine = phone;
  const session = mine.session;
  quiet(mine);
  part("answer").hidden = true;
  try {
    mine.stream = await microphone();
  } catch (error) {
    phoneTrouble(error.message);
    session.terminate({ status_code: 486 });
    return;
  }
  if (session.isEnded()) { mine.stream.getTracks().forEach((one) => one.stop()); return; }
  session.answer(mediaOptions(mine.stream));
}

part("on").addEventListener("click", switchOn);
part("off").addEventListener("click", switchOff);
part("answer").addEventListener("click", answer);
part("decline").addEventListener("click", () => phone.session?.terminate({ status_code: 486 }));
part("hang-up").addEventListener("click", () => phone.session?.terminate());
part("mute").addEventListener("click", (event) => {
  const muted = event.currentTarget.getAttribute("aria-pressed") !== "true";
  if (muted) phone.session.mute({ audio: true });
  else phone.session.unmute({ audio: true });
  event.currentTarget.setAttribute("aria-pressed", String(muted));
});
// The desk's own orders are forms: a page that is loaded anew would take the call along.
document.addEventListener("submit", async (event) => {
  const to = event.submitter?.getAttribute("formaction") ?? event.target.getAttribute("action") ?? "";
  if (!phone || !to.startsWith("/desk/")) return;
  event.preventDefault();
  phoneTrouble("");
  const fields = new URLSearchParams(new FormData(event.target, event.submitter));
  try {
    const sent = await fetch(to, { method: "POST", body: fields, redirect: "manual" });
    if (sent.type === "opaqueredirect") return; // done; what changed comes by the page's stream
    const told = new DOMParser().parseFromString(await sent.text(), "text/html");
    phoneTrouble(told.querySelector("main p")?.textContent.trim() || String(sent.status));
  } catch {
    phoneTrouble("away");
  }
});
window.addEventListener("pagehide", () => { leave(phone); phone = null; });
phoneIs("off");
if (localStorage.getItem(KEPT) === "on") switchOn();
