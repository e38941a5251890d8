/*
 * Places measured on the official blank (210 mm wide), words as printed there.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/care_form_layout.h"

const struct form_inks CARE_FORM_INKS = {.tones = {[TONE_DARK] = {0.804, 0.427, 0.098, 1},
                                                   [TONE_MID] = {0.918, 0.729, 0.573, 1},
                                                   [TONE_LIGHT] = {0.949, 0.824, 0.714, 1},
                                                   [TONE_WHITE] = {1, 1, 1, 1},
                                                   [TONE_TITLE] = {0.835, 0.553, 0.310, 1}},
                                         .serif = "Liberation Serif",
                                         .sans = "Liberation Sans"};

#define BAND(x, y, w, h, tone)                                                                     \
    {                                                                                              \
        FORM_BAND, x, y, w, h, tone, 0, NULL                                                       \
    }
#define WORDS(x, y, w, face, text)                                                                 \
    {                                                                                              \
        FORM_TEXT, x, y, w, 0, TONE_DARK, face, text                                               \
    }
#define LIGHT_WORDS(x, y, w, face, text)                                                           \
    {                                                                                              \
        FORM_TEXT, x, y, w, 0, TONE_WHITE, face, text                                              \
    }
#define COMB(x, y, w, h, groups)                                                                   \
    {                                                                                              \
        FORM_COMB, x, y, w, h, TONE_WHITE, 0, groups                                               \
    }
#define S FACE_SERIF
#define SB FACE_SERIF_BOLD
#define SI FACE_SERIF_ITALIC
#define SBI FACE_SERIF_BOLD_ITALIC
#define A FACE_SANS

#define ACT_ROW(y, h)                                                                              \
    BAND(10.9, y, 30.2, h, TONE_LIGHT), BAND(41.6, y, 34.8, h, TONE_LIGHT),                        \
        BAND(77.0, y, 5.1, h, TONE_LIGHT), BAND(82.4, y, 10.0, h, TONE_LIGHT),                     \
        BAND(92.8, y, 15.8, h, TONE_LIGHT), BAND(108.9, y, 15.5, h, TONE_LIGHT),                   \
        BAND(124.7, y, 29.1, h, TONE_LIGHT), BAND(154.1, y, 7.0, h, TONE_LIGHT),                   \
        BAND(161.4, y, 9.3, h, TONE_LIGHT), BAND(171.3, y, 9.3, h, TONE_LIGHT),                    \
        BAND(180.9, y, 19.4, h, TONE_LIGHT),                                                       \
        {FORM_COMB, 11.2, (y) + (h)-3.6, 29.8, 3.4, TONE_WHITE, 0, "224:JJMMAAAA"},                \
        COMB(45.3, (y) + (h)-3.4, 26.5, 3.2, "7"), COMB(134.5, (y) + (h)-3.4, 14.7, 3.2, "3"),     \
        COMB(171.3, (y) + (h)-2.4, 9.3, 2.2, "2"), COMB(185.8, (y) + (h)-3.4, 9.8, 3.2, "2")

const struct form_item CARE_FORM_ITEMS[] = {
    {FORM_OVAL, 12.0, 6.1, 12.8, 6.4, TONE_DARK, 0, "cerfa"},
    WORDS(12.4, 16.9, 17.4, A, "N° 12541*02"),
    {FORM_TEXT, 65.0, 11.4, 73.5, 0, TONE_TITLE, SB, "feuille de soins - médecin"},
    WORDS(72.0, 15.8, 57.4, A, "Art. R. 161-40 et suivants du Code de la sécurité sociale"),
    WORDS(59.3, 18.9, 84.6, A,
          "Art. L. 115 du Code des pensions militaires d'invalidité et des victimes de la guerre"),
    WORDS(156.6, 8.0, 22.6, S, "numéro de facture"),
    WORDS(180.4, 8.0, 11.2, SI, "(facultatif)"),
    BAND(156.3, 8.7, 44.0, 4.9, TONE_LIGHT),
    COMB(156.3, 8.7, 44.0, 4.9, "9"),
    WORDS(155.6, 18.9, 4.8, S, "date"),
    BAND(161.2, 15.0, 38.9, 3.9, TONE_LIGHT),
    COMB(161.2, 15.0, 38.9, 3.9, "224:JJMMAAAA"),

    BAND(10.9, 20.2, 189.4, 4.1, TONE_DARK),
    LIGHT_WORDS(65.0, 23.9, 81.8, SB, "PERSONNE RECEVANT LES SOINS ET ASSURE(E)"),
    WORDS(14.4, 28.0, 57.0, SB, "PERSONNE RECEVANT LES SOINS"),
    WORDS(73.9, 28.1, 90.8, SBI,
          "(la ligne \"nom et prénom\" est obligatoirement remplie par le médecin)"),
    BAND(10.9, 28.4, 189.4, 4.1, TONE_LIGHT),
    WORDS(12.1, 32.3, 18.1, S, "nom et prénom"),
    WORDS(11.4, 35.5, 88.2, SI,
          "(nom de famille (de naissance) suivi du nom d'usage (facultatif et s'il y a lieu))"),
    BAND(10.9, 36.0, 111.0, 4.9, TONE_LIGHT),
    BAND(124.5, 36.0, 9.7, 4.9, TONE_LIGHT),
    WORDS(12.1, 39.5, 32.0, S, "numéro d'immatriculation"),
    COMB(58.4, 36.0, 63.4, 4.9, "122233"),
    COMB(124.5, 36.0, 9.7, 4.9, "2"),
    BAND(156.3, 36.0, 44.0, 4.9, TONE_LIGHT),
    COMB(156.3, 36.0, 44.0, 4.9, "9"),
    BAND(10.9, 44.2, 86.5, 3.9, TONE_LIGHT),
    WORDS(12.2, 47.3, 21.4, S, "date de naissance"),
    COMB(58.4, 44.2, 38.9, 3.9, "224:JJMMAAAA"),
    WORDS(156.7, 44.3, 38.4, SI, "code de l'organisme de rattachement"),
    WORDS(156.8, 47.3, 38.6, SI, "en cas de dispense d'avance des frais"),
    WORDS(156.7, 50.2, 29.3, SI, "(à remplir par le médecin)"),
    WORDS(14.2, 53.0, 17.8, SB, "ASSURE(E)"),
    WORDS(33.0, 53.2, 72.7, SI,
          "(à remplir si la personne recevant les soins n'est pas l'assuré(e))"),
    BAND(10.9, 53.3, 189.4, 3.9, TONE_LIGHT),
    WORDS(12.1, 57.1, 18.1, S, "nom et prénom"),
    WORDS(11.4, 60.5, 88.2, SI,
          "(nom de famille (de naissance) suivi du nom d'usage (facultatif et s'il y a lieu))"),
    BAND(10.9, 61.2, 111.0, 4.9, TONE_LIGHT),
    BAND(124.5, 61.2, 9.7, 4.9, TONE_LIGHT),
    WORDS(12.2, 64.8, 32.1, S, "numéro d'immatriculation"),
    COMB(58.4, 61.2, 63.4, 4.9, "122233"),
    COMB(124.5, 61.2, 9.7, 4.9, "2"),
    WORDS(13.1, 70.0, 42.9, SB, "ADRESSE DE L'ASSURE(E)"),
    BAND(10.9, 70.3, 189.4, 3.9, TONE_LIGHT),

    BAND(10.9, 74.9, 189.4, 3.9, TONE_DARK),
    LIGHT_WORDS(30.8, 78.3, 52.6, SB, "IDENTIFICATION DU MEDECIN"),
    LIGHT_WORDS(121.0, 78.3, 62.5, SB, "IDENTIFICATION DE LA STRUCTURE"),
    BAND(103.5, 79.9, 0.5, 39.6, TONE_MID),
    BAND(105.0, 112.6, 95.5, 0.5, TONE_MID),
    WORDS(13.3, 106.7, 32.8, SB, "MEDECIN REMPLACANT"),
    BAND(10.9, 108.1, 91.7, 4.8, TONE_LIGHT),
    WORDS(11.7, 112.1, 18.2, S, "nom et prénom"),
    BAND(10.9, 114.7, 91.7, 4.8, TONE_LIGHT),
    WORDS(11.9, 118.6, 12.2, S, "identifiant"),
    COMB(56.5, 114.7, 41.5, 4.8, "9"),
    COMB(98.0, 114.7, 4.4, 4.8, "1"),
    BAND(105.0, 114.2, 95.5, 5.3, TONE_LIGHT),
    COMB(145.6, 114.2, 51.0, 5.3, "99"),
    WORDS(105.8, 116.9, 31.4, S, "dispositif de coordination"),
    WORDS(105.8, 119.3, 31.9, S, "de soins - réseau de santé"),

    BAND(10.9, 121.1, 189.4, 3.9, TONE_DARK),
    LIGHT_WORDS(64.6, 124.5, 79.0, SB, "CONDITIONS DE PRISE EN CHARGE DES SOINS"),
    BAND(10.9, 125.7, 120.1, 3.9, TONE_LIGHT),
    BAND(12.0, 125.7, 5.0, 3.9, TONE_WHITE),
    WORDS(19.4, 129.3, 14.6, SB, "MALADIE"),
    WORDS(35.5, 129.5, 93.9, SI,
          "(si exonération du ticket modérateur, cochez une case de la ligne suivante)"),
    BAND(132.2, 125.7, 0.4, 10.4, TONE_MID),
    BAND(133.9, 125.7, 66.4, 10.4, TONE_LIGHT),
    BAND(135.0, 125.9, 4.9, 3.7, TONE_WHITE),
    WORDS(142.7, 129.6, 52.7, SB, "SOINS dispensés au titre de l'art. L. 115"),
    WORDS(142.9, 132.5, 51.5, SI, "(cf. la notice au verso : § précédé de \"*\""),
    WORDS(143.2, 135.9, 45.7, SI, "et les recommandations importantes)"),
    BAND(17.0, 132.2, 113.8, 3.9, TONE_LIGHT),
    BAND(57.9, 132.2, 5.0, 3.9, TONE_WHITE),
    BAND(101.1, 132.2, 4.9, 3.9, TONE_WHITE),
    BAND(124.7, 132.2, 4.8, 3.9, TONE_WHITE),
    WORDS(19.3, 136.0, 36.4, SB, "acte conforme au protocole ALD"),
    WORDS(75.0, 135.8, 24.1, SB, "action de prévention"),
    WORDS(116.6, 135.1, 6.1, SB, "autre"),
    BAND(17.0, 138.6, 183.3, 4.1, TONE_LIGHT),
    BAND(66.8, 138.6, 5.1, 4.1, TONE_WHITE),
    BAND(88.9, 138.6, 4.9, 4.1, TONE_WHITE),
    COMB(114.9, 138.6, 39.0, 4.1, "224:JJMMAAAA"),
    WORDS(19.3, 142.3, 33.5, SB, "accident causé par un tiers :"),
    WORDS(60.3, 141.7, 4.2, SB, "non"),
    WORDS(83.3, 141.9, 3.4, SB, "oui"),
    WORDS(107.2, 141.8, 4.8, SB, "date"),
    BAND(10.9, 145.8, 189.4, 3.9, TONE_LIGHT),
    BAND(12.0, 145.8, 5.0, 3.9, TONE_WHITE),
    WORDS(19.4, 149.0, 18.6, SB, "MATERNITE"),
    WORDS(80.1, 149.2, 77.1, SB, "date présumée de début de grossesse ou date d'accouchement"),
    COMB(161.2, 145.8, 39.0, 3.9, "224:JJMMAAAA"),
    BAND(10.9, 152.7, 189.4, 3.9, TONE_LIGHT),
    BAND(12.0, 152.7, 5.0, 3.9, TONE_WHITE),
    WORDS(19.4, 156.3, 9.7, SB, "AT/MP"),
    WORDS(58.4, 155.9, 9.5, SB, "numéro"),
    COMB(70.6, 152.7, 44.1, 3.9, "111111111"),
    WORDS(132.2, 155.9, 3.1, SB, "ou"),
    WORDS(152.7, 155.9, 4.8, SB, "date"),
    COMB(161.2, 152.7, 39.0, 3.9, "224:JJMMAAAA"),
    BAND(10.9, 159.7, 189.4, 3.9, TONE_LIGHT),
    BAND(92.6, 159.7, 4.9, 3.9, TONE_WHITE),
    WORDS(11.7, 162.8, 78.3, SB, "si vous êtes le nouveau médecin traitant cochez cette case"),
    BAND(10.7, 166.3, 189.6, 10.0, TONE_LIGHT),
    WORDS(11.9, 169.6, 103.9, SB,
          "si le patient est envoyé par le médecin traitant, complétez la ligne ci-dessous"),
    WORDS(12.0, 173.0, 39.5, SB, "nom et prénom du médecin :"),
    WORDS(11.9, 176.4, 67.7, SI, "(s'il ne l'est pas, cochez une case de la ligne suivante)"),
    BAND(10.9, 178.9, 189.4, 3.9, TONE_LIGHT),
    BAND(40.6, 178.9, 5.1, 3.9, TONE_WHITE),
    BAND(63.4, 178.9, 4.9, 3.9, TONE_WHITE),
    BAND(107.2, 178.9, 4.9, 3.9, TONE_WHITE),
    BAND(152.9, 178.9, 5.1, 3.9, TONE_WHITE),
    BAND(194.7, 178.9, 4.8, 3.9, TONE_WHITE),
    WORDS(11.9, 182.6, 27.3, SB, "accès direct spécifique"),
    WORDS(52.2, 182.6, 9.6, SB, "urgence"),
    WORDS(75.2, 182.0, 30.4, SB, "hors résidence habituelle"),
    WORDS(118.9, 182.8, 32.4, SB, "médecin traitant remplacé"),
    WORDS(164.2, 182.0, 28.9, SB, "accès hors coordination"),

    BAND(10.9, 184.3, 189.4, 3.9, TONE_DARK),
    LIGHT_WORDS(87.7, 187.7, 32.4, SB, "ACTES EFFECTUES"),
    WORDS(22.2, 193.0, 120.5, SBI,
          "(si les actes sont soumis à la formalité de l'accord préalable, indiquez la date de la "
          "demande :"),
    BAND(144.1, 189.3, 38.9, 3.9, TONE_LIGHT),
    COMB(144.1, 189.3, 38.9, 3.9, "224:JJMMAAAA"),
    WORDS(183.3, 192.8, 0.7, SBI, ")"),
    BAND(10.9, 194.4, 30.2, 12.1, TONE_MID),
    BAND(41.6, 194.4, 34.8, 12.1, TONE_MID),
    BAND(77.0, 194.4, 5.1, 12.1, TONE_MID),
    BAND(82.4, 194.4, 10.0, 12.1, TONE_MID),
    BAND(92.8, 194.4, 31.6, 12.1, TONE_MID),
    BAND(124.7, 194.4, 29.1, 12.1, TONE_MID),
    BAND(154.1, 194.4, 7.0, 12.1, TONE_MID),
    BAND(161.4, 194.4, 38.9, 3.9, TONE_MID),
    BAND(161.4, 198.6, 9.3, 7.9, TONE_MID),
    BAND(171.3, 198.6, 9.3, 3.7, TONE_MID),
    BAND(180.9, 198.6, 19.4, 3.7, TONE_MID),
    BAND(171.3, 202.7, 9.3, 3.7, TONE_MID),
    BAND(180.9, 202.7, 19.4, 3.7, TONE_MID),
    WORDS(20.4, 200.0, 11.2, S, "dates des"),
    WORDS(23.2, 203.1, 5.9, S, "actes"),
    WORDS(53.0, 200.0, 11.9, S, "codes des"),
    WORDS(56.0, 203.1, 5.9, S, "actes"),
    {FORM_UPRIGHT, 80.4, 206.0, 10.8, 0, TONE_DARK, A, "activités"},
    WORDS(85.0, 197.2, 5.8, A, "C, CS"),
    WORDS(84.0, 199.5, 7.7, A, "CNPSY"),
    WORDS(85.2, 202.6, 5.4, A, "V, VS"),
    WORDS(84.0, 205.1, 7.8, A, "VNPSY"),
    WORDS(101.1, 197.1, 15.1, A, "autres actes"),
    WORDS(101.3, 200.3, 14.8, A, "(K, CsC, P...)"),
    WORDS(94.2, 202.9, 29.0, A, "éléments de tarification"),
    WORDS(104.6, 205.6, 8.2, A, "CCAM"),
    WORDS(132.0, 198.5, 14.9, S, "montant des"),
    WORDS(133.0, 201.6, 12.7, S, "honoraires"),
    WORDS(134.6, 204.6, 9.5, S, "facturés"),
    {FORM_OVAL, 148.8, 199.6, 3.0, 3.0, TONE_DARK, 0, "1"},
    {FORM_UPRIGHT, 158.8, 205.4, 9.4, 0, TONE_DARK, A, "dépass."},
    WORDS(168.2, 198.0, 25.5, A, "frais de déplacement"),
    WORDS(162.2, 201.4, 3.9, S, "I.D."),
    WORDS(164.8, 205.8, 5.0, S, "M.D."),
    WORDS(183.6, 201.6, 4.5, S, "I.K."),
    WORDS(172.8, 205.6, 6.4, A, "nbre"),
    WORDS(185.1, 205.6, 11.6, A, "montant"),
    {FORM_OVAL, 197.0, 202.9, 3.0, 3.0, TONE_DARK, 0, "3"},
    {FORM_OVAL, 166.6, 200.2, 3.0, 3.0, TONE_DARK, 0, "2"},
    ACT_ROW(206.9, 7.0),
    ACT_ROW(214.2, 7.8),
    ACT_ROW(222.4, 7.8),
    ACT_ROW(230.6, 7.8),

    BAND(10.9, 239.7, 189.4, 3.9, TONE_DARK),
    LIGHT_WORDS(91.1, 243.0, 18.1, SB, "PAIEMENT"),
    BAND(58.3, 244.8, 41.5, 7.0, TONE_MID),
    BAND(100.4, 244.8, 48.8, 7.0, TONE_LIGHT),
    WORDS(60.5, 247.9, 27.3, SB, "MONTANT TOTAL"),
    WORDS(60.5, 251.5, 22.0, SB, "en euros (1+2+3)"),
    {FORM_TRAY, 109.9, 246.4, 29.4, 4.0, TONE_WHITE, 0, "111111"},
    BAND(10.9, 253.5, 89.0, 5.6, TONE_LIGHT),
    BAND(100.2, 253.5, 100.1, 5.6, TONE_LIGHT),
    BAND(87.7, 254.6, 5.0, 3.6, TONE_WHITE),
    BAND(188.0, 254.6, 5.0, 3.6, TONE_WHITE),
    WORDS(11.8, 258.3, 52.5, S, "l'assuré(e) n'a pas payé la part obligatoire"),
    WORDS(102.9, 258.3, 59.0, S, "l'assuré(e) n'a pas payé la part complémentaire"),
    BAND(10.9, 260.8, 189.4, 13.1, TONE_LIGHT),
    BAND(39.6, 262.3, 46.3, 10.2, TONE_WHITE),
    BAND(113.0, 262.3, 46.5, 10.2, TONE_WHITE),
    BAND(188.0, 265.7, 5.0, 3.4, TONE_WHITE),
    WORDS(12.7, 265.9, 25.0, SB, "signature du médecin"),
    WORDS(12.7, 268.8, 16.0, SB, "ayant effectué"),
    WORDS(12.8, 271.6, 19.6, SB, "l'acte ou les actes"),
    WORDS(97.5, 267.4, 14.3, SB, "signature de"),
    WORDS(97.5, 270.4, 11.7, SB, "l'assuré(e)"),
    WORDS(171.3, 267.3, 14.4, SB, "impossibilité"),
    WORDS(171.4, 270.3, 10.6, SB, "de signer"),
    WORDS(10.9, 276.8, 189.4, A,
          "Quiconque se rend coupable de fraude ou de fausse déclaration est passible de pénalités "
          "financières, d'amende et/ou d'emprisonnement (articles 313-1, 441-1 et 441-6 du Code "
          "pénal, articles L. 114-13 et"),
    WORDS(11.0, 278.9, 39.4, A, "L. 162-1-14 du Code de la sécurité sociale)."),
    WORDS(10.9, 281.5, 181.4, A,
          "Les informations figurant sur cette feuille, y compris le détail des actes et des "
          "prestations servies, sont destinées à votre organisme d'assurance maladie aux fins de "
          "remboursement et de contrôle."),
    WORDS(10.8, 283.7, 189.8, A,
          "En application de la loi du 6 janvier 1978 modifiée, vous pouvez obtenir la "
          "communication des informations vous concernant et, le cas échéant, leur rectification "
          "en vous adressant auprès de votre organisme"),
    WORDS(10.9, 285.8, 19.1, A, "d'assurance maladie."),
    WORDS(160.7, 287.4, 21.4, SB, "FSM 01-2011"),
    {FORM_TEXT, 184.8, 288.0, 12.7, 0, TONE_DARK, FACE_SANS_BOLD, "S 3110j"},
};

const size_t CARE_FORM_ITEM_COUNT = sizeof CARE_FORM_ITEMS / sizeof *CARE_FORM_ITEMS;

/* Bottom edges of the four rows of acts. */
static const double row_bottoms[CARE_FORM_ACT_ROWS] = {213.9, 222.0, 230.2, 238.4};

struct area care_form_act_date(int row)
{
    return (struct area){11.2, row_bottoms[row] - 4.6, 29.8, 4.4};
}

struct area care_form_act_code(int row)
{
    return (struct area){45.3, row_bottoms[row] - 4.6, 26.5, 4.4};
}

struct area care_form_act_letter(int row)
{
    return (struct area){83.2, row_bottoms[row] - 5.2, 8.5, 4.0};
}

struct area care_form_act_fee(int row)
{
    return (struct area){129.6, row_bottoms[row] - 4.6, 24.4, 4.4};
}
