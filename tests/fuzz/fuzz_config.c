/*
 * Configuration files of any bytes: refused with a text, or read; every typed getter is tried on
 * every setting of the top group.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/config.h"
#include "base/file.h"
#include "base/scope.h"
#include "tests/fuzz/fuzz.h"

/* libconfig 1.5 loses the string that a syntax error cuts short: 64 bytes once per refused file. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so\n";
}

static void try_getters(const config_setting_t *root, const char *key)
{
    struct err err = {0};
    long long whole = 0;
    double real = 0;
    bool flag = false;
    const char *text = NULL;
    config_int(root, key, (const long long[]){-100, 100}, &whole, &err);
    assert(whole >= -100 && whole <= 100);
    config_real(root, key, (double[]){0, 1}, &real, &err);
    assert(real >= 0 && real <= 1);
    config_bool(root, key, &flag, &err);
    config_text(root, key, &text, &err);
    if (config_text_required(root, key, &text, &err) == 0)
        assert(text);
}

static void read_config(const char *path)
{
    struct err err = {0};
    config_t config;
    if (config_open(path, &config, &err) < 0) {
        assert(err.text[0] != '\0');
        return;
    }
    const config_setting_t *root = config_root_setting(&config);
    const char *const known[] = {"rules", NULL};
    config_check_keys(root, known, &err);
    for (int i = 0; i < config_setting_length(root); i++) {
        const char *key = config_setting_name(config_setting_get_elem(root, (unsigned)i));
        if (key)
            try_getters(root, key);
    }
    config_close(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(scope_close) int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct err err = {0};
    char path[64];
    if (fd < 0 || file_write_all(fd, (struct bytes){data, size}, "fuzz", &err) < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_config(path);
    return 0;
}
