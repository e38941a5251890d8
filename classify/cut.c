/*
 * Cutting out: clip, quarter turn, small rotation, clip again; every step also moves the way back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/cut.h"

#include <allheaders.h>
#include <math.h>

enum { SIDE_LEAST_PIXELS = 4 };

void cut_free(struct cut *cut)
{
    pixDestroy(&cut->pix);
    *cut = (struct cut){0};
}

struct spot {
    double x, y;
};

static struct spot way_back(const struct cut *cut, double u, double v)
{
    return (struct spot){cut->back_x[0] + cut->back_x[1] * u + cut->back_x[2] * v,
                         cut->back_y[0] + cut->back_y[1] * u + cut->back_y[2] * v};
}

/* The cut-out's pixels are now found at origin + u * across + v * down of what it was before. */
static void step_back(struct cut *cut, struct spot origin, struct spot across, struct spot down)
{
    double x1 = cut->back_x[1], x2 = cut->back_x[2], y1 = cut->back_y[1], y2 = cut->back_y[2];
    struct spot at = way_back(cut, origin.x, origin.y);
    cut->back_x[0] = at.x;
    cut->back_y[0] = at.y;
    cut->back_x[1] = x1 * across.x + x2 * across.y;
    cut->back_x[2] = x1 * down.x + x2 * down.y;
    cut->back_y[1] = y1 * across.x + y2 * across.y;
    cut->back_y[2] = y1 * down.x + y2 * down.y;
}

/* A page point in pixels of the cut-out. */
static struct spot way_in(const struct cut *cut, struct spot page)
{
    double x = page.x - cut->back_x[0], y = page.y - cut->back_y[0];
    double det = cut->back_x[1] * cut->back_y[2] - cut->back_x[2] * cut->back_y[1];
    return (struct spot){(x * cut->back_y[2] - y * cut->back_x[2]) / det,
                         (y * cut->back_x[1] - x * cut->back_y[1]) / det};
}

/* A place on the layout as seen upright, on the page as scanned. */
static struct spot spot_on_page(const struct cut_params *p, double x_mm, double y_mm)
{
    const struct layout *layout = p->layout;
    double scale = layout->pixels_per_mm;
    double width = layout->width * scale, height = layout->height * scale;
    double x = x_mm * scale, y = y_mm * scale;
    if (p->flipped) {
        x = width - x;
        y = height - y;
    }
    double angle = fabs(layout->skew) < 0.1 ? 0 : -layout->skew * M_PI / 180;
    double dx = x - width / 2, dy = y - height / 2;
    double turned_width = layout->turned_width, turned_height = layout->turned_height;
    x = turned_width / 2 + cos(angle) * dx - sin(angle) * dy;
    y = turned_height / 2 + sin(angle) * dx + cos(angle) * dy;
    bool turned = layout->rotation == 90;
    double enlarge = pixGetWidth((PIX *)p->page) / (turned ? turned_height : turned_width);
    return turned ? (struct spot){y * enlarge, (turned_width - x) * enlarge}
                  : (struct spot){x * enlarge, y * enlarge};
}

static void zone_on_page(const struct cut_params *p, double margin, struct spot ret_corners[4])
{
    for (int i = 0; i < 4; i++)
        ret_corners[i] =
            spot_on_page(p, i % 2 ? p->zone.x + p->zone.width + margin : p->zone.x - margin,
                         i / 2 ? p->zone.y + p->zone.height + margin : p->zone.y - margin);
}

/* The box round the corners, within `width` x `height`. */
static struct box box_round(const struct spot corners[4], double width, double height)
{
    double low_x = width, low_y = height, high_x = 0, high_y = 0;
    for (int i = 0; i < 4; i++) {
        low_x = fmin(low_x, corners[i].x);
        low_y = fmin(low_y, corners[i].y);
        high_x = fmax(high_x, corners[i].x);
        high_y = fmax(high_y, corners[i].y);
    }
    low_x = fmax(floor(low_x), 0);
    low_y = fmax(floor(low_y), 0);
    return (struct box){(int32_t)low_x, (int32_t)low_y,
                        (int32_t)(fmin(ceil(high_x), width) - low_x),
                        (int32_t)(fmin(ceil(high_y), height) - low_y)};
}

static int clip(struct cut *cut, struct box at)
{
    BOX *box = boxCreate(at.x, at.y, at.width, at.height);
    PIX *inner = box ? pixClipRectangle(cut->pix, box, NULL) : NULL;
    boxDestroy(&box);
    if (!inner)
        return ERR_MEMORY;
    pixDestroy(&cut->pix);
    cut->pix = inner;
    step_back(cut, (struct spot){at.x, at.y}, (struct spot){1, 0}, (struct spot){0, 1});
    return 0;
}

