# test_interrupt.sh - signals, killed trainers, and going on afterwards.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh"
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
# Long enough to be hit in the middle: 9 candidates of 3,000 to 27,000 steps.
long=(--set search.min_budget=3000 --set search.max_budget=27000 --trainers 2)

try lrsweep run "$small" --out whole --quiet "${long[@]}"
equal "the undisturbed search ends with status 0" "$status" 0
table whole >expected

# Waits until the study in DIR holds something.
wait_for() { # DIR SQL
	local left=500
	until [ "$(sqlite3 "$1/study.db" "$2" 2>/dev/null)" = 1 ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.02
	done
}
trainers_left() { pgrep -c -f "$LRSWEEP_BIN/lrsweep-trainer"; }

for signal in INT TERM USR1; do
	# A job of a script ignores SIGINT; env restores its default.
	env --default-signal=INT lrsweep run "$small" --out "$signal" --quiet "${long[@]}" >"$signal.out" 2>&1 &
	check "the search got under way ($signal)" wait_for "$signal" 'select count(*) > 2 from event'
	kill -"$signal" $!
	wait $!
	equal "SIG$signal ends a search with status 75" $? 75
	equal "SIG$signal leaves a summary that says interrupted" \
		"$(jq -r .status "$signal/summary.json")" interrupted
	equal "SIG$signal leaves no trial running" \
		"$(sqlite3 "$signal/study.db" 'select count(*) from trial where state = "running"')" 0
	equal "SIG$signal leaves no trainer behind" "$(trainers_left)" 0
	try lrsweep run "$small" --out "$signal" --quiet --resume "${long[@]}"
	equal "--resume goes on to the end after SIG$signal" "$status" 0
	table "$signal" >found
	check "and ends in the table of the undisturbed search" diff expected found
done

lrsweep run "$small" --out killed --quiet "${long[@]}" >killed.out 2>&1 &
check "the search got under way" wait_for killed 'select count(*) > 2 from event'
pkill -KILL -f -n "$LRSWEEP_BIN/lrsweep-trainer"
wait $!
equal "a killed trainer does not end the search" $? 0
check "the lost attempt is in the study" wait_for killed \
	'select count(*) > 0 from event where kind = "lost" and text like "%signal 9%"'
table killed >found
check "and the table is that of the undisturbed search" diff expected found

lrsweep run "$small" --out crash --quiet "${long[@]}" >crash.out 2>&1 &
check "the search got under way (crash)" wait_for crash 'select count(*) > 3 from event'
kill -KILL $!
wait $! 2>/dev/null
sleep 0.2
equal "no trainer outlives a killed rank" "$(trainers_left)" 0
try lrsweep status crash
equal "status reads the study of a killed run" "$status" 0
try lrsweep run "$small" --out crash --quiet --resume "${long[@]}"
equal "--resume goes on after a crash" "$status" 0
table crash >found
check "and ends in the table of the undisturbed search (crash)" diff expected found

try lrsweep run "$small" --out crash --quiet --resume "${long[@]}"
equal "--resume of a finished study ends with status 0" "$status" 0
contains "and shows its result" "$out" "Recommended: lr "
try lrsweep run "$small" --out crash --quiet --resume "${long[@]}" --set train.momentum=0.5
equal "--resume of another study is refused with status 2" "$status" 2
contains "and names what differs" "$err" "train.momentum"

# tpe's candidates depend on the order of results, which a resumed search has to repeat.
tpe=(--set 'search.sampler="tpe"' --set search.n_startup_trials=3 --set 'search.scheduler="none"' \
	--set search.max_budget=2000 --set search.candidates=40 --trainers 2)
lrsweep run "$small" --out learns --quiet "${tpe[@]}" >learns.out 2>&1 &
check "the search got under way (tpe)" wait_for learns \
	'select count(*) > 12 from trial where state in ("complete", "diverged")'
kill -KILL $!
wait $! 2>/dev/null
sleep 0.2
sqlite3 learns/study.db 'select id, params from trial where attempts > 0 order by id' >made
try lrsweep run "$small" --out learns --quiet --resume "${tpe[@]}"
equal "--resume goes on with what tpe has learned" "$status" 0
sqlite3 learns/study.db "select id, params from trial where id <= $(tail -n 1 made | cut -d'|' -f1) order by id" >found
check "and its candidates are still those that were made before" diff made found
equal "up to the last of them" "$(sqlite3 learns/study.db 'select count(*) from trial')" 40

lrsweep run "$small" --out locked --quiet "${long[@]}" >locked.out 2>&1 &
check "the search got under way (locked)" wait_for locked 'select count(*) > 0 from event'
try lrsweep run "$small" --out locked --quiet --resume "${long[@]}"
equal "a second run in the same DIR is refused" "$status" 1
contains "and names the process that holds it" "$err" "$!"
kill $!
wait $!

plan
