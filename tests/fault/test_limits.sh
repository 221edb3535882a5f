# test_limits.sh - resources that run out, and trainers that misbehave: a clear error, nothing left
# behind, the study intact; once there is room again --resume ends in the undisturbed table.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
study=$LRSWEEP_SOURCE/tests/fault/kills.cfg
patience=60 # seconds; a run that is still there then hangs
options=(--quiet --trainers 2 --set search.candidates=4 --set search.max_budget=100000)

# Leaves in $status and $err how it ended.
search() { # DIR [OPTION]...
	local dir=$1
	shift
	timeout -k 1 "$patience" lrsweep run "$study" --out "$dir" "${options[@]}" "$@" >stdout.txt 2>stderr.txt
	status=$?
	err=$(cat stderr.txt)
}
# The same in the background, in a session of its own whose number is left in $job. Its trainers are
# in it too, in groups of their own. They stand still until finish, so that there is a middle.
begin() { # DIR
	for _ in 1 2 3 4 5; do # on a busy machine it may be over too soon
		rm -rf "$1"
		setsid timeout --foreground -k 1 "$patience" \
			lrsweep run "$study" --out "$1" "${options[@]}" >stdout.txt 2>stderr.txt &
		job=$!
		wait_for "$1" 'select count(*) > 1 from event' && pkill -STOP -s "$job" lrsweep-trainer && return
		wait "$job"
	done
	not_ok "the search got under way ($1)"
}
finish() {
	pkill -CONT -s "$job" lrsweep-trainer
	wait "$job"
	status=$?
	err=$(cat stderr.txt)
	equal "no trainer is left behind" "$(pgrep -c -s "$job" lrsweep-trainer)" 0
}
failed() { # SENTENCE PART: ended with status 1, saying so
	equal "$1: status 1" "$status" 1
	contains "$1: the reason is told" "$err" "$2"
}
goes_on() { # SENTENCE DIR
	search "$2" --resume
	equal "$1: --resume goes on" "$status$err" 0
	table "$2" >found
	check "$1: and ends in the undisturbed table" diff expected found
}

search whole
equal "the undisturbed search ends with status 0" "$status" 0
table whole >expected

# --- a directory that fills up, is read-only, or goes away --------------------------------------------
mkdir disk
trap 'umount disk 2>/dev/null' EXIT
if mount -t tmpfs -o size=8m none disk 2>/dev/null; then
	begin disk/full
	dd if=/dev/zero of=disk/ballast bs=4096 2>/dev/null
	finish
	failed "a disk that fills in the middle" "free some space"
	rm disk/ballast
	goes_on "a disk that filled" disk/full

	begin disk/read-only
	kill -TERM -- "-$job"
	finish
	mount -o remount,ro disk
	search disk/read-only --resume
	failed "a read-only study" "disk/read-only"
	search disk/new
	failed "a read-only directory" "disk/new"
	mount -o remount,rw disk
	goes_on "a study that was read-only" disk/read-only
else
	skip "a disk that fills in the middle is told" "mounting a tmpfs needs root"
	skip "a read-only directory is told" "mounting a tmpfs needs root"
fi

begin gone
rm -rf gone
finish
failed "a directory that is deleted in the middle" "gone"
search gone
equal "the next search makes it again" "$status" 0

# --- limits of the process ------------------------------------------------------------------------------
# Whatever the number of descriptors, a search ends, or says why not.
wrong='' refused=0
for limit in 8 16 31 32 36 40; do
	rm -rf few
	(
		ulimit -n "$limit"
		search few
		echo "$status" >status
	)
	case "$(cat status) $(cat stderr.txt)" in
	"0 "*) table few | cmp -s - expected || wrong+="$limit descriptors: another table. " ;;
	"1 "*lrsweep:*) refused=$((refused + 1)) ;;
	*) wrong+="$limit descriptors: status $(cat status), $(tail -n 3 stderr.txt). " ;;
	esac
done
equal "with few descriptors a search ends in its table, or tells why not" "$wrong" ""
check "some of these numbers are too small" test "$refused" -gt 0

# So many KiB of a file may be written and no more.
wrong=''
for limit in 16 48 96; do
	rm -rf short
	(
		ulimit -f "$limit"
		search short
		echo "$status" >status
	)
	case "$(cat status) $(cat stderr.txt)" in
	"0 "*) continue ;;
	"1 "*lrsweep:*) ;;
	*) wrong+="$limit KiB: status $(cat status), $(tail -n 3 stderr.txt). " ;;
	esac
	search short --resume
	[ "$status" = 0 ] || wrong+="$limit KiB: --resume ends with $status, $err. "
	table short | cmp -s - expected || wrong+="$limit KiB: another table. "
done
equal "with short files a search tells why it ends, and goes on without the limit" "$wrong" ""

# --- trainers --------------------------------------------------------------------------------------------
# A program of any kind may stand beside lrsweep in the trainer's place.
mkdir bin
cp "$LRSWEEP_BIN/lrsweep" bin/
with_trainer() { # what follows `#!/bin/bash`
	printf '#!/bin/bash\n%s\n' "$1" >bin/lrsweep-trainer
	chmod +x bin/lrsweep-trainer
}
# Too little to start, and too little for OpenBLAS, which would ask for it without end.
for limit in 20000 150000; do
	with_trainer "ulimit -v $limit; exec '$LRSWEEP_BIN/lrsweep-trainer'"
	try timeout -k 1 "$patience" bin/lrsweep run "$study" --out starved "${options[@]}"
	equal "a trainer that gets $limit KiB of memory ends the search before it begins" "$status" 2
	contains "what it said of that is told" "$err" "on its standard error: "
done

