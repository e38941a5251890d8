/*
 * A sick note filled in; all volets of an envelope tell the same affair.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "bench/mail/kinds.h"
#include "bench/mail/sick_note_layout.h"
#include "bench/mail/stamp.h"

static void fill_person(struct page *page, struct canvas *canvas, struct filling *filling)
{
    const struct person *person = &page->affair->person;
    struct chance *chance = filling->chance;
    const struct hand *hand = &filling->person;
    char text[96];
    snprintf(text, sizeof text, "%.13s", person->nir);
    hand_fill_cells(hand, canvas, chance, SICK_NOTE_NIR, text);
    hand_fill_cells(hand, canvas, chance, SICK_NOTE_NIR_KEY, person->nir + 13);
    hand_write_within(hand, canvas, chance, SICK_NOTE_NAME, person_name(person, text));
    if (chance_yes(chance, 0.6)) {
        snprintf(page->organisation, sizeof page->organisation, "%s", page->affair->organisation);
        hand_fill_cells(hand, canvas, chance, SICK_NOTE_ORGANISATION, page->organisation);
    }
    if (chance_yes(chance, 0.5)) {
        hand_write_within(hand, canvas, chance, SICK_NOTE_ADDRESS, person->street);
        snprintf(text, sizeof text, "%.5s", person->town);
        hand_fill_cells(hand, canvas, chance, SICK_NOTE_POSTCODE, text);
        hand_write_within(hand, canvas, chance, SICK_NOTE_TOWN, person->town + 6);
    }
    if (chance_yes(chance, 0.5))
        hand_write_within(hand, canvas, chance, SICK_NOTE_PHONE, person->phone);
    bool works = chance_yes(chance, 0.85);
    hand_tick(hand, canvas, chance, works ? SICK_NOTE_EMPLOYED : SICK_NOTE_UNEMPLOYED);
    if (chance_yes(chance, 0.5))
        hand_tick(hand, canvas, chance, SICK_NOTE_ACCIDENT_NO);
    if (!works)
        return;
    const struct employer *employer = &page->affair->employer;
    hand_write_within(hand, canvas, chance, SICK_NOTE_EMPLOYER, employer->name);
    if (chance_yes(chance, 0.3))
        hand_write_within(hand, canvas, chance, SICK_NOTE_EMPLOYER_PHONE, employer->phone);
    if (chance_yes(chance, 0.7)) {
        snprintf(text, sizeof text, "%s %s", employer->street, employer->town);
        hand_write_within(hand, canvas, chance, SICK_NOTE_EMPLOYER_ADDRESS, text);
    }
}

static void fill_stop(const struct page *page, struct canvas *canvas, struct filling *filling)
{
    struct chance *chance = filling->chance;
    const struct hand *hand = &filling->practice;
    char text[96];
    hand_tick(hand, canvas, chance,
              chance_yes(chance, 0.65) ? SICK_NOTE_INITIAL : SICK_NOTE_EXTENSION);
    hand_write_within(hand, canvas, chance, SICK_NOTE_PATIENT,
                      person_name(&page->affair->person, text));
    hand_write_within(hand, canvas, chance, SICK_NOTE_UNTIL_WORDS,
                      day_words(page->affair->end, text));
    hand_fill_cells(hand, canvas, chance, SICK_NOTE_UNTIL, day_comb(page->affair->end, text));
    if (page->variant < 3) {
        hand_tick(hand, canvas, chance, SICK_NOTE_ALD_WITHOUT);
        hand_tick(hand, canvas, chance, SICK_NOTE_PREGNANCY_WITHOUT);
    }
    if (chance_yes(chance, 0.7)) {
        hand_tick(hand, canvas, chance, SICK_NOTE_OUTINGS_YES);
        hand_fill_cells(hand, canvas, chance, SICK_NOTE_OUTINGS_FROM,
                        day_comb(page->affair->care, text));
    }
    if (chance_yes(chance, 0.4))
        hand_tick(hand, canvas, chance, SICK_NOTE_FREE_NO);
}

static void fill_motive(struct canvas *canvas, struct filling *filling)
{
    static const char *const motives[] = {"lombalgie aiguë",          "syndrome grippal",
                                          "gastro-entérite",          "épisode dépressif",
                                          "entorse cheville droite",  "suites opératoires",
                                          "tendinite épaule gauche",  "bronchite",
                                          "état anxieux réactionnel", "angine",
                                          "fracture du poignet",      "sciatique L5"};
    hand_write_within(&filling->practice, canvas, filling->chance, SICK_NOTE_MOTIVE,
                      CHANCE_PICK(filling->chance, motives));
}

static void fill_practice(const struct page *page, struct canvas *canvas, struct filling *filling)
{
    struct chance *chance = filling->chance;
    const struct prescriber *prescriber = &page->affair->prescriber;
    stamp_practice(canvas, chance, SICK_NOTE_PRACTITIONER, prescriber);
    if (chance_yes(chance, 0.4))
        stamp_practice(canvas, chance, SICK_NOTE_STRUCTURE, prescriber);
    if (chance_yes(chance, 0.6))
        hand_fill_cells(&filling->practice, canvas, chance, SICK_NOTE_IDENTIFIER, prescriber->rpps);
    if (chance_yes(chance, 0.3))
        hand_fill_cells(&filling->practice, canvas, chance, SICK_NOTE_STRUCTURE_NUMBER,
                        prescriber->number);
    char text[9];
    hand_fill_cells(&filling->practice, canvas, chance, SICK_NOTE_DATE,
                    day_comb(page->affair->care, text));
    struct hand doctor = hand_of_person(chance);
    hand_sign(&doctor, canvas, chance, SICK_NOTE_SIGNATURE);
}

static void draw_items(struct canvas *canvas, const struct form_items *items,
                       const struct form_inks *inks)
{
    form_draw(canvas, items->at, items->count, inks);
}

void sick_note_draw(struct page *page, struct canvas *canvas)
{
    struct chance chance = chance_of(page->seed, 0);
    struct form_inks inks = SICK_NOTE_INKS;
    form_inks_vary(&inks, &chance);
    draw_items(canvas, &SICK_NOTE_COMMON, &inks);
    if (page->variant < 3)
        draw_items(canvas, &SICK_NOTE_MEDICAL, &inks);
    draw_items(canvas, &SICK_NOTE_VOLET[page->variant - 1], &inks);
    struct filling filling = filling_of(&chance);
    fill_person(page, canvas, &filling);
    fill_stop(page, canvas, &filling);
    if (page->variant == 1)
        fill_motive(canvas, &filling);
    fill_practice(page, canvas, &filling);
    snprintf(page->nir, sizeof page->nir, "%s", page->affair->person.nir);
    page->date = page->affair->end;
    snprintf(page->note, sizeof page->note, "volet%d", page->variant);
}
