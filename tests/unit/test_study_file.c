/* test_study_file.c - study files: what is refused, where and in which words; what is resolved. */
#include "common/study/study_file.h"
#include "coordinator/view/study_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

enum { LINES = 8, PARTS = 4, OTHERS = 5 };

/* A sound study, one group a line: cases replace a line. */
static const char *const sound[LINES] = {
    /* 1 */ "study = { name = \"t\"; seed = 1; };",
    /* 2 */ "data = { format = \"idx\"; path = \"/data\"; validation = 100; };",
    /* 3 */ "model = { layers = ( { type = \"dense\"; units = 10; } ); };",
    /* 4 */ "train = { batch_size = 64; optimizer = \"sgd\"; momentum = 0.9; };",
    /* 5 */ "space = { lr = { log_uniform = [1e-5, 10]; };",
    /* 6 */ "  schedule = ( { type = \"constant\"; }, { type = \"step\"; every = 3; } ); };",
    /* 7 */ "search = { candidates = 9; eta = 3; min_budget = 1;",
    /* 8 */ "  max_budget = 9; };",
};

/* --- files in a directory of their own ----------------------------------------------------------
 */

static char directory[] = "/tmp/test_study_file.XXXXXX";

static int enter_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) && chdir(directory) == 0 && mkdir("sub", 0700) == 0 ? 0 : -1;
}

static int leave_directory(void **state)
{
    (void)state;
    static const char *const files[] = {"t.cfg",        "printed.cfg", "a.cfg",      "b.cfg",
                                        "sub/c.cfg",    "sub/d.cfg",   "locked.cfg", "big.cfg",
                                        "sub/list.csv", "list.csv",    "sub"};
    for (size_t i = 0; i < COUNT_OF(files); i++)
        (void)remove(files[i]);
    return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

static void write_bytes(const char *path, const void *bytes, size_t length)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
}

static void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

/* Writes t.cfg: the sound study with one line (1 to LINES; 0: none) replaced. */
static void write_study(unsigned line, const char *with)
{
    FILE *stream = fopen("t.cfg", "w");
    assert_non_null(stream);
    for (unsigned i = 0; i < LINES; i++)
        assert_true(fprintf(stream, "%s\n", i + 1 == line ? with : sound[i]) > 0);
    assert_int_equal(fclose(stream), 0);
}

static struct study_file *read_with(const char *path, const char *setting)
{
    struct study_file *file = study_file_read(path, &setting, setting ? 1 : 0);
    assert_non_null(file);
    return file;
}

static void print_problems(const struct study_file *file)
{
    size_t count;
    const struct study_problem *problems = study_file_problems(file, &count);
    for (size_t i = 0; i < count; i++)
        print_message("  %s\n", problems[i].text);
}

static void assert_sound(const struct study_file *file)
{
    size_t count;
    (void)study_file_problems(file, &count);
    if (count)
        print_problems(file);
    assert_int_equal(count, 0);
    assert_non_null(study_file_document(file));
}

/* Asserts that the one problem starts with `start` and holds all of `parts`. */
static void assert_problem(const struct study_file *file, const char *start,
                           const char *const parts[PARTS])
{
    size_t count;
    const struct study_problem *problems = study_file_problems(file, &count);
    if (count != 1)
        print_message("expected one problem at %s\n", start);
    if (count > 1)
        print_problems(file);
    assert_int_equal(count, 1);
    assert_null(study_file_document(file));
    bool good = strncmp(problems[0].text, start, strlen(start)) == 0;
    for (size_t i = 0; i < PARTS && parts[i]; i++)
        good = good && strstr(problems[0].text, parts[i]);
    if (!good)
        print_message("expected %s ... %s ...\nfound    %s\n", start, parts[0], problems[0].text);
    assert_true(good);
}

/* --- what is refused ----------------------------------------------------------------------------
 */

