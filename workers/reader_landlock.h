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
