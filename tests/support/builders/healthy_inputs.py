"""What healthy phones are asked about: published values that ordinary phones show without any attack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builders.planted_inputs import INDICATORS
from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    from collections.abc import Mapping

REPORTED = tuple(f"{word}-relay.example.net" for word in (
    "amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath", "islet", "juniper", "knoll", "larch", "marsh", "oak",
))  # fmt: skip
"""Published domains that news, lists and reports name."""

WIDE_HOST = "www.harrow-portal.example"
WIDE_NEIGHBOUR = (
    "https://home.harrow-portal.example/",
    "https://shop.harrow-portal.example/a",
    "https://harrow-portal.example/",
)
"""A published `www.` host, and neighbours of it that no set holds."""

SHORTENERS = ("t.co", "bit.ly", "reurl.cc", "lihi.cc", "goo.gl", "tinyurl.com")
"""Shorteners that are in every phone in Taiwan and elsewhere."""

OTHER_SHORTENERS = (
    "ppt.cc",
    "pse.is",
    "supr.link",
    "is.gd",
    "rb.gy",
    "lurl.cc",
    "maac.io",
    "lin.ee",
    "fb.me",
    "youtu.be",
)
"""Others that are as ordinary: newsletters, shops and official accounts in Taiwan use them."""

TALK = (
    "早安,今天的會議改到三點,地點不變。", "立院三讀通過了嗎?", "晚上一起吃飯吧,老地方。", "請把資料寄到我的信箱,謝謝。",
    "蝦皮通知:您的包裹已送達門市,請於七日內取件。", "【國泰世華】您的驗證碼為 482913,請勿告知他人。",
    "下週三選民服務處見。", "https://www.ly.gov.tw/Pages/List.aspx?nodeid=151 這是議程", "BH 你到了嗎?", "payload 的重量是多少?",
)  # fmt: skip
WARNING = (
    "ALERT: State-sponsored attackers may be targeting your iPhone. 我朋友收到這個,是真的嗎?",
    "轉傳:ALERT: Apple detected a targeted mercenary spyware attack against your iPhone. 大家小心!",
    "新聞:Apple 已向多國官員寄出「國家級攻擊者」威脅通知。",
)

HEALTHY_INDICATORS: Mapping[PlantKind, tuple[str, ...]] = {
    **INDICATORS,
    PlantKind.DOMAINS: (*INDICATORS[PlantKind.DOMAINS], *REPORTED, WIDE_HOST),
    PlantKind.PROCESSES: (*INDICATORS[PlantKind.PROCESSES], "BackupAgent", "bh"),
    PlantKind.FILE_NAMES: (*INDICATORS[PlantKind.FILE_NAMES], "payload"),
}
"""Invented values, and the names of Operation Triangulation and Pegasus that every phone carries as well."""


def short_news() -> tuple[str, ...]:
    """Return news that names a few domains only, as newsletters and chats quote it."""
    one, two, three, four = REPORTED[:4]
    return (
        f"【資安週報】研究人員指出 {one}、{two} 與 {three} 為間諜軟體使用的網域,詳見完整報告。",
        f"Fwd: the new report lists {one}, {three} and {four} among the servers of the operator.",
    )


def block_lists(few: int = 4) -> dict[str, bytes]:
    """Return filters in the forms of their manuals; each blocks a few published domains among many others."""
    hosts = [f"ads{number}.tracker.example.org" for number in range(400)]
    hosts[200:200] = REPORTED[:few]
    forms = {
        "hosts": "0.0.0.0 {}",
        "adguard.txt": "||{}^$third-party",
        "dnsmasq.conf": "address=/{}/0.0.0.0",
        "unbound.conf": 'local-zone: "{}" always_nxdomain',
    }
    return {name: "\n".join(map(form.format, hosts)).encode() for name, form in forms.items()}


def chat_export() -> bytes:
    """Return a chat as LINE exports it, with a forwarded report among the talk."""
    lines = ["[LINE] 與王小明的聊天記錄", "儲存日期: 2026/11/20 09:12", "", "2026/11/19(四)"]
    lines += [
        f"{8 + number // 60:02d}:{number % 60:02d}\t王小明\t{text}" for number, text in enumerate([*TALK, news()[0]])
    ]
    return "\n".join(lines).encode()


def news() -> tuple[str, ...]:
    """Return texts about spyware as people forward them: a domain named in a report, nobody's link to open."""
    listed = "、".join(REPORTED)
    return (
        f"【新聞轉傳】國際特赦組織報告指出,間諜軟體使用下列網域:{listed}。請大家小心,不要點擊不明連結。",
        f"Citizen Lab report: the operators used the domains {', '.join(REPORTED[:12])} to deliver the exploit.",
    )
