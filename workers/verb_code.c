/*
 * tripli code: the oldest page that the machine could not decide is shown, one key gives its tag,
 * 'u' takes the last answer back. The answer is kept as page id and tag, never as a copy.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "archive/intake.h"
#include "base/file.h"
#include "workers/ask.h"
#include "workers/french.h"
#include "workers/verb.h"

struct code_verb {
    struct program program;
    bool json, list;
    const char *image; /* where the page is written instead of shown */
    const char *page, *tag, *volet;
    bool medical;
    struct archive *archive;
    /* The last answer is sent with the next one or at the end, so that it can be taken back: an
     * envelope is filed as soon as its last page is decided. */
    struct page_id pending_page;
    const struct choice *pending;
    int failed; /* error code of an answer that could not be given */
};

static const struct choice {
    char key;
    const char *tag, *volet, *word;
    bool medical;
} choices[] = {
    {'f', "care_form", "", "feuille de soins", false},
    {'1', "sick_note", "1", "arrêt de travail, volet 1 (médical)", false},
    {'2', "sick_note", "2", "arrêt de travail, volet 2", false},
    {'3', "sick_note", "3", "arrêt de travail, volet 3", false},
    {'a', "sick_note", "", "arrêt de travail, volet inconnu (médical)", false},
    {'c', "cheque", "", "chèque", false},
    {'l', "letter", "", "lettre", false},
    {'o', "other", "", "autre", false},
    {'m', "letter", "", "lettre au médecin-conseil (médical)", true},
    {'n', "other", "", "autre pièce pour le médecin-conseil (médical)", true},
    {'b', "blank", "", "face blanche", false},
    {'s', "separator", "", "séparateur", false},
};

