/* fuzz_trainer_lines.c - any bytes as what a trainer writes: cut into lines and parsed.
 *
 * What is refused is refused in printable words; what is accepted has a text that ends and is
 * UTF-8. */
#include "common/line_reader.h"
#include "tests/fuzz/input.h"
#include "worker/trainer_line.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_BYTES = 4096 };

static void assert_printable(const char *text)
{
    if (!*text)
        input_fail("a line is refused without a reason");
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            input_fail("a reason is not printable");
}

static void parse(const char *text, size_t length)
{
    struct trainer_line line;
    struct error error;
    if (!trainer_line_parse(text, length, &line, &error)) {
        assert_printable(error.text);
        return;
    }
    if (line.kind > LINE_TESTED || !memchr(line.text, '\0', sizeof line.text))
        input_fail("a line is accepted that is none");
    if (line.kind == LINE_DONE &&
        (line.body.done.status < DONE_OK || line.body.done.status > DONE_FAILED))
        input_fail("a trial is done in no known way");
    json_t *utf8 = json_string(line.text);
    if (!utf8)
        input_fail("a text that was cut is not UTF-8");
    json_decref(utf8);
    /* It travels on as a message. */
    struct message message;
    message_begin(&message, MESSAGE_DONE);
    message_set_text(&message, line.text);
    if (!message_check(&message, MESSAGE_FIXED_BYTES + message.text_bytes, &error))
        input_fail("a line does not fit into a message");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char path[INPUT_PATH_BYTES], *line;
    size_t line_length;
    struct line_reader reader;
    input_store("lines", bytes, length);
    input_path("lines", path);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        input_fail("cannot read a temporary file");
    line_reader_create(&reader, LIMIT_BYTES);
    while (line_reader_next(&reader, descriptor, &line, &line_length) == LINE_READ)
        parse(line, line_length);
    line_reader_destroy(&reader);
    (void)close(descriptor);
    return 0;
}
