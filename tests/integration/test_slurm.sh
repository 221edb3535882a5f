# test_slurm.sh - the batch scripts of jobs/ on a SLURM cluster of three virtual nodes: whatever ends
# a job, the study is finished with no manual step and in the table of an undisturbed search.
#
# SLURM_ROUNDS: further jobs that are hit at random instants, the first node's death among them [0; about
# half a minute each]; SLURM_SEED: of the instants [1].
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/support/cluster.sh"
cluster_enter "$0" slurm
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
jobs=$LRSWEEP_SOURCE/jobs
export LRSWEEP=$LRSWEEP_BIN/lrsweep
cp "$LRSWEEP_SOURCE/tests/fault/kills.cfg" study.cfg # a worker that says nothing for 5 s is lost
options=(--set search.min_budget=40000 --set search.max_budget=360000 --trainers 1) # to be hit in the middle

slurm_up 3 || { not_ok "a cluster of three virtual nodes starts"; plan; exit 1; }
ok "a cluster of three virtual nodes starts"

lrsweep run study.cfg --out whole --quiet "${options[@]}" >whole.out
equal "the undisturbed search ends with status 0" $? 0
table whole >expected

holds() { # DIR SQL
	[ "$(sqlite3 -readonly "$1/study.db" "$2" 2>/dev/null)" = 1 ]
}
job_says() { # JOB FIELD: JobState, Restarts, ExitCode ...
	scontrol show job "$1" | grep -oE "(^| )$2=[^ ]*" | head -n 1 | cut -d= -f2
}
has_ended() { # JOB
	case $(job_says "$1" JobState) in COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL) ;; *) false ;; esac
}
declare -A job # by the study's directory
submit() { # DIR SCRIPT [OPTION of sbatch]...
	local dir=$1 script=$2
	shift 2
	job[$dir]=$(sbatch --parsable --output="$dir.log" --cpus-per-task=1 "$@" "$jobs/$script" study.cfg \
		--out "$dir" "${options[@]}")
}
under_way() { # DIR: ranks on other nodes train too
	check "the search got under way ($1)" patiently 120 holds "$1" \
		'select count(*) > 0 from event where kind = "assigned" and worker > 0'
}
# Waits for the job's end; it and its study are to be whole.
finish() { # DIR RESTARTS (any: as many as there were)
	local number=${job[$1]}
	check "job $1 ends" patiently 200 has_ended "$number"
	equal "job $1 is completed" "$(job_says "$number" JobState)" COMPLETED
	[ "$2" = any ] || equal "it was started again as often as needed ($1)" "$(job_says "$number" Restarts)" "$2"
	table "$1" >found
	check "the table is that of the undisturbed search ($1)" diff expected found
	equal "no result of $1 was counted twice" "$(sqlite3 "$1/study.db" \
		'select count(*) from (select 1 from event where kind = "done" group by trial, step having count(*) > 1)')" 0
}
trainers_of() { # DIR: how many there were at once
	sqlite3 "$1/study.db" 'select value from study where key = "trainers"'
}

# --- a word from outside; all of these at the same time ------------------------------------------------
# The first time a prologue took most of the minute that the job has.
cat >limited.sbatch <<-END
	#!/bin/bash
	[ "\${SLURM_RESTART_COUNT:-0}" -gt 0 ] || sleep 40
	exec bash $jobs/slurm.sbatch "\$@"
END
job[limited]=$(sbatch --parsable --output=limited.log --time=1 --requeue --open-mode=append \
	--nodelist=node1 limited.sbatch study.cfg --out limited --trainers 1 --set search.candidates=2 \
	--set 'search.scheduler="none"' --set search.max_budget=4000000)
submit told slurm.sbatch --nodes=3
submit requeued slurm.sbatch --nodes=3
submit forwarded slurm-mpirun.sbatch --nodes=3
submit dropped slurm.sbatch --nodes=3
under_way told
scancel --signal=USR1 "${job[told]}"
under_way requeued
scontrol requeue "${job[requeued]}"
under_way forwarded
scancel --batch --signal=USR1 "${job[forwarded]}"
under_way dropped
scancel "${job[dropped]}"

