/*
 * Everything else that lies in the envelopes: prescriptions, receipts, certificates, bank details,
 * invoices, other official forms, notices. Many resemble the forms and letters on purpose.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "bench/mail/form.h"
#include "bench/mail/kinds.h"
#include "bench/mail/letter_text.h"
#include "bench/mail/stamp.h"

struct other {
    struct page *page;
    struct canvas *canvas;
    struct chance *chance;
    const struct affair *affair;
};

static const char *const faces[] = {"Liberation Sans", "Liberation Serif", "DejaVu Sans",
                                    "Nimbus Roman",    "Open Sans",        "Nimbus Sans"};

static const char *const drugs[] = {
    "PARACÉTAMOL 1 g cp : 1 cp 3 fois par jour pendant 5 jours",
    "AMOXICILLINE 500 mg gél : 2 gél matin et soir, 7 jours",
    "IBUPROFÈNE 400 mg : 1 cp matin, midi et soir au cours des repas",
    "RAMIPRIL 5 mg : 1 cp le matin, QSP 3 mois",
    "METFORMINE 850 mg : 1 cp matin et soir, 90 jours",
    "ATORVASTATINE 20 mg : 1 cp le soir, QSP 1 mois, à renouveler 5 fois",
    "LÉVOTHYROXINE 75 µg : 1 cp à jeun",
    "OMÉPRAZOLE 20 mg : 1 gél le matin, 1 mois",
    "SÉRUM PHYSIOLOGIQUE unidoses, 1 boîte",
    "Bas de contention classe 2, 2 paires",
    "Kinésithérapie : rééducation du rachis lombaire, 15 séances",
    "Bilan sanguin : NFS, CRP, ionogramme, créatinine",
    "Radiographie du genou droit face et profil",
    "SALBUTAMOL spray 100 µg : 2 bouffées si besoin"};

void other_choose_paper(struct page *page)
{
    struct chance chance = chance_of(page->seed, 9);
    page->paper_width = A4_WIDTH_MM;
    page->paper_height = A4_HEIGHT_MM;
    if (page->variant == OTHER_RECEIPT) {
        page->paper_width = 80; /* roll paper */
        page->paper_height = chance_real(&chance, 110, 240);
    } else if (page->variant == OTHER_PRESCRIPTION && chance_yes(&chance, 0.5)) {
        page->paper_width = 148; /* A5 */
        page->paper_height = 210;
    }
}

static void draw_prescription(struct other *o)
{
    struct chance *chance = o->chance;
    const struct prescriber *p = &o->affair->prescriber;
    double scale = o->canvas->width / A4_WIDTH_MM;
    bool typed = chance_yes(chance, 0.6);
    struct hand hand = typed ? hand_of_machine(chance) : hand_of_person(chance);
    struct type head = {CHANCE_PICK(chance, faces), true, false, 5 * scale, INK_BLACK};
    struct canvas *c = o->canvas;
    char text[160], date[32];
    snprintf(text, sizeof text, "Docteur %s", p->name);
    canvas_text(c, (struct spot){18 * scale, 24 * scale}, &head, text);
    head.bold = false;
    head.size = 3.4 * scale;
    const char *lines[] = {p->speciality, p->street, p->town, p->phone};
    for (int i = 0; i < 4; i++)
        canvas_text(c, (struct spot){18 * scale, (31 + 5 * i) * scale}, &head, lines[i]);
    snprintf(text, sizeof text, "RPPS %s", p->rpps);
    canvas_text(c, (struct spot){140 * scale, 24 * scale}, &head, text);
    snprintf(text, sizeof text, "Le %s", day_words(o->affair->care, date));
    hand_write(&hand, c, chance, (struct spot){130 * scale, 62 * scale}, text);
    hand_write(&hand, c, chance, (struct spot){30 * scale, 74 * scale},
               person_name(&o->affair->person, text));
    double y = 95 * scale;
    int count = chance_between(chance, 1, 6);
    for (int i = 0; i < count; i++, y += 14 * scale)
        hand_write_within(&hand, c, chance, (struct area){26 * scale, y, 165 * scale, 5},
                          CHANCE_PICK(chance, drugs));
    struct hand doctor = hand_of_person(chance);
    hand_sign(&doctor, c, chance, (struct area){120 * scale, y + 6, 50 * scale, 18 * scale});
    if (chance_yes(chance, 0.5))
        stamp_practice(c, chance, (struct area){30 * scale, y + 6, 60, 24}, p);
    snprintf(o->page->note, sizeof o->page->note, "prescription %s", typed ? "typed" : "hand");
}

