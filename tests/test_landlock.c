/*
 * The reader's fence around files, in a process of its own: what is open stays so, nothing more
 * opens. Skipped where the kernel has no Landlock.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "workers/reader_landlock.h"

enum { FENCED = 0, NO_LANDLOCK = 1, HOLE = 2, CUT_OFF = 3 };

static int try_behind_fence(void)
{
    struct err err = {0};
    char byte;
    int open_before = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    int done = reader_forbid_files(&err);
    if (done < 0)
        fprintf(stderr, "%s\n", err.text);
    if (done <= 0)
        return done == 0 ? NO_LANDLOCK : HOLE;
    if (read(open_before, &byte, 1) != 1)
        return CUT_OFF;
    if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 || open("/", O_RDONLY | O_CLOEXEC) >= 0 ||
        open("/tmp/tripli-behind-fence", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0)
        return HOLE;
    execl("/bin/true", "true", (char *)NULL);
    return FENCED;
}

static void behind_the_fence_no_file_opens_and_no_program_starts(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(try_behind_fence());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_LANDLOCK) {
        print_message("this kernel has no Landlock\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), FENCED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behind_the_fence_no_file_opens_and_no_program_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
