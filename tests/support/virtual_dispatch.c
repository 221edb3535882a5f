/* virtual_dispatch.c - a dispatcher on virtual time. */
#include "tests/support/virtual_dispatch.h"

#include "common/study_document.h"
#include "tests/support/memory_store.h"

static void make_dispatch(struct virtual_dispatch *job)
{
    job->options.search = search_create(job->document, VIRTUAL_SAMPLES, &job->error);
    job->dispatch = job->options.search ? dispatch_create(&job->options, &job->error) : NULL;
}

void virtual_dispatch_begin(struct virtual_dispatch *job, json_t *document, double timeout_s,
                            int ranks, virtual_witness *witness, void *context)
{
    *job = (struct virtual_dispatch){.document = document};
    (void)json_object_set_new(json_object_get(document, "run"), "heartbeat_timeout",
                              json_real(timeout_s));
    job->net = virtual_net_create(ranks, NULL, witness, context);
    job->options = (struct dispatch_options){
        .document = document,
        .search_retries = study_integer(document, "run", "retries"),
        .dir = "d",
        .link = virtual_net_link(job->net, 0),
        .store = memory_store_create(NULL, NULL),
        .progress = progress_create(stderr, true),
        .train_samples = VIRTUAL_SAMPLES,
    };
    make_dispatch(job);
}

void virtual_dispatch_resume(struct virtual_dispatch *job)
{
    dispatch_destroy(job->dispatch);
    search_destroy(job->options.search);
    memory_store_crash(job->options.store);
    job->options.resume = true;
    make_dispatch(job);
}

void virtual_dispatch_end(struct virtual_dispatch *job)
{
    dispatch_destroy(job->dispatch);
    progress_destroy(job->options.progress);
    search_destroy(job->options.search);
    virtual_net_destroy(job->net);
    memory_store_destroy(job->options.store);
    json_decref(job->document);
}