static void each_error_names_its_line_what_was_found_and_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        unsigned line;
        const char *with;  /* replaces the line of the sound study */
        const char *start; /* "t.cfg:LINE: SETTING: " */
        const char *parts[PARTS];
    } cases[] = {
        /* unknown keys */
        {4,
         "train = { optimizer = \"sgd\"; momentm = 0.9; };",
         "t.cfg:4: train.momentm: ",
         {"unknown key (did you mean \"momentum\"?)", "allowed: batch_size, optimizer, momentum"}},
        {1,
         "study = { name = \"t\"; colour = 1; };",
         "t.cfg:1: study.colour: ",
         {"unknown key; allowed: name, seed, metric"}},
        {1,
         "study = { name = \"t\"; }; serach = { };",
         "t.cfg:1: serach: ",
         {"unknown group (did you mean \"search\"?)",
          "study, trainer, data, model, train, space, search"}},
        {1,
         "study = { name = \"t\"; }; seed = 2;",
         "t.cfg:1: seed: ",
         {"stands outside its group study"}},
        {1, "study = { name = \"t\"; units = 2; };", "t.cfg:1: study.units: ", {"unknown key"}},
        {1,
         "study = { name = \"t\"; momentum = 0.5; };",
         "t.cfg:1: study.momentum: ",
         {"no key of this group (train has it)"}},
        {3,
         "model = { layers = ( { type = \"dense\";\n units = 10; unit = 3; } ); };",
         "t.cfg:4: model.layers[0].unit: ",
         {"did you mean \"units\"?"}},
        {4,
         "train = { optimizer = \"adam\"; momentum = 0.9; };",
         "t.cfg:4: train.momentum: ",
         {"no key of the optimizer adam; it belongs to sgd"}},
        {6,
         "schedule = { type = \"cosine\"; gamma = 0.5; }; };",
         "t.cfg:6: space.schedule[0].gamma: ",
         {"no key of the schedule cosine; it belongs to step, multi_step, exponential"}},
        /* wrong types */
        {4,
         "train = { momentum = \"high\"; };",
         "t.cfg:4: train.momentum: ",
         {"found \"high\"; allowed: a number of at least 0 and below 1"}},
        {4,
         "train = { batch_size = 64.5; };",
         "t.cfg:4: train.batch_size: ",
         {"found 64.5; allowed: a whole number of at least 0"}},
        {4,
         "train = { momentum = 0.9; nesterov = 1; };",
         "t.cfg:4: train.nesterov: ",
         {"found 1; allowed: true or false"}},
        {4,
         "train = { optimizer = 3; };",
         "t.cfg:4: train.optimizer: ",
         {"found 3; allowed: sgd, "}},
        {4,
         "train = { momentum = { uniform = [0.1, 0.9]; }; };",
         "t.cfg:4: train.momentum: ",
         {"found a group", "move it to space"}},
        {4, "train = ( 1, 2 );", "t.cfg:4: train: ", {"found a list; allowed: a group"}},
        {3,
         "model = { layers = 3; };",
         "t.cfg:3: model.layers: ",
         {"found 3; allowed: a list of groups"}},
        {3, "model = { layers = ( ); };", "t.cfg:3: model.layers: ", {"found empty: a list"}},
        {3,
         "model = { layers = ( 3 ); };",
         "t.cfg:3: model.layers[0]: ",
         {"found 3; allowed: a group"}},
        {2,
         "data = { format = \"idx\"; path = 5; };",
         "t.cfg:2: data.path: ",
         {"found 5; allowed: a path"}},
        {1, "study = { name = \"a/b\"; };", "t.cfg:1: study.name: ", {"found \"a/b\"", "letters"}},
        {1, "study = { name = \"\xff\xfe\"; };", "t.cfg:1: study.name: ", {"\"??\"", "UTF-8"}},
        {2,
         "data = { format = \"idx\"; path = \"a\\x1b[2Jb\"; };",
         "t.cfg:2: data.path: ",
         {"\"a?[2Jb\"", "control characters"}},
        /* impossible values, wrong names */
        {1,
         "study = { name = \"t\"; metric = \"val_los\"; };",
         "t.cfg:1: study.metric: ",
         {"found \"val_los\"; allowed: val_loss, val_error, train_loss",
          "did you mean \"val_loss\"?"}},
        {1,
         "study = { name = \"t\"; seed = -1; };",
         "t.cfg:1: study.seed: ",
         {"found -1; allowed: a whole number from 0 to 9007199254740991"}},
        {1,
         "study = { name = \"t\"; seed = 99999999999999999; };",
         "t.cfg:1: study.seed: ",
         {"found 99999999999999999"}},
        {2,
         "data = { format = \"idy\"; path = \"/data\"; };",
         "t.cfg:2: data.format: ",
         {"found \"idy\"; allowed: idx, ", "(did you mean \"idx\"?)"}},
        {2,
         "data = { format = \"idx\"; path = \"/data\"; validation = 1.5; };",
         "t.cfg:2: data.validation: ",
         {"found 1.5; allowed: a count", "a fraction below 1"}},
        {3,
         "model = { layers = ( { type = \"dense\"; units = 0; } ); };",
         "t.cfg:3: model.layers[0].units: ",
         {"found 0; allowed: a whole number from 1"}},
        {3,
         "model = { layers = ( { type = \"dens\"; units = 1; } ); };",
         "t.cfg:3: model.layers[0].type: ",
         {"did you mean \"dense\"?"}},
        {4, "train = { momentum = 1.0; };", "t.cfg:4: train.momentum: ", {"found 1;"}},
        {7,
         "search = { candidates = 0; min_budget = 1;",
         "t.cfg:7: search.candidates: ",
         {"found 0; allowed: a whole number from 1"}},
        {7,
         "search = { candidates = 9; eta = 1; min_budget = 1;",
         "t.cfg:7: search.eta: ",
         {"found 1; allowed: a whole number from 2"}},
        {7,
         "search = { candidates = 9; eta = 2.5; min_budget = 1;",
         "t.cfg:7: search.eta: ",
         {"found 2.5; allowed: a whole number from 2"}},
        {7,
         "search = { candidates = 9; min_budget = 0;",
         "t.cfg:7: search.min_budget: ",
         {"found 0; allowed: a number above 0"}},
        {7,
         "search = { candidates = 9; min_budget = 1; run = 3;",
         "t.cfg:7: search.run: ",
         {"unknown key"}},
        {1,
         "study = { name = \"t\"; }; run = { trainers = -1; };",
         "t.cfg:1: run.trainers: ",
         {"found -1"}},
        {1,
         "study = { name = \"t\"; }; run = { trainers = 0; };",
         "t.cfg:1: run.trainers: ",
         {"found 0", "from 1"}},
        /* missing */
        {1, "study = { seed = 1; };", "t.cfg:1: study.name: ", {"missing"}},
        {1, "", "t.cfg: study: ", {"this group is missing", "it needs name"}},
        {2,
         "data = { format = \"idx\"; };",
         "t.cfg:2: data.path: ",
         {"missing: the data format idx needs it"}},
        {3,
         "model = { layers = ( { type = \"dense\"; } ); };",
         "t.cfg:3: model.layers[0].units: ",
         {"missing: the layer dense needs it"}},
        {5, "space = {", "t.cfg:5: space.lr: ", {"missing"}},
        {7,
         "search = { min_budget = 1;",
         "t.cfg:7: search.candidates: ",
         {"missing: the sampler random needs it"}},
        {7,
         "search = { candidates = 3;",
         "t.cfg:7: search.min_budget: ",
         {"missing: the scheduler sha needs it"}},
        {8, "};", "t.cfg:7: search.max_budget: ", {"missing"}},
        /* schedulers */
        {7,
         "search = { scheduler = \"median\"; candidates = 9; interval = 9;",
         "t.cfg:7: search.interval: ",
         {"found 9; allowed: below max_budget = 9 (t.cfg:8)"}},
        {7,
         "search = { scheduler = \"median\"; candidates = 9; interval = 2; grace = 9.5;",
         "t.cfg:7: search.grace: ",
         {"found 9.5; allowed: below max_budget = 9 (t.cfg:8)"}},
        {7,
         "search = { scheduler = \"median\"; candidates = 9; interval = 0.001;",
         "t.cfg:7: search.interval: ",
         {"of which max_budget = 9 has more than 1000; allowed: 0.009 or more"}},
        {7,
         "search = { scheduler = \"median\"; candidates = 9; interval = 1.5; unit = \"steps\";",
         "t.cfg:7: search.interval: ",
         {"found 1.5; in steps a budget is a whole number"}},
        {7,
         "search = { scheduler = \"median\"; candidates = 9; min_trials = 0;",
         "t.cfg:7: search.min_trials: ",
         {"found 0"}},
        {7,
         "search = { scheduler = \"pbt\"; candidates = 4;",
         "t.cfg:7: search.quantile: ",
         {"found 0.2, which is less than one of 4 candidates; allowed: 5 or more candidates, or a "
          "larger quantile"}},
        {7,
         "search = { scheduler = \"pbt\"; candidates = 10; quantile = 0.6;",
         "t.cfg:7: search.quantile: ",
         {"found 0.6"}},
        {7,
         "search = { scheduler = \"pbt\"; candidates = 10; shrink = 1.5;",
         "t.cfg:7: search.shrink: ",
         {"found 1.5"}},
        {7,
         "search = { scheduler = \"asha\"; candidates = 9; min_budget = 10;",
         "t.cfg:7: search.min_budget: ",
         {"found 10, which is above max_budget = 9 (t.cfg:8)"}},
        {7,
         "search = { scheduler = \"asha\"; candidates = 9; min_budget = 1; variant = \"promote\";",
         "t.cfg:7: search.variant: ",
         {"found \"promote\"", "promotion, stopping"}},
        {7,
         "search = { scheduler = \"asha\"; min_budget = 1;",
         "t.cfg:7: search.candidates: ",
         {"missing: the sampler random needs it", "hyperband alone may leave it out"}},
        {7,
         "search = { scheduler = \"hyperband\"; min_budget = 1e-6;",
         "t.cfg:7: search.min_budget: ",
         {"one pass of hyperband then takes more than 1000000 candidates"}},
        /* the space */
        {5,
         "space = { lr = { log_uniform = [10, 1e-5]; };",
         "t.cfg:5: space.lr.log_uniform: ",
         {"found [10, 1e-05]", "reversed"}},
        {5,
         "space = { lr = { log_uniform = [0.0, 1]; };",
         "t.cfg:5: space.lr.log_uniform: ",
         {"found [0, 1]", "log scale must be above 0"}},
        {5,
         "space = { lr = { log_uniform = [-1, 1]; };",
         "t.cfg:5: space.lr.log_uniform: ",
         {"log scale must be above 0"}},
        {5, "space = { lr = { uniform = [1, 1]; };", "t.cfg:5: space.lr.uniform: ", {"equal"}},
        {5,
         "space = { lr = { uniform = [0, 1]; };",
         "t.cfg:5: space.lr.uniform[0]: ",
         {"found 0; allowed: a number above 0"}},
        {5,
         "space = { lr = { uniform = [1]; };",
         "t.cfg:5: space.lr.uniform: ",
         {"found a list of 1; allowed: two bounds"}},
        {5,
         "space = { lr = { choice = (); };",
         "t.cfg:5: space.lr.choice: ",
         {"found a list of 0; allowed: a list of 1"}},
        {5,
         "space = { lr = { choice = ( 0.1, 0.2, 0.1 ); };",
         "t.cfg:5: space.lr.choice[2]: ",
         {"0.1 stands in the list twice"}},
        {5,
         "space = { lr = { grid = [ 0.1, \"a\" ]; };",
         "t.cfg:5: space.lr.grid[1]: ",
         {"found \"a\"; allowed: a number above 0"}},
        {5,
         "space = { lr = { loguniform = [1e-5, 1]; };",
         "t.cfg:5: space.lr: ",
         {"unknown distribution \"loguniform\" (did you mean \"log_uniform\"?)",
          "{ log_uniform = [a, b]; }"}},
        {5,
         "space = { lr = { uniform = [1, 2]; grid = [1, 2]; };",
         "t.cfg:5: space.lr: ",
         {"several distributions"}},
        {5, "space = { lr = { };", "t.cfg:5: space.lr: ", {"an empty group"}},
        {5,
         "space = { lr = [0.1, 1.0];",
         "t.cfg:5: space.lr: ",
         {"found a list without its distribution"}},
        {5, "space = { lr = -0.1;", "t.cfg:5: space.lr: ", {"found -0.1"}},
        {5,
         "space = { lr = 0.1; momentum = { uniform = [0, 0.9]; };",
         "t.cfg:5: space.momentum: ",
         {"stands in train too (t.cfg:4)"}},
        {5,
         "space = { lr = 0.1; weight_decay = { uniform = [0.5, -1]; };",
         "t.cfg:5: space.weight_decay.uniform[1]: ",
         {"found -1"}},
        {5,
         "space = { lr = 0.1; beta1 = 0.5;",
         "t.cfg:5: space.beta1: ",
         {"no key of the optimizer sgd; it belongs to adam"}},
        {5,
         "space = { lr = 0.1; report_every = 5;",
         "t.cfg:5: space.report_every: ",
         {"cannot be searched (it is a key of train)"}},
        {5,
         "space = { lr = 0.1; nesterov = { uniform = [0, 1]; };",
         "t.cfg:5: space.nesterov: ",
         {"\"uniform\", but it is true or false", "{ choice = ( ... ); } or one value"}},
        {5,
         "space = { lr = { int = [0.5, 3]; };",
         "t.cfg:5: space.lr.int[0]: ",
         {"found 0.5; allowed: a whole number"}},
        {6,
         "  schedule = ( { type = \"cosin\"; } ); };",
         "t.cfg:6: space.schedule[0].type: ",
         {"found \"cosin\"; allowed: constant, step, multi_step, ", " cosine, ",
          "(did you mean \"cosine\"?)"}},
        {6,
         "  schedule = ( { type = \"step\"; every = 0; } ); };",
         "t.cfg:6: space.schedule[0].every: ",
         {"found 0; allowed: a number above 0"}},
        {6,
         "  schedule = ( { type = \"step\"; } ); };",
         "t.cfg:6: space.schedule[0].every: ",
         {"missing: the schedule step needs it"}},
        {6,
         "  schedule = ( { type = \"multi_step\"; milestones = [3, 0]; } ); };",
         "t.cfg:6: space.schedule[0].milestones: ",
         {"allowed: 1 to 16 numbers [ a, b, ... ], each above 0"}},
        {6,
         "  schedule = ( { type = \"constant\"; warmup = { epochs = 1; shape = \"exponential\"; }; "
         "} ); };",
         "t.cfg:6: space.schedule[0].warmup.from: ",
         {"found 0; allowed: above 0"}},
        {6,
         "  schedule = ( { type = \"constant\"; warmup = { from = 0.1; }; } ); };",
         "t.cfg:6: space.schedule[0].warmup: ",
         {"steps = N or epochs = N"}},
        {6,
         "  schedule = ( { type = \"constant\"; warmup = { steps = 1; epochs = 1; }; } ); };",
         "t.cfg:6: space.schedule[0].warmup: ",
         {"one of the two"}},
        {6,
         "  schedule = ( { type = \"constant\"; warmup = { epochs = 9; }; } ); };",
         "t.cfg:6: space.schedule[0].warmup.epochs: ",
         {"below search.max_budget = 9"}},
        {6,
         "  schedule = ( { type = \"constant\"; warmup = { epochs = 1; from = 2; }; } ); };",
         "t.cfg:6: space.schedule[0].warmup.from: ",
         {"found 2; allowed: a number from 0 to 1"}},
        {6,
         "  schedule = ( { type = \"constant\"; warmup = { steps = -1; }; } ); };",
         "t.cfg:6: space.schedule[0].warmup.steps: ",
         {"found -1; allowed: a number from 0"}},
        /* multipliers of layers: the sound study has one layer */
        {5,
         "space = { lr = 0.1; lr_multiplier = ( { layer = 1; value = 2; } );",
         "t.cfg:5: space.lr_multiplier[0].layer: ",
         {"found 1, but model.layers has 1; allowed: 0 to 0"}},
        {5,
         "space = { lr = 0.1; lr_multiplier = ( { layer = -1; value = 2; } );",
         "t.cfg:5: space.lr_multiplier[0].layer: ",
         {"found -1; allowed: a whole number from 0"}},
        {5,
         "space = { lr = 0.1; lr_multiplier = ( { layer = 0; value = -2; } );",
         "t.cfg:5: space.lr_multiplier[0].value: ",
         {"found -2; allowed: a number from 0"}},
        {5,
         "space = { lr = 0.1; lr_multiplier = ( { layer = 0; value = { uniform = [2, 1]; }; } );",
         "t.cfg:5: space.lr_multiplier[0].value.uniform: ",
         {"reversed"}},
        {5,
         "space = { lr = 0.1; lr_multiplier = ( { layer = { int = [0, 1]; }; value = 1; } );",
         "t.cfg:5: space.lr_multiplier[0].layer: ",
         {"found a group"}},
        {5,
         "space = { lr = 0.1; lr_multiplier = ( { layer = 0; value = 1; }, { layer = 0; value = 2; "
         "} );",
         "t.cfg:5: space.lr_multiplier[1].layer: ",
         {"found 0, which the list names twice"}},
        {5,
         "space = { lr = 0.1; lr_multiplier = ( { layer = 0; } );",
         "t.cfg:5: space.lr_multiplier[0].value: ",
         {"missing"}},
        {5,
         "space = { lr = 0.1; lr_multiplier = ( { layer = 0; valeu = 1; value = 1; } );",
         "t.cfg:5: space.lr_multiplier[0].valeu: ",
         {"did you mean \"value\""}},
        {5,
         "space = { lr = 0.1; lr_multiplier = 0.5;",
         "t.cfg:5: space.lr_multiplier: ",
         {"found 0.5"}},
        /* between settings */
        {2,
         "data = { format = \"idx\"; path = \"/data\"; validation = 0; };",
         "t.cfg:2: data.validation: ",
         {"found 0, but study.metric is val_loss"}},
        {4, "train = { nesterov = true; };", "t.cfg:4: train.nesterov: ", {"train.momentum is 0"}},
        {7,
         "search = { candidates = 9; min_budget = 9.5;",
         "t.cfg:7: search.min_budget: ",
         {"found 9.5, which is above max_budget = 9 (t.cfg:8)"}},
        {7,
         "search = { candidates = 9; min_budget = 1.5; unit = \"steps\";",
         "t.cfg:7: search.min_budget: ",
         {"found 1.5; in steps a budget is a whole number"}},
        {7,
         "search = { sampler = \"grid\"; min_budget = 1;",
         "t.cfg:5: space.lr: ",
         {"found a range, but search.sampler is grid"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_study(cases[i].line, cases[i].with);
        struct study_file *file = read_with("t.cfg", NULL);
        assert_problem(file, cases[i].start, cases[i].parts);
        study_file_destroy(file);
    }
}

static void validation_files_make_up_for_holding_nothing_out(void **state)
{
    (void)state;
    write_study(2, "data = { format = \"csv\"; path = \"/d.csv\"; target = \"y\"; validation = 0; "
                   "validation_path = \"/v.csv\"; };");
    struct study_file *file = read_with("t.cfg", NULL);
    assert_sound(file);
    study_file_destroy(file);
}

static void what_libconfig_would_not_take_is_told_in_plain_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *start;
        const char *parts[PARTS];
    } cases[] = {
        {"a = {\n  b = = 2;\n};", "t.cfg:2: ", {"\"b = = 2;\": syntax error", "NAME = VALUE;"}},
        {"a = ( 1, 2, );", "t.cfg:1: ", {"without a comma after its last element"}},
        {"a = 1;\n\n a = 2;", "t.cfg:3: ", {"\"a = 2;\": a setting of this name stands before"}},
        {"\n{ ", "t.cfg:2: ", {"the { that opens here is never closed"}},
        {"a = (\n{ b = 1; );", "t.cfg:2: ", {") where the { of t.cfg:2 must be closed by }"}},
        {"a = 1; }", "t.cfg:1: ", {"} closes nothing"}},
        {"a = \"x;\n", "t.cfg:1: ", {"a string that its line does not close"}},
        {"a = 1; /* b\n\n", "t.cfg:1: ", {"comment that begins here is never closed"}},
        {"a = 99999999999999999999;", "t.cfg:1: ", {"does not fit 64 bits"}},
        {"a = 0xFFFFFFFFFFFFFFFFFF;", "t.cfg:1: ", {"does not fit 64 bits"}},
        {"a = 1e999;", "t.cfg:1: ", {"too large a number"}},
        {"a = 1.2.3;", "t.cfg:1: ", {"\"1.2.3\": not a number"}},
        {"a = 1e;", "t.cfg:1: ", {"\"1e\": not a number"}},
        {"a = .;", "t.cfg:1: ", {"not a number"}},
        {"a = 3x;", "t.cfg:1: ", {"\"3x\": not a number"}},
        {"a = nan;", "t.cfg:1: ", {"syntax error"}},
        {"a = 1 \xc3\xa4;", "t.cfg:1: ", {"\"\xc3\xa4\": not expected here"}},
        {"x @include \"y\"", "t.cfg:1: ", {"@ stands only before include"}},
        {"@include y\n", "t.cfg:1: ", {"expected @include \"PATH\""}},
        {"\n@include \"missing.cfg\"\n",
         "t.cfg:2: ",
         {"@include \"missing.cfg\": cannot be read: No such file or directory"}},
        {"@include \"t.cfg\"\n", "t.cfg:1: ", {"@include \"t.cfg\": includes itself"}},
        {"@include \"sub\"\n", "t.cfg:1: ", {"@include \"sub\": a directory"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_text("t.cfg", cases[i].text);
        struct study_file *file = read_with("t.cfg", NULL);
        assert_problem(file, cases[i].start, cases[i].parts);
        study_file_destroy(file);
    }
    write_bytes("t.cfg", "a = 1;\nb = \0;\n", 14);
    struct study_file *file = read_with("t.cfg", NULL);
    assert_problem(file, "t.cfg:2: ", (const char *const[PARTS]){"a NUL byte"});
    study_file_destroy(file);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct study_file *file = read_with("missing.cfg", NULL);
    assert_problem(file, "missing.cfg: ",
                   (const char *const[PARTS]){"cannot be read: No such file or directory"});
    study_file_destroy(file);
    file = read_with("sub", NULL);
    assert_problem(file, "sub: ", (const char *const[PARTS]){"a directory"});
    study_file_destroy(file);
    if (geteuid() == 0) {
        print_message("not tested: an unreadable file, for root reads everything\n");
        return;
    }
    write_text("locked.cfg", "");
    assert_int_equal(chmod("locked.cfg", 0), 0);
    file = read_with("locked.cfg", NULL);
    assert_problem(file, "locked.cfg: ", (const char *const[PARTS]){"Permission denied"});
    study_file_destroy(file);
}

static void all_problems_are_listed_in_the_order_of_the_file(void **state)
{
    (void)state;
    write_text("t.cfg", "search = { candidates = 9; eta = 1; min_budget = 3; max_budget = 1; };\n"
                        "study = { name = \"t\"; sed = 1; };\n"
                        "data = { format = \"idx\"; path = \"/data\"; };\n"
                        "model = { layers = ( { type = \"dense\"; units = 0; },\n"
                        "                     { type = \"dense\"; units = 10; bias = 3; } ); };\n"
                        "space = { lr = { log_uniform = [1, 0.1]; }; };\n"
                        "runn = { };\n");
    static const char *const starts[] = {
        "t.cfg:1: search.eta: ",
        "t.cfg:1: search.min_budget: ",
        "t.cfg:2: study.sed: ",
        "t.cfg:4: model.layers[0].units: ",
        "t.cfg:5: model.layers[1].bias: ",
        "t.cfg:6: space.lr.log_uniform: ",
        "t.cfg:7: runn: ",
        "--set train.momentum=2: train.momentum: ",
    };
    struct study_file *file = read_with("t.cfg", "train.momentum=2");
    size_t count;
    const struct study_problem *problems = study_file_problems(file, &count);
    if (count != COUNT_OF(starts))
        print_problems(file);
    assert_int_equal(count, COUNT_OF(starts));
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(problems[i].text, starts[i], strlen(starts[i]));
    study_file_destroy(file);
}

static void a_hostile_file_is_bounded(void **state)
{
    (void)state;
    enum { BYTES = 2 << 20 };
    char *text = malloc(BYTES);
    assert_non_null(text);
    memset(text, '#', BYTES);
    write_bytes("big.cfg", text, BYTES);
    struct study_file *file = read_with("big.cfg", NULL);
    assert_problem(file, "big.cfg: ", (const char *const[PARTS]){"too long"});
    study_file_destroy(file);

    memset(text, '(', 500000);
    memcpy(text, "a = ", 4);
    write_bytes("big.cfg", text, 500000);
    file = read_with("big.cfg", NULL);
    assert_problem(file, "big.cfg:1: ", (const char *const[PARTS]){"nest deeper than 32"});
    study_file_destroy(file);

    size_t length = 0;
    for (int i = 0; i < 9999; i++)
        length += (size_t)sprintf(text + length, "k%d = %d;\n", i, i);
    write_bytes("big.cfg", text, length);
    file = read_with("big.cfg", NULL);
    size_t count;
    const struct study_problem *problems = study_file_problems(file, &count);
    assert_int_equal(count, STUDY_PROBLEMS_MAX);
    assert_non_null(strstr(problems[count - 1].text, "further problems"));
    study_file_destroy(file);
    free(text);
}

/* --- includes -----------------------------------------------------------------------------------
 */

static void includes_start_at_the_folder_of_their_file_and_keep_its_lines(void **state)
{
    (void)state;
    write_text("a.cfg", "# the study\nstudy = { name = \"t\"; };\n@include \"sub/c.cfg\" # data\n"
                        "model = { layers = (\n@include \"b.cfg\"\n); };\n"
                        "space = { lr = 0.1; }; search = { candidates = 1; scheduler = \"none\";\n"
                        "max_budget = 1; sampler = 3; };\n");
    write_text("b.cfg", "{ type = \"dense\";\n\nunits = 1.5; }");
    write_text("sub/c.cfg", "@include \"d.cfg\"\ntrain = { momentum = 2; };");
    write_text("sub/d.cfg",
               "data = { format = \"idx\";\n path = \"images\"; scale = \"big\"; };\n");
    static const char *const starts[] = {
        "./sub/d.cfg:2: data.scale: found \"big\"",
        "./sub/c.cfg:2: train.momentum: found 2",
        "./b.cfg:3: model.layers[0].units: found 1.5",
        "./a.cfg:8: search.sampler: found 3",
    };
    struct study_file *file = read_with("./a.cfg", NULL);
    size_t count;
    const struct study_problem *problems = study_file_problems(file, &count);
    if (count != COUNT_OF(starts))
        print_problems(file);
    assert_int_equal(count, COUNT_OF(starts));
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(problems[i].text, starts[i], strlen(starts[i]));
    study_file_destroy(file);
}

static void includes_that_include_each_other_end(void **state)
{
    (void)state;
    write_text("a.cfg", "@include \"b.cfg\"\n");
    write_text("b.cfg", "\n@include \"sub/../a.cfg\"\n");
    struct study_file *file = read_with("a.cfg", NULL);
    assert_problem(file,
                   "b.cfg:2: ", (const char *const[PARTS]){"sub/../a.cfg", "includes itself"});
    study_file_destroy(file);
    /* Many copies of one file are bounded as well. */
    FILE *stream = fopen("a.cfg", "w");
    assert_non_null(stream);
    for (int i = 0; i < 100; i++)
        (void)fprintf(stream, "@include \"b.cfg\"\n");
    assert_int_equal(fclose(stream), 0);
    write_text("b.cfg", "# nothing\n");
    file = read_with("a.cfg", NULL);
    size_t count;
    const struct study_problem *problems = study_file_problems(file, &count);
    assert_true(count > 0);
    assert_non_null(strstr(problems[0].text, "more than 64 files"));
    study_file_destroy(file);
}

/* --- --set --------------------------------------------------------------------------------------
 */

static void a_set_value_replaces_or_adds_whatever_its_type(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *group, *expected; /* the group as compact JSON holds `expected` */
    } cases[] = {
        {"train.momentum=0.5", "train", "\"momentum\":0.5"},
        {"train.momentum = 1e-1", "train", "\"momentum\":0.1"},
        {"train.momentum=", "train", "\"momentum\":0.0"},
        {"train.weight_decay=1", "train", "\"weight_decay\":1.0"},
        {"train.batch_size=1e3", "train", "\"batch_size\":1000"},
        {"train.batch_size=0x40;", "train", "\"batch_size\":64"},
        {"train.nesterov=true", "train", "\"nesterov\":true"},
        {"study.name=two words", "study", "\"two words\""},
        {"study.name=\"quoted\"", "study", "\"quoted\""},
        {"study.seed=9007199254740991", "study", "\"seed\":9007199254740991"},
        {"data.path=/a#b=c", "data", "\"path\":\"/a#b=c\""},
        {"data.validation=0.25", "data", "\"validation\":0.25"},
        {"data.validation=1", "data", "\"validation\":1"},
        {"run.trainers=3", "run", "\"trainers\":3"},
        {"model.layers[0].units=7", "model", "\"units\":7"},
        {"model.layers[1]={ type = \"dense\"; units = 3; }", "model", "\"units\":3"},
        {"model.layers={ type = \"dense\"; units = 4; }", "model",
         "[{\"type\":\"dense\",\"units\":4"},
        {"space.lr=0.125", "space", "\"lr\":0.125"},
        {"space.lr={ grid = [1, 2.5]; }", "space", "\"lr\":{\"grid\":[1.0,2.5]}"},
        {"space.schedule[1].gamma={ uniform = (0.25, 1); }", "space",
         "\"gamma\":{\"uniform\":[0.25,1.0]}"},
        {"space.schedule[1].warmup.steps=5", "space",
         "\"warmup\":{\"steps\":5.0,\"from\":0.0,\"shape\":\"linear\"}"},
        {"space.schedule[1]={ type = \"multi_step\"; milestones = [1, 2.5]; }", "space",
         "\"milestones\":[1.0,2.5]"},
        {"space.schedule[1]={ type = \"multi_step\"; milestones = 2; }", "space",
         "\"milestones\":[2.0]"},
        {"space.schedule[1]=", "space", "\"schedule\":[{\"type\":\"constant\"}]"},
        {"space.batch_size={ choice = ( 32, 64 ); }", "space",
         "\"batch_size\":{\"choice\":[32,64]}"},
        {"search.scheduler=none", "search", "\"scheduler\":\"none\",\"max_budget\":9.0"},
        {"search={ candidates = 2; scheduler = \"none\"; max_budget = 2; }", "search",
         "\"candidates\":2"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        /* batch_size may not stand in train where space is to have it. */
        bool moves = strncmp(cases[i].setting, "space.batch", 11) == 0;
        write_study(moves ? 4 : 0, "train = { momentum = 0.9; };");
        struct study_file *file = read_with("t.cfg", cases[i].setting);
        assert_sound(file);
        char *text = json_dumps(json_object_get(study_file_document(file), cases[i].group),
                                JSON_COMPACT | JSON_REAL_PRECISION(16));
        assert_non_null(text);
        if (!strstr(text, cases[i].expected))
            print_message("%s: expected %s in %s\n", cases[i].setting, cases[i].expected, text);
        assert_non_null(strstr(text, cases[i].expected));
        free(text);
        study_file_destroy(file);
    }
}

static void a_bad_set_is_refused_in_its_own_words(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        const char *parts[PARTS];
    } cases[] = {
        {"train", {": expected PATH=VALUE"}},
        {"=3", {": expected PATH=VALUE"}},
        {"train.=1", {": malformed path"}},
        {"train..x=1", {": malformed path"}},
        {"train.[0]=1", {": malformed path"}},
        {"model.layers[x]=1", {": malformed path"}},
        {"model.layers[9].units=1", {": model.layers[9]: beyond the end of the list"}},
        {"train[0]=1", {": train[0]: an index into what is no list"}},
        {"train.momentum.x=1", {": train.momentum.x: stands in no group"}},
        {"train.momentm=", {"takes a setting away, and there is none"}},
        {"train.momentm=0.5", {": train.momentm: unknown key (did you mean \"momentum\"?)"}},
        {"train.momentum=high", {": train.momentum: found \"high\"; allowed: a number"}},
        {"space.lr={ uniform = [2, 1]; }", {": space.lr.uniform: found [2, 1]", "reversed"}},
        {"space.lr={ uniform = [2, 1]", {": the value is not complete"}},
        {"search.eta=1", {": search.eta: found 1"}},
        {"data.path=123", {": data.path: found 123; allowed: a path", "'\"text\"'"}},
        {"train.batch_size=1; seed = 3", {": train.batch_size: found \"1; seed = 3\""}},
        {"train.batch_size=64 # or so", {": train.batch_size: found \"64 # or so\""}},
        {"colour.red=1", {": colour: unknown group"}},
        {"momentum=0.5", {": momentum: stands outside its group train"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char start[200];
        (void)snprintf(start, sizeof start, "--set %s: ", cases[i].setting);
        write_study(0, "");
        struct study_file *file = read_with("t.cfg", cases[i].setting);
        assert_problem(file, start, cases[i].parts);
        study_file_destroy(file);
    }
}

static void several_sets_apply_one_after_the_other(void **state)
{
    (void)state;
    static const char *const settings[] = {
        "train.optimizer=adam", "train.momentum=", "train.beta1=0.5", "train.beta1=0.75"};
    write_study(0, "");
    struct study_file *file = study_file_read("t.cfg", settings, COUNT_OF(settings));
    assert_non_null(file);
    assert_sound(file);
    const json_t *train = json_object_get(study_file_document(file), "train");
    assert_true(json_number_value(json_object_get(train, "beta1")) == 0.75);
    assert_null(json_object_get(train, "momentum"));
    study_file_destroy(file);
}

/* --- what is resolved ---------------------------------------------------------------------------
 */

static void every_default_is_filled_in(void **state)
{
    (void)state;
    write_text("t.cfg", "study = { name = \"t\"; };\n"
                        "data = { format = \"idx\"; path = \"/d\"; };\n"
                        "model = { layers = { type = \"dense\"; units = 10; }; };\n"
                        "space = { lr = 1; };\n"
                        "search = { candidates = 1; min_budget = 1; max_budget = 1; };\n");
    static const char expected[] =
        "{\"study\":{\"name\":\"t\",\"seed\":1,\"metric\":\"val_loss\"},"
        "\"data\":{\"format\":\"idx\",\"path\":\"/d\",\"scale\":\"unit\",\"validation\":0.1,"
        "\"test\":0,\"shuffled\":false,\"stratified\":false},"
        "\"model\":{\"layers\":[{\"type\":\"dense\",\"units\":10,\"activation\":\"none\","
        "\"bias\":true,\"init\":\"pytorch\",\"lr_multiplier\":1.0}],"
        "\"loss\":\"cross_entropy\",\"label_smoothing\":0.0},"
        "\"train\":{\"batch_size\":64,\"optimizer\":\"sgd\",\"momentum\":0.0,\"nesterov\":false,"
        "\"weight_decay\":0.0,\"clip_norm\":0.0,\"clip_value\":0.0,\"decay_all\":false,"
        "\"layer_decay\":1.0,\"random_crop\":0,\"random_flip\":false,\"report_every\":100,"
        "\"validate_every\":0,"
        "\"stop_collapsed\":true},"
        "\"space\":{\"lr\":1.0,\"schedule\":[{\"type\":\"constant\"}]},"
        "\"search\":{\"sampler\":\"random\",\"candidates\":1,\"scheduler\":\"sha\",\"eta\":3,"
        "\"min_budget\":1.0,\"max_budget\":1.0,\"unit\":\"epochs\","
        "\"independent_seeds\":false,\"finalists\":0,\"repeats\":3,\"patience\":0},"
        "\"run\":{\"retries\":2,\"heartbeat_timeout\":60.0,\"checkpoints\":\"dir\"}}";
    struct study_file *file = read_with("t.cfg", NULL);
    assert_sound(file);
    char *text = json_dumps(study_file_document(file), JSON_COMPACT | JSON_REAL_PRECISION(15));
    assert_string_equal(text, expected);
    free(text);
    study_file_destroy(file);
}

static void hyperband_counts_the_candidates_of_one_pass(void **state)
{
    (void)state;
    static const struct {
        const char *search;
        int candidates;
    } cases[] = {
        {"min_budget = 1; max_budget = 81;", 143}, /* Li et al. 2018, table 1 */
        {"min_budget = 1; max_budget = 80;", 27 + 12 + 6 + 4},
        {"min_budget = 1; max_budget = 9; eta = 2;", 8 + 6 + 4 + 4},
        {"min_budget = 2; max_budget = 2;", 1},
        {"min_budget = 1; max_budget = 81; candidates = 7;", 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text,
                       "study = { name = \"t\"; }; data = { format = \"idx\"; path = \"/d\"; };\n"
                       "model = { layers = { type = \"dense\"; units = 10; }; };\n"
                       "space = { lr = { log_uniform = [0.01, 1.0]; }; };\n"
                       "search = { scheduler = \"hyperband\"; %s };\n",
                       cases[i].search);
        write_text("t.cfg", text);
        struct study_file *file = read_with("t.cfg", NULL);
        assert_sound(file);
        const json_t *search = json_object_get(study_file_document(file), "search");
        assert_int_equal(json_integer_value(json_object_get(search, "candidates")),
                         cases[i].candidates);
        study_file_destroy(file);
    }
}

static void a_grid_counts_its_candidates(void **state)
{
    (void)state;
    static const struct {
        const char *space;
        int candidates;
    } cases[] = {
        {"lr = 0.1;", 1},
        {"lr = { grid = [1, 2, 3]; };", 3},
        {"lr = { grid = [1, 2, 3]; }; momentum = { choice = (0, 0.9); };", 6},
        {"lr = { grid = [1, 2, 3]; }; lr_multiplier = ( { layer = 0; value = { grid = [0, 1]; }; } "
         ");",
         6},
        /* Conditional: a gamma belongs to its schedule alone. 3 (1 + 2 + 2 x 2) */
        {"lr = { grid = [1, 2, 3]; }; schedule = ( { type = \"constant\"; }, "
         "{ type = \"exponential\"; gamma = { grid = [0.5, 0.9]; }; }, { type = \"step\"; "
         "every = { int = [1, 2]; }; } );",
         0},
        {"lr = { grid = [1, 2, 3]; }; schedule = ( { type = \"constant\"; }, "
         "{ type = \"exponential\"; gamma = { grid = [0.5, 0.9]; }; }, { type = \"step\"; "
         "every = { choice = (1, 2); }; gamma = { grid = [0.1, 0.3]; }; } );",
         21},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[600];
        (void)snprintf(text, sizeof text,
                       "study = { name = \"t\"; }; data = { format = \"idx\"; path = \"/d\"; };\n"
                       "model = { layers = { type = \"dense\"; units = 10; }; };\n"
                       "space = { %s };\n"
                       "search = { sampler = \"grid\"; scheduler = \"none\"; max_budget = 1; };\n",
                       cases[i].space);
        write_text("t.cfg", text);
        struct study_file *file = read_with("t.cfg", NULL);
        if (cases[i].candidates == 0) {
            assert_problem(file, "t.cfg:3: space.schedule[2].every: ",
                           (const char *const[PARTS]){"found a range"});
        } else {
            assert_sound(file);
            const json_t *search = json_object_get(study_file_document(file), "search");
            assert_int_equal(json_integer_value(json_object_get(search, "candidates")),
                             cases[i].candidates);
        }
        study_file_destroy(file);
    }
    struct study_file *file = read_with("t.cfg", "search.candidates=20");
    assert_problem(file, "--set search.candidates=20: search.candidates: ",
                   (const char *const[PARTS]){"found 20, but the grid has 21 combinations"});
    study_file_destroy(file);
    file = read_with("t.cfg", "search.candidates=21");
    assert_sound(file);
    study_file_destroy(file);
}

static void a_layers_multiplier_is_written_once_and_of_a_layer_that_has_one(void **state)
{
    (void)state;
    static const struct {
        const char *first, *part;
    } cases[] = {
        {"type = \"relu\";", "t.cfg:5: space.lr_multiplier[0].layer: found 0, which is a relu: a "
                             "layer without parameters"},
        {"type = \"dense\"; units = 4; lr_multiplier = 0.5;",
         "t.cfg:5: space.lr_multiplier[0].layer: found 0, but model.layers[0] has a multiplier of "
         "its own (t.cfg:3)"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[600];
        (void)snprintf(text, sizeof text,
                       "study = { name = \"t\"; };\n"
                       "data = { format = \"idx\"; path = \"/d\"; };\n"
                       "model = { layers = ( { %s }, { type = \"dense\"; units = 10; } ); };\n"
                       "space = { lr = 1;\n"
                       "  lr_multiplier = ( { layer = 0; value = { uniform = [0, 1]; }; } ); };\n"
                       "search = { candidates = 1; min_budget = 1; max_budget = 1; };\n",
                       cases[i].first);
        write_text("t.cfg", text);
        struct study_file *file = read_with("t.cfg", NULL);
        assert_problem(file, cases[i].part, (const char *const[PARTS]){""});
        study_file_destroy(file);
    }
}

static void more_parameters_than_a_search_holds_are_refused(void **state)
{
    (void)state;
    char text[6000] = "  schedule = (";
    for (int i = 0; i < 32; i++) {
        size_t length = strlen(text);
        (void)snprintf(text + length, sizeof text - length,
                       "%s{ type = \"exponential\"; gamma = { uniform = [0.1, 0.9]; }; }",
                       i ? ", " : "");
    }
    strcat(text, "); };");
    write_study(6, text);
    struct study_file *file = read_with("t.cfg", NULL);
    assert_problem(file, "t.cfg:5: space: ", (const char *const[PARTS]){"more than 32"});
    study_file_destroy(file);
}

static void keys_of_another_scheduler_are_left_out_but_checked(void **state)
{
    (void)state;
    write_study(7, "search = { scheduler = \"none\"; candidates = 9; eta = 3; min_budget = 99;");
    struct study_file *file = read_with("t.cfg", NULL);
    assert_sound(file);
    const json_t *search = json_object_get(study_file_document(file), "search");
    assert_null(json_object_get(search, "eta"));
    assert_null(json_object_get(search, "min_budget"));
    study_file_destroy(file);
    write_study(7, "search = { scheduler = \"none\"; candidates = 9; eta = \"three\";");
    file = read_with("t.cfg", NULL);
    assert_problem(file, "t.cfg:7: search.eta: ", (const char *const[PARTS]){"found \"three\""});
    study_file_destroy(file);
}

static void a_relative_data_path_starts_at_its_own_file(void **state)
{
    (void)state;
    static const struct {
        const char *path, *expected; /* below the directory; NULL: `path` itself */
    } cases[] = {
        {"images", "images"},
        {"./images", "images"},
        {"../images", "../images"},
        {"/images", NULL},
    };
    char current[500];
    assert_non_null(getcwd(current, sizeof current));
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        const char *path = cases[i / 2].path, *expected = cases[i / 2].expected;
        char line[200], whole[800];
        bool below = i % 2;
        (void)snprintf(line, sizeof line, "data = { format = \"idx\"; path = \"%s\"; };", path);
        write_text("sub/d.cfg", line);
        write_study(2, below ? "@include \"sub/d.cfg\"" : line);
        (void)snprintf(whole, sizeof whole, "%s/%s%s", current, below ? "sub/" : "",
                       expected ? expected : "");
        struct study_file *file = read_with("t.cfg", NULL);
        assert_sound(file);
        const json_t *data = json_object_get(study_file_document(file), "data");
        assert_string_equal(json_string_value(json_object_get(data, "path")),
                            expected ? whole : path);
        study_file_destroy(file);
    }
}

static void numbers_keep_their_value(void **state)
{
    (void)state;
    static const struct {
        const char *written;
        double value;
    } cases[] = {
        {"1", 1},
        {"1L", 1},
        {"1.", 1},
        {".5", 0.5},
        {"1e-3", 1e-3},
        {"1E3", 1e3},
        {"+2", 2},
        {"2.5e+1", 25},
        {"0x10", 16},
        {"4294967296", 4294967296.0},
        {"5LL", 5},
        {"0.1", 0.1},
        {"99999999999", 99999999999.0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char line[100];
        (void)snprintf(line, sizeof line, "space = { lr = %s;", cases[i].written);
        write_study(5, line);
        struct study_file *file = read_with("t.cfg", NULL);
        assert_sound(file);
        const json_t *space = json_object_get(study_file_document(file), "space");
        assert_true(json_number_value(json_object_get(space, "lr")) == cases[i].value);
        study_file_destroy(file);
    }
}

static void a_setting_is_found_where_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *place;
    } cases[] = {
        {"model.layers[0].units", "t.cfg:3"},
        {"model.layers[0].init", "t.cfg:3"}, /* a default: its group */
        {"space.schedule[1].every", "t.cfg:6"},
        {"search.max_budget", "t.cfg:8"},
        {"search.unit", "t.cfg:7"},
        {"run.trainers", "t.cfg"},
        {"", "t.cfg"},
        {"train.batch_size", "--set train.batch_size=32"},
        {"no [[ such", "t.cfg"},
    };
    write_study(0, "");
    struct study_file *file = read_with("t.cfg", "train.batch_size=32");
    assert_sound(file);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char place[100];
        study_file_place(file, cases[i].setting, place, sizeof place);
        assert_string_equal(place, cases[i].place);
    }
    study_file_destroy(file);
    file = read_with("missing.cfg", NULL);
    char place[100];
    study_file_place(file, "train.momentum", place, sizeof place);
    assert_string_equal(place, "missing.cfg");
    study_file_destroy(file);
}

