/*
 * Kinds of mail that a batch may be declared as, by who knows what lies in it: by `batch_open`, and
 * by a partner's manifest. All but "medical", mail to the médecin-conseil, are tags of pages; a
 * batch that is not declared has the kind "".
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#define MAIL_KINDS "care_form, cheque, letter, medical, sick_note"

enum { MAIL_KIND_SIZE = 16 };

/* False for "", too. */
bool mail_kind_is_known(const char *kind);
bool mail_kind_is_medical(const char *kind);
