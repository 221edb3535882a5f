# tap.sh - what the integration tests share: TAP output, and running lrsweep as a user would.
# Sourced with TEST_DIR (an empty directory), LRSWEEP_BIN and LRSWEEP_SOURCE set, see tests/run.
# shellcheck shell=bash disable=SC2034
set -u
cd "$TEST_DIR" || exit 1
export PATH=$LRSWEEP_BIN:$PATH
tests=0

ok() { # SENTENCE
	tests=$((tests + 1))
	echo "ok $tests - $1"
}
not_ok() { # SENTENCE [DETAIL]...
	tests=$((tests + 1))
	echo "not ok $tests - $1"
	shift
	printf '%s\n' "$@" | sed 's/^/# /'
}
skip() { # SENTENCE REASON
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}
# Succeeds if the command does.
check() { # SENTENCE COMMAND...
	local sentence=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$sentence"; else not_ok "$sentence" "$* failed:" "$output"; fi
}
equal() { # SENTENCE FOUND EXPECTED
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "found:    $2" "expected: $3"; fi
}
contains() { # SENTENCE TEXT PART
	case $2 in *"$3"*) ok "$1" ;; *) not_ok "$1" "found:     $2" "should hold: $3" ;; esac
}
# Runs a command; leaves its status, standard output and standard error in $status, $out and $err.
try() {
	"$@" >stdout.txt 2>stderr.txt
	status=$?
	out=$(cat stdout.txt)
	err=$(cat stderr.txt)
}
# The table of results that a study must reproduce bit for bit.
table() { # DIR
	sqlite3 "$1/study.db" 'select id, lr, schedule, params, state, verdict, rung, step,
		printf("%.17g", metric), printf("%.17g", final) from trial order by id'
}
# Waits until the study in DIR holds something. Read-only: else sqlite3 may make the file itself.
wait_for() { # DIR SQL
	local left=1000
	until [ "$(sqlite3 -readonly "$1/study.db" "$2" 2>/dev/null)" = 1 ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.02
	done
}
# The data under a name of this test's own ($TEST_DIR/data): so are the copies that trainers make of it.
own_data() { ln -s /usr/share/datasets/fashion-mnist "$TEST_DIR/data"; }
own_copies() { # FOLDER...: the key near the beginning of a copy names the data
	find "$@" -maxdepth 1 -name 'lrsweep*' -type f 2>/dev/null | while read -r file; do
		head -c 65536 "$file" 2>/dev/null | grep -qaF "$TEST_DIR/data" && echo "$file"
	done
}
plan() { echo "1..$tests"; }
