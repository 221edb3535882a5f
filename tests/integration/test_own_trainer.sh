# test_own_trainer.sh - trainers of the user's own: the examples, and programs that misbehave.
# shellcheck shell=bash disable=SC2154,SC2016
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
examples=$LRSWEEP_SOURCE/jobs/trainers
event() { # DIR SQL-CONDITION
	sqlite3 "$1/study.db" "select count(*) from event where $2"
}

# --- the examples -----------------------------------------------------------------------------------
try lrsweep run "$examples/quadratic.cfg" --out python --quiet
equal "a search with the trainer in Python finishes" "$status" 0
contains "its recommendation is worded without a schedule" "$out" "momentum "
check "its rates are in the table" grep -qE '^ +[0-9]+ +[0-9.e-]+ +momentum' stdout.txt
try lrsweep run "$examples/quadratic.cfg" --out python4 --quiet --trainers 4
equal "four trainers find the same table as one a core" "$(table python4)" "$(table python)"
equal "rates above 2 (1 + momentum) / curvature diverge, the others do not" "$(sqlite3 python/study.db "
	select count(*) from trial where (state = 'diverged') !=
		(lr > 2 * (1 + json_extract(params, '\$.momentum')) / 10)")" 0
equal "nothing is said of a verdict that the trainer did not tell" \
	"$(sqlite3 python/study.db "select count(*) from trial where verdict != '' and state != 'diverged'")" 0
# shellcheck disable=SC2046 # words
check "the trainer in C builds with what is installed" cc -std=c11 -Wall -Wextra -Werror \
	-I "$LRSWEEP_SOURCE/include" -o quadratic "$examples/quadratic.c" \
	$(pkg-config --cflags --libs jansson) -lm
own() { # COMMAND-LIST [OPTION]...: the example's study with another trainer
	local command=$1
	shift
	try lrsweep run "$examples/quadratic.cfg" --quiet --set "trainer.command=$command" \
		--set "trainer.directory=$TEST_DIR" "$@"
}
own '"./quadratic"' --out c
equal "a program with a / is seen from trainer.directory" "$status" 0
equal "without checkpoints the table is the same" "$(table c)" "$(table python)"
budget() { jq -r .budget.steps_trained "$1/summary.json"; }
check "and what was trained again is counted" test "$(budget c)" -gt "$(budget python)"
equal "the steps of all attempts, all together" "$(budget c)" "$(sqlite3 c/study.db \
	"select sum(step) from event where kind in ('done', 'diverged')")"
own '"./quadratic"' --out pbt --set search.scheduler=pbt --set search.interval=20
equal "population-based training needs checkpoints, which is said" "$status $err" \
	'2 lrsweep: search.scheduler is pbt, which copies trials, but the trainer leaves no checkpoints that could be copied ("checkpoints":false)'

# --- other commands ---------------------------------------------------------------------------------
try lrsweep check "$examples/quadratic.cfg"
equal "check accepts it" "$status" 0
contains "and names the trainer" "$out" "# trainer: quadratic.py; it leaves checkpoints"
try lrsweep plan "$examples/quadratic.cfg" --trainers 2 --probe
equal "plan --probe measures it" "$status" 0
contains "and says so" "$out" "Measured here"
try lrsweep plan "$examples/quadratic.cfg" --set 'trainer.command="./quadratic"' \
	--set "trainer.directory=$TEST_DIR" --probe
equal "plan --probe measures a trainer without checkpoints" "$status" 0
contains "and counts what is trained again" "$out" "1,620"
try lrsweep find "$examples/quadratic.cfg" --out find
equal "find refuses it" "$status $(cut -d, -f1 <<<"$err")" \
	"2 lrsweep: find needs the built-in trainer"
try lrsweep status python
contains "status shows the result" "$out" "Recommended: lr "
try lrsweep run "$examples/quadratic.cfg" --out refused --set data.curvature=-1
equal "a refusal names the place of the setting" "$status $err" \
	"2 --set data.curvature=-1: data.curvature: found -1; allowed: above 0
lrsweep: 1 problem in the study; nothing was started"
for way in '"no-such-program"|no-such-program cannot be started: No such file or directory in PATH' \
	'"./no-such"|./no-such cannot be started: No such file or directory' \
	'"true"|the trainer gave no answer: it ended with exit status 0' \
	'("sh","-c","echo hello")|the trainer answered hello with neither ready nor refused' \
	'"cat"|the trainer answered hello with neither ready nor refused'; do
	own "${way%%|*}" --out bad
	equal "$(cut -c 1-25 <<<"${way%%|*}") is a wrong study" "$status" 2
	contains "and the reason is told" "$err" "${way#*|}"
done
check "nothing was made" test ! -e bad
own '("sleep", "100")' --out bad --set run.heartbeat_timeout=0.5
contains "a program that never answers is given up" "$err" \
	"did not answer hello within 0.5 s (run.heartbeat_timeout)"
{
	sed 's/^data .*//' "$examples/quadratic.cfg"
	printf 'data = { long = "%0200000d"; };\n' 0
} >long.cfg
try timeout 50 lrsweep run long.cfg --out bad --set 'trainer.command=("sleep", "100")' --set run.heartbeat_timeout=0.5
contains "so is one that does not listen to a study longer than its pipe" "$status $err" \
	"did not answer hello within 0.5 s (run.heartbeat_timeout)"
