/*
 * What a test that draws with pango gives back at its end, so that a leak is the code's own.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

/* A group's teardown. */
static inline int fonts_forget(void **state)
{
    (void)state;
    pango_cairo_font_map_set_default(NULL);
    FcFini();
    return 0;
}
