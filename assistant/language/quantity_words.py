"""The words of quantities: units, scales, measures, numbers and parts, in English, German and Chinese."""

from __future__ import annotations

DOLLARS = frozenset({"USD", "HKD", "TWD", "AUD", "CAD", "SGD", "NZD"})
PERCENT = frozenset({"%"})
UNITS: dict[str, frozenset[str]] = {
    "%": PERCENT,
    **dict.fromkeys(("percent", "per cent", "pct", "prozent", "percentage points", "percentage point"), PERCENT),
    **dict.fromkeys(("$", "dollars", "dollar"), DOLLARS),
    **dict.fromkeys(("usd", "us$", "us dollars", "u.s. dollars", "美元"), frozenset({"USD"})),
    **dict.fromkeys(("hk$", "hkd", "港元"), frozenset({"HKD"})),
    **dict.fromkeys(("s$", "sgd"), frozenset({"SGD"})),
    **dict.fromkeys(("c$", "cad"), frozenset({"CAD"})),
    **dict.fromkeys(("a$", "aud"), frozenset({"AUD"})),
    **dict.fromkeys(("nz$", "nzd"), frozenset({"NZD"})),
    **dict.fromkeys(("nt$", "twd"), frozenset({"TWD"})),
    **dict.fromkeys(("€", "eur", "euros", "euro", "欧元"), frozenset({"EUR"})),
    **dict.fromkeys(("£", "gbp", "pounds", "英镑"), frozenset({"GBP"})),
    "¥": frozenset({"CNY", "JPY"}),
    **dict.fromkeys(("cny", "rmb", "yuan", "renminbi", "人民币", "元"), frozenset({"CNY"})),
    **dict.fromkeys(("jpy", "yen", "日元"), frozenset({"JPY"})),
    **dict.fromkeys(("chf", "czk", "inr", "krw"), frozenset()),
}
SCALES: dict[str, int] = {
    **dict.fromkeys(("hundred", "百"), 2),
    **dict.fromkeys(("thousand", "tausend", "k", "千"), 3),
    **dict.fromkeys(("万", "萬"), 4),
    **dict.fromkeys(("million", "millions", "millionen", "mn", "mio", "m"), 6),
    **dict.fromkeys(("亿", "億"), 8),
    **dict.fromkeys(("billion", "billions", "milliarde", "milliarden", "mrd", "bn", "b"), 9),
    **dict.fromkeys(("trillion", "trillions", "billionen", "tn", "trn", "万亿", "萬億"), 12),
}
ONE_LETTER = {"k", "m", "b"}  # 5m may be five million or five metres: both readings are kept
ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
)
GERMAN = "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ENGLISH_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
WORDS = {word: number for language in (ENGLISH, GERMAN) for number, word in enumerate(language.split())}
TENS = {word: 10 * number for number, word in enumerate(ENGLISH_TENS.split(), start=2)}
ORDINALS = {word: number for number, word in enumerate(ENGLISH_ORDINALS.split(), start=1)}
MEASURES: dict[str, tuple[str, int]] = {}
"""A word -> what it measures, and how many of the smallest unit it is."""
for _measure, _per_unit, _words in (
    ("time", 1, "minute minutes"),
    ("time", 60, "hour hours"),
    ("time", 1440, "day days tage 天"),
    ("time", 10_080, "week weeks wochen"),
    ("time", 43_800, "month months monate monat"),
    ("time", 525_600, "year years jahre"),
    ("time", 5_256_000, "decade decades"),
    ("length", 1, "metre metres meter meters"),
    ("length", 1000, "km kilometre kilometres kilometer kilometers"),
    ("weight", 1, "tonne tonnes ton tons"),
    ("times", 1, "times fold mal"),
):
    MEASURES |= dict.fromkeys(_words.split(), (_measure, _per_unit))
PARTS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5,
         "sixth": 6, "sixths": 6, "tenth": 10, "tenths": 10}  # fmt: skip
MULTIPLES = {"twice": 2, "double": 2, "doubled": 2, "doubles": 2, "doubling": 2, "thrice": 3, "triple": 3, "tripled": 3,
             "trebled": 3, "quadrupled": 4, "quintupled": 5}  # fmt: skip
CHINESE_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
PEOPLE = frozenset(
    "people persons workers employees staff residents inhabitants citizens members soldiers troops men women children "
    "students pupils patients passengers visitors users voters guests civilians farmers players".split()
)
