/* test_shared_copy.c - one copy for many processes, whichever of them dies when. */
#include "worker/data/shared_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { BYTES = 300000 };

/* A place of its own for each test, and a file that grows by a byte with every time the copy is
 * made. */
struct scene {
    char place[64];
    char count_path[96];
    const char *places[3];
    int pause_ms; /* how long making takes */
};

static void scene_make(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    (void)strcpy(scene->place, "/tmp/test-shared-XXXXXX");
    assert_non_null(mkdtemp(scene->place));
    (void)snprintf(scene->count_path, sizeof scene->count_path, "%s/count", scene->place);
    scene->places[0] = scene->place;
}

static void scene_remove(const struct scene *scene)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", scene->place);
    assert_int_equal(system(command), 0);
}

static void pause_for(int milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = milliseconds % 1000 * 1000000L};
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        ;
}

static bool measure(void *context, size_t *bytes, struct error *error)
{
    (void)context;
    (void)error;
    *bytes = BYTES;
    return true;
}

static bool fill(void *context, void *destination, size_t bytes, struct error *error)
{
    (void)error;
    const struct scene *scene = context;
    int count = open(scene->count_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (count < 0 || write(count, "x", 1) != 1)
        abort();
    close(count);
    memset(destination, 7, bytes / 2);
    pause_for(scene->pause_ms);
    memset((char *)destination + bytes / 2, 7, bytes - bytes / 2);
    return true;
}

static bool refuse(void *context, void *destination, size_t bytes, struct error *error)
{
    (void)context;
    (void)destination;
    (void)bytes;
    return error_set(error, "the source is bad");
}

static struct shared_copy *open_key(struct scene *scene, const char *key, struct error *error)
{
    const struct shared_copy_source source = {
        .key = key, .measure = measure, .fill = fill, .context = scene};
    return shared_copy_open(scene->places, &source, error);
}

static size_t times_made(const struct scene *scene)
{
    struct stat status;
    return stat(scene->count_path, &status) == 0 ? (size_t)status.st_size : 0;
}

static size_t copies_left(const char *place)
{
    size_t count = 0;
    DIR *folder = opendir(place);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        count += strncmp(entry->d_name, "lrsweep-", 8) == 0;
    closedir(folder);
    return count;
}

static bool contents_right(const struct shared_copy *copy)
{
    const char *bytes = shared_copy_bytes(copy);
    for (size_t i = 0; i < BYTES; i++)
        if (bytes[i] != 7)
            return false;
    return true;
}

/* Users open, look, tell that they did, and hold the copy until they are released. */
struct crowd {
    int opened[2], release[2]; /* pipes */
};

static void crowd_make(struct crowd *crowd)
{
    assert_int_equal(pipe(crowd->opened), 0);
    assert_int_equal(pipe(crowd->release), 0);
}

/* The exit status says whether the contents were right. */
static pid_t start_user(struct scene *scene, struct crowd *crowd)
{
    pid_t child = fork();
    if (child == 0) {
        struct error error;
        char byte = 0;
        close(crowd->release[1]);
        struct shared_copy *copy = open_key(scene, "key", &error);
        bool good = copy && contents_right(copy);
        if (write(crowd->opened[1], &byte, 1) != 1 || read(crowd->release[0], &byte, 1) != 0)
            good = false;
        shared_copy_close(copy);
        _exit(good ? 0 : 1);
    }
    assert_true(child > 0);
    return child;
}

static void crowd_await(const struct crowd *crowd, int users)
{
    char byte;
    for (int i = 0; i < users; i++)
        assert_int_equal(read(crowd->opened[0], &byte, 1), 1);
}

/* Lets all users of the crowd close; no more can join it. */
static void crowd_release(const struct crowd *crowd)
{
    close(crowd->release[1]);
    close(crowd->release[0]);
    close(crowd->opened[0]);
    close(crowd->opened[1]);
}

static void await_success(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void kill_and_reap(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void four_processes_share_one_copy_and_the_last_removes_it(void **state)
{
    (void)state;
    struct scene scene;
    struct crowd crowd;
    pid_t children[4];
    scene_make(&scene);
    crowd_make(&crowd);
    scene.pause_ms = 50;
    for (int i = 0; i < 4; i++)
        children[i] = start_user(&scene, &crowd);
    crowd_await(&crowd, 4);
    assert_int_equal(copies_left(scene.place), 1);
    crowd_release(&crowd);
    for (int i = 0; i < 4; i++)
        await_success(children[i]);
    assert_int_equal(times_made(&scene), 1);
    assert_int_equal(copies_left(scene.place), 0);
    scene_remove(&scene);
}

static void the_file_is_the_users_alone(void **state)
{
    (void)state;
    struct scene scene;
    struct error error;
    scene_make(&scene);
    struct shared_copy *copy = open_key(&scene, "key", &error);
    assert_non_null(copy);
    DIR *folder = opendir(scene.place);
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct stat status;
        if (strncmp(entry->d_name, "lrsweep-", 8) != 0)
            continue;
        assert_int_equal(fstatat(dirfd(folder), entry->d_name, &status, 0), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    closedir(folder);
    shared_copy_close(copy);
    scene_remove(&scene);
}

static void another_makes_it_when_its_maker_is_killed_midway(void **state)
{
    (void)state;
    struct scene scene;
    struct crowd crowd;
    pid_t children[3];
    scene_make(&scene);
    crowd_make(&crowd);
    scene.pause_ms = 60000;
    pid_t maker = start_user(&scene, &crowd);
    while (times_made(&scene) == 0)
        pause_for(2);
    scene.pause_ms = 20;
    for (int i = 0; i < 3; i++)
        children[i] = start_user(&scene, &crowd);
    pause_for(50); /* most likely they wait for the maker now; if not, all holds as well */
    kill_and_reap(maker);
    crowd_await(&crowd, 3);
    assert_int_equal(times_made(&scene), 2);
    crowd_release(&crowd);
    for (int i = 0; i < 3; i++)
        await_success(children[i]);
    assert_int_equal(copies_left(scene.place), 0);
    scene_remove(&scene);
}

static void a_copy_that_a_killed_run_left_is_used_by_the_next(void **state)
{
    (void)state;
    struct scene scene;
    struct crowd crowd;
    scene_make(&scene);
    crowd_make(&crowd);
    pid_t user = start_user(&scene, &crowd);
    crowd_await(&crowd, 1);
    kill_and_reap(user);
    assert_int_equal(copies_left(scene.place), 1);
    user = start_user(&scene, &crowd);
    crowd_release(&crowd);
    await_success(user);
    assert_int_equal(times_made(&scene), 1);
    assert_int_equal(copies_left(scene.place), 0);
    scene_remove(&scene);
}

static void a_stale_copy_of_other_data_is_removed_and_one_in_use_is_not(void **state)
{
    (void)state;
    struct scene scene;
    struct crowd crowd;
    struct error error;
    scene_make(&scene);
    crowd_make(&crowd);
    pid_t user = start_user(&scene, &crowd);
    crowd_await(&crowd, 1);
    struct shared_copy *other = open_key(&scene, "other", &error);
    assert_non_null(other);
    assert_int_equal(copies_left(scene.place), 2);
    kill_and_reap(user);
    crowd_release(&crowd);
    shared_copy_close(other);
    assert_int_equal(copies_left(scene.place), 1);
    other = open_key(&scene, "other", &error);
    assert_int_equal(copies_left(scene.place), 1); /* the stale one went, the new one came */
    shared_copy_close(other);
    assert_int_equal(copies_left(scene.place), 0);
    scene_remove(&scene);
}

/* Opening and closing at the same time is where a name can vanish between open and lock. */
static void a_storm_of_openings_and_closings_never_shows_a_wrong_copy(void **state)
{
    (void)state;
    struct scene scene;
    pid_t children[6];
    scene_make(&scene);
    for (int i = 0; i < 6; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (int round = 0; round < 60; round++) {
                struct error error;
                struct shared_copy *copy = open_key(&scene, "key", &error);
                if (!copy || !contents_right(copy))
                    _exit(1);
                shared_copy_close(copy);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 6; i++)
        await_success(children[i]);
    assert_int_equal(copies_left(scene.place), 0);
    scene_remove(&scene);
}

static void the_next_place_is_taken_where_the_first_will_not_do(void **state)
{
    (void)state;
    struct scene scene;
    struct error error;
    scene_make(&scene);
    scene.places[0] = "/nonexistent/place";
    scene.places[1] = scene.place;
    struct shared_copy *copy = open_key(&scene, "key", &error);
    assert_non_null(copy);
    assert_true(contents_right(copy));
    assert_int_equal(copies_left(scene.place), 1);
    shared_copy_close(copy);

    scene.places[1] = "/nonexistent/other";
    assert_null(open_key(&scene, "key", &error));
    assert_non_null(strstr(error.text, "/nonexistent/other"));
    scene_remove(&scene);
}

static void a_link_in_the_copys_place_is_not_followed(void **state)
{
    (void)state;
    struct scene scene;
    struct error error;
    char name[128] = "", path[256], victim[96];
    scene_make(&scene);
    struct shared_copy *copy = open_key(&scene, "key", &error);
    DIR *folder = opendir(scene.place);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strncmp(entry->d_name, "lrsweep-", 8) == 0)
            (void)snprintf(name, sizeof name, "%.100s", entry->d_name);
    closedir(folder);
    shared_copy_close(copy);
    (void)snprintf(path, sizeof path, "%s/%s", scene.place, name);
    (void)snprintf(victim, sizeof victim, "%s/victim", scene.place);
    assert_int_equal(symlink(victim, path), 0);
    assert_null(open_key(&scene, "key", &error));
    assert_int_not_equal(access(victim, F_OK), 0);
    scene_remove(&scene);
}

static void a_bad_source_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    struct scene scene;
    struct error error = {""};
    scene_make(&scene);
    const struct shared_copy_source source = {
        .key = "key", .measure = measure, .fill = refuse, .context = &scene};
    assert_null(shared_copy_open(scene.places, &source, &error));
    assert_string_equal(error.text, "the source is bad");
    assert_int_equal(copies_left(scene.place), 0);
    scene_remove(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_processes_share_one_copy_and_the_last_removes_it),
        cmocka_unit_test(the_file_is_the_users_alone),
        cmocka_unit_test(another_makes_it_when_its_maker_is_killed_midway),
        cmocka_unit_test(a_copy_that_a_killed_run_left_is_used_by_the_next),
        cmocka_unit_test(a_stale_copy_of_other_data_is_removed_and_one_in_use_is_not),
        cmocka_unit_test(a_storm_of_openings_and_closings_never_shows_a_wrong_copy),
        cmocka_unit_test(the_next_place_is_taken_where_the_first_will_not_do),
        cmocka_unit_test(a_link_in_the_copys_place_is_not_followed),
        cmocka_unit_test(a_bad_source_is_refused_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