static void draw_receipt(struct other *o)
{
    static const char *const goods[] = {"PARACETAMOL 1G", "VITAMINE D3",  "PANSEMENTS",
                                        "HON. DISP.",     "AMOXICILLINE", "SIROP TOUX",
                                        "COMPRESSES",     "THERMOMETRE"};
    struct chance *chance = o->chance;
    struct type type = {"Liberation Mono", false, false, 3.0, {0.2, 0.2, 0.25, 0.85}};
    double y = 14;
    char text[64], date[11];
    struct canvas *c = o->canvas;
    canvas_text(c, (struct spot){10, y}, &type, "PHARMACIE DU MARCHE");
    canvas_text(c, (struct spot){10, y += 4.5}, &type, o->affair->employer.street);
    canvas_text(c, (struct spot){10, y += 4.5}, &type, o->affair->employer.town);
    snprintf(text, sizeof text, "%s  14:%02d  CAISSE 2", day_slashes(o->affair->care, date),
             chance_between(chance, 0, 59));
    canvas_text(c, (struct spot){6, y += 9}, &type, text);
    int total = 0;
    int count = chance_between(chance, 2, (int)(c->height - 90) / 5);
    for (int i = 0; i < count && y < c->height - 45; i++) {
        int cents = chance_between(chance, 102, 3990);
        total += cents;
        snprintf(text, sizeof text, "%-20.20s %6d,%02d", CHANCE_PICK(chance, goods), cents / 100,
                 cents % 100);
        canvas_text(c, (struct spot){6, y += 4.6}, &type, text);
    }
    type.bold = true;
    snprintf(text, sizeof text, "TOTAL EUR %17d,%02d", total / 100, total % 100);
    canvas_text(c, (struct spot){6, y += 8}, &type, text);
    type.bold = false;
    canvas_text(c, (struct spot){6, y += 6}, &type, "CB **** **** **** 1234");
    canvas_text(c, (struct spot){6, y += 9}, &type, "MERCI DE VOTRE VISITE");
    snprintf(o->page->note, sizeof o->page->note, "receipt");
}

/* A ruled form with numbered boxes in one ink: a stand-in for the many other official ones. */
struct plain_form {
    const char *title, *cerfa, *code;
    struct ink ink;
    const char *labels[14];
};

static const struct plain_form plain_forms[] = {
    {"ATTESTATION DE SALAIRE",
     "n° 11135*04",
     "S 3201",
     {0.1, 0.25, 0.5, 1},
     {"L'EMPLOYEUR", "dénomination sociale et adresse", "numéro SIRET", "LE SALARIÉ",
      "numéro d'immatriculation", "nom et prénom", "adresse", "date du dernier jour de travail",
      "situation à la date de l'arrêt", "demande de subrogation",
      "salaires de référence des 3 mois précédents", "salaire rétabli", "date et signature",
      "cachet de l'employeur"}},
    {"DÉCLARATION DE CHOIX DU MÉDECIN TRAITANT",
     "n° 12485*03",
     "S 3704b",
     {0.75, 0.35, 0.1, 1},
     {"IDENTIFICATION DE L'ASSURÉ(E)", "N° de sécurité sociale", "nom et prénom",
      "date de naissance", "adresse", "LE BÉNÉFICIAIRE DES SOINS", "nom et prénom",
      "IDENTIFICATION DU MÉDECIN TRAITANT", "nom et prénom", "identifiant",
      "N° de la structure (AM, FINESS ou SIRET)", "DÉCLARATION CONJOINTE", "date",
      "signature du bénéficiaire et du médecin"}},
    {"PRESCRIPTION MÉDICALE DE TRANSPORT",
     "n° 11574*06",
     "S 3138",
     {0.0, 0.4, 0.45, 1},
     {"LA PERSONNE TRANSPORTÉE", "numéro d'immatriculation", "nom et prénom", "date de naissance",
      "LE TRANSPORT", "trajet de", "vers", "transport assis, allongé, ambulance, VSL, taxi",
      "aller, retour, aller-retour", "affection de longue durée, accident du travail",
      "éléments d'ordre médical", "LE PRESCRIPTEUR", "date et signature", "identifiant"}},
    {"DÉCLARATION D'ACCIDENT DU TRAVAIL",
     "n° 14463*03",
     "S 6200",
     {0.55, 0.1, 0.15, 1},
     {"L'EMPLOYEUR", "établissement d'attache permanent", "SIRET", "LA VICTIME",
      "numéro d'immatriculation", "nom et prénom", "L'ACCIDENT", "date et heure", "lieu",
      "activité de la victime", "siège et nature des lésions", "LE TÉMOIN", "nom et adresse",
      "fait à, le, signature"}},
};

