/*
 * Scanner profiles and fault lists of any bytes: refused with a text, or read and then usable.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/file.h"
#include "base/scope.h"
#include "scanner/feeder/faults.h"
#include "scanner/profile.h"
#include "tests/fuzz/fuzz.h"

/* libconfig 1.5 loses the string that a syntax error cuts short: 64 bytes once per refused file. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so\n";
}

static void use(const struct profile *profile)
{
    struct profile_option options[PROFILE_OPTIONS_MAX];
    struct scan_sensors sensors = {.loaded = 1, .error_code = -1};
    for (int mode = 0; mode < 2 * SCAN_MODES; mode++) {
        struct scan_request request = {(enum scan_mode)(mode / 2), mode % 2 == 1, 300};
        int count = profile_options(profile, &request, options, NULL);
        for (int i = 0; i < count; i++)
            assert(options[i].name && options[i].choices[0]);
    }
    for (int status = 0; status < 16; status++) {
        const char *say = NULL;
        struct scan_event event = {.feed_from = 1};
        event.kind = profile_meaning(profile, status, &sensors, &say);
        scan_event_phrase(&event, say);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(scope_close) int fd = memfd_create("fuzz", MFD_CLOEXEC);
    SCOPED(profile_free) struct profile *profile = NULL;
    SCOPED(scope_free) struct fault_list *faults = calloc(1, sizeof *faults);
    struct err err = {0};
    char path[64];
    if (fd < 0 || !faults || file_write_all(fd, (struct bytes){data, size}, "fuzz", &err) < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (profile_load(path, &profile, &err) < 0)
        assert(err.text[0] != '\0');
    else
        use(profile);
    if (faults_parse(faults, (const char *)data, size, &err) < 0)
        assert(err.text[0] != '\0');
    return 0;
}
