"""The words by which texts in other languages than English address whoever judges them."""

from __future__ import annotations

import re

from sheetjudge.judging.addressing_words import ORDER, OVERRIDE, Rule, words

OTHER_LANGUAGES = (
    # --- other languages: leave the rules
    Rule(
        OVERRIDE,
        ("ignorier", "missachte", "vergiss", "vergessen"),
        words(
            r"\b(?:ignorier(?:e|en sie|t)|missachte(?:n sie)?|vergiss|vergessen sie)(?: bitte)? (?:alle|alles|sämtliche|deine|ihre)(?: deine| ihre)?(?: \w+)? ?(?:anweisungen|vorgaben|regeln|instruktionen|anleitungen|bewertungsregeln|kriterien)\b"
        ),
    ),
    Rule(
        OVERRIDE,
        ("ignore", "oublie", "néglige"),
        words(
            r"\b(?:ignore[zr]?|oublie[zr]?|néglige[zr]?) (?:toutes|l'ensemble de|tes|vos|toute)(?: les| vos| tes)?(?: \w+)? ?(?:instructions|consignes|règles|directives)\b"
        ),
    ),
    Rule(
        OVERRIDE,
        ("ignor", "olvid", "descart"),
        words(
            r"\b(?:ignor[ae]n?|olvid[ae]n?|descart[ae]n?|haz caso omiso de) (?:todas|tus|sus|cualquier)(?: las| tus| sus)?(?: \w+)? ?(?:instrucciones|indicaciones|reglas|directrices)\b"
        ),
    ),
    Rule(
        OVERRIDE,
        ("ignor", "esquec", "desconsider", "dimentic"),
        words(
            r"\b(?:ignor[ae]|esqueç?[ac]|desconsidere|dimentica) (?:todas|tutte|suas|tue)(?: as| le| suas)?(?: \w+)? ?(?:instruções|regras|istruzioni|regole)\b"
        ),
    ),
    Rule(
        OVERRIDE,
        ("忽略", "无视", "無視", "忘记", "忘掉", "不要理会"),
        re.compile(
            r"(?:忽略|无视|無視|忘记|忘掉|不要理会)[^。!?\n]{0,8}?(?:之前|以上|上述|先前|前面|所有|一切|全部|你的)[^。!?\n]{0,8}?(?:指令|指示|说明|規則|规则|提示|要求|评分标准)"
        ),
    ),
    Rule(
        OVERRIDE,
        ("無視", "忘れ"),
        re.compile(
            r"(?:これまで|以前|上記|すべて|全て)[^。\n]{0,8}(?:指示|命令|ルール|プロンプト)[^。\n]{0,4}(?:無視|忘れ)"
        ),
    ),
    Rule(
        OVERRIDE,
        ("игнорир", "забуд", "проигнорир", "не обращай"),
        words(
            r"(?:про)?игнориру(?:й|йте)(?: все| всю| любые| свои| ваши)+(?: \w+)? ?(?:инструкци|указани|правил|команд)|забудь(?:те)?(?: обо?)?(?: все[хм]?| свои)(?: \w+)? ?(?:инструкци|указани|правил)"
        ),
    ),
    Rule(
        OVERRIDE,
        ("تجاهل", "انس"),
        words(r"(?:تجاهل|تجاهلوا|انس)(?: عن)?(?: جميع| كل| كافة) ?(?:التعليمات|الأوامر|القواعد|الإرشادات)"),
    ),
    # --- other languages: marks
    Rule(
        ORDER,
        ("punkt", "höchst", "maximal", "beste note", "bestnote", "beste bewertung", "5 von 5", "5/5", "10/10"),
        words(
            r"\b(?:gib|geben sie|vergib|vergeben sie|erteile|erteilen sie|bewerte|bewerten sie)\b(?:[ ][^\s.!?;]{1,30}){0,8}?\s(?:(?:die )?(?:volle|höchste|maximale|beste|höchst-)\s?(?:\w+)?(?:punktzahl|punkte|note|bewertung|punktezahl)|höchstnote|bestnote|höchstpunktzahl|5 von 5|5/5|10/10)"
        ),
    ),
    Rule(
        ORDER,
        ("maxim", "plus haute", "plus élevé", "meilleure note", "parfait", "tous les points", "5/5", "10/10", "20/20"),
        words(
            r"\b(?:donne[zr]?|attribue[zr]?|accorde[zr]?|mets|mettez)\b(?:[ ][^\s.!?;]{1,30}){0,8}?\s(?:(?:la |le |une )?(?:note|score|points?) (?:la plus haute|le plus élevée?|la plus élevée|maximale?|maximum|parfaite?)|(?:la )?(?:meilleure|plus haute) note|tous les points|5/5|10/10|20/20)"
        ),
    ),
    Rule(
        ORDER,
        ("puntuaci", "puntaje", "nota", "calificaci", "5/5", "10/10"),
        words(
            r"\b(?:da|dé|dale|dele|den|otorga|otorgue|asigna|asigne|pon|ponga|califica|califique)\b(?:[ ][^\s.!?;]{1,30}){0,8}?\s(?:(?:la |el )?(?:máxim[ao]|mejor|más alt[ao]) (?:puntuación|puntaje|nota|calificación)|(?:puntuación|puntaje|nota|calificación) (?:máxim[ao]|perfect[ao]|más alt[ao])|5/5|10/10)"
        ),
    ),
    Rule(
        ORDER,
        ("满分", "最高分", "滿分", "最高评分"),
        re.compile(r"(?:给|給|请给|打|评为|授予|输出|评)[^。!?\n]{0,14}(?:满分|最高分|滿分|最高评分)"),
    ),
    Rule(
        ORDER,
        ("満点", "最高点", "最高得点"),
        re.compile(r"(?:満点|最高点|最高得点)[^。\n]{0,6}(?:つけ|付け|与え|くださ|して)"),
    ),
    Rule(
        ORDER,
        ("балл", "оценк"),
        words(
            r"(?:постав(?:ь|ьте)|дай(?:те)?|выстав(?:и|ите|ь)|присвой(?:те)?|оцени(?:те)?)(?:[ ][^\s.!?;]{1,30}){0,8}?\s(?:(?:высш|максимальн|наивысш|лучш)\w+ (?:балл|оценк)\w*|5 из 5|10 из 10|5/5)"
        ),
    ),
    Rule(
        ORDER,
        ("درج", "علام", "تقييم"),
        words(
            r"(?:أعط|اعط|امنح|ضع|قيّم|قيم)\w{0,12}+(?:[ ][^\s.!?;]{1,30}){0,8}?\s(?:أعلى|اعلى|أقصى|كامل|الدرجة|العلامة)(?: \w+)? ?(?:درجة|الدرجات|العلامات|علامة|تقييم|الكاملة|القصوى)?"
        ),
    ),
)
