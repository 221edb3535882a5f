# test_run.sh - whole searches on real data, through the command line.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
own_data
small=$TEST_DIR/small.cfg
sed "s|/usr/share/datasets/fashion-mnist|$TEST_DIR/data|" "$LRSWEEP_SOURCE/tests/integration/small.cfg" >small.cfg

try lrsweep run "$small" --out bare --trainers 1
equal "a search ends with status 0" "$status" 0
contains "the result recommends a rate" "$out" "Recommended: lr "
contains "the result shows the rungs" "$out" "promoted"
contains "progress goes to standard error" "$err" "rung 1 of 3"
equal "nothing but the result goes to standard output" "$(grep -c 'rung 1 of 3' stdout.txt)" 0
equal "every file of the study is there" "$(cd bare && echo *)" \
	"best.safetensors checkpoints report.html study.db summary.json"
equal "no checkpoint is left behind" "$(find bare/checkpoints -type f | wc -l)" 0
equal "no data copy is left in /dev/shm" "$(own_copies /dev/shm)" ""
table bare >expected
equal "there are nine trials" "$(wc -l <expected)" 9
check "some trial diverged" grep -q '|diverged|collapsed|' expected
equal "a stopped trial says why it was left behind, and what was seen of it" \
	"$(sqlite3 bare/study.db 'select count(*) from trial where state = "stopped" and
		message not like "Stopped after % had %. The loss %." and
		message not like "Stopped after % had %. Hardly %."')" 0
contains "summary.json has the interval of the edge" "$(jq -c .stable_lr bare/summary.json)" '"edge":['
check "the database is sound" test "$(sqlite3 bare/study.db 'pragma integrity_check')" = ok

for trainers in 2 4; do
	try lrsweep run "$small" --out "trainers$trainers" --trainers "$trainers" --quiet
	table "trainers$trainers" >found
	check "$trainers trainers give the same table as one, bit for bit" diff expected found
	equal "--quiet keeps standard error empty ($trainers trainers)" "$err" ""
done
for ranks in 1 2 4; do
	TERM=xterm try mpirun -n "$ranks" "$LRSWEEP_BIN/lrsweep" run "$small" --out "ranks$ranks" --trainers 1 --quiet
	equal "mpirun -n $ranks ends with status 0" "$status" 0
	equal "what it writes to a file holds no escape sequences" "$(grep -c $'\033' stdout.txt)" 0
	table "ranks$ranks" >found
	check "mpirun -n $ranks gives the same table, bit for bit" diff expected found
done
equal "every rank trained" \
	"$(sqlite3 ranks2/study.db 'select count(distinct worker) from event where kind = "done"')" 2
try mpirun -n 3 "$LRSWEEP_BIN/lrsweep" run "$small" --out only --trainers 1 --quiet --coordinator-only
equal "--coordinator-only ends with status 0" "$status" 0
table only >found
check "--coordinator-only gives the same table" diff expected found
equal "--coordinator-only leaves training to the others" \
	"$(sqlite3 only/study.db 'select count(*) from event where worker = 0')" 0

cmp -s bare/best.safetensors ranks4/best.safetensors
equal "the best weights are the same bytes, whoever trained them" $? 0

# A trainer that finds the checkpoint that it is to test cut off.
mkdir damaging
cp "$LRSWEEP_BIN/lrsweep" damaging
cat >damaging/lrsweep-trainer <<-END
	#!/bin/bash
	while IFS= read -r line; do
	    [[ \$line == *'"test"'* ]] && jq -r 'select(.op == "test") | .resume' <<<"\$line" |
	        tee -a "$PWD/cut.txt" | xargs -r truncate -s 1000
	    printf '%s\\n' "\$line"
	done | env -u LRSWEEP_TRAINER_PARENT "$LRSWEEP_BIN/lrsweep-trainer"
END
chmod +x damaging/lrsweep-trainer
try damaging/lrsweep run "$small" --out damaged --trainers 1 --quiet
equal "a search whose best checkpoint is cut off before its test ends well" "$status $(wc -l <cut.txt)" "0 1"
check "with the same best weights" cmp bare/best.safetensors damaged/best.safetensors
equal "and the same test" "$(jq -c '.best | [.trial, .test_accuracy]' damaged/summary.json)" \
	"$(jq -c '.best | [.trial, .test_accuracy]' bare/summary.json)"

# A trainer that dies of the test.
cat >damaging/lrsweep-trainer <<-END
	#!/bin/bash
	while IFS= read -r line; do
	    [[ \$line != *'"op":"test"'* ]] || exit 1
	    printf '%s\\n' "\$line"
	done | env -u LRSWEEP_TRAINER_PARENT "$LRSWEEP_BIN/lrsweep-trainer"
END
try timeout 60 damaging/lrsweep run "$small" --out untested --trainers 1 --set run.retries=2
equal "a search whose test kills its trainers ends well" "$status $(jq -r .status untested/summary.json)" "0 finished"
contains "and says that the test was given up" "$err" "the test is given up"
equal "the test is not told" "$(jq .best.test_accuracy untested/summary.json)" null
table untested >found
check "the table is the same" diff expected found