static const char *field_value(struct other *o, int row, char ret_text[96])
{
    const struct affair *a = o->affair;
    switch (row) {
    case 1:
        snprintf(ret_text, 96, "%s %s", a->employer.name, a->employer.town);
        break;
    case 2:
    case 4:
        snprintf(ret_text, 96, "%s", row == 2 ? a->employer.siret : a->person.nir);
        break;
    case 5:
    case 8:
        person_name(&a->person, ret_text);
        break;
    case 6:
        snprintf(ret_text, 96, "%s %s", a->person.street, a->person.town);
        break;
    default:
        day_slashes(a->care, ret_text);
    }
    return ret_text;
}

static void draw_plain_form(struct other *o, const struct plain_form *form)
{
    struct chance *chance = o->chance;
    struct canvas *c = o->canvas;
    struct ink light = form->ink;
    light.alpha = 0.14;
    struct type title = {"Liberation Sans", true, false, 5.6, form->ink};
    struct type label = {"Liberation Sans", false, false, 3.1, form->ink};
    struct hand hand = chance_yes(chance, 0.5) ? hand_of_machine(chance) : hand_of_person(chance);
    canvas_text(c, (struct spot){62, 20}, &title, form->title);
    canvas_text(c, (struct spot){14, 20}, &label, form->cerfa);
    canvas_text(c, (struct spot){180, 288}, &label, form->code);
    double y = 32;
    for (int row = 0; row < 14; row++) {
        bool heading = form->labels[row][0] >= 'A' && form->labels[row][0] <= 'Z' &&
                       form->labels[row][1] >= 'A';
        heading = heading && form->labels[row][1] <= 'Z';
        double height = heading ? 6 : chance_real(chance, 10, 19);
        canvas_fill(c, (struct area){12, y, 186, height}, heading ? form->ink : light);
        label.ink = heading ? INK_WHITE : form->ink;
        label.bold = heading;
        canvas_text(c, (struct spot){14, y + 4.3}, &label, form->labels[row]);
        char text[96];
        if (!heading && row < 12)
            hand_write_within(&hand, c, chance, (struct area){40, y + height - 6, 150, 4.5},
                              field_value(o, row, text));
        y += height + 1.6;
    }
    hand_sign(&hand, c, chance, (struct area){120, y, 50, 18});
    snprintf(o->page->note, sizeof o->page->note, "form %.30s", form->cerfa);
}

static void draw_bank_details(struct other *o)
{
    struct chance *chance = o->chance;
    struct canvas *c = o->canvas;
    struct type type = {CHANCE_PICK(chance, faces), true, false, 5.2, INK_BLACK};
    char bank[6], branch[6], account[12], rib[3], text[96];
    chance_digits(chance, bank, 5);
    chance_digits(chance, branch, 5);
    chance_digits(chance, account, 11);
    snprintf(rib, sizeof rib, "%02d", rib_key(bank, branch, account) % 100);
    double y = chance_real(chance, 24, 60);
    canvas_text(c, (struct spot){40, y}, &type, "RELEVÉ D'IDENTITÉ BANCAIRE");
    type.bold = false;
    type.size = 3.8;
    canvas_text(c, (struct spot){22, y += 14}, &type, "Titulaire du compte");
    canvas_text(c, (struct spot){22, y += 6}, &type, person_name(&o->affair->person, text));
    canvas_text(c, (struct spot){22, y += 6}, &type, o->affair->person.street);
    canvas_text(c, (struct spot){22, y += 6}, &type, o->affair->person.town);
    canvas_frame(c, (struct area){20, y += 8, 170, 18}, 0.3, INK_BLACK);
    canvas_text(c, (struct spot){24, y + 6}, &type,
                "Banque       Guichet       N° de compte               Clé RIB");
    snprintf(text, sizeof text, "%s          %s          %s          %s", bank, branch, account,
             rib);
    canvas_text(c, (struct spot){24, y + 14}, &type, text);
    snprintf(text, sizeof text, "IBAN FR76 %s %s %s %s", bank, branch, account, rib);
    canvas_text(c, (struct spot){22, y + 30}, &type, text);
    snprintf(o->page->note, sizeof o->page->note, "bank details");
}

