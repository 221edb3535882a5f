/* python_optimizer.h - an optimizer and the groups of its parameters as PyTorch writes them. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_PYTHON_OPTIMIZER_H
#define LRSWEEP_COORDINATOR_EXPORT_PYTHON_OPTIMIZER_H

#include <jansson.h>
#include <stdio.h>

/* Prints `optimizer = ...` of a study of one candidate (candidate_study.h), with a group for each
 * parameter where their rates or their weight decay differ. Of an optimizer that torch.optim does
 * not have, the line says so. */
void python_optimizer_print(FILE *stream, const json_t *study);

#endif