try lrsweep run "$small" --out json --json --quiet
equal "--json prints summary.json" "$(jq -S . <<<"$out")" "$(jq -S . json/summary.json)"
equal "the summary says finished" "$(jq -r .status json/summary.json)" finished
equal "the summary counts all candidates" "$(jq '[.counts[]] | add' json/summary.json)" 9
best=$(sqlite3 json/study.db \
	'select printf("%!.17g", min(final)) from trial where state = "complete"')
check "the summary's best is the table's best" jq -e ".best.value == $best" json/summary.json
check "the test set was looked at" jq -e '.best.test_accuracy > 0.5' json/summary.json
check "utilisation is a fraction" jq -e '.time.utilisation > 0 and .time.utilisation <= 1' \
	json/summary.json

try lrsweep status bare
contains "status tells the recommendation" "$out" "Recommended: lr "
try lrsweep status --json bare
equal "status --json prints the summary" "$(jq -S "del(.now)" <<<"$out")" "$(jq -S . bare/summary.json)"

try lrsweep run "$small" --out none --quiet --set 'search.scheduler="none"' --set search.max_budget=200 \
	--set search.candidates=3
equal "scheduler none ends with status 0" "$status" 0
equal "scheduler none gives every candidate that survives the full budget" \
	"$(sqlite3 none/study.db 'select distinct step from trial where state != "diverged"')" 200

try lrsweep run "$small" --out grid --quiet --set 'search.sampler="grid"' --set 'space.lr={grid=[0.1,0.01]}' \
	--set 'space.schedule={type="constant"}' --set 'search.scheduler="none"' \
	--set search.max_budget=100 --set search.candidates=2
equal "a grid tries every combination" \
	"$(sqlite3 grid/study.db 'select group_concat(lr, " ") from (select lr from trial order by id)')" "0.1 0.01"

try lrsweep run "$small" --out layers --quiet --set 'space.layer_decay={uniform=[0.5,1.0]}' \
	--set 'space.lr_multiplier=({layer=0;value={log_uniform=[0.1,10.0];};},{layer=1;value=0.0;})' \
	--set 'space.schedule={type="constant"}' --set 'search.scheduler="none"' --set search.max_budget=50 \
	--set search.candidates=3
equal "the rates of layers are searched" "$status $(sqlite3 layers/study.db 'select count(distinct
	json_extract(params, "$.lr_multiplier[0].value")), count(distinct json_extract(params, "$.layer_decay")),
	sum(json_extract(params, "$.lr_multiplier[1].value")) from trial')" "0 3|3|0.0"

try lrsweep run "$small" --out optimizers --quiet --set train.optimizer= --set train.momentum= \
	--set 'space.optimizer=({type="sgd";momentum={uniform=[0.5,0.9];};},{type="adam";beta1={choice=[0.8,0.9];};})' \
	--set 'search.sampler="sobol"' --set 'search.scheduler="none"' --set search.max_budget=50 --set search.candidates=8
equal "optimizers are searched, each with its own parameters" "$status $(sqlite3 optimizers/study.db 'select
	count(distinct json_extract(params, "$.optimizer.type")), sum(json_extract(params, "$.optimizer.momentum") is null) =
	sum(json_extract(params, "$.optimizer.beta1") is not null) from trial where state != "failed"')" "0 2|1"
equal "and the edge is told of each" "$(jq -c '.stable_lr.by_optimizer | keys' optimizers/summary.json)" \
	'["adam","sgd"]'
contains "and the table names them" "$out" "adam"

printf 'lr,schedule,schedule.gamma,momentum\n0.1,constant,,0.5\n0.02,step,0.5,0.9\n' >list.csv
try lrsweep run "$small" --out list --quiet --set search.sampler= --set search.candidates= \
	--set search.candidates_from=list.csv --set 'search.scheduler="none"' --set search.max_budget=50
equal "a list's rows are the candidates" "$status $(sqlite3 list/study.db 'select group_concat(lr || schedule ||
	json_extract(params, "$.momentum") || coalesce(json_extract(params, "$.schedule.gamma"), ""), " ")
	from (select * from trial order by id)')" "0 0.1constant0.5 0.02step0.90.5"
rm list.csv
try lrsweep status list
equal "the study needs the file no more" "$status" 0
printf 'lr,momentum\n0.1,0.5\n0.1,1.5\n' >list.csv
{ echo lr,schedule && seq -f %.4f,constant 0.001 0.0001 10; } >long.csv
check "a list may be longer than a line to a trainer" lrsweep check "$small" --set search.sampler= \
	--set search.candidates= --set search.candidates_from=long.csv --set search.scheduler=none
try lrsweep check "$small" --set search.sampler= --set search.candidates= --set search.candidates_from=list.csv
equal "a bad list is refused with status 2" "$status" 2
contains "with its row and column" "$err" 'list.csv: row 3, column 2 ("momentum"): found 1.5'

try lrsweep run "$small" --out lost --quiet --set 'space.lr={log_uniform=[50.0,500.0]}'
equal "a search without survivors ends with status 3" "$status" 3
equal "its summary has no best" "$(jq .best.trial lost/summary.json)" null

plan
