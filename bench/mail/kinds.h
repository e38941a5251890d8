/*
 * The drawing of each kind of page; each completes the page's label.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/page.h"

void care_form_draw(struct page *page, struct canvas *canvas);
void sick_note_draw(struct page *page, struct canvas *canvas);
void cheque_draw(struct page *page, struct canvas *canvas);
void cheque_draw_back(struct page *page, struct canvas *canvas);
void letter_draw(struct page *page, struct canvas *canvas);
void other_draw(struct page *page, struct canvas *canvas);

/* Variants of PAGE_OTHER. */
enum other_kind {
    OTHER_PRESCRIPTION,
    OTHER_RECEIPT,
    OTHER_WAGE_CERTIFICATE,
    OTHER_BANK_DETAILS,
    OTHER_INVOICE,
    OTHER_DOCTOR_CHOICE,
    OTHER_TRANSPORT,
    OTHER_NOTICE,
    OTHER_KINDS
};
/* Receipts are narrow, the rest A4 or A5. */
void other_choose_paper(struct page *page);
/* A cheque alone (175 x 80 mm) or at the bottom of an A4 letter. */
void cheque_choose_paper(struct page *page);
