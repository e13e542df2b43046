// The player of one call: a waveform drawn from peaks that the server hands in, and sound that is read as it is heard.
// @ts-check
/// <reference path="./api.d.ts" />
"use strict";

const SILENT = 6;
const SILENCE_SECONDS = 1.2;

document.addEventListener("DOMContentLoaded", async () => {
  const player = document.getElementById("player");
  if (!player) return;
  const at = (id) => document.getElementById(id);
  const sound = at("sound"), play = at("play"), now = at("now"), speed = at("speed"), slider = at("wave");
  const length = Number(player.dataset.length);
  const path = player.dataset.here;
  const lines = [...document.querySelectorAll("#transcript li")];
  const marks = [...document.querySelectorAll("#marks .mark")];
  for (const mark of marks) mark.style.left = `${Math.min(100, (100 * mark.dataset.at) / (length || 1))}%`;
  const failed = () => { at("fault").hidden = false; };

  /** @type {import("./api").Drawn} */
  let drawn;
  try { drawn = await ask("GET", `${path}/waveform`); } catch { return failed(); }
  const loud = ["caller.in", "caller.out"].map((name) => drawn.channels[name] ?? [0]);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  const ink = document.createElement("i");
  player.append(ink);
  const painted = (name) => { ink.style.color = colour(name); return getComputedStyle(ink).color; };
  const wave = WaveSurfer.create({
    container: slider,
    media: sound,
    peaks: loud.map((one) => one.map((value) => (value / 255) ** 0.6)),
    duration: length || 0.1,
    height: 52,
    barWidth: 2,
    barGap: 1,
    barRadius: 2,
    cursorWidth: 2,
    cursorColor: painted("--ink"),
    hideScrollbar: true,
    cspNonce: document.querySelector('meta[name="csp-nonce"]').nonce,
    splitChannels: ["--said", "--heard"].map((name) => ({
      waveColor: painted(name), progressColor: painted("--accent"), height: 52,
    })),
  });
  ink.remove();

  let opening, wanted = 0, loop = [];
  /** Open the sound once, when somebody wants to hear it: that is what the audit log says. */
  const open = () => opening ??= (async () => {
    const opened = await ask("POST", `${path}/listen`);
    sound.src = opened.url;
    await new Promise((done, refused) => {
      sound.addEventListener("loadedmetadata", done, { once: true });
      sound.addEventListener("error", refused, { once: true });
      sound.load();
    });
    sound.currentTime = wanted;
    sound.playbackRate = Number(speed.value);
  })();
  const place = () => (sound.readyState ? sound.currentTime : wanted);
  const seek = (seconds) => {
    wanted = Math.max(0, Math.min(length, seconds));
    if (sound.readyState) sound.currentTime = wanted;
    shown();
  };
  const toggle = async () => {
    if (!sound.paused) return sound.pause();
    try { await open(); await sound.play(); } catch { opening = undefined; failed(); }
  };

  const text = (seconds) => {
    const whole = Math.floor(seconds), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
    const rest = String(whole % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };
  let current;
  function shown() {
    const here = place();
    now.textContent = text(here);
    slider.setAttribute("aria-valuenow", String(Math.round(here)));
    slider.setAttribute("aria-valuetext", text(here));
    if (!sound.readyState) wave.setTime(here);
    const line = lines.findLast((one) => Number(one.dataset.begins) <= here + 0.05 && here < Number(one.dataset.ends) + 0.5);
    if (line === current) return;
    current?.classList.remove("now");
    line?.classList.add("now");
    current = line;
    if (line && !sound.paused) line.scrollIntoView({ block: "nearest" });
  }
  /** Where something is heard next, if nothing is for a while. */
  const nextSound = (seconds) => {
    const quiet = (index) => loud.every((one) => (one[index] ?? 0) < SILENT);
    let index = Math.floor(seconds / drawn.each);
    const from = index, end = loud[0].length;
    while (index < end && quiet(index)) index++;
    return (index - from) * drawn.each > SILENCE_SECONDS ? index * drawn.each - 0.3 : seconds;
  };
  sound.addEventListener("timeupdate", () => {
    if (!sound.paused && loop.length === 2 && sound.currentTime >= loop[1]) seek(loop[0]);
    else if (!sound.paused && pressed(at("silence"))) {
      const next = nextSound(sound.currentTime);
      if (next > sound.currentTime + 0.5) seek(next);
    }
    shown();
  });
  sound.addEventListener("play", () => play.setAttribute("aria-pressed", "true"));
  sound.addEventListener("pause", () => play.setAttribute("aria-pressed", "false"));
  wave.on("interaction", (seconds) => seek(seconds));

  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const flip = (button) => button.setAttribute("aria-pressed", String(!pressed(button)));
  const looping = () => {
    loop = loop.length === 2 ? [] : [...loop, place()].sort((one, other) => one - other);
    at("loop").setAttribute("aria-pressed", String(loop.length > 0));
  };
  const faster = (steps) => {
    speed.selectedIndex = Math.max(0, Math.min(speed.options.length - 1, speed.selectedIndex + steps));
    sound.playbackRate = Number(speed.value);
  };
  const marker = (forwards) => {
    const places = marks.map((one) => Number(one.dataset.at)).sort((one, other) => one - other);
    const next = forwards ? places.find((one) => one > place() + 0.3) : places.findLast((one) => one < place() - 1);
    if (next !== undefined) seek(next);
  };
  play.addEventListener("click", toggle);
  speed.addEventListener("change", () => faster(0));
  at("silence").addEventListener("click", () => flip(at("silence")));
  at("loop").addEventListener("click", looping);
  at("share").addEventListener("click", () => copied(at("share"), `${location.origin}${path}?t=${place().toFixed(1)}`));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-at], [data-skip]");
    if (button?.dataset.at) seek(Number(button.dataset.at));
    if (button?.dataset.skip) seek(place() + Number(button.dataset.skip));
  });
  const keys = {
    k: toggle, j: () => seek(place() - 10), l: () => seek(place() + 10), n: () => marker(true), p: () => marker(false),
    s: () => flip(at("silence")), r: looping, "<": () => faster(-1), ">": () => faster(1),
    ArrowLeft: () => seek(place() - 2), ArrowRight: () => seek(place() + 2), "?": () => at("keys").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, select, textarea")) return;
    const act = event.key === " " && !event.target.closest("button, a, summary") ? toggle : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  const moment = Number(new URLSearchParams(location.search).get("t"));
  if (moment > 0) seek(moment);
});
