/*
 * The files of the access journal, for its own sources.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <limits.h>
#include <sys/types.h>

#include "archive/access.h"

enum {
    ACCESS_MONTHS_MAX = 1200, /* files; a hundred years, twelve times what is ever kept */
    ACCESS_LINE_MAX = 1024    /* bytes of a line; hash, names and ids take some 300 */
};

struct access_months {
    int count;
    char at[ACCESS_MONTHS_MAX][MONTH_TEXT_SIZE]; /* rising */
};

void access_folder(const struct archive *archive, char ret_path[PATH_MAX]);
void access_path(const char *folder, const char *month, char ret_path[PATH_MAX]);

/* The months that have a file; a missing folder has none. */
int access_list(const char *folder, struct access_months *ret_months, struct err *err);

/* The last finished line of a file, and where it ends: 1, or 0 when it has none (nothing is changed
 * then). ERR_INTEGRITY when what stands there is no line. */
int access_read_end(const char *path, struct access_head *ret_head, off_t *ret_end,
                    struct err *err);

/* Takes "hash record\n" apart; false: it is none. `line` is without its end. */
bool access_line_parse(struct bytes line, struct digest *ret_hash, struct bytes *ret_record);
