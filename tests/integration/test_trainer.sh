# test_trainer.sh - lrsweep-trainer through its protocol alone, as a user's own program would drive it.
# shellcheck shell=bash disable=SC1010,SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
own_data

hello() { # [JQ-FILTER ON THE STUDY]
	jq -cn '{op: "hello", version: 1, study: {
		study: {name: "t", seed: 1, metric: "val_loss"},
		data: {format: "idx", path: "'"$TEST_DIR/data"'", validation: 10000},
		model: {layers: [{type: "dense", units: 32, activation: "relu"}, {type: "dense", units: 10}]},
		train: {batch_size: 64, optimizer: "sgd", momentum: 0.9, report_every: 100},
		search: {unit: "steps", max_budget: 1000}}} | .study |= ('"${1:-.}"')'
}
train() { # FROM TO RESUME CHECKPOINT [PARAMS]
	jq -cn '{op: "train", trial: 17, seed: 1, from: '"$1"', to: '"$2"', resume: '"$3"',
		checkpoint: '"$4"', params: ({lr: 0.05} + '"${5:-{\}}"')}'
}
trainer() { # LINE...: leaves the answers in $out
	printf '%s\n' "$@" >lines
	try lrsweep-trainer <lines
}
of() { # OP JQ-FILTER: from the answers
	jq -r "select(.op == \"$1\") | $2" stdout.txt
}
# What of a report does not depend on the time.
timeless() { of report 'del(.seconds) | tostring'; }

# --- a finished pipe of commands is worked through -------------------------------------------------
trainer "$(hello)" "$(train 0 300 null '"a.ckpt"')" '{"op":"quit"}'
equal "a finished pipe of commands is worked through" "$status $(jq -r .op stdout.txt | tr '\n' ' ')" \
	"0 ready report report report done "
equal "ready describes the data and the network" \
	"$(of ready '"\(.train_samples) \(.validation_samples) \(.test_samples) \(.features) \(.classes) \(.parameters) \(.flops_per_sample)"')" \
	"50000 10000 10000 784 10 25450 102272"
equal "each report_every steps are reported, and the last one is validated" \
	"$(of report '"\(.step) \(.val_loss != null)"' | tr '\n' ' ')" "100 false 200 false 300 true "
equal "a report holds every number of the protocol" "$(of report 'keys | tostring' | tail -n 1)" \
	'["dead_units","epoch","grad_norm","lr","op","seconds","step","train_loss","trial","update_ratio","val_accuracy","val_loss"]'
equal "done tells step, status and verdict" "$(of done '"\(.trial) \(.step) \(.status) \(.verdict)"')" \
	"17 300 ok healthy"
check "the network learns" test "$(of report 'select(.step == 300) | .val_accuracy > 0.75')" = true
equal "nothing else is written" "$err" ""
timeless >whole

# --- the same bit for bit ---------------------------------------------------------------------------
trainer "$(hello)" "$(train 0 120 null '"b.ckpt"')" "$(train 120 300 '"b.ckpt"' '"c.ckpt"')"
weights() { # FILE: everything but the times in it
	/usr/bin/python3 - "$1" <<-'PYTHON' 2>/dev/null || echo "unreadable $1"
		import json, sys, hashlib
		data = open(sys.argv[1], "rb").read()
		length = int.from_bytes(data[:8], "little")
		header = json.loads(data[8:8 + length])
		for name in sorted(header):
		    if name in ("__metadata__", "trial"):
		        continue
		    begin, end = header[name]["data_offsets"]
		    print(name, hashlib.sha256(data[8 + length + begin:8 + length + end]).hexdigest())
	PYTHON
}
equal "120 and 180 steps leave what 300 leave, bit for bit" "$(weights c.ckpt)" "$(weights a.ckpt)"
trainer "$(hello)" "$(train 0 300 null null)"
equal "the same command gives the same reports, bit for bit" "$(timeless)" "$(cat whole)"

