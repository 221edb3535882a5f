# test_ranks.sh - ranks that die, hang and come back under mpirun.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh"
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
# Long enough to be hit in the middle; a rank that says nothing for 1.5 s is lost.
long=(--set search.min_budget=5000 --set search.max_budget=45000 --set run.heartbeat_timeout=1.5 --trainers 1)
# What is killed leaves its shared memory; in TEST_DIR it goes with it.
recovering=(mpirun --enable-recovery --mca btl "vader,self" --mca btl_vader_backing_directory "$TEST_DIR")

try lrsweep run "$small" --out whole --quiet "${long[@]}"
equal "the undisturbed search ends with status 0" "$status" 0
table whole >expected

rank_of_job() { # RANK: its process id, of the mpirun that was started last
	local pid
	for pid in $(pgrep -P "$job" lrsweep); do
		tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$1" && echo "$pid"
	done
}
start() { # DIR RANKS OPTION...: a search in the background, as $job; waits until rank 1 trains
	local dir=$1 ranks=$2
	shift 2
	"${recovering[@]}" -n "$ranks" "$LRSWEEP_BIN/lrsweep" run "$small" --out "$dir" "${long[@]}" "$@" \
		>"$dir.out" 2>"$dir.err" &
	job=$!
	check "rank 1 of $dir trains" wait_for "$dir" \
		'select count(*) > 0 from event where kind = "assigned" and worker = 1'
}
finish() { # DIR: waits for $job; the search is to be whole
	wait "$job"
	status=$?
	equal "the search of $1 finishes" "$(jq -r .status "$1/summary.json")" finished
	table "$1" >found
	check "and its table is that of the undisturbed search" diff expected found
	equal "no result of $1 was counted twice" "$(sqlite3 "$1/study.db" \
		'select count(*) from (select 1 from event where kind = "done" group by trial, step having count(*) > 1)')" 0
	equal "no rank of $1 is left behind" "$(pgrep -c -f "lrsweep run .*--out $1 ")" 0
}
lost() { # DIR
	sqlite3 "$1/study.db" 'select count(*) from event where kind = "worker_lost"'
}

# --- a rank dies -----------------------------------------------------------------------------------
start killed 3
kill -KILL "$(rank_of_job 1)"
finish killed
equal "mpirun ends with status 0 though a rank was killed" "$status" 0
equal "the lost worker is in the study" "$(lost killed)" 1
equal "and in the summary" "$(jq .workers_lost killed/summary.json)" 1
equal "which says what it was" "$(jq -c '.losses | map([.rank, .host, .trainers, .attempts, .back])' \
	killed/summary.json)" "[[1,\"$(uname -n)\",1,1,null]]"
contains "the result tells of it" "$(cat killed.out)" "1 worker was lost"
contains "the user was told when and why" "$(cat killed.err)" "(run.heartbeat_timeout) and is lost"
equal "its trial was lost with a reason" "$(sqlite3 killed/study.db \
	'select count(*) from event where kind = "lost" and worker = 1 and text like "rank 1 on % said nothing for %"')" 1

# --- a rank hangs for longer than the timeout, then goes on ------------------------------------------
start stopped 3
pid=$(rank_of_job 1)
kill -STOP "$pid"
check "the silent rank is lost" wait_for stopped 'select count(*) = 1 from event where kind = "worker_lost"'
kill -CONT "$pid"
check "it comes back" wait_for stopped 'select count(*) = 1 from event where kind = "worker_back"'
finish stopped
equal "mpirun ends with status 0 after a rank came back" "$status" 0
equal "the summary knows that it is back" "$(jq '.losses[0] | .back > .time' stopped/summary.json)" true
check "the rank that came back works on" test "$(sqlite3 stopped/study.db \
	'select count(*) > 0 from event where kind = "assigned" and worker = 1
		and seq > (select max(seq) from event where kind = "worker_back")')" = 1

# --- a rank hangs to the end -------------------------------------------------------------------------
start hung 3
kill -STOP "$(rank_of_job 1)"
finish hung
equal "mpirun ends with status 0 though a rank hangs" "$status" 0

# --- a pause shorter than the timeout, and one of everybody ------------------------------------------
start short 3
pid=$(rank_of_job 1)
kill -STOP "$pid"
sleep 0.5
kill -CONT "$pid"
finish short
equal "a rank that is silent for less than the timeout is not lost" "$(lost short)" 0

start asleep 3
pids=$(pgrep -P "$job" lrsweep)
# shellcheck disable=SC2086
kill -STOP $pids
sleep 3
# shellcheck disable=SC2086
kill -CONT $pids
finish asleep
equal "nobody is lost when the whole machine slept" "$(lost asleep)" 0

# --- rank 0 dies -------------------------------------------------------------------------------------
start headless 3
kill -KILL "$(rank_of_job 0)"
wait "$job"
contains "without rank 0 the others end by themselves" "$(cat headless.err)" "rank 0 said nothing for"
equal "and their trainers too" "$(pgrep -c -f "$LRSWEEP_BIN/lrsweep-trainer")" 0
try "${recovering[@]}" -n 3 "$LRSWEEP_BIN/lrsweep" run "$small" --out headless --resume --quiet "${long[@]}"
equal "--resume goes on after rank 0 died" "$status" 0
table headless >found
check "and ends in the table of the undisturbed search (headless)" diff expected found

# --- nobody is left ----------------------------------------------------------------------------------
start deserted 2 --coordinator-only
kill -KILL "$(rank_of_job 1)"
wait "$job"
contains "a coordinator without workers says so" "$(cat deserted.err)" "no worker is left"
equal "and leaves the study as failed" "$(jq -r .status deserted/summary.json)" failed

plan
