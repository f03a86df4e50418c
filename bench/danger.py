"""How many messages of danger carry the safety card, and how many harmless ones do, beside a list of words."""

from __future__ import annotations

import time

import yaml

from tests.process import ROOT
from upr_bot.content import load, packaged
from upr_bot.faq import matcher_of
from upr_bot.faq.normalise import tokens

WORDS = {
    "en": "arrest detain jail prison raid search threat kill dead death shot gun attack beat torture rape "
    "kidnap abduct disappear missing follow watch spy hack bug police soldier army gang mob hide hiding "
    "flee escape danger afraid fear help urgent suicide die",
    "fr": "arret deten prison garde perquis fouill menac tue tuer mort tir arme attaqu battu frapp tortur viol "
    "enlev disparu suivi suivent surveill pirat police gendarm soldat militaire gang foule cach fui fuir "
    "danger peur aide secours urgence suicid mourir",
    "es": "arrest deten detuv preso carcel allan cateo amenaz mat muert dispar arma atac golpe tortur viol "
    "secuestr desapare sigue siguen vigil hacke policia soldado ejercito pandilla turba escond huir "
    "peligro miedo ayuda auxilio urgente suicid morir",
}
"""What one would write down first: beginnings of words, by language."""


def by_words(text: str, language: str) -> bool:
    return any(token.startswith(tuple(WORDS[language].split())) for token in tokens(text))


def danger() -> None:
    alarm = matcher_of(load(packaged()), packaged().compiled).alarm
    print("\n## Danger: messages that carry the card\n")
    print("| | dangerous, open | harmless, open | dangerous, sealed | harmless, sealed | never to be missed |")
    print("|---|---|---|---|---|---|")
    taken = []
    for language in ("en", "fr", "es"):
        files = [ROOT / f"tests/danger/{language}{end}.yaml" for end in ("", ".sealed")]
        parts = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
        lists = [parts[0]["danger"], parts[0]["harmless"], parts[1]["danger"], parts[1]["harmless"], parts[0]["never miss"]]
        for name, hears in (("the guide", alarm), ("a list of words", lambda text, code=language: by_words(text, code))):
            cells = []
            for messages in lists:
                begun = time.process_time()
                heard = sum(hears(str(message)) for message in messages)
                if name == "the guide":
                    taken.append((time.process_time() - begun) / len(messages))
                cells.append(f"{heard} of {len(messages)} ({100 * heard / len(messages):.1f} %)")
            print(f"| {language}, {name} | {' | '.join(cells)} |")
    print(f"\nA message takes {1e3 * sum(taken) / len(taken):.1f} ms of CPU in the mean.")
