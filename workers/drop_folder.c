/*
 * A drop folder: see drop_folder.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/drop_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/day.h"
#include "base/file.h"

enum {
    CALM_MS = 10000, /* a file unchanged for so long is whole */
    TWINS_MAX = 1000 /* times that the same files are dropped */
};

static bool is_ready(const char *folder, const char *name)
{
    char path[PLACE_SIZE + 300];
    struct stat stat_of;
    size_t len = strlen(name);
    if (name[0] == '.' || (len > 5 && strcmp(name + len - 5, ".done") == 0))
        return false;
    snprintf(path, sizeof path, "%s/%s.done", folder, name);
    bool done = access(path, F_OK) == 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &stat_of) == 0 && S_ISREG(stat_of.st_mode) &&
           (done || clock_wall_ms() - (int64_t)stat_of.st_mtime * 1000 > CALM_MS);
}

static int move_file(const char *folder, const char *name, const char *to, struct err *err)
{
    char from_path[PLACE_SIZE + 300], to_path[PLACE_SIZE + 300];
    snprintf(from_path, sizeof from_path, "%s/%s", folder, name);
    snprintf(to_path, sizeof to_path, "%s/%s", to, name);
    if (rename(from_path, to_path) < 0)
        return err_errno(err, errno, "%s", from_path);
    strncat(from_path, ".done", sizeof from_path - strlen(from_path) - 1);
    unlink(from_path);
    return 1;
}

int drop_folder_claim(const char *folder, char ret_claimed[PLACE_SIZE], struct err *err)
{
    char day[DAY_TEXT_SIZE];
    int moved = 0;
    DIR *entries = opendir(folder);
    if (!entries)
        return err_errno(err, errno, "%s", folder);
    snprintf(ret_claimed, PLACE_SIZE, "%s/.sending-%s", folder,
             day_format(day_of_ms(clock_wall_ms()), day));
    for (const struct dirent *entry; moved >= 0 && (entry = readdir(entries)) != NULL;) {
        if (strncmp(entry->d_name, ".sending-", 9) == 0) {
            snprintf(ret_claimed, PLACE_SIZE, "%s/%.30s", folder, entry->d_name);
            closedir(entries);
            return rmdir(ret_claimed) == 0 ? 0 : 1;
        }
    }
    rewinddir(entries);
    for (const struct dirent *entry; moved >= 0 && (entry = readdir(entries)) != NULL;) {
        if (!is_ready(folder, entry->d_name))
            continue;
        mkdir(ret_claimed, 0700); /* rename says when that failed */
        moved = move_file(folder, entry->d_name, ret_claimed, err);
    }
    closedir(entries);
    return moved;
}

int drop_folder_put_away(const char *folder, const char *claimed, const char *name, struct err *err)
{
    char to[PLACE_SIZE + 64];
    snprintf(to, sizeof to, "%s/.sent/%s", folder, name);
    for (int twin = 2; rename(claimed, to) < 0; twin++) {
        if ((errno != ENOTEMPTY && errno != EEXIST) || twin > TWINS_MAX)
            return err_errno(err, errno, "%s", to);
        snprintf(to, sizeof to, "%s/.sent/%s-%d", folder, name, twin);
    }
    return 0;
}
