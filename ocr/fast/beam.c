/*
 * The search: see beam.h. Every step continues the readings of the step before with the likely
 * classes. There are six heaps of five readings: words of the dictionary or not, times what may
 * come next, which is anything, only the same class again, or anything but it. The last two carry
 * the trick that one step between two classes counts for both.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/beam.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "ocr/fast/beam_heap.h"

enum next { NEXT_ANY, NEXT_SAME, NEXT_OTHER, NEXT_COUNT };

enum {
    SPACE = 0,
    NO_ID = -1,
    NO_PREFIX = -1,
    SURE = 2, /* classes a step surely tries, beside the null class */
    RANKS = 3 /* of classes: see rank_classes */
};

/* All measured: a class below the floor says nothing; a class costs a little; what is in no
 * dictionary costs more; a dictionary word holds only where every step is this likely. */
static const float floor_certainty = -20, floor_probability = 2.0611536e-9f /* exp(-20) */;
static const double step_cost = -0.085, shape_factor = 2.25, word_floor = -25.0 / 7;

struct step {
    struct beam_heap heaps[2][NEXT_COUNT]; /* [in the dictionary] */
    int best;                              /* class */
};

/* A class that a step tries, and its certainties: alone, and together with the null class, which
 * only the classes surely tried have. */
struct candidate {
    int16_t class;
    float alone, with_null;
};

struct fast_beam {
    const struct fast_model *model;
    struct step *steps;
    int capacity;
    struct fast_prefix *prefixes;
    int prefix_count, prefix_capacity;
    uint8_t *rank; /* of each class in a step where nothing survives: see rank_classes */
    /* of this step */
    struct step *now;
    const float *row;
    int second;                   /* class, behind the best of `now` */
    struct candidate *candidates; /* by rising class */
    int candidate_count;
    struct beam_node openings[NEXT_COUNT]; /* a word may begin after a space; class -1: none */
    bool short_of_memory;
};

/* ---- nodes ---- */

static uint64_t history_of(const struct fast_beam *beam, const struct beam_node *node)
{
    uint64_t history = node->before ? node->before->history : 0;
    if (node->repeats || node->class == beam->model->network.null_code)
        return history;
    uint64_t classes = (uint64_t)beam->model->charset.code_count;
    uint64_t carry = ((history >> 32) * classes) >> 32;
    return history * classes + carry + (uint64_t)node->class;
}

static float score_of(const struct beam_node *node)
{
    return node->before ? node->certainty + node->before->score : node->certainty;
}

/* The last character of a reading. */
static const struct beam_node *last_letter(const struct beam_node *node)
{
    return !node || (node->id != NO_ID && !node->repeats) ? node : node->letter;
}

/* Fills in what follows from the rest. */
static void complete_node(const struct fast_beam *beam, struct beam_node *node)
{
    node->score = score_of(node);
    node->letter = last_letter(node->before);
    node->history = history_of(beam, node);
}

static float certainty_of(double probability)
{
    float log = (float)probability > floor_probability ? logf((float)probability) : floor_certainty;
    return (float)(log + step_cost);
}

static int keep_prefix(struct fast_beam *beam, const struct fast_prefix *prefix)
{
    if (beam->prefix_count == beam->prefix_capacity) {
        int capacity = beam->prefix_capacity ? 2 * beam->prefix_capacity : 1024;
        void *more = reallocarray(beam->prefixes, (size_t)capacity, sizeof *beam->prefixes);
        if (!more) {
            beam->short_of_memory = true;
            return NO_PREFIX;
        }
        beam->prefixes = more;
        beam->prefix_capacity = capacity;
    }
    beam->prefixes[beam->prefix_count] = *prefix;
    return beam->prefix_count++;
}

/* ---- continuing ---- */

/* The best reading after which a word of the dictionary may begin: one a step and continuation. */
static void open_word(struct fast_beam *beam, const struct beam_node *node, enum next next)
{
    struct beam_node *opening = &beam->openings[next];
    if (opening->class >= 0 && !(score_of(node) > opening->score))
        return;
    *opening = *node;
    complete_node(beam, opening);
    opening->fresh = true;
    opening->prefix = 0; /* the start */
}

