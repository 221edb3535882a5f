# test_runner.sh - tests/run itself, over made-up tests: what it counts, and what it takes for a failure.
# shellcheck shell=bash disable=SC2154,SC2016
. "$LRSWEEP_SOURCE/tests/integration/tap.sh"
mkdir -p tree/{tests/{integration,fault,fuzz/inputs},jobs,stubs,build-tests/{bin,tests},build-sanitize/tests}
cd tree || exit 1
cp "$LRSWEEP_SOURCE/tests/run" tests/run

program() { # FILE: of standard input
	{ echo '#!/bin/sh' && cat; } >"$1"
	chmod +x "$1"
}
one_passes() { printf 'echo "ok 1 - %s"; echo 1..1\n' "$1"; }
program stubs/cmake <<<'exit 0'
program jobs/install-packages <<<'exit 0'
one_passes valgrind | program stubs/valgrind
one_passes tidy | program tests/tidy
one_passes unit | program build-tests/tests/test_unit
one_passes sanitized | program build-sanitize/tests/test_unit
program build-sanitize/tests/fuzz_inputs <<<'echo "1 inputs"'
touch build-tests/bin/lrsweep tests/fuzz/inputs/one
one_passes fault >tests/fault/test_fault.sh
cat >tests/integration/test_sound.sh <<-'END'
	[ -e "$LRSWEEP_BIN/lrsweep" ] || exit 1
	cd "$TEST_DIR" && echo "ok 1 - a" && echo "ok 2 - b # SKIP not here" && echo 1..2
END
run() { # NAME...
	try env PATH="$PWD/stubs:$PATH" bash tests/run "$@"
}

run
equal "all tests are run, and what was skipped is counted apart" "$status $(tail -n 1 <<<"$out")" \
	"0 8 passed, 0 failed, 1 skipped"
contains "it is told what was skipped" "$out" "skipped: b # SKIP not here"
run --unknown
equal "an unknown option is refused" "$status" 2
run unit/ fault
equal "only the tests that were named are run" "$status $(tail -n 1 <<<"$out")" "0 2 passed, 0 failed"
run no-such-test
equal "a name that no test has is not taken for success" "$status $err" "2 There is no test whose path holds: no-such-test"

while IFS='|' read -r sentence script counted; do
	printf '%b\n' "$script" >tests/integration/test_odd.sh
	run odd sound
	equal "$sentence" "$status $(tail -n 1 <<<"$out")" "1 $counted, 1 skipped"
done <<-'END'
	a check that fails fails the whole|echo "ok 1 - a"; echo "not ok 2 - b"; echo 1..2|2 passed, 1 failed
	so does one behind another's unfinished line|printf half; echo "not ok 1 - a"; echo "ok 2 - b"; echo 1..2|2 passed, 1 failed
	so does a status|echo "ok 1 - a"; echo 1..1; exit 3|2 passed, 1 failed
	so does a script that is killed|echo "ok 1 - a"; kill -KILL $$|2 passed, 1 failed
	so does one that ends too early|echo "ok 1 - a"; exit 0; echo 1..2|2 passed, 1 failed
	so does one that does not do all that it planned|echo 1..2; echo "ok 1 - a"|2 passed, 1 failed
	so does one that checks nothing|echo 1..0|1 passed, 1 failed
END
printf 'for i in $(seq 200); do echo "ok $i - a"; done; echo "not ok 201 - the last one"; echo 1..201\n' >tests/integration/test_odd.sh
run odd
contains "what failed is shown, however much did not" "$out" "not ok 201 - the last one"

echo 'sleep 1000 & echo $! >"$TEST_DIR/../../sleeper"; wait' >tests/integration/test_odd.sh
env --default-signal=INT PATH="$PWD/stubs:$PATH" TMPDIR="$PWD" bash tests/run odd >odd.out 2>&1 &
check "a test gets under way" timeout 20 sh -c 'until [ -s sleeper ]; do sleep 0.02; done'
kill -INT $!
wait $!
equal "Ctrl-C ends it" $? 130
check "and what the test started" timeout 5 sh -c "while kill -0 $(cat sleeper) 2>/dev/null; do sleep 0.02; done"
equal "and leaves nothing behind" "$(ls -d build-tests/bin-* tmp.* 2>/dev/null)" ""
plan
