/* model.h - the study as a trainer sees it: the data set, the network, and the loss. */
#ifndef LRSWEEP_WORKER_TRAINER_MODEL_H
#define LRSWEEP_WORKER_TRAINER_MODEL_H

#include "worker/data/dataset.h"
#include "worker/trainer/loss.h"
#include "worker/trainer/network.h"
#include "worker/trainer/settings.h"

#include <jansson.h>

struct model {
    json_t *study; /* the resolved study; owned */
    struct dataset dataset;
    struct network network;
    struct loss loss;
    /* What a checkpoint must agree with: network, loss and data, as text; owned. */
    char *identity;
};

/* Opens the data and builds the network of a resolved study (common/study_document.h), all of which
 * is checked again here. The study is borrowed and kept by reference. */
bool model_create(struct model *model, json_t *study, struct refusal *refusal);
void model_destroy(struct model *model);

#endif
