/*
 * Names of the fast engine's kernels: see ocr.h. Apart from ocr.c, so that who checks a
 * configuration needs no engine.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "ocr/ocr.h"

bool ocr_kernels_of_name(const char *name, enum ocr_kernels *ret_kernels)
{
    static const char *const names[] = {[OCR_KERNELS_BEST] = "best",
                                        [OCR_KERNELS_PLAIN] = "plain",
                                        [OCR_KERNELS_AVX2] = "avx2",
                                        [OCR_KERNELS_VNNI] = "vnni"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_kernels = (enum ocr_kernels)i;
            return true;
        }
    return false;
}
