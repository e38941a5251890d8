/*
 * The reader's seal: after it no file, socket or process can be opened, and memory is bounded.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <sys/resource.h>

#include "base/err.h"

/* Limits the address space, forbids new processes, and loads a seccomp allow-list: an opening of a
 * file fails with EPERM, everything else that is not needed kills the process. Under a sanitizer
 * only the limits that it survives are set. */
int reader_seal(rlim_t memory_mib, struct err *err);
