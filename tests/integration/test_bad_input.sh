# test_bad_input.sh - every documented error: status 2, a place, what was found, what is allowed; and
# nothing is created.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
cp "$small" study.cfg

# Runs a search that must be refused, and looks for every PART in what it says.
refused() { # SENTENCE FILE OPTION... -- PART...
	local sentence=$1 part missing=
	local arguments=()
	shift
	while [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	shift
	try lrsweep run --out refused "${arguments[@]}"
	for part in "$@"; do
		case $err in *"$part"*) ;; *) missing="$missing [$part]" ;; esac
	done
	if [ "$status" != 2 ] || [ -n "$missing" ] || [ -e refused ] || [ -n "$out" ]; then
		not_ok "$sentence" "status $status, missing:$missing, DIR $(test -e refused && echo exists)" "$err"
	else
		ok "$sentence"
	fi
	rm -rf refused
}
edit() { # SED-EXPRESSION: makes edited.cfg from the small study
	sed "$1" "$small" >edited.cfg
}

refused "a missing file is refused" nothing.cfg -- nothing.cfg "No such file"
edit 's/seed = 3;/seed = = 3;/'
refused "a syntax error has its file and line" edited.cfg -- edited.cfg:2
edit 's/momentum/momentun/'
refused "an unknown key has its line and the nearest name" edited.cfg -- \
	edited.cfg:6 train.momentun momentum
edit 's/units = 24/units = "many"/'
refused "a wrong type is named with what is allowed" edited.cfg -- edited.cfg:4 'units' '"many"' "whole number"
edit 's/\[1.0e-4, 20.0\]/[20.0, 1.0e-4]/'
refused "reversed bounds of the rate are refused" edited.cfg -- edited.cfg:7 space.lr 20 0.0001
edit 's/\[1.0e-4, 20.0\]/[0.0, 1.0]/'
refused "a bound that is not positive on a log scale is refused" edited.cfg -- edited.cfg:7 space.lr
edit 's/eta = 3/eta = 1/'
refused "an eta below 2 is refused" edited.cfg -- edited.cfg:11 search.eta 1 2
edit 's/min_budget = 300.0/min_budget = 3000.0/'
refused "a least budget above the full one is refused" edited.cfg -- edited.cfg:12 min_budget 3000 2700
edit 's/momentum/momentun/; s/eta = 3/eta = 1/; s/units = 24/units = 0/'
refused "all problems are told at once" edited.cfg -- edited.cfg:4 edited.cfg:6 edited.cfg:11 "3 problems"
refused "--set is checked like the file" study.cfg --set train.momentum=2.0 -- '--set' train.momentum 2
refused "--set of an unknown key is refused" study.cfg --set train.momentun=0.5 -- '--set' momentun
refused "--trainers 0 is refused" study.cfg --trainers 0 -- "--trainers 0" "from 1"
refused "zero trainers in the study are refused" study.cfg --set run.trainers=0 -- run.trainers 0
refused "an unknown option is refused, with where the options are listed" study.cfg --frobnicate -- \
	"lrsweep run: unrecognized option '--frobnicate'" "lrsweep run --help"
refused "a study's directory in the place of its file is refused, with the option for it" . -- "--out"
refused "--set of a key without its group is told the group" study.cfg --set momentum=0.5 -- \
	"stands outside its group train"
refused "two study files are refused" study.cfg study.cfg -- "one study file"
refused "--coordinator-only without other ranks is refused" study.cfg --coordinator-only -- "one rank"
edit 's/units = 10/units = 9/'
refused "an output that does not fit the classes is refused with its line" edited.cfg -- \
	edited.cfg:5 "model.layers[1].units" 9 10
refused "a batch larger than the training set is refused" study.cfg --set train.batch_size=60000 -- \
	train.batch_size 60000 59000
refused "a validation set that leaves nothing to train on is refused" study.cfg \
	--set data.validation=60000 -- data.validation 60000
edit 's/type = "cosine"; warmup = { steps = 20; };/type = "plateau";/; s/validation = 1000;/validation = 0;/'
refused "a plateau without a validation set is refused with its line" edited.cfg \
	--set study.metric=train_loss -- edited.cfg:9 "space.schedule[1]" plateau "data.validation is 0"