static void push_to(struct fast_beam *beam, bool in_dictionary, enum next next,
                    const struct beam_node *node)
{
    struct beam_heap *heap = &beam->now->heaps[in_dictionary][next];
    if (!beam_heap_has_room(heap, score_of(node)))
        return;
    struct beam_node whole = *node;
    complete_node(beam, &whole);
    beam_heap_push(heap, &whole);
}

static void continue_space(struct fast_beam *beam, const struct beam_node *node, enum next next)
{
    const struct beam_node *letter = last_letter(node->before);
    if (!letter || !letter->complete)
        return;
    struct beam_node space = *node;
    space.source = letter->source;
    open_word(beam, &space, next);
    push_to(beam, false, next, &space);
}

/* The prefix that a letter behind `letter` would extend, or NULL. */
static const struct fast_prefix *prefix_before(const struct fast_beam *beam,
                                               const struct beam_node *letter)
{
    if (!letter)
        return &beam->prefixes[0];
    if (letter->fresh && letter->id != SPACE)
        return NULL; /* words are not broken between letters */
    return letter->prefix == NO_PREFIX ? NULL : &beam->prefixes[letter->prefix];
}

/* A letter in a word of the dictionary. */
static void continue_word(struct fast_beam *beam, const struct beam_node *node, enum next next)
{
    const float score = score_of(node);
    if (node->id == NO_ID) {
        push_to(beam, true, next, node);
        return;
    }
    bool room = beam_heap_has_room(&beam->now->heaps[true][next], score);
    if (node->id == SPACE) {
        if (room || beam_heap_has_room(&beam->now->heaps[false][next], score))
            continue_space(beam, node, next);
        return;
    }
    if (!room)
        return;
    struct beam_node letter = *node;
    struct fast_prefix longer;
    bool complete;
    const struct fast_prefix *prefix = prefix_before(beam, last_letter(node->before));
    if (!prefix)
        return;
    letter.source = (int8_t)fast_prefix_extend(beam->model, prefix, node->id, &longer, &complete);
    if (letter.source == SOURCE_NONE)
        return;
    letter.complete = complete;
    letter.prefix = keep_prefix(beam, &longer);
    push_to(beam, true, next, &letter);
}

static void continue_letter(struct fast_beam *beam, const struct beam_node *node,
                            bool in_dictionary, enum next next)
{
    if (in_dictionary) {
        if (node->certainty > word_floor)
            continue_word(beam, node, next);
        return;
    }
    struct beam_node shape = *node;
    shape.source = SOURCE_SHAPE;
    shape.certainty = (float)(node->certainty * shape_factor);
    push_to(beam, false, next, &shape);
    if (node->id == SPACE && node->certainty > word_floor)
        open_word(beam, node, next); /* its cost is not that of the shape before it */
}

/* The class of the step before once more. */
static void continue_same(struct fast_beam *beam, const struct beam_node *before,
                          bool in_dictionary, float certainty, enum next next)
{
    struct beam_node node = {.before = before,
                             .class = before->class,
                             .id = before->id,
                             .source = before->source,
                             .repeats = true,
                             .prefix = NO_PREFIX,
                             .certainty = certainty};
    if (in_dictionary) {
        if (node.certainty > word_floor)
            push_to(beam, true, next, &node);
        return;
    }
    node.certainty = (float)(node.certainty * shape_factor);
    if (node.certainty >= floor_certainty || node.class == beam->model->network.null_code)
        push_to(beam, false, next, &node);
}

struct continuation {
    const struct beam_node *before; /* NULL at the beginning */
    bool in_dictionary;
    enum next may;
    int rank;
};

static void repeat_class(struct fast_beam *beam, const struct continuation *from,
                         const struct candidate *candidate)
{
    if (from->may != NEXT_OTHER)
        continue_same(beam, from->before, from->in_dictionary, candidate->alone, NEXT_ANY);
    if (from->may == NEXT_ANY && from->rank == 0 &&
        candidate->class != beam->model->network.null_code)
        continue_same(beam, from->before, from->in_dictionary, candidate->with_null, NEXT_OTHER);
}

