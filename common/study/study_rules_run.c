/* study_rules_run.c - rules of how the work is done. */
#include "common/study/study_rules.h"

#include "common/deadline_text.h"

void study_rules_run(const struct study_check *check)
{
    const char *deadline = json_string_value(study_check_value(check, "run", "deadline"));
    struct error error;
    double seconds;
    if (deadline && !deadline_read(deadline, time(NULL), &seconds, &error))
        study_problem(check->problems, study_check_place(check, "run.deadline"), "run.deadline: %s",
                      error.text);
}