static const struct argp_option options[] = {
    {"list", 'l', NULL, 0, "list what waits, decide nothing", 0},
    {"page", 'p', "PAGE", 0, "this page; with --tag: decide it without asking", 0},
    {"tag", 'T', "TAG", 0,
     "with --page: care_form, sick_note, cheque, letter, other, blank or separator", 0},
    {"volet", 'V', "N", 0, "volet of a sick note (1, 2, 3)", 0},
    {"medical", 'm', NULL, 0, "it is for the médecin-conseil", 0},
    {"image", 'i', "FILE", 0, "write the page to FILE instead of opening $TRIPLI_VIEWER", 0},
    {"json", 'j', NULL, 0, "--list as JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct code_verb *verb = state->input;
    struct page_id id;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'l':
        verb->list = true;
        return 0;
    case 'p':
        verb->page = arg;
        if (page_id_parse(arg, &id) < 0)
            argp_error(state, "'%s' is not a page id (as 12-340)", arg);
        return 0;
    case 'T':
        verb->tag = verb_tag_name(arg, state);
        return 0;
    case 'V':
        verb->volet = verb_volet(arg, state);
        return 0;
    case 'm':
        verb->medical = true;
        return 0;
    case 'i':
        verb->image = arg;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_END:
        if (verb->tag && !verb->page)
            argp_error(state, "--tag needs --page");
        if (verb->medical && !verb->tag)
            argp_error(state, "--medical needs --tag");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The archive that is open for reading is closed meanwhile: where no hub runs, ask_desk opens it
 * for writing, and LMDB allows one opening per process. */
static int code_page(struct code_verb *verb, const char *page, const struct choice *choice,
                     struct err *err)
{
    bool reading = verb->archive != NULL;
    archive_free(&verb->archive);
    int rc = ask_desk(&verb->program, "code",
                      json_pack("{s:s, s:s, s:s, s:b}", "page", page, "tag", choice->tag, "volet",
                                choice->volet, "medical", (int)choice->medical),
                      err);
    if (rc == 0 && reading)
        rc = ask_open_archive(&verb->program, &verb->archive, err);
    return rc;
}

/* What the machine thought of a page: tag and confidence. */
static json_t *machine_view(const struct intake_waiting *page)
{
    json_t *record = json_loadb((const char *)page->record.at, page->record.len, 0, NULL);
    return record ? record : json_object();
}

static void print_waiting(const struct code_verb *verb, const struct intake_waiting *page)
{
    char id[ID_TEXT_SIZE];
    json_t *record = machine_view(page), *reason;
    page_id_format(page->id, id);
    const char *tag = json_string_value(json_object_get(record, "tag"));
    double confidence = json_number_value(json_object_get(record, "confidence"));
    char number[FRENCH_NUMBER_SIZE];
    if (verb->json) {
        verb_print(json_pack("{s:s, s:s, s:s, s:f}", "page", id, "tenant", page->tenant, "tag",
                             tag ? tag : "none", "confidence", confidence));
    } else {
        printf("face %s, caisse %s : la machine penche pour %s (%s)\n", id, page->tenant,
               french_tag(tag), french_decimal(confidence, 2, number));
        size_t i;
        char french[FRENCH_SIZE];
        json_array_foreach(json_object_get(record, "reasons"), i, reason)
            printf("    %s\n", french_reason(json_string_value(reason), french));
        json_array_foreach(json_object_get(record, "quality"), i, reason)
            printf("    numérisation : %s\n", french_finding(json_string_value(reason)));
    }
    json_decref(record);
}

static int list(struct code_verb *verb, struct err *err)
{
    struct page_id after = {0};
    for (;;) {
        struct intake_waiting page;
        int rc =
            intake_list(verb->archive, (struct intake_line){PAGE_TO_CODE, after}, &page, 1, err);
        if (rc <= 0)
            return rc;
        print_waiting(verb, &page);
        after = page.id;
        intake_waiting_clear(&page);
    }
}

static int run_viewer(const char *viewer, const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        execlp(viewer, viewer, path, NULL);
        _exit(127);
    }
    return child;
}

/* Writes the page where a viewer can open it: the named file, or one in memory (/proc/self/fd). */
static int show_image(const struct code_verb *verb, struct page_id id, struct err *err)
{
    struct buf image = {0};
    const char *viewer = getenv("TRIPLI_VIEWER");
    char path[PLACE_SIZE + 32];
    snprintf(path, sizeof path, "%s/page-to-code", verb->program.place.run);
    int rc = intake_image(verb->archive, id, &image, err);
    if (rc == 0 && (verb->image || viewer))
        rc = ask_note_page(&verb->program, verb->archive, id, err);
    if (rc == 0 && verb->image) {
        rc = file_write(verb->image, 0600, buf_view(&image), err);
        if (rc == 0)
            printf("image : %s\n", verb->image);
    } else if (rc == 0 && viewer) {
        int fd = memfd_create("page", 0);
        rc = fd < 0 ? 0 : file_write_all(fd, buf_view(&image), "page", err);
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
        if (rc == 0 && fd >= 0)
            run_viewer(viewer, path);
    } else if (rc == 0) {
        printf("(pas d'image : nommez un programme dans $TRIPLI_VIEWER, ou donnez --image)\n");
    }
    buf_free(&image);
    return rc;
}

static int read_key(void)
{
    struct termios old, raw;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &old) < 0)
        return getchar();
    raw = old;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    char key = 'q';
    if (read(STDIN_FILENO, &key, 1) != 1)
        key = 'q';
    tcsetattr(STDIN_FILENO, TCSANOW, &old);
    return key;
}

static void print_choices(void)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        printf("  [%c] %s\n", choices[i].key, choices[i].word);
    printf("  [p] passer   [u] annuler la dernière réponse   [q] quitter\n> ");
    fflush(stdout);
}

static const struct choice *choice_of(int key)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i].key == key)
            return &choices[i];
    return NULL;
}

/* Sends the answer that could still be taken back. */
static int send_pending(struct code_verb *verb, struct err *err)
{
    char id[ID_TEXT_SIZE];
    const struct choice *choice = verb->pending;
    verb->pending = NULL;
    if (!choice)
        return 0;
    page_id_format(verb->pending_page, id);
    return code_page(verb, id, choice, err);
}

enum next { NEXT_PAGE, SAME_PAGE_AGAIN, PAGE_BEFORE, STOP };