/* Prints the study that `path` resolves to and asserts that it resolves to itself. */
static void assert_round_trip(const char *path, const char *setting)
{
    struct study_file *file = read_with(path, setting);
    assert_sound(file);
    FILE *stream = fopen("printed.cfg", "w");
    assert_non_null(stream);
    study_text_print(stream, study_file_document(file));
    assert_int_equal(fclose(stream), 0);
    struct study_file *again = read_with("printed.cfg", NULL);
    assert_sound(again);
    char *before = json_dumps(study_file_document(file), JSON_COMPACT);
    char *after = json_dumps(study_file_document(again), JSON_COMPACT);
    assert_string_equal(before, after);
    free(before);
    free(after);
    study_file_destroy(again);
    study_file_destroy(file);
}

static void a_printed_text_ends_on_its_line(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    json_t *group = json_pack("{s:s}", "note", "a\nb\t\r\f\x01\x7f \"quoted\" \\ \xc3\xa9");
    assert_non_null(stream);
    study_text_print_group(stream, "data", group);
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(text, "data = {\n  note = \"a\\nb\\t\\r\\f\\x01\\x7f \\\"quoted\\\" "
                              "\\\\ \xc3\xa9\";\n};\n");
    json_decref(group);
    free(text);
}

static void a_printed_study_resolves_to_itself(void **state)
{
    (void)state;
    static const char *const settings[] = {
        NULL,
        "space.lr={ uniform = [1e-300, 1.7976931348623157e308]; }",
        "space.lr={ log_uniform = [1.0000000000000002e-5, 123456.789]; }",
        "space.lr={ choice = (0.1, 3, 1e15, 1e16, 1e-4, 0.00012345); }",
        "space.nesterov={ choice = (true, false); }",
        "space.weight_decay={ int = [0, 5]; }",
        "space.schedule[1].warmup={ epochs = 0.5; from = 0.1; }",
        "space.schedule[1].every={ int = [1, 3]; }",
        "space.lr_multiplier=( { layer = 0; value = { log_uniform = [0.1, 10.0]; }; } )",
        "space.lr_multiplier={ layer = 0; value = 0; }",
        "space.schedule[1].warmup={ steps = { choice = (50, 100); }; shape = { choice = "
        "(\"linear\", \"constant\"); }; }",
        "data.path=/odd \\ name",
        "data.validation=0.3333333333333333",
        "study.seed=9007199254740991",
        "study.name=\xc3\xa4 b",
        "search.scheduler=none",
        "search.unit=steps",
    };
    write_study(0, "");
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        assert_round_trip("t.cfg", settings[i]);
    write_text("t.cfg",
               "study = { name = \"t\"; };\n"
               "data = { format = \"idx\"; path = \"a \\\"b\\\" \\\\ c\"; };\n"
               "model = { layers = { type = \"dense\"; units = 10; }; };\n"
               "space = { lr = { grid = [1, 2]; }; momentum = { grid = [0.0, 0.9]; }; };\n"
               "search = { sampler = \"grid\"; scheduler = \"none\"; max_budget = 1; };\n");
    assert_round_trip("t.cfg", NULL);
}

