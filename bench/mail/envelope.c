/*
 * Contents by chance: 2.2 written pages on average.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/envelope.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "bench/mail/kinds.h"

static const char *const kind_names[MAIL_KINDS] = {"care_form", "sick_note", "letter", "cheque",
                                                   "other"};
/* Shares of envelopes with 1, 2, 3, 4 written pages: 2.2 on average. */
static const double written_pages[] = {0.30, 0.35, 0.20, 0.15};

const char *mail_kind_name(enum mail_kind kind)
{
    return kind_names[kind];
}

int mail_kind_parse(const char *name)
{
    for (int i = 0; i < MAIL_KINDS; i++)
        if (!strcmp(name, kind_names[i]))
            return i;
    return -1;
}

struct mail_order mail_order_usual(void)
{
    return (struct mail_order){.seed = 1,
                               .mix = {45, 15, 25, 3, 12},
                               .separators = true,
                               .tenant = 61,
                               .habits = SCAN_HABITS_DEFAULT};
}

struct plan {
    const struct mail_order *order;
    struct chance chance;
    struct envelope *envelope;
};

static struct affair affair_invent(struct chance *chance, int tenant)
{
    struct affair affair = {.person = person_invent(chance),
                            .prescriber = prescriber_invent(chance),
                            .employer = employer_invent(chance),
                            .tenant = tenant};
    affair.care = day_before(chance, MAIL_DAY, 60);
    affair.end = day_add_days(affair.care, chance_between(chance, 2, 45));
    snprintf(affair.organisation, sizeof affair.organisation, "01%03d%04d", tenant % 1000,
             chance_between(chance, 0, 9999));
    return affair;
}

static struct page page_of(struct plan *plan, enum page_kind kind, int variant)
{
    struct page page = {.kind = kind,
                        .variant = variant,
                        .affair = &plan->envelope->affair,
                        .seed = chance_bits(&plan->chance)};
    page_choose_paper(&page);
    return page;
}

static struct sheet *sheet_add(struct plan *plan, struct page front)
{
    struct envelope *envelope = plan->envelope;
    assert(envelope->sheet_count < ENVELOPE_SHEETS_MAX);
    struct sheet *sheet = &envelope->sheets[envelope->sheet_count++];
    sheet->front = front;
    sheet->back = page_of(plan, PAGE_BLANK, 0);
    sheet->back.front = &sheet->front;
    sheet->back.paper_width = front.paper_width;
    sheet->back.paper_height = front.paper_height;
    sheet->back.is_back = true;
    sheet->look = scan_look_draw(&plan->chance, &plan->order->habits);
    sheet->back_look = scan_look_back(&sheet->look, &plan->chance);
    return sheet;
}

/* Gives the last sheet a written back. */
static void write_back(struct plan *plan, struct page back)
{
    struct sheet *sheet = &plan->envelope->sheets[plan->envelope->sheet_count - 1];
    back.is_back = true;
    back.paper_width = sheet->front.paper_width;
    back.paper_height = sheet->front.paper_height;
    sheet->back = back;
}

static struct page other_page(struct plan *plan)
{
    static const double weights[OTHER_KINDS] = {40, 8, 10, 10, 14, 6, 8, 4};
    return page_of(plan, PAGE_OTHER, (int)chance_weighted(&plan->chance, weights, OTHER_KINDS));
}

static struct page letter_page(struct plan *plan, int number, bool handwritten)
{
    struct page page = page_of(plan, PAGE_LETTER, number);
    page.handwritten = handwritten;
    return page;
}

static void add_care_forms(struct plan *plan, int written)
{
    sheet_add(plan, page_of(plan, PAGE_CARE_FORM, 0));
    for (int i = 1; i < written; i++) {
        double kind = chance_real(&plan->chance, 0, 1);
        if (plan->order->only_kind || kind < 0.3)
            sheet_add(plan, page_of(plan, PAGE_CARE_FORM, 0));
        else if (kind < 0.8)
            sheet_add(plan, page_of(plan, PAGE_OTHER, OTHER_PRESCRIPTION));
        else
            sheet_add(plan, other_page(plan));
    }
}

static void add_sick_notes(struct plan *plan, int written)
{
    int alone = 1 + (int)chance_weighted(&plan->chance, (const double[]){4, 4, 2}, 3);
    for (int i = 0; i < written; i++) {
        bool volet = i < 2 || plan->order->only_kind || (i == 2 && chance_yes(&plan->chance, 0.4));
        if (volet)
            sheet_add(plan, page_of(plan, PAGE_SICK_NOTE, written == 1 ? alone : i % 3 + 1));
        else
            sheet_add(plan, other_page(plan));
    }
}

static void add_letters(struct plan *plan, int written)
{
    bool handwritten = chance_yes(&plan->chance, 0.5);
    sheet_add(plan, letter_page(plan, 1, handwritten));
    bool continued = written > 1 && (plan->order->only_kind || chance_yes(&plan->chance, 0.35));
    if (continued && chance_yes(&plan->chance, 0.5))
        write_back(plan, letter_page(plan, 2, handwritten));
    else if (continued)
        sheet_add(plan, letter_page(plan, 2, handwritten));
    for (int i = continued ? 2 : 1; i < written; i++)
        sheet_add(plan, plan->order->only_kind ? letter_page(plan, i + 1, handwritten)
                                               : other_page(plan));
}

static void add_cheques(struct plan *plan, int written)
{
    int on_a4 = chance_yes(&plan->chance, 0.25);
    sheet_add(plan, page_of(plan, PAGE_CHEQUE, on_a4));
    int rest = written - 1;
    if (rest > 0 && !plan->order->only_kind && chance_yes(&plan->chance, 0.2)) {
        write_back(plan, page_of(plan, PAGE_CHEQUE_BACK, on_a4));
        rest--;
    }
    for (int i = 0; i < rest; i++) {
        if (plan->order->only_kind)
            sheet_add(plan, page_of(plan, PAGE_CHEQUE, on_a4));
        else if (i == 0)
            sheet_add(plan, letter_page(plan, 1, chance_yes(&plan->chance, 0.5)));
        else
            sheet_add(plan, other_page(plan));
    }
}

static void add_others(struct plan *plan, int written)
{
    for (int i = 0; i < written; i++)
        sheet_add(plan, other_page(plan));
}

static void add_separator(struct plan *plan, int tenant)
{
    struct sheet *sheet = sheet_add(plan, page_of(plan, PAGE_SEPARATOR, tenant));
    sheet->back.front = NULL; /* stout paper */
}

void envelope_plan(const struct mail_order *order, unsigned number, struct envelope *ret_envelope)
{
    static void (*const adders[MAIL_KINDS])(struct plan *, int) = {
        add_care_forms, add_sick_notes, add_letters, add_cheques, add_others};
    *ret_envelope = (struct envelope){.number = number};
    struct plan plan = {order, chance_of(order->seed, number), ret_envelope};
    ret_envelope->affair = affair_invent(&plan.chance, order->tenant);
    if (number == 0) {
        add_separator(&plan, order->tenant);
        return;
    }
    ret_envelope->kind = (enum mail_kind)chance_weighted(&plan.chance, order->mix, MAIL_KINDS);
    int written = 1 + (int)chance_weighted(&plan.chance, written_pages, 4);
    if (order->separators)
        add_separator(&plan, 0);
    adders[ret_envelope->kind](&plan, written);
}
