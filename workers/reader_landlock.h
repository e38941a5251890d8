/*
 * The reader's second fence around files, held by another part of the kernel than seccomp: Landlock
 * (Linux 5.13 and later, where it is switched on).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

/* From here on this process and its children open, make, remove and run no file; descriptors that
 * are open stay usable. 1 done, 0 this kernel has no Landlock. It cannot be undone. */
int reader_forbid_files(struct err *err);

/* What may still be opened. */
struct reader_files {
    const char *read[8]; /* folders and files, and programs there started; up to the first NULL;
                            what is not there is passed over */
    const char *folder;  /* files in it are made, written and removed; NULL: none */
};

/* The same for all but these. */
int reader_forbid_other_files(const struct reader_files *files, struct err *err);
