# test_find.sh - the learning-rate range test, through the command line.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
small=$LRSWEEP_SOURCE/tests/integration/small.cfg

try lrsweep find "$small" --out bare --trainers 1
equal "a range test ends with status 0" "$status" 0
contains "it says where to search" "$out" "Search lr between "
contains "it draws the curve's axis" "$out" "1e-05"
contains "it tells the edge" "$out" "edge "
contains "progress goes to standard error" "$err" "rung 1 of 1"
equal "DIR holds the curve and the test's own study" "$(cd bare && echo * find/*)" \
	"find find.json find/checkpoints find/study.db"
equal "no checkpoint is left behind" "$(find bare/find/checkpoints -type f | wc -l)" 0
equal "every step of every seed is in the study" \
	"$(sqlite3 bare/find/study.db 'select count(*), count(distinct trial) from report')" "1200|4"
equal "the seeds differ" "$(sqlite3 bare/find/study.db 'select count(distinct seed) from trial')" 4
equal "the test set is not looked at" \
	"$(sqlite3 bare/find/study.db "select count(*) from study where key in ('test_loss', 'test_accuracy')")" 0
try lrsweep status bare/find
contains "its study is known as a range test" "$status $out" "0 A range test of lrsweep find"
equal "and recommends no rate" "$(grep -c 'Recommended\|tried' <<<"$out") $(
	lrsweep status bare/find --json | jq -c '[.best, .stable_lr]')" "0 [null,null]"
check "the curve has a loss for each rate" jq -e \
	'(.lr | length) == 300 and (.seeds | length) == 4 and all(.seeds[]; (.loss | length) == 300)' \
	bare/find.json
check "the first and the last rate are those asked for" jq -e \
	'.lr[0] == 1e-7 and (.lr[299] - 10 | fabs) < 1e-6' bare/find.json
check "the recommendation lies between the bounds, below the edge" jq -e \
	'.bounds[0] < .recommended and .recommended < .suggestions.edge.lr
	 and .suggestions.edge.lr <= .bounds[1] and .bounds[1] < 10' bare/find.json
check "an interval holds its median" jq -e \
	'all(.suggestions[]; .lowest <= .lr and .lr <= .highest)' bare/find.json

try lrsweep find "$small" --out json --json --quiet --trainers 4
equal "--json prints find.json" "$(jq -S . <<<"$out")" "$(jq -S . json/find.json)"
equal "--quiet keeps standard error empty" "$err" ""
equal "the result does not depend on the number of trainers" \
	"$(jq -S . json/find.json)" "$(jq -S . bare/find.json)"
try mpirun -n 2 "$LRSWEEP_BIN/lrsweep" find "$small" --out ranks --trainers 1 --quiet
equal "mpirun -n 2 ends with status 0" "$status" 0
equal "nor on the number of ranks" "$(jq -S . ranks/find.json)" "$(jq -S . bare/find.json)"
equal "every rank trained" \
	"$(sqlite3 ranks/find/study.db 'select count(distinct worker) from event where kind = "done"')" 2
try lrsweep find "$small" --out bare --quiet --seeds 1 --steps 200
equal "a second test replaces the first" "$(jq '.seeds | length' bare/find.json)" 1
try lrsweep run "$small" --out bare --quiet --set search.candidates=2 --set search.max_budget=300
equal "a search may use the same DIR" "$status" 0

# What --write-space prints takes the place of the study's own space.
try lrsweep find "$small" --out space --quiet --write-space
{
	sed '/^space/,/} ); };$/d' "$small"
	cat stdout.txt
} >new.cfg
try lrsweep check new.cfg --json
equal "--write-space prints a piece of a study file" "$status" 0
equal "with the bounds found" "$(jq -c .space.lr.log_uniform <<<"$out")" \
	"$(jq -c .bounds space/find.json)"
equal "and the study's schedules" "$(jq -c '[.space.schedule[].type]' <<<"$out")" \
	'["constant","cosine","step"]'

try lrsweep find "$small" --quiet --set train.momentum= --set 'space.momentum={uniform=[0.5,0.9];}' \
	--set train.batch_size= --set 'space.batch_size={choice=[32,128];}'
equal "what space searches may stand still (status)" "$status" 0
contains "and the output says at what value" "$(tr '\n' ' ' <<<"$out")" \
	"stood still: batch_size = 32, momentum = 0.7."
