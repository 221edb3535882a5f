/* svg.h - the main figures of a report as SVG. */
#ifndef LRSWEEP_COORDINATOR_REPORT_SVG_SVG_H
#define LRSWEEP_COORDINATOR_REPORT_SVG_SVG_H

#include "coordinator/report/source.h"
#include "coordinator/report/text_buffer.h"

/* Loss over steps of a sample of the trials: training thin, validation bold. Fails where no loss
 * was reported. */
bool svg_losses(struct text_buffer *out, const struct report_source *source, struct error *error);

/* The metric against the learning rate, with the stable range and the edge of divergence. Fails
 * where no trial was trained. */
bool svg_rates(struct text_buffer *out, const struct report_source *source, struct error *error);

#endif