static void draw_invoice(struct other *o)
{
    static const char *const goods[] = {
        "Monture et verres progressifs",  "Consultation et soins",       "Location lit médicalisé",
        "Séance d'ostéopathie",           "Prothèse dentaire céramique", "Chambre particulière",
        "Transport en taxi conventionné", "Semelles orthopédiques",      "Forfait journalier"};
    struct chance *chance = o->chance;
    struct canvas *c = o->canvas;
    const struct employer *e = &o->affair->employer;
    struct type type = {CHANCE_PICK(chance, faces), true, false, 4.6, INK_BLACK};
    char text[128], date[11];
    canvas_text(c, (struct spot){20, 26}, &type, e->name);
    type.bold = false;
    type.size = 3.5;
    canvas_text(c, (struct spot){20, 32}, &type, e->street);
    canvas_text(c, (struct spot){20, 37}, &type, e->town);
    snprintf(text, sizeof text, "SIRET %s", e->siret);
    canvas_text(c, (struct spot){20, 42}, &type, text);
    canvas_text(c, (struct spot){120, 56}, &type, person_name(&o->affair->person, text));
    snprintf(text, sizeof text, "FACTURE N° %05d du %s", chance_between(chance, 1, 99999),
             day_slashes(o->affair->care, date));
    type.size = 5;
    canvas_text(c, (struct spot){20, 84}, &type, text);
    type.size = 3.6;
    double y = 98;
    int rows = chance_between(chance, 2, 9), total = 0;
    for (int i = 0; i < rows; i++, y += 9) {
        int cents = chance_between(chance, 900, 88000);
        total += cents;
        canvas_frame(c, (struct area){20, y, 170, 9}, 0.2, INK_BLACK);
        canvas_text(c, (struct spot){23, y + 6}, &type, CHANCE_PICK(chance, goods));
        snprintf(text, sizeof text, "%d,%02d €", cents / 100, cents % 100);
        canvas_text(c, (struct spot){165, y + 6}, &type, text);
    }
    type.bold = true;
    snprintf(text, sizeof text, "Total acquitté : %d,%02d €", total / 100, total % 100);
    canvas_text(c, (struct spot){128, y + 8}, &type, text);
    snprintf(o->page->note, sizeof o->page->note, "invoice");
}

/* Dense print in columns, as on the back of forms. */
static void draw_notice(struct other *o)
{
    struct chance *chance = o->chance;
    struct ink ink = {0.72, 0.45, 0.16, 1};
    if (chance_yes(chance, 0.3))
        ink = INK_BLACK;
    struct type type = {CHANCE_PICK(chance, faces), true, false, 5, ink};
    canvas_text(o->canvas, (struct spot){60, 18}, &type, "NOTICE À DESTINATION DU PATIENT");
    type.bold = false;
    type.size = chance_real(chance, 2.6, 3.2);
    int columns = chance_between(chance, 1, 3);
    double width = (190.0 - 6 * (columns - 1)) / columns;
    const struct letter_words wanted = {300, 420};
    for (int i = 0; i < columns; i++) {
        unsigned words;
        SCOPED(scope_free) char *text = letter_compose(chance, o->affair, &wanted, &words);
        struct setting setting = {width, 255, 1.05, true};
        if (text)
            canvas_paragraph(o->canvas, (struct spot){10 + i * (width + 6), 26}, &setting, &type,
                             text);
    }
    snprintf(o->page->note, sizeof o->page->note, "notice");
}

void other_draw(struct page *page, struct canvas *canvas)
{
    struct chance chance = chance_of(page->seed, 0);
    struct other other = {page, canvas, &chance, page->affair};
    switch (page->variant) {
    case OTHER_PRESCRIPTION:
        draw_prescription(&other);
        break;
    case OTHER_RECEIPT:
        draw_receipt(&other);
        break;
    case OTHER_WAGE_CERTIFICATE:
        draw_plain_form(&other, &plain_forms[0]);
        break;
    case OTHER_DOCTOR_CHOICE:
        draw_plain_form(&other, &plain_forms[1]);
        break;
    case OTHER_TRANSPORT:
        draw_plain_form(&other, &plain_forms[2 + chance_below(&chance, 2)]);
        break;
    case OTHER_BANK_DETAILS:
        draw_bank_details(&other);
        break;
    case OTHER_INVOICE:
        draw_invoice(&other);
        break;
    default:
        draw_notice(&other);
    }
}