/* A step between two classes may be split among them: then its neighbour counts too. */
static float shared_certainty(const struct fast_beam *beam, const struct continuation *from,
                              const struct candidate *candidate)
{
    const struct beam_node *before = from->before;
    int best = beam->now->best, class = candidate->class;
    if (!before || from->may != NEXT_ANY || before->class == beam->model->network.null_code ||
        !((before->class == best && class == beam->second) ||
          (class == best && before->class == beam->second)))
        return candidate->with_null;
    float probability = beam->row[class] + beam->row[beam->model->network.null_code];
    return certainty_of(probability + beam->row[before->class]);
}

static void try_class(struct fast_beam *beam, const struct continuation *from,
                      const struct candidate *candidate)
{
    int class = candidate->class;
    bool null = class == beam->model->network.null_code;
    struct beam_node node = {.before = from->before,
                             .class = candidate->class,
                             .id = (int16_t)(null ? NO_ID : beam->model->charset.id_of_code[class]),
                             .source = SOURCE_NONE,
                             .prefix = NO_PREFIX,
                             .certainty = candidate->alone};
    if (!null && (node.certainty < floor_certainty || node.id == NO_ID))
        return;
    continue_letter(beam, &node, from->in_dictionary, NEXT_ANY);
    if (null || from->rank != 0)
        return;
    node.certainty = shared_certainty(beam, from, candidate);
    continue_letter(beam, &node, from->in_dictionary, NEXT_SAME);
}

static void continue_node(struct fast_beam *beam, const struct continuation *from)
{
    const struct candidate *end = beam->candidates + beam->candidate_count;
    const int before = from->before ? from->before->class : -1;
    for (const struct candidate *at = beam->candidates; at < end; at++)
        if (at->class == before)
            repeat_class(beam, from, at);
    if (from->before && from->may == NEXT_SAME)
        return;
    for (const struct candidate *at = beam->candidates; at < end; at++)
        if (at->class != before)
            try_class(beam, from, at);
}

/* ---- steps ---- */

/* The two likeliest classes; of equal ones the first. */
static void find_best(struct fast_beam *beam)
{
    const int classes = beam->model->network.softmax.rows;
    float highest = -1, next = -1;
    int best = -1, second = -1;
    for (int class = 0; class < classes; class ++) {
        if (!(beam->row[class] > next))
            continue;
        if (beam->row[class] > highest) {
            next = highest;
            second = best;
            highest = beam->row[class];
            best = class;
        } else {
            next = beam->row[class];
            second = class;
        }
    }
    beam->now->best = best;
    beam->second = second;
}

/* Ranks the classes: the two best and the null class, the next three, the rest. */
static void rank_classes(struct fast_beam *beam)
{
    const int classes = beam->model->network.softmax.rows;
    memset(beam->rank, 2, (size_t)classes);
    for (int place = 0; place < BEAM_WIDTH; place++) {
        int found = -1;
        for (int class = 0; class < classes; class ++)
            if (beam->rank[class] == 2 && (found < 0 || beam->row[class] > beam->row[found]))
                found = class;
        if (found >= 0)
            beam->rank[found] = place < SURE ? 0 : 1;
    }
    beam->rank[beam->model->network.null_code] = 0;
}

static void add_candidate(struct fast_beam *beam, int class)
{
    struct candidate *candidate = &beam->candidates[beam->candidate_count++];
    candidate->class = (int16_t) class;
    candidate->alone = certainty_of(beam->row[class]);
}

/* The classes that a step surely tries: the two best and the null class. */
static void list_sure(struct fast_beam *beam)
{
    const int null_code = beam->model->network.null_code;
    const int best = beam->now->best, second = beam->second;
    beam->candidate_count = 0;
    for (int class = -1, next; class < INT_MAX; class = next) {
        next = INT_MAX;
        next = best > class && best < next ? best : next;
        next = second > class && second < next ? second : next;
        next = null_code > class && null_code < next ? null_code : next;
        if (next < INT_MAX)
            add_candidate(beam, next);
    }
    for (int i = 0; i < beam->candidate_count; i++) {
        struct candidate *candidate = &beam->candidates[i];
        if (candidate->class != null_code)
            candidate->with_null = certainty_of(beam->row[candidate->class] + beam->row[null_code]);
    }
}

