/*
 * XML as it is written: text that grows, the first failure sticks in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"

struct xml {
    struct buf text; /* free with buf_free */
    bool failed;     /* no memory: looked at once, at the end */
};

/* Markup, as it is. */
void xml_put(struct xml *xml, const char *markup);
/* <name>text</name> and a line's end; the text is escaped, control bytes are left out. */
void xml_element(struct xml *xml, const char *name, const char *text);
