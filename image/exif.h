/*
 * The two things that the EXIF block of a JPEG says about geometry (Exif 2.3: a small TIFF).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"

struct exif {
    unsigned orientation; /* 1..8; 1 when absent or wrong */
    double x_dpi, y_dpi;  /* 0 when absent */
};

/* Reads the bytes of an APP1 segment after its length; what is damaged counts as absent. */
struct exif exif_read(struct bytes segment);
