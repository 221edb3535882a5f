/* open_files.c - how many files this process may open. */
#include "coordinator/job/open_files.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#define WANTED 4096 /* a thousand trainers */
#define NEEDED 32

bool open_files_allow(struct error *error)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return error_set(error, "the limit of open files cannot be read: %s", strerror(errno));
    if (limit.rlim_cur < WANTED && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < WANTED ? limit.rlim_max : WANTED;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* then fewer trainers find room */
    }
    return limit.rlim_cur >= NEEDED ||
           error_set(error, "%llu files may be open at once (ulimit -n); at least %d are needed",
                     (unsigned long long)limit.rlim_cur, NEEDED);
}