static int turn(struct cut *cut, int quarters)
{
    double w = pixGetWidth(cut->pix), h = pixGetHeight(cut->pix);
    if (quarters == 0)
        return 0;
    PIX *turned = pixRotateOrth(cut->pix, quarters);
    if (!turned)
        return ERR_MEMORY;
    pixDestroy(&cut->pix);
    cut->pix = turned;
    if (quarters == 1) /* clockwise: the left column, read upwards, became the top row */
        step_back(cut, (struct spot){0, h}, (struct spot){0, -1}, (struct spot){1, 0});
    else if (quarters == 2)
        step_back(cut, (struct spot){w, h}, (struct spot){-1, 0}, (struct spot){0, -1});
    else
        step_back(cut, (struct spot){w, 0}, (struct spot){0, 1}, (struct spot){-1, 0});
    return 0;
}

static int straighten(struct cut *cut, double skew)
{
    double w = pixGetWidth(cut->pix), h = pixGetHeight(cut->pix), angle = skew * M_PI / 180;
    PIX *straight =
        pixRotate(cut->pix, (l_float32)angle, L_ROTATE_AREA_MAP, L_BRING_IN_WHITE, 0, 0);
    if (!straight)
        return ERR_MEMORY;
    pixDestroy(&cut->pix);
    cut->pix = straight;
    struct spot origin = {w / 2 - cos(angle) * w / 2 - sin(angle) * h / 2,
                          h / 2 + sin(angle) * w / 2 - cos(angle) * h / 2};
    step_back(cut, origin, (struct spot){cos(angle), -sin(angle)},
              (struct spot){sin(angle), cos(angle)});
    return 0;
}

/* Where corners of the page are on the cut-out, as a box within it. */
static struct box box_in_cut(const struct cut *cut, const struct spot corners[4])
{
    struct spot inside[4];
    for (int i = 0; i < 4; i++)
        inside[i] = way_in(cut, corners[i]);
    return box_round(inside, pixGetWidth(cut->pix), pixGetHeight(cut->pix));
}

static bool is_small(struct box box)
{
    return box.width < SIDE_LEAST_PIXELS || box.height < SIDE_LEAST_PIXELS;
}

int cut_out(const struct cut_params *params, struct cut *ret_cut, struct err *err)
{
    struct cut_params p = *params;
    struct spot zone[4], around[4];
    *ret_cut = (struct cut){.back_x = {0, 1, 0}, .back_y = {0, 0, 1}};
    if (p.zone.width <= 0)
        p.zone = (struct rect_mm){0, 0, p.layout->width, p.layout->height};
    zone_on_page(&p, 0, zone);
    zone_on_page(&p, p.margin, around);
    double width = pixGetWidth((PIX *)p.page), height = pixGetHeight((PIX *)p.page);
    struct box outer = box_round(around, width, height);
    if (is_small(outer) || is_small(box_round(zone, width, height)))
        return err_set(err, ERR_NOT_FOUND, "zone: lies outside the page");
    struct cut cut = *ret_cut;
    cut.pix = pixClone((PIX *)p.page);
    int rc = cut.pix ? clip(&cut, outer) : ERR_MEMORY;
    if (rc == 0)
        rc = turn(&cut, (p.layout->rotation / 90 + (p.flipped ? 2 : 0)) % 4);
    if (rc == 0 && fabs(p.layout->skew) > p.least_skew)
        rc = straighten(&cut, p.layout->skew);
    struct box inner = rc == 0 ? box_in_cut(&cut, around) : (struct box){0};
    if (rc == 0 && !is_small(inner))
        rc = clip(&cut, inner);
    if (rc < 0) {
        cut_free(&cut);
        return err_set(err, rc, "zone: no memory to cut it out");
    }
    cut.zone = box_in_cut(&cut, zone);
    cut.pixels_per_mm = hypot(zone[1].x - zone[0].x, zone[1].y - zone[0].y) / p.zone.width;
    *ret_cut = cut;
    return 0;
}

struct box cut_box_on_page(const struct cut *cut, struct box at)
{
    struct spot corners[4];
    for (int i = 0; i < 4; i++)
        corners[i] = way_back(cut, i % 2 ? at.x + at.width : at.x, i / 2 ? at.y + at.height : at.y);
    return box_round(corners, 1 << 20, 1 << 20);
}
