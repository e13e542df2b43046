"""Chinese texts in words: ¥1,200.50 as 一千二百点五零元, 50% as 百分之五十."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from ivr.core.speech.numeral_words import TwoReadings, Unspeakable, digits_in_words, number_in_words
from ivr.core.speech.writing import Rule, Writer, unsure

_MONEY = {
    "HK$": "港元",
    "HKD": "港元",
    "US$": "美元",
    "USD": "美元",
    "$": "美元",
    "EUR": "欧元",
    "€": "欧元",
    "GBP": "英镑",
    "£": "英镑",
    "CN¥": "元",
    "RMB": "元",
    "CNY": "元",
    "¥": "元",
    "￥": "元",
    "JPY": "日元",
    "SGD": "新加坡元",
    "CHF": "瑞士法郎",
}
_UNITS = {"km": "公里", "kg": "千克", "cm": "厘米", "GB": "吉字节", "MB": "兆字节", "°C": "摄氏度", "℃": "摄氏度"}
_COUNTED = (
    "元块圆角毛分厘万亿千百年月日号天周个位名次笔张件条人户家岁点秒时小公吨倍期股份美港欧英日瑞新加人台种项级层楼"
    "步页封支只套成度米克行欧钱多余以左右来及之%"
)
"""Signs after which a row of figures before them is a number."""
_ROW_WORDS = (
    "拨打|致电|电话|热线|客服|专线|号码|账号|帐号|賬號|帳號|卡号|卡號|密码|密碼|尾号|尾號|编号|編號|代码|代碼|验证码|"
    "電話|熱線|號碼|撥打|致電|分机|按|请拨|拨"
)
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_LEFT = r"(?<![\d.,A-Za-z])"
_RIGHT = r"(?!\d|[.,]\d)"
_MINUS = r"(?:[-−](?=[\d$€£¥￥A-Z])|负)?"
_SIGN = "(?:" + "|".join(re.escape(sign) for sign in sorted(_MONEY, key=len, reverse=True)) + ")"
_TWO_OF = "个位名次块天周小种张件条笔项家户万千亿年"


def _number(text: str) -> str:
    return number_in_words(Decimal(text.replace(",", "")), "zh")


def _negative(sign: str) -> str:
    return "负" if sign else ""


def _digits(text: str) -> str:
    groups = re.findall(r"\d+", text)
    return ("加" if text.startswith("+") else "") + "，".join(digits_in_words(one, "zh") for one in groups)


def _sum(number: str, scale: str | None, name: str) -> str:
    value = Decimal(number.replace(",", ""))
    if not scale and value != round(value, 0 if name == "日元" else 2):
        raise Unspeakable(f"{number} is finer than the currency's smallest coin; write the sum in words")
    return _number(number) + (scale or "") + name


def _money(match: re.Match[str]) -> str:
    sign, symbol, number, scale, named = match.groups()
    return _negative(sign) + _sum(number, scale, named or _MONEY[symbol])


def _money_after(match: re.Match[str]) -> str:
    sign, number, scale, symbol = match.groups()
    return _negative(sign) + _sum(number, scale, _MONEY[symbol])


def _per_cent(match: re.Match[str]) -> str:
    return f"{_negative(match[1])}{'百分之' if match[3] == '%' else '千分之'}{_number(match[2])}"


def _day(match: re.Match[str]) -> str:
    year, month, day = (int(part) for part in match.groups())
    try:
        date(year, month, day)
    except ValueError as error:
        raise Unspeakable(f"{match[0]} is no day; write a day that there is") from error
    return f"{digits_in_words(match[1], 'zh')}年{_number(str(month))}月{_number(str(day))}日"


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    tail = "" if minute == 0 else f"零{_number(str(minute))}分" if minute < 10 else f"{_number(str(minute))}分"
    return f"{'两' if hour == 2 else _number(str(hour))}点{tail}"


def _range(match: re.Match[str]) -> str:
    low, high, unit = match.groups()
    if Decimal(low.replace(",", "")) >= Decimal(high.replace(",", "")):
        raise Unspeakable(f"{match[0]} may be a range, a number or a day; write it in words")
    per_cent = "百分之" if unit else ""
    return f"{per_cent}{_number(low)}到{per_cent}{_number(high)}"


def _row(match: re.Match[str]) -> str:
    if len(re.findall(r"\d", match[0])) < 7:
        raise Unspeakable(f"{match[0]} may be one number or several; write commas (10,000), or words between them")
    return _digits(match[0])


def _long(match: re.Match[str]) -> str:
    text = f"{match[2]} may be a number or a row of figures; write commas (12,345), or spaces between the figures"
    raise TwoReadings(text, _negative(match[1]) + _number(match[2]))


def _plain(match: re.Match[str]) -> str:
    sign, number = match.groups()
    whole = number.partition(".")[0]
    if len(whole) > 1 and whole[0] == "0":
        raise Unspeakable(f"{number} may be a number or a row of figures; put spaces between the figures")
    after = match.string[match.end() : match.end() + 1]
    before = match.string[: match.start()][-1:]
    if number == "2" and after and after in _TWO_OF and before != "第":
        return _negative(sign) + "两"
    return _negative(sign) + _number(number)


def _unit(match: re.Match[str]) -> str:
    return _negative(match[1]) + _number(match[2]) + _UNITS[match[3]]


def _mixed(match: re.Match[str]) -> str:
    """A4, 5G, MT103: letters stay, short numbers are numbers, longer ones rows of figures."""
    return "".join(
        part
        if not part.isdigit()
        else digits_in_words(part, "zh")
        if len(part) > 2 or part[0] == "0"
        else _number(part)
        for part in re.findall(r"\d+|[A-Za-z]+", match[0])
    )


def _address(match: re.Match[str]) -> str:
    said = match[0].replace("@", " at ").replace(".", "点").replace("/", "斜杠").replace("-", "杠")
    return re.sub(r"\d+", lambda found: digits_in_words(found[0], "zh"), said)


RULES: tuple[Rule, ...] = (
    (
        r"(?<![A-Za-z@.])(?:[A-Za-z0-9.-]+@)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:com|org|net|gov|hk|cn|eu|sg)\b"
        r"(?:/[A-Za-z0-9-]+)*",
        _address,
    ),
    # Days and times.
    (r"(?<![\d/-])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\d/-])", _day),
    (r"(?<!\d)((?:19|20|21)\d\d)(?=年(?!期|以|内|后|前))", lambda m: digits_in_words(m[1], "zh")),
    (r"(?<![\d])24/7(?!\d)", lambda m: "全天候"),
    (r"(?<!\d)\d+(?:/\d+)+(?!\d)", unsure("{} may be a day or a fraction; write it in words")),
    (r"(?<![\d.])\d{1,4}\.\d{1,2}\.\d{1,4}(?!\d)", unsure("{} may be a day or something else; write it in words")),
    (r"(?<![\d.,:：])([01]?\d|2[0-3])[:：]([0-5]\d)(?![\d:：])", _time),
    (r"(?<=[:：]\d\d)\s?[-–—~至]\s?(?=\d{1,2}[:：])", lambda m: "到"),
    (r"(?<![\d.,])\d+(?:[:：]\d+)+(?![\d:：])", unsure("{} is no time of day; write it in words")),
    # Money and rates.
    (
        rf"{_LEFT}{_SIGN}\s?{_NUMBER}[万亿]?\s?[-–—~]\s?{_SIGN}?\s?{_NUMBER}",
        unsure("{} is a range or a difference; write 到 or 减"),
    ),
    (
        rf"{_LEFT}({_MINUS})({_SIGN})\s?({_NUMBER})([万亿]|万亿)?(美元|港元|港币|欧元|英镑|人民币|日元|元)?{_RIGHT}",
        _money,
    ),
    (rf"{_LEFT}({_MINUS})({_NUMBER})([万亿]|万亿)?\s?({_SIGN})(?![A-Za-z])", _money_after),
    (rf"{_LEFT}({_MINUS})({_NUMBER})\s?([%‰])(?!\s?[-–—~至到]\s?\d)", _per_cent),
    (
        r"(?<![\d.,/A-Za-z-])(\d{1,3}(?:\.\d+)?)%?\s?[-–—~至]\s?(\d{1,3}(?:\.\d+)?)(%)?(?![\dA-Za-z/-]|[.,]\d)",
        _range,
    ),
    # Telephone numbers and other rows of figures.
    (r"(?<![\d.,A-Za-z])\+\d[\d ()-]{5,}\d(?!\d)", lambda m: _digits(m[0])),
    (r"(?<![\d.,+A-Za-z-])1-\d{3}-\d{3}-\d{4}(?!\d)", lambda m: _digits(m[0])),
    (r"(?<![\d.,+A-Za-z-])(?:\(\d{2,5}\) ?)?\d{2,}(?:[ -]\d{2,}){1,5}(?!\d|[.,]\d)", _row),
    (r"(?<![\d.,+A-Za-z-])\d(?: \d{3})+(?!\d|[.,]\d)", _row),
    (
        rf"((?:{_ROW_WORDS})(?:是|为|：|:|︰)? ?)(\d{{3,}}|\d[\d -]{{5,}}\d){_RIGHT}(?![元块万亿%-])",
        lambda m: m[1] + _digits(m[2]),
    ),
    # Units, words of letters and figures, numbers.
    (rf"{_LEFT}({_MINUS})({_NUMBER})\s?({'|'.join(_UNITS)})(?![A-Za-z])", _unit),
    (r"(?<![\d.,A-Za-z])(?=[A-Za-z0-9]*[A-Za-z])(?=[A-Za-z0-9]*\d)[A-Za-z0-9]+", _mixed),
    (rf"{_LEFT}({_MINUS})([1-9]\d{{4,}}(?:\.\d+)?){_RIGHT}(?![{_COUNTED}])", _long),
    (rf"{_LEFT}({_MINUS})({_NUMBER}){_RIGHT}", _plain),
)
_NAMES = {
    "&": "和",
    "+": "加",
    "=": "等于",
    "@": "at",
    "#": "井",
    "*": "星",
    "°": "度",
    "×": "乘",
    "½": "二分之一",
    "¼": "四分之一",
    "¾": "四分之三",
    "™": "",
    "®": "",
    "©": "",
}
WRITER = Writer.of(RULES, _NAMES, lambda digits: digits_in_words(digits, "zh"), "")
