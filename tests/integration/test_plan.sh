# test_plan.sh - what a search will cost, told before it starts.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
# 9 candidates for 300 steps, 3 for 900, 1 for 2,700; an epoch has 59,000 / 32 = 1,843 steps.
cost() { # JQ-FILTER OPTION...
	local filter=$1
	shift
	lrsweep plan "$small" --json "$@" 2>&1 | jq -c "$filter"
}

try lrsweep plan "$small" --trainers 2 --seconds-per-epoch 18.43
equal "a plan ends with status 0" "$status" 0
contains "it tells the wall time" "$out" "on 2 trainers: about"
contains "it says that the rate was told" "$out" "18.43 s, as told"
contains "it says what is assumed of divergence" "$out" "No candidate is taken to diverge"
equal "it says nothing on standard error" "$err" ""
equal "and leaves nothing behind" "$(find . -mindepth 1 ! -name 'std*.txt')" ""

equal "a halving's rungs and steps are those of the paper" \
	"$(cost '[.rungs[] | [.budget, .candidates, .steps]]')" "[[300,9,2700],[900,3,1800],[2700,1,1800]]"
# 10 ms a step. Two trainers, in turns: 9 x 3 s take 13.5 s, 3 x 6 s 9 s, the last 18 s. On four, the
# turns of the first rung would have fewer than 100 steps: three rounds of 3 s, then 6 s and 18 s.
equal "and so is its time on two trainers" \
	"$(cost '.wall_time * 100 | round' --trainers 2 --seconds-per-epoch 18.43)" 4050
equal "twice and half the trainers stand beside it" \
	"$(cost '[.cases[] | [.trainers, (.wall_time * 100 | round)]]' --trainers 2 --seconds-per-epoch 18.43)" \
	"[[1,6300],[2,4050],[4,3300]]"
equal "one trainer has no half" "$(cost '[.cases[].trainers]' --trainers 1)" "[1,2]"
equal "without a rate, time is counted in epochs" \
	"$(cost '[.time_unit, (.wall_time * 1843 | round)]' --trainers 1)" '["epochs",6300]'
equal "finalists and repeats are counted" \
	"$(cost '[.rungs[-1] | .finals, .candidates, .steps]' --set search.finalists=1 --set search.repeats=2)" \
	"[true,2,5400]"
equal "total_epochs ends the search" \
	"$(cost '.cases[0].steps < 3700' --trainers 1 --set search.total_epochs=1.0)" true
equal "wall_time ends the search" \
	"$(cost '.wall_time * 100 | round' --trainers 1 --seconds-per-epoch 18.43 --set search.wall_time=20.005)" 2001
equal "a target that may end it is named" \
	"$(cost '.may_end_earlier_by' --set search.target=0.1)" '["target"]'
equal "candidates that diverge save steps" \
	"$(cost '.diverged > 0 and .cases[0].steps < 6300' --diverging 0.5)" true
equal "candidates of a searched batch size have their own steps" \
	"$(cost '[.rungs[0].epochs, .rungs[0].steps != 16587]' --set search.unit=epochs --set search.min_budget=1.0 \
		--set search.max_budget=9.0 --set train.batch_size= --set 'space.batch_size={choice=(16,64);}')" "[9,true]"

touch before-the-probe
try lrsweep plan "$small" --probe --trainers 2 --json
equal "a probe ends with status 0" "$status" 0
equal "it measures all costs" "$(jq -c '.rate | [.source, .epoch_s > 0, .validation_s > 0, .fresh_s > 0,
	.resume_s > 0, .start_s > 0]' <<<"$out")" '["measured",true,true,true,true,true]'
# Others may be probing at this moment: what they made goes away, what was left behind does not.
for _ in $(seq 100); do
	left=$(find /tmp -maxdepth 1 -name 'lrsweep-plan.*' -newer before-the-probe)
	[ -n "$left" ] || break
	sleep 0.2
done
equal "and leaves no checkpoints" "$left" ""

refused() { # SENTENCE PART OPTION...
	local sentence=$1 part=$2
	shift 2
	try lrsweep plan "$@"
	case "$status $err $out" in "2 "*"$part"*" ") ok "$sentence" ;; *) not_ok "$sentence" "$status" "$err" ;; esac
}
refused "a plan without a study is refused" "expected one study file"
refused "no trainers are refused" "--trainers 0" "$small" --trainers 0
refused "half a trainer is refused" "--trainers 1.5" "$small" --trainers 1.5
refused "a number of trainers beyond reason is refused" "from 1 to" "$small" --trainers 1000000000000
refused "an epoch that takes no time is refused" "--seconds-per-epoch 0" "$small" --seconds-per-epoch 0
refused "an epoch of a time that is no number is refused" "--seconds-per-epoch nan" "$small" --seconds-per-epoch nan
refused "a share above one is refused" "--diverging 1.5" "$small" --diverging 1.5
refused "a rate cannot be both told and measured" "exclude each other" "$small" --probe --seconds-per-epoch 1
refused "what check refuses, plan refuses" "search.eta" "$small" --set search.eta=1
refused "what the trainer refuses, plan refuses" "train.batch_size" "$small" --set train.batch_size=60000
plan