/* The study of cases about optimizers: `train` and `space` are theirs. */
static void write_optimizers(const char *train, const char *space)
{
    char text[800];
    (void)snprintf(text, sizeof text,
                   "study = { name = \"t\"; }; data = { format = \"idx\"; path = \"/d\"; };\n"
                   "model = { layers = { type = \"dense\"; units = 10; }; };\n"
                   "train = { %s };\n"
                   "space = { lr = 0.1; %s };\n"
                   "search = { candidates = 9; scheduler = \"none\"; max_budget = 1; };\n",
                   train, space);
    write_text("t.cfg", text);
}

static void optimizers_take_the_parameters_that_stand_beside_them(void **state)
{
    (void)state;
#define SGD(momentum, decay)                                                                       \
    "{\"type\":\"sgd\",\"momentum\":" momentum ",\"nesterov\":false,\"weight_decay\":" decay "}"
#define LION(decay) "{\"type\":\"lion\",\"beta1\":0.9,\"beta2\":0.99,\"weight_decay\":" decay "}"
    static const struct {
        const char *train, *space, *expected;
    } cases[] = {
        {"", "optimizer = { choice = (\"sgd\", \"lion\"); };",
         "[" SGD("0.0", "0.0") "," LION("0.0") "]"},
        {"weight_decay = 0.1; momentum = 0.9;", "optimizer = { choice = (\"sgd\", \"lion\"); };",
         "[" SGD("0.9", "0.1") "," LION("0.1") "]"},
        {"momentum = 0.9;",
         "weight_decay = { uniform = [0, 1]; }; optimizer = ( { type = \"sgd\"; momentum = 0.5; }, "
         "{ type = \"sgd\"; weight_decay = 0.25; }, { type = \"lion\"; } );",
         "[" SGD("0.5", "{\"uniform\":[0.0,1.0]}") "," SGD("0.9", "0.25") "," LION(
             "{\"uniform\":[0.0,1.0]}") "]"},
        {"", "optimizer = \"lion\";", "[" LION("0.0") "]"},
        {"weight_decay = 0.5;", "optimizer = { type = \"lion\"; };", "[" LION("0.5") "]"},
    };
#undef SGD
#undef LION
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_optimizers(cases[i].train, cases[i].space);
        struct study_file *file = read_with("t.cfg", NULL);
        assert_sound(file);
        char *found = json_dumps(
            json_object_get(json_object_get(study_file_document(file), "space"), "optimizer"),
            JSON_COMPACT | JSON_REAL_PRECISION(15));
        assert_string_equal(found, cases[i].expected);
        free(found);
        study_file_destroy(file);
        assert_round_trip("t.cfg", NULL);
    }
}

