/* test_outbox.c - messages to a peer that does not take them for a while, over the virtual link. */
#include "common/link/outbox.h"
#include "tests/support/virtual_link.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every message is the one after the last. */
static void take(void *context, int peer, bool to_worker, const struct message *message)
{
    uint32_t *count = context;
    (void)peer;
    (void)to_worker;
    assert_int_equal(message->trial, *count);
    ++*count;
}

static void is_bad(void *context, int peer, const struct error *error)
{
    (void)context;
    (void)peer;
    fail_msg("%s", error->text);
}

static void post(struct outbox *outbox, struct link *link, uint32_t number)
{
    struct message message;
    message_begin(&message, MESSAGE_STOP);
    message.trial = number;
    message_set_text(&message, "text");
    assert_true(outbox_post(outbox, link, 1, true, &message));
}

static void messages_keep_their_order_however_late_the_peer_takes_them(void **state)
{
    (void)state;
    enum { MESSAGES = 5 * LINK_SENDS_PER_PEER };
    struct virtual_net *net = virtual_net_create(2, NULL, NULL, NULL);
    struct link *link = virtual_net_link(net, 0), *peer = virtual_net_link(net, 1);
    struct outbox outbox = {0};
    uint32_t received = 0, posted = 0;
    while (posted < MESSAGES / 2)
        post(&outbox, link, posted++);
    assert_int_equal(outbox.count, MESSAGES / 2 - LINK_SENDS_PER_PEER);
    outbox_flush(&outbox, link, 1, true);
    assert_int_equal(outbox.count, MESSAGES / 2 - LINK_SENDS_PER_PEER);
    /* The peer takes some; what is posted now still goes behind what waits. */
    link_receive(peer, take, is_bad, &received);
    assert_int_equal(received, LINK_SENDS_PER_PEER);
    while (posted < MESSAGES)
        post(&outbox, link, posted++);
    while (received < MESSAGES) {
        outbox_flush(&outbox, link, 1, true);
        assert_true(link_receive(peer, take, is_bad, &received) > 0);
    }
    assert_int_equal(outbox.count, 0);
    assert_false(link_sending(link));
    outbox_clear(&outbox);
    virtual_net_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_keep_their_order_however_late_the_peer_takes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