/* What is tried when none of the readings survives. */
static void list_rank(struct fast_beam *beam, int rank)
{
    rank_classes(beam);
    beam->candidate_count = 0;
    for (int class = 0; class < beam->model->network.softmax.rows; class ++)
        if (beam->rank[class] == rank)
            add_candidate(beam, class);
}

static void begin(struct fast_beam *beam)
{
    for (int dictionary = 0; dictionary < 2; dictionary++)
        continue_node(beam, &(struct continuation){.in_dictionary = dictionary});
}

static void continue_heap(struct fast_beam *beam, const struct beam_heap *heap,
                          struct continuation from)
{
    for (int i = heap->count - 1; i >= 0; i--) {
        from.before = &heap->nodes[i];
        continue_node(beam, &from);
    }
}

/* True when readings survive. */
static bool continue_all(struct fast_beam *beam, const struct step *before, int rank)
{
    for (int dictionary = 0; dictionary < 2; dictionary++)
        for (int next = 0; next < NEXT_COUNT; next++)
            continue_heap(beam, &before->heaps[dictionary][next],
                          (struct continuation){NULL, dictionary, (enum next)next, rank});
    return beam->now->heaps[0][NEXT_ANY].count + beam->now->heaps[1][NEXT_ANY].count > 0;
}

static void take_step(struct fast_beam *beam, int at)
{
    beam->now = &beam->steps[at];
    for (int next = 0; next < NEXT_COUNT; next++) {
        beam->openings[next].class = -1;
        for (int dictionary = 0; dictionary < 2; dictionary++)
            beam->now->heaps[dictionary][next].count = 0;
    }
    find_best(beam);
    list_sure(beam);
    if (at == 0)
        begin(beam);
    for (int rank = 0; at > 0 && rank < RANKS; rank++) {
        if (rank > 0)
            list_rank(beam, rank);
        if (continue_all(beam, &beam->steps[at - 1], rank))
            break;
    }
    for (int next = 0; next < NEXT_COUNT; next++)
        if (beam->openings[next].class >= 0)
            beam_heap_push(&beam->now->heaps[true][next], &beam->openings[next]);
}

/* ---- the best reading ---- */

static bool may_end(const struct beam_node *node, bool in_dictionary)
{
    const struct beam_node *letter = last_letter(node);
    return !in_dictionary || (letter && (letter->complete || letter->id == SPACE));
}

static const struct beam_node *best_end(const struct step *last)
{
    static const enum next ends[] = {NEXT_ANY, NEXT_OTHER};
    const struct beam_node *best = NULL;
    for (int i = 0; i < 2; i++)
        for (int place = 0; place < 2 * (BEAM_WIDTH + 1); place++) {
            bool dictionary = place > BEAM_WIDTH;
            const struct beam_heap *heap = &last->heaps[dictionary][ends[i]];
            int at = place % (BEAM_WIDTH + 1);
            if (at < heap->count && may_end(&heap->nodes[at], dictionary) &&
                (!best || heap->nodes[at].score > best->score))
                best = &heap->nodes[at];
        }
    return best;
}

static void worsen(float *certainty, float by)
{
    *certainty = by < *certainty ? by : *certainty;
}

/* Steps that say nothing count for the character after them; before a space, for the one before. */
static void collect(const struct beam_node *const *path, int steps, struct fast_reading *reading)
{
    for (int at = 0; at < steps;) {
        float certainty = 0;
        for (; at < steps && path[at]->id == NO_ID; at++)
            worsen(&certainty, path[at]->certainty);
        struct fast_letter *before = reading->count ? &reading->letters[reading->count - 1] : NULL;
        bool opens = at < steps && path[at]->source == SOURCE_NONE;
        if (before && (at == steps || (path[at]->id == SPACE && !opens))) {
            worsen(&before->certainty, certainty);
            certainty = 0;
        }
        if (at == steps)
            return;
        struct fast_letter letter = {path[at]->id, at, certainty};
        if (letter.id == SPACE && opens)
            letter.certainty = 0;
        do
            worsen(&letter.certainty, path[at++]->certainty);
        while (at < steps && path[at]->repeats);
        reading->letters[reading->count++] = letter;
    }
}

