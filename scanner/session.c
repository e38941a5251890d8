/*
 * SANE started and listed: see session.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/session.h"

#include <errno.h>
#include <sane/sane.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"

static int check_folder(const char *what, const char *path, struct err *err)
{
    struct stat st;
    if (strchr(path, ':'))
        return err_set(err, ERR_CONFIG,
                       "%s '%s': a colon separates folders there, it cannot be in "
                       "a name",
                       what, path);
    if (stat(path, &st) < 0)
        return err_set(err, ERR_CONFIG, "%s '%s': %s", what, path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s '%s': not a folder", what, path);
    return 0;
}

/* libsane's loader reads LD_LIBRARY_PATH when it looks for a backend, so setting it here is early
 * enough. An empty part of such a list means the current directory: there must be none. */
static int put_backend_dir(const char *backend_dir, struct err *err)
{
    const char *before = getenv("LD_LIBRARY_PATH");
    SCOPED(scope_free) char *joined = NULL;
    if (!before || !before[0])
        joined = strdup(backend_dir);
    else if (asprintf(&joined, "%s:%s", backend_dir, before) < 0)
        joined = NULL;
    if (!joined || setenv("LD_LIBRARY_PATH", joined, 1) < 0)
        return err_set(err, ERR_MEMORY, "no memory for the search path of backends");
    return 0;
}

/* SANE's own variable says where, as for scanimage; libsane would take a list there, we take one.
 */
static const char *configured_dir(void)
{
    const char *set = getenv("SANE_CONFIG_DIR");
    return set && set[0] ? set : "/etc/sane.d";
}

int scanner_start(const char *backend_dir, const char *config_dir, struct err *err)
{
    SANE_Int version = 0;
    if (!config_dir)
        config_dir = configured_dir();
    int rc = check_folder("SANE configuration", config_dir, err);
    if (rc == 0 && backend_dir)
        rc = check_folder("SANE backends", backend_dir, err);
    if (rc == 0 && backend_dir)
        rc = put_backend_dir(backend_dir, err);
    if (rc < 0)
        return rc;
    if (setenv("SANE_CONFIG_DIR", config_dir, 1) < 0)
        return err_set(err, ERR_MEMORY, "no memory for the environment");
    SANE_Status status = sane_init(&version, NULL);
    if (status != SANE_STATUS_GOOD)
        return err_set(err, ERR_UNAVAILABLE, "SANE does not start: %s", sane_strstatus(status));
    if (SANE_VERSION_MAJOR(version) != SANE_CURRENT_MAJOR) {
        sane_exit();
        return err_set(err, ERR_UNSUPPORTED, "SANE version %d, want %d",
                       SANE_VERSION_MAJOR(version), SANE_CURRENT_MAJOR);
    }
    return 0;
}

void scanner_stop(void)
{
    sane_exit();
}

static struct scanner_found *found_new(const SANE_Device *device)
{
    struct scanner_found *found = calloc(1, sizeof *found);
    if (!found)
        return NULL;
    found->name = strdup(device->name ? device->name : "");
    found->vendor = strdup(device->vendor ? device->vendor : "");
    found->model = strdup(device->model ? device->model : "");
    found->type = strdup(device->type ? device->type : "");
    if (!found->name || !found->vendor || !found->model || !found->type)
        scanner_found_free(&found);
    return found;
}

int scanner_list(struct scanner_found **ret_list, struct err *err)
{
    const SANE_Device **devices = NULL;
    *ret_list = NULL;
    SANE_Status status = sane_get_devices(&devices, SANE_FALSE);
    if (status != SANE_STATUS_GOOD)
        return err_set(err, ERR_UNAVAILABLE, "list of scanners: %s", sane_strstatus(status));
    struct scanner_found **end = ret_list;
    for (int i = 0; devices && devices[i] && i < SCANNER_DEVICES_LIMIT; i++) {
        *end = found_new(devices[i]);
        if (!*end) {
            scanner_found_free(ret_list);
            return err_set(err, ERR_MEMORY, "list of scanners: no memory");
        }
        end = &(*end)->next;
    }
    return 0;
}

void scanner_found_free(struct scanner_found **list)
{
    while (*list) {
        struct scanner_found *found = *list;
        *list = found->next;
        free(found->name);
        free(found->vendor);
        free(found->model);
        free(found->type);
        free(found);
    }
}
