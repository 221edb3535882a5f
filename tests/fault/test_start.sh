# test_start.sh - ranks that die or hang after MPI has started and before the search has: the others
# do not wait for them. What takes three minutes takes four seconds here.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
inject=$LRSWEEP_BIN/../tests/libfault_inject.so
seconds=4

# Rank 0 shares nothing before its trainer has answered, which waits here for the file `go`.
mkdir bin
cp "$LRSWEEP_BIN/lrsweep" bin/
# shellcheck disable=SC2016 # expanded by the trainer
printf '#!/bin/bash\nuntil [ -e "$GO" ]; do sleep 0.1; done\nexec "%s/lrsweep-trainer"\n' "$LRSWEEP_BIN" >bin/lrsweep-trainer
chmod +x bin/lrsweep-trainer

start() { # NAME OPTION...: three ranks, as $job, that have met in MPI and wait for rank 0
	local name=$1
	shift
	GO=$TEST_DIR/$name.go timeout 60 mpirun "$@" --mca btl "vader,self" --mca btl_vader_backing_directory "$TEST_DIR" \
		-x LD_PRELOAD="$inject" -x FAULT_HASTE=$((180 / seconds)) -n 3 \
		"$TEST_DIR/bin/lrsweep" run "$small" --out "$name" --trainers 1 --quiet >"$name.out" 2>"$name.err" &
	job=$!
	sleep $((seconds + 1))
}
rank_of_job() { # NAME RANK: its process id
	local pid
	for pid in $(pgrep -f "^$TEST_DIR/bin/lrsweep run .*--out $1 "); do
		tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$2" && echo "$pid"
	done
}
gave_up() { # NAME
	touch "$1.go"
	wait "$job"
	status=$?
	contains "that the ranks did not meet is told ($1)" "$(cat "$1.err")" "the ranks of this job did not all start"
	equal "nobody is left behind ($1)" "$(pgrep -c -f "^$TEST_DIR/bin/lrsweep run .*--out $1 ")" 0
}

start killed --enable-recovery
kill -KILL "$(rank_of_job killed 2)"
gave_up killed

start stopped
kill -STOP "$(rank_of_job stopped 2)"
gave_up stopped
equal "without recovery mpirun ends with the status that says: again" "$status" 75

# --- nobody dies: rank 0 may take longer than that -----------------------------------------------------
start slow
touch slow.go
wait "$job"
equal "a trainer may take longer to accept the study than ranks to meet" "$?" 0
plan
