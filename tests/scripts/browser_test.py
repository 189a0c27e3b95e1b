#!/usr/bin/python3
"""The report in a real browser: sorting, filtering, samples, no complaint, no network, and
that it can be read on 360 and on 1,400 pixels. Exit code 77 without Chromium.

usage: browser_test.py [FOLDER]   keeps the page and screenshots there
"""

import pathlib
import sys
import tempfile
import time

import browser
import fixtures
from test_report import everything

from restartbench import inputs
from restartbench.report import html, page
from restartbench.report.figures import Drawing

WIDTHS = (1400, 360)
# Where text is wider than its box or hangs out of the window, unless it can be scrolled to.
CUT_OFF = """Array.from(document.querySelectorAll("h1,h2,h3,p,summary,label,nav a,pre,button"))
  .filter((each) => each.getClientRects().length && !each.closest(".scroll"))
  .filter((each) => each.scrollWidth > each.clientWidth + 1 &&
    getComputedStyle(each).display !== "inline" ||
    each.getBoundingClientRect().right > innerWidth + 1 || each.getBoundingClientRect().left < 0)
  .map((each) => each.tagName + ": " + each.textContent.trim().slice(0, 40))"""
SMALLEST = """Math.min(...Array.from(document.querySelectorAll("td, th, p, summary, label, a"))
  .filter((each) => each.getClientRects().length)
  .map((each) => parseFloat(getComputedStyle(each).fontSize)))"""
CELLS = """Array.from(document.querySelectorAll("#s2-times tbody tr"))
  .filter((row) => !row.hidden).map((row) => row.cells[COLUMN].textContent)"""

failures = []


def check(what, found, wanted):
    if found != wanted:
        failures.append(f"{what}: {found!r}, not {wanted!r}")


def column(index):
    return CELLS.replace("COLUMN", str(index))


def sorting(tab):
    median = "#s2-times th:nth-child(4) button"
    unsorted = tab.run(column(3))
    tab.click(median)
    check("sorted up", tab.run(column(3)), ["1.00 ms", "2.00 ms", "5.00 ms", "20.0 ms"])
    tab.click(median)
    check("sorted down", tab.run(column(3)), ["20.0 ms", "5.00 ms", "2.00 ms", "1.00 ms"])
    check("aria-sort", tab.run("document.querySelectorAll('#s2-times [aria-sort=descending]')"
                               ".length"), 1)
    tab.click("#s2-times th:nth-child(1) button")
    check("sorted by text", tab.run(column(0))[0], "processes:n=100")
    check("as many rows", len(tab.run(column(3))), len(unsorted))


def filtering(tab):
    tab.click("#filter summary")
    tab.click("#filter input[value=bare]")
    check("without bare", tab.run(column(1)), ["userspace", "userspace"])
    check("told", tab.run("document.querySelector('#s2-times .shown').textContent"),
          "2 of 4 rows; the filter hides the others.")
    check("a figure of bare and another", hidden(tab, "one"), False)
    tab.click("#filter input[value=threads]")
    check("a figure of threads only", hidden(tab, "one"), True)
    check("a figure of no workload", hidden(tab, "two"), False)
    check("told of figures", tab.run("document.querySelector('.kind .shown').textContent"),
          "0 of 1 figures; the filter hides the others.")
    tab.click("#filter input[value=threads]")
    tab.click("#filter input[value=processes]")
    check("and without processes", tab.run(column(0)), ["threads:n=10"])
    tab.click("#filter fieldset[data-filter=workload] [data-check=none]")
    check("no workload", tab.run(column(0)), [])
    for name in ("strategy", "workload"):
        tab.click(f"#filter fieldset[data-filter={name}] [data-check=all]")
    check("all again", len(tab.run(column(0))), 4)
    check("nothing told", tab.run("document.querySelector('#s2-times .shown').hidden"), True)
    tab.click("#filter summary")


def hidden(tab, name):
    return tab.run(f"document.querySelector('#figure-{name}').hidden")


def samples(tab):
    tab.click("#s2-times td:nth-child(4) a")
    wait(tab, "document.querySelector('#raw').open")
    check("samples of", tab.run("document.querySelector('#raw h3').textContent"),
          "processes:n=100/userspace")
    check("of a round", tab.run("document.querySelector('#raw td.samples').textContent"),
          " ".join(map(str, fixtures.samples_around(20_000_000)[0])))
    tab.click("#raw-close")
    check("closed", tab.run("document.querySelector('#raw').open"), False)


def wait(tab, condition):
    """Until an expression is true, but not for long; what is packed is unpacked first."""
    for _ in range(100):
        if tab.run(condition):
            return
        time.sleep(0.05)


def drawn(tab, name):
    """The width of a figure; 0 if it is none yet."""
    image = f"document.querySelector('#figure-{name} img')"
    if tab.run(f"{image}.closest('details').open"):
        wait(tab, f"{image}.naturalWidth > 0")
    return tab.run(f"{image}.naturalWidth")


def legible(tab, url, width, folder):
    tab.open(url, width)
    tab.run("document.querySelectorAll('details').forEach((each) => each.open = true)")
    check(f"{width}: nothing beside the window",
          tab.run("document.documentElement.scrollWidth"), width)
    check(f"{width}: nothing is cut off", tab.run(CUT_OFF), [])
    smallest = tab.run(SMALLEST)
    if smallest < 12:
        failures.append(f"{width}: text of {smallest} pixels")
    if folder:
        tab.screenshot(folder / f"{width}.png", whole=True)


def main():
    if browser.find() is None:
        print("skipped: Chromium is not installed: apt-get install chromium-headless-shell",
              file=sys.stderr)
        return 77
    keep = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as name:
        folder = keep or pathlib.Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [fixtures.write(folder, each, document) for each, document in everything().items()]
        svg = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300"></svg>'
        target = folder / "index.html"
        target.write_text(html.write(page.build(inputs.read_inputs(paths), [
            Drawing("size", "by size", "one", "One", svg, ("userspace", "bare"), ("threads",)),
            Drawing("stages", "stages", "two", "Two", svg)])))
        url = target.absolute().as_uri()
        with browser.Browser() as tab:
            for width in WIDTHS:
                legible(tab, url, width, keep)
            tab.open(url, WIDTHS[0])
            sorting(tab)
            filtering(tab)
            samples(tab)
            check("the first kind of figures is drawn", drawn(tab, "one"), 400)
            check("another one is not", drawn(tab, "two"), 0)
            tab.click("details.kind:nth-of-type(2) summary")
            check("now it is", drawn(tab, "two"), 400)
            check("console and page", tab.problems, [])
            check("loaded", sorted({each for each in tab.requests
                                    if not each.startswith(("data:", "blob:"))}), [url])
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
