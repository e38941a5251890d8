/*
 * Which drawing belongs to which kind of page.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/page.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench/mail/kinds.h"
#include "workers/separator_sheet.h"

const char *page_type(const struct page *page)
{
    static const char *const types[PAGE_KINDS] = {
        [PAGE_BLANK] = "blank",   [PAGE_CARE_FORM] = "care_form", [PAGE_SICK_NOTE] = "sick_note",
        [PAGE_CHEQUE] = "cheque", [PAGE_CHEQUE_BACK] = "cheque",  [PAGE_LETTER] = "letter",
        [PAGE_OTHER] = "other",   [PAGE_SEPARATOR] = "separator"};
    return types[page->kind];
}

void page_choose_paper(struct page *page)
{
    page->paper_width = A4_WIDTH_MM;
    page->paper_height = A4_HEIGHT_MM;
    if (page->kind == PAGE_CHEQUE || page->kind == PAGE_CHEQUE_BACK)
        cheque_choose_paper(page);
    else if (page->kind == PAGE_OTHER)
        other_choose_paper(page);
}

/* The front shines through: its mirror image under a veil of paper. */
static void draw_blank(struct page *page, struct canvas *canvas)
{
    struct chance chance = chance_of(page->seed, 0);
    if (!page->front || !chance_yes(&chance, 0.4))
        return;
    struct page ghost = *page->front;
    ghost.text = NULL;
    ghost.print = (struct buf){0};
    canvas->print = NULL; /* nobody is to read it */
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, canvas->width, 0);
    cairo_scale(canvas->cairo, -1, 1);
    page_draw(&ghost, canvas);
    cairo_restore(canvas->cairo);
    page_free_text(&ghost);
    struct ink veil = {0.99, 0.99, 0.985, chance_real(&chance, 0.9, 0.985)};
    canvas_fill(canvas, (struct area){0, 0, canvas->width, canvas->height}, veil);
    snprintf(page->note, sizeof page->note, "show-through");
}

static void draw_separator(struct page *page, struct canvas *canvas)
{
    char tenant[4];
    snprintf(tenant, sizeof tenant, "%03d", page->variant % 1000);
    struct separator_sheet_params params = {page->variant ? tenant : NULL, 1};
    separator_sheet_draw(&params, canvas->cairo, NULL);
    snprintf(page->note, sizeof page->note, page->variant ? "batch" : "envelope");
}

void page_draw(struct page *page, struct canvas *canvas)
{
    static void (*const drawings[PAGE_KINDS])(struct page *, struct canvas *) = {
        [PAGE_BLANK] = draw_blank,
        [PAGE_CARE_FORM] = care_form_draw,
        [PAGE_SICK_NOTE] = sick_note_draw,
        [PAGE_CHEQUE] = cheque_draw,
        [PAGE_CHEQUE_BACK] = cheque_draw_back,
        [PAGE_LETTER] = letter_draw,
        [PAGE_OTHER] = other_draw,
        [PAGE_SEPARATOR] = draw_separator};
    drawings[page->kind](page, canvas);
}

void page_free_text(struct page *page)
{
    free(page->text);
    page->text = NULL;
    buf_free(&page->print);
}
