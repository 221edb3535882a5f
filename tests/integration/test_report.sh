# test_report.sh - lrsweep report: the page in a real browser, and the figures as SVG.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
make=$LRSWEEP_BIN/../bench/report

try lrsweep run "$LRSWEEP_SOURCE/tests/integration/small.cfg" --out run --quiet
equal "a run writes the report at its end" "$(grep -c '<title>small' run/report.html)" 1
contains "and names it among its files" "$out" "report.html"
lrsweep find "$LRSWEEP_SOURCE/tests/integration/small.cfg" --out run --quiet >/dev/null
try lrsweep report run
equal "lrsweep report ends with status 0" "$status" 0
equal "it names the file" "$out" "run/report.html"
try lrsweep report missing
equal "a directory without a study is a usage error" "$status" 2
contains "and is named" "$err" "missing: holds no study"
try lrsweep report run/find
equal "a range test's own study has a report too" "$status" 0

cp -r run dead
sqlite3 dead/study.db "update study set value = 'running' where key = 'status'"
lrsweep report dead >/dev/null
contains "a report tells of a run that died" "$(cat dead/report.html)" '"unattended":true'

# A report that cannot be written is no failure of the run.
mkdir -p blocked/report.html.new
try lrsweep run "$LRSWEEP_SOURCE/tests/integration/small.cfg" --out blocked --resume
equal "a run whose report cannot be written is a run all the same" "$status" 0
contains "and says so" "$err" "warning: no report was written"

try lrsweep report run --svg
equal "--svg names both figures" "$out" "run/losses.svg
run/rates.svg"
cp -r run unrated
rm unrated/*.svg
sqlite3 unrated/study.db "update trial set lr = null"
try lrsweep report unrated --svg
equal "where no rate is searched, only the losses are drawn" "$status $out" "0 unrated/losses.svg"
lrsweep report unrated >/dev/null
for kind in sound diverged interrupted hostile; do
	"$make" "$kind" 27 10 "$kind" >/dev/null || not_ok "a study of the kind $kind is made"
	try lrsweep report "$kind" --svg
	equal "--svg draws a study of the kind $kind" "$status" 0
done
printf '{"advice": "<img src=x onerror=window.hacked=1></script>", "status": "sound", "lr": [1e-3, 1e-2, 0.1],
"smoothed": [2, 1, null], "seeds": [{"smoothed": [2, 1, 3]}], "bounds": ["<b>", 1], "suggestions": {"knee": {"lr": "<b>"}}}' \
	>hostile/find.json
lrsweep report hostile >/dev/null
"$make" one 1 >/dev/null
"$make" large 10000 >large.json
# Losses that are negative, as those of a trainer of one's own may be, and one that was thrown to the sky.
for kind in negative thrown; do
	cp -r sound "$kind"
	/usr/bin/python3 -c '
import sqlite3, sys
changes = {"negative": ["UPDATE report SET val_loss = val_loss - 9, train_loss = train_loss - 9",
                        "UPDATE trial SET metric = metric - 9, final = final - 9",
                        "UPDATE event SET value = value - 9"],
           "thrown": ["UPDATE report SET val_loss = 1e60 WHERE trial = 5",
                      "UPDATE trial SET metric = 1e60, final = 1e60 WHERE id = 5"]}
with sqlite3.connect(sys.argv[1] + "/study.db") as study:
    for change in changes[sys.argv[1]]:
        study.execute(change)' "$kind" || not_ok "a study of the kind $kind is made"
	lrsweep report "$kind" --svg >/dev/null
	check "the marks of the study $kind are spread over the height of rates.svg" /usr/bin/python3 -c '
import re, sys
heights = {float(y) for y in re.findall(r"translate\([-0-9.]+[ ,]([-0-9.]+)\)", open(sys.argv[1]).read())}
print(sorted(heights))
assert max(heights) - min(heights) > 200 and len(heights) > 12' "$kind/rates.svg"
	lrsweep report "$kind" >/dev/null
done
for figure in {run,sound,diverged,interrupted,hostile}/{losses,rates}.svg; do
	check "$figure is well-formed XML with axes and marks" /usr/bin/python3 -c '
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
name = "{http://www.w3.org/2000/svg}"
assert root.tag == name + "svg"
assert len(root.findall(f".//{name}text")) > 6
assert len(root.findall(f".//{name}path")) > 9
assert not root.findall(f".//{name}script")' "$figure"
done
check "the report of 10,000 trials is smaller than 5 MB" \
	test "$(stat -c %s large/report.html)" -lt 5000000
equal "no text of a hostile study stands in the file as markup" \
	"$(grep -cE '<(script>window|img src)' hostile/report.html)" 0

if ! command -v chromium >/dev/null || ! command -v python3 >/dev/null; then
	skip "the report in a browser" "chromium or python3 is not installed"
else
	# The rules of accessibility, where an index of packages can be reached.
	rules=$LRSWEEP_BIN/../axe-venv
	[ -e "$rules/complete" ] || {
		rm -rf "$rules"
		timeout 20 /usr/bin/python3 -m venv "$rules" >axe.log 2>&1 &&
			timeout 60 "$rules/bin/pip" --quiet --disable-pip-version-check --no-input --retries 0 --timeout 5 install \
				--no-deps axe-playwright-python >axe.log 2>&1 && touch "$rules/complete"
	}
	axe=()
	if [ -e "$rules/complete" ]; then
		axe=(--axe "$(echo "$rules"/lib/python3*/site-packages/axe_playwright_python/axe.min.js)")
	else
		skip "axe finds no violation of accessibility" "axe-playwright-python cannot be installed: $(tail -n 1 axe.log)"
	fi
	while read -r line; do
		case $line in
		'ok '*) ok "${line#ok }" ;;
		*) not_ok "${line#not ok }" ;;
		esac
	done < <(PYTHONDONTWRITEBYTECODE=1 timeout 300 /usr/bin/python3 "$LRSWEEP_SOURCE/tests/support/report_checks.py" "${axe[@]}" \
		run run/report.html sound sound/report.html one one/report.html diverged diverged/report.html \
		interrupted interrupted/report.html hostile hostile/report.html \
		unrated unrated/report.html negative negative/report.html thrown thrown/report.html large large/report.html 2>&1)
fi
plan
