"""Build `iocs/pegasus-starter.stix2` from the facts below: the same facts give the same bytes.

Every fact was published in the report named beside it and is restated here, not copied from anyone's indicator file.
Run `python scripts/build_starter_set.py` after changing them, and raise `MODIFIED`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stix2

TARGET = Path(__file__).resolve().parents[1] / "iocs" / "pegasus-starter.stix2"
CREATED = "2026-11-24T00:00:00.000Z"
MODIFIED = "2026-11-24T00:00:00.000Z"
NAMESPACE = uuid.UUID("5f3b6b0e-6f6c-5a57-8f1c-0d2c1c6a9e44")


@dataclass(frozen=True)
class Report:
    """A public report: who published it, under which title, where."""

    publisher: str
    title: str
    url: str


METHOD_2021 = Report(
    "Amnesty International",
    "Forensic Methodology Report: How to catch NSO Group's Pegasus (18 July 2021)",
    "https://www.amnesty.org/en/latest/research/2021/07/forensic-methodology-report-how-to-catch-nso-groups-pegasus/",
)
MANSOOR_2016 = Report(
    "The Citizen Lab",
    "The Million Dollar Dissident: NSO Group's iPhone Zero-Days used against a UAE Human Rights Defender"
    " (24 August 2016)",
    "https://citizenlab.ca/2016/08/million-dollar-dissident-iphone-zero-day-nso-group-uae/",
)
MEXICO_2017 = Report(
    "The Citizen Lab",
    "Reckless Exploit: Mexican Journalists, Lawyers, and a Child Targeted with NSO Spyware (19 June 2017)",
    "https://citizenlab.ca/2017/06/reckless-exploit-mexico-nso/",
)
STAFF_2018 = Report(
    "Amnesty International",
    "Amnesty International Among Targets of NSO-powered Campaign (1 August 2018)",
    "https://www.amnesty.org/en/latest/research/2018/08/amnesty-international-among-targets-of-nso-powered-campaign/",
)
CANADA_2018 = Report(
    "The Citizen Lab",
    "The Kingdom Came to Canada: How Saudi-Linked Digital Espionage Reached Canadian Soil (1 October 2018)",
    "https://citizenlab.ca/2018/10/the-kingdom-came-to-canada-how-saudi-linked-digital-espionage-reached-canadian-soil/",
)
MOROCCO_2019 = Report(
    "Amnesty International",
    "Morocco: Human Rights Defenders Targeted with NSO Group's Spyware (10 October 2019)",
    "https://www.amnesty.org/en/latest/research/2019/10/morocco-human-rights-defenders-targeted-with-nso-groups-spyware/",
)
INJECTION_2020 = Report(
    "Amnesty International",
    "Moroccan Journalist Targeted With Network Injection Attacks Using NSO Group's Tools (22 June 2020)",
    "https://www.amnesty.org/en/latest/research/2020/06/moroccan-journalist-targeted-with-network-injection-attacks-using-nso-groups-tools/",
)
SHUTDOWN_2024 = Report(
    "Kaspersky",
    "A lightweight method to detect potential iOS malware (16 January 2024)",
    "https://securelist.com/shutdown-log-lightweight-ios-malware-detection-method/111734/",
)

CHRYSAOR_2017 = Report(
    "Google",
    "An Investigation of Chrysaor Malware on Android (3 April 2017)",
    "https://android-developers.googleblog.com/2017/04/an-investigation-of-chrysaor-malware-on.html",
)

PROCESSES: dict[Report, str] = {
    METHOD_2021: """
        actmanaged aggregatenotd appccntd bfrgbd bh bluetoothfs boardframed brstaged bundpwrd ckeblld ckkeyrollfd
        CommsCenterRootHelper comnetd comsercvd confinstalld contextstoremgrd corecomnetd ctrlfs dhcp4d
        Diagnostic-2543 Diagnosticd eventfssd eventsfssd eventstorpd faskeepd fdlibframed fmld fservernetd
        gatekeeperd gssdp jlmvskrd launchafd launchrexd libbmanaged libtouchregd llmdwatchd lobbrogd locserviced
        logseld misbrigd mobileargd MobileSMSd mptbd msgacntd natgd neagentd nehelprd netservcomd otpgrefd passsd
        pcsd pstid rlaccountd roleaboutd roleaccountd rolexd seraccountd setframed smmsgingd stagegrad stagingd
        tisppd updaterd wifip2ppd xpccfd
        """,
}
FILE_NAMES: dict[Report, str] = {METHOD_2021: "roleaccountd.plist"}
FILE_PATHS: dict[Report, str] = {
    SHUTDOWN_2024: "/private/var/db/com.apple.xpc.roleaccountd.staging/rolexd",
}
ACCOUNTS: dict[Report, str] = {
    METHOD_2021: """
        bekkerfredi@gmail.com bergers.o79@gmail.com bogaardlisa803@gmail.com emmadavies8266@gmail.com
        emmaholm575@gmail.com filip.bl82@gmail.com herbruud2@gmail.com jessicadavies1345@outlook.com
        k.williams.enny74@gmail.com kleinleon1987@gmail.com krystynajasinska86@gmail.com lee.85.holland@gmail.com
        linakeller2203@gmail.com naomiwerff772@gmail.com oskarschalcher@outlook.com taylorjade0303@gmail.com
        vincent.dahl76@gmail.com
        """,
}
DOMAINS: dict[Report, str] = {
    MANSOOR_2016: """
        aalaan.tv accounts.mx adjust-local-settings.com alljazeera.co asrararabiya.co asrararablya.com
        bahrainsms.co bbc-africa.com bulbazaur.com checkinonlinehere.com cnn-africa.co damanhealth.online
        emiratesfoundation.net fb-accounts.com googleplay-store.com icrcworld.com iusacell-movil.com.mx kenyasms.org
        manoraonline.net mz-vodacom.info newtarrifs.net nsoqa.com ooredoodeals.com pine-sales.com qaintqa.com
        redcrossworld.com sabafon.info smser.net topcontactco.com track-your-fedex-package.org
        turkeynewsupdates.com turkishairines.info uaenews.online univision.click webadv.co whatsapp-app.com
        y0utube.com.mx
        """,
    MEXICO_2017: "ideas-telcel.com.mx network190.com secure-access10.mx smsmensaje.mx twiitter.com.mx unonoticias.net",
    STAFF_2018: "akhbar-arabia.com social-life.info",
    CANADA_2018: "sunday-deals.com",
    MOROCCO_2019: "hmizat.co infospress.com revolution-news.co stopsms.biz videosdownload.co",
    INJECTION_2020: "free247downloads.com urlpush.net",
    METHOD_2021: "baramije.net documentpro.org opposedarrangement.net regularhours.net tahmilmilafate.com"
    " tahmilmilafate.info",
}
APP_IDS: dict[Report, str] = {
    # Pegasus for Android, which Google named Chrysaor.
    CHRYSAOR_2017: "com.android.copy com.binary.sms.receiver com.network.android",
}
FACTS: tuple[tuple[str, str, dict[Report, str]], ...] = (
    ("process:name", "process name", PROCESSES),
    ("file:name", "file name", FILE_NAMES),
    ("file:path", "file path", FILE_PATHS),
    ("email-addr:value", "iMessage account", ACCOUNTS),
    ("domain-name:value", "domain", DOMAINS),
    ("app:id", "Android app", APP_IDS),
)


def build() -> str:
    """Return the bundle's text."""
    identity = stix2.Identity(name="mvtcase", identity_class="organization", **_common("identity", "mvtcase"))
    common = {"created_by_ref": identity.id, "object_marking_refs": [stix2.TLP_WHITE]}
    reports = {report: None for *_, facts in FACTS for report in facts}
    malware = stix2.Malware(
        name="Pegasus",
        description="Spyware of NSO Group for iOS and Android, as publicly documented.",
        is_family=True,
        malware_types=["spyware"],
        external_references=[_reference(report) for report in reports],
        **_common("malware", "Pegasus"),
        **common,
    )
    objects: list[Any] = [identity, stix2.TLP_WHITE, malware]
    for left, noun, facts in FACTS:
        for report, values in facts.items():
            for value in sorted(values.split()):
                objects += _indicator(left, noun, value, report, malware, common)
    bundle = stix2.Bundle(*objects, id=_identifier("bundle", MODIFIED))
    return str(bundle.serialize(indent=1, sort_keys=True)) + "\n"


