/*
 * What lies in one envelope: sheets with a front and a back, all about one affair, and how each
 * sheet will be scanned.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/page.h"
#include "bench/mail/scan.h"

enum mail_kind { MAIL_CARE_FORM, MAIL_SICK_NOTE, MAIL_LETTER, MAIL_CHEQUE, MAIL_OTHER, MAIL_KINDS };

/* "care_form", …; -1 for other names. */
const char *mail_kind_name(enum mail_kind kind);
int mail_kind_parse(const char *name);

enum { ENVELOPE_SHEETS_MAX = 10 };

struct sheet {
    struct page front, back; /* back.front points at front when the back is blank */
    struct scan_look look, back_look;
};

struct envelope {
    unsigned number; /* from 1; 0 holds the batch sheet alone */
    enum mail_kind kind;
    struct affair affair;
    struct sheet sheets[ENVELOPE_SHEETS_MAX];
    unsigned sheet_count;
};

/* How mail is drawn; the same for a whole run. */
struct mail_order {
    uint64_t seed;
    double mix[MAIL_KINDS]; /* shares of envelopes */
    bool only_kind;         /* every written page is of the envelope's kind */
    bool separators;
    int tenant;
    struct scan_habits habits;
};

/* The usual mix: care forms 45 %, sick notes 15 %, letters 25 %, cheques 3 %, other 12 %. */
struct mail_order mail_order_usual(void);

/* Envelope `number` of an order: depends on nothing else. Caller's storage; no pointers to free
 * until pages are drawn. */
void envelope_plan(const struct mail_order *order, unsigned number, struct envelope *ret_envelope);
