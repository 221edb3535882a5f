# test_crash_points.sh - every call that changes a file of the study fails once, or is the last that
# the process does. Whatever happens, going on with --resume ends in the table of the undisturbed
# search, and a run that fails says so.
#
# FAULT_STRIDE: every so many calls one is tried [23]; 1: all of them, which takes half an hour.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
study=$LRSWEEP_SOURCE/tests/fault/small.cfg
stride=${FAULT_STRIDE:-23}
inject=$LRSWEEP_BIN/../tests/libfault_inject.so
export FAULT_DIR=$TEST_DIR/dir FAULT_FLAG=$TEST_DIR/flag

scheduler=sha
search() { # [OPTION]...: leaves its status in $status, what it said in $err
	lrsweep run "$study" --out dir --quiet --trainers 1 --set search.scheduler="$scheduler" \
		--set search.interval=100 "$@" >stdout.txt 2>stderr.txt
	status=$?
	err=$(cat stderr.txt)
}
search
equal "the undisturbed search ends with status 0" "$status" 0
table dir >expected

# One call of PROGRAM is hit, of the kind FAULT_CALL if it is set. Prints what was wrong.
hit() { # PROGRAM MODE AT
	local left=5
	rm -rf dir flag
	LD_PRELOAD=$inject FAULT_PROGRAM=$1 FAULT_MODE=$2 FAULT_AT=$3 search
	[ -e flag ] || return 0
	if [ "$1" = lrsweep ] && [ "$2" != kill ] && [ "$status" -ne 0 ]; then
		case $err in
		*"lrsweep: "*) ;;
		*) echo "call $3: ended with status $status without a word: $err" ;;
		esac
	fi
	until [ "$status" -eq 0 ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || break
		search --resume
	done
	[ "$status" -eq 0 ] || echo "call $3: --resume ends with status $status: $err"
	table dir >found
	diff expected found >difference || echo "call $3: the table is another: $(head -n 5 difference)"
	[ -z "$(ls dir/checkpoints)" ] || echo "call $3: checkpoints are left: $(ls dir/checkpoints)"
}

hits() { # PROGRAM MODE: every $stride calls one
	local at=1 tried=0 wrong=''
	while :; do
		wrong+=$(hit "$1" "$2" "$at")
		[ -e flag ] || break
		tried=$((tried + 1))
		at=$((at + stride))
	done
	local sentence="$tried of $at calls of $1 ($scheduler), one a run, end in $2: nothing is lost"
	if [ "$tried" -eq 0 ]; then
		not_ok "$sentence" "no call was hit"
	else
		equal "$sentence" "$wrong" ""
	fi
}

for program in lrsweep lrsweep-trainer; do
	for mode in kill EIO ENOSPC; do hits "$program" "$mode"; done
done

# A trial that branches is given its checkpoint by a link.
scheduler=pbt
rm -rf dir
search
table dir >expected
export FAULT_CALL=link
stride=1
for mode in kill EIO; do hits lrsweep "$mode"; done
plan