def _indicator(
    left: str,
    noun: str,
    value: str,
    report: Report,
    malware: Any,  # noqa: ANN401 - stix2 has no types
    common: dict[str, Any],
) -> tuple[Any, Any]:
    pattern = f"[{left} = '{value}']"
    indicator = stix2.Indicator(
        name=f"Pegasus {noun}",
        indicator_types=["malicious-activity"],
        pattern=pattern,
        pattern_type="stix",
        valid_from=CREATED,
        external_references=[_reference(report)],
        **_common("indicator", pattern),
        **common,
    )
    relationship = stix2.Relationship(
        relationship_type="indicates",
        source_ref=indicator.id,
        target_ref=malware.id,
        **_common("relationship", pattern),
        **common,
    )
    return indicator, relationship


def _reference(report: Report) -> dict[str, str]:
    return {"source_name": report.publisher, "description": report.title, "url": report.url}


def _common(kind: str, key: str) -> dict[str, str]:
    return {"id": _identifier(kind, key), "created": CREATED, "modified": MODIFIED}


def _identifier(kind: str, key: str) -> str:
    return f"{kind}--{uuid.uuid5(NAMESPACE, f'{kind}:{key}')}"


if __name__ == "__main__":
    TARGET.write_text(build(), encoding="utf-8")
    print(f"Wrote {TARGET.name}.")