# --- the same table, however the ranks are started -----------------------------------------------------
submit srun slurm.sbatch --nodes=3
submit mpirun slurm-mpirun.sbatch --nodes=3
submit node slurm-node.sbatch
for name in a b; do sed "s/name = \"kills\"/name = \"$name\"/" study.cfg >"$name.cfg"; done
sbatch --quiet --array=1-3 --cpus-per-task=1 --output=array-%a.log "$jobs/slurm-array.sbatch" a.cfg b.cfg
mapfile -t chain < <(SBATCH_OUTPUT=chain-%j.log "$jobs/slurm-chain" 3 --cpus-per-task=1 "$jobs/slurm-node.sbatch" \
	study.cfg --out chain "${options[@]}")
check "the search got under way (chain)" patiently 120 holds chain 'select count(*) > 2 from event'
scancel --batch --signal=USR1 "${chain[0]}"

finish srun 0
equal "all three nodes train under srun" "$(trainers_of srun)" 3
finish mpirun 0
equal "all three nodes train under mpirun" "$(trainers_of mpirun)" 3
finish node 0
finish told 1
equal "no trainer died of the signal" "$(sqlite3 told/study.db \
	'select count(*) from event where kind = "lost"')" 0
finish requeued 1
finish forwarded 1
check "a job that its user cancels ends" patiently 30 has_ended "${job[dropped]}"
equal "and is not started again" "$(job_says "${job[dropped]}" JobState)" CANCELLED
equal "its study can be gone on with" \
	"$(sqlite3 dropped/study.db 'select value from study where key = "status"')" interrupted

for name in a b; do
	check "study $name of the array ends" patiently 120 holds "results/$name" \
		'select value = "finished" from study where key = "status"'
done
contains "a number without a study is refused" "$(cat array-3.log)" "There is no study number 3"
check "the chain's second link ends" patiently 120 has_ended "${chain[1]}"
equal "the first ended with 75" "$(job_says "${chain[0]}" ExitCode)" 75:0
equal "the second went on to the end" "$(job_says "${chain[1]}" ExitCode)" 0:0
check "the third is dropped" patiently 30 has_ended "${chain[2]}"
check "without having run" test ! -e "chain-${chain[2]}.log"
table chain >found
check "the table is that of the undisturbed search (chain)" diff expected found

check "the job that ran into its time limit ends" patiently 200 has_ended "${job[limited]}"
equal "it is completed" "$(job_says "${job[limited]}" JobState)" COMPLETED
check "not in its first start" test "$(job_says "${job[limited]}" Restarts)" -ge 1
contains "it stopped before the limit" "$(cat limited.log)" "Interrupted: "
equal "and lost no attempt" "$(sqlite3 limited/study.db \
	'select count(*) from event where kind = "lost"')" 0

# --- a job with more rights ----------------------------------------------------------------------------
submit preempted slurm.sbatch --nodes=3 --partition=spare
under_way preempted
sbatch --quiet --output=/dev/null --nodes=3 --exclusive --wrap "sleep 1"
finish preempted 1
equal "preemption lost no attempt" "$(sqlite3 preempted/study.db \
	'select count(*) from event where kind = "lost"')" 0

# --- a node dies ---------------------------------------------------------------------------------------
submit widowed slurm.sbatch --nodes=3
submit bereft slurm-mpirun.sbatch --nodes=2-3
for name in widowed bereft; do
	check "a trial runs on the node that is to die ($name)" patiently 120 holds $name \
		'select count(*) > 0 from trial where state = "running" and worker = 1'
done
node_crash 2
finish widowed 0
equal "the summary says which worker was lost" "$(jq -c '.losses | map([.rank, .host, .trainers])' \
	widowed/summary.json)" '[[1,"node2",1]]'
contains "and the log too" "$(cat widowed.log)" "rank 1 on node2 (1 trainer): "
finish bereft 1
equal "mpirun is not left behind" "$(on_node 1 pgrep -c mpirun)" 0

# --- at random instants --------------------------------------------------------------------------------
RANDOM=${SLURM_SEED:-1}
[ "${SLURM_ROUNDS:-0}" = 0 ] || slurm_node_up 2
for ((round = 1; round <= ${SLURM_ROUNDS:-0}; round++)); do
	check "all nodes are there (round $round)" patiently 120 slurm_idle 3
	submit "round$round" slurm.sbatch --nodes=3
	under_way "round$round"
	sleep "$((RANDOM % 4)).$((RANDOM % 10))"
	case $((RANDOM % 4)) in
	0) scancel --signal=USR1 "${job[round$round]}" ;;
	1) scontrol requeue "${job[round$round]}" ;;
	*)
		node=$((1 + RANDOM % 3))
		node_crash $node
		sleep $((RANDOM % 12))
		slurm_node_up $node
		;;
	esac
	finish "round$round" any
done
plan
