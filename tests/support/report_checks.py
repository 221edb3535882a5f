"""report_checks.py - looks at reports as a reader would, in a real browser without a network.

usage: report_checks.py [--axe FILE] KIND REPORT [KIND REPORT]...
Prints "ok SENTENCE" or "not ok SENTENCE: what was found" for each thing looked at. FILE: axe.min.js, which
knows the rules of accessibility (https://github.com/dequelabs/axe-core).
"""

import json
import sys

from browser import Browser

# Marks that each view must have, in a study that has what it shows.
MARKS = """
Object.fromEntries([...document.querySelectorAll('.chart')].map(chart =>
  [chart.id.replace('chart-', ''), chart.querySelectorAll('svg g.mark-path path, svg g.mark-symbol path, svg g.mark-rect path, svg g.mark-rule line').length]))
"""
# Opacities of the symbols in the figure of rates: one of a picked trial is 1, the others are pale.
PALE = """
(() => {
  const marks = [...document.querySelectorAll('#chart-rates g.symbols_points path')];
  const full = marks.filter(mark => Number(getComputedStyle(mark).opacity) === 1).length;
  return [marks.length, full];
})()
"""


def say(kind, sentence, sound, found=""):
    print(("ok " if sound else "not ok ") + f"{kind}: {sentence}" + ("" if sound else f": {found}"), flush=True)


def equal(kind, sentence, found, expected):
    say(kind, sentence, found == expected, f"{json.dumps(found)}, expected {json.dumps(expected)}")


def check_everything(browser, kind, views):
    """What holds of every report."""
    equal(kind, "no error, no warning and no request", browser.complaints(), [])
    marks = browser.value(MARKS)
    missing = [view for view in views if not marks.get(view)]
    say(kind, "every view has marks", not missing, f"none in {missing}; {marks}")
    equal(kind, "nothing is wider than the window",
          browser.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), True)
    equal(kind, "every figure fits its column",
          browser.value("[...document.querySelectorAll('.chart:not(#chart-parameters)')].filter(chart =>"
                        " chart.parentNode.scrollWidth > chart.parentNode.clientWidth).map(chart => chart.id)"), [])
    equal(kind, "what has nothing to show is left out",
          browser.value("document.querySelectorAll('.figure').length"), len(views))
    equal(kind, "the table holds every trial", browser.value("trials.rows.length"),
          browser.value("JSON.parse(document.getElementById('data-trials').textContent).count"))


def check_linking(browser, kind):
    """A click on a candidate filters the others."""
    rows = "document.querySelectorAll('.trials tbody tr:not(.detail)').length"
    all_rows = browser.value(rows)
    browser.click("document.querySelectorAll('#chart-rates g.symbols_points path')[3]")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    browser.settle()
    picked = browser.value("selection.picked()")
    say(kind, "a click on a mark picks its trial", picked is not None, picked)
    marks, full = browser.value(PALE)
    equal(kind, "the other marks become pale", full, 1)
    equal(kind, "the table shows the picked trial alone",
          browser.value("[...document.querySelectorAll('.trials tbody tr[data-trial]')].map(row => Number(row.dataset.trial))"
                        ".filter(id => id !== selection.picked() && trials.byId(id).parent !== selection.picked())"), [])
    say(kind, "its sentence stands below its row",
        bool(browser.value("document.querySelector('.trials .detail p').textContent")), "nothing")
    say(kind, "it is named at the foot of the window",
        f"Trial {picked}" in browser.value("document.getElementById('bar').textContent"), "another text")
    before = browser.value("selection.picked()")
    browser.value("document.getElementById('chart-losses').focus()")
    browser.key("ArrowRight")
    moved = browser.value("selection.picked()")
    say(kind, "an arrow key goes on to another trial", moved != before, moved)
    browser.key("Escape")
    equal(kind, "Escape shows all again", [browser.value("selection.picked()"), browser.value(rows)], [None, all_rows])
    browser.value("selection.pick(trials.ranked[0].id); void document.querySelector('.trials th button').focus()")
    browser.settle()
    browser.key("Escape")
    equal(kind, "Escape does so wherever the focus is", browser.value("selection.picked()"), None)
    browser.value("void drawn.get('parameters').view.signal('brush0', [40, 120]).run()")
    browser.settle()
    equal(kind, "a brush on an axis narrows the table", browser.value(f"{rows} < trials.ranked.length"), True)
    browser.value("void redraw('parameters')")
    browser.settle()
    equal(kind, "a brush outlives another drawing", browser.value("drawn.get('parameters').view.signal('brush0')"), [40, 120])
    browser.click("document.querySelector('#verdicts .clear')")
    equal(kind, "Show all takes the brush away", [browser.value("drawn.get('parameters').view.signal('brush0')"), browser.value(rows)],
          [None, all_rows])
    drawn = "document.querySelectorAll('#chart-rates g.symbols_points path').length"
    button = "document.querySelector('.verdict')"
    of_verdict = browser.value(f"Number({button}.querySelector('.count').textContent.replace(/,/g, ''))")
    browser.click(button)
    equal(kind, "a verdict's button hides its trials", browser.value(drawn) < marks, True)
    browser.click(button)
    equal(kind, "and shows them again", browser.value(drawn), marks)
    browser.value("document.querySelector('.controls input[type=search]').value = 'collapsed';"
                  "document.querySelector('.controls input[type=search]').dispatchEvent(new Event('input'))")
    browser.settle()
    equal(kind, "the filter narrows table and figures",
          [browser.value("[...document.querySelectorAll('.trials tbody tr')].every(row => row.textContent.includes('collapsed'))"),
           browser.value(drawn) < marks], [True, True])
    browser.value("selection.clear()")
    browser.settle()
    head = "document.querySelectorAll('.trials th button')[1]"
    browser.click(head)
    rates = browser.value("[...document.querySelectorAll('.trials tbody tr')].map(row => trials.byId(Number(row.dataset.trial)).lr)")
    say(kind, "a column's head sorts by it", rates == sorted(rates), rates[:5])
    say(kind, "there are trials of that verdict", of_verdict > 0, of_verdict)
    equal(kind, "all that led to no complaint", browser.complaints(), [])


