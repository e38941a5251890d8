/*
 * What every unit test includes: cmocka with the headers it needs, and checks that print
 * "got X, want Y".
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"

enum { EXIT_SKIPPED = 77 };

/* Fails with the error's text unless rc is 0 or more. */
#define check_ok(rc, err)                                                                          \
    do {                                                                                           \
        if ((rc) < 0)                                                                              \
            fail_msg("got error %s (%s), want success", err_name((err)->code), (err)->text);       \
    } while (0)

/* Fails unless rc is that error code and the text is a line about it. */
#define check_refused(rc, want, err)                                                               \
    do {                                                                                           \
        int check_rc = (rc);                                                                       \
        if (check_rc != (want))                                                                    \
            fail_msg("got %s, want %s", err_name(check_rc), err_name(want));                       \
        assert_int_equal((err)->code, (want));                                                     \
        assert_true((err)->text[0] != '\0');                                                       \
    } while (0)
