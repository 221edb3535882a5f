/* heartbeat.h - how often a rank says that it lives, and how long it counts on another that does
 * not say so. */
#ifndef LRSWEEP_COMMON_HEARTBEAT_H
#define LRSWEEP_COMMON_HEARTBEAT_H

/* Several beats fit into a timeout, so that one that is late does no harm. */
#define HEARTBEAT_SHARE     0.2
#define HEARTBEAT_LONGEST_S 1.0

/* Seconds between two signs of life, from run.heartbeat_timeout. Also the most that a rank's time
 * between two turns counts as listening (attention.h). */
static inline double heartbeat_every_s(double timeout_s)
{
    double every_s = HEARTBEAT_SHARE * timeout_s;
    return every_s < HEARTBEAT_LONGEST_S ? every_s : HEARTBEAT_LONGEST_S;
}

#endif
