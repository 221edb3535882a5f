# test_export.sh - what is exported is opened by the programs that it is for.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
export PYTHONDONTWRITEBYTECODE=1
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
images=/usr/share/datasets/fashion-mnist
reader=$LRSWEEP_SOURCE/tests/integration/read_exports.py
python=/usr/bin/python3

opened() { # SENTENCE PYTHON CHECK DIR [PATH]...: skipped where the reader lacks what it needs
	local sentence=$1 output
	shift
	output=$("$1" "$reader" "${@:2}" 2>&1)
	case $? in
	0) ok "$sentence" ;;
	77) skip "$sentence" "${output##*$'\n'}" ;;
	*) not_ok "$sentence" "$output" ;;
	esac
}
export_all() { # DIR
	local to
	for to in csv json tensorboard optuna config pytorch; do
		lrsweep export "$1" --to "$to" >/dev/null || return 1
	done
}

try lrsweep run "$small" --out whole --trainers 2 --quiet
check "a finished study is exported in every form" export_all whole
opened "Python's csv reads the same trials and reports" $python csv whole whole/csv
opened "Python's json reads the same study" $python json whole whole/study.json
opened "the event files hold the reports; lengths, checksums and messages are right" $python tensorboard whole whole/tensorboard
opened "Debian's Optuna loads the study and has the same best trial" $python optuna whole whole/optuna.db
accuracy=$(jq .best.test_accuracy whole/summary.json)
opened "PyTorch's model with the exported weights scores the same test accuracy" \
	$python torch whole whole/best.py $images "$accuracy"

try lrsweep run "$LRSWEEP_SOURCE/tests/integration/layers.cfg" --out layers --quiet
lrsweep export layers --to pytorch >/dev/null
opened "so does a network of many kinds of layers" \
	$python torch layers layers/best.py $images "$(jq .best.test_accuracy layers/summary.json)"

# --- the programs of today, where an index of packages can be reached ------------------------------------------
venv=$LRSWEEP_BIN/../exports-venv
if [ ! -e "$venv/complete" ]; then
	rm -rf "$venv"
	if timeout 20 $python -m venv "$venv" >venv.log 2>&1; then
		pip=("$venv/bin/pip" --quiet --disable-pip-version-check --no-input --retries 0 --timeout 5)
		timeout 90 "${pip[@]}" install optuna plotly safetensors numpy protobuf absl-py >venv.log 2>&1 &&
			timeout 60 "${pip[@]}" install --no-deps tensorboard >venv.log 2>&1 && touch "$venv/complete"
	fi
fi
if [ -e "$venv/complete" ]; then
	lrsweep export whole --to optuna newest.db >newest.txt
	opened "the newest Optuna loads it, plots its intermediate values and goes on with it" \
		"$venv/bin/python" optuna whole newest.db
	opened "TensorBoard's own reader has scalars, hyperparameters and reasons" \
		"$venv/bin/python" tensorboard_itself whole whole/tensorboard
	PYTHONPATH=$(echo "$venv"/lib/python3*/site-packages/safetensors/..) && export PYTHONPATH
	check "safetensors' own reader has the metadata" "$venv/bin/python" - <<-END
		from safetensors import safe_open
		with safe_open("whole/best.safetensors", "numpy") as file:
		    about = file.metadata()
		    assert about["study_name"] == "small" and float(about["test_accuracy"]) == $accuracy, about
		    assert file.get_tensor("layers.0.weight").shape == (24, 784)
	END
	unset PYTHONPATH
else
	skip "the newest Optuna, TensorBoard's and safetensors' own readers" "they cannot be installed: $(tail -n 1 venv.log)"
fi

# --- one candidate -------------------------------------------------------------------------------------------------
result() { # DIR TRIAL
	sqlite3 "$1/study.db" "select printf('%.17g', final), step, lr from trial where id = $2"
}
best=$(jq .best.trial whole/summary.json)
check "check accepts the study file of the recommended candidate" lrsweep check whole/best.cfg
try lrsweep run whole/best.cfg --out again --quiet
equal "and it comes to the same result" "$(result again 0)" "$(result whole "$best")"
cmp -s <(tail -c 8000 whole/best.safetensors) <(tail -c 8000 again/best.safetensors)
equal "with the same weights" $? 0
cat >rich.cfg <<-END
	@include "$small"
END
rich=(--set train.optimizer= --set train.momentum= --set train.batch_size= --set 'space.batch_size={choice=[32,64]}'
	--set 'space.optimizer=({type="sgd";momentum={uniform=[0.5,0.9];};},{type="adamw";beta1={choice=[0.8,0.9];};})'
	--set 'space.layer_decay={uniform=[0.5,1.0]}' --set 'space.lr={log_uniform=[1e-3,1e-2]}'
	--set 'space.lr_multiplier=({layer=0;value={log_uniform=[0.1,10.0];};})' --set search.independent_seeds=true
	--set search.scheduler=none --set search.unit=epochs --set search.max_budget=0.25 --set search.candidates=4
	--set search.min_budget= --set search.eta= --set search.sampler=sobol --set 'study.name=a-1')
try lrsweep run rich.cfg --out rich --quiet "${rich[@]}"
equal "a search of much else than rates" "$status $err" "0 "
for trial in 0 1 2 3; do
	lrsweep export rich --to config --trial $trial >/dev/null
	lrsweep run rich/trial-$trial.cfg --out "rich$trial" --quiet >/dev/null 2>&1
	[ "$(sqlite3 "rich$trial/study.db" 'select seed from trial')" = "$(sqlite3 rich/study.db "select seed from trial where id = $trial")" ] ||
		grep -q 'its result will differ' rich/trial-$trial.cfg && ok "trial $trial's seed is too large for a study file, which says so" && continue
	equal "trial $trial comes to the same result by itself" "$(result "rich$trial" 0)" "$(result rich $trial)"