static enum next take_back(struct code_verb *verb)
{
    char id[ID_TEXT_SIZE];
    if (!verb->pending) {
        printf("pas de réponse à annuler\n");
        return SAME_PAGE_AGAIN;
    }
    printf("face %s : réponse annulée\n\n", page_id_format(verb->pending_page, id));
    verb->pending = NULL;
    return PAGE_BEFORE;
}

/* Asks a person about a page and keeps the answer pending. */
static enum next ask_person(struct code_verb *verb, struct page_id page, struct err *err)
{
    char id[ID_TEXT_SIZE];
    print_choices();
    int key = read_key();
    const struct choice *choice = choice_of(key);
    printf("%c\n", key > ' ' ? key : ' ');
    if (key == 'q' || key == EOF)
        return STOP;
    if (key == 'p')
        return NEXT_PAGE;
    if (key == 'u')
        return take_back(verb);
    if (!choice)
        return SAME_PAGE_AGAIN;
    verb->failed = send_pending(verb, err);
    if (verb->failed < 0)
        return STOP;
    verb->pending_page = page;
    verb->pending = choice;
    printf("face %s : %s\n\n", page_id_format(page, id), choice->word);
    return NEXT_PAGE;
}

static int show_and_ask(struct code_verb *verb, struct page_id page, enum next *ret_next,
                        struct err *err)
{
    int rc = show_image(verb, page, err);
    if (rc < 0)
        return rc;
    do
        *ret_next = ask_person(verb, page, err);
    while (*ret_next == SAME_PAGE_AGAIN);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    return verb->failed;
}

/* Nothing is left; the last answer may still be taken back. */
static bool take_back_at_end(struct code_verb *verb)
{
    printf("plus rien à coder\n");
    if (!verb->pending)
        return false;
    printf("[u] annuler la dernière réponse   autre touche : terminer\n> ");
    fflush(stdout);
    return read_key() == 'u' && take_back(verb) == PAGE_BEFORE;
}

static int code_all(struct code_verb *verb, struct err *err)
{
    struct page_id after = {0};
    enum next next = NEXT_PAGE;
    int rc = 1;
    while (rc > 0 && next != STOP) {
        struct intake_waiting page;
        const struct page_id before = {verb->pending_page.batch, verb->pending_page.page - 1};
        rc = intake_list(verb->archive, (struct intake_line){PAGE_TO_CODE, after}, &page, 1, err);
        if (rc == 0 && take_back_at_end(verb)) {
            after = before;
            rc = 1;
            continue;
        }
        if (rc <= 0)
            break;
        print_waiting(verb, &page);
        after = page.id;
        intake_waiting_clear(&page);
        rc = show_and_ask(verb, after, &next, err);
        rc = rc < 0 ? rc : 1;
        if (next == PAGE_BEFORE)
            after = before;
    }
    return rc < 0 ? rc : send_pending(verb, err);
}

static int code_one(struct code_verb *verb, struct err *err)
{
    struct page_id id;
    page_id_parse(verb->page, &id);
    if (verb->tag) {
        const struct choice choice = {
            .tag = verb->tag, .volet = verb->volet ? verb->volet : "", .medical = verb->medical};
        int rc = code_page(verb, verb->page, &choice, err);
        if (rc == 0)
            printf("face %s : %s\n", verb->page, verb->tag);
        return rc;
    }
    enum next next = STOP;
    int rc = verb->image ? show_image(verb, id, err) : show_and_ask(verb, id, &next, err);
    return rc < 0 ? rc : send_pending(verb, err);
}

int verb_code(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,  parse, NULL, "Shows what the machine could not decide, oldest first.",
        children, NULL,  NULL};
    struct code_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = verb.tag ? 0 : ask_open_archive(&verb.program, &verb.archive, &err);
    if (rc == 0)
        rc = verb.list   ? list(&verb, &err)
             : verb.page ? code_one(&verb, &err)
                         : code_all(&verb, &err);
    archive_free(&verb.archive);
    return verb_end(&verb.program, rc, &err);
}
