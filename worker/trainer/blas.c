/* blas.c - settles OpenBLAS's threads and kernels. */
#include "worker/trainer/blas.h"

#include "common/portability.h"

#include <cblas.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* OpenBLAS chooses its kernels by the CPU's model, and for a model newer than itself falls back to
 * the AVX2 ones (Haswell's, or Zen's) even where there is AVX-512. Measured with version 0.3.21 on
 * such a CPU: sgemm at 136 GFLOP/s as it chooses, 261 with the AVX-512 kernels. */
static const char *better_kernel(void)
{
    const char *chosen = openblas_get_corename();
    bool fallen_back = strcmp(chosen, "Haswell") == 0 || strcmp(chosen, "Zen") == 0;
    return fallen_back && CPU_HAS_AVX512() ? "SkylakeX" : NULL;
}

void blas_prepare(char *const *arguments)
{
    const char *kernel = getenv("OPENBLAS_CORETYPE") ? NULL : better_kernel();
    /* With the kernel named in the environment the new image does not come here again. If it cannot
     * be started, training works all the same, only slower. */
    if (kernel && setenv("OPENBLAS_CORETYPE", kernel, 1) == 0 &&
        setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0)
        (void)execv("/proc/self/exe", arguments);
    openblas_set_num_threads(1);
}

void blas_name(char *name, size_t name_bytes)
{
    (void)snprintf(name, name_bytes, "OpenBLAS %s", openblas_get_corename());
}