done
check "all of it is exported" export_all rich
opened "Optuna knows conditional parameters" $python optuna rich rich/optuna.db
opened "csv holds them" $python csv rich rich/csv
opened "its PyTorch code runs" $python torch_runs rich rich/best.py

try lrsweep run "$LRSWEEP_SOURCE/tests/integration/schedules.cfg" --out rates --quiet
equal "every schedule is tried" "$status $(sqlite3 rates/study.db 'select count(distinct schedule), count(*) from trial')" "0 12|15"
for trial in $(seq 0 14); do
	lrsweep export rates --to pytorch --trial "$trial" >/dev/null
	opened "the rates of $(sqlite3 rates/study.db "select schedule from trial where id = $trial") in Python are ours (trial $trial)" \
		$python schedule rates "rates/trial-$trial.py" "$trial"
done

# A trainer that is not ours.
try lrsweep run "$LRSWEEP_SOURCE/jobs/trainers/quadratic.cfg" --out own --quiet
for to in csv json optuna config; do lrsweep export own --to $to >/dev/null; done
opened "Optuna has the trials of a user's trainer" $python optuna own own/optuna.db
opened "csv too" $python csv own own/csv
try lrsweep run own/best.cfg --out own-best --quiet
equal "its recommended candidate comes to the same result by itself" "$(result own-best 0)" \
	"$(result own "$(jq .best.trial own/summary.json)")"
try lrsweep export own --to pytorch
contains "its model is not ours to export" "$err" "its model is there"

# --- any study -----------------------------------------------------------------------------------------------------
lrsweep run "$small" --out half --quiet --trainers 1 --set search.min_budget=3000 --set search.max_budget=27000 >/dev/null 2>&1 &
check "a search got under way" wait_for half 'select count(*) > 3 from trial where state in ("paused", "diverged")'
check "it is exported while it runs" export_all half
kill -KILL $!
wait $! 2>/dev/null
lrsweep export half --to csv "$PWD/half-csv" >/dev/null
lrsweep export half --to json half.json >/dev/null
lrsweep export half --to optuna --overwrite >/dev/null
opened "and after it was killed" $python csv half half-csv
opened "json too" $python json half half.json
opened "Optuna has its trials, those in training too" $python optuna half half/optuna.db

# Texts that mean something elsewhere, and losses that are not finite.
cp -r whole odd
sqlite3 odd/study.db "update trial set message = char(10) || '=1+1,\"x\";' || char(13,10) || '<b>''é' || char(9,27) where id = 1;
	update trial set verdict = 'erratic', message = 'a,b' where id = 2;
	update report set train_loss = null, finite = 0 where trial = 3 and step = (select min(step) from report where trial = 3);
	update report set val_loss = null, val_accuracy = null, finite = 0 where trial = 4 and val_loss is not null;
	update study set value = replace(value, '\"small\"', '\"s\\\"m <a>\"') where key = 'document'"
rm -r odd/csv odd/tensorboard odd/study.json odd/optuna.db odd/best.*g odd/best.py
check "a study with odd texts and numbers is exported" export_all odd
sqlite3 odd/study.db "update trial set message = replace(replace(replace(message, char(13), ' '), char(9), ' '), char(27), ' ')"
opened "csv quotes what has to be quoted" $python csv odd odd/csv
opened "event files hold what is not finite" $python tensorboard odd odd/tensorboard
contains "json keeps every character" "$(jq -r '.trials[1].message' odd/study.json)" $'=1+1,"x";\r\n<b>'"'é"$'\t\033'
opened "Optuna takes what is not finite" $python optuna odd odd/optuna.db

# --- what is there stays -----------------------------------------------------------------------------------------------
echo mine >whole/study.json
try lrsweep export whole --to json
equal "a file that is there is not overwritten" "$status $(cat whole/study.json)" "2 mine"
contains "and named" "$err" "whole/study.json is there already"
try lrsweep export whole --to json --overwrite
equal "unless --overwrite says so" "$status $(jq -r .format whole/study.json)" "0 lrsweep-study-1"
touch whole/csv/mine
try lrsweep export whole --to csv
equal "a folder that is not empty neither" "$status" 2
rm whole/csv/trials.csv
try lrsweep export whole --to csv --overwrite
equal "--overwrite replaces its files and no others" "$status $(echo whole/csv/*)" "0 whole/csv/mine whole/csv/reports.csv whole/csv/trials.csv"
try lrsweep export whole --to config -
equal "- is standard output" "$status $(head -n 1 <<<"$out" | cut -c1-23)" "0 # Trains one candidate:"
check "an export can be piped into a check" bash -c 'lrsweep export whole --to config - >piped.cfg && lrsweep check piped.cfg'
for wrong in "--to cvs" "--to csv -" "--to csv a b" "--to json --trial 1" "--to config --trial 99" "--to config --trial x" ""; do
	# shellcheck disable=SC2086 # the words are meant to be split
	try lrsweep export whole $wrong
	equal "a wrong request ends with status 2 and writes nothing ($wrong)" "$status $out" "2 "
done
try lrsweep export whole --to cvs
contains "the nearest name is told" "$err" 'did you mean "csv"?'
try lrsweep export nowhere --to csv
equal "there must be a study" "$status" 2
try lrsweep export whole --to json /proc/none/x
equal "a place that cannot be written to is an error" "$status" 1
equal "nothing is left aside" "$(find . -name '*.new' | wc -l)" 0
equal "list knows every exporter" "$(lrsweep list exporters | grep -c ' - ')" 6

plan
