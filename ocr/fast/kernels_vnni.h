/*
 * The kernels of kernels.h for processors with AVX-512 and its VNNI.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

struct fast_kernels;

/* NULL where the processor, or the compiler's target, has none. */
const struct fast_kernels *fast_kernels_vnni(void);