try timeout 50 lrsweep check long.cfg --set 'trainer.command=("sh", "-c", "head -c 200000 /dev/zero | tr \\000 - >&2; read -r x; echo {}")'
contains "one that talks before it listens is heard" "$err" "answered hello with neither ready nor refused"
try lrsweep run "$examples/quadratic.cfg" --out bad --set trainer.directory=/no/where
contains "a directory that is not there is named" "$err" "there is no directory /no/where"

# --- environment ------------------------------------------------------------------------------------
cat >ready.sh <<'SH'
read -r hello
{ pwd; echo "$OMP_NUM_THREADS $MKL_NUM_THREADS $OPENBLAS_NUM_THREADS $COLOUR"; echo "$@"; } >seen
echo '{"op":"refused","at":"","message":"seen"}'
SH
COLOUR=blue MKL_NUM_THREADS=2 own '("sh", "ready.sh", "a b", "$HOME;*")' --out bad
equal "a trainer works in its directory, on one thread unless told, and without a shell" "$(cat seen)" \
	"$(pwd -P)
1 2 1 blue
a b \$HOME;*"

# --- what trainers may do wrong ---------------------------------------------------------------------
# A trainer in a few lines; $1 says how it trains.
cat >odd.py <<'PY'
import json, os, sys, time
def say(**line): print(json.dumps(line), flush=True)
how = sys.argv[1]
def report(c, step, **more): say(op="report", trial=c["trial"], step=step, train_loss=1.0, val_loss=c["params"]["lr"], **more)
while line := sys.stdin.readline():
    c = json.loads(line)
    if c["op"] == "hello":
        say(op="ready", version=1, tests=False, train_samples=320 if how == "epochs" else 0, unknown=[1])
    elif c["op"] == "train":
        if how == "fails" and c["trial"] % 2: print("cannot train this", file=sys.stderr); sys.exit(3)
        if how == "gives-up": say(op="done", trial=c["trial"], step=c["from"], status="stopped"); continue
        if how == "slow": time.sleep(0.4)
        if how == "silent": time.sleep(100)
        if how == "beyond": report(c, 2**63 - 1)
        to = c["to"] - (how == "short")
        report(c, to, unknown="x")
        say(op="done", trial=c["trial"], step=to, status="ok")
PY
odd() { # HOW [OPTION]...
	local how=$1
	shift
	own "(\"python3\", \"odd.py\", \"$how\")" --out "$how" --set search.candidates=4 \
		--set search.scheduler=none --set run.retries=1 "$@"
}
odd fails
equal "candidates whose trainer fails are failed, the others are trained" "$status $(sqlite3 fails/study.db \
	'select group_concat(state) from trial')" "0 complete,failed,complete,failed"
contains "what it wrote to standard error is kept" "$(sqlite3 fails/study.db \
	'select message from trial where id = 1')" "ended with exit status 3; on its standard error: cannot train this"
odd gives-up
equal "one that stops without being told to loses its attempts, and not without end" \
	"$status $(event gives-up "kind = 'lost' and text like '%stopped without being told to%'")" "3 8"
odd gives-up --resume
equal "a resume of it, with nothing left to do, ends with the same status" "$status" 3
odd beyond
equal "one that reports a step beyond the one it was sent to loses its attempts, and the step is in no curve" \
	"$status $(event beyond "kind = 'lost' and text like '%a step beyond%'") $(sqlite3 beyond/study.db \
		'select count(*) from report')" "3 8 0"
odd short
equal "one that says ok before the step it was sent to loses its attempts" \
	"$status $(event short "kind = 'lost' and text like '%ok without reaching the step%'")" "3 8"
odd slow --set run.heartbeat_timeout=3
equal "one that is slow but within run.heartbeat_timeout is left alone" "$status $(event slow "kind = 'lost'")" "0 0"
odd silent --set run.heartbeat_timeout=2 --set search.candidates=1
equal "one that hangs is given up" "$status $(event silent "kind = 'lost'")" "3 2"
odd epochs --set search.unit=epochs --set search.max_budget=3 --set search.min_budget=1
equal "epochs count where it tells train_samples: 3 of 320 samples in batches of 64" \
	"$(sqlite3 epochs/study.db 'select distinct step from trial')" 15
odd steps --set search.unit=epochs --set search.max_budget=3 --set search.min_budget=1
contains "and are refused where it does not" "$err" "use unit = \"steps\""
equal "and no study stands in the way of the next try" "$status $(ls steps 2>&1)" \
	"2 ls: cannot access 'steps': No such file or directory"

# --- scripts ----------------------------------------------------------------------------------------
cat >train.py <<'PY'
import sys, time
how, lr, steps, depth = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
x = 1.0
print("a line that tells nothing")
for step in range(1, steps + 1):
    x -= lr * x
    if how == "fails" and depth == 2: sys.exit("no such depth")
    if how == "slow": time.sleep(0.2)
    if step % 5 == 0 or step == steps: print(f"step={step} train_loss={x * x} val_loss={x * x if x * x < 1e6 else float('nan')}", flush=True)
