/*
 * Looks by chance, and the marks that lie on the paper or on the glass.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/scan.h"

#include <math.h>

#include "bench/mail/pixels.h"

/* Grey levels of the drawing. Below the faint one the orange of the forms (129) would be gone from
 * a bilevel page; above the smeared one their light tints turn black. */
#define THRESHOLD_FAINT 136
#define THRESHOLD_SMEARED 200

const char *scan_mode_name(enum scan_mode mode)
{
    static const char *const names[SCAN_MODES] = {"bw", "gray", "color"};
    return names[mode];
}

static struct ink grey_ink(double level)
{
    return (struct ink){level, level, level, 1};
}

static double skew_draw(struct chance *chance, const struct scan_habits *habits)
{
    if (chance_yes(chance, habits->crooked))
        return chance_real(chance, -8, 8);
    return fmax(-2, fmin(2, 0.8 * chance_normal(chance)));
}

static void place(struct scan_look *look, struct chance *chance, const struct scan_habits *habits)
{
    static const int turns[] = {180, 180, 180, 90, 270};
    struct placement *p = &look->placement;
    p->dpi = look->dpi;
    p->skew = skew_draw(chance, habits);
    p->shift = (struct spot){0.6 * chance_normal(chance), 0.6 * chance_normal(chance)};
    p->rotation = chance_yes(chance, habits->turned) ? CHANCE_PICK(chance, turns) : 0;
    p->overscan = chance_yes(chance, habits->bordered) ? chance_real(chance, 1, 7) : 0;
    double backing = chance_real(chance, 0, 1);
    p->backing = grey_ink(backing < 0.4   ? chance_real(chance, 0.02, 0.15)
                          : backing < 0.7 ? chance_real(chance, 0.85, 0.97)
                                          : chance_real(chance, 0.4, 0.85));
    double paper = chance_real(chance, 0.955, 1);
    p->paper = (struct ink){paper, paper - chance_real(chance, 0, 0.012),
                            paper - chance_real(chance, 0, 0.03), 1};
}

static void wear(struct scan_look *look, struct chance *chance)
{
    look->noise = chance_real(chance, 2, 6);
    look->light = chance_real(chance, 0, 0.22);
    look->blur = chance_between(chance, 0, 2);
    look->threshold = chance_real(chance, THRESHOLD_FAINT, THRESHOLD_SMEARED);
    look->specks = chance_between(chance, 10, 160);
    look->folds = chance_between(chance, 0, 2);
    look->black = chance_real(chance, 10, 90);
}

static void damage(struct scan_look *look, struct chance *chance)
{
    look->defect = defect_draw_kind(chance);
    bool bilevel = look->mode == SCAN_BILEVEL;
    if (bilevel && look->defect == DEFECT_DARK)
        look->threshold = chance_real(chance, 205, 232);
    else if (bilevel && look->defect == DEFECT_LIGHT)
        look->threshold = chance_real(chance, 90, THRESHOLD_FAINT);
    else if (look->defect == DEFECT_DARK)
        look->white = chance_real(chance, 120, 175);
    else if (look->defect == DEFECT_LIGHT)
        look->black = chance_real(chance, 130, 185);
    else if (look->defect == DEFECT_UNSHARP)
        look->blur = chance_between(chance, 8, 14);
    else if (look->defect == DEFECT_COPIED)
        look->specks = chance_between(chance, 30, 220);
}

struct scan_look scan_look_draw(struct chance *chance, const struct scan_habits *habits)
{
    struct scan_look look = {.mode = (enum scan_mode)chance_below(chance, SCAN_MODES),
                             .dpi = chance_yes(chance, 2.0 / 3) ? 300 : 200,
                             .seed = chance_bits(chance),
                             .noise = chance_real(chance, 0.4, 1.8),
                             .light = chance_real(chance, 0, 0.06),
                             .black = chance_real(chance, 5, 45),
                             .white = chance_real(chance, 238, 255),
                             .threshold = 158 + 7 * chance_normal(chance),
                             .blur = chance_yes(chance, 0.25),
                             .specks = chance_between(chance, 0, 14)};
    if (habits->dpi)
        look.dpi = habits->dpi;
    if (habits->mode >= 0)
        look.mode = (enum scan_mode)habits->mode;
    place(&look, chance, habits);
    if (chance_yes(chance, habits->worn))
        wear(&look, chance);
    if (chance_yes(chance, habits->punched))
        look.holes = chance_yes(chance, 0.7) ? 2 : 4;
    if (chance_yes(chance, habits->damaged))
        damage(&look, chance);
    look.dropout = look.mode != SCAN_COLOUR && chance_yes(chance, habits->dropout);
    return look;
}