# --- stopping ---------------------------------------------------------------------------------------
mkfifo pipe
{
	hello
	train 0 100000000 null '"d.ckpt"'
	sleep 1
	echo '{"op":"stop","trial":99}'
	sleep 0.3
	echo '{"op":"stop","trial":17}'
} >pipe &
try lrsweep-trainer <pipe
wait
stopped=$(of done .step)
equal "stop ends a training in its middle, and only its own" \
	"$(of done '"\(.status) \(.step > 0 and .step < 100000000)"')" "stopped true"
trainer "$(hello)" "$(train "$stopped" $((stopped + 10)) '"d.ckpt"' null)"
equal "a stopped training goes on from its checkpoint" "$(of done '"\(.status) \(.step)"')" \
	"ok $((stopped + 10))"
trainer "$(hello)" "$(train 0 100000000 null null)" '{"op":"stop","trial":17}'
equal "a stop that is queued behind its training ends it" "$(of done .status)" stopped
trainer "$(hello)" "$(train 0 2000 null null)" '{"op":"train","op":"stop"}'
equal "a line that is no command is none while it trains either" "$(of done .status | tr '\n' ' ')" \
	"ok failed "

# --- under a worker ---------------------------------------------------------------------------------
{
	hello
	train 0 100000000 null '"e.ckpt"'
	sleep 1
} >pipe &
# shellcheck disable=SC2016
bash -c 'LRSWEEP_TRAINER_PARENT=$$ lrsweep-trainer <pipe >stdout.txt; echo $? >status'
wait
equal "under a worker, the end of the input ends a training and leaves nothing" \
	"$(cat status) $(jq -r .op stdout.txt | grep -c done) $(test -e e.ckpt && echo left)" "0 0 "
check "a trainer whose worker is gone already ends at once" \
	env LRSWEEP_TRAINER_PARENT=1 timeout 5 lrsweep-trainer </dev/null
sleep 30 >pipe &
holder=$!
# shellcheck disable=SC2016
(bash -c 'LRSWEEP_TRAINER_PARENT=$$ lrsweep-trainer <pipe >/dev/null & echo $! >pid; sleep 0.5
	kill -INT $!; kill -TERM $!; sleep 0.3; kill -0 $! && echo alive >alive; kill -KILL $$'; :) 2>/dev/null
sleep 0.3
# Whoever inherits it may not have waited for it yet.
state=$(ps -o stat= -p "$(cat pid)" | grep -v '^Z')
equal "it leaves SIGINT and SIGTERM to its worker, and ends with it" "$(cat alive) $state" "alive "
kill "$holder"

# --- testing and exporting --------------------------------------------------------------------------
trainer "$(hello)" '{"op":"test","trial":17,"params":{"lr":0.05},"seed":1,"resume":"a.ckpt","export":"best.safetensors"}'
equal "test evaluates a checkpoint on the test set" \
	"$(of tested '"\(.trial) \(.status) \(.test_loss < 1) \(.test_accuracy > 0.75)"')" "17 ok true true"
equal "the exported weights have PyTorch's names and shapes" \
	"$(tail -c +9 best.safetensors | head -c "$(od -An -tu8 -N8 best.safetensors)" |
		jq -r 'del(.__metadata__) | to_entries[] | "\(.key) \(.value.dtype) \(.value.shape)"' | tr '\n' ' ')" \
	'layers.0.weight F32 [32,784] layers.0.bias F32 [32] layers.1.weight F32 [10,32] layers.1.bias F32 [10] '

# --- runs that are lost -----------------------------------------------------------------------------
trainer "$(hello)" "$(train 0 20000 null '"f.ckpt"' '{"lr":5,"momentum":0}')"
equal "a rate that is too large ends as collapsed, early" \
	"$(of done '"\(.status) \(.verdict) \(.step < 2000)"')" "diverged collapsed true"
contains "with a sentence on what was seen" "$(of done .message)" "a constant predictor reaches 2.303"
equal "and with a last report at that step" "$(of report .step | tail -n 1)" "$(of done .step)"
check "and without a checkpoint" test ! -e f.ckpt
trainer "$(hello)" "$(train 0 20000 null null '{"lr":1e30}')"
equal "a loss that is not finite ends as diverged" "$(of done '"\(.status) \(.verdict)"')" \
	"diverged diverged"