PY
script() { # HOW [OPTION]...
	local how=$1
	shift
	try lrsweep run script.cfg --quiet --out "script-$how" --set "study.name=$how" \
		--set "trainer.script=(\"python3\", \"train.py\", \"$how\", \"{lr}\", \"{steps}\", \"{depth}\")" "$@"
}
cat >script.cfg <<'CFG'
study = { name = "script"; };
space = { lr = { log_uniform = [1e-2, 10.0]; }; depth = { int = [1, 3]; }; };
search = { candidates = 9; scheduler = "sha"; min_budget = 20; max_budget = 180; unit = "steps"; };
CFG
script sound
equal "a script that knows no protocol is searched with" "$status" 0
equal "rates above 2 diverge" "$(sqlite3 script-sound/study.db "select count(*) from trial
	where (state = 'diverged') != (lr > 2)")" 0
equal "its lines become reports" "$(sqlite3 script-sound/study.db "select group_concat(step) from
	(select step from report where trial = (select min(id) from trial where rung = 1 and state != 'diverged') order by step)")" \
	"5,10,15,20,25,30,35,40,45,50,55,60"
script fails
equal "a script that fails fails its candidates alone" "$status $(sqlite3 script-fails/study.db "select count(*) from trial
	where (state = 'failed') != (json_extract(params, '\$.depth') = 2) and lr < 2")" "0 0"
contains "its standard error is kept" "$(sqlite3 script-fails/study.db \
	"select message from trial where state = 'failed' limit 1")" "the script ended with exit status 1; on its standard error: no such depth"
script silent-standard-output --set search.candidates=1 --set run.retries=0 \
	--set 'trainer.script=("python3", "-c", "import sys; sys.stderr.write(chr(118) + \"al_loss=1\")", "{lr}")'
contains "a script that prints its metrics elsewhere is told where they belong" \
	"$(sqlite3 script-silent-standard-output/study.db 'select message from trial')" "on its standard output"
script slow --set search.wall_time=1.5 --set search.max_budget=1000 --set search.min_budget=1000 --trainers 2
equal "a script is killed when its trial is to stop" "$(pgrep -f "$TEST_DIR/train.py slow|train.py slow [0-9.]+ 1000" | wc -l)" 0
cat >wrapped.sh <<'SH'
echo "val_loss=$1"
setsid sh -c 'echo $$ >>wrapped.pids; exec sleep 100' &
while true; do [ "$2" = floods ] || sleep 0.05; echo "val_loss=$1"; done
SH
for how in waits floods; do
	rm -f wrapped.pids
	script "$how" --set "trainer.script=(\"sh\", \"wrapped.sh\", \"{lr}\", \"$how\")" --deadline 30s \
		--set search.wall_time=0.5 --set search.candidates=1
	pids=$(paste -sd, wrapped.pids)
	equal "with a script that $how everything that it started is killed" \
		"$status ${pids:+started} $(ps -o comm= -o stat= -p "$pids" | grep -c '^sleep [^Z]')" "3 started 0"
	equal "and it stops when it is told to ($how)" "$(event "script-$how" "kind = 'paused' and worker >= 0")" 1
done
script silent --set 'trainer.script=("sleep", "10{depth}0")' --set run.heartbeat_timeout=1 --set run.retries=0 --set search.candidates=1
equal "one that is silent for too long is killed, and its children with it" \
	"$status $(pgrep -f '^sleep 10[123]0$' | wc -l)" "3 0"
script typo --set 'trainer.script=("python3", "{learning_rate}")'
equal "an unknown placeholder is refused" "$status $(head -n 1 <<<"$err" | grep -c '{learning_rate} is nothing that space searches')" "2 1"

# --- an interrupted search --------------------------------------------------------------------------
for kind in python c; do
	command='("python3", "quadratic.py")' directory=$examples
	[ "$kind" = python ] || command='"./quadratic"' directory=$TEST_DIR
	long=(--set "trainer.command=$command" --set "trainer.directory=$directory" --out "long-$kind" --quiet
		--set search.candidates=6 --set search.scheduler=none --set search.max_budget=40000)
	lrsweep run "$examples/quadratic.cfg" "${long[@]}" --set data.curvature=1e-3 >/dev/null 2>&1 &
	wait_for "long-$kind" "select count(*) > 0 from event where kind = 'done'"
	kill -TERM $!
	wait $!
	equal "an interrupted search ends with status 75 ($kind)" "$?" 75
	try lrsweep run "$examples/quadratic.cfg" "${long[@]}" --set data.curvature=1e-3 --resume
	equal "and goes on ($kind)" "$status" 0
done
equal "with and without checkpoints to the same table" "$(table long-python)" "$(table long-c)"
try lrsweep run "$examples/quadratic.cfg" --resume --out c --quiet
contains "a resume with another trainer is refused" "$err" "trainer.command"

plan