struct scan_look scan_look_back(const struct scan_look *front, struct chance *chance)
{
    struct scan_look back = *front;
    back.seed = chance_bits(chance);
    back.placement.skew = -front->placement.skew; /* the same sheet seen from behind */
    back.placement.rotation = (360 - front->placement.rotation) % 360;
    back.specks = front->specks / 2 + chance_between(chance, 0, 6);
    return back;
}

/* Holes of 6 mm, 80 mm apart, 12 mm from the edge; on the back they are at the other edge. */
static void punch(struct canvas *canvas, const struct scan_look *look, bool back)
{
    double middle = canvas->height / 2, step = 80;
    double x = back ? canvas->width - 12 : 12;
    for (int i = 0; i < look->holes; i++) {
        canvas_ink(canvas,
                   look->placement.backing.red > 0.8 ? grey_ink(0.15) : look->placement.backing);
        cairo_arc(canvas->cairo, x, middle + (i - (look->holes - 1) / 2.0) * step, 3, 0, 2 * M_PI);
        cairo_fill(canvas->cairo);
    }
}

static void fold(struct canvas *canvas, struct chance *chance)
{
    double y = canvas->height * (chance_yes(chance, 0.5) ? 0.333 : 0.5) + chance_normal(chance);
    double tilt = 0.6 * chance_normal(chance), reach = chance_real(chance, 2, 9);
    cairo_pattern_t *shade = cairo_pattern_create_linear(0, y - reach, 0, y + reach);
    double dark = chance_real(chance, 0.08, 0.3);
    cairo_pattern_add_color_stop_rgba(shade, 0, 0, 0, 0, 0);
    cairo_pattern_add_color_stop_rgba(shade, 0.49, 0, 0, 0, dark);
    cairo_pattern_add_color_stop_rgba(shade, 0.51, 1, 1, 1, dark);
    cairo_pattern_add_color_stop_rgba(shade, 1, 1, 1, 1, 0);
    cairo_set_source(canvas->cairo, shade);
    cairo_move_to(canvas->cairo, 0, y - reach - tilt);
    cairo_line_to(canvas->cairo, canvas->width, y - reach + tilt);
    cairo_line_to(canvas->cairo, canvas->width, y + reach + tilt);
    cairo_line_to(canvas->cairo, 0, y + reach - tilt);
    cairo_fill(canvas->cairo);
    cairo_pattern_destroy(shade);
}

static void speckle(struct canvas *canvas, struct chance *chance, int specks)
{
    for (int i = 0; i < specks; i++) {
        double r = chance_real(chance, 0.04, chance_yes(chance, 0.1) ? 0.6 : 0.22);
        canvas_ink(canvas, grey_ink(chance_real(chance, 0, 0.5)));
        cairo_arc(canvas->cairo, chance_real(chance, 0, canvas->width),
                  chance_real(chance, 0, canvas->height), r, 0, 2 * M_PI);
        cairo_fill(canvas->cairo);
    }
}

int scan_page(struct page *page, const struct scan_look *look, struct Pix **ret_image,
              struct err *err)
{
    struct placement placement = look->placement;
    struct canvas canvas;
    struct chance chance = chance_of(look->seed, 1);
    placement.paper_width = page->paper_width;
    placement.paper_height = page->paper_height;
    int rc = canvas_open(&placement, &canvas, err);
    if (rc < 0)
        return rc;
    canvas.print = &page->print;
    page_draw(page, &canvas);
    if (page->paper_height > 150) /* nobody punches a cheque */
        punch(&canvas, look, page->is_back);
    for (int i = 0; i < look->folds; i++)
        fold(&canvas, &chance);
    speckle(&canvas, &chance, look->specks);
    defect_draw(&canvas, &chance, look->defect, &placement);
    rc = pixels_scan(canvas.surface, look, ret_image, err);
    canvas_close(&canvas);
    return rc;
}