equal "and is written as null" "$(of report .train_loss | tail -n 1)" null

# --- bad input --------------------------------------------------------------------------------------
failed() { # SENTENCE LINE PART: the line gets "failed" with PART in it, and the trainer goes on
	trainer "$(hello)" "$2" "$(train 0 1 null null)"
	local answer
	answer=$(jq -r 'select(.op == "done" or .op == "tested") | "\(.status) \(.message)"' stdout.txt)
	case $answer in
	failed*"$3"*$'\n'ok*) ok "$1" ;;
	*) not_ok "$1" "$answer" "$err" ;;
	esac
}
failed "a line that is not JSON fails and nothing more" 'garbage' "not JSON"
failed "binary garbage fails and nothing more" "$(printf '\xff\xfe{\x01')" "not JSON"
failed "JSON that is no object fails" '[1,2]' '"op"'
failed "an unknown operation fails" '{"op":"dance","trial":3}' dance
failed "a trial that is no number fails" '{"op":"train","trial":"x","params":{"lr":1},"seed":1,"to":1}' '"trial"'
failed "a missing seed fails" '{"op":"train","trial":1,"params":{"lr":1},"to":1}' '"seed"'
failed "a negative step fails" '{"op":"train","trial":1,"params":{"lr":1},"seed":1,"to":-1}' '"to"'
failed "a missing rate fails" '{"op":"train","trial":1,"params":{},"seed":1,"to":1}' "lr"
failed "params that are not there fail" '{"op":"train","trial":1,"seed":1,"to":1}' "params"
failed "an unknown parameter fails" "$(train 0 1 null null '{"colour":1}')" train.colour
failed "an unknown schedule fails" "$(train 0 1 null null '{"schedule":{"type":"cosin"}}')" cosin
branch() { train "$@" | jq -c '. + {branch: true}'; }
failed "a branch's missing checkpoint fails with its name" "$(branch 1 2 '"nothing.ckpt"' null)" "nothing.ckpt"
failed "a branch's checkpoint of another step fails" "$(branch 1 301 '"a.ckpt"' null)" "step 300"
failed "a start without a checkpoint fails" "$(train 5 9 null null)" "step 5"
failed "an end before the start fails" "$(train 300 9 '"a.ckpt"' null)" "before it starts"
failed "a checkpoint that cannot be written fails with its name" "$(train 0 1 null '"no/such/dir/x"')" "no/such/dir/x"
failed "a test of a missing checkpoint fails" \
	'{"op":"test","trial":1,"params":{"lr":1},"seed":1,"resume":"nothing.ckpt","export":null}' nothing.ckpt
failed "a line that is too long fails" "$(head -c 1100000 /dev/zero | tr '\0' 'x')" "longer"
{ head -c 5000 a.ckpt; printf 'X'; tail -c +5002 a.ckpt; } >bad.ckpt
failed "a branch's damaged checkpoint fails with its name" "$(branch 300 301 '"bad.ckpt"' null)" "bad.ckpt is corrupt"

# --- a checkpoint that cannot be used costs its work only -------------------------------------------
trainer "$(hello)" "$(train 300 400 '"a.ckpt"' '"whole.ckpt"')"
for bad in nothing.ckpt bad.ckpt whole.ckpt; do
	trainer "$(hello)" "$(train 300 400 "\"$bad\"" '"again.ckpt"')"
	contains "without $bad the trial is trained again from the start, which is said" "$err" \
		"the trial is trained again from the start"
	contains "and the file is named" "$err" "$bad"
	equal "and it reaches the end" "$(of done '"\(.step) \(.status)"')" "400 ok"
	trainer "$(hello)" '{"op":"test","trial":1,"params":{"lr":0.05},"seed":1,"resume":"again.ckpt","export":"again.safetensors"}'
	trainer "$(hello)" '{"op":"test","trial":1,"params":{"lr":0.05},"seed":1,"resume":"whole.ckpt","export":"whole.safetensors"}'
	check "in the same state, bit for bit" cmp again.safetensors whole.safetensors
