# test_space.sh - every key of train that can be searched: a candidate that has its value from space trains as
# one whose study says so, and not as one with the default.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
short=(--quiet --trainers 1 --set space.lr=0.01 --set 'space.schedule={type="constant"}' --set train.momentum=
	--set 'search={sampler="grid";scheduler="none";max_budget=20;unit="steps";}' --set train.report_every=20)
tried=
final() { # DIR TRIAL
	sqlite3 "$1/study.db" "select coalesce(printf('%.17g', final), state) from trial where id = $2"
}

# KEY OTHER-VALUE DEFAULT OPTIMIZER [what it needs beside it]
while read -r key value default optimizer beside; do
	tried="$tried $key"
	needed=(--set "train.optimizer=$optimizer")
	[ -z "$beside" ] || needed+=(--set "train.$beside")
	[ "$key" != batch_size ] || needed+=(--set train.batch_size=)
	lrsweep run "$small" --out "space-$key" "${short[@]}" "${needed[@]}" \
		--set "space.$key={choice=($default,$value);}" >searched.txt 2>&1
	lrsweep run "$small" --out "train-$key" "${short[@]}" "${needed[@]}" --set "train.$key=$value" >told.txt 2>&1
	equal "train.$key is searched" "$(final "space-$key" 1)" "$(final "train-$key" 0)"
	check "and does something" test "$(final "space-$key" 0)" != "$(final "space-$key" 1)"
done <<-'KEYS'
	batch_size 16 64 sgd
	clip_norm 0.01 0.0 sgd
	clip_value 0.001 0.0 sgd
	decay_all true false sgd weight_decay=0.5
	layer_decay 0.5 1.0 sgd
	random_crop 2 0 sgd
	random_flip true false sgd
	momentum 0.5 0.0 sgd
	nesterov true false sgd momentum=0.5
	weight_decay 0.5 0.0 sgd
	beta1 0.5 0.9 adam
	beta2 0.9 0.999 adam
	eps 0.1 1.0e-8 adam
	amsgrad true false adam beta2=0.5
	momentum_decay 0.1 0.004 nadam
	alpha 0.5 0.99 rmsprop
	centered true false rmsprop
	rho 0.5 0.9 adadelta
	lr_decay 0.1 0.0 adagrad
	initial_accumulator_value 0.5 0.0 adagrad
	trust_coefficient 0.01 0.001 lars
KEYS
equal "these are all keys that can be searched" "$(tr ' ' '\n' <<<"$tried" | sed /^$/d | sort)" \
	"$({ lrsweep list settings | sed -n '/^train /,/^$/p'; lrsweep list optimizers; } | sed -n 's/^    \([a-z0-9_]*\) \*.*/\1/p' | sort -u)"

plan
