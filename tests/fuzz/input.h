/* input.h - what all fuzzers share: one file is a libFuzzer target and the program that runs its
 * corpus.
 *
 * Built with -DFUZZER (build type Fuzz) a fuzzer is a libFuzzer target. Otherwise it runs the files
 * of the folders that it is given, which is how the corpora are tested. */
#ifndef LRSWEEP_TESTS_FUZZ_INPUT_H
#define LRSWEEP_TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* Any bytes; returns 0. Defined by each fuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What must hold does not: ends the process in a way that fuzzers notice. */
_Noreturn void input_fail(const char *what);

/* Fails if what is printed would move a terminal's cursor. */
void input_check_printable(const char *text);

/* A folder of this process, in memory where there is such a place; removed when it exits. */
const char *input_folder(void);

#define INPUT_PATH_BYTES 256

/* The path of FOLDER/NAME. */
void input_path(const char *name, char path[INPUT_PATH_BYTES]);

/* Makes the bytes the content of FOLDER/NAME. */
void input_store(const char *name, const void *bytes, size_t length);

/* Removes what is in the folder. */
void input_clear(void);

/* Where `mark`, which starts with a newline, stands in the bytes; `end` if it does not. */
const uint8_t *input_find(const uint8_t *at, const uint8_t *end, const char *mark);

#endif