static void optimizers_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *train, *space, *start;
        const char *parts[PARTS];
    } cases[] = {
        {"optimizer = \"sgd\";",
         "optimizer = { choice = (\"sgd\", \"adam\"); };",
         "t.cfg:4: space.optimizer: ",
         {"stands in train too (t.cfg:3)"}},
        {"momentum = 0.9;",
         "optimizer = { choice = (\"lion\", \"adam\"); };",
         "t.cfg:3: train.momentum: ",
         {"no optimizer of space.optimizer has it"}},
        {"",
         "rho = { uniform = [0, 0.9]; }; optimizer = { choice = (\"lion\", \"adam\"); };",
         "t.cfg:4: space.rho: ",
         {"no optimizer of space.optimizer has it"}},
        {"beta1 = 0.9;",
         "beta1 = { uniform = [0, 0.9]; }; optimizer = { choice = (\"lion\", \"adam\"); };",
         "t.cfg:4: space.beta1: ",
         {"stands in train too (t.cfg:3)"}},
        {"",
         "optimizer = { choice = (\"sgd\", \"sgd\"); };",
         "t.cfg:4: space.optimizer.choice: ",
         {"\"sgd\" stands in the list twice"}},
        {"",
         "optimizer = { choice = (\"sgd\", \"adm\"); };",
         "t.cfg:4: space.optimizer[1].type: ",
         {"did you mean \"adam\"?"}},
        {"",
         "optimizer = ( { type = \"sgd\"; beta1 = 0.5; } );",
         "t.cfg:4: space.optimizer[0].beta1: ",
         {"no key of the optimizer sgd", "belongs to adam"}},
        {"",
         "optimizer = ( { type = \"sgd\"; nesterov = { choice = (false, true); }; } );",
         "t.cfg:4: space.optimizer[0].nesterov: ",
         {"momentum is 0"}},
        {"",
         "optimizer = ( { type = \"sgd\"; nesterov = true; } );",
         "t.cfg:4: space.optimizer[0].nesterov: ",
         {"momentum is 0"}},
        {"",
         "optimizer = ( { type = \"adam\"; beta1 = { uniform = [0.5, 1.5]; }; } );",
         "t.cfg:4: space.optimizer[0].beta1.uniform[1]: ",
         {"found 1.5", "below 1"}},
        {"", "optimizer = 3;", "t.cfg:4: space.optimizer: ", {"found 3", "list of groups"}},
        {"", "optimizer = ();", "t.cfg:4: space.optimizer: ", {"empty"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_optimizers(cases[i].train, cases[i].space);
        struct study_file *file = read_with("t.cfg", NULL);
        assert_problem(file, cases[i].start, cases[i].parts);
        study_file_destroy(file);
    }
}

static void a_warm_up_that_is_searched_keeps_its_bounds(void **state)
{
    (void)state;
    write_study(0, "");
    struct study_file *file =
        read_with("t.cfg", "space.schedule[1].warmup={ epochs = { uniform = [1, 9]; }; }");
    assert_problem(
        file, "--set space.schedule[1].warmup",
        (const char *const[PARTS]){"warmup.epochs: found 9", "below search.max_budget = 9"});
    study_file_destroy(file);
    file = read_with("t.cfg", "space.schedule[1].warmup={ epochs = 1; from = { uniform = [0, 0.5]; "
                              "}; shape = { choice = (\"linear\", \"exponential\"); }; }");
    assert_problem(
        file, "--set space.schedule[1].warmup",
        (const char *const[PARTS]){"warmup.from: found 0", "where an exponential can start"});
    study_file_destroy(file);
}

/* --- lists of candidates --- */

static void write_list(const char *train, const char *space, const char *search, const char *rows)
{
    char text[900];
    (void)snprintf(
        text, sizeof text,
        "study = { name = \"t\"; }; data = { format = \"idx\"; path = \"/d\"; };\n"
        "model = { layers = { type = \"dense\"; units = 10; }; };\n"
        "train = { %s };\n"
        "space = { %s };\n"
        "search = { candidates_from = \"list.csv\"; %s scheduler = \"none\"; max_budget = "
        "9; };\n",
        train, space, search);
    write_text("t.cfg", text);
    write_text("list.csv", rows);
}

static void a_list_becomes_points_of_the_space(void **state)
{
    (void)state;
    static const char any_rate[] = "lr = { log_uniform = [1e-5, 10]; };";
    static const struct {
        const char *train, *space, *rows;
        const char *resolved; /* space, as JSON */
        const char *points;
    } cases[] = {
        {"", any_rate, "lr\n0.5\n1e-3\n",
         "{\"lr\":{\"log_uniform\":[1e-5,10.0]},\"schedule\":[{\"type\":\"constant\"}]}",
         "[[0.5],[0.001]]"},
        /* What the space does not search has the range of its column. */
        {"momentum = 0.1;", "lr = 0.1;",
         "momentum,lr,decay_all,batch_size\n0,0.5,true,64\n"
         "0.9,0.25,false,64\n",
         "{\"lr\":{\"uniform\":[0.25,0.5]},\"schedule\":[{\"type\":\"constant\"}],"
         "\"batch_size\":{\"choice\":[64]},\"momentum\":{\"uniform\":[0.0,0.9]},"
         "\"decay_all\":{\"choice\":[true,false]}}",
         "[[0.5,0.0,0.0,0.0],[0.25,0.0,0.9,1.0]]"},
        {"", "", "lr,schedule,schedule.gamma\r\n0.5,constant,\r\n 0.25 ,\"exponential\",0.75\r\n",
         "{\"lr\":{\"uniform\":[0.25,0.5]},\"schedule\":[{\"type\":\"constant\"},{\"type\":"
         "\"exponential\",\"gamma\":{\"choice\":[0.75]}}]}",
         "[[0.5,0.0,null],[0.25,1.0,0.0]]"},
        /* A schedule of the space may be named by its type or its number. */
        {"",
         "lr = 0.1; schedule = ( { type = \"cosine\"; }, { type = \"exponential\"; gamma = { "
         "uniform = [0.5, 1]; }; }, { type = \"cosine\"; period = 3; } );",
         "schedule,schedule.gamma\n2,\nexponential,0.75\n0,\n",
         "{\"lr\":0.1,\"schedule\":[{\"type\":\"cosine\",\"period\":0.0,\"eta_min\":0.0},{\"type\":"
         "\"exponential\",\"gamma\":{\"uniform\":[0.5,1.0]}},{\"type\":\"cosine\",\"period\":3.0,"
         "\"eta_min\":0.0}]}",
         "[[2.0,null],[1.0,0.75],[0.0,null]]"},
        {"optimizer = \"adam\"; weight_decay = 0.5;", "lr = 0.1;",
         "optimizer,optimizer.beta1,momentum\nsgd,,0.5\nlion,0.75,\n",
         "{\"lr\":0.1,\"schedule\":[{\"type\":\"constant\"}],\"optimizer\":[{\"type\":\"sgd\","
         "\"momentum\":{\"choice\":[0.5]},\"nesterov\":false,\"weight_decay\":0.5},{\"type\":"
         "\"lion\","
         "\"beta1\":{\"choice\":[0.75]},\"beta2\":0.99,\"weight_decay\":0.5}]}",
         "[[0.0,0.0,null],[1.0,null,0.0]]"},
        /* What the study fixes may stand in the list as well. */
        {"", "lr = { grid = [0.1, 1]; }; schedule = { type = \"exponential\"; gamma = 0.5; };",
         "lr,schedule,schedule.gamma\n1,exponential,0.5\n1e-1,,\n",
         "{\"lr\":{\"grid\":[0.1,1.0]},\"schedule\":[{\"type\":\"exponential\",\"gamma\":0.5}]}",
         "[[1.0],[0.0]]"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_list(cases[i].train, cases[i].space, "", cases[i].rows);
        struct study_file *file = read_with("t.cfg", NULL);
        assert_sound(file);
        const json_t *document = study_file_document(file);
        const json_t *search = json_object_get(document, "search");
        const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(15);
        char *space = json_dumps(json_object_get(document, "space"), flags);
        char *points = json_dumps(json_object_get(search, "points"), flags);
        assert_string_equal(space, cases[i].resolved);
        assert_string_equal(points, cases[i].points);
        assert_string_equal(json_string_value(json_object_get(search, "sampler")), "list");
        assert_int_equal(json_integer_value(json_object_get(search, "candidates")),
                         json_array_size(json_object_get(search, "points")));
        free(space);
        free(points);
        study_file_destroy(file);
        assert_round_trip("t.cfg", NULL);
    }
}

static void a_list_starts_at_its_own_file_and_may_be_cut_short(void **state)
{
    (void)state;
    write_list("", "lr = { uniform = [0.001, 1]; };", "sampler = \"list\"; candidates = 2;",
               "lr\n0.1\n0.2\n0.3\n");
    struct study_file *file = read_with("t.cfg", NULL);
    assert_sound(file);
    const json_t *search = json_object_get(study_file_document(file), "search");
    assert_int_equal(json_array_size(json_object_get(search, "points")), 2);
    study_file_destroy(file);
    write_text("sub/list.csv", "lr\n0.5\n");
    write_text("sub/c.cfg", "candidates_from = \"list.csv\";\n");
    write_study(7, "search = { eta = 3; min_budget = 1;\n@include \"sub/c.cfg\"\n");
    file = read_with("t.cfg", "space.schedule=");
    assert_sound(file);
    search = json_object_get(study_file_document(file), "search");
    assert_int_equal(json_array_size(json_object_get(search, "points")), 1);
    study_file_destroy(file);
}

static void a_bad_list_is_refused_with_row_and_column(void **state)
{
    (void)state;
    static const char any_rate[] = "lr = { uniform = [0.001, 1]; };";
    static const struct {
        const char *space, *search, *rows;
        const char *parts[PARTS];
    } cases[] = {
        {any_rate, "", "", {"list.csv: has no candidates"}},
        {any_rate, "", "lr\n", {"list.csv: has no candidates"}},
        {any_rate,
         "",
         "lr\n0.5\n2\n",
         {"row 3, column 1 (\"lr\"): found \"2\"", "from 0.001 to 1"}},
        {any_rate, "", "lr\nhigh\n", {"row 2, column 1 (\"lr\"): found \"high\""}},
        {any_rate, "", "lr\nnan\n", {"row 2, column 1 (\"lr\"): found \"nan\""}},
        {any_rate,
         "",
         "lr,momentum\n0.5,1\n",
         {"row 2, column 2 (\"momentum\"): found 1", "and below 1"}},
        {any_rate,
         "",
         "lr,batch_size\n0.5,16\n0.5,1.5\n",
         {"row 3, column 2 (\"batch_size\"): found 1.5", "a whole number"}},
        {any_rate, "", "lr,momentum\n0.5,0.5\n0.5,\n", {"row 3, column 2 (\"momentum\"): empty"}},
        {any_rate, "", "momentum\n0.5\n", {"row 1: no column is named lr"}},
        {any_rate,
         "",
         "lr,momentm\n0.5,1\n",
         {"row 1, column 2 (\"momentm\"): ", "did you mean \"momentum\"?"}},
        {any_rate, "", "lr,lr\n0.5,1\n", {"row 1, column 2 (\"lr\"): the name of column 1 too"}},
        {any_rate, "", "lr,\n0.5,1\n", {"row 1, column 2 (\"\"): a column without a name"}},
        {any_rate, "", "lr,momentum\n0.5\n", {"row 2 has 1 columns, the rows before it have 2"}},
        {any_rate, "", "lr\n\"0.5\n", {"row 2, column 1: a quote that is not closed"}},
        {any_rate,
         "",
         "lr,schedule\n0.5,cosin\n0.5,constant\n",
         {"row 2, column 2 (\"schedule\"): found \"cosin\"", "no schedule"}},
        {any_rate,
         "",
         "lr,schedule,schedule.gamma\n0.5,exponential,0.5\n0.5,constant,0.5\n",
         {"row 3, column 3 (\"schedule.gamma\"): ", "no such parameter"}},
        {any_rate,
         "",
         "lr,schedule,schedule.gamma\n0.5,exponential,0.5\n0.5,exponential,1.5\n",
         {"row 3, column 3 (\"schedule.gamma\"): found 1.5", "at most 1"}},
        {"lr = 0.1; schedule = ( { type = \"constant\"; }, { type = \"cosine\"; } );",
         "",
         "schedule\nstep\n",
         {"row 2, column 1 (\"schedule\"): found \"step\"", "\"constant\", \"cosine\""}},
        {"lr = 0.1; schedule = ( { type = \"cosine\"; }, { type = \"cosine\"; } );",
         "",
         "schedule\n1\ncosine\n",
         {"row 3, column 1 (\"schedule\"): ", "the number of one"}},
        {"lr = 0.1; schedule = { type = \"exponential\"; gamma = 0.5; };",
         "",
         "schedule.gamma\n0.5\n0.6\n",
         {"row 3, column 1 (\"schedule.gamma\"): ", "fixes it"}},
        {any_rate,
         "candidates = 3;",
         "lr\n0.5\n0.5\n",
         {"list.csv: has 2 candidates, search.candidates asks for 3"}},
        {any_rate,
         "sampler = \"sobol\"; candidates = 3;",
         "lr\n0.5\n0.5\n",
         {"search.candidates_from: no key of the sampler sobol; it belongs to list"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_list("", cases[i].space, cases[i].search, cases[i].rows);
        struct study_file *file = read_with("t.cfg", NULL);
        assert_problem(file, "", cases[i].parts);
        study_file_destroy(file);
    }
    write_list("", any_rate, "", "");
    assert_int_equal(remove("list.csv"), 0);
    struct study_file *file = read_with("t.cfg", NULL);
    assert_problem(file, "", (const char *const[PARTS]){"list.csv: cannot be read: No such file"});
    study_file_destroy(file);
    file = read_with("t.cfg", "search.candidates_from=/dev/zero");
    assert_problem(file, "", (const char *const[PARTS]){"/dev/zero: is no file"});
    study_file_destroy(file);
}

/* --- a trainer of the user's own ----------------------------------------------------------------
 */

static void write_own(const char *trainer, const char *groups, const char *space,
                      const char *search)
{
    char text[2000];
    (void)snprintf(
        text, sizeof text,
        "study = { name = \"own\"; };\ntrainer = { %s };\n%s\nspace = { %s };\n"
        "search = { candidates = 9; min_budget = 1; max_budget = 9; unit = \"steps\"; %s "
        "};\n",
        trainer, groups, space, search);
    write_text("t.cfg", text);
}

static const char *const some_command = "command = [ \"python3\", \"train.py\" ];";

static void a_trainers_own_groups_are_passed_on_as_they_are_written(void **state)
{
    (void)state;
    write_own(some_command,
              "data = { path = \"x\"; shape = (1, 2.5, true); inner = { a = \"b\"; }; };\n"
              "train = { loss = \"sam\"; rho = 0.05; batch_size = 8; };",
              "depth = { int = [1, 5]; }; lr = { log_uniform = [1e-3, 1]; };\n"
              "optimizer = { choice = (\"sam\", \"adam\"); }; width = 64;",
              "");
    struct study_file *file = read_with("t.cfg", NULL);
    assert_sound(file);
    const json_t *document = study_file_document(file);
    json_t *expected =
        json_pack("{s:{s:s, s:[i, f, b], s:{s:s}}, s:{}, s:{s:i, s:i, s:s, s:f}}", "data", "path",
                  "x", "shape", 1, 2.5, 1, "inner", "a", "b", "model", "train", "batch_size", 8,
                  "validate_every", 0, "loss", "sam", "rho", 0.05);
    const char *name;
    json_t *group;
    json_object_foreach(expected, name, group)
    {
        assert_true(json_equal(json_object_get(document, name), group));
    }
    json_decref(expected);
    const json_t *space = json_object_get(document, "space");
    assert_int_equal(json_object_size(space), 4);
    assert_non_null(json_object_get(json_object_get(space, "depth"), "int"));
    const char *where =
        json_string_value(json_object_get(json_object_get(document, "trainer"), "directory"));
    char here[200];
    (void)snprintf(here, sizeof here, "%s/", directory);
    assert_string_equal(where, here);
    study_file_destroy(file);
    assert_round_trip("t.cfg", NULL);
}

static void with_an_own_trainer_slips_are_refused_all_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *trainer, *groups, *space, *search, *start, *part;
    } cases[] = {
        {"", "", "lr = 0.1;", "", "t.cfg:2: trainer: ", "neither command nor script"},
        {"command = \"a\"; script = \"b\";", "", "lr = 0.1;", "",
         "t.cfg:2: trainer: ", "command and script"},
        {"command = [];", "", "lr = 0.1;", "", "t.cfg:2: trainer.command: ", "1 to 100 strings"},
        {"command = [ \"a\", 1 ];", "", "lr = 0.1;", "", "t.cfg:2: trainer.command: ", "strings"},
        {"comand = \"a\"; command = \"a\";", "", "lr = 0.1;", "",
         "t.cfg:2: trainer.comand: ", "did you mean \"command\""},
        {NULL, "", "lr = 0.1;", "schedulr = \"sha\";",
         "t.cfg:5: search.schedulr: ", "did you mean \"scheduler\""},
        {NULL, "", "depth = { uniforn = [1, 2]; };", "",
         "t.cfg:4: space.depth: ", "did you mean \"uniform\""},
        {NULL, "", "depth = (1, 2);", "", "t.cfg:4: space.depth: ", "a list without"},
        {NULL, "", "depth = { log_uniform = [0, 2]; };", "",
         "t.cfg:4: space.depth.log_uniform: ", "above 0"},
        {NULL, "", "lr = { uniform = [-1, 2]; };", "", "t.cfg:4: space.lr.uniform[0]: ", "above 0"},
        {NULL, "", "batch_size = { choice = (\"big\", \"small\"); };", "",
         "t.cfg:4: space.batch_size.choice[0]: ", "a whole number"},
        {NULL, "train = { depth = 1; };", "depth = { int = [1, 2]; };", "",
         "t.cfg:4: space.depth: ", "stands in train too"},
        {NULL, "", "schedule = { type = \"cosinus\"; };", "",
         "t.cfg:4: space.schedule[0].type: ", "cosine"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_own(cases[i].trainer ? cases[i].trainer : some_command, cases[i].groups,
                  cases[i].space, cases[i].search);
        struct study_file *file = read_with("t.cfg", NULL);
        size_t count;
        const struct study_problem *problems = study_file_problems(file, &count);
        assert_true(count > 0);
        if (strncmp(problems[0].text, cases[i].start, strlen(cases[i].start)) != 0 ||
            !strstr(problems[0].text, cases[i].part))
            fail_msg("expected %s ... %s\nfound    %s", cases[i].start, cases[i].part,
                     problems[0].text);
        study_file_destroy(file);
    }
}

static void every_ready_study_is_sound(void **state)
{
    (void)state;
    static const char *const jobs[] = {"fashion-mnist.cfg", "grid.cfg", "population.cfg",
                                       "template.cfg", "trainers/quadratic.cfg"};
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        char path[1000];
        (void)snprintf(path, sizeof path, "%s/../jobs/%s", TEST_SOURCE_DIR, jobs[i]);
        assert_round_trip(path, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_names_its_line_what_was_found_and_what_is_allowed),
        cmocka_unit_test(validation_files_make_up_for_holding_nothing_out),
        cmocka_unit_test(what_libconfig_would_not_take_is_told_in_plain_words),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(all_problems_are_listed_in_the_order_of_the_file),
        cmocka_unit_test(a_hostile_file_is_bounded),
        cmocka_unit_test(includes_start_at_the_folder_of_their_file_and_keep_its_lines),
        cmocka_unit_test(includes_that_include_each_other_end),
        cmocka_unit_test(a_set_value_replaces_or_adds_whatever_its_type),
        cmocka_unit_test(a_bad_set_is_refused_in_its_own_words),
        cmocka_unit_test(several_sets_apply_one_after_the_other),
        cmocka_unit_test(every_default_is_filled_in),
        cmocka_unit_test(a_grid_counts_its_candidates),
        cmocka_unit_test(hyperband_counts_the_candidates_of_one_pass),
        cmocka_unit_test(a_layers_multiplier_is_written_once_and_of_a_layer_that_has_one),
        cmocka_unit_test(more_parameters_than_a_search_holds_are_refused),
        cmocka_unit_test(keys_of_another_scheduler_are_left_out_but_checked),
        cmocka_unit_test(a_relative_data_path_starts_at_its_own_file),
        cmocka_unit_test(numbers_keep_their_value),
        cmocka_unit_test(a_setting_is_found_where_it_stands),
        cmocka_unit_test(a_printed_study_resolves_to_itself),
        cmocka_unit_test(a_printed_text_ends_on_its_line),
        cmocka_unit_test(a_list_becomes_points_of_the_space),
        cmocka_unit_test(a_list_starts_at_its_own_file_and_may_be_cut_short),
        cmocka_unit_test(a_bad_list_is_refused_with_row_and_column),
        cmocka_unit_test(optimizers_take_the_parameters_that_stand_beside_them),
        cmocka_unit_test(optimizers_that_make_no_sense_are_refused),
        cmocka_unit_test(a_warm_up_that_is_searched_keeps_its_bounds),
        cmocka_unit_test(a_trainers_own_groups_are_passed_on_as_they_are_written),
        cmocka_unit_test(with_an_own_trainer_slips_are_refused_all_the_same),
        cmocka_unit_test(every_ready_study_is_sound),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
