# test_kills.sh - SIGKILL at random instants: to a trainer, to a worker rank, to the whole job, bare
# and under mpirun. A synchronous search ends in the table of an undisturbed run, bit for bit; of an
# asynchronous one no result that was in the study is lost.
#
# KILL_ROUNDS: kills of each kind [1]; KILL_SEED: of the instants [1]. 300 rounds take some hours.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh"
study=$LRSWEEP_SOURCE/tests/fault/kills.cfg
rounds=${KILL_ROUNDS:-1}
RANDOM=${KILL_SEED:-1}

# How a job is started, and how many ranks it has. Recovery: the others go on when a rank dies.
recovering=(mpirun --enable-recovery --mca btl "vader,self" --bind-to none)
launch() { # RANKS [OPTION]...: starts it in a process group of its own, leaves its number in $job
	local ranks=$1 command=()
	shift
	[ "$ranks" = 1 ] || command=("${recovering[@]}" -n "$ranks")
	setsid "${command[@]}" lrsweep run "$study" --out dir --quiet --trainers $((ranks == 1 ? 2 : 1)) \
		--set search.scheduler="$scheduler" "$@" >stdout.txt 2>stderr.txt &
	job=$!
}
# Sleeps for up to so many milliseconds.
instant() { # MOST
	local ms=$((RANDOM % $1))
	sleep "$((ms / 1000)).$(printf '%03d' $((ms % 1000)))"
}
in_job() { # PATTERN: processes of the job
	pgrep -g "$job" -f "$1"
}
# Read-only: sqlite3 would make a file that is not there yet.
query() { sqlite3 -readonly dir/study.db "$1" 2>/dev/null; }
results() { query 'select trial, attempt, step, value from event where kind = "done" order by seq'; }

# Goes on until the study is finished; killed on the way if asked for.
until_finished() { # RANKS KILL
	local left=12
	while :; do
		[ "$2" = no ] || { instant 1500; kill -KILL -- "-$job" 2>/dev/null; }
		wait "$job"
		[ "$(query 'select value from study where key = "status"')" != finished ] || return 0
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		results >before
		launch "$1" --resume
		# The last runs are left alone.
		[ "$left" -gt 6 ] || set -- "$1" no
	done
}
victim() { # PATTERN: one of the job's processes, by chance; not the first, if there are several
	in_job "$1" | tail -n +"${2:-1}" | shuf -n 1 --random-source=<(yes "$RANDOM")
}

round() { # TARGET RANKS
	rm -rf dir before
	: >before
	launch "$2"
	case $1 in
	trainer)
		instant 1500
		kill -KILL "$(victim "^$LRSWEEP_BIN/lrsweep-trainer")" 2>/dev/null
		until_finished "$2" no
		;;
	rank)
		instant 1500
		# The first is rank 0.
		kill -KILL "$(victim '^lrsweep run' 2)" 2>/dev/null
		until_finished "$2" no
		;;
	job) until_finished "$2" yes ;;
	esac || { echo "the study is not finished: $(tail -n 3 stderr.txt)"; return; }
	if [ "$scheduler" = sha ]; then
		table dir >found
		diff expected found >difference || echo "another table: $(head -n 5 difference)"
	else
		results >after
		# What was there before the last start is there still.
		head -n "$(wc -l <before)" after | cmp -s - before || echo "results are lost"
	fi
	sleep 0.1
	[ -z "$(in_job lrsweep-trainer)" ] || echo "a trainer is left"
}

for scheduler in sha asha; do
	rm -rf dir
	launch 1
	wait "$job"
	equal "the undisturbed search ends with status 0 ($scheduler)" $? 0
	table dir >expected
	for target in trainer rank job; do
		for ranks in 1 2 4; do
			[ "$target $ranks" != "rank 1" ] || continue # that is the whole job
			wrong=
			for ((i = 0; i < rounds; i++)); do wrong+=$(round "$target" "$ranks"); done
			equal "$rounds kills of a $target of $ranks ranks, $scheduler: nothing is lost" "$wrong" ""
		done
	done
done
plan
