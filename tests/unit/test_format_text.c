/* test_format_text.c - CSV and LIBSVM files read back exactly; each malformed kind is refused with
 * its row and column. Splits that are drawn. */
#include "format_fixture.h"

#include <zlib.h>

static void write_text(const char *name, const char *text)
{
    scene_write(name, text, strlen(text));
}

static void check(const struct dataset_split *split, size_t count, size_t features,
                  const float *expected, const int32_t *labels)
{
    assert_int_equal(split->count, count);
    for (size_t i = 0; i < count * features; i++)
        assert_float_equal(((const float *)split->features)[i], expected[i], 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(split->labels[i], labels[i]);
}

static void a_table_reads_back_whatever_its_column_and_dialect(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *group;
    } cases[] = {
        {"a,b,kind\n1,2.5,x\n-3e2,0.1,w\n7,8,x\n", "{'format':'csv','path':'%s/t.csv'}"},
        {"kind,a,b\r\nx,1,2.5\r\n\"w\",-300,\" 0.1\"\r\nx,7,8\r\n\r\n",
         "{'format':'csv','path':'%s/t.csv','target':'kind'}"},
        {"\xef\xbb\xbf\"a \"\"1\"\"\";\"ki;nd\";b\n1;x;2.5\n-300;w;.1\n+7;x;8.",
         "{'format':'csv','path':'%s/t.csv','target':'ki;nd','separator':'semicolon'}"},
        {"1\tx\t2.5\n-300\tw\t0.1\n7\tx\t8\r",
         "{'format':'csv','path':'%s/t.csv','target':'2','separator':'tab','header':false}"},
        {"a,b,k\n1,2.5,10\n-300,0.1,9\n7,8,10.0\n", "{'format':'csv','path':'%s/t.csv'}"},
    };
    static const float expected[] = {1, 2.5F, -300, 0.1F, 7, 8};
    static const int32_t labels[] = {1, 0, 1};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dataset dataset;
        write_text("t.csv", cases[i].csv);
        opened(&dataset, cases[i].group);
        assert_int_equal(dataset.feature_count, 2);
        assert_int_equal(dataset.class_count, 2);
        check(&dataset.split[SPLIT_TRAIN], 3, 2, expected, labels);
        assert_int_equal(dataset.split[SPLIT_TEST].count, 0);
        dataset_close(&dataset);
    }
}

static void tables_of_their_own_are_validated_and_tested_on(void **state)
{
    (void)state;
    struct dataset dataset;
    write_text("t.csv", "a,k\n1,y\n2,n\n");
    write_text("v.csv", "a,k\n3,n\n");
    write_text("e.csv", "a,k\n4,y\n5,y\n");
    opened(&dataset, "{'format':'csv','path':'%s/t.csv','validation_path':'%s/v.csv',"
                     "'test_path':'%s/e.csv','validation':0.5}");
    check(&dataset.split[SPLIT_TRAIN], 2, 1, (const float[]){1, 2}, (const int32_t[]){1, 0});
    check(&dataset.split[SPLIT_VALIDATION], 1, 1, (const float[]){3}, (const int32_t[]){0});
    check(&dataset.split[SPLIT_TEST], 2, 1, (const float[]){4, 5}, (const int32_t[]){1, 1});
    dataset_close(&dataset);

    write_text("e.csv", "a,k\n4,y\n5,maybe\n");
    REFUSED("{'format':'csv','path':'%s/t.csv','test_path':'%s/e.csv'}", "data.path", "e.csv",
            "row 3", "maybe");
    write_text("e.csv", "b,k\n4,y\n");
    REFUSED("{'format':'csv','path':'%s/t.csv','test_path':'%s/e.csv'}", "data.path", "e.csv",
            "row 1", "training file");
}

static void numbers_can_be_predicted_from_a_gzipped_table(void **state)
{
    (void)state;
    struct dataset dataset;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/t.csv.gz", scene);
    gzFile file = gzopen(path, "wb");
    assert_true(gzputs(file, "y,a\n") > 0);
    for (int i = 0; i < 5000; i++)
        assert_true(gzprintf(file, "%d.5,%d\n", i % 2, i) > 0);
    assert_int_equal(gzclose(file), Z_OK);
    opened(&dataset, "{'format':'csv','path':'%s/t.csv.gz','target':'y','classes':false}");
    assert_int_equal(dataset.target_count, 1);
    assert_int_equal(dataset.split[SPLIT_TRAIN].count, 5000);
    for (int i = 0; i < 5000; i++) {
        assert_float_equal(dataset.split[SPLIT_TRAIN].targets[i], (i % 2) + 0.5, 0);
        assert_float_equal(((const float *)dataset.split[SPLIT_TRAIN].features)[i], i, 0);
    }
    assert_float_equal(dataset.constant_loss, 0.25, 1e-12);
    dataset_close(&dataset);
}

