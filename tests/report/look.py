#!/usr/bin/env python3
"""Looks at an HTML report in Debian's Chromium, without a screen.

    tests/report/look.py REPORT.html [FOLDER]

At a width of 390 and of 1280 pixels, in light and in dark: nothing is wider
than the page, or cut off where no key scrolls to it, every text has a contrast
of at least 4.5 with its ground, every table has a caption and headers with a
scope, every link inside the page leads somewhere, headings skip no level, and
the browser has nothing to complain of.
Prints what is wrong, a line each; the exit code says whether anything is.
FOLDER gets the screenshots.
"""

import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

WIDTHS = (390, 1280)
SCHEMES = {"light": 1, "dark": 0}
RESULT = re.compile(r'<pre id="result">(.*?)</pre>', re.S)

# In the page around the report: it has no script itself, and may have none.
MEASURE = """
const page = frame.contentDocument, wrong = [];
const view = frame.contentWindow;
const say = (what, element) => wrong.push(what + ": " +
    (element.textContent || element.tagName).trim().slice(0, 60));
const colour = text => { const n = text.match(/[0-9.]+/g).map(Number);
    return {rgb: n.slice(0, 3), alpha: n.length > 3 ? n[3] : 1}; };
const light = rgb => { const [r, g, b] = rgb.map(v => { v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ground = element => { for (; element; element = element.parentElement) {
    const own = colour(view.getComputedStyle(element).backgroundColor);
    if (own.alpha === 1) return own.rgb; } return [255, 255, 255]; };
const root = page.documentElement;
if (root.scrollWidth > root.clientWidth) {
  wrong.push("the page is " + root.scrollWidth + " wide on " + root.clientWidth);
}
let texts = 0, least = 99;
const walk = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || !element.getClientRects().length) continue;
  const one = light(colour(view.getComputedStyle(element).color).rgb);
  const other = light(ground(element));
  const ratio = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
  ++texts; least = Math.min(least, ratio);
  if (ratio < 4.5) say("contrast " + ratio.toFixed(2), element);
}
for (const table of page.querySelectorAll("table")) {
  if (!table.caption || !table.caption.textContent.trim()) say("no caption", table);
  for (const head of table.querySelectorAll("th")) {
    if (!head.scope) say("a header without scope", head);
  }
  if (!table.querySelector("thead th")) say("no headers", table);
}
for (const one of page.querySelectorAll("*")) {
  if (one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1 &&
      view.getComputedStyle(one).overflowX !== "visible" &&
      !one.hasAttribute("tabindex")) say("cut off", one);
}
for (const link of page.querySelectorAll("a[href^='#']")) {
  if (!page.getElementById(link.hash.slice(1))) say("a link to nothing", link);
}
let level = 0;
for (const head of page.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
  const own = Number(head.tagName[1]);
  if (own > level + 1) say("a heading skips a level", head);
  level = own;
}
for (const one of page.querySelectorAll("script,iframe,object,embed,form,img,link")) {
  say("what a report may not have", one);
}
for (const one of page.querySelectorAll("*")) {
  for (const attribute of one.attributes) {
    if (attribute.name.startsWith("on")) say("a handler of events", one);
  }
}
if (!page.documentElement.lang) wrong.push("no language");
if (!page.title) wrong.push("no title");
const lonely = page.querySelectorAll("nav:not([aria-label])");
if (lonely.length) wrong.push("a nav without a label");
document.body.innerHTML = "";
const result = document.createElement("pre");
result.id = "result";
result.textContent = JSON.stringify({wrong, texts, least});
document.body.append(result);
"""


def chromium(scheme, *arguments):
    with tempfile.TemporaryDirectory() as home:
        run = subprocess.run(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
             "--no-first-run", "--hide-scrollbars", "--virtual-time-budget=4000",
             "--enable-logging=stderr", "--log-level=0",
             f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
             f"--user-data-dir={home}", *arguments],
            capture_output=True, text=True, timeout=180, check=False)
    # The browser's own pages have something to say on a slow machine.
    complaints = [line for line in run.stderr.splitlines()
                  if "CONSOLE" in line and "source: chrome://" not in line]
    return run.stdout, complaints


def frame(text, width, height, script):
    """The report in a frame of that width: a window has a least one."""
    return (f"<!DOCTYPE html><meta charset=utf-8><style>body{{margin:0}}"
            f"iframe{{border:0;width:{width}px;height:{height}px}}</style>"
            f'<body><iframe id=frame srcdoc="{html.escape(text)}"></iframe>'
            f"<script>frame.onload = () => {{ {script} }};</script>")


def look(text, width, scheme, folder, work):
    page = work / "page.html"
    page.write_text(frame(text, width, 900, MEASURE), encoding="utf-8")
    dom, complaints = chromium(scheme, "--window-size=1400,900", "--dump-dom",
                               page.as_uri())
    where = f"{width} {scheme}: "
    yield from (where + line for line in complaints)
    found = RESULT.search(dom)
    if not found:
        yield where + "the page was not measured"
        return
    result = json.loads(html.unescape(found[1]))
    if result["texts"] == 0:
        yield where + "no text was seen"
    yield from (where + line for line in result["wrong"])
    print(f"{where}{result['texts']} texts, least contrast "
          f"{result['least']:.2f}", file=sys.stderr)
    if folder:
        shown = 2600
        page.write_text(frame(text, width, shown, ""), encoding="utf-8")
        chromium(scheme, f"--window-size={max(width, 500)},{shown}",
                 f"--screenshot={folder}/{width}-{scheme}.png", page.as_uri())


def main():
    text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    folder = sys.argv[2] if len(sys.argv) > 2 else None
    if folder:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    wrong = []
    with tempfile.TemporaryDirectory() as work:
        for width in WIDTHS:
            for scheme in SCHEMES:
                wrong += look(text, width, scheme, folder, pathlib.Path(work))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
