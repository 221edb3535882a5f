# test_status.sh - where a study stands, from any shell, while it runs and after it died.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
export LC_ALL=C.UTF-8
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
widest() { wc -L; } # columns of the longest line
# Nine candidates that take some seconds.
long=(--set search.min_budget=4000 --set search.max_budget=36000 --trainers 1)

try lrsweep run "$small" --out expected --quiet "${long[@]}"
equal "an undisturbed search ends with status 0" "$status" 0

# --- twenty readers -------------------------------------------------------------------------------------------------
lrsweep run "$small" --out run --quiet "${long[@]}" >run.out 2>&1 &
pid=$!
check "a search got under way" wait_for run 'select count(*) > 0 from report'
lrsweep status run --watch >watch.txt 2>watch.err &
watcher=$!
lrsweep status run --watch --json >watch.json 2>watch-json.err &
json_watcher=$!
TERM=xterm script -qec "stty cols 60 rows 30; lrsweep status run --watch --plot" terminal.txt >/dev/null 2>&1 &
terminal_watcher=$!
readers=()
for reader in $(seq 20); do
	( failed=0 reads=0
	while kill -0 "$pid" 2>/dev/null && [ "$reads" -lt 15 ]; do
		lrsweep status run --json >"reader$reader.json" 2>>readers.err && jq -e .now "reader$reader.json" >/dev/null ||
			failed=$((failed + 1))
		reads=$((reads + 1))
	done
	echo "$reads $failed" >"reader$reader.txt" ) &
	readers+=($!)
done
check "a trial in training has reported" wait_for run 'select count(*) > 0 from report, trial where trial = id and state = "running"'
try lrsweep status run
contains "status says that it runs" "$out" "Running: "
contains "by which process" "$out" "Rank 0 is process $pid on "
contains "what is in training, with what was seen so far" "$out" "verdict so far"
# Between two segments nothing is in training, and at the beginning of one there is no report yet.
for _ in $(seq 50); do
	lrsweep status run --json >now.json
	[ "$(jq '[.now.running[].train_loss | numbers] | length' now.json)" = 0 ] || break
done
equal "status --json says that rank 0 lives" "$(jq -c '[.status, .now.alive]' now.json)" '["running",true]'
equal "the trial in training, with its rate, loss and verdict" \
	"$(jq -c '[.now.running[] | .lr > 0 and .step > 0 and .train_loss > 0 and .verdict != null and .worker == 0]' now.json)" "[true]"
equal "trials that are not through are in training or left" \
	9 "$(jq '.now.left + (.now.running | length) + .counts.complete + .counts.stopped + .counts.diverged + .counts.failed' now.json)"
wait "$pid"
equal "the search that was watched ends with status 0" $? 0
wait "${readers[@]}"
equal "no reader failed" "$(cat reader*.txt | awk '{failed += $2} END {print failed + 0}') $(cat readers.err)" "0 "
check "they read often ($(cat reader*.txt | awk '{reads += $1} END {print reads}') times)" \
	test "$(cat reader*.txt | awk '{reads += $1} END {print reads}')" -gt 20
table expected >expected.txt
table run >found.txt
check "the result is that of the search nobody looked at" diff expected.txt found.txt
wait "$watcher"
equal "--watch ends when the study ends, with its status" $? 0
wait "$json_watcher"
equal "--watch --json too" $? 0
wait "$terminal_watcher"
equal "and on a terminal" $? 0
equal "none of them complained" "$(cat watch.err watch-json.err)" ""
contains "the last page says that it is finished" "$(tail -n 12 watch.txt)" "Finished: 9 trials are through"
check "there were several pages" test "$(grep -c '^Running' watch.txt)" -ge 2
equal "every line of --watch --json is an object, the last one finished" "$(jq -r .status watch.json | uniq | tr '\n' ' ')" "running finished "
check "on a terminal the page is redrawn in its place" grep -q $'\033\\[[0-9]*A' terminal.txt
plain=$(sed 's/\x1b\[[0-9;]*[A-Za-z]//g; s/\r//g' terminal.txt | grep -v '^Script')
check "and no line is wider than it" test "$(widest <<<"$plain")" -lt 60