try lrsweep check edited.cfg --set study.metric=train_loss
equal "and so it is by check" "$status" 2
refused "a crop of what is no image is refused" study.cfg --set 'data={ format = "spirals"; }' \
	--set 'model.layers[1].units=2' --set train.random_crop=2 -- train.random_crop "for images"
refused "a batch of one number a channel is refused with batch normalisation" study.cfg \
	--set 'model.layers[1]={ type = "batch_norm"; }' --set 'model.layers[2]={ type = "dense"; units = 10; }' \
	--set train.batch_size=1 -- train.batch_size "model.layers[1]" "more than 1 value per channel"
edit 's/{ type = "dense"; units = 24; activation = "relu"; },/{ type = "residual"; layers = { type = "dense"; unts = 24; }; },/'
refused "a wrong key in a layer inside a layer has its line" edited.cfg -- \
	edited.cfg:4 "model.layers[0].layers[0].unts" units
edit 's/{ type = "dense"; units = 24; activation = "relu"; },/{ type = "residual";\nlayers = { type = "dense"; units = 24; };\nshortcut = { type = "dense"; units = 23; }; },/'
refused "branches of other shapes are refused with the block's line" edited.cfg -- \
	edited.cfg:4 "model.layers[0]" "its layers give 24, its shortcut 23"

