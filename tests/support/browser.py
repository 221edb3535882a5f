"""browser.py - drives Debian's chromium over a pipe (the DevTools protocol), without a network.

Messages are JSON, each ended by a NUL byte: to the browser on its file descriptor 3, from it on 4
(chromium --remote-debugging-pipe). https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--remote-debugging-pipe",
         # No name is resolved: whatever a page asks for beside itself fails.
         "--host-resolver-rules=MAP * ~NOTFOUND"]


class Browser:
    """One page of one browser with a profile of its own."""

    def __init__(self, program="chromium"):
        self.profile = tempfile.mkdtemp(prefix="lrsweep-browser-")
        self.number = 0
        self.events = []  # of the page, as they came
        self.rest = b""
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()

        def arrange():  # the pipes become 3 and 4, whatever their numbers were
            read, write = os.dup(to_read), os.dup(to_write)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            [program, *FLAGS, "--user-data-dir=" + self.profile, "about:blank"], close_fds=False,
            preexec_fn=arrange, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- messages ---

    def receive(self, limit_s):
        """The next message; None after limit_s."""
        end = time.monotonic() + limit_s
        while b"\0" not in self.rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.from_browser], [], [], left)[0]:
                return None
            more = os.read(self.from_browser, 1 << 20)
            if not more:
                raise RuntimeError("chromium ended")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive(60)
            if answer is None:
                raise RuntimeError(method + " was not answered within 60 s")
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    # --- the page ---

    def size(self, width, height, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=phone)

    def dark(self, dark):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def paper(self, paper):
        """The page as within the margins (14 mm) of A4 paper, or on the screen again."""
        self.call("Emulation.setEmulatedMedia", media="print" if paper else "")
        self.size(688, 1017)

    def open(self, path):
        """Opens a file and waits until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        for _ in range(600):
            if any(event.get("method") == "Page.loadEventFired" for event in self.events):
                break
            event = self.receive(0.1)
            if event:
                self.events.append(event)
        self.settle()

    def settle(self):
        """Waits until what was asked for is drawn: two frames and a moment."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame("
                   "() => setTimeout(() => done(0), 60))))")

    def value(self, expression):
        """The value of an expression, or of its promise."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def click(self, expression):
        """A real click at the middle of the element that an expression gives."""
        self.value(f"({expression}).scrollIntoView({{block: 'center', behavior: 'instant'}})")
        self.settle()
        x, y = self.value(f"(() => {{ const box = ({expression}).getBoundingClientRect();"
                          " return [box.x + box.width / 2, box.y + box.height / 2]; })()")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left",
                      clickCount=1)
        self.settle()

    def key(self, name):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name)
        self.settle()

    def complaints(self):
        """Errors and warnings of the page since it was opened, and what it asked the network for."""
        found = []
        for event in self.events:
            method, detail = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(json.dumps(detail["exceptionDetails"])[:500])
            elif method == "Runtime.consoleAPICalled" and detail["type"] in ("error", "warning"):
                found.append(json.dumps(detail["args"])[:500])
            elif method == "Log.entryAdded" and detail["entry"]["level"] in ("error", "warning"):
                found.append(detail["entry"]["text"])
            elif method == "Network.requestWillBeSent" and \
                    not detail["request"]["url"].startswith(("file:", "data:", "about:")):
                found.append("asked for " + detail["request"]["url"])
        return found

    def picture(self, path, element=None):
        """Writes a PNG of the whole page, or of the element that an expression gives."""
        if element:
            box = self.value(f"(() => {{ const box = ({element}).getBoundingClientRect(); return {{"
                             "x: box.x + scrollX, y: box.y + scrollY, width: box.width,"
                             " height: box.height, scale: 1}; })()")
        else:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            box = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        picture = self.call("Page.captureScreenshot", format="png", clip=box,
                            captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture))

    def print(self, path):
        """Writes what a printer would get, as PDF."""
        made = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True,
                         paperWidth=8.27, paperHeight=11.69)
        with open(path, "wb") as file:
            file.write(base64.b64decode(made["data"]))
