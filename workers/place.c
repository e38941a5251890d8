/*
 * Where things are: see place.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static int set_path(char to[PLACE_SIZE], const char *path, struct err *err)
{
    char here[PLACE_SIZE] = "";
    if (path[0] != '/' && !getcwd(here, sizeof here))
        return err_errno(err, errno, "current folder");
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    int len = snprintf(to, PLACE_SIZE, "%s%s%s", here, here[0] ? "/" : "", path);
    if (len >= PLACE_SIZE)
        return err_set(err, ERR_LIMIT, "%s: %d bytes of path, at most %d", path, len,
                       PLACE_SIZE - 1);
    while (len > 1 && to[len - 1] == '/')
        to[--len] = '\0';
    return 0;
}

static const char *first_of(const char *option, const char *variable, const char *normal)
{
    const char *environment = getenv(variable);
    if (option)
        return option;
    return environment && *environment ? environment : normal;
}

int place_programs(char ret_folder[PLACE_SIZE], struct err *err)
{
    char program[PLACE_SIZE];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len < 0)
        return err_errno(err, errno, "/proc/self/exe");
    program[len] = '\0';
    *strrchr(program, '/') = '\0';
    return set_path(ret_folder, program, err);
}

int place_find(const struct place_options *options, struct place *ret_place, struct err *err)
{
    char normal_keys[PLACE_SIZE + 8];
    const char *config = access("config/tripli.conf", R_OK) == 0 ? "config" : TRIPLI_CONFIG_DIR;
    int rc = set_path(ret_place->data, first_of(options->data, "TRIPLI_DATA", "var"), err);
    if (rc < 0)
        return rc;
    snprintf(normal_keys, sizeof normal_keys, "%s.keys", ret_place->data);
    rc = set_path(ret_place->keys, first_of(options->keys, "TRIPLI_KEYS", normal_keys), err);
    if (rc == 0)
        rc = set_path(ret_place->config, first_of(options->config, "TRIPLI_CONFIG", config), err);
    if (rc < 0)
        return rc;
    if (snprintf(ret_place->run, PLACE_SIZE, "%s/run", ret_place->data) >= PLACE_SIZE)
        return err_set(err, ERR_LIMIT, "%s: path too long", ret_place->data);
    if (access(ret_place->config, R_OK | X_OK) < 0)
        return err_errno(err, errno, "%s: configuration folder", ret_place->config);
    return place_programs(ret_place->bin, err);
}

int place_make_run(const struct place *place, struct err *err)
{
    int rc = file_make_folders(place->run, 0700, err);
    if (rc < 0)
        return rc;
    if (chmod(place->run, 0700) < 0)
        return err_errno(err, errno, "%s: mode 0700", place->run);
    return 0;
}

void place_endpoint(const struct place *place, const char *name, char *ret_text, int size)
{
    snprintf(ret_text, (size_t)size, "ipc://%s/%s", place->run, name);
}