static void malformed_tables_are_refused_with_row_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *csv;
        const char *parts[3];
    } cases[] = {
        {"a,b,k\n1,,x\n3,4,y\n", {"row 2, column 2 (b)", "missing"}},
        {"a,b,k\n1,2,x\n?,4,y\n", {"row 3, column 1 (a)", "missing"}},
        {"a,b,k\n1,NaN,x\n3,4,y\n", {"row 2, column 2 (b)", "missing"}},
        {"a,b,k\n1,nan,x\n3,4,y\n", {"row 2, column 2 (b)", "missing"}},
        {"a,b,k\n1,NA,x\n3,4,y\n", {"row 2, column 2 (b)", "missing"}},
        {"a,b,k\n1,N/A,x\n3,4,y\n", {"row 2, column 2 (b)", "missing"}},
        {"a,b,k\n1,null,x\n3,4,y\n", {"row 2, column 2 (b)", "missing"}},
        {"a,b,k\n1,NULL,x\n3,4,y\n", {"row 2, column 2 (b)", "missing"}},
        {"a,b,k\n1,2,\n3,4,y\n", {"row 2, column 3 (k)", "missing"}},
        {"a,b,k\n1,2,x\n3,four,y\n", {"row 3, column 2 (b)", "\"four\" is no number"}},
        {"a,b,k\n1,2,x\n3,0x10,y\n", {"row 3, column 2", "0x10"}},
        {"a,b,k\n1,2,x\n3,1e39,y\n", {"row 3, column 2", "1e39"}},
        {"a,b,k\n1,2,x\n3,4 5,y\n", {"row 3, column 2", "4 5"}},
        {"a,b,k\n1,2,x\n3,4\n", {"row 3 has 2 columns", "have 3"}},
        {"a,b,k\n1,2,x\n\n3,4,y\n", {"row 3 has 1 columns"}},
        {"a,b,k\n1,2,x,\n", {"row 2 has 4 columns"}},
        {"a,b,k\n1,\"2,x\n3,4,y\n", {"row 2, column 2", "not closed"}},
        {"a,b,k\n1,\"2\"3,x\n", {"row 2, column 2", "closing quote"}},
        {"a,b,k\n1,2,x\n3,4,x\n", {"fewer than two classes"}},
        {"a,b,k\n", {"no samples"}},
        {"\n\n", {"no rows"}},
        {"a\n1\n", {"one column"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text("t.csv", cases[i].csv);
        const char *parts[] = {"t.csv", cases[i].parts[0], cases[i].parts[1], NULL};
        refused("{'format':'csv','path':'%s/t.csv'}", "data.path", parts);
    }
    scene_write("t.csv", "a,k\n1,\0x\n", 9);
    REFUSED("{'format':'csv','path':'%s/t.csv'}", "data.path", "NUL at byte 6");
    write_text("t.csv", "");
    REFUSED("{'format':'csv','path':'%s/t.csv'}", "data.path", "empty");
    write_text("t.csv", "a,k\n1,x\n2,y\n");
    REFUSED("{'format':'csv','path':'%s/t.csv','target':'z'}", "data.path", "no column \"z\"");
    REFUSED("{'format':'csv','path':'%s/t.csv','target':'3'}", "data.path", "no column \"3\"");
    REFUSED("{'format':'csv','path':'%s/t.csv','classes':false}", "data.path", "row 2, column 2",
            "\"x\" is no number");
    REFUSED("{'format':'csv','path':'%s/none.csv'}", "data.path", "none.csv");
}

static void sparse_samples_become_dense(void **state)
{
    (void)state;
    /* As LIBSVM writes it, and as scikit-learn does, with indices from 0. */
    static const char *const texts[] = {
        "+1 1:0.5 3:-2 \n-1 2:1e3 # a comment\n\n# another\r\n+1\r\n",
        "1 0:0.5 2:-2\n-1.0 1:1000\n1 0:0",
    };
    static const float expected[] = {0.5F, 0, -2, 0, 1000, 0, 0, 0, 0};
    for (size_t i = 0; i < 2; i++) {
        struct dataset dataset;
        write_text("t.svm", texts[i]);
        opened(&dataset, "{'format':'libsvm','path':'%s/t.svm'}");
        assert_int_equal(dataset.feature_count, 3);
        check(&dataset.split[SPLIT_TRAIN], 3, 3, expected, (const int32_t[]){1, 0, 1});
        dataset_close(&dataset);
    }
    struct dataset dataset;
    write_text("t.svm", "1.5 1:1\n2.5 1:2\n");
    write_text("e.svm", "3.5 2:7\n"); /* the test file has a feature more */
    opened(&dataset, "{'format':'libsvm','path':'%s/t.svm','test_path':'%s/e.svm',"
                     "'classes':false}");
    assert_int_equal(dataset.feature_count, 2);
    assert_float_equal(dataset.split[SPLIT_TRAIN].targets[1], 2.5, 0);
    assert_float_equal(((const float *)dataset.split[SPLIT_TRAIN].features)[2], 2, 0);
    assert_float_equal(((const float *)dataset.split[SPLIT_TEST].features)[1], 7, 0);
    assert_float_equal(dataset.split[SPLIT_TEST].targets[0], 3.5, 0);
    dataset_close(&dataset);
}

/* What tests/reference/data/make_text.py wrote with scikit-learn, pandas and NumPy. */
static void files_of_other_programs_read_back_exactly(void **state)
{
    (void)state;
    enum { SAMPLES = 8, FEATURES = 5 };
    static const struct {
        const char *group;
        bool numbers;
    } cases[] = {
        {"{'format':'libsvm','path':'%s/sklearn_0.svm'}", false},
        {"{'format':'libsvm','path':'%s/sklearn_1.svm'}", false},
        {"{'format':'libsvm','path':'%s/sklearn_numbers.svm','classes':false}", true},
        {"{'format':'csv','path':'%s/pandas.csv','target':'class'}", false},
        {"{'format':'csv','path':'%s/pandas_numbers.csv.gz','separator':'tab','header':false,"
         "'classes':false}",
         true},
        {"{'format':'csv','path':'%s/numpy.csv','target':'k'}", false},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct dataset dataset;
        opened_in(&dataset, cases[c].group, TEST_SOURCE_DIR "/reference/data", 1);
        const struct dataset_split *split = &dataset.split[SPLIT_TRAIN];
        assert_int_equal(split->count, SAMPLES);
        assert_int_equal(dataset.feature_count, FEATURES);
        for (int i = 0; i < SAMPLES; i++) {
            for (int j = 0; j < FEATURES; j++) {
                double x = (i + j) % 3 == 0 ? 0 : (7 * i + 3 * j - 20) / 7.0;
                float found = ((const float *)split->features)[i * FEATURES + j];
                assert_true(found == (float)x);
            }
            if (cases[c].numbers)
                assert_true(split->targets[i] == (float)(i / 3.0 - 1));
            else
                assert_int_equal(split->labels[i], 2 * i % 3);
        }
        dataset_close(&dataset);
    }
}

static void malformed_sparse_samples_are_refused_with_their_row(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *parts[3];
    } cases[] = {
        {"1 1:1\nx 1:1\n", {"row 2, byte 0", "a label"}},
        {"1 1:1\n1,2 1:1\n", {"row 2, byte 0", "a label"}},
        {"1 1:1\n2 1:\n", {"row 2, byte 2", "\"1:\""}},
        {"1 1:1\n2 1\n", {"row 2, byte 2", "INDEX:VALUE"}},
        {"1 1:1\n2 -1:1\n", {"row 2, byte 2", "INDEX:VALUE"}},
        {"1 1:1\n2 qid:3 1:1\n", {"row 2, byte 2", "qid:3"}},
        {"1 1:1\n2 1:nan\n", {"row 2, byte 2", "missing"}},
        {"1 1:1\n2 1:1e400\n", {"row 2, byte 2", "missing"}},
        {"1 1:1\n2 3:1 3:2\n", {"row 2, byte 6", "higher index"}},
        {"1 1:1\n2 3:1 2:2\n", {"row 2, byte 6", "higher index"}},
        {"1 1:1\n2 99999999999999999999:1\n", {"row 2, byte 2", "INDEX:VALUE"}},
        {"1 1:1\n1 1:2\n", {"fewer than two classes"}},
        {"1\n2\n", {"no features"}},
        {"# nothing\n", {"no samples"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text("t.svm", cases[i].text);
        const char *parts[] = {"t.svm", cases[i].parts[0], cases[i].parts[1], NULL};
        refused("{'format':'libsvm','path':'%s/t.svm'}", "data.path", parts);
    }
}

/* 40 samples, feature = number; class 0 is 3 in 4, and the file is sorted by class. */
static void sorted_make(void)
{
    char csv[2048] = "a,k\n";
    for (int i = 0; i < 40; i++)
        (void)sprintf(csv + strlen(csv), "%d,%s\n", i, i < 30 ? "many" : "rare");
    write_text("t.csv", csv);
}

/* Adds what the split holds to seen[]; returns how many are of the rare class. */
static size_t rare_count(const struct dataset_split *split, int seen[40])
{
    size_t rare = 0;
    for (size_t i = 0; i < split->count; i++) {
        int number = (int)((const float *)split->features)[i];
        assert_int_equal(split->labels[i], number >= 30);
        seen[number]++;
        rare += number >= 30;
    }
    return rare;
}

static void a_drawn_split_keeps_proportions_and_every_sample(void **state)
{
    (void)state;
    struct dataset dataset;
    sorted_make();
    for (int stratified = 0; stratified < 2; stratified++) {
        int seen[40] = {0};
        opened(&dataset, stratified ? "{'format':'csv','path':'%s/t.csv','validation':0.2,'test':4,"
                                      "'stratified':true}"
                                    : "{'format':'csv','path':'%s/t.csv','validation':0.2,'test':4,"
                                      "'shuffled':true}");
        assert_int_equal(dataset.split[SPLIT_TRAIN].count, 28);
        assert_int_equal(dataset.split[SPLIT_VALIDATION].count, 8);
        assert_int_equal(dataset.split[SPLIT_TEST].count, 4);
        size_t train = rare_count(&dataset.split[SPLIT_TRAIN], seen);
        size_t validation = rare_count(&dataset.split[SPLIT_VALIDATION], seen);
        size_t test = rare_count(&dataset.split[SPLIT_TEST], seen);
        assert_int_equal(train + validation + test, 10);
        if (stratified) {
            assert_int_equal(validation, 2);
            assert_int_equal(test, 1);
        }
        for (int i = 0; i < 40; i++)
            assert_int_equal(seen[i], 1);
        dataset_close(&dataset);
    }
}

static void a_drawn_split_depends_on_the_seed_alone(void **state)
{
    (void)state;
    static const char text[] =
        "{'format':'csv','path':'%s/t.csv','validation':9,'stratified':true}";
    struct dataset first, again, other;
    sorted_make();
    opened_in(&first, text, scene, 1);
    opened_in(&again, text, scene, 1);
    opened_in(&other, text, scene, 2);
    assert_memory_equal(first.split[SPLIT_VALIDATION].features,
                        again.split[SPLIT_VALIDATION].features, 9 * sizeof(float));
    assert_memory_not_equal(first.split[SPLIT_VALIDATION].features,
                            other.split[SPLIT_VALIDATION].features, 9 * sizeof(float));
    dataset_close(&first);
    dataset_close(&again);
    dataset_close(&other);
}

static void impossible_splits_are_refused(void **state)
{
    (void)state;
    sorted_make();
    REFUSED("{'format':'csv','path':'%s/t.csv','validation':20,'test':20}", "data.validation",
            "with data.test", "all 40");
    REFUSED("{'format':'csv','path':'%s/t.csv','test':41}", "data.test", "only 40");
    REFUSED("{'format':'csv','path':'%s/t.csv','stratified':1}", "data.stratified",
            "true or false");
    REFUSED("{'format':'csv','path':'%s/t.csv','target':'a','classes':false,'stratified':true}",
            "data.stratified", "no classes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_table_reads_back_whatever_its_column_and_dialect),
        SCENE_TEST(tables_of_their_own_are_validated_and_tested_on),
        SCENE_TEST(numbers_can_be_predicted_from_a_gzipped_table),
        SCENE_TEST(malformed_tables_are_refused_with_row_and_column),
        SCENE_TEST(sparse_samples_become_dense),
        cmocka_unit_test(files_of_other_programs_read_back_exactly),
        SCENE_TEST(malformed_sparse_samples_are_refused_with_their_row),
        SCENE_TEST(a_drawn_split_keeps_proportions_and_every_sample),
        SCENE_TEST(a_drawn_split_depends_on_the_seed_alone),
        SCENE_TEST(impossible_splits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
