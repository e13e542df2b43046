#!/usr/bin/env bash
# A page that is looked at through Playwright keeps every answer that it fetches: its process grows by all of it.
#
# Playwright turns on the network record of Chrome's DevTools Protocol (Network.enable), and Chromium keeps bodies for it in the process of the
# page itself, 100 MB in all by default. Expected: a page that fetches sixty megabytes and drops them grows as it does in a browser that people
# use. Seen: it grows by what it fetched beside, and garbage collection gives nothing of that back; the same page in the same browser, told
# what to do by DevTools' pipe without that record, does not. A bench of a player's memory measures the sound that went by.
# Fails when this is no longer so. Needs Debian's chromium.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check playwright==1.65.2 2>/dev/null
"$work/venv/bin/python" - "$work/profile" <<'PY'
import http.server, importlib.metadata, json, os, subprocess, sys, threading
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM, FLAGS = "/usr/bin/chromium", ["--no-sandbox"]
FETCH = "(async () => { for (let at = 0; at < 60; at++) await (await fetch('/part')).arrayBuffer(); })()"
PART = os.urandom(1_000_000)

class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = PART if self.path == "/part" else b"<!doctype html><title>page</title>"
        self.send_response(200)
        for name, value in (("Content-Length", len(body)), ("Cache-Control", "no-store"), ("Content-Type", "text/html")):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *what): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"

def renderers():
    """Private megabytes of each process that shows a page."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"--type=renderer" in path.read_bytes():
                rows = (path.parent / "smaps_rollup").read_text().splitlines()
                found[path.parent.name] = sum(int(row.split()[1]) for row in rows if row.startswith("Private_")) / 1000
        except OSError:
            pass
    return found

def grown(before, after):
    return max(after[pid] - before[pid] for pid in before.keys() & after.keys())

others = renderers().keys()
mine = lambda: {pid: size for pid, size in renderers().items() if pid not in others}
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    print("playwright", importlib.metadata.version("playwright"), "chromium", browser.version)
    page = browser.new_page()
    page.goto(url)
    told = page.context.new_cdp_session(page)
    told.send("HeapProfiler.collectGarbage")
    before = mine()
    page.evaluate(FETCH)
    told.send("HeapProfiler.collectGarbage")
    recorded = grown(before, mine())
    browser.close()

orders, told = os.pipe()
heard, answers = os.pipe()
shell = f'exec "$0" "$@" 3<&{orders} 4>&{answers} 2>/dev/null'
options = [*FLAGS, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={sys.argv[1]}"]
browser = subprocess.Popen(["/bin/bash", "-c", shell, CHROMIUM, *options], pass_fds=(orders, answers))
rest, number, session = b"", 0, None

def ask(method, **params):
    global rest, number
    number += 1
    order = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
    os.write(told, json.dumps(order).encode() + b"\0")
    while True:
        while b"\0" not in rest:
            rest += os.read(heard, 65536)
        text, _, rest = rest.partition(b"\0")
        if (answer := json.loads(text)).get("id") == number:
            return answer["result"]

try:
    target = ask("Target.createTarget", url=url)["targetId"]
    session = ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    while ask("Runtime.evaluate", expression=f"location.href === '{url}' && document.readyState")["result"].get("value") != "complete":
        pass
    ask("HeapProfiler.collectGarbage")
    before = mine()
    ask("Runtime.evaluate", expression=FETCH, awaitPromise=True)
    ask("HeapProfiler.collectGarbage")
    plain = grown(before, mine())
finally:
    browser.terminate()
    browser.wait()
print(f"60 MB fetched and dropped: expected the same growth either way, seen {recorded:.0f} MB under Playwright, {plain:.0f} MB without its record")
assert recorded > plain + 30, "it behaves otherwise now"
PY
