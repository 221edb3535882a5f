# test_interrupt.sh - signals, killed trainers, and going on afterwards.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
# Long enough to be hit in the middle: 9 candidates of 3,000 to 27,000 steps.
long=(--set search.min_budget=3000 --set search.max_budget=27000 --trainers 2)

try lrsweep run "$small" --out whole --quiet "${long[@]}"
equal "the undisturbed search ends with status 0" "$status" 0
table whole >expected

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
check "the time that a killed run took is in the study" test "$(sqlite3 crash/study.db \
	'select count(*) from study where key in ("wall_s", "train_s") and cast(value as real) > 0')" = 2
sqlite3 crash/study.db 'update study set value = 1000 where key in ("wall_s", "train_s")'
try lrsweep status crash
equal "status reads the study of a killed run" "$status" 0
try lrsweep run "$small" --out crash --quiet --resume "${long[@]}"
equal "--resume goes on after a crash" "$status" 0
table crash >found
check "and ends in the table of the undisturbed search (crash)" diff expected found
equal "the time of both runs counts" "$(sqlite3 crash/study.db \
	'select count(*) from study where key in ("wall_s", "train_s") and cast(value as real) > 1000')" 2

# What was damaged elsewhere cannot be gone on with: the study says that this run failed.
cp -r TERM damaged && rm -f damaged/summary.json
sqlite3 damaged/study.db 'update event set trial = 7 where seq = 2; update study set value = "interrupted" where key = "status"'
try lrsweep run "$small" --out damaged --quiet --resume "${long[@]}"
equal "a resume of events that do not fit fails with status 1" "$status" 1
contains "which says what does not fit" "$err" "of trial 7 does not fit the search"
equal "and leaves the study as failed" "$(jq -r .status damaged/summary.json)" failed
equal "with all that it held" "$(sqlite3 damaged/study.db 'select count(*) from event')" \
	"$(sqlite3 TERM/study.db 'select count(*) from event')"

# As a run leaves it that is killed between its last commit and the removal of the checkpoints.
touch crash/checkpoints/000001-1.safetensors
# One that is killed at its start, or while it takes the best weights from another host.
touch crash/best.safetensors.4711.tmp crash/.beacon-4711-1700000000-123456789 crash/.beacon-4711-{1,2}-3
touch -d "1 hour ago" crash/.beacon-4711-1700000000-123456789 crash/.beacon-4711-1-3
echo kept >crash/.beacon-of-another && touch -d "1 hour ago" crash/.beacon-of-another
try lrsweep run "$small" --out crash --quiet --resume "${long[@]}"
equal "--resume of a finished study ends with status 0" "$status" 0
equal "and removes checkpoints that nobody needs" "$(ls crash/checkpoints)" ""
equal "and what dead ranks left in DIR, but nobody else's files, and no beacon that others may look for" \
	"$(find crash -name '*.tmp' -o -name '.*' | sort | tr '\n' ' ')" "crash/.beacon-4711-2-3 crash/.beacon-of-another "
contains "and shows its result" "$out" "Recommended: lr "
try lrsweep run "$small" --out crash --quiet --resume "${long[@]}" --set train.momentum=0.5
equal "--resume of another study is refused with status 2" "$status" 2
contains "and names what differs, with both values" "$err" "train.momentum: was 0.9, is 0.5"
equal "and the result of the study that is there is not taken for its own" "$out" ""
try lrsweep run "$small" --out crash --quiet --resume "${long[@]}" --set search.eta=2 --set run.retries=0 \
	--set 'model.layers=({type="dense";units=25;activation="relu";},{type="dense";units=10;})'
equal "several changes are refused with status 2" "$status" 2
contains "all of them are listed: a setting" "$err" "search.eta: was 3, is 2"
contains "all of them are listed: one within a list" "$err" "model.layers[0].units: was 24, is 25"
contains "all of them are listed: fewer retries" "$err" "run.retries: was 2, is 0"

# --- what may change takes effect --------------------------------------------------------------------
lrsweep run "$small" --out changed --quiet "${long[@]}" --set search.wall_time=500 >changed.out 2>&1 &
check "the search got under way (changed)" wait_for changed 'select count(*) > 2 from event'
kill -USR1 $!
wait $!
try lrsweep run "$small" --out changed --quiet --resume "${long[@]}" --set search.wall_time=400
equal "an earlier search.wall_time is refused" "$status" 2
contains "and named" "$err" "search.wall_time: was 500.0, is 400.0"
# A trainer that is killed three times in a row would be one too many for the two retries of before.
lrsweep run "$small" --out changed --resume "${long[@]}" --set search.wall_time=900 --set run.retries=50 \
	--set run.heartbeat_timeout=30 --trainers 3 >changed.out 2>changed.err &
pid=$!
for killed in 1 2 3 4; do
	check "attempt $killed of a trial is killed" wait_for changed "select count(*) > 0 from trial
		where state = 'running' and id = (select min(id) from trial where state = 'running')"
	sleep 0.3
	pkill -KILL -P "$pid" lrsweep-trainer
