# test_schedulers.sh - every scheduler from end to end: whole, under mpirun, and killed and resumed.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1

cat >spirals.cfg <<'CFG'
study  = { name = "spirals"; seed = 2; };
data   = { format = "spirals"; arms = 3; validation = 0.2; };
model  = { layers = ( { type = "dense"; units = 32; activation = "tanh"; },
                      { type = "dense"; units = 32; activation = "tanh"; }, { type = "dense"; units = 3; } ); };
train  = { batch_size = 32; optimizer = "sgd"; };
space  = { lr = { log_uniform = [1.0e-3, 1.0]; }; momentum = { uniform = [0.0, 0.95]; };
           schedule = ( { type = "constant"; }, { type = "cosine"; } ); };
search = { candidates = 12; scheduler = "sha"; min_budget = 300; max_budget = 2700; interval = 300;
           unit = "steps"; };
CFG

# Without a sound study nothing below means anything.
try lrsweep check spirals.cfg --set search.scheduler=hyperband --set search.candidates=17
if [ "$status" -ne 0 ]; then
	not_ok "the study is sound" "$err"
	plan
	exit 1
fi
contains "check prints brackets and rungs" "$out" "# bracket 2, rung 1: 5 candidates, to 900 steps"

# What summary.json says against the trials themselves.
sums() { # DIR
	equal "$1: the steps add up" "$(jq .budget.steps_trained "$1/summary.json")" \
		"$(sqlite3 "$1/study.db" 'select sum(step - begun) from trial')"
	equal "$1: the states add up" "$(jq '[.counts[]] | add' "$1/summary.json")" \
		"$(sqlite3 "$1/study.db" 'select count(*) from trial')"
	equal "$1: every candidate entered a first rung" \
		"$(jq '[.rungs | group_by(.bracket)[] | .[0].candidates] | add' "$1/summary.json")" 12
	equal "$1: who was stopped is told why" \
		"$(sqlite3 "$1/study.db" 'select count(*) from trial where state = "stopped" and message = ""')" 0
}

run_all() { # NAME SYNCHRONOUS OPTION...
	local name=$1 synchronous=$2
	shift 2
	try lrsweep run spirals.cfg --out "$name" --quiet --trainers 2 "$@"
	equal "$name ends with status 0" "$status" 0
	sums "$name"
	try mpirun --bind-to none -n 2 lrsweep run spirals.cfg --out "$name-mpi" --quiet --trainers 1 "$@"
	equal "$name ends with status 0 under mpirun" "$status" 0
	sums "$name-mpi"
	lrsweep run spirals.cfg --out "$name-killed" --quiet --trainers 2 "$@" >"$name.out" 2>&1 &
	check "$name got under way" wait_for "$name-killed" 'select count(*) > 20 from event'
	sed "s/^/# /" "$name.out"
	kill -KILL $!
	wait $! 2>/dev/null
	try lrsweep run spirals.cfg --out "$name-killed" --quiet --trainers 2 --resume "$@"
	equal "$name goes on after a crash" "$status" 0
	sums "$name-killed"
	[ "$synchronous" = yes ] || return
	equal "$name: the table does not depend on ranks" "$(table "$name-mpi")" "$(table "$name")"
	equal "$name: nor on a crash" "$(table "$name-killed")" "$(table "$name")"
}

run_all none yes --set search.scheduler=none
run_all sha yes
run_all asha no --set search.scheduler=asha
run_all stopping no --set search.scheduler=asha --set search.variant=stopping
run_all hyperband yes --set search.scheduler=hyperband
run_all brackets no --set search.scheduler=hyperband --set search.asynchronous=true
run_all median no --set search.scheduler=median
run_all pbt yes --set search.scheduler=pbt
run_all population no --set search.scheduler=pbt --set search.asynchronous=true

equal "a copy goes on from where its parent was" \
	"$(sqlite3 pbt/study.db 'select count(*) > 0 and min(begun) > 0 from trial where parent is not null')" 1
contains "what it replaced is told" \
	"$(sqlite3 pbt/study.db 'select message from trial where state = "stopped" limit 1')" "by a copy of trial "
equal "no checkpoint is left behind" "$(find . -path '*checkpoints/*' -type f | wc -l)" 0

plan