def check_spread(browser, kind):
    """Values that differ stand apart."""
    for name in ("rates g.symbols_points", "rungs g.symbols_ends"):
        heights = browser.value(f"[...document.querySelectorAll('#chart-{name} path')].map(mark => mark.getBoundingClientRect().y)")
        different = len({round(height) for height in heights})
        say(kind, f"the marks of {name.split()[0]} stand apart", different > 12, f"{different} heights")


def check_hostile(browser, kind):
    equal(kind, "no text of the study ran", browser.value("window.hacked === undefined"), True)
    equal(kind, "no text of the study became an element",
          browser.value("document.querySelectorAll('img, iframe, object, main script, header script').length"), 0)
    say(kind, "the name stands there as it was written",
        browser.value("document.querySelector('h1').textContent").startswith("</script><script>window.hacked=1"),
        browser.value("document.querySelector('h1').textContent"))
    equal(kind, "the page may not evaluate texts",
          browser.value("(() => { const made = document.createElement('script'); made.textContent = 'window.ran = 1';"
                        "document.body.append(made); return window.ran === undefined; })()"), True)


def check_paper(browser, kind):
    browser.paper(True)
    browser.settle()
    equal(kind, "nothing is wider than paper",
          browser.value("[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)"
                        ".map(one => one.tagName + '.' + one.className).slice(0, 5)"), [])
    equal(kind, "what can be clicked alone is not printed",
          browser.value("[...document.querySelectorAll('.controls, #bar, .skip')].filter(one => one.offsetParent).length"), 0)
    browser.paper(False)


def check_axe(browser, kind, axe):
    browser.value(axe + "; 0")
    found = browser.value("axe.run().then(found => [found.passes.length > 20, found.violations.map(one =>"
                          " one.id + ' at ' + one.nodes.slice(0, 3).map(node => node.target.join(' ')).join(', '))])")
    equal(kind, "axe finds no violation of accessibility", found, [True, []])


VIEWS = ["losses", "rates", "rungs", "parameters", "schedules", "timeline"]
KINDS = {
    "run": VIEWS + ["range"],
    "sound": VIEWS,
    "large": VIEWS,
    "one": ["losses", "rates", "rungs", "schedules", "timeline"],
    "diverged": ["losses", "rates", "parameters", "timeline"],
    "interrupted": ["losses", "rates", "parameters", "schedules", "timeline"],
    "hostile": VIEWS + ["range"],
    "unrated": ["losses", "rungs", "parameters", "schedules", "range", "timeline"],
    "negative": VIEWS,
    "thrown": VIEWS,
}


def main(arguments):
    axe = None
    if arguments[0] == "--axe":
        with open(arguments[1], encoding="utf-8") as file:
            axe = file.read()
        arguments = arguments[2:]
    with Browser() as browser:
        for kind, path in zip(arguments[::2], arguments[1::2]):
            browser.dark(kind == "sound")
            browser.size(1366, 900)
            browser.open(path)
            check_everything(browser, kind, KINDS[kind])
            if kind in ("run", "large"):
                check_linking(browser, kind)
            if kind == "hostile":
                check_hostile(browser, kind)
            if kind == "unrated":
                equal(kind, "no table has a column for rates",
                      browser.value("[...document.querySelectorAll('th')].some(head => head.textContent === 'lr')"), False)
            if kind in ("negative", "thrown"):
                check_spread(browser, kind)
            if kind == "large":
                say(kind, "what is not drawn is said", "candidates are drawn" in browser.value("document.body.textContent"))
            if axe and kind in ("run", "sound", "diverged", "hostile"):
                check_axe(browser, kind, axe)
            if kind in ("run", "diverged"):
                check_paper(browser, kind)
            if kind in ("run", "hostile"):
                browser.size(390, 800, phone=True)
                browser.open(path)
                check_everything(browser, kind + " on a phone", KINDS[kind])


if __name__ == "__main__":
    main(sys.argv[1:])
