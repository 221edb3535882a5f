"""pictures.py - takes the pictures of two reports. usage: pictures.py RATES HYPERBAND FOLDER"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/support"))
sys.dont_write_bytecode = True
from browser import Browser  # noqa: E402


def section(name):
    return f"document.getElementById('chart-{name}-title').closest('section')"


def together(*names):
    """What gives the rectangle around several elements."""
    boxes = ",".join(f"({name}).getBoundingClientRect()" for name in names)
    return ("({getBoundingClientRect: () => { const boxes = [" + boxes + "];"
            " const x = Math.min(...boxes.map(box => box.x)) - 24, y = Math.min(...boxes.map(box => box.y)) - 20;"
            " return {x, y, width: Math.max(...boxes.map(box => box.right)) + 24 - x,"
            " height: Math.max(...boxes.map(box => box.bottom)) + 20 - y}; }})")


def main(rates, hyperband, folder):
    def path(name):
        return os.path.join(folder, name)

    with Browser() as browser:
        browser.dark(False)
        browser.size(1180, 900)
        browser.open(rates)
        browser.picture(path("recommendation.png"), together("document.getElementById('head')",
                                                             section("losses")))
        browser.picture(path("rates.png"), together(section("rates"), section("rungs")))
        browser.picture(path("range.png"), together(section("schedules"), section("range"),
                                                    section("timeline")))
        browser.open(hyperband)
        browser.dark(True)
        browser.value("selection.pick(study.best.trial)")
        browser.settle()
        browser.value("document.getElementById('bar').hidden = true")
        browser.picture(path("dark.png"), together(section("parameters")))
        browser.dark(False)
        browser.size(390, 844, phone=True)
        browser.open(rates)
        browser.picture(path("phone.png"), "({getBoundingClientRect: () => ({x: 0, y: -scrollY, width: 390,"
                        " height: 1500})})")


if __name__ == "__main__":
    main(*sys.argv[1:])
