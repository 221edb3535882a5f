/* svg.h - the main figures of a report as SVG. */
#ifndef LRSWEEP_COORDINATOR_REPORT_SVG_SVG_H
#define LRSWEEP_COORDINATOR_REPORT_SVG_SVG_H

#include "coordinator/report/source.h"
#include "coordinator/view/text_buffer.h"

enum svg_end { SVG_DRAWN, SVG_NOTHING, SVG_FAILED };

/* Loss over steps of a sample of the trials: training thin, validation bold. SVG_NOTHING where no
 * loss was reported. */
enum svg_end svg_losses(struct text_buffer *out, const struct report_source *source,
                        struct error *error);

/* The metric against the learning rate, with the stable range and the edge of divergence.
 * SVG_NOTHING where no trial was trained at a rate. */
enum svg_end svg_rates(struct text_buffer *out, const struct report_source *source,
                       struct error *error);

#endif
