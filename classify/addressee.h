/*
 * To whom a page is addressed, by its address and its salutation. Mail to the médecin-conseil is
 * covered by medical secrecy (code pénal 226-13): what is addressed to a medical service goes to
 * the medical compartment. Pure functions.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "classify/phrase.h"
#include "ocr/ocr.h"

/* Names of an addressee: "service médical", "médecin-conseil". */
struct addressee {
    const struct phrase *names;
    int count;
};

/* True when one of the names stands in the address or the salutation of a page `height` pixels
 * high: nearly alone among its neighbours on the line, in the upper part, and not in running text,
 * which may speak of anybody. `ret_box`: round the name. */
bool addressee_find(const struct ocr_text *text, const struct addressee *addressee, double height,
                    struct ocr_rect *ret_box);
