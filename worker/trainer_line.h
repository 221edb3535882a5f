/* trainer_line.h - one line that a trainer wrote (include/lrsweep/protocol.h), checked. */
#ifndef LRSWEEP_WORKER_TRAINER_LINE_H
#define LRSWEEP_WORKER_TRAINER_LINE_H

#include "common/error.h"
#include "common/message.h"
#include "common/verdict.h"

#include <stddef.h>

enum trainer_line_kind { LINE_READY, LINE_REFUSED, LINE_REPORT, LINE_DONE, LINE_TESTED };

struct trainer_line {
    enum trainer_line_kind kind;
    uint32_t trial; /* report, done, tested */
    union {
        struct message_ready ready;
        struct message_report report;
        struct message_done done;
        struct message_tested tested;
    } body;
    char text[MESSAGE_TEXT_MAX_BYTES + 1]; /* refused, done, tested: the message; "" if none */
};

/* False: the line is not of the protocol; the error quotes its start and says what is wrong. */
bool trainer_line_parse(const char *line, size_t length, struct trainer_line *out,
                        struct error *error);

#endif
