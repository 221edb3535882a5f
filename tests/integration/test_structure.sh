# test_structure.sh - dependencies point one way, and the parts that must be pure are.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
cd "$LRSWEEP_SOURCE" || exit 1
libraries=$LRSWEEP_BIN/..

includes() { # FOLDERS PATTERN: lines that include what matches
	# shellcheck disable=SC2086
	grep -rnE --include='*.[ch]' "#include *[<\"]$2" $1
}
equal "common includes nothing of coordinator or worker" "$(includes common '(coordinator|worker)/')" ""
equal "worker includes nothing of coordinator" "$(includes worker 'coordinator/')" ""
equal "coordinator includes nothing of worker" "$(includes coordinator 'worker/')" ""
below=$(git ls-files coordinator | cut -d/ -f1,2 | sort -u | grep -vE '/(commands|main\.c)$' | tr '\n' ' ')
equal "nothing but main includes the commands" "$(includes "$below" 'coordinator/commands/')" ""
equal "what is looked at knows nothing of how it is searched and trained" \
	"$(includes 'coordinator/view coordinator/report coordinator/export coordinator/find' \
		'coordinator/(search|dispatch|probe|job)/')" ""
equal "the search core includes nothing of the outside world" \
	"$(includes coordinator/search '(mpi|sqlite3|time|unistd|sys/|stdio|poll|signal|pthread|fcntl)')" ""
equal "the trainer includes neither MPI nor SQLite nor the study file's library" \
	"$(includes 'worker/trainer worker/data' '(mpi|sqlite3|libconfig)')" ""

undefined=$(nm -u "$libraries/libsearch.a" | awk '{print $2}' | sort -u)
equal "the search core calls no clock, no file, no random numbers but its own" \
	"$(grep -E '^(time|clock_gettime|monotonic_s|gettimeofday|open|fopen|read|write|rand|random|drand48|getenv|printf|fprintf|MPI_.*|sqlite3_.*)$' <<<"$undefined")" ""
equal "lrsweep-trainer links neither MPI nor SQLite" \
	"$(ldd "$LRSWEEP_BIN/lrsweep-trainer" | grep -E 'libmpi|libsqlite3|libopen-rte')" ""
equal "the top level holds what the layout says" \
	"$(git ls-files 2>/dev/null | cut -d/ -f1 | grep -v '^\.' | sort -u | tr '\n' ' ')" \
	"CMakeLists.txt LICENSE README.md common coordinator include jobs tests worker "

sources=$(git ls-files '*.c' '*.h')
# shellcheck disable=SC2086
check "every source is formatted as .clang-format says" clang-format --dry-run -Werror $sources
scripts=$(git ls-files jobs tests .ci | xargs grep -lE '^#!.*bash')
# shellcheck disable=SC2086
check "shellcheck finds nothing in the scripts" shellcheck $scripts
check "no test asserts a time" bash -c \
	"! grep -rnE 'assert.*(elapsed|seconds)_s *<' tests/unit tests/property"

plan