# shellcheck disable=SC2016 # the trainer's own variables
with_trainer '
of() { line=${line#*\"$1\":}; echo "${line%%[,\}]*}"; }
while read -r line; do
	case $line in
	*\"hello\"*) echo "{\"op\":\"ready\",\"version\":1,\"trainer\":\"odd\",\"train_samples\":1000}" ;;
	*\"test\"*) echo "{\"op\":\"tested\",\"trial\":$(of trial),\"status\":\"ok\",\"test_loss\":null,\"test_accuracy\":null}" ;;
	*\"train\"*)
		trial=$(of trial) to=$(of to)
		case $trial in
		0) kill -SEGV $$ ;;
		1) kill -KILL $$ ;;
		2) kill -ABRT $$ ;;
		3) exit 0 ;;
		4) kill -STOP $$ ;;
		5) echo "what is this" ;;
		6) printf "%02000000d\n" 0 ;;
		7) echo "Traceback" >&2; echo "ValueError: no such layer" >&2; exit 1 ;;
		8) echo "{\"op\":\"done\",\"trial\":8,\"step\":0,\"status\":\"failed\",\"message\":\"not today\"}" ;;
		9) echo "{\"op\":\"report\",\"trial\":8,\"step\":1,\"train_loss\":1}" ;;
		*)
			echo "{\"op\":\"report\",\"trial\":$trial,\"step\":$to,\"train_loss\":1,\"val_loss\":1.$trial}"
			echo "{\"op\":\"done\",\"trial\":$trial,\"step\":$to,\"status\":\"ok\",\"verdict\":\"healthy\"}"
			;;
		esac ;;
	esac
done'
try timeout "$patience" bin/lrsweep run "$study" --out odd --trainers 2 --set search.candidates=12 \
	--set 'search.scheduler="none"' --set run.retries=1 --set run.heartbeat_timeout=1.0
equal "trainers that die, hang and babble do not end the search" "$status" 0
attempt() { # TRIAL COLUMN
	sqlite3 odd/study.db "select $2 from trial where id = $1"
}
while IFS='|' read -r trial reason; do
	equal "trial $trial fails after its retries" "$(attempt "$trial" 'state, attempts')" "failed|2"
	contains "trial $trial tells why" "$(attempt "$trial" message)" "$reason"
	equal "so does each of its attempts" "$(sqlite3 odd/study.db "select count(*) from event
		where trial = $trial and kind = 'lost' and instr(text, '$reason') > 0")" 2
done <<-'REASONS'
	0|the trainer was killed by signal 11
	1|the trainer was killed by signal 9
	2|the trainer was killed by signal 6
	3|the trainer ended with exit status 0
	4|the trainer said nothing for 1 s
	5|JSON
	6|a line of more than 1048576 bytes
	7|the trainer ended with exit status 1; on its standard error: Traceback | ValueError: no such layer
	8|not today
	9|the trainer said something that nobody had asked for
REASONS
equal "the others are complete" \
	"$(sqlite3 odd/study.db 'select group_concat(id) from trial where state = "complete"')" 10,11
contains "what trainers write to standard error is passed on" "$err" "ValueError"

# --- checkpoints -----------------------------------------------------------------------------------------
# Somebody removes them while the search needs them: what cannot be gone on with begins again, and a
# trial that has no beginning of its own fails alone.
erase() { # SCHEDULER: leaves how many there were in $erased, and how it ended in $status
	rm -rf erased
	setsid timeout --foreground -k 1 "$patience" lrsweep run "$study" --out erased "${options[@]}" \
		--set search.scheduler="$1" --set search.interval=10000 --set search.quantile=0.5 \
		--set run.retries=1 >stdout.txt 2>stderr.txt &
	job=$!
	wait_for erased 'select count(*) > 1 from event where kind = "done"'
	pkill -STOP -s "$job" lrsweep-trainer
	erased=$(find erased/checkpoints -name '*.safetensors' -delete -print | wc -l)
	pkill -CONT -s "$job" lrsweep-trainer
	wait "$job"
	status=$?
}
for scheduler in sha pbt; do
	for _ in 1 2 3 4 5; do # on a busy machine it may be over too soon
		erase "$scheduler"
		[ "$erased" -eq 0 ] || break
	done
	check "there are checkpoints to remove ($scheduler)" test "$erased" -gt 0
	equal "a search goes on though they are removed ($scheduler)" "$status" 0
	[ "$scheduler" = sha ] || continue
	table erased >found
	check "and ends in the undisturbed table" diff expected found
done

cat >many.cfg <<-'STUDY'
	study  = { name = "many"; seed = 5; };
	data   = { format = "spirals"; samples = 100; validation = 20; };
	model  = { layers = ( { type = "dense"; units = 2; } ); };
	train  = { batch_size = 20; optimizer = "sgd"; report_every = 9; };
	space  = { lr = { log_uniform = [1.0e-3, 1.0]; }; schedule = ( { type = "constant"; } ); };
	search = { sampler = "random"; candidates = 1000; scheduler = "sha"; eta = 3;
	           min_budget = 3.0; max_budget = 9.0; unit = "steps"; };
STUDY
for scheduler in sha asha; do
	lrsweep run many.cfg --out many --overwrite --quiet --trainers 2 \
		--set search.scheduler="\"$scheduler\"" >stdout.txt 2>stderr.txt &
	most=0
	while kill -0 $! 2>/dev/null; do
		files=(many/checkpoints/*)
		[ ${#files[@]} -le "$most" ] || most=${#files[@]}
		sleep 0.05
	done
	wait $!
	equal "1,000 candidates are searched ($scheduler)" $? 0
	equal "no checkpoint is left ($scheduler)" "$(ls many/checkpoints)" ""
	check "most at once: $most; a third of them may go on ($scheduler)" test $((most > 1 && most <= 420)) = 1
done
plan
