# test_kills.sh - SIGKILL at random instants: to a trainer, to a worker rank, to the whole job, bare
# and under mpirun. A synchronous search ends in the table of an undisturbed run, bit for bit; of an
# asynchronous one no result that was in the study is lost.
#
# KILL_ROUNDS: kills of each kind [1]; KILL_SEED: of the instants [1]; KILL_TARGETS: what is killed
# [trainer rank job]; KILL_SCHEDULERS: of the searches [sha asha], pbt too, whose trials branch. 75
# rounds are 300 kills of a rank for each two schedulers, and take some hours.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
study=$LRSWEEP_SOURCE/tests/fault/kills.cfg
rounds=${KILL_ROUNDS:-1}
read -ra targets <<<"${KILL_TARGETS:-trainer rank job}"
read -ra schedulers <<<"${KILL_SCHEDULERS:-sha asha}"
# Bash seeds RANDOM anew in a subshell: whatever draws from it is to run in this one.
RANDOM=${KILL_SEED:-1}

# How a job is started, and how many ranks it has. Recovery: the others go on when a rank dies.
# What is killed leaves its shared memory; in TEST_DIR it goes with it.
recovering=(mpirun --enable-recovery --mca btl "vader,self" --mca btl_vader_backing_directory "$TEST_DIR"
	--bind-to none)
# Starts it in a session of its own, whose number is left in $job. mpirun and lrsweep give whatever
# they start a process group of its own, but leave it in the session.
launch() { # RANKS [OPTION]...
	local ranks=$1 command=()
	shift
	[ "$ranks" = 1 ] || command=("${recovering[@]}" -n "$ranks")
	setsid "${command[@]}" lrsweep run "$study" --out dir --quiet --trainers $((ranks == 1 ? 2 : 1)) \
		--set search.scheduler="$scheduler" --set search.interval=10000 --set run.heartbeat_timeout=2.0 \
		"$@" >stdout.txt 2>stderr.txt &
	job=$!
}
# Sleeps for up to so many milliseconds.
instant() { # MOST
	local ms=$((RANDOM % $1))
	sleep "$((ms / 1000)).$(printf '%03d' $((ms % 1000)))"
}
# Read-only: sqlite3 would make a file that is not there yet.
query() { sqlite3 -readonly dir/study.db "$1" 2>/dev/null; }
results() { query 'select trial, attempt, step, value from event where kind = "done" order by seq'; }

# Kills one of the job's processes, by chance, but none of the first ones.
strike() { # PATTERN SPARED
	local found
	mapfile -t found < <(pgrep -s "$job" -f "$1" | tail -n +"$(($2 + 1))")
	[ "${#found[@]}" -gt 0 ] || return 0 # the search was over
	kill -KILL "${found[RANDOM % ${#found[@]}]}" 2>/dev/null && hits=$((hits + 1))
}
# Kills all that the job is made of, mpirun first: nobody is left to clean up.
strike_job() {
	local all
	mapfile -t all < <(pgrep -s "$job")
	[ "${#all[@]}" -gt 0 ] || return 0
	kill -KILL "${all[@]}" 2>/dev/null && hits=$((hits + 1))
}
# Waits for the job, and for what outlives its first process for an instant; not for the dead that
# nobody has buried.
job_ends() {
	local left=50
	wait "$job"
	while pgrep -r D,R,S,T -s "$job" >/dev/null; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "left: $(pgrep -r D,R,S,T -a -s "$job")"; return; }
		sleep 0.1
	done
}

# Goes on until the study is finished; killed on the way if asked for.
until_finished() { # RANKS KILL
	local left=12
	while :; do
		[ "$2" = no ] || { instant "$duration"; strike_job; }
		job_ends
		[ "$(query 'select value from study where key = "status"')" != finished ] || return 0
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		results >before
		launch "$1" --resume
		# The last runs are left alone.
		[ "$left" -gt 6 ] || set -- "$1" no
	done
}

round() { # TARGET RANKS: prints what is wrong
	rm -rf dir before
	: >before
	launch "$2"
	case $1 in
	trainer)
		instant "$duration"
		strike "^$LRSWEEP_BIN/lrsweep-trainer" 0
		until_finished "$2" no
		;;
	rank)
		# A rank that dies before MPI has started is the launcher's affair.
		wait_for dir 'select count(*) > 0 from event where kind = "assigned"'
		instant "$((duration / 2))"
		# The first is rank 0.
		strike '^lrsweep run' 1
		until_finished "$2" no
		;;
	job) until_finished "$2" yes ;;
	esac || { echo "the study is not finished: $(tail -n 3 stderr.txt)"; return; }
	if [ "$scheduler" != asha ]; then
		table dir >found
		diff expected found >difference || echo "another table: $(head -n 5 difference)"
	else
		results >after
		# What was there before the last start is there still.
		head -n "$(wc -l <before)" after | cmp -s - before || echo "results are lost"
	fi
}

for scheduler in "${schedulers[@]}"; do
	rm -rf dir
	begun=${EPOCHREALTIME/./}
	launch 1
	wait "$job"
	equal "the undisturbed search ends with status 0 ($scheduler)" $? 0
	duration=$(((${EPOCHREALTIME/./} - begun) / 1000)) # milliseconds
	table dir >expected
	for target in "${targets[@]}"; do
		hits=0
		for ranks in 1 2 4; do
			[ "$target $ranks" != "rank 1" ] || continue # that is the whole job
			: >wrong
			for ((i = 0; i < rounds; i++)); do round "$target" "$ranks" >>wrong; done
			equal "$rounds kills of a $target of $ranks ranks, $scheduler: nothing is lost" "$(cat wrong)" ""
		done
		# Few instants may all come too early or too late.
		: >wrong
		for ((i = 0; i < 20 && hits == 0; i++)); do round "$target" 2 >>wrong; done
		[ "$i" = 0 ] || equal "$i more: nothing is lost" "$(cat wrong)" ""
		check "$hits times a $target was hit ($scheduler)" test "$hits" -gt 0
	done
done
plan
