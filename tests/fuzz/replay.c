/*
 * Feeds every file of the folders given to the fuzz target that this is linked with: the ordinary
 * test run repeats what fuzzing once found. An empty corpus is a failure, not a success.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/scope.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_LIMIT_BYTES = 16 << 20 }; /* corpus files are small; a larger one is a mistake */

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

/* Feeds one file; the bytes go to the target in a block of exactly their size. */
static int replay_file(const char *path)
{
    struct err err = {0};
    SCOPED(buf_free) struct buf content = {0};
    if (file_read(path, INPUT_LIMIT_BYTES, &content, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    SCOPED(scope_free) uint8_t *exact = malloc(content.len ? content.len : 1);
    if (!exact)
        return -1;
    if (content.len)
        memcpy(exact, content.at, content.len);
    LLVMFuzzerTestOneInput(exact, content.len);
    return 0;
}

/* How many files were fed, or -1. */
static int replay_folder(const char *path)
{
    SCOPED(close_folder) DIR *folder = opendir(path);
    if (!folder) {
        perror(path);
        return -1;
    }
    int fed = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(file, sizeof file, "%s/%s", path, entry->d_name) >= (int)sizeof file ||
            replay_file(file) < 0)
            return -1;
        fed++;
    }
    return fed;
}

int main(int argc, char **argv)
{
    int fed = 0;
    for (int i = 1; i < argc; i++) {
        int here = replay_folder(argv[i]);
        if (here < 0)
            return 1;
        fed += here;
    }
    printf("%d inputs replayed\n", fed);
    return fed > 0 ? 0 : 1;
}