done
wait "$pid"
equal "a resume with more retries, more trainers and a later limit finishes" $? 0
table changed >found
check "and ends in the table of the undisturbed search (changed)" diff expected found
equal "nothing failed" "$(sqlite3 changed/study.db 'select count(*) from trial where state = "failed"')" 0
equal "three trainers worked" "$(sqlite3 changed/study.db 'select value from study where key = "trainers"')" 3
# The same study once more: the retries that were allowed in between are in its events.
try lrsweep run "$small" --out changed --quiet --resume "${long[@]}" --set search.wall_time=900
equal "--resume of it reports and ends with status 0" "$status" 0
try lrsweep run "$small" --out unheard-of --quiet --resume --trainers 1
equal "--resume where there is no study starts it" "$status" 0

# --- one SIGINT, sent twice: timeout and others send it to the process and to its group ------------------
env --default-signal=INT lrsweep run "$small" --out doubled --quiet "${long[@]}" >doubled.out 2>&1 &
pid=$!
check "the search got under way (doubled)" wait_for doubled 'select count(*) > 4 from event'
kill -INT "$pid"
sleep 0.01 # or the two are pending together, which is one for the kernel
kill -INT "$pid"
wait "$pid"
equal "a SIGINT that comes twice at once interrupts the search" $? 75
equal "and what ran was saved: the study says interrupted, not that rank 0 died" \
	"$(lrsweep status doubled --json | jq -c '[.status, .now.alive]')" '["interrupted",null]'

# --- a second SIGINT ---------------------------------------------------------------------------------
env --default-signal=INT lrsweep run "$small" --out twice --quiet "${long[@]}" >twice.out 2>&1 &
pid=$!
check "the search got under way (twice)" wait_for twice 'select count(*) > 4 from event'
committed=$(sqlite3 -cmd '.timeout 10000' twice/study.db 'select count(*) from event')
pkill -STOP -P "$pid" lrsweep-trainer # they cannot leave their checkpoints
kill -INT "$pid"
sleep 0.3
kill -INT "$pid"
wait "$pid"
equal "a second SIGINT ends the search at once with status 75" $? 75
check "and loses nothing that was committed" test \
	"$(sqlite3 twice/study.db 'select count(*) from event')" -ge "$committed"
equal "the study says interrupted" \
	"$(sqlite3 twice/study.db 'select value from study where key = "status"')" interrupted
sleep 0.2
equal "no trainer is left behind" "$(trainers_left)" 0
try lrsweep run "$small" --out twice --quiet --resume "${long[@]}"
equal "--resume goes on after it" "$status" 0
table twice >found
check "and ends in the table of the undisturbed search (twice)" diff expected found

# --- signals under mpirun -----------------------------------------------------------------------------
# USR1 is passed on to the ranks. TERM reaches them a second later, and SIGKILL another second later.
for signal in USR1 TERM; do
	mpirun -n 2 "$LRSWEEP_BIN/lrsweep" run "$small" --out "mpirun$signal" --quiet "${long[@]}" --trainers 1 \
		>"mpirun$signal.out" 2>&1 &
	pid=$!
	check "the search got under way (mpirun, $signal)" wait_for "mpirun$signal" 'select count(*) > 2 from event'
	kill -"$signal" "$pid"
	wait "$pid"
	status=$?
	[ "$signal" = TERM ] || equal "SIG$signal to mpirun ends it with status 75" "$status" 75
	equal "the study says interrupted (mpirun, $signal)" \
		"$(sqlite3 "mpirun$signal/study.db" 'select value from study where key = "status"')" interrupted
	try lrsweep run "$small" --out "mpirun$signal" --quiet --resume "${long[@]}"
	equal "--resume goes on after SIG$signal to mpirun" "$status" 0
	table "mpirun$signal" >found
	check "and ends in the table of the undisturbed search (mpirun, $signal)" diff expected found
done

# --- deadlines --------------------------------------------------------------------------------------------
# A squeue that says what the test wants; one that says nothing is not waited for long.
mkdir bin
# shellcheck disable=SC2016 # expanded by the script
printf '#!/bin/sh\necho "$@" >>%s/asked\n%s\n' "$PWD" '. "$SQUEUE_SAYS"' >bin/squeue
chmod +x bin/squeue
echo 'echo 0:01' >short
echo 'echo 3-00:00:00' >ample
echo 'exec sleep 100' >silent
try env PATH="$PWD/bin:$PATH" SLURM_JOB_ID=17 SQUEUE_SAYS="$PWD/short" lrsweep run "$small" --out limit "${long[@]}"
equal "a job's time limit ends a search with status 75" "$status" 75
equal "squeue was asked once, for this job" "$(cat asked)" "--noheader --jobs=17 --format=%L"
contains "the user is told of the limit" "$err" "the job's time (SLURM) ends in 0:0"
contains "and when it is near" "$err" "the deadline is near: saving what runs"
equal "nothing is lost by it" "$(sqlite3 limit/study.db 'select count(*) from event where kind = "lost"')" 0
rm asked
try env PATH="$PWD/bin:$PATH" SLURM_JOB_ID=18 SLURM_ARRAY_JOB_ID=18 SLURM_ARRAY_TASK_ID=2 SQUEUE_SAYS="$PWD/short" \
	lrsweep run "$small" --out array "${long[@]}"
