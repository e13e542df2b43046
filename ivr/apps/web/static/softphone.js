// What a caller's page and an agent's desk have in common of a phone: the microphone, levels, and why something failed.
"use strict";

/* global JsSIP */
const text = (name) => document.querySelector(`[data-text="${name}"]`)?.textContent ?? "";
const GATHERING_MS = 500; // of this machine's own addresses; there is no server to ask for others

/** The microphone, which the browser asks for. Throws a name of #texts. @returns {Promise<MediaStream>} */
async function microphone() {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (error) {
    const named = { NotFoundError: "no-microphone", OverconstrainedError: "no-microphone", NotReadableError: "in-use" };
    throw new Error(named[error.name] ?? "denied");
  }
}

/** The name in #texts of why a call came to nothing. @param {{cause: string, message?: object}} ended */
function whyNot(ended) {
  const code = ended.message?.status_code ?? 0;
  if (code === 503 && ended.message.reason_phrase === "Media Relay Away") return "no-relay";
  if (code === 486 || code === 503) return "busy";
  if (code === 488) return "no-relay";
  if (code >= 300) return "refused";
  return "away";
}

/** Show how loud something is, until `stop()`. @param {AudioContext} context @param {MediaStream} stream @param {HTMLMeterElement} meter */
function showLevel(context, stream, meter) {
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const loudness = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
    // Of 60 dB below full scale, so that speech is in the middle of it.
    meter.value = loudness > 0 ? Math.max(0, Math.min(1, 1 + Math.log10(loudness) / 3)) : 0;
  }, 100);
  return () => { clearInterval(timer); source.disconnect(); meter.value = 0; };
}

/** How a call's media is made: this machine's own addresses are enough, as the relay hears whoever has the key. */
function mediaOptions(stream) {
  return { mediaStream: stream, mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };
}

/** Wait for addresses no longer than is of use. @param {object} session */
function hurryGathering(session) {
  let timer = null;
  session.on("icecandidate", ({ ready }) => { timer ??= setTimeout(ready, GATHERING_MS); });
}

/** Press a key, as RFC 4733. @param {object} session @param {string} key */
function press(session, key) {
  session.sendDTMF(key, { transportType: "RFC2833", duration: 120, interToneGap: 80 });
}
