/* patience.c - an alarm while ranks wait for each other. */
#include "common/link/patience.h"

#include "common/launcher.h"

#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

static volatile sig_atomic_t launcher_goes_on; /* without a rank that ends */

static void give_up(int signal_number)
{
    static const char text[] =
        "lrsweep: the ranks of this job did not all start; --resume goes on\n";
    (void)signal_number;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    if (launcher_goes_on)
        (void)kill(getppid(), SIGTERM);
    _exit(PATIENCE_EXIT);
}

bool patience_begin(unsigned seconds)
{
    unsigned left_s = alarm(0);
    if (left_s == 0) {
        launcher_goes_on = launcher_recovers();
        signal(SIGALRM, give_up);
    }
    alarm(left_s > 0 ? left_s : seconds);
    return left_s == 0;
}

void patience_end(bool begun)
{
    if (begun)
        alarm(0);
}