equal "DIR is results/NAME by default" "$(jq -r .study results/small/find.json)" small

# Least squares: the edge is 2 (1 + momentum) / lambda_max.
cat >quadratic.cfg <<-'END'
	study = { name = "quadratic"; metric = "train_loss"; };
	data = { format = "quadratic"; };
	model = { layers = ( { type = "dense"; units = 1; bias = false; } ); loss = "squared_error"; };
	train = { batch_size = 0; };
	space = { lr = 1.0; };
	search = { candidates = 1; scheduler = "none"; max_budget = 1.0; };
END
for case in "2 0.5 2 0" "10 0.1 1 0" "10 0.1 1 0.9" "50 1e-4 3 0" "50 1e-4 3 0.5" "50 1e-4 3 0.9" \
	"100 1e-6 100 0" "100 1e-6 100 0.9" "300 0.01 10 0.9"; do
	read -r dimensions low high momentum <<<"$case"
	lrsweep find quadratic.cfg --quiet --json --set data.dimensions="$dimensions" \
		--set data.lambda_min="$low" --set data.lambda_max="$high" \
		--set train.momentum="$momentum" >quadratic.json
	check "the edge is within a factor 1.5 of the truth ($dimensions dimensions, curvatures $low to \
$high, momentum $momentum)" jq -e ".suggestions.edge.lr / (2 * (1 + $momentum) / $high) |
		. > 1 / 1.5 and . < 1.5" quadratic.json
done

# Nothing to suggest.
nothing() { # SENTENCE PART OPTION...
	local sentence=$1 part=$2
	shift 2
	try lrsweep find quadratic.cfg --out nothing --quiet "$@"
	equal "$sentence: status 3" "$status" 3
	contains "$sentence: the reason, and what to try" "$out" "$part"
}
nothing "a start that diverges" "(--from " --set data.lambda_max=1e9 --set data.lambda_min=1e6
again=$(grep -o -e '--from [^ ]* --to [^ ).]*' <<<"$(tr '\n' ' ' <stdout.txt)")
# shellcheck disable=SC2086 # options and their values
try lrsweep find quadratic.cfg --out again --quiet --json --set data.lambda_max=1e9 \
	--set data.lambda_min=1e6 $again
check "the bounds that are named find the edge" jq -e \
	'.suggestions.edge.lr / 2e-9 | . > 1 / 1.5 and . < 1.5' again/find.json
nothing "rates that are all too low" "(--to 1e-06)" --to 1e-9 --from 1e-12
try lrsweep find quadratic.cfg --out nothing --quiet --write-space --to 1e-9 --from 1e-12
equal "--write-space prints nothing where there is nothing to suggest" "$status-$out" 3-
contains "but says why" "$err" "neither fell nor rose"

refused() { # SENTENCE PART OPTION...
	local sentence=$1 part=$2
	shift 2
	try lrsweep find "$small" --out refused "$@"
	equal "$sentence: status 2, nothing is made" "$status-$(ls -d refused 2>/dev/null)" 2-
	contains "$sentence: what is allowed" "$err" "$part"
}
refused "too few steps" "from 30 to" --steps 5
refused "no rate" "a number above 0" --from zero
refused "bounds in the wrong order" "is not below" --from 1 --to 0.1
refused "no seeds" "from 1 to 64" --seeds 0
refused "a wrong study" "did you mean" --set train.momentun=0.5

env --default-signal=INT lrsweep find "$small" --out cut --quiet --steps 10000 --seeds 64 --to 0.1 \
	>cut.out 2>&1 &
left=500
until [ "$(sqlite3 cut/find/study.db 'select count(*) > 0 from event' 2>/dev/null)" = 1 ] ||
	[ "$left" = 0 ]; do
	left=$((left - 1))
	sleep 0.02
done
kill -INT $!
wait $!
equal "SIGINT ends a range test with status 75" $? 75
equal "it leaves a sound study that says interrupted" \
	"$(sqlite3 cut/find/study.db "pragma integrity_check; select value from study where key = 'status'")" \
	"ok
interrupted"
equal "and no find.json" "$(ls cut)" find
try lrsweep find "$small" --out cut --quiet
equal "the next test starts afresh" "$status $(find cut/find/checkpoints -type f | wc -l)" "0 0"

plan
