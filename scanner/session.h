/*
 * The SANE library of this process: started once, with its own backend and configuration folders,
 * and the list of devices it sees.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

enum { SCANNER_DEVICES_LIMIT = 64 }; /* rows of scanner_list */

struct scanner_found {
    char *name, *vendor, *model, *type;
    struct scanner_found *next;
};

/* Starts SANE, once per process. `backend_dir` (may be NULL) goes in front of LD_LIBRARY_PATH,
 * `config_dir` (NULL: what it is already, else /etc/sane.d) becomes SANE_CONFIG_DIR, so that the
 * current directory is never searched. ERR_CONFIG for a folder that is none or has a colon in its
 * name. */
int scanner_start(const char *backend_dir, const char *config_dir, struct err *err);
void scanner_stop(void);

/* Devices that SANE sees now, free with scanner_found_free. 0 is success, also with an empty list;
 * no more than SCANNER_DEVICES_LIMIT. */
int scanner_list(struct scanner_found **ret_list, struct err *err);
void scanner_found_free(struct scanner_found **list);
