/*
 * A care form filled in: who, which practice, which conditions, one to four acts, the payment.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/mail/care_form_layout.h"
#include "bench/mail/kinds.h"
#include "bench/mail/stamp.h"

static void fill_nir(const struct hand *hand, struct canvas *canvas, struct chance *chance,
                     const struct area areas[2], const char *nir)
{
    char number[16];
    snprintf(number, sizeof number, "%.13s", nir);
    hand_fill_cells(hand, canvas, chance, areas[0], number);
    hand_fill_cells(hand, canvas, chance, areas[1], nir + 13);
}

static void fill_person(struct page *page, struct canvas *canvas, struct filling *filling)
{
    const struct affair *affair = page->affair;
    struct chance *chance = filling->chance;
    const struct hand *hand = &filling->person;
    bool child = chance_yes(chance, 0.12); /* the person treated is not the insured one */
    char name[64], text[96];
    person_name(&affair->person, name);
    snprintf(text, sizeof text, "%s %s", affair->person.family,
             child ? "Théo" : affair->person.given);
    hand_write_within(hand, canvas, chance, CARE_FORM_NAME, text);
    struct day birth = affair->person.birth;
    if (child) {
        birth.year = (int16_t)chance_between(chance, 2010, 2024);
        const struct area areas[2] = {CARE_FORM_INSURED_NIR, CARE_FORM_INSURED_KEY};
        fill_nir(hand, canvas, chance, areas, affair->person.nir);
        hand_write_within(hand, canvas, chance, CARE_FORM_INSURED_NAME, name);
    } else {
        const struct area areas[2] = {CARE_FORM_NIR, CARE_FORM_NIR_KEY};
        fill_nir(hand, canvas, chance, areas, affair->person.nir);
    }
    if (chance_yes(chance, 0.8))
        hand_fill_cells(hand, canvas, chance, CARE_FORM_BIRTH, day_comb(birth, text));
    if (chance_yes(chance, 0.3)) {
        snprintf(page->organisation, sizeof page->organisation, "%s", affair->organisation);
        hand_fill_cells(hand, canvas, chance, CARE_FORM_ORGANISATION, affair->organisation);
    }
    snprintf(text, sizeof text, "%s %s", affair->person.street, affair->person.town);
    hand_write_within(hand, canvas, chance, CARE_FORM_ADDRESS, text);
}

static void fill_practice(const struct page *page, struct canvas *canvas, struct filling *filling)
{
    struct chance *chance = filling->chance;
    stamp_practice(canvas, chance, CARE_FORM_PRACTICE, &page->affair->prescriber);
    if (chance_yes(chance, 0.4))
        stamp_practice(canvas, chance, CARE_FORM_STRUCTURE, &page->affair->prescriber);
    if (chance_yes(chance, 0.1))
        hand_fill_cells(&filling->practice, canvas, chance, CARE_FORM_IDENTIFIER,
                        page->affair->prescriber.number);
}

static void fill_conditions(struct canvas *canvas, struct filling *filling)
{
    struct chance *chance = filling->chance;
    const struct hand *hand = &filling->practice;
    double kind = chance_real(chance, 0, 1);
    hand_tick(hand, canvas, chance,
              kind < 0.85   ? CARE_FORM_ILLNESS
              : kind < 0.93 ? CARE_FORM_MATERNITY
                            : CARE_FORM_ACCIDENT);
    if (chance_yes(chance, 0.25))
        hand_tick(hand, canvas, chance, CARE_FORM_ALD);
    if (chance_yes(chance, 0.5))
        hand_tick(hand, canvas, chance, CARE_FORM_THIRD_PARTY_NO);
    if (chance_yes(chance, 0.2)) {
        struct prescriber other = prescriber_invent(chance);
        hand_write_within(hand, canvas, chance, CARE_FORM_REFERRER, other.name);
    }
}

/* Cents, right-aligned in `cells` cells. */
static void money_cells(int cents, int cells, char ret_text[12])
{
    snprintf(ret_text, 12, "%*d", cells, cents);
}

static void fill_acts(const struct page *page, struct canvas *canvas, struct filling *filling)
{
    static const char *const letters[] = {"G", "GS", "C", "CS", "V", "VS", "CNPSY", "COE", "APC"};
    static const int fees[] = {2650, 3000, 3150, 2500, 6000, 5700, 4650, 2875, 1920};
    struct chance *chance = filling->chance;
    const struct hand *hand = &filling->practice;
    int rows = 1 + (int)chance_weighted(chance, (const double[]){6, 2, 1, 1}, 4);
    int total = 0;
    struct day day = page->affair->care;
    for (int row = 0; row < rows; row++) {
        char text[12];
        hand_fill_cells(hand, canvas, chance, care_form_act_date(row), day_comb(day, text));
        day = day_add_days(day, -chance_between(chance, 1, 20));
        unsigned kind = chance_below(chance, sizeof fees / sizeof *fees);
        hand_write_within(hand, canvas, chance, care_form_act_letter(row), letters[kind]);
        if (chance_yes(chance, 0.15))
            hand_fill_cells(hand, canvas, chance, care_form_act_code(row), "YYYY001");
        money_cells(fees[kind], 5, text);
        hand_fill_cells(hand, canvas, chance, care_form_act_fee(row), text);
        total += fees[kind];
    }
    char text[12];
    money_cells(total, 6, text);
    hand_fill_cells(hand, canvas, chance, CARE_FORM_TOTAL, text);
}

void care_form_draw(struct page *page, struct canvas *canvas)
{
    struct chance chance = chance_of(page->seed, 0);
    struct form_inks inks = CARE_FORM_INKS;
    form_inks_vary(&inks, &chance);
    form_draw(canvas, CARE_FORM_ITEMS, CARE_FORM_ITEM_COUNT, &inks);
    struct filling filling = filling_of(&chance);
    fill_person(page, canvas, &filling);
    fill_practice(page, canvas, &filling);
    fill_conditions(canvas, &filling);
    fill_acts(page, canvas, &filling);
    if (chance_yes(&chance, 0.5)) {
        char text[9];
        hand_fill_cells(&filling.practice, canvas, &chance, CARE_FORM_DATE,
                        day_comb(page->affair->care, text));
    }
    struct hand doctor = hand_of_person(&chance), insured = hand_of_person(&chance);
    hand_sign(&doctor, canvas, &chance, CARE_FORM_SIGN_DOCTOR);
    if (chance_yes(&chance, 0.85))
        hand_sign(&insured, canvas, &chance, CARE_FORM_SIGN_INSURED);
    if (chance_yes(&chance, 0.08))
        stamp_received(canvas, &chance, (struct spot){120, 40}, page->affair->tenant);
    snprintf(page->nir, sizeof page->nir, "%s", page->affair->person.nir);
    page->date = page->affair->care;
    snprintf(page->note, sizeof page->note, "%s", filling.person.typed ? "typed" : "hand");
}