done
examine() { # RESUME EXPORT [MORE KEYS]
	jq -cn '{op: "test", trial: 1, params: {lr: 0.05}, seed: 1, from: 400, resume: "'"$1"'", export: "'"$2"'"} + '"${3:-{\}}"
}
trainer "$(hello)" "$(examine whole.ckpt whole.safetensors)"
tested=$(of tested '"\(.status) \(.test_loss) \(.test_accuracy)"')
equal "a test of a good checkpoint trains nothing" "$(of report .step)$err" ""
for bad in nothing.ckpt bad.ckpt a.ckpt; do
	rm -f again.safetensors
	trainer "$(hello)" "$(examine "$bad" again.safetensors)"
	equal "without $bad a test trains its trial again and finds the same" \
		"$(of tested '"\(.status) \(.test_loss) \(.test_accuracy)"')" "$tested"
	check "and leaves the same weights" cmp again.safetensors whole.safetensors
	equal "with reports on the way" "$(of report .step | tail -n 1)" 400
	trainer "$(hello)" "$(examine "$bad" none.safetensors '{branch: true}')"
	equal "a test of a branch fails without $bad" "$(of tested .status) $(ls none.safetensors 2>/dev/null)" "failed "
done
trainer "$(train 0 1 null null)"
contains "a command before hello fails" "$(of done .message)" hello
trainer '{"op":"quit"}'
equal "quit ends with status 0" "$status" 0

refused() { # SENTENCE JQ-FILTER AT PART
	trainer "$(hello "$2")"
	equal "$1" "$status $(of refused .at)" "1 $3"
	contains "$1, with a reason" "$(of refused .message)" "$4"
}
refused "a missing folder is refused" '.data.path = "/no/such/folder"' data.path /no/such/folder
refused "an unknown format is refused" '.data.format = "hdf5"' data.format hdf5
refused "a validation set that leaves nothing is refused" '.data.validation = 60000' data.validation "60000"
refused "no validation set for val_loss is refused" '.data.validation = 0' data.validation val_loss
refused "an output that does not fit the classes is refused" '.model.layers[1].units = 9' "model.layers[1].units" "10 classes"
refused "an unknown layer is refused" '.model.layers[0].type = "dens"' "model.layers[0].type" dens
refused "a layer without units is refused" 'del(.model.layers[0].units)' "model.layers[0].units" missing
refused "an unknown activation is refused" '.model.layers[0].activation = "rlu"' "model.layers[0].activation" rlu
refused "an unknown key of a layer is refused" '.model.layers[0].size = 3' "model.layers[0].size" "not a setting"
refused "no layers are refused" '.model.layers = []' model.layers "at least one"
refused "a batch larger than the training set is refused" '.train.batch_size = 50001' train.batch_size 50000
refused "an unknown optimizer is refused" '.train.optimizer = "sdg"' train.optimizer sdg
refused "a momentum of 1 is refused" '.train.momentum = 1' train.momentum below
refused "a study without a model is refused" 'del(.model)' model model
refused "a study that is no object is refused" '7' "" "not an object"
trainer '{"op":"hello","version":2,"study":{}}'
contains "another version of the protocol is refused" "$(of refused .message)" "version 1"

# --- the command line -------------------------------------------------------------------------------
try lrsweep-trainer --help
contains "--help tells what it is for" "$status $out" "0 Usage: lrsweep-trainer"
try lrsweep-trainer --version
contains "--version tells the version" "$status $out" "0 lrsweep-trainer "
try lrsweep-trainer --frobnicate
contains "an unknown argument is refused" "$status $err" '2 lrsweep-trainer: unknown argument "--frobnicate"'

{ hello; sleep 2; } | lrsweep-trainer >ready.txt &
for _ in $(seq 100); do [ -s ready.txt ] || sleep 0.05; done
check "a trainer that is there has a copy of the data" test -n "$(own_copies /dev/shm /tmp)"
wait $!
equal "no copy of the data is left behind" "$(own_copies /dev/shm /tmp)" ""
plan
