/*
 * Kinds of mail: see mail_kind.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/mail_kind.h"

#include <stddef.h>
#include <string.h>

bool mail_kind_is_medical(const char *kind)
{
    return strcmp(kind, "medical") == 0;
}

bool mail_kind_is_known(const char *kind)
{
    static const char *const tags[] = {"care_form", "cheque", "letter", "sick_note"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(kind, tags[i]) == 0)
            return true;
    return mail_kind_is_medical(kind);
}
