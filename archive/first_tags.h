/*
 * Which mail goes first: tags in the order of their urgency, "cheque sick_note", a blank between
 * them (`coding.first` of tripli.conf).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>

/* How many words of `first` stand before the tag: 0 goes first of all; as many as there are words
 * when it is none of them, or "". */
size_t first_tags_rank(const char *first, const char *tag);