/* Mean of the highest probability, over the steps that say something. */
static double assurance_of(const struct fast_beam *beam, const struct fast_output *output)
{
    double sum = 0;
    int said = 0;
    for (int step = 0; step < output->steps; step++) {
        const float *row = output->rows + (size_t)step * (size_t)output->classes;
        int best = beam->steps[step].best;
        if (best == beam->model->network.null_code)
            continue;
        sum += truncf(row[best] * FAST_ONE) / FAST_ONE;
        said++;
    }
    return said ? sum / said : 0;
}

static int trace(const struct fast_beam *beam, const struct fast_output *output,
                 struct fast_reading *ret_reading, struct err *err)
{
    size_t steps = (size_t)output->steps;
    SCOPED(scope_free) const struct beam_node **path = malloc(steps * sizeof *path);
    const struct beam_node *node = best_end(&beam->steps[steps - 1]);
    *ret_reading = (struct fast_reading){.letters = malloc(steps * sizeof *ret_reading->letters)};
    if (!path || !ret_reading->letters)
        return err_set(err, ERR_MEMORY, "no memory for a line of %zu steps", steps);
    if (!node)
        return 0;
    for (size_t at = steps; at > 0 && node; node = node->before)
        path[--at] = node;
    collect(path, output->steps, ret_reading);
    ret_reading->assurance = assurance_of(beam, output);
    return 0;
}

static int make_room(struct fast_beam *beam, int steps, struct err *err)
{
    if (steps > beam->capacity) {
        void *more = reallocarray(beam->steps, (size_t)steps, sizeof *beam->steps);
        if (!more)
            return err_set(err, ERR_MEMORY, "no memory for a line of %d steps", steps);
        beam->steps = more;
        beam->capacity = steps;
    }
    return 0;
}

int fast_beam_search(struct fast_beam *beam, const struct fast_output *output,
                     struct fast_reading *ret_reading, struct err *err)
{
    *ret_reading = (struct fast_reading){0};
    int rc = make_room(beam, output->steps, err);
    if (rc < 0)
        return rc;
    beam->prefix_count = 1;
    beam->short_of_memory = false;
    for (int at = 0; at < output->steps; at++) {
        beam->row = output->rows + (size_t)at * (size_t)output->classes;
        take_step(beam, at);
    }
    if (beam->short_of_memory)
        return err_set(err, ERR_MEMORY, "no memory for a line of %d steps", output->steps);
    return trace(beam, output, ret_reading, err);
}

int fast_beam_new(const struct fast_model *model, struct fast_beam **ret_beam, struct err *err)
{
    SCOPED(fast_beam_free) struct fast_beam *beam = calloc(1, sizeof *beam);
    struct fast_prefix start;
    const size_t classes = (size_t)model->network.softmax.rows;
    if (!beam || !(beam->rank = malloc(classes)) ||
        !(beam->candidates = calloc(classes, sizeof *beam->candidates)))
        return err_set(err, ERR_MEMORY, "no memory for a line reader");
    beam->model = model;
    fast_prefix_start(&start);
    if (keep_prefix(beam, &start) < 0)
        return err_set(err, ERR_MEMORY, "no memory for a line reader");
    *ret_beam = beam;
    beam = NULL;
    return 0;
}

void fast_beam_free(struct fast_beam **beam)
{
    if (!beam || !*beam)
        return;
    free((*beam)->steps);
    free((*beam)->prefixes);
    free((*beam)->rank);
    free((*beam)->candidates);
    free(*beam);
    *beam = NULL;
}

void fast_reading_free(struct fast_reading *reading)
{
    free(reading->letters);
    *reading = (struct fast_reading){0};
}
