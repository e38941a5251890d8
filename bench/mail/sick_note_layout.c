/*
 * Places measured on the official blank (210 mm wide), words as printed there; volet 3 after its
 * description in the rules (to the employer, without medical data).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/sick_note_layout.h"

const struct form_inks SICK_NOTE_INKS = {.tones = {[TONE_DARK] = {0.718, 0.478, 0.165, 1},
                                                   [TONE_MID] = {0.831, 0.694, 0.502, 1},
                                                   [TONE_LIGHT] = {0.925, 0.878, 0.816, 1},
                                                   [TONE_WHITE] = {1, 1, 1, 1},
                                                   [TONE_TITLE] = {0.831, 0.694, 0.502, 1}},
                                         .serif = "Liberation Serif",
                                         .sans = "Liberation Sans"};

#define BAND(x, y, w, h, tone)                                                                     \
    {                                                                                              \
        FORM_BAND, x, y, w, h, tone, 0, NULL                                                       \
    }
#define FRAME(x, y, w, h)                                                                          \
    {                                                                                              \
        FORM_FRAME, x, y, w, h, TONE_LIGHT, 0, NULL                                                \
    }
#define WORDS(x, y, w, face, text)                                                                 \
    {                                                                                              \
        FORM_TEXT, x, y, w, 0, TONE_DARK, face, text                                               \
    }
#define LIGHT_WORDS(x, y, w, face, text)                                                           \
    {                                                                                              \
        FORM_TEXT, x, y, w, 0, TONE_WHITE, face, text                                              \
    }
#define TRAY(x, y, w, h, groups)                                                                   \
    {                                                                                              \
        FORM_TRAY, x, y, w, h, TONE_LIGHT, 0, groups                                               \
    }
#define BOX(x, y)                                                                                  \
    {                                                                                              \
        FORM_BOX, x, y, 4.1, 4.1, TONE_DARK, 0, NULL                                               \
    }
#define NUMBER(x, y, digit)                                                                        \
    {                                                                                              \
        FORM_OVAL, x, y, 2.7, 2.7, TONE_DARK, 0, digit                                             \
    }
#define A FACE_SANS
#define AB FACE_SANS_BOLD
#define AI FACE_SANS_ITALIC
#define ABI FACE_SANS_BOLD_ITALIC
#define SI FACE_SERIF_ITALIC
#define SBI FACE_SERIF_BOLD_ITALIC

static const struct form_item common[] = {
    {FORM_OVAL, 13.1, 2.9, 16.8, 6.5, TONE_DARK, 0, "cerfa"},
    WORDS(12.6, 14.5, 18.7, AB, "n°10170*06"),
    WORDS(12.7, 19.2, 17.3, AB, "PRN-PRE"),
    {FORM_TEXT, 49.1, 8.1, 41.2, 0, TONE_TITLE, AB, "avis d'arrêt"},
    {FORM_TEXT, 52.7, 15.5, 33.7, 0, TONE_TITLE, AB, "de travail"},
    BOX(106.9, 9.9),
    WORDS(113.3, 14.0, 7.9, A, "initial"),
    BOX(127.3, 9.9),
    WORDS(133.4, 14.9, 28.0, A, "de prolongation (*)"),
    BAND(10.0, 28.1, 190.0, 3.9, TONE_DARK),
    LIGHT_WORDS(76.6, 31.9, 21.2, AB, "l'assuré(e)"),
    LIGHT_WORDS(100.2, 31.6, 45.0, SI, "(voir la notice à destination du patient)"),
    FRAME(9.9, 32.6, 190.1, 5.6),
    WORDS(11.0, 37.2, 39.0, A, "numéro d'immatriculation"),
    TRAY(59.7, 33.6, 66.2, 4.2, "122233"),
    TRAY(129.1, 33.6, 10.0, 4.2, "2"),
    FRAME(9.9, 38.9, 190.1, 5.8),
    WORDS(11.0, 43.9, 23.5, A, "nom et prénom"),
    WORDS(11.0, 47.5, 66.2, SI,
          "(nom de famille - de naissance -, suivi, s'il y a lieu, du nom d'usage)"),
    FRAME(9.9, 49.0, 190.1, 6.0),
    WORDS(11.0, 54.3, 57.5, A, "code de l'organisme de rattachement"),
    WORDS(70.1, 53.6, 37.1, SI, "(voir votre attestation papier Vitale)"),
    TRAY(123.7, 50.2, 45.7, 4.0, "9"),
    FRAME(9.9, 55.5, 190.1, 6.1),
    WORDS(11.0, 60.7, 56.9, A, "adresse où le malade peut être visité"),
    WORDS(69.6, 59.8, 47.0, SI, "(si différente de votre adresse habituelle) (1) :"),
    FRAME(9.9, 62.1, 190.1, 6.1),
    WORDS(11.0, 67.4, 17.9, A, "code postal"),
    TRAY(31.8, 64.0, 25.3, 3.7, "23"),
    WORDS(61.8, 66.7, 6.0, A, "ville"),
    WORDS(134.9, 67.2, 19.5, A, "n° téléphone :"),
    FRAME(9.9, 68.8, 190.1, 5.6),
    WORDS(11.0, 73.4, 15.2, A, "bâtiment :"),
    WORDS(35.6, 73.4, 13.9, A, "escalier :"),
    WORDS(59.4, 74.1, 10.5, A, "étage :"),
    WORDS(79.4, 74.0, 21.3, A, "appartement :"),
    WORDS(114.8, 73.4, 46.2, A, "code d'accès de la résidence :"),
    WORDS(11.1, 77.8, 135.2, SBI,
          "(1) l'accord préalable de votre caisse est OBLIGATOIRE si cette adresse se situe hors "
          "de votre département de résidence"),
    FRAME(9.9, 79.1, 190.1, 10.7),
    WORDS(11.1, 83.4, 24.4, AB, "activité salariée"),
    BOX(37.7, 79.6),
    WORDS(51.8, 83.4, 21.2, AB, "fonctionnaire"),
    BOX(74.9, 79.6),
    WORDS(89.2, 84.1, 39.4, AB, "profession indépendante"),
    BOX(130.9, 79.8),
    WORDS(144.1, 84.1, 45.4, AB, "activité non salariée agricole"),
    BOX(191.3, 79.8),
    WORDS(11.0, 89.1, 20.1, AB, "sans emploi"),
    BOX(32.9, 85.2),
    WORDS(39.6, 88.9, 36.3, A, "date de cessation d'activité"),
    TRAY(79.0, 85.2, 40.6, 4.2, "224"),
    WORDS(121.5, 89.0, 30.9, A, "précisez votre situation"),
    WORDS(153.9, 88.6, 13.2, SI, "(voir notice"),
    NUMBER(168.0, 86.0, "1"),
    FRAME(172.8, 85.6, 26.5, 3.4),
    FRAME(9.9, 91.1, 190.1, 15.4),
    WORDS(11.5, 95.4, 79.0, A, "l'arrêt prescrit fait-il suite à un accident causé par un tiers ?"),
    WORDS(91.2, 95.2, 13.2, SI, "(voir notice"),
    NUMBER(105.4, 92.4, "2"),
    WORDS(110.3, 94.8, 6.0, A, ": oui"),
    BOX(117.3, 91.8),
    WORDS(127.7, 94.9, 6.0, A, "date"),
    TRAY(135.4, 91.9, 41.2, 3.8, "224"),
    WORDS(181.2, 94.9, 5.4, A, "non"),
    BOX(189.6, 91.4),
    WORDS(11.4, 100.4, 66.2, A, "l'arrêt prescrit fait-il suite à une cure thermale ?"),
    WORDS(151.8, 100.0, 4.2, A, "oui"),
    BOX(158.2, 96.4),
    WORDS(181.4, 100.0, 5.4, A, "non"),
    BOX(189.7, 96.6),
    WORDS(11.3, 105.5, 133.4, A,
          "l'arrêt prescrit est-il en rapport avec l'affection pour laquelle vous êtes "
          "pensionné(e) de guerre ?"),
    WORDS(151.6, 105.2, 4.1, A, "oui"),
    BOX(158.2, 101.6),
    WORDS(181.7, 105.2, 5.4, A, "non"),
    BOX(189.6, 101.6),
    FRAME(9.9, 107.3, 190.1, 19.1),
    WORDS(11.2, 110.8, 180.4, A,
          "(*) si la prolongation de l'arrêt est prescrite par un médecin autre que le médecin "
          "traitant ou le médecin qui a prescrit l'arrêt initial,"),
    WORDS(16.0, 114.1, 43.6, A, "cochez la case correspondante"),
    WORDS(60.8, 113.6, 13.0, SI, "(voir notice"),
    NUMBER(74.6, 111.0, "3"),
    WORDS(15.9, 117.8, 43.9, A, "médecin remplaçant le médecin traitant"),
    WORDS(15.9, 120.5, 35.9, A, "ou le médecin prescripteur initial"),
    BOX(62.6, 115.4),
    WORDS(93.7, 117.9, 31.8, A, "médecin spécialiste consulté"),
    WORDS(93.7, 120.2, 37.8, A, "à la demande du médecin traitant"),
    BOX(134.7, 115.6),
    WORDS(165.1, 117.5, 20.1, A, "à l'occasion d'une"),
    WORDS(165.2, 120.6, 15.5, A, "hospitalisation"),
    BOX(188.5, 115.8),
    WORDS(16.1, 125.0, 11.7, A, "autre cas"),
    BOX(29.8, 121.4),
    WORDS(38.0, 125.6, 36.6, A, "précisez et indiquez le motif :"),
    BAND(10.0, 126.9, 190.0, 3.8, TONE_DARK),
    LIGHT_WORDS(93.4, 131.0, 23.3, AB, "l'employeur"),
    FRAME(9.9, 131.2, 190.1, 6.3),
    WORDS(11.2, 136.0, 59.4, A, "nom, prénom ou dénomination sociale"),
    WORDS(134.9, 134.2, 19.5, A, "n° téléphone :"),
    WORDS(134.9, 137.1, 9.6, A, "e.mail :"),
    FRAME(9.9, 138.0, 190.1, 6.3),
    WORDS(11.1, 142.6, 12.2, A, "adresse"),
    BAND(10.0, 145.0, 190.0, 3.9, TONE_DARK),
    LIGHT_WORDS(60.2, 148.7, 59.4, AB, "les renseignements médicaux"),
    LIGHT_WORDS(121.7, 148.6, 47.6, SI, "(voir la notice à destination du praticien)"),
    FRAME(10.2, 149.4, 190.1, 6.1),
    WORDS(11.0, 154.5, 89.2, A, "je, soussigné(e), certifie avoir examiné (nom et prénom) :"),
    FRAME(10.2, 156.0, 190.1, 49.7),
    {FORM_OVAL, 11.5, 162.3, 1.1, 1.1, TONE_DARK, 0, ""},
    WORDS(14.2, 164.4, 54.0, A, "et prescrit un arrêt de travail jusqu'au"),
    BAND(70.2, 157.0, 0.5, 11.0, TONE_DARK),
    BAND(187.0, 157.0, 0.5, 11.0, TONE_DARK),
    WORDS(73.2, 159.0, 21.7, SBI, "- en toutes lettres :"),
    WORDS(74.5, 162.2, 30.2, SBI, "(à compléter obligatoirement)"),
    WORDS(79.0, 164.7, 3.4, AB, "et"),
    WORDS(73.2, 168.6, 14.7, SBI, "- en chiffres"),
    TRAY(92.9, 164.8, 40.9, 3.6, "224"),
    WORDS(189.8, 163.4, 8.6, A, "inclus"),
    WORDS(11.7, 191.1, 26.2, A, "sorties autorisées:"),
    WORDS(43.4, 190.6, 4.1, A, "oui"),
    BOX(50.2, 187.3),
    WORDS(59.5, 191.3, 14.6, A, "à partir du"),
    TRAY(77.9, 187.6, 40.9, 3.6, "224"),
    WORDS(129.3, 190.6, 5.4, A, "non"),
    BOX(137.0, 187.3),
    WORDS(11.5, 195.3, 114.0, SI,
          "(l'assuré(e) doit être présent(e) à son domicile entre 9 et 11 heures et entre 14 et 16 "
          "heures. Voir notice"),
    NUMBER(126.2, 192.4, "3"),
    WORDS(11.9, 200.1, 138.3, A,
          "par exception, pour raison médicale dûment justifiée, sorties autorisées sans "
          "restriction d'horaire :"),
    WORDS(12.0, 204.3, 5.0, A, "non"),
    BOX(19.8, 200.7),
    WORDS(30.1, 204.3, 4.1, A, "oui"),
    BOX(37.3, 200.8),
    WORDS(46.7, 204.8, 14.6, A, "à partir du"),
    TRAY(65.1, 201.0, 40.9, 3.6, "224"),
    WORDS(108.0, 204.2, 13.2, SI, "(voir notice"),
    NUMBER(121.8, 201.6, "4"),
    FRAME(9.9, 207.0, 190.1, 18.0),
    {FORM_OVAL, 11.2, 209.9, 1.1, 1.1, TONE_DARK, 0, ""},
    WORDS(14.2, 211.7, 73.0, A, "et prescrit un temps partiel pour raison médicale du"),
    TRAY(88.7, 207.8, 40.9, 3.6, "224"),
    WORDS(132.6, 211.0, 3.8, A, "au"),
    TRAY(139.5, 207.9, 40.9, 3.6, "224"),
    WORDS(11.9, 214.9, 13.2, SI, "(voir notice"),
    NUMBER(25.8, 212.2, "5"),
    BAND(10.0, 244.9, 190.0, 1.0, TONE_DARK),
    FRAME(8.9, 247.1, 85.0, 21.1),
    FRAME(97.4, 247.3, 102.0, 21.1),
    WORDS(32.6, 251.1, 38.4, A, "identification du praticien"),
    WORDS(40.4, 254.2, 23.1, AB, "(nom et prénom)"),
    WORDS(130.1, 250.2, 42.6, A, "identification de la structure"),
    WORDS(106.7, 253.8, 85.1, AB, "(raison sociale et adresse du cabinet ou de l'établissement)"),
    WORDS(11.0, 266.6, 14.6, A, "identifiant"),
    TRAY(34.4, 262.9, 56.3, 3.9, "56"),
    WORDS(98.6, 264.0, 25.6, A, "n° de la structure"),
    WORDS(98.5, 267.6, 27.1, SI, "(AM, FINESS ou SIRET)"),
    TRAY(126.9, 262.9, 71.9, 3.9, "941"),
    WORDS(11.1, 274.1, 6.6, A, "date"),
    TRAY(20.2, 270.8, 40.7, 3.6, "224"),
    WORDS(66.4, 275.0, 33.5, A, "signature du praticien"),
    WORDS(166.4, 284.2, 33.5, AB, "PRN-PRE S3116h"),
    WORDS(9.9, 288.8, 188.2, A,
          "La loi 78.17 du 6.1.78 modifiée relative à l'informatique, aux fichiers et aux libertés "
          "s'applique aux réponses faites sur ce formulaire. Elle garantit un droit d'accès et de "
          "rectification pour les données"),
    WORDS(9.7, 291.0, 16.8, A, "vous concernant."),
    WORDS(9.7, 293.5, 188.5, A,
          "Quiconque se rend coupable de fraude ou de fausse déclaration est passible de pénalités "
          "financières, d'amende et/ou d'emprisonnement (articles 313-1 à 313-3, 433-19, 441-1 et "
          "suivants du Code pénal et"),
    WORDS(9.7, 295.9, 47.2, A, "article L. 114-17-1 du Code de la sécurité sociale)."),
};

static const struct form_item to_the_fund[] = {
    WORDS(16.9, 24.8, 174.6, AB,
          "à adresser, dans les deux jours, à l'organisme d'assurance maladie, à l'aide de "
          "l'enveloppe M. le Médecin-Conseil"),
    WORDS(10.1, 28.0, 190.0, A,
          "(art. L.162-4-1-1er al., L.162-4-4, L.315-2, L.321-1-5ème al., L. 323-6, L. 376-1, L. "
          "613-20, R. 321-2, R. 323-11-1, D. 323-2, D. 613-19, D. 613-23 du Code de la sécurité "
          "sociale, L. 732-4 et 762-18-1 du Code rural et de la pêche maritime)"),
    WORDS(11.3, 174.9, 19.2, A, "sans rapport*"),
    BOX(33.1, 170.8),
    WORDS(41.0, 174.9, 16.9, A, "en rapport*"),
    BOX(59.3, 170.8),
    WORDS(65.6, 174.9, 50.6, A, "avec une affection de longue durée"),
    WORDS(117.8, 174.5, 13.2, SI, "(voir notice"),
    NUMBER(131.8, 171.8, "1"),
    WORDS(11.3, 180.6, 19.2, A, "sans rapport*"),
    BOX(33.1, 176.5),
    WORDS(41.0, 180.6, 16.9, A, "en rapport*"),
    BOX(59.3, 176.5),
    WORDS(65.6, 180.6, 72.6, A, "avec un état pathologique résultant de la grossesse"),
    WORDS(139.6, 180.2, 13.2, SI, "(voir notice"),
    NUMBER(153.6, 177.4, "2"),
    WORDS(11.5, 184.5, 85.4, ABI,
          "* sur chaque ligne, une des deux cases doit être obligatoirement cochée"),
    BAND(13.4, 184.6, 83.7, 0.4, TONE_DARK),
    WORDS(11.2, 220.0, 21.6, AB, "sans rapport**"),
    BOX(33.1, 215.9),
    WORDS(40.2, 220.0, 18.9, AB, "en rapport**"),
    BOX(59.3, 215.9),
    WORDS(66.7, 220.0, 50.6, A, "avec une affection de longue durée"),
    WORDS(117.8, 219.4, 13.2, SI, "(voir notice"),
    NUMBER(131.8, 216.8, "1"),
    WORDS(11.2, 223.6, 64.8, ABI, "**une des deux cases doit être obligatoirement cochée"),
    BAND(13.4, 223.7, 62.4, 0.4, TONE_DARK),
};

static const struct form_item volet_1[] = {
    WORDS(166.9, 8.6, 33.5, AB, "volet 1, à adresser"),
    WORDS(167.4, 11.8, 32.6, AB, "au service médical"),
    WORDS(71.4, 229.4, 47.8, AB, "éléments d'ordre médical"),
    WORDS(120.8, 229.0, 13.2, SI, "(voir notice"),
    NUMBER(134.8, 226.2, "6"),
    FRAME(9.9, 230.0, 190.1, 14.9),
    WORDS(10.4, 234.6, 45.4, AB, "Codification du motif médical"),
    TRAY(57.8, 231.0, 15.2, 4.4, "12"),
    WORDS(77.7, 234.1, 48.6, AB, "OU éléments en toutes lettres :"),
};

static const struct form_item volet_2[] = {
    WORDS(167.6, 8.6, 33.5, AB, "volet 2, à adresser"),
    WORDS(168.0, 11.8, 32.6, AB, "au service médical"),
    WORDS(174.0, 15.2, 19.0, A, "(qui le remettra"),
    WORDS(168.0, 18.6, 34.0, A, "aux services administratifs)"),
};

static const struct form_item volet_3[] = {
    WORDS(167.6, 8.6, 33.5, AB, "volet 3, à adresser"),
    WORDS(172.0, 11.8, 25.0, AB, "à l'employeur"),
    WORDS(169.0, 15.2, 31.0, A, "(salarié(e) sans emploi :"),
    WORDS(173.0, 18.6, 23.0, A, "à France Travail)"),
    WORDS(30.0, 24.8, 148.0, AB,
          "à adresser, dans les deux jours, à votre employeur ou à France Travail si vous êtes "
          "sans emploi"),
    WORDS(10.1, 28.0, 190.0, A,
          "(art. L.162-4-1-1er al., L.162-4-4, L.315-2, L.321-1-5ème al., L. 323-6, L. 376-1, L. "
          "613-20, R. 321-2, R. 323-11-1, D. 323-2, D. 613-19, D. 613-23 du Code de la sécurité "
          "sociale, L. 732-4 et 762-18-1 du Code rural et de la pêche maritime)"),
    WORDS(11.3, 175.2, 96.0, AI,
          "les éléments d'ordre médical ne figurent pas sur le présent volet"),
};

#define ITEMS(array)                                                                               \
    {                                                                                              \
        array, sizeof(array) / sizeof *(array)                                                     \
    }
const struct form_items SICK_NOTE_COMMON = ITEMS(common);
const struct form_items SICK_NOTE_MEDICAL = ITEMS(to_the_fund);
const struct form_items SICK_NOTE_VOLET[SICK_NOTE_VOLETS] = {ITEMS(volet_1), ITEMS(volet_2),
                                                             ITEMS(volet_3)};
