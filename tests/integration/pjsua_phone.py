"""A telephone of the library that our cells speak with, as an outside phone: a process of its own, told by lines.

    python -m tests.integration.pjsua_phone URI SAID.wav HEARD.wav none|srtp

It dials, plays one file and records into the other; then a line of keys is pressed, and `quit` hangs up. Its SRTP
is the wheel's libSRTP of 2017, which no network may meet: on loopback only.
"""

from __future__ import annotations

import sys

import pjsua2 as pj


class Call(pj.Call):  # type: ignore[misc]
    """The one call."""

    def __init__(self, account: pj.Account, said: str, heard: str) -> None:
        super().__init__(account)
        self.player, self.recorder = pj.AudioMediaPlayer(), pj.AudioMediaRecorder()
        self.player.createPlayer(said)
        self.recorder.createRecorder(heard)

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        """Speak, and take down what comes."""
        audio = self.getAudioMedia(-1)
        self.player.startTransmit(audio)
        audio.startTransmit(self.recorder)

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        """Tell what became of it."""
        found = self.getInfo()
        sys.stdout.write(f"{found.stateText} {found.lastStatusCode}\n")
        sys.stdout.flush()


def main(uri: str, said: str, heard: str, secured: str) -> None:
    """Until it is told to quit."""
    endpoint, config = pj.Endpoint(), pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt = 1
    endpoint.libCreate()
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    transport = pj.TransportConfig()
    transport.boundAddress = "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    account, chosen = pj.Account(), pj.AccountConfig()
    chosen.idUri = "sip:pjsua@127.0.0.1"
    chosen.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    chosen.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_MANDATORY if secured == "srtp" else pj.PJMEDIA_SRTP_DISABLED
    chosen.mediaConfig.srtpSecureSignaling = 0
    account.create(chosen)
    call = Call(account, said, heard)
    call.makeCall(uri, pj.CallOpParam(True))
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        call.dialDtmf(line.strip())
    endpoint.hangupAllCalls()
    del call, account
    endpoint.libDestroy()


if __name__ == "__main__":
    main(*sys.argv[1:])
