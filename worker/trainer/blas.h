/* blas.h - one thread, and the kernels that this CPU is fastest with. */
#ifndef LRSWEEP_WORKER_TRAINER_BLAS_H
#define LRSWEEP_WORKER_TRAINER_BLAS_H

#include <stddef.h>

/* Settles which kernels OpenBLAS uses. It reads its settings when it is loaded, so this may have to
 * start the program again with them in its environment: call it first in main, before anything is
 * read or opened. Does not return then; otherwise returns and has changed nothing but the thread
 * count. */
void blas_prepare(char *const *arguments);

/* "OpenBLAS SkylakeX" */
void blas_name(char *name, size_t name_bytes);

#endif