equal "in a job array it is asked for this task: one of them has the array's number" "$status $(cat asked)" \
	"75 --noheader --jobs=18_2 --format=%L"
# shellcheck disable=SC2016 # expanded by the scripts
printf '#!/bin/sh\necho "$3|$8" >>%s/called\nexit 75\n' "$PWD" >bin/srun
printf '#!/bin/sh\necho "$@" >>%s/called\n' "$PWD" >bin/scontrol
chmod +x bin/srun bin/scontrol
try env PATH="$PWD/bin:$PATH" SLURM_JOB_ID=18 SLURM_ARRAY_JOB_ID=18 SLURM_ARRAY_TASK_ID=2 SLURM_CPUS_PER_TASK=4 \
	bash "$LRSWEEP_SOURCE/jobs/slurm-array.sbatch" a.cfg 'b c.cfg'
equal "its script puts this task back into the queue, and no other" "$status $(cat called)" "75 --kill-on-bad-exit=0|b c.cfg
requeue 18_2"

# The batch scripts with programs that only end with a status. What is told of SLURM's own part in it
# stands in test_slurm.
mkdir ending
# shellcheck disable=SC2016 # expanded by the script
printf '#!/bin/sh\nexit "$SAYS"\n' >ending/lrsweep
cp ending/lrsweep ending/srun
cp ending/lrsweep ending/mpirun
chmod +x ending/*
ln -s ../bin/scontrol ending
batch() { # SCRIPT STATUS [VARIABLE]...: its status, and what it asked SLURM for
	local script=$1 says=$2
	shift 2
	rm -f called
	env -u LRSWEEP PATH="$PWD/ending:$PATH" SAYS="$says" SLURM_JOB_ID=5 SLURM_ARRAY_JOB_ID=5 SLURM_ARRAY_TASK_ID=1 "$@" \
		bash "$LRSWEEP_SOURCE/jobs/$script" 'a b.cfg' c.cfg 2>&1
	echo "$?$([ ! -e called ] || cut -d_ -f1 called | sed 's/^/ /')"
}
for script in slurm.sbatch slurm-node.sbatch slurm-mpirun.sbatch slurm-array.sbatch; do
	equal "what finished or failed is not started again, what was interrupted or killed is ($script)" \
		"$(for says in 0 1 2 3 75 137; do batch "$script" "$says"; done | paste -sd,)" "0,1,2,3,75 requeue 5,137 requeue 5"
	equal "and that at most 100 times ($script)" "$(batch "$script" 75 SLURM_RESTART_COUNT=99), $(
		batch "$script" 137 SLURM_RESTART_COUNT=100)" "75 requeue 5, 137"
done
for number in 0 3; do
	equal "number $number of an array of two studies is refused" "$(batch slurm-array.sbatch 0 SLURM_ARRAY_TASK_ID=$number)" \
		"There is no study number $number: submit with --array=1-2 (there are 2).
2"
done
equal "an array's script that is submitted without numbers, too" "$(batch slurm-array.sbatch 0 SLURM_ARRAY_TASK_ID= | tail -n 1)" 2
try env PATH="$PWD/bin:$PATH" SLURM_JOB_ID=17 SQUEUE_SAYS="$PWD/ample" lrsweep run "$small" --out limit "${long[@]}" \
	--resume --deadline 1
equal "an earlier deadline of the user counts" "$status" 75
contains "and is told" "$err" "the time of this run (deadline) ends in 0:0"
try lrsweep run "$small" --out study "${long[@]}" --quiet --set 'run.deadline="1s"'
equal "so does one in the study" "$status" 75
try env PATH="$PWD/bin:$PATH" SLURM_JOB_ID=17 SQUEUE_SAYS="$PWD/silent" lrsweep run "$small" --out limit "${long[@]}" \
	--resume --quiet
equal "without an answer of squeue there is no limit" "$status" 0
table limit >found
check "and the search ends in the table of the undisturbed one (limit)" diff expected found
try lrsweep run "$small" --out never --deadline soon
equal "a deadline that is no time is refused" "$status" 2
contains "with what is allowed" "$err" '--deadline: found "soon"; allowed: a time from the start'
try lrsweep check "$small" --set 'run.deadline="25:00"'
equal "one in the study, too" "$status" 2
contains "with its place" "$err" 'run.deadline: found "25:00"; allowed: '

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