# --- plots ------------------------------------------------------------------------------------------------------------
for columns in 40 80 132; do
	COLUMNS=$columns try lrsweep status run --plot
	equal "--plot ends well in $columns columns" "$status $err" "0 "
	equal "and its pictures are as wide" "$(grep -E '^ *[0-9.]+ [^ ]' <<<"$out" | grep -v '^[0-9]' | widest)" "$columns"
done
contains "it draws losses in Braille" "$out" "⠤"
contains "and names the schedules and what diverged" "$out" "x diverged"
cp -r run unrated
sqlite3 unrated/study.db "update trial set lr = null"
equal "and no table has a column for rates" "$(lrsweep status unrated | grep -c '^trial *lr ')" 0
try lrsweep status unrated --plot
equal "where no rate is searched, none is plotted" "$(grep -c 'Training losses' <<<"$out") $(grep -c 'its rate' <<<"$out")" "1 0"
LC_ALL=C try lrsweep status run --plot
equal "in ASCII where the locale has nothing else" \
	"$status $(grep -c 'its rate' <<<"$out") $(LC_ALL=C grep -c '[^ -~]' <<<"$out")" "0 1 0"

try lrsweep status run --json
equal "--json of a finished study holds its summary" "$(jq -S 'del(.now)' <<<"$out")" "$(jq -S . run/summary.json)"
equal "what ended badly says why" "$(jq -c '[.now.ended_badly[].trial]' <<<"$out")" \
	"$(sqlite3 run/study.db 'select json_group_array(id) from trial where state in ("diverged", "failed")')"
equal "each with a message" "$(jq '[.now.ended_badly[] | select(.message == "")] | length' <<<"$out")" 0
sqlite3 unrated/study.db "update trial set state = 'failed', message = cast(x'61eda08062' as text) where id = 0"
equal "a message that is no text hides nothing" "$(lrsweep status unrated --json | jq -c '.now.ended_badly[] | select(.trial == 0) | .message')" '"a   b"'
equal "nobody asks whether a finished study's rank 0 lives" "$(jq -c '[.now.alive, .now.rank0]' <<<"$out")" "[null,null]"

# --- rank 0 dies --------------------------------------------------------------------------------------------------------
lrsweep run "$small" --out dies --quiet "${long[@]}" >/dev/null 2>&1 &
pid=$!
check "another search got under way" wait_for dies 'select count(*) > 0 from report'
lrsweep status dies --watch >dies.txt 2>&1 &
watcher=$!
sleep 0.5
kill -KILL "$pid"
wait "$pid" 2>/dev/null
try lrsweep status dies
contains "status says that rank 0 is dead" "$out" "Rank 0 is dead: no process holds the study; the last one was process $pid on "
contains "and how to go on" "$out" "--out dies --resume"
equal "--json says so too" "$(lrsweep status dies --json | jq -c '[.status, .now.alive]')" '["running",false]'
wait "$watcher"
equal "--watch ends with status 75 when rank 0 dies" $? 75
contains "and says why" "$(tail -n 20 dies.txt)" "Rank 0 is dead"
try lrsweep status dies --plot
equal "--plot works after a crash" "$status" 0
try lrsweep run "$small" --out dies --quiet --resume "${long[@]}"
table dies >found.txt
check "and the resumed search ends in the same table" diff expected.txt found.txt

# --- the table of trials on a terminal -------------------------------------------------------------
# A schedule's text as long as the table allows, on a terminal that is narrower.
lrsweep run "$small" --out long --quiet --set search.candidates=3 --set search.max_budget=2 --set search.min_budget=2 \
	--set 'space.schedule={ type = "one_cycle"; div_factor = 12.345; final_div_factor = 1234.5; }' >long.txt
check "the table of trials is wide where it is no terminal" grep -qE '^trial .{80}' long.txt
table_width() { # COLUMNS
	TERM=dumb script -qec "stty cols $1 rows 30; lrsweep status long" /dev/null </dev/null |
		tr -d '\r' | sed -n '/^trial/,/^$/p' | widest
}
equal "on a terminal of 80 columns it has no more" "$(($(table_width 80) <= 80))" 1
equal "and the schedules in full where there is room" "$(($(table_width 140) > 100))" 1

try lrsweep status nowhere --watch
equal "there must be a study" "$status" 2
try lrsweep status run --json --plot
equal "--json and --plot exclude each other" "$status" 2

plan
