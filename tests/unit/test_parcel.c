/* test_parcel.c - files that go from one rank to another in chunks, over the virtual link. */
#include "common/link/parcel.h"
#include "tests/support/virtual_link.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SENDER = 0, RECEIVER = 1 };

struct ends {
    char folder[64], from[96], to[96];
    struct virtual_net *net;
    struct parcel out, in;
    enum parcel_progress progress; /* of the last chunk */
    enum parcel_answer answer;     /* the last one */
    unsigned chunks, most;         /* taken; most of them in one look */
    unsigned damage;               /* number of the chunk that is damaged on the way, from 1 */
    unsigned stop;                 /* number of the chunk after which nothing is taken; 0: none */
};

static void begin(struct ends *ends, size_t bytes)
{
    struct error error;
    struct message label;
    *ends = (struct ends){.folder = "/tmp/test_parcel_XXXXXX"};
    assert_non_null(mkdtemp(ends->folder));
    (void)snprintf(ends->from, sizeof ends->from, "%s/from", ends->folder);
    (void)snprintf(ends->to, sizeof ends->to, "%s/to", ends->folder);
    FILE *file = fopen(ends->from, "w");
    assert_non_null(file);
    for (size_t i = 0; i < bytes; i++)
        (void)fputc((int)(i * 2654435761U >> 13), file);
    assert_int_equal(fclose(file), 0);
    ends->net = virtual_net_create(2, NULL, NULL, NULL);
    message_begin(&label, MESSAGE_DONE);
    label.trial = 7;
    label.attempt = 2;
    assert_true(parcel_begin(&ends->out, ends->from, PARCEL_CHECKPOINT, &label, &error));
}

static int files_in(const char *folder)
{
    DIR *list = opendir(folder);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(list));)
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

static void end(struct ends *ends)
{
    char command[96];
    parcel_drop(&ends->out);
    parcel_drop(&ends->in);
    virtual_net_destroy(ends->net);
    (void)snprintf(command, sizeof command, "rm -r %s", ends->folder);
    assert_int_equal(system(command), 0);
}

static void deliver(void *context, int peer, bool to_worker, const struct message *message)
{
    struct ends *ends = context;
    struct error error;
    (void)to_worker;
    if (peer == RECEIVER) {
        ends->answer = parcel_hear(&ends->out, message);
        return;
    }
    struct message_long copy;
    memcpy(&copy, message, MESSAGE_FIXED_BYTES + message->text_bytes);
    ends->chunks++;
    if (ends->chunks == ends->damage)
        ((unsigned char *)&copy)[MESSAGE_FIXED_BYTES + message->text_bytes / 2] ^= 4;
    if (ends->stop > 0 && ends->chunks > ends->stop)
        return;
    ends->progress = parcel_take(&ends->in, ends->to, &copy.message, &error);
    struct message answer;
    if (ends->progress == PARCEL_IGNORED)
        return;
    parcel_acknowledge(&answer, message, ends->progress);
    assert_true(link_send(virtual_net_link(ends->net, RECEIVER), SENDER, false, &answer, &error));
}

static void is_bad(void *context, int peer, const struct error *error)
{
    (void)context;
    (void)peer;
    fail_msg("%s", error->text);
}

/* Both ends take turns until nothing happens any more. */
static void run(struct ends *ends)
{
    struct error error;
    bool sent = true;
    size_t heard = 1;
    while (sent || heard > 0) {
        struct link *sender = virtual_net_link(ends->net, SENDER);
        assert_true(parcel_continue(&ends->out, sender, RECEIVER, true, 0, &sent, &error));
        unsigned before = ends->chunks;
        heard = link_receive(virtual_net_link(ends->net, RECEIVER), deliver, is_bad, ends);
        heard += link_receive(sender, deliver, is_bad, ends);
        if (ends->chunks - before > ends->most)
            ends->most = ends->chunks - before;
    }
}

static void a_file_of_any_length_arrives_whole_with_few_chunks_under_way(void **state)
{
    (void)state;
    static const size_t lengths[] = {0,
                                     1,
                                     MESSAGE_CHUNK_MAX_BYTES - 1,
                                     MESSAGE_CHUNK_MAX_BYTES,
                                     MESSAGE_CHUNK_MAX_BYTES + 1,
                                     (size_t)PARCEL_WINDOW * MESSAGE_CHUNK_MAX_BYTES,
                                     1000003};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct ends ends;
        char command[256];
        begin(&ends, lengths[i]);
        run(&ends);
        assert_int_equal(ends.progress, PARCEL_WHOLE);
        assert_int_equal(ends.answer, PARCEL_ARRIVED);
        assert_null(ends.out.file);
        (void)snprintf(command, sizeof command, "cmp %s %s", ends.from, ends.to);
        assert_int_equal(system(command), 0);
        assert_in_range(ends.most, 1, PARCEL_WINDOW);
        assert_int_equal(files_in(ends.folder), 2);
        end(&ends);
    }
}

static void a_damaged_piece_is_noticed_and_nothing_is_kept(void **state)
{
    (void)state;
    for (unsigned damage = 1; damage <= 3; damage++) {
        struct ends ends;
        begin(&ends, 3 * MESSAGE_CHUNK_MAX_BYTES);
        ends.damage = damage;
        run(&ends);
        assert_int_equal(ends.answer, PARCEL_RETURNED);
        assert_null(ends.out.file);
        assert_int_equal(files_in(ends.folder), 1);
        end(&ends);
    }
}

static void a_sender_that_hears_nothing_stops_and_one_that_dies_leaves_nothing(void **state)
{
    (void)state;
    struct ends ends;
    begin(&ends, (size_t)100 * MESSAGE_CHUNK_MAX_BYTES);
    ends.stop = 2;
    run(&ends);
    assert_int_equal(ends.chunks, 2 + PARCEL_WINDOW);
    assert_int_equal(ends.progress, PARCEL_TAKEN);
    assert_int_equal(files_in(ends.folder), 2); /* half of it, under another name */
    assert_false(parcel_file_exists(ends.to));
    parcel_drop(&ends.in);
    assert_int_equal(files_in(ends.folder), 1);
    end(&ends);
}

static void chunks_that_fit_nothing_are_ignored(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset, total;
        uint32_t trial, bytes;
    } cases[] = {
        {MESSAGE_CHUNK_MAX_BYTES, 99999, 7, 100}, /* before any other */
        {0, 0, 7, 5},                             /* longer than the file */
        {UINT64_MAX, 10, 7, 5},                   /* beyond it */
        {5, 10, 7, UINT16_MAX / 4},               /* over its end */
        {0, 10, 7, 0},                            /* nothing, of something */
        {0, PARCEL_REFUSED, 7, 10},               /* refused */
    };
    struct ends ends;
    begin(&ends, 10);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message_long room;
        struct error error;
        memset(&room, 0, sizeof room);
        message_begin(&room.message, MESSAGE_CHUNK);
        room.message.trial = cases[i].trial;
        room.message.text_bytes = cases[i].bytes;
        room.message.body.chunk =
            (struct message_chunk){.offset = cases[i].offset, .total = cases[i].total};
        assert_int_equal(parcel_take(&ends.in, ends.to, &room.message, &error), PARCEL_IGNORED);
    }
    assert_int_equal(files_in(ends.folder), 1);
    end(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_any_length_arrives_whole_with_few_chunks_under_way),
        cmocka_unit_test(a_damaged_piece_is_noticed_and_nothing_is_kept),
        cmocka_unit_test(a_sender_that_hears_nothing_stops_and_one_that_dies_leaves_nothing),
        cmocka_unit_test(chunks_that_fit_nothing_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