# Data that is missing, truncated or something else.
source=/usr/share/datasets/fashion-mnist
mkdir data
zcat $source/train-images-idx3-ubyte.gz | head -c $((16 + 200 * 784)) >images
zcat $source/train-labels-idx1-ubyte.gz | head -c $((8 + 200)) >labels
printf '\0\0\0\310' | dd of=images bs=1 seek=4 conv=notrunc status=none
printf '\0\0\0\310' | dd of=labels bs=1 seek=4 conv=notrunc status=none
fill() {
	rm -f data/*
	cp images data/train-images-idx3-ubyte
	cp labels data/train-labels-idx1-ubyte
	cp images data/t10k-images-idx3-ubyte
	cp labels data/t10k-labels-idx1-ubyte
}
data=(study.cfg --set "data.path=\"$PWD/data\"" --set data.validation=50)
fill
try lrsweep run "${data[@]}" --out fine --quiet --set search.candidates=2
equal "the small data set by itself is accepted" "$status" 0
refused "missing data is refused with its path" study.cfg --set "data.path=\"$PWD/none\"" -- "$PWD/none"
rm data/train-labels-idx1-ubyte
refused "a missing file of labels is refused" "${data[@]}" -- train-labels-idx1-ubyte
fill
head -c 100000 images >data/train-images-idx3-ubyte
refused "truncated data is refused with path and offset" "${data[@]}" -- \
	"$PWD/data/train-images-idx3-ubyte" 100000 156816
fill
echo "this is no IDX file at all" >data/train-images-idx3-ubyte
refused "something that is not IDX is refused" "${data[@]}" -- train-images-idx3-ubyte "at byte 0"
fill
head -c $((8 + 199)) labels >data/train-labels-idx1-ubyte
printf '\0\0\0\307' | dd of=data/train-labels-idx1-ubyte bs=1 seek=4 conv=notrunc status=none
refused "counts of images and labels that differ are refused" "${data[@]}" -- 199 200
fill
gzip -c images | head -c 20000 >data/train-images-idx3-ubyte.gz
rm data/train-images-idx3-ubyte
refused "a truncated .gz is refused" "${data[@]}" -- train-images-idx3-ubyte.gz

# A directory that holds a study.
lrsweep run study.cfg --out taken --quiet --set search.candidates=2 >/dev/null
sum=$(sha256sum taken/study.db)
try lrsweep run study.cfg --out taken
equal "a directory that holds a study is refused with status 2" "$status" 2
contains "and says what can be done" "$err" "--resume"
equal "and the study there is untouched" "$(sha256sum taken/study.db)" "$sum"
echo "mine" >taken/notes.txt
try lrsweep run study.cfg --out taken --quiet --overwrite --set search.candidates=3
equal "--overwrite replaces it" "$status" 0
equal "and leaves other files alone" "$(cat taken/notes.txt)" mine
equal "with the new study" "$(sqlite3 taken/study.db 'select count(*) from trial')" 3
mkdir foreign
echo "not a database" >foreign/study.db
try lrsweep run study.cfg --out foreign --quiet --overwrite
equal "a study.db that is not ours is never replaced" "$(cat foreign/study.db)" "not a database"
echo file >plain
try lrsweep run study.cfg --out plain/sub --quiet
equal "a DIR that cannot be made ends with status 1" "$status" 1
contains "and names it" "$err" plain

try lrsweep check edited.cfg
equal "check refuses what run refuses" "$status" 2
try lrsweep check study.cfg
equal "check accepts a sound study" "$status" 0
printf '%s\n' "$out" >printed.cfg
equal "what check prints is the same study" "$(lrsweep check printed.cfg --json)" \
	"$(lrsweep check study.cfg --json)"
equal "check creates nothing" "$(test -e results && echo made)" ""
try lrsweep status nowhere
equal "status of nothing ends with status 2" "$status" 2
try lrsweep frobnicate
equal "an unknown command ends with status 2" "$status" 2
contains "and the commands are named" "$err" "run check plan find status report export doctor list"
try lrsweep list
kinds=$(cut -d " " -f 1 stdout.txt | sort)
try lrsweep list --help
equal "list --help names all that can be listed" \
	"$(sed -n 's/^lists //p' stdout.txt | tr -s ', ' '\n' | grep -vx or | sort)" "$kinds"
try lrsweep list frobs
equal "an unknown list ends with status 2" "$status" 2
for command in run check plan find status report export doctor list; do
	try lrsweep "$command" --help
	equal "$command --help ends with status 0" "$status" 0
	contains "$command --help shows its usage" "$out" "usage: lrsweep $command"
done
readme=$(grep -E '^ +lrsweep list \[WHAT\]' "$LRSWEEP_SOURCE/README.md")
help=$(lrsweep list --help)
for what in $(lrsweep list | awk '{print $1}'); do
	try lrsweep list "$what"
	equal "list $what ends with status 0" "$status" 0
	contains "the help names $what" "$help" "$what"
	contains "the README names $what" "$readme" "$what"
	[ "$what" = settings ] || check "list $what shows sources" grep -q "source:" stdout.txt
	missing=
	for key in $(sed -n 's/^    \([a-z][a-z0-9_.[]*\]*[a-z0-9_.]*\)\( \*\)\{0,1\}  .*/\1/p' stdout.txt); do
		grep -qE "(^|[ #{;])${key##*.} =" "$LRSWEEP_SOURCE/jobs/template.cfg" || missing="$missing $key"
	done
	equal "jobs/template.cfg holds every key of list $what" "$missing" ""
	# Keys that many layers, formats or optimizers have, each with its own default, share a line.
	case $what in settings | schedules | samplers | schedulers) ;; *) continue ;; esac
	wrong=
	while read -r key default; do
		case $key,$default in *,required | *,- | directory,*) continue ;; esac
		grep -qE "(^|[ #{;])${key##*.} =.*\[${default//./\\.}\]" "$LRSWEEP_SOURCE/jobs/template.cfg" || wrong="$wrong $key"
	done < <(sed -n 's/^    \([a-z][a-z0-9_.[]*\]*[a-z0-9_.]*\)\( \*\)\{0,1\}  *\([^ ][^ ]*\)  .*/\1 \3/p' stdout.txt)
	equal "and its defaults of $what" "$wrong" ""
done
check "schedules, optimizers and seven more are listed" test "$(lrsweep list | wc -l)" = 9
for arguments in "check $small" "plan $small" "list settings" "list --help" --version; do
	# shellcheck disable=SC2086 # words
	said=$(lrsweep $arguments 2>&1 >/dev/full)
	status=$?
	equal "output that finds no room ends with status 1, and it is said: $(cut -d " " -f 1 <<<"$arguments")" \
		"$status $said" "1 lrsweep: the result could not be written to standard output"
done
try mpirun -n 2 "$LRSWEEP_BIN/lrsweep" run edited.cfg --out refused
equal "a bad study under mpirun ends with status 2" "$status" 2
equal "and is told once" "$(grep -c 'edited.cfg:' stderr.txt)" 1

plan
