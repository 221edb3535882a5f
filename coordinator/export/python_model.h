/* python_model.h - the study's layers as PyTorch modules. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_PYTHON_MODEL_H
#define LRSWEEP_COORDINATOR_EXPORT_PYTHON_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints `model = ...`, and before it the class of residual blocks if there are some. Parameters
 * have the names that best.safetensors has: "layers.0.weight". `study`: the resolved study.
 * `weights`: the header of best.safetensors (weights_header.h), which tells the sizes of inputs;
 * NULL where there is none: then modules are lazy, and take their sizes from the first batch. */
void python_model_print(FILE *stream, const json_t *study, const json_t *weights);

/* Whether some module is lazy then. */
bool python_model_lazy(const json_t *study, const json_t *weights);

#endif
